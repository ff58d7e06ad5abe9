/**
 * The uncoordinated rotation: node by node, in the order of zones and names, without a look at who is primary where. The
 * pipeline adds a node, cordons the old one and evicts everything. A primary's budget never lets it go, so in the end it is
 * deleted, and Patroni fails over to whoever it picks, also to a member whose node is next.
 */

import { isTerminating } from '../world/read-objects.ts';
import type { World } from '../world/world.ts';
import {
  cordon,
  inZoneOrder,
  isHealthy,
  POLL_MS,
  play,
  podsToMove,
  replaceNode,
  type Steps,
  waitUntil,
} from './rotation.ts';
import { type StrategyResult, summarize } from './strategy.ts';

/**
 * What a budget still forbids after this long is deleted. Zalando's cluster-lifecycle-manager waits hours (6 h by default);
 * it changes how long the rotation takes and not how often it fails over.
 */
const FORCE_AFTER_MS = 60_000;

/** Plays the rotation over the named nodes and returns what came of it. */
export function playNaive(world: World, nodes: readonly string[]): StrategyResult {
  const startMs = world.nowMs();
  const stuck = play(
    world,
    rotateNaively(world, nodes, () => isHealthy(world)),
  );
  return summarize(world, { strategy: 'naive', startMs, stuck });
}

/** The rotation over the named nodes; returns where it got stuck, or undefined. `fleetIsHealthy` is asked at every look. */
export function* rotateNaively(
  world: World,
  nodes: readonly string[],
  fleetIsHealthy: () => boolean,
): Steps<string | undefined> {
  for (const name of inZoneOrder(world, nodes)) {
    if (!(yield* replaceNode(world, name))) return `no replacement for ${name} came`;
    cordon(world, name);
    if (!(yield* empty(world, name, fleetIsHealthy))) return `${name} cannot be emptied`;
    if (!(yield* waitUntil(world, fleetIsHealthy))) return `the fleet is not healthy after ${name}`;
    world.nodeReleased(name);
    if (!(yield* waitUntil(world, () => world.store.get('Node', undefined, name) === undefined)))
      return `${name} stays`;
  }
  return undefined;
}

/** Evicts all, again and again; what is still there after a minute without progress is deleted one by one. */
function empty(world: World, node: string, fleetIsHealthy: () => boolean): Steps<boolean> {
  let blockedSinceMs = world.nowMs();
  return waitUntil(world, () => {
    const pods = podsToMove(world, node);
    let progress = false;
    for (const pod of pods.filter((one) => !isTerminating(one))) {
      const { namespace = '', name } = pod.metadata;
      if (world.evict(namespace, name, { metadata: { name } }).status === 201) progress = true;
    }
    if (progress || pods.some(isTerminating) || !fleetIsHealthy()) blockedSinceMs = world.nowMs();
    const last = pods[0];
    if (last !== undefined && world.nowMs() - blockedSinceMs >= FORCE_AFTER_MS) {
      world.deletePod(last.metadata.namespace ?? '', last.metadata.name);
      blockedSinceMs = world.nowMs() + POLL_MS;
    }
    return pods.length === 0;
  });
}
