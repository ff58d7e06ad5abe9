/** Plans: ask for one (touches nothing), read it, have it explained, ask whether it still fits. */
import type { PlanSummary, StoredPlan } from '../../executor/run-service.ts';
import { explainPlan } from '../../planner/index.ts';
import type { App } from '../app.ts';
import { type Dependencies, SNAPSHOT_FLEET } from '../dependencies.ts';
import { describeCondition } from '../describe-condition.ts';
import { makePlan, readFleet } from '../planning.ts';
import { ApiProblem } from '../problems.ts';
import { document, idParameter, planDocument, planOrder, problem, text } from '../schemas.ts';

/** A dump of a hundred nodes is 26 MB; a fleet of a thousand nodes still fits. */
const SNAPSHOT_BYTES_MAX = 256 * 1024 * 1024;

/** Adds POST and GET /v1/plans, a plan as text, and its condition. */
export function planRoutes(app: App, deps: Dependencies): void {
  app.post(
    '/v1/plans',
    {
      bodyLimit: SNAPSHOT_BYTES_MAX,
      schema: {
        summary: 'Plan a drain. A dry run: nothing is touched',
        description: 'Nodes that cannot be emptied are listed in refusals; the rest is planned.',
        tags: ['plans'],
        body: planOrder,
        response: { 201: planDocument, 400: problem, 401: problem, 404: problem, 422: problem },
      },
    },
    async (request, reply) => {
      const requester = request.caller;
      const { fleet, snapshot } = request.body;
      const stored = await makePlan(deps, {
        source:
          fleet === undefined ? { kind: 'snapshot', document: snapshot } : { kind: 'fleet', name: fleet },
        request: request.body.request,
        requester,
      });
      reply.header('location', `/v1/plans/${encodeURIComponent(stored.plan.id)}`);
      return reply.status(201).send(stored.plan);
    },
  );

  app.get(
    '/v1/plans',
    { schema: { summary: 'All plans, newest first', tags: ['plans'], response: { 200: document } } },
    async () => {
      const plans = await deps.runs.listPlans();
      return {
        plans: plans.toSorted((left, right) => right.madeAt.localeCompare(left.madeAt)).map(planLine),
      };
    },
  );

  app.get(
    '/v1/plans/:id',
    {
      schema: {
        summary: 'One plan',
        tags: ['plans'],
        params: idParameter,
        response: { 200: planDocument, 404: problem },
      },
    },
    async (request) => {
      return (await storedPlan(deps, request.params.id)).plan;
    },
  );

  app.get(
    '/v1/plans/:id/explain',
    {
      schema: {
        summary: 'The plan as text',
        tags: ['plans'],
        produces: ['text/plain'],
        params: idParameter,
        response: { 200: text, 404: problem },
      },
    },
    async (request, reply) => {
      const { plan, fleet } = await storedPlan(deps, request.params.id);
      // One that was made from a file cannot be started.
      const body = explainPlan(plan, fleet === SNAPSHOT_FLEET ? { next: [] } : {});
      return reply.type('text/plain; charset=utf-8').send(body.endsWith('\n') ? body : `${body}\n`);
    },
  );

  app.get(
    '/v1/plans/:id/condition',
    {
      schema: {
        summary: 'Whether the plan still fits the live fleet: fresh, drifted or invalid',
        tags: ['plans'],
        params: idParameter,
        response: { 200: document, 404: problem, 409: problem },
      },
    },
    async (request) => {
      const { plan, fleet: name } = await storedPlan(deps, request.params.id);
      if (name === SNAPSHOT_FLEET) {
        throw new ApiProblem(
          'plan-of-a-snapshot',
          'The plan was made from a file: there is no fleet to compare.',
        );
      }
      const { fleet } = await readFleet(deps, name);
      // A plan that is being carried out no longer fits as a whole: that is its own doing, so its runs are named.
      const runs = (await deps.runs.listRuns()).filter((run) => run.planId === plan.id);
      return {
        ...describeCondition(plan, fleet),
        runs: runs.map(({ id, state }) => ({ id, state })),
      };
    },
  );
}

/** The plan of that id. Throws `unknown-plan`. */
export async function storedPlan(deps: Dependencies, id: string): Promise<StoredPlan> {
  const stored = await deps.runs.getPlan(id);
  if (stored === undefined) throw new ApiProblem('unknown-plan', `There is no plan ${id}.`);
  return stored;
}

function planLine({ fleet, ...plan }: PlanSummary) {
  return { ...plan, fleet: fleet === SNAPSHOT_FLEET ? null : fleet };
}
