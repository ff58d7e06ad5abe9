/** What the uncoordinated strategies share: which pods have to leave a node, and when a fleet is healthy again. */

import type { StoredObject } from '../world/object-store.ts';
import { isAvailable } from '../world/patroni-state.ts';
import {
  hasEnded,
  isReady,
  isTerminating,
  labelsOf,
  nodeNameOf,
  staysOnItsNode,
  zoneOf,
} from '../world/read-objects.ts';
import type { World } from '../world/world.ts';

/** A look at the world every few seconds of virtual time, as those tools poll. */
export const POLL_MS = 5_000;

/** Longest wait for one condition before a strategy gives up: CLM waits 15 minutes for a scaling, an hour is beyond doubt. */
const WAIT_MAX_MS = 3_600_000;

/** Advances until `holds`; false: it did not within an hour of virtual time. */
export function waitUntil(world: World, holds: () => boolean, maximumMs = WAIT_MAX_MS): boolean {
  const deadlineMs = world.nowMs() + maximumMs;
  while (!holds()) {
    if (world.nowMs() >= deadlineMs) return false;
    world.advanceTo(world.nowMs() + POLL_MS);
  }
  return true;
}

/** Pods that have to leave: all but those of DaemonSets, mirror pods and ended ones. Sorted by key. */
export function podsToMove(world: World, node: string): readonly StoredObject[] {
  return world.pods.onNode(node).filter((pod) => !staysOnItsNode(pod));
}

/** Every pod runs and is ready, every member leads or streams. */
export function isHealthy(world: World): boolean {
  if (world.pods.unscheduled().length > 0) return false;
  for (const pod of world.store.all('Pod')) {
    if (!hasEnded(pod) && (isTerminating(pod) || !isReady(pod) || nodeNameOf(pod) === undefined))
      return false;
  }
  for (const cluster of world.clusters.values()) {
    if (cluster.leader === undefined) return false;
    for (const member of cluster.members.values()) if (!isAvailable(world, cluster, member)) return false;
  }
  return true;
}

/** Names of nodes in the order in which an uncoordinated rotation takes them: by zone, then by name. */
export function inZoneOrder(world: World, names: readonly string[]): readonly string[] {
  const zone = (name: string): string => {
    const node = world.store.get('Node', undefined, name);
    return node === undefined ? '' : zoneOf(node);
  };
  return [...names].sort((one, other) => {
    if (zone(one) !== zone(other)) return zone(one) < zone(other) ? -1 : 1;
    return one < other ? -1 : 1;
  });
}

/** A replacement like the pipeline brings it: same zone, and counted only when it is Ready. */
export function replaceNode(world: World, name: string): boolean {
  const node = world.store.get('Node', undefined, name);
  if (node === undefined) return false;
  const ready = (): number =>
    world.store.list('Node').filter((one) => isReady(one) && zoneOf(one) === zoneOf(node)).length;
  const before = ready();
  world.wantNode({ key: `replace-${name}`, zone: zoneOf(node), labels: {} });
  return waitUntil(world, () => ready() > before);
}

export function cordon(world: World, name: string): void {
  world.store.update('Node', undefined, name, (draft) => {
    draft.spec = { ...draft.spec, unschedulable: true };
    // A node on its way out is not "ready" for the operator's node affinity any more.
    if (labelsOf(draft)['lifecycle-status'] !== undefined) {
      draft.metadata.labels = { ...draft.metadata.labels, 'lifecycle-status': 'draining' };
    }
  });
}
