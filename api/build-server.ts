/**
 * The HTTP face: routes, problems, OpenAPI document and the page over what it is given. It never listens by itself.
 */
import compress from '@fastify/compress';
import swagger from '@fastify/swagger';
import fastify, { type FastifyError, type FastifySchemaCompiler, LogController } from 'fastify';
import rawBody from 'fastify-raw-body';
import { jsonSchemaTransform, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { OutsideError } from '../executor/errors.ts';
import { readWith } from '../executor/formats/input-problems.ts';
import type { App } from './app.ts';
import { authenticate } from './authenticate.ts';
import type { Dependencies } from './dependencies.ts';
import { describedRoutes } from './describe-routes.ts';
import { fleetLooks } from './fleet-looks.ts';
import { logAnswer } from './log-answer.ts';
import { Metrics } from './metrics.ts';
import { ApiProblem, inputProblem, type Problem, type ProblemCode, problemBody } from './problems.ts';
import { eventRoutes } from './routes/events.ts';
import { fleetRoutes } from './routes/fleets.ts';
import { healthRoutes } from './routes/health.ts';
import { journalRoutes } from './routes/journal.ts';
import { openapiRoutes } from './routes/openapi.ts';
import { pageRoutes } from './routes/page.ts';
import { planRoutes } from './routes/plans.ts';
import { runRoutes } from './routes/runs.ts';
import { webhookRoutes } from './routes/webhook.ts';

/** Whoever sends slower than this holds a connection for nothing; 256 MB of a snapshot fit at 20 Mbit/s. */
const REQUEST_MS = 120_000;
/** Longer than any id or name of ours; the schemas refuse what is beyond their own limits in words. */
const ID_LENGTH_MAX = 500;

/** A server that is ready to listen or to be asked through `inject`; the caller closes it. */
export async function buildServer(deps: Dependencies): Promise<App> {
  const app = fastify({
    logger: deps.logLevel === undefined || deps.logLevel === 'silent' ? false : { level: deps.logLevel },
    // log-answer.ts does it: two lines a request would bury what somebody did under the polls of every open page.
    logController: new LogController({ disableRequestLogging: true }),
    // An open event stream would otherwise keep close() waiting for ever.
    forceCloseConnections: true,
    requestTimeout: REQUEST_MS,
    routerOptions: { maxParamLength: ID_LENGTH_MAX },
    // An address that cannot be read never comes to a route, nor to the two answers below.
    frameworkErrors: (error, _request, reply) => {
      const body = problemBody('malformed-request', error.message.slice(0, 300));
      reply.hijack();
      reply.raw
        .writeHead(body.status, { 'content-type': 'application/problem+json' })
        .end(JSON.stringify(body));
    },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  // Else a text would be a body like any other, of the wrong shape.
  app.removeContentTypeParser('text/plain');
  // Answers are our own types: their schemas are documentation, compared with real answers in the tests and not at run time.
  app.setSerializerCompiler(() => (body) => JSON.stringify(body));
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const body = problemOf(error);
    if (body.code === 'internal') request.log.error(error);
    if (body.status === 401) reply.header('www-authenticate', 'Bearer');
    return reply.status(body.status).type('application/problem+json').send(JSON.stringify(body));
  });
  app.setNotFoundHandler((request, reply) => {
    const body = problemBody('no-such-route', `${request.method} ${request.url} is not known; see /docs.`);
    return reply.status(404).type('application/problem+json').send(JSON.stringify(body));
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff');
  });
  // The view of a big fleet shrinks to a tenth; event streams go past this, they must not wait for a full block.
  await app.register(compress, { encodings: ['gzip'], threshold: 2_048 });
  await app.register(rawBody, { global: false, runFirst: true, encoding: false });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Switchyard',
        version: deps.version,
        description: 'Plans and carries out the replacement of Kubernetes nodes that are full of PostgreSQL.',
      },
    },
    transform: jsonSchemaTransform,
    transformObject: describedRoutes,
  });
  addRoutes(app, deps);
  await app.ready();
  return app;
}

function addRoutes(app: App, deps: Dependencies): void {
  const metrics = new Metrics();
  app.addHook('onResponse', async (request, reply) => {
    metrics.countRequest(request.method, request.routeOptions.url ?? 'unknown', reply.statusCode);
    logAnswer(request, reply);
  });
  const looks = fleetLooks(deps);
  app.register(async (scope) => {
    const routes = scope.withTypeProvider<ZodTypeProvider>();
    authenticate(routes, deps.callers);
    planRoutes(routes, deps);
    runRoutes(routes, deps);
    eventRoutes(routes, deps);
    journalRoutes(routes, deps);
    fleetRoutes(routes, deps, looks);
  });
  app.register(async (scope) => {
    const routes = scope.withTypeProvider<ZodTypeProvider>();
    webhookRoutes(routes, deps, metrics);
    healthRoutes(routes, deps, metrics);
    openapiRoutes(routes);
    pageRoutes(routes, deps, looks);
  });
}

/** The problem document for whatever a route threw. Nothing of a mistake of ours is shown but that it was one. */
function problemOf(error: FastifyError | ApiProblem | OutsideError): Problem {
  if (error instanceof ApiProblem) return problemBody(error.code, error.message, error.extra);
  if (error instanceof OutsideError) {
    return problemBody(error.target === 'redis' ? 'store-unreachable' : 'fleet-unreachable', error.message);
  }
  const code = codeOfStatus(error.statusCode ?? 500);
  return problemBody(code, code === 'internal' ? 'The mistake is in the log of the server.' : error.message);
}

const placeNames: Readonly<Record<string, string>> = { querystring: 'query', params: 'path' };

/** What does not fit is told as a wrong DrainRequest is: field, found, expected. */
const validatorCompiler: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart }) =>
  (value) => {
    // Fastify says null for no body.
    const read = readWith(
      schema,
      value ?? undefined,
      httpPart === undefined ? '' : (placeNames[httpPart] ?? httpPart),
    );
    return read.kind === 'parsed'
      ? { value: read.value }
      : { error: inputProblem('malformed-request', read.problems) };
  };

function codeOfStatus(status: number): ProblemCode {
  // Of the static files: a folder, or a path that leaves it.
  if (status === 403 || status === 404) return 'no-such-route';
  if (status === 413) return 'too-large';
  if (status === 415) return 'unsupported-media-type';
  return status >= 400 && status < 500 ? 'malformed-request' : 'internal';
}
