/** What is there now, as the page draws it, with the run that is shown on it. */

import { hasEnded } from '../../executor/record/run-states.ts';
import type { Run } from '../../executor/run.ts';
import type { App } from '../build-server.ts';
import type { Dependencies } from '../dependencies.ts';
import type { FleetLooks } from '../fleet-looks.ts';
import { fleetView } from '../fleet-view.ts';
import { runView } from '../run-view.ts';
import { document, nameParameter, problem, runChoice } from '../schemas.ts';
import { knownRun } from './runs.ts';

/** Adds GET /v1/fleets and GET /v1/fleets/{name}. */
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
        description: 'Shows the run named by `run`, else the one under way, else the latest.',
        tags: ['fleets'],
        params: nameParameter,
        querystring: runChoice,
        response: { 200: document, 404: problem, 503: problem },
      },
    },
    async (request) => {
      const { name } = request.params;
      const [look, run] = await Promise.all([looks(name), chosenRun(deps, name, request.query.run)]);
      const plan = run === undefined ? undefined : (await deps.runs.getPlan(run.planId))?.plan;
      return {
        ...fleetView(name, look.fleet, { plan, run }),
        seenAt: new Date(look.seenAtMs).toISOString(),
        answeredAt: new Date(deps.clock.nowMs()).toISOString(),
        run: run === undefined || plan === undefined ? null : runView(run, plan, request.caller),
      };
    },
  );
}

async function chosenRun(
  deps: Dependencies,
  fleet: string,
  id: string | undefined,
): Promise<Run | undefined> {
  if (id !== undefined) return knownRun(deps, id);
  return shownRun((await deps.runs.listRuns()).filter((run) => run.fleet === fleet));
}

/** The run under way; else the one that was started last. */
function shownRun(runs: readonly Run[]): Run | undefined {
  const byStart = runs.toSorted((left, right) => (right.startedAt ?? '').localeCompare(left.startedAt ?? ''));
  return byStart.find((run) => !hasEnded(run.state)) ?? byStart[0];
}
