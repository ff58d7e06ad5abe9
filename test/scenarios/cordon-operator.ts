/**
 * A database operator that watches nodes, as Zalando's and CloudNativePG do: whenever a primary stands on a cordoned node and some
 * replica streams on an open one, it switches over, of its own accord and to whichever of these it finds first. It looks at neither
 * age nor zone of the node. https://github.com/cloudnative-pg/cloudnative-pg/blob/main/internal/controller/replicas.go
 */

import type { ClusterState } from '../../simulations/world/patroni-cluster.ts';
import { isStreaming } from '../../simulations/world/patroni-state.ts';
import type { World } from '../../simulations/world/world.ts';

/** Between two looks of its controller loop. */
const LOOKS_EVERY_MS = 1_000;

/** Starts the operator. Returns the clusters that it has asked to switch over, in order. */
export function startCordonOperator(world: World): readonly string[] {
  const asked: string[] = [];
  const look = (): void => {
    for (const cluster of world.clusters.values()) {
      if (react(world, cluster)) asked.push(cluster.key);
    }
    world.clock.after(LOOKS_EVERY_MS, look);
  };
  look();
  return asked;
}

function react(world: World, cluster: ClusterState): boolean {
  const { leader, namespace } = cluster;
  if (
    leader === undefined ||
    cluster.switchover !== undefined ||
    !standsOnCordoned(world, namespace, leader)
  ) {
    return false;
  }
  const candidate = [...cluster.members.values()].find(
    (member) => isStreaming(world, member) && !standsOnCordoned(world, namespace, member.name),
  );
  if (candidate === undefined) return false;
  const body = { leader, candidate: candidate.name };
  const answer = world.patroniRequest(namespace, leader, { method: 'POST', path: '/switchover', body });
  if (answer.kind !== 'later') return false;
  answer.done(() => undefined);
  return true;
}

function standsOnCordoned(world: World, namespace: string, pod: string): boolean {
  const node = world.store.get('Pod', namespace, pod)?.spec?.nodeName;
  return world.store.get('Node', undefined, String(node))?.spec?.unschedulable === true;
}

/** What `kubectl cordon` does. */
export function cordon(world: World, node: string): void {
  world.store.update('Node', undefined, node, (draft) => {
    draft.spec.unschedulable = true;
  });
}
