/** What changes in the fleet between planning and the start: an approval may take days, and the fleet does not wait for it. */

import type { ClusterState, MemberState } from '../../simulations/world/patroni-cluster.ts';
import { clusterOf } from '../../simulations/world/patroni-members.ts';
import type { Random } from '../../simulations/world/random.ts';
import type { World } from '../../simulations/world/world.ts';

/** Of the runs that may begin by another plan. */
const share = 0.3;
const minuteMs = 60_000;

/** Lets the fleet change before its run is asked for, in some seeds, and come to rest again. Returns what happened, in words. */
export function changeBeforeStart(world: World, random: Random): readonly string[] {
  if (random.next() >= share) return [];
  const told: string[] = [];
  for (let count = random.between(1, 3); count > 0; count -= 1) {
    const what = random.next() < 0.5 ? failOver(world, random.next) : rollPod(world, random.next);
    if (what !== undefined) told.push(what);
    world.advanceTo(world.nowMs() + random.between(5, 10) * minuteMs);
  }
  return told;
}

/** Lets some cluster fail over, as Patroni would, and says what; undefined: none can. */
export function failOver(world: World, draw: () => number): string | undefined {
  const all = [...world.clusters.values()].flatMap((cluster) =>
    [...cluster.members.values()].filter((member) => mayLead(cluster, member)).map((to) => ({ cluster, to })),
  );
  const one = all[Math.floor(draw() * all.length)];
  if (one === undefined) return undefined;
  world.failOver(one.cluster.key, one.to.name);
  return `${one.cluster.key} fails over to ${one.to.name}`;
}

/** As Patroni would choose: a synchronous cluster fails over to its standby alone. */
function mayLead(
  { leader, config, syncStandbys, switchover }: ClusterState,
  { name, state, tags }: MemberState,
): boolean {
  const isStandby = !config.synchronous_mode || syncStandbys.includes(name);
  if (leader === undefined || switchover !== undefined) return false;
  return name !== leader && state === 'running' && tags.nofailover !== true && isStandby;
}

/** Replaces a pod that is no member, as a new version of its Deployment would, and says which; undefined: there is none. */
export function rollPod(world: World, draw: () => number): string | undefined {
  const pods = world.store.list('Pod').filter((pod) => clusterOf(world, pod) === undefined);
  const { namespace = '', name } = pods[Math.floor(draw() * pods.length)]?.metadata ?? {};
  if (name === undefined) return undefined;
  world.evict(namespace, name, {});
  return `${name} is rolled`;
}
