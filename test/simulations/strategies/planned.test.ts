/** The sixty tiny fleets, each planned and carried out by the executor itself in virtual time. */
import { describe, expect, it } from 'vitest';
import { describeRun } from '../../../executor/record/describe-run.ts';
import type { DrainPlan } from '../../../planner/plan.ts';
import { openWorld } from '../../../simulations/simulate.ts';
import { type PlayedPlan, planOn, playPlan } from '../../../simulations/strategies/planned.ts';
import type { World } from '../../../simulations/world/world.ts';
import { loadNamedFleets, loadRandomFleets, type TinyFleet } from '../../fixtures/load.ts';

/**
 * "switchover": "never" makes the move of a primary an outage, but nothing keeps Patroni from failing over meanwhile: one role
 * change in place of the outage. The run ends well where no later step counts on who leads, and halts where one does.
 */
const failsOver: Readonly<Record<string, string>> = {
  'r007-no-switchover': 'finished',
  'r021-no-switchover': 'halted',
};

async function play(
  tiny: TinyFleet,
): Promise<{ readonly world: World; readonly plan: DrainPlan; readonly played: PlayedPlan }> {
  const world = openWorld({ objects: [tiny.fleet], request: tiny.request }, 1);
  bringMembersBackAsTheyWere(world);
  const planned = await planOn(world, tiny.request);
  if (planned.kind === 'none') throw new Error(planned.because);
  return { world, plan: planned.plan, played: await playPlan(world, planned.plan) };
}

/**
 * In these fleets every pod has a size of its own, also members of one cluster, and keeps it when it moves; a StatefulSet has
 * one template for all. So an admission webhook, as VPA brings one, gives each pod what the pod of that name had.
 */
function bringMembersBackAsTheyWere(world: World): void {
  const before = new Map(world.store.list('Pod').map((pod) => [pod.metadata.name, pod.spec.containers]));
  world.store.onEvent(({ type, object }) => {
    const containers = before.get(object.metadata.name);
    if (type !== 'ADDED' || object.kind !== 'Pod' || containers === undefined) return;
    world.store.update('Pod', object.metadata.namespace, object.metadata.name, (draft) => {
      draft.spec.containers = containers;
    });
  });
}

const all = [...loadNamedFleets(), ...loadRandomFleets()];

describe('carrying out the plan of a fleet with a proven optimum', () => {
  it.each(all.filter(({ name }) => failsOver[name] === undefined))(
    '$name costs exactly the planned switchovers and outages and breaks no rule',
    async (tiny) => {
      const { world, plan, played } = await play(tiny);
      expect(played.fold.because).toMatchObject({ code: 'finished' });
      expect(world.violations).toEqual([]);
      expect(world.outages).toHaveLength(plan.summary.outages);
      expect(countByCluster(world)).toEqual(
        Object.fromEntries(
          Object.entries(plan.clusters).flatMap(([key, { switchovers }]) =>
            switchovers > 0 ? [[key, switchovers]] : [],
          ),
        ),
      );
      const { counts } = describeRun(played.fold);
      expect(counts).toMatchObject({ done: counts.planned, moves: counts.movesPlanned, unplanned: 0 });
    },
  );

  it.each(Object.entries(failsOver))(
    '%s fails over once instead of its outage, and is %s',
    async (name, state) => {
      const { world, plan, played } = await play(fleetNamed(name));
      expect(played.fold.state).toBe(state);
      expect(world.roleChanges.filter(({ kind }) => kind === 'failover')).toHaveLength(1);
      expect(world.outages).toHaveLength(plan.summary.outages - 1);
      expect(world.violations.map((violation) => violation.code)).toEqual(['primary-evicted']);
    },
  );
});

function fleetNamed(name: string): TinyFleet {
  const tiny = all.find((each) => each.name === name);
  if (tiny === undefined) throw new Error(`no fleet ${name}`);
  return tiny;
}

function countByCluster(world: World): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { cluster } of world.roleChanges) counts[cluster] = (counts[cluster] ?? 0) + 1;
  return counts;
}
