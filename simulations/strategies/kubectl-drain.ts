/**
 * `kubectl drain`, node by node: cordon, evict everything, try again every five seconds, never delete. It never ends on a
 * node with a primary whose budget stays closed; it is given ten minutes.
 * https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/
 */
import { isTerminating } from '../world/read-objects.ts';
import type { World } from '../world/world.ts';
import {
  cordon,
  inZoneOrder,
  isHealthy,
  play,
  podsToMove,
  replaceNode,
  type Steps,
  waitUntil,
} from './rotation.ts';
import { type StrategyResult, summarize } from './strategy.ts';

/** --timeout=10m */
const TIMEOUT_MS = 600_000;

/** Plays the drains over the named nodes and returns what came of it; the first node that does not empty ends it. */
export function playKubectlDrain(world: World, nodes: readonly string[]): StrategyResult {
  const startMs = world.nowMs();
  const stuck = play(world, drainAll(world, inZoneOrder(world, nodes)));
  return summarize(world, { strategy: 'kubectl-drain', startMs, stuck });
}

function* drainAll(world: World, nodes: readonly string[]): Steps<string | undefined> {
  for (const node of nodes) {
    if (!(yield* replaceNode(world, node))) return `no replacement for ${node} came`;
    cordon(world, node);
    if (!(yield* drain(world, node))) {
      const left = podsToMove(world, node).map((pod) => pod.metadata.name);
      return `${node} still holds ${left.join(', ')}`;
    }
    if (!(yield* waitUntil(world, () => isHealthy(world)))) return `the fleet is not healthy after ${node}`;
    world.nodeReleased(node);
    if (!(yield* waitUntil(world, () => world.store.get('Node', undefined, node) === undefined)))
      return `${node} stays`;
  }
  return undefined;
}

function drain(world: World, node: string): Steps<boolean> {
  return waitUntil(
    world,
    () => {
      const pods = podsToMove(world, node);
      for (const pod of pods.filter((one) => !isTerminating(one))) {
        const { namespace = '', name } = pod.metadata;
        world.evict(namespace, name, { metadata: { name } });
      }
      return pods.length === 0;
    },
    TIMEOUT_MS,
  );
}
