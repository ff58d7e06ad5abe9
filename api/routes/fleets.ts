/** What is there now, as the page draws it, with the run that is shown on it. */

import { OutsideError } from '../../executor/errors.ts';
import { hasEnded } from '../../executor/record/run-states.ts';
import type { Run, RunSummary } from '../../executor/run.ts';
import type { StoredPlan } from '../../executor/run-service.ts';
import { explainVerdict } from '../../planner/index.ts';
import type { App } from '../app.ts';
import type { Dependencies } from '../dependencies.ts';
import { exampleRequest } from '../example-request.ts';
import type { FleetLook, FleetLooks } from '../fleet-looks.ts';
import { clusterRows, fleetView } from '../fleet-view.ts';
import { leftOnFleet } from '../leftovers.ts';
import { ApiProblem } from '../problems.ts';
import type { PromisedFirst } from '../run-result.ts';
import { runLine, runView } from '../run-view.ts';
import { document, nameParameter, problem, runChoice } from '../schemas.ts';
import { knownRun, newestFirst, shownRun } from '../shown-run.ts';

/** Of other runs and of plans that were not started, so many are named unasked. */
const OTHERS_MAX = 5;

/** Adds GET /v1/fleets, /v1/fleets/{name} and /v1/fleets/{name}/clusters. */
export function fleetRoutes(app: App, deps: Dependencies, looks: FleetLooks): void {
  app.get(
    '/v1/fleets',
    { schema: { summary: 'The fleets of this server', tags: ['fleets'], response: { 200: document } } },
    async () => {
      const runs = await deps.runs.listRuns();
      const fleets = deps.fleets
        .list()
        .map((name) => ({ name, run: shownRun(runs.filter((run) => run.fleet === name))?.id ?? null }));
      return { fleets };
    },
  );
  app.get(
    '/v1/fleets/:name',
    {
      schema: {
        summary: 'A fleet now: zones, nodes, members, and the run under way',
        description:
          'Shows the run named by `run`, else the one under way, else the latest; of its steps what is under way, next and done last.',
        tags: ['fleets'],
        params: nameParameter,
        querystring: runChoice,
        response: { 200: document, 404: problem, 503: problem },
      },
    },
    async (request) => {
      const { name } = request.params;
      const [look, shown] = await Promise.all([
        lookOrLast(looks, name),
        shownOn(deps, name, request.query.run),
      ]);
      return {
        ...fleetView(name, look.fleet, shown),
        seenAt: new Date(look.seenAtMs).toISOString(),
        trouble: look.trouble,
        answeredAt: new Date(deps.clock.nowMs()).toISOString(),
        ...runsView(shown, request.caller),
        left: leftOn(look.fleet, shown),
        example: shown.run === undefined ? exampleRequest(look.fleet) : null,
        plans: shown.run === undefined ? await newestPlans(deps, name) : [],
      };
    },
  );
  app.get(
    '/v1/fleets/:name/clusters',
    {
      schema: {
        summary: 'The clusters of a fleet now: primary, and where each member stands',
        tags: ['fleets'],
        params: nameParameter,
        querystring: runChoice,
        response: { 200: document, 404: problem, 503: problem },
      },
    },
    async (request) => {
      const { name } = request.params;
      const [look, shown] = await Promise.all([looks.now(name), shownOn(deps, name, request.query.run)]);
      return {
        clusters: clusterRows(look.fleet, shown),
        seenAt: new Date(look.seenAtMs).toISOString(),
      };
    },
  );
}

/**
 * A look now; while the fleet does not answer the last one, and what the trouble is: a run has to be seen and stopped just then.
 * Throws when there never was a look.
 */
async function lookOrLast(looks: FleetLooks, name: string): Promise<FleetLook & { trouble: string | null }> {
  try {
    return { ...(await looks.now(name)), trouble: null };
  } catch (error) {
    const last = looks.latest(name);
    if (last === undefined || !(error instanceof OutsideError)) throw error;
    return { ...last, trouble: error.message };
  }
}

export type Shown = {
  readonly run: Run | undefined;
  readonly plan: StoredPlan['plan'] | undefined;
  /** Of its first plan, where it goes on by another one. */
  readonly first?: PromisedFirst | undefined;
  /** All other runs of the fleet. */
  readonly others: readonly RunSummary[];
};

/** The run that is asked for, or that is shown unasked, with its plan. Throws `unknown-run`, also for a run of another fleet. */
export async function shownOn(deps: Dependencies, fleet: string, id: string | undefined): Promise<Shown> {
  const runs = (await deps.runs.listRuns()).filter((run) => run.fleet === fleet);
  const asked = id ?? shownRun(runs)?.id;
  const run = asked === undefined ? undefined : await knownRun(deps, asked);
  if (run !== undefined && run.fleet !== fleet)
    throw new ApiProblem('unknown-run', `Run ${run.id} is not a run of fleet ${fleet}.`);
  const plan = run === undefined ? undefined : (await deps.runs.getPlan(run.planId))?.plan;
  const first = await promisedFirst(deps, run);
  return { run, plan, first, others: runs.filter((other) => other.id !== run?.id) };
}

/** A plan of a thousand nodes is 17 MB and never changes: what pages show of it, by its id, is read once. */
const promisesKnown = new WeakMap<Dependencies, Map<string, PromisedFirst>>();

async function promisedFirst(deps: Dependencies, run: Run | undefined): Promise<PromisedFirst | undefined> {
  const id = run?.planIds?.[0];
  if (id === undefined || id === run?.planId) return undefined;
  const known = promisesKnown.get(deps) ?? new Map<string, PromisedFirst>();
  promisesKnown.set(deps, known);
  const plan = known.has(id) ? undefined : (await deps.runs.getPlan(id))?.plan;
  if (plan !== undefined) known.set(id, { planId: id, verdict: explainVerdict(plan), summary: plan.summary });
  return known.get(id);
}

/** The run shown and the other runs of its fleet, as the page has them. */
export function runsView({ run, plan, first, others }: Shown, caller: string) {
  const underWay = others.find((other) => !hasEnded(other.state));
  return {
    run: run === undefined || plan === undefined ? null : runView(run, plan, caller, first),
    /** Set when an earlier run is looked at while another one is under way. */
    underWay: underWay === undefined ? null : runLine(underWay),
    runs: newestFirst(others).slice(0, OTHERS_MAX).map(runLine),
    runsMore: Math.max(0, others.length - OTHERS_MAX),
  };
}

/** What the run shown has left on its fleet. Null: it goes on, or there is none. */
function leftOn(fleet: FleetLook['fleet'], { run, plan }: Shown): string | null {
  return run === undefined || plan === undefined ? null : (leftOnFleet(fleet, run, plan) ?? null);
}

async function newestPlans(deps: Dependencies, fleet: string) {
  const plans = (await deps.runs.listPlans()).filter((stored) => stored.fleet === fleet);
  return plans
    .toSorted((left, right) => (left.madeAt < right.madeAt ? 1 : -1))
    .slice(0, OTHERS_MAX)
    .map(({ id, madeAt, requester, verdict, steps }) => ({
      id,
      madeAt,
      requester,
      verdict,
      canStart: steps > 0,
    }));
}
