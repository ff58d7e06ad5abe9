/**
 * The uncoordinated rotation: each drain knows of itself only. Nodes go by name, whatever their zone, a fresh one joining before
 * each; only the node being drained is cordoned, so that its pods land on any other node of their zone with room, also on one
 * that is drained later and from which they have to move again. A cluster fails over to whoever has streamed longest.
 */
import type { DatabaseCluster, Fleet, FleetNode, Pod } from '../model.ts';
import { sortedBy } from '../order.ts';
import { type Heir, heirOf, longestStreamingFirst } from './rotate-cluster.ts';

type Host = {
  readonly name: string;
  freeCpu: number;
  freeMemory: number;
  readonly pods: Set<Pod>;
  leaving: boolean;
};

/** Nodes that take each other's pods: one zone, the same taints. Pods go round them as a scheduler that spreads them would. */
type Ring = { readonly hosts: Host[]; next: number };

/** A cluster while the rotation goes on. */
type Course = {
  readonly cluster: DatabaseCluster;
  primary: string | undefined;
  readonly movedAt: Map<string, number>;
};

type Rotating = {
  readonly ringOf: ReadonlyMap<string, Ring>;
  readonly hostOf: Map<Pod, Host>;
  readonly courses: ReadonlyMap<string, Course>;
  /** Pods by cluster key: siblings stay off each other's nodes. */
  readonly siblings: ReadonlyMap<string, readonly Pod[]>;
  roleChanges: number;
};

/** Returns the role changes of that rotation over these nodes. */
export function uncoordinatedRotation(
  fleet: Fleet,
  drained: ReadonlySet<string>,
): { readonly switchovers: number } {
  const rotating = begin(fleet);
  const order = sortedBy(fleet.nodes, (node) => node.name).filter((node) => drained.has(node.name));
  for (const [turn, node] of order.entries()) drainNode(rotating, node, turn);
  return { switchovers: rotating.roleChanges };
}

function begin(fleet: Fleet): Rotating {
  const rings = new Map<string, Ring>();
  const ringOf = new Map<string, Ring>();
  const hosts = new Map<string, Host>();
  for (const node of fleet.nodes) {
    const group = `${node.zone} ${node.taints.map(({ key, value }) => `${key}=${value}`).join(' ')}`;
    const ring = rings.get(group) ?? { hosts: [], next: 0 };
    const host = hostFor(node, node.name);
    rings.set(group, ring);
    ring.hosts.push(host);
    ringOf.set(node.name, ring);
    hosts.set(node.name, host);
  }
  const hostOf = new Map<Pod, Host>();
  for (const pod of fleet.pods) {
    const host = hosts.get(pod.node ?? '');
    if (host === undefined || pod.phase === 'Succeeded' || pod.phase === 'Failed') continue;
    put(pod, host, hostOf);
  }
  const members = fleet.pods.filter((pod) => pod.cluster !== undefined);
  return {
    ringOf,
    hostOf,
    courses: new Map(
      fleet.clusters.map((cluster) => [
        cluster.key,
        { cluster, primary: cluster.primary, movedAt: new Map<string, number>() },
      ]),
    ),
    siblings: Map.groupBy(members, (pod) => pod.cluster ?? ''),
    roleChanges: 0,
  };
}

function drainNode(rotating: Rotating, node: FleetNode, turn: number): void {
  const ring = rotating.ringOf.get(node.name);
  const host = ring?.hosts.find((each) => each.name === node.name);
  if (ring === undefined || host === undefined) return;
  const fresh = hostFor(node, `fresh ${turn}`);
  ring.hosts.push(fresh);
  host.leaving = true;
  const pods = sortedBy(host.pods, (pod) => pod.key);
  for (const pod of pods) {
    host.pods.delete(pod);
    rotating.hostOf.delete(pod);
    // Those of DaemonSets and the kubelet's own come up on the fresh node by themselves.
    if (pod.owner.kind === 'DaemonSet' || pod.owner.kind === 'mirror') {
      fresh.freeCpu -= pod.requests.cpu ?? 0;
      fresh.freeMemory -= pod.requests.memory ?? 0;
      continue;
    }
    handOver(rotating, pod, turn);
    // A pod that finds no room anywhere waits; it is counted as if the fresh node had taken it.
    put(pod, findHost(rotating, ring, pod) ?? fresh, rotating.hostOf);
  }
  ring.hosts.splice(ring.hosts.indexOf(host), 1);
}

function handOver(rotating: Rotating, pod: Pod, turn: number): void {
  const course = rotating.courses.get(pod.cluster ?? '');
  if (course === undefined) return;
  course.movedAt.set(pod.name, turn);
  if (course.primary !== pod.name) return;
  const heirs = course.cluster.members
    .filter((member) => member.name !== pod.name)
    .map((member): Heir => ({ member, movedAt: course.movedAt.get(member.name), stays: false }));
  const next = heirOf(heirs, longestStreamingFirst);
  if (next === undefined) return;
  course.primary = next.name;
  rotating.roleChanges += 1;
}

function findHost({ siblings, hostOf }: Rotating, ring: Ring, pod: Pod): Host | undefined {
  const { cpu = 0, memory = 0 } = pod.requests;
  const others = siblings.get(pod.cluster ?? '') ?? [];
  for (let tried = 0; tried < ring.hosts.length; tried += 1) {
    ring.next = (ring.next + 1) % ring.hosts.length;
    const host = ring.hosts[ring.next];
    if (host === undefined || host.leaving || host.freeCpu < cpu || host.freeMemory < memory) continue;
    if (!others.some((other) => hostOf.get(other) === host)) return host;
  }
  return undefined;
}

function hostFor(node: FleetNode, name: string): Host {
  const { cpu = 0, memory = 0 } = node.allocatable;
  return { name, freeCpu: cpu, freeMemory: memory, pods: new Set(), leaving: false };
}

function put(pod: Pod, host: Host, hostOf: Map<Pod, Host>): void {
  host.pods.add(pod);
  hostOf.set(pod, host);
  host.freeCpu -= pod.requests.cpu ?? 0;
  host.freeMemory -= pod.requests.memory ?? 0;
}
