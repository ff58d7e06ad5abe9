/**
 * Nodes come, are tainted after a cordon, turn Unknown when their kubelet dies, and go when they were released.
 */
import { toMs } from './durations.ts';
import { kubernetesTime, type NewObject, type StoredObject } from './object-store.ts';
import { nextNameSuffix } from './random.ts';
import { isReady, labelsOf, nodeNameOf, setCondition, staysOnItsNode, zoneOf } from './read-objects.ts';
import type { World } from './world.ts';

const UNSCHEDULABLE_TAINT = 'node.kubernetes.io/unschedulable';
const NOT_READY_TAINT = 'node.kubernetes.io/not-ready';
const UNREACHABLE_TAINT = 'node.kubernetes.io/unreachable';

/** Taints follow spec.unschedulable and readiness in a second write, as the node lifecycle controller does it. */
export function startNodes(world: World): void {
  world.store.onChange(({ type, object }) => {
    if (object.kind !== 'Node' || type === 'DELETED') return;
    world.clock.once(`taint:${object.metadata.name}`, world.durations.taintFollowsMs, () =>
      followTaints(world, object.metadata.name),
    );
  });
}

function followTaints(world: World, name: string): void {
  world.store.update('Node', undefined, name, (draft) => {
    draft.spec ??= {};
    const before: readonly { key: string; effect: string }[] = draft.spec.taints ?? [];
    const wanted = [
      ...(draft.spec.unschedulable === true ? [{ key: UNSCHEDULABLE_TAINT, effect: 'NoSchedule' }] : []),
      ...(isReady(draft) ? [] : [{ key: NOT_READY_TAINT, effect: 'NoSchedule' }]),
    ];
    const ours = new Set([UNSCHEDULABLE_TAINT, NOT_READY_TAINT]);
    const kept = before.filter(
      (taint) =>
        !ours.has(taint.key) || wanted.some((one) => one.key === taint.key && one.effect === taint.effect),
    );
    const added = wanted
      .filter((one) => !kept.some((taint) => taint.key === one.key && taint.effect === one.effect))
      .map((one) => ({ ...one, timeAdded: kubernetesTime(world.nowMs()) }));
    const taints = [...kept, ...added];
    if (taints.length === 0) delete draft.spec.taints;
    else draft.spec.taints = taints;
  });
}

/** The pipeline starts a node; it appears not ready after its boot and is Ready a moment later. */
export function bootNode(
  world: World,
  want: { key: string; zone: string; labels: Readonly<Record<string, string>> },
): void {
  if (world.faults.nodesNeverCome.has('*') || world.faults.nodesNeverCome.has(want.zone)) return;
  const zone = world.faults.nodesComeIn.get(want.zone) ?? want.zone;
  world.clock.after(world.takesMs(world.durations.nodeBootSeconds, `boot:${want.key}`), () => {
    const node = buildNode(world, zone, want.labels);
    const created = world.store.create(node);
    if (created.kind !== 'created') return;
    createCsiNode(world, created.object);
    world.clock.after(toMs(NODE_READY_AFTER_SECONDS), () =>
      setReady(world, node.metadata.name, 'True', 'KubeletReady'),
    );
  });
}

/** A kubelet registers first and is ready when its network plugin is. */
const NODE_READY_AFTER_SECONDS = 5;

/** Labels that belong to one machine and not to its pool. */
const OWN_LABELS: ReadonlySet<string> = new Set(['kubernetes.io/hostname', 'lifecycle-status']);

/** Like the first node of its zone, with the labels that were asked for. A pool's new node is `lifecycle-status: ready`. */
function buildNode(world: World, zone: string, labels: Readonly<Record<string, string>>): NewObject {
  const nodes = world.store.list('Node');
  const template = nodes.find((node) => zoneOf(node) === zone) ?? nodes[0];
  const name = `node-${zone === '' ? 'x' : zone}-${nextNameSuffix(world.names)}`;
  const kept = Object.entries(template === undefined ? {} : labelsOf(template)).filter(
    ([key]) => !OWN_LABELS.has(key) && !key.startsWith('switchyard.dev/'),
  );
  const lifecycle = nodes.some((node) => labelsOf(node)['lifecycle-status'] !== undefined);
  const like = template?.status?.allocatable ?? { cpu: '16', memory: '64Gi', pods: '110' };
  const allocatable = { ...like, ...world.newNodeSize(zone) };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        ...Object.fromEntries(kept),
        'kubernetes.io/hostname': name,
        'topology.kubernetes.io/zone': zone,
        ...(lifecycle ? { 'lifecycle-status': 'ready' } : {}),
        ...labels,
      },
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: {
      providerID: `sim:///${zone}/${name}`,
      taints: [{ key: NOT_READY_TAINT, effect: 'NoSchedule' }],
    },
    status: {
      addresses: [
        { type: 'InternalIP', address: world.nextPodIp() },
        { type: 'Hostname', address: name },
      ],
      allocatable,
      capacity: { ...(template?.status?.capacity ?? like), ...world.newNodeSize(zone) },
      conditions: [
        {
          type: 'Ready',
          status: 'False',
          reason: 'KubeletNotReady',
          message: 'container runtime network not ready',
          lastHeartbeatTime: kubernetesTime(world.nowMs()),
          lastTransitionTime: kubernetesTime(world.nowMs()),
        },
      ],
      nodeInfo: template?.status?.nodeInfo ?? {},
    },
  };
}

function createCsiNode(world: World, node: StoredObject): void {
  const template = world.store.list('CSINode')[0];
  if (template === undefined) return;
  world.store.create({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSINode',
    metadata: {
      name: node.metadata.name,
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: node.metadata.name, uid: node.metadata.uid }],
    },
    spec: template.spec ?? {},
  });
}

function setReady(world: World, name: string, status: 'True' | 'False' | 'Unknown', reason: string): void {
  const at = kubernetesTime(world.nowMs());
  world.store.updateStatus('Node', undefined, name, (draft) =>
    setCondition(draft, { type: 'Ready', status, reason, message: reason, lastTransitionTime: at }),
  );
}

/** The pipeline takes a released node away: its machine ends, the node object goes. */
export function removeReleasedNode(world: World, name: string): void {
  const left = world.pods.onNode(name).filter((pod) => !staysOnItsNode(pod));
  if (left.length > 0) {
    world.violate('released-node-not-empty', name, { pods: left.map((pod) => pod.metadata.name).join(',') });
  }
  const removal = `remove:${name}`;
  world.clock.once(removal, world.takesMs(world.durations.nodeRemovalSeconds, removal), () => {
    world.store.remove('CSINode', undefined, name);
    world.store.remove('Node', undefined, name);
  });
}

/** A node dies with all that runs on it: its pods stay as objects, nothing answers any more. */
export function crashNode(world: World, name: string): void {
  world.deadNodes.add(name);
  for (const pod of world.pods.onNode(name)) world.memberDied(pod);
  world.clock.after(toMs(world.durations.nodeUnknownSeconds), () => {
    setReady(world, name, 'Unknown', 'NodeStatusUnknown');
    world.store.update('Node', undefined, name, (draft) => {
      const at = kubernetesTime(world.nowMs());
      const lost = ['NoSchedule', 'NoExecute'].map((effect) => ({
        key: UNREACHABLE_TAINT,
        effect,
        timeAdded: at,
      }));
      draft.spec.taints = [...(draft.spec.taints ?? []), ...lost];
    });
    for (const pod of world.pods.onNode(name)) markUnready(world, pod);
  });
  world.clock.after(
    toMs(world.durations.nodeUnknownSeconds + world.durations.unreachableEvictionSeconds),
    () => {
      for (const pod of world.pods.onNode(name)) {
        if (nodeNameOf(pod) === name) world.deletePod(pod.metadata.namespace ?? '', pod.metadata.name);
      }
    },
  );
}

function markUnready(world: World, pod: StoredObject): void {
  world.store.updateStatus('Pod', pod.metadata.namespace, pod.metadata.name, (draft) =>
    setCondition(draft, {
      type: 'Ready',
      status: 'False',
      reason: 'NodeNotReady',
      lastTransitionTime: kubernetesTime(world.nowMs()),
    }),
  );
}
