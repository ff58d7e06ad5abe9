/**
 * What a replacement node offers, worked out naively from the request and the node it replaces.
 */

import type { FleetNode, Resources } from '../model.ts';
import type { AddNodeStep, Fact } from '../plan.ts';
import { hasEnded } from './check-pod-nature.ts';
import { nodeNamed, type Walk } from './check-state.ts';

/**
 * The node that an `add-node` brings: like the one replaced but for what the request says, less the room of the DaemonSets
 * found on every node of its zone. Where the step does not say which node it replaces, it gets the least of every resource
 * among the nodes of its zone that are to be emptied.
 */
export function replacementNode(walk: Walk, step: AddNodeStep): FleetNode {
  const { replaces } = step.because.facts;
  return replacementLike(walk, step.node, step.zone, modelsOf(walk, step.zone, replaces));
}

function modelsOf(walk: Walk, zone: string, replaces: Fact | undefined): readonly FleetNode[] {
  const named = typeof replaces === 'string' ? nodeNamed(walk, replaces) : undefined;
  if (named?.asked === true && named.node.zone === zone) return [named.node];
  const inZone = walk.fleet.nodes.filter((node) => node.zone === zone);
  const drained = inZone.filter((node) => walk.request.drained.has(node.name));
  return drained.length > 0 ? drained : inZone;
}

/** A node of that name that replaces one like the least of `models`. */
export function replacementLike(
  walk: Walk,
  name: string,
  zone: string,
  models: readonly FleetNode[],
): FleetNode {
  const { replacement } = walk.plan.request;
  const model = models[0];
  return {
    name,
    zone,
    labels: {
      ...model?.labels,
      ...replacement?.labels,
      'kubernetes.io/hostname': name,
    },
    // What the node controller says about the replaced node (not ready, unreachable, cordoned) is not handed on.
    taints: (model?.taints ?? []).filter((taint) => !taint.key.startsWith('node.kubernetes.io/')),
    unschedulable: false,
    ready: true,
    allocatable:
      model !== undefined && models.length === 1
        ? offeredLike(walk, zone, model)
        : offered(walk, zone, models),
  };
}

/** What the replacement of one node offers: worked out once for all nodes of a zone that offer the same. */
function offeredLike(walk: Walk, zone: string, model: FleetNode): Resources {
  const key = JSON.stringify([zone, model.allocatable]);
  const known = walk.replacements.get(key) ?? offered(walk, zone, [model]);
  walk.replacements.set(key, known);
  return known;
}

function offered(walk: Walk, zone: string, models: readonly FleetNode[]): Resources {
  const { replacement } = walk.plan.request;
  const allocatable = new Map(Object.entries(least(models)));
  const asked = [
    ['cpu', replacement?.cpu],
    ['memory', replacement?.memory],
    ['pods', replacement?.pods],
    ...Object.entries(replacement?.perZone?.[zone] ?? {}),
  ] as const;
  for (const [resource, quantity] of asked)
    if (quantity !== undefined) allocatable.set(resource, wholeNumber(resource, quantity));
  for (const [resource, amount] of daemonRoomIn(walk, zone))
    if (allocatable.has(resource)) allocatable.set(resource, (allocatable.get(resource) ?? 0) - amount);
  return Object.fromEntries(allocatable);
}

function least(nodes: readonly FleetNode[]): Resources {
  const lowest = new Map<string, number>();
  for (const node of nodes)
    for (const [resource, amount] of Object.entries(node.allocatable))
      lowest.set(resource, Math.min(amount, lowest.get(resource) ?? amount));
  return Object.fromEntries(lowest);
}

/** What the DaemonSets that stand on every node of the zone at the start ask for on one node; worked out once. */
function daemonRoomIn(walk: Walk, zone: string): ReadonlyMap<string, number> {
  const { daemons, daemonRoom, start } = walk.numbered;
  const known = daemonRoom.get(zone);
  if (known !== undefined) return known;
  const nodes = walk.fleet.nodes.filter((node) => node.zone === zone).length;
  const bySet = new Map<string, { nodes: Set<FleetNode>; requests: Resources }>();
  for (const { number, pod } of daemons) {
    const node = walk.fleet.nodes[start.nodeOf[number] ?? -1];
    if (pod.owner.kind !== 'DaemonSet' || node?.zone !== zone || hasEnded(pod)) continue;
    const set = bySet.get(pod.owner.uid) ?? { nodes: new Set<FleetNode>(), requests: pod.requests };
    set.nodes.add(node);
    bySet.set(pod.owner.uid, set);
  }
  const room = new Map<string, number>();
  for (const { nodes: found, requests } of bySet.values()) {
    if (found.size < nodes) continue;
    for (const [resource, amount] of Object.entries(requests))
      room.set(resource, (room.get(resource) ?? 0) + amount);
  }
  daemonRoom.set(zone, room);
  return room;
}

const factors: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A Kubernetes quantity as the model counts it, rounded down: cpu in millicores, everything else in units. Nonsense is 0. */
function wholeNumber(resource: string, quantity: string | number): number {
  const found = /^([0-9.]+(?:[eE][+-]?\d+)?)([A-Za-z]{0,2})$/.exec(String(quantity));
  const amount = Number(found?.[1]) * (factors[found?.[2] ?? ''] ?? Number.NaN);
  // The small term keeps 0.57 cores from becoming 569.99 millicores.
  return Number.isFinite(amount) ? Math.floor((resource === 'cpu' ? amount * 1000 : amount) + 1e-6) : 0;
}
