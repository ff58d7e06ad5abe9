/** Is it alive, can it serve, what does it count. Without authentication: nothing here names a cluster, a pod or a plan. */
import { OutsideError } from '../../executor/errors.ts';
import { expositionType } from '../../executor/metrics/exposition.ts';
import { storeText } from '../../executor/metrics/worker-text.ts';
import type { App } from '../app.ts';
import type { Dependencies } from '../dependencies.ts';
import { type Metrics, storedText } from '../metrics.ts';
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
      const stored = await storedOrNothing(deps);
      const body = [
        metrics.renderOwn(deps.version),
        storeText(stored !== undefined),
        stored ?? '',
        deps.requestsText?.() ?? '',
      ].join('');
      return reply.type(expositionType).send(body);
    },
  );
}

/** Undefined: the store does not answer. What this process counts itself is told all the same: that is when somebody looks. */
async function storedOrNothing({ runs }: Dependencies): Promise<string | undefined> {
  try {
    const [listed, news] = await Promise.all([runs.listRuns(), runs.countNews()]);
    return storedText(listed, news);
  } catch (error) {
    if (error instanceof OutsideError) return undefined;
    throw error;
  }
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
