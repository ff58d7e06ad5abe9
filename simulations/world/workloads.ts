/**
 * What brings pods back: StatefulSet (same name, new UID, once the old pod is gone), ReplicaSet and Job (a new name at
 * once), DaemonSet (one on each node).
 */
import { toMs } from './durations.ts';
import type { StoredObject } from './object-store.ts';
import { wantsNode } from './pod-on-node.ts';
import { podFromTemplate } from './pod-template.ts';
import { nextNameSuffix } from './random.ts';
import { controllerOf, hasEnded, isReady, isTerminating, nodeNameOf } from './read-objects.ts';
import { reconcileStatefulSet } from './stateful-set.ts';
import type { World } from './world.ts';

/** Controllers that were away find what they missed within so long. */
const CONTROLLERS_LOOK_SECONDS = 5;

/** Brings pods back from now on. */
export function startWorkloads(world: World): void {
  const look = (kind: string, namespace: string | undefined, name: string): void =>
    world.clock.once(`${kind}:${namespace}/${name}`, world.durations.controllerMs, () => {
      if (world.faults.controllersAway)
        world.clock.after(toMs(CONTROLLERS_LOOK_SECONDS), () => look(kind, namespace, name));
      else reconcile(world, kind, namespace, name);
    });
  const lookAtAll = (kind: string): void => {
    for (const owner of world.store.list(kind)) look(kind, owner.metadata.namespace, owner.metadata.name);
  };
  world.store.onChange(({ type, object }) => {
    if (object.kind === 'Pod') {
      const owner = controllerOf(object);
      if (owner !== undefined) look(owner.kind, object.metadata.namespace, owner.name);
    }
    if (object.kind === 'StatefulSet' || object.kind === 'ReplicaSet' || object.kind === 'DaemonSet') {
      look(object.kind, object.metadata.namespace, object.metadata.name);
    }
    if (object.kind === 'Node' && type === 'ADDED') lookAtAll('DaemonSet');
    if (object.kind === 'Node' && type === 'DELETED') collectPods(world, object.metadata.name);
  });
  for (const kind of ['StatefulSet', 'ReplicaSet', 'DaemonSet', 'Job']) lookAtAll(kind);
}

function reconcile(world: World, kind: string, namespace: string | undefined, name: string): void {
  const owner = world.store.get(kind, namespace, name);
  if (owner === undefined || isTerminating(owner)) return;
  if (kind === 'StatefulSet') reconcileStatefulSet(world, owner);
  else if (kind === 'ReplicaSet') reconcileCount(world, owner, Number(owner.spec?.replicas ?? 1));
  else if (kind === 'Job') reconcileCount(world, owner, openCompletions(world, owner));
  else if (kind === 'DaemonSet') reconcileDaemonSet(world, owner);
}

/** Active pods that a Job still wants: its parallelism, as long as completions are missing. */
function openCompletions(world: World, job: StoredObject): number {
  const succeeded = world.pods
    .ownedBy(job.metadata.uid)
    .filter((pod) => pod.status?.phase === 'Succeeded').length;
  const missing = Number(job.spec?.completions ?? 1) - succeeded;
  return Math.max(0, Math.min(missing, Number(job.spec?.parallelism ?? 1)));
}

/** Keeps as many pods as wanted that are neither ended nor terminating; surplus ones go, youngest first. */
function reconcileCount(world: World, owner: StoredObject, wanted: number): void {
  const pods = world.pods.ownedBy(owner.metadata.uid);
  const active = pods.filter((pod) => !hasEnded(pod) && !isTerminating(pod));
  for (let missing = wanted - active.length; missing > 0; missing -= 1) {
    const suffix = nextNameSuffix(world.names);
    world.store.create(
      podFromTemplate(owner, `${owner.metadata.name}-${suffix}`, { generateName: `${owner.metadata.name}-` }),
    );
  }
  const youngestFirst = [...active].sort(
    (one, other) => Date.parse(other.metadata.creationTimestamp) - Date.parse(one.metadata.creationTimestamp),
  );
  for (const surplus of youngestFirst.slice(0, Math.max(0, active.length - wanted))) {
    world.deletePod(surplus.metadata.namespace ?? '', surplus.metadata.name);
  }
  if (owner.kind !== 'ReplicaSet') return;
  const ready = active.filter(isReady).length;
  world.store.updateStatus('ReplicaSet', owner.metadata.namespace, owner.metadata.name, (draft) => {
    draft.status = {
      ...draft.status,
      replicas: active.length,
      readyReplicas: ready,
      availableReplicas: ready,
    };
  });
}

const DAEMON_TOLERATIONS = [
  { effect: 'NoExecute', key: 'node.kubernetes.io/not-ready', operator: 'Exists' },
  { effect: 'NoExecute', key: 'node.kubernetes.io/unreachable', operator: 'Exists' },
  { effect: 'NoSchedule', key: 'node.kubernetes.io/not-ready', operator: 'Exists' },
  { effect: 'NoSchedule', key: 'node.kubernetes.io/unschedulable', operator: 'Exists' },
];

function reconcileDaemonSet(world: World, owner: StoredObject): void {
  const covered = new Set(
    world.pods.ownedBy(owner.metadata.uid).map((pod) => nodeNameOf(pod) ?? wantedNodeOf(pod)),
  );
  for (const node of world.store.list('Node')) {
    if (covered.has(node.metadata.name)) continue;
    const name = `${owner.metadata.name}-${nextNameSuffix(world.names)}`;
    const pod = podFromTemplate(owner, name, { generateName: `${owner.metadata.name}-` });
    if (!wantsNode({ ...pod, metadata: node.metadata }, node)) continue;
    const term = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node.metadata.name] }] };
    pod.spec = {
      ...pod.spec,
      affinity: {
        ...pod.spec.affinity,
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } },
      },
      tolerations: [...(pod.spec.tolerations ?? []), ...DAEMON_TOLERATIONS],
    };
    world.store.create(pod);
  }
}

function wantedNodeOf(pod: StoredObject): string | undefined {
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required?.nodeSelectorTerms?.[0]?.matchFields?.[0]?.values?.[0];
}

/** The pod garbage collector: pods of a node that is gone are removed without waiting for its kubelet. */
function collectPods(world: World, node: string): void {
  world.clock.after(world.durations.controllerMs, () => {
    if (world.store.get('Node', undefined, node) !== undefined) return;
    for (const pod of world.pods.onNode(node)) {
      world.store.remove('Pod', pod.metadata.namespace, pod.metadata.name);
    }
  });
}
