/** Runs: start one, look at it, decide about it. Workers act; these routes only write down what was asked. */
import { auditRun } from '../../executor/record/audit-run.ts';
import type { Run } from '../../executor/run.ts';
import type { ServiceRefusal } from '../../executor/run-service.ts';
import type { App } from '../app.ts';
import { type Dependencies, SNAPSHOT_FLEET } from '../dependencies.ts';
import { ApiProblem, nothingToRun, refusalProblem } from '../problems.ts';
import {
  approval,
  document,
  idParameter,
  nothing,
  problem,
  rejection,
  runDocument,
  runOrder,
  stepsChoice,
} from '../schemas.ts';
import { knownRun } from '../shown-run.ts';
import { stepLines } from '../step-lines.ts';
import { storedPlan } from './plans.ts';

/** Adds /v1/runs: start, read, approve, reject, pause, resume, abort. */
export function runRoutes(app: App, deps: Dependencies): void {
  readingRoutes(app, deps);
  startRoute(app, deps);
  decisionRoutes(app, deps);
  controlRoutes(app, deps);
}

function readingRoutes(app: App, deps: Dependencies): void {
  app.get(
    '/v1/runs',
    { schema: { summary: 'All runs, newest first', tags: ['runs'], response: { 200: document } } },
    async () => ({ runs: await deps.runs.listRuns() }),
  );
  app.get(
    '/v1/runs/:id',
    {
      schema: {
        summary: 'One run: state, counts, steps',
        tags: ['runs'],
        params: idParameter,
        response: { 200: runDocument, 404: problem },
      },
    },
    async (request) => {
      return knownRun(deps, request.params.id);
    },
  );
  app.get(
    '/v1/runs/:id/audit',
    {
      schema: {
        summary: 'Who decided what, and every act with its time, worker and answer',
        tags: ['runs'],
        params: idParameter,
        response: { 200: document, 404: problem },
      },
    },
    async (request) => {
      const { id } = await knownRun(deps, request.params.id);
      return auditRun(id, await deps.runs.readJournal(id));
    },
  );
  app.get(
    '/v1/runs/:id/steps',
    {
      schema: {
        summary: 'Steps of a run in words, of one group: underWay, next or done',
        tags: ['runs'],
        params: idParameter,
        querystring: stepsChoice,
        response: { 200: document, 404: problem },
      },
    },
    async (request) => {
      const run = await knownRun(deps, request.params.id);
      const { plan } = await storedPlan(deps, run.planId);
      const { group, from, limit } = request.query;
      return stepLines(run, plan, group, from, limit);
    },
  );
}

function startRoute(app: App, deps: Dependencies): void {
  app.post(
    '/v1/runs',
    {
      schema: {
        summary: 'Carry a plan out',
        description: 'With an Idempotency-Key header, a repetition answers with the same run.',
        tags: ['runs'],
        body: runOrder,
        response: { 202: runDocument, 404: problem, 409: problem, 422: problem },
      },
    },
    async (request, reply) => {
      const requester = request.caller;
      const run = await startRun(deps, {
        planId: request.body.planId,
        approvals: request.body.approvals === 'wave' ? 'wave' : undefined,
        requester,
        idempotencyKey: header(request.headers['idempotency-key']),
      });
      reply.header('location', `/v1/runs/${encodeURIComponent(run.id)}`);
      return reply.status(202).send(run);
    },
  );
}

/** A started run. Throws `unknown-plan`, `plan-of-a-snapshot`, `nothing-to-run`, `nobody-to-approve` or what the service refuses with. */
export async function startRun(
  deps: Dependencies,
  start: {
    readonly planId: string;
    readonly requester: string;
    readonly approvals?: 'wave' | undefined;
    readonly idempotencyKey?: string | undefined;
  },
): Promise<Run> {
  const { plan, fleet } = await storedPlan(deps, start.planId);
  if (fleet === SNAPSHOT_FLEET) {
    throw new ApiProblem('plan-of-a-snapshot', 'The plan was made from a file; plan on the fleet itself.');
  }
  if (plan.steps.length === 0) throw nothingToRun(plan);
  if (start.approvals === 'wave' && deps.callers.length < 2) {
    throw new ApiProblem(
      'nobody-to-approve',
      'Another person has to approve each wave, and this server knows fewer than two callers. Nothing was changed.',
    );
  }
  const { needsApproval, approvalMs } = deps;
  return accepted(await deps.runs.startRun({ ...start, needsApproval, approvalMs }));
}

function decisionRoutes(app: App, deps: Dependencies): void {
  app.post(
    '/v1/runs/:id/approve',
    {
      schema: {
        summary: 'Approve the plan that was read. Not by whoever asked for the run',
        tags: ['runs'],
        params: idParameter,
        body: approval,
        response: { 202: runDocument, 403: problem, 404: problem, 409: problem },
      },
    },
    async (request, reply) => {
      const by = request.caller;
      const run = await knownRun(deps, request.params.id);
      const { planId, wave } = request.body;
      const wanted = run.approvalWanted;
      // A run in another state has its own answer: nobody could approve it.
      if (run.state === 'waiting-for-approval' && run.requester === by) {
        throw new ApiProblem(
          'own-run',
          `${by} asked for this run; another person has to approve it. Nothing was changed.`,
        );
      }
      if (run.planId !== planId) {
        throw new ApiProblem(
          'other-plan',
          `The run carries out plan ${run.planId}, not ${planId}. Nothing was changed.`,
        );
      }
      if (wanted !== undefined && wanted.wave !== wave) {
        const waits = wanted.wave === undefined ? 'as a whole' : `for wave ${wanted.wave}`;
        throw new ApiProblem('other-wave', `The run waits for approval ${waits}. Nothing was changed.`);
      }
      return reply.status(202).send(accepted(await deps.runs.approve(run.id, by, request.body)));
    },
  );
  app.post(
    '/v1/runs/:id/reject',
    {
      schema: {
        summary: 'Reject a run that waits for approval',
        tags: ['runs'],
        params: idParameter,
        body: rejection,
        response: { 202: runDocument, 404: problem, 409: problem },
      },
    },
    async (request, reply) => {
      const by = request.caller;
      const run = await knownRun(deps, request.params.id);
      return reply.status(202).send(accepted(await deps.runs.reject(run.id, by, request.body?.comment)));
    },
  );
}

const controls = {
  pause: 'Start no new act; those under way are finished',
  resume: 'Go on with a paused or halted run',
  abort: 'Stop for good and take our fences and cordons off; nothing is moved back',
} as const;

function controlRoutes(app: App, deps: Dependencies): void {
  for (const verb of ['pause', 'resume', 'abort'] as const) {
    app.post(
      `/v1/runs/:id/${verb}`,
      {
        schema: {
          summary: controls[verb],
          tags: ['runs'],
          params: idParameter,
          body: nothing,
          response: { 202: runDocument, 404: problem, 409: problem },
        },
      },
      async (request, reply) => {
        const by = request.caller;
        const run = await knownRun(deps, request.params.id);
        return reply.status(202).send(accepted(await deps.runs[verb](run.id, by)));
      },
    );
  }
}

function accepted(answer: Run | ServiceRefusal): Run {
  if ('kind' in answer) throw refusalProblem(answer);
  return answer;
}

function header(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}
