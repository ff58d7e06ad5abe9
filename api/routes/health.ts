/** Is it alive, can it serve, what does it count. Without authentication: nothing here names a cluster, a pod or a plan. */
import { expositionType } from '../../executor/metrics/exposition.ts';
import type { App } from '../app.ts';
import type { Dependencies } from '../dependencies.ts';
import type { Metrics } from '../metrics.ts';
import { document, text } from '../schemas.ts';

/** A probe waits no longer; a store or a fleet that takes longer is not ready. */
const READY_WITHIN_MS = 2_000;
/** Probes come every few seconds and from anybody; a look at a big fleet is dear. A fleet that answered counts for this long. */
const FLEET_ANSWER_MAX_AGE_MS = 15_000;

/** Adds /healthz, /readyz and /metrics. */
export function healthRoutes(app: App, deps: Dependencies, metrics: Metrics): void {
  app.get(
    '/healthz',
    { schema: { summary: 'The process answers', tags: ['health'], response: { 200: document } } },
    async () => ({ status: 'alive', version: deps.version }),
  );
  const answeredAtMs = new Map<string, number>();
  const fleetAnswers = async (name: string): Promise<boolean> => {
    const age = deps.clock.nowMs() - (answeredAtMs.get(name) ?? Number.NEGATIVE_INFINITY);
    if (age < FLEET_ANSWER_MAX_AGE_MS) return true;
    await deps.fleets.read(name);
    answeredAtMs.set(name, deps.clock.nowMs());
    return true;
  };
  app.get(
    '/readyz',
    {
      schema: {
        summary: 'The store and every fleet answer within two seconds',
        tags: ['health'],
        response: { 200: document, 503: document },
      },
    },
    async (_request, reply) => {
      const checks = await Promise.all([
        readyCheck('store', () => deps.storeAnswers()),
        ...deps.fleets.list().map((name) => readyCheck(`fleet ${name}`, () => fleetAnswers(name))),
      ]);
      const ready = checks.every((check) => check.ready);
      return reply.status(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not-ready', checks });
    },
  );
  app.get(
    '/metrics',
    {
      schema: {
        summary: 'Counters in the Prometheus text format',
        tags: ['health'],
        response: { 200: text },
      },
    },
    async (_request, reply) => {
      const [runs, news] = await Promise.all([deps.runs.listRuns(), deps.runs.countNews()]);
      const body = metrics.render(deps.version, runs, news) + (deps.requestsText?.() ?? '');
      return reply.type(expositionType).send(body);
    },
  );
}

async function readyCheck(
  subject: string,
  ask: () => Promise<boolean>,
): Promise<{ readonly subject: string; readonly ready: boolean }> {
  const late = new Promise<boolean>((resolve) => {
    setTimeout(() => resolve(false), READY_WITHIN_MS).unref();
  });
  const answered = ask().catch(() => false);
  return { subject, ready: await Promise.race([answered, late]) };
}
