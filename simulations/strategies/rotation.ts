/** What the uncoordinated strategies share: which pods have to leave a node, and when a fleet is healthy again. */

import type { DrainRequest } from '../../planner/plan.ts';
import { readLabelSelector } from '../http/selectors.ts';
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

/** A strategy on its way: it yields wherever it waits for its next look, and returns what it came to. */
export type Steps<Result> = Generator<void, Result, void>;

/** Plays the steps to their end in virtual time. */
export function play<Result>(world: World, steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    world.advanceTo(world.nowMs() + POLL_MS);
  }
}

/** Looks until `holds`; false: it did not within an hour of virtual time. */
export function* waitUntil(world: World, holds: () => boolean, maximumMs = WAIT_MAX_MS): Steps<boolean> {
  const deadlineMs = world.nowMs() + maximumMs;
  while (!holds()) {
    if (world.nowMs() >= deadlineMs) return false;
    yield;
  }
  return true;
}

/** Pods that have to leave: all but those of DaemonSets, mirror pods and ended ones. Sorted by key. */
export function podsToMove(world: World, node: string): readonly StoredObject[] {
  return world.pods.onNode(node).filter((pod) => !staysOnItsNode(pod));
}

/** Every pod runs and is ready, every member leads or streams. */
export function isHealthy(world: World): boolean {
  if (!podsAreUp(world)) return false;
  for (const cluster of world.clusters.values()) {
    if (cluster.leader === undefined) return false;
    for (const member of cluster.members.values()) if (!isAvailable(world, cluster, member)) return false;
  }
  return true;
}

/** What the last look at all pods of a world said, and at which resourceVersion. Most polls come before anything changed. */
const lastLooks = new WeakMap<World, { readonly resourceVersion: number; readonly up: boolean }>();

function podsAreUp(world: World): boolean {
  const { resourceVersion } = world.store;
  const last = lastLooks.get(world);
  if (last?.resourceVersion === resourceVersion) return last.up;
  const up = lookAtPods(world);
  lastLooks.set(world, { resourceVersion, up });
  return up;
}

function lookAtPods(world: World): boolean {
  if (world.pods.unscheduled().length > 0) return false;
  for (const pod of world.store.all('Pod')) {
    if (!hasEnded(pod) && (isTerminating(pod) || !isReady(pod) || nodeNameOf(pod) === undefined))
      return false;
  }
  return true;
}

/** Names of the requested nodes, sorted. Throws when the selector cannot be read. */
export function nodesOf(world: World, request: DrainRequest): readonly string[] {
  const named = new Set(request.nodes.names ?? []);
  const selector =
    request.nodes.selector === undefined ? undefined : readLabelSelector(request.nodes.selector);
  if (selector?.kind === 'unreadable') throw new Error(`nodes.selector: ${selector.message}`);
  return world.store
    .list('Node')
    .filter((node) => named.has(node.metadata.name) || selector?.matches(node) === true)
    .map((node) => node.metadata.name);
}

/** The order in which an uncoordinated rotation takes nodes: by zone, then by name. */
export function inZoneOrder(world: World, names: readonly string[]): readonly string[] {
  const zoneOfNode = (name: string): string => {
    const node = world.store.get('Node', undefined, name);
    return node === undefined ? '' : zoneOf(node);
  };
  return names
    .map((name) => ({ name, zone: zoneOfNode(name) }))
    .sort((one, other) => (`${one.zone}/${one.name}` < `${other.zone}/${other.name}` ? -1 : 1))
    .map(({ name }) => name);
}

/** A replacement like the pipeline brings it: same zone, and counted only when it is Ready. */
export function* replaceNode(world: World, name: string): Steps<boolean> {
  const node = world.store.get('Node', undefined, name);
  if (node === undefined) return false;
  const ready = (): number =>
    world.store.list('Node').filter((one) => isReady(one) && zoneOf(one) === zoneOf(node)).length;
  const before = ready();
  world.wantNode({ key: `replace-${name}`, zone: zoneOf(node), labels: {} });
  return yield* waitUntil(world, () => ready() > before);
}

/** Closes the node to new pods, as kubectl and the pipeline do. */
export function cordon(world: World, name: string): void {
  world.store.update('Node', undefined, name, (draft) => {
    draft.spec = { ...draft.spec, unschedulable: true };
    // A node on its way out is not "ready" for the operator's node affinity any more.
    if (labelsOf(draft)['lifecycle-status'] !== undefined) {
      draft.metadata.labels = { ...draft.metadata.labels, 'lifecycle-status': 'draining' };
    }
  });
}
