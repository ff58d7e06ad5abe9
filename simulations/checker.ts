/**
 * Watches what really happens in the world, apart from planner and executor and sharing no code with them. Each rule that is
 * broken becomes a Violation of the world; the world itself only carries on.
 */

import type { StoredObject } from './world/object-store.ts';
import type { ClusterState } from './world/patroni-cluster.ts';
import { clusterOf } from './world/patroni-members.ts';
import { isAvailable, isNofailover } from './world/patroni-state.ts';
import { keyOfPod } from './world/pod-index.ts';
import { annotationsOf, zoneOf } from './world/read-objects.ts';
import type { World } from './world/world.ts';

export type CheckerLimits = {
  /** Live nodes of a zone may exceed those at the start by this many; undefined: not watched. */
  readonly surgePerZone?: Readonly<Record<string, number>>;
  readonly surgeDefault?: number;
  /** Evictions of one member name at most; undefined: not watched. A plan with parking needs more than one. */
  readonly movesPerMemberMax?: number;
  /** True: a zone label the fleet did not have at the start is a violation too. */
  readonly releaseMark?: string;
};

/** Starts watching. Violations are appended to `world.violations`. */
export function startChecker(world: World, limits: CheckerLimits): void {
  const startCount = countNodes(world, limits);
  const moves = new Map<string, number>();
  world.onEviction((pod) => {
    checkEviction(world, pod);
    const count = (moves.get(keyOfPod(pod)) ?? 0) + 1;
    moves.set(keyOfPod(pod), count);
    if (limits.movesPerMemberMax !== undefined && count > limits.movesPerMemberMax) {
      world.violate('evicted-too-often', keyOfPod(pod), { count });
    }
  });
  world.store.onEvent(({ type, object }) => {
    if (object.kind === 'Node' && type === 'ADDED') checkSurge(world, limits, startCount, zoneOf(object));
    if (object.kind === 'Pod') checkLeaders(world, object);
  });
}

/** Two members of one cluster are never unavailable together, and no primary is evicted while somebody could take over. */
function checkEviction(world: World, pod: StoredObject): void {
  const cluster = clusterOf(world, pod);
  if (cluster === undefined) return;
  const { name } = pod.metadata;
  const others = [...cluster.members.values()].filter((member) => member.name !== name);
  const away = others.filter((member) => !isAvailable(world, cluster, member)).map((member) => member.name);
  const missing = expectedMembers(world, cluster) - cluster.members.size;
  if (away.length > 0 || missing > 0) {
    world.violate('two-members-unavailable', cluster.key, { evicted: name, away: away.join(','), missing });
  }
  const able = others.filter((member) => isAvailable(world, cluster, member) && !isNofailover(member));
  if (cluster.leader === name && able.length > 0) {
    world.violate('primary-evicted', cluster.key, {
      evicted: name,
      couldTakeOver: able.map((one) => one.name).join(','),
    });
  }
}

function expectedMembers(world: World, cluster: ClusterState): number {
  const set = world.store.get('StatefulSet', cluster.namespace, cluster.scope);
  return set === undefined ? cluster.members.size : Number(set.spec?.replicas ?? 1);
}

function checkLeaders(world: World, pod: StoredObject): void {
  const cluster = clusterOf(world, pod);
  if (cluster === undefined) return;
  const leaders = [...cluster.members.values()].filter(
    (member) => member.role === 'primary' && member.state === 'running',
  );
  if (leaders.length > 1) {
    world.violate('two-leaders', cluster.key, { leaders: leaders.map((one) => one.name).join(',') });
  }
}

function countNodes(world: World, limits: CheckerLimits): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const node of world.store.list('Node')) {
    const released =
      limits.releaseMark !== undefined && annotationsOf(node)[limits.releaseMark] !== undefined;
    if (released || world.releasedNodes.has(node.metadata.name)) continue;
    counts.set(zoneOf(node), (counts.get(zoneOf(node)) ?? 0) + 1);
  }
  return counts;
}

function checkSurge(
  world: World,
  limits: CheckerLimits,
  startCount: ReadonlyMap<string, number>,
  zone: string,
): void {
  const surge = limits.surgePerZone?.[zone] ?? limits.surgeDefault;
  if (surge === undefined) return;
  const live = countNodes(world, limits).get(zone) ?? 0;
  const allowed = (startCount.get(zone) ?? 0) + surge;
  if (live > allowed) world.violate('surge-exceeded', zone, { live, allowed });
}
