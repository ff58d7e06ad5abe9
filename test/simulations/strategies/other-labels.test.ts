/** Fleets whose members carry other labels than Spilo's, planned and carried out by the executor itself in virtual time. */
import { describe, expect, it } from 'vitest';
import type { OwnLabels } from '../../../planner/read/member-presets.ts';
import { threeZones, threeZonesRequest } from '../../../simulations/scenarios/three-zones.ts';
import { openWorld } from '../../../simulations/simulate.ts';
import { planOn, playPlan } from '../../../simulations/strategies/planned.ts';

/** The demo's fleet with other keys and values in the labels of its members, in selectors and templates too. */
function relabelled(words: Readonly<Record<string, string>>): readonly unknown[] {
  let text = JSON.stringify(threeZones());
  for (const [from, to] of Object.entries(words)) text = text.replaceAll(from, to);
  return JSON.parse(text) as readonly unknown[];
}

const own: OwnLabels = { scopeLabel: 'db.example/scope', roleLabel: 'db.example/role' };

const fleets: readonly {
  readonly what: string;
  readonly objects: readonly unknown[];
  readonly ownLabels?: OwnLabels;
}[] = [
  {
    what: 'plain Patroni of version 4',
    objects: relabelled({
      '"application":"spilo"': '"application":"patroni"',
      '"spilo-role":"master"': '"role":"primary"',
      '"spilo-role"': '"role"',
    }),
  },
  {
    what: 'labels of its own',
    objects: relabelled({
      '"application":"spilo"': '"app":"orders"',
      '"cluster-name"': '"db.example/scope"',
      '"spilo-role"': '"db.example/role"',
    }),
    ownLabels: own,
  },
];

describe.each(fleets)('a fleet with $what', ({ objects, ownLabels }) => {
  it('is planned and carried out like any other', async () => {
    const world = openWorld({ objects, request: threeZonesRequest, ownLabels }, 1);
    expect([...world.clusters.keys()]).toEqual(['default/acid-a', 'default/acid-b', 'default/acid-c']);
    const planned = await planOn(world, threeZonesRequest);
    if (planned.kind === 'none') throw new Error(planned.because);
    expect(planned.plan.summary).toMatchObject({ switchovers: 3, outages: 0 });
    const played = await playPlan(world, planned.plan);
    expect(played.fold.because).toMatchObject({ code: 'finished' });
    expect(world.roleChanges).toHaveLength(3);
    expect(world.violations).toEqual([]);
  });

  it('is halted where somebody else changes a role', async () => {
    const world = openWorld({ objects, request: threeZonesRequest, ownLabels }, 1);
    const planned = await planOn(world, threeZonesRequest);
    if (planned.kind === 'none') throw new Error(planned.because);
    // Right after the first switchover of the plan, in a cluster that no step is at.
    let changed: string | undefined;
    world.onEviction(() => {
      const idle = [...world.clusters.values()].find(
        ({ key, transitions }) => transitions === 0 && key !== changed,
      );
      if (changed !== undefined || world.roleChanges.length === 0 || idle === undefined) return;
      changed = idle.key;
      const to = [...idle.members.keys()].find((name) => name !== idle.leader) ?? '';
      world.failOver(idle.key, to);
    });
    const played = await playPlan(world, planned.plan);
    expect(played.fold.because).toMatchObject({ code: 'role-changed-by-others' });
    expect(played.fold.unplanned).toMatchObject([{ cluster: changed }]);
  });
});
