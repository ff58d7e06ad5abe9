/** kube-scheduler: binds each pending pod to the best of the nodes that all filters pass, or writes why there is none. */

import { toMs } from './durations.ts';
import type { StoredObject } from './object-store.ts';
import { kubernetesTime } from './object-store.ts';
import { taintsOf, tolerates } from './pod-on-node.ts';
import {
  claimNamesOf,
  isReady,
  isTerminating,
  labelsOf,
  nodeNameOf,
  phaseOf,
  quantity,
  requestsOf,
  setCondition,
  zoneOf,
} from './read-objects.ts';
import { missingClaimOf, whyNot } from './scheduler-filters.ts';
import { type Neighbours, readNeighbours } from './scheduler-topology.ts';
import type { World } from './world.ts';

/** Starts the scheduler: it looks again whenever a pod or a node changed in a way that could matter to it. */
export function startScheduler(world: World): void {
  const look = (): void => scheduleAfter(world, world.durations.schedulerMs);
  world.store.onChange(({ object, type }) => {
    if (object.kind === 'Pod' && (type !== 'MODIFIED' || object.spec?.nodeName === undefined)) look();
    if (object.kind === 'Node' || object.kind === 'PersistentVolumeClaim') look();
  });
  look();
}

/** Pod by pod, each of which is tried on all nodes: whoever serves the world has others waiting. */
function scheduleAfter(world: World, delayMs: number): void {
  world.clock.onceInParts('scheduler', delayMs, () => scheduleAll(world));
}

function* scheduleAll(world: World): Generator<void> {
  const pending = world.pods
    .unscheduled()
    .filter(isPending)
    .sort((one, other) => queueOrder(one, other));
  if (pending.length > 0) yield* prepare(world);
  for (const pod of pending) {
    const present = stillPending(world, pod);
    if (present !== undefined) scheduleOne(world, present);
    yield;
  }
  if (world.pods.unscheduled().length > 0) scheduleAfter(world, toMs(world.durations.schedulerRetrySeconds));
}

/** What is looked up for the first time takes long. */
function* prepare(world: World): Generator<void> {
  yield* world.repelling.prepare();
  for (const node of world.store.all('Node')) {
    world.loads.of(node.metadata.name);
    yield;
  }
}

/** As it is now, for between two parts clients may have changed it; undefined: it needs no node any more. */
function stillPending(world: World, pod: StoredObject): StoredObject | undefined {
  const present = world.store.get('Pod', pod.metadata.namespace, pod.metadata.name);
  if (present === undefined || present.metadata.uid !== pod.metadata.uid) return undefined;
  return isPending(present) && nodeNameOf(present) === undefined ? present : undefined;
}

function isPending(pod: StoredObject): boolean {
  return !isTerminating(pod) && phaseOf(pod) === 'Pending';
}

/** Oldest first; sort is stable, so ties keep the order of their keys. */
function queueOrder(one: StoredObject, other: StoredObject): number {
  return Date.parse(one.metadata.creationTimestamp) - Date.parse(other.metadata.creationTimestamp);
}

function scheduleOne(world: World, pod: StoredObject): void {
  const nodes = world.store.list('Node');
  const reasons = new Map<string, number>();
  const feasible: StoredObject[] = [];
  let read: Neighbours | undefined;
  const neighbours = (): Neighbours => {
    read ??= readNeighbours(world, pod);
    return read;
  };
  const missingClaim = missingClaimOf(world, pod);
  for (const node of nodes) {
    const reason =
      missingClaim === undefined
        ? whyNot(world, pod, node, neighbours)
        : `persistentvolumeclaim "${missingClaim}" not found`;
    if (reason === undefined) feasible.push(node);
    else reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  const best = feasible
    .map((node) => ({ node, score: scoreOf(world, pod, node) }))
    .sort((one, other) => other.score - one.score)[0]?.node;
  if (best === undefined) markUnschedulable(world, pod, nodes.length, reasons);
  else bind(world, pod, best);
}

/** Least allocated, after any node whose PreferNoSchedule taints the pod does not tolerate. Ties go to the first name. */
function scoreOf(world: World, pod: StoredObject, node: StoredObject): number {
  const avoided = taintsOf(node).filter(
    (taint) => taint.effect === 'PreferNoSchedule' && !tolerates(pod, taint),
  ).length;
  const used = world.loads.of(node.metadata.name).requests;
  const wanted = requestsOf(pod);
  const freeShares = ['cpu', 'memory'].map((name) => {
    const allocatable = quantity(node.status?.allocatable?.[name] ?? 0);
    return allocatable === 0 ? 0 : 1 - ((used[name] ?? 0) + (wanted[name] ?? 0)) / allocatable;
  });
  return (freeShares[0] ?? 0) + (freeShares[1] ?? 0) - 10 * avoided;
}

function markUnschedulable(
  world: World,
  pod: StoredObject,
  nodes: number,
  reasons: ReadonlyMap<string, number>,
): void {
  const parts = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  const message =
    `0/${nodes} nodes are available: ${parts.join(', ')}. no new claims to deallocate, ` +
    `preemption: 0/${nodes} nodes are available: ${nodes} Preemption is not helpful for scheduling.`;
  world.store.updateStatus('Pod', pod.metadata.namespace, pod.metadata.name, (draft) => {
    setCondition(draft, {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime: kubernetesTime(world.nowMs()),
    });
  });
}

function bind(world: World, pod: StoredObject, node: StoredObject): void {
  for (const claim of claimNamesOf(pod)) provisionVolume(world, pod.metadata.namespace ?? '', claim, node);
  assignNode(world, pod, node.metadata.name);
}

/** Gives the pod its node, as a binding does, whoever sends it. */
export function assignNode(world: World, pod: StoredObject, name: string): void {
  const node = world.store.get('Node', undefined, name);
  world.store.update('Pod', pod.metadata.namespace, pod.metadata.name, (draft) => {
    draft.spec.nodeName = name;
    // Admission plugin PodTopologyLabels copies these on binding (KEP-4742, Kubernetes 1.35).
    const labels = node === undefined ? {} : labelsOf(node);
    for (const key of ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region']) {
      const value = labels[key];
      if (value !== undefined) draft.metadata.labels = { ...draft.metadata.labels, [key]: value };
    }
    setCondition(draft, {
      type: 'PodScheduled',
      status: 'True',
      lastTransitionTime: kubernetesTime(world.nowMs()),
    });
  });
}

/** WaitForFirstConsumer: a claim that is not bound gets a volume in the zone of the chosen node. */
function provisionVolume(world: World, namespace: string, name: string, node: StoredObject): void {
  const claim = world.store.get('PersistentVolumeClaim', namespace, name);
  if (claim === undefined || claim.spec?.volumeName !== undefined) return;
  const volumeName = `pvc-${claim.metadata.uid}`;
  world.store.create({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volumeName, finalizers: ['kubernetes.io/pv-protection'] },
    spec: {
      accessModes: claim.spec?.accessModes ?? ['ReadWriteOnce'],
      capacity: { storage: claim.spec?.resources?.requests?.storage ?? '1Gi' },
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        name,
        namespace,
        uid: claim.metadata.uid,
      },
      csi: { driver: 'ebs.csi.aws.com', volumeHandle: `vol-${claim.metadata.uid.slice(0, 8)}` },
      nodeAffinity: { required: zoneTerm(zoneOf(node)) },
      persistentVolumeReclaimPolicy: 'Delete',
      storageClassName: claim.spec?.storageClassName,
      volumeMode: 'Filesystem',
    },
    status: { phase: 'Bound' },
  });
  world.store.update('PersistentVolumeClaim', namespace, name, (draft) => {
    draft.spec.volumeName = volumeName;
    draft.status = { ...draft.status, phase: 'Bound' };
  });
}

/** A node selector that picks one zone. */
export function zoneTerm(zone: string): { nodeSelectorTerms: unknown[] } {
  return {
    nodeSelectorTerms: [
      { matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: [zone] }] },
    ],
  };
}

/** True when a node could take pods at all; for those who wait for a replacement. */
export function takesPods(node: StoredObject): boolean {
  return isReady(node) && node.spec?.unschedulable !== true;
}
