/**
 * One look at what one step is about: only what its decision needs. With the eyes of the server it is fresh; with those of the
 * mirror it may be a moment old, and serves for waits and arrivals alone (look-at-step.ts).
 */
import type {
  CordonStep,
  MoveStep,
  ReleaseStep,
  ScaleInStep,
  ScaleOutStep,
  Step,
  SwitchoverStep,
} from '../planner/plan.ts';
import type { RunContext } from './contexts.ts';
import { podToMove } from './decide/plan-questions.ts';
import { OutsideError } from './errors.ts';
import { presetOf, presetsOf, roleLabelOf, scopeLabelsOf, scopeOf } from './member-labels.ts';
import type { MirroredKind, PatroniView, PodView } from './ports.ts';
import type { RunFold } from './record/run-fold.ts';
import type { ClusterSight, Eyes, Sight } from './sight.ts';

/** Returns the eyes that ask the servers each time. */
export function freshEyes({ ports }: Pick<RunContext, 'ports'>): Eyes {
  return {
    kubernetes: ports.kubernetes,
    readCluster: (_cluster, members) => ports.patroni.readCluster(members),
  };
}

/** The kinds of objects that are looked at for a step. */
export function kindsLookedAt(step: Step): readonly MirroredKind[] {
  switch (step.kind) {
    case 'fence':
    case 'unfence':
    case 'add-node':
      return ['Node'];
    case 'cordon':
      return ['Node', 'Pod'];
    case 'move':
      return ['Node', 'Pod', step.cluster === null ? 'ReplicaSet' : 'StatefulSet'];
    case 'switchover':
      return ['Node', 'Pod', 'StatefulSet'];
    case 'scale-out':
    case 'scale-in':
      return ['Pod', 'StatefulSet'];
    case 'release':
      return ['Node', 'Pod', 'VolumeAttachment'];
  }
}

/** Returns what there is to see for this step now. Throws OutsideError where somebody does not answer. */
export async function observe(
  ctx: RunContext,
  fold: RunFold,
  step: Step,
  eyes: Eyes = freshEyes(ctx),
): Promise<Sight> {
  const { kubernetes } = eyes;
  switch (step.kind) {
    case 'fence':
      return { kind: step.kind, step, node: await kubernetes.getNode(step.node) };
    case 'unfence':
      return { kind: step.kind, step, node: await kubernetes.getNode(step.node) };
    case 'cordon':
      return observeCordon(ctx, fold, step, eyes);
    case 'add-node':
      return { kind: step.kind, step, nodes: await kubernetes.listNodes() };
    case 'move':
      return step.cluster === null
        ? observePodMove(fold, step, eyes)
        : observeMemberMove(ctx, fold, step, step.cluster, eyes);
    case 'switchover':
      return observeSwitchover(ctx, fold, step, eyes);
    case 'scale-out':
    case 'scale-in':
      return observeScale(ctx, fold, step, eyes);
    case 'release':
      return observeRelease(fold, step, eyes);
  }
}

async function observeSwitchover(
  ctx: RunContext,
  fold: RunFold,
  step: SwitchoverStep,
  eyes: Eyes,
): Promise<Sight> {
  const pods = await listMembers(ctx, step.cluster, eyes);
  const cluster = await switchedCluster(ctx, fold, step, pods, eyes);
  // Nobody but the leader is asked to hand over, and nothing while an act has no answer at all: one of which nothing was seen for long
  // enough is asked for again.
  const isUnanswered = fold.lanes.get(step.id)?.openAct !== undefined;
  const mayAsk = !isUnanswered && cluster.patroni.leader === step.from;
  const drainedByOthers = mayAsk ? await otherDrainers(step, pods, eyes) : {};
  const sight = { kind: step.kind, step, cluster, roleLabel: roleLabelOf(pods, presetsOf(ctx)) };
  return Object.keys(drainedByOthers).length === 0 ? sight : { ...sight, drainedByOthers };
}

/** How many members there should be matters only while the member that shall hand over still leads. */
async function switchedCluster(
  ctx: RunContext,
  fold: RunFold,
  { cluster: key, from, to }: SwitchoverStep,
  pods: readonly PodView[],
  eyes: Eyes,
): Promise<ClusterSight> {
  const label = roleLabelOf(pods, presetsOf(ctx));
  const roleOf = (name: string) => pods.find((pod) => pod.name === name)?.labels[label];
  const role = roleOf(to);
  if (role !== undefined && role !== 'replica' && roleOf(from) !== role) {
    const cluster = await withPatroni(key, pods, {}, eyes);
    // Labels may lie: where Patroni does not agree, all is asked that an act has to know.
    if (cluster.patroni.leader === to) {
      return cluster;
    }
  }
  return withPatroni(key, pods, await countWanted(fold, key, pods, eyes), eyes);
}

async function otherDrainers(
  { from }: SwitchoverStep,
  pods: readonly PodView[],
  { kubernetes }: Eyes,
): Promise<Readonly<Record<string, string>>> {
  const names = new Set(
    pods.flatMap(({ name, node }) => (name === from || node === undefined ? [] : [node])),
  );
  const drainers: Record<string, string> = {};
  for (const name of names) {
    const drainer = (await kubernetes.getNode(name))?.drainedByOther;
    if (drainer !== undefined) {
      drainers[name] = drainer;
    }
  }
  return drainers;
}

async function observeCordon(
  ctx: RunContext,
  { plan }: RunFold,
  step: CordonStep,
  eyes: Eyes,
): Promise<Sight> {
  const { kubernetes } = eyes;
  const node = await kubernetes.getNode(step.node);
  // With hold "cordon" nodes are cordoned at the start, primaries and all: those who chose it have an operator that bears it.
  if (node === undefined || node.unschedulable || plan.request.hold === 'cordon') {
    return { kind: 'cordon', step, node, primaries: [] };
  }
  const presets = presetsOf(ctx);
  const members = (await kubernetes.listPods({ node: step.node })).filter((pod) => presetOf(pod, presets));
  const primaries: string[] = [];
  for (const pod of members) {
    const cluster = await observeCluster(ctx, `${pod.namespace}/${scopeOf(pod, presets) ?? ''}`, eyes);
    if (cluster.patroni.leader === undefined || cluster.patroni.leader === pod.name) {
      primaries.push(`${pod.namespace}/${pod.name}`);
    }
  }
  return { kind: 'cordon', step, node, primaries };
}

async function observeRelease(fold: RunFold, step: ReleaseStep, { kubernetes }: Eyes): Promise<Sight> {
  const node = await kubernetes.getNode(step.node);
  const pods = await kubernetes.listPods({ node: step.node });
  const isEmpty = node !== undefined && pods.every((pod) => pod.stays);
  // The server can list only all attachments of the fleet: not once more when the node has been given back.
  const isGivenBack = fold.lanes.get(step.id)?.acts.some(({ act, answer }) => {
    return act.kind === 'node-released' && answer?.answer === 'done';
  });
  const volumes = isEmpty && isGivenBack !== true ? await kubernetes.listAttachedVolumes(step.node) : [];
  return { kind: 'release', step, node, pods, volumes };
}

async function observeMemberMove(
  ctx: RunContext,
  fold: RunFold,
  step: MoveStep,
  key: string,
  eyes: Eyes,
): Promise<Sight> {
  const pods = await listMembers(ctx, key, eyes);
  const { name, uid } = podToMove(fold, step);
  // The node it leaves and how many there should be are asked about only before the eviction.
  const isToLeave = pods.some((pod) => pod.name === name && pod.uid === uid && !pod.terminating);
  const from = isToLeave ? await eyes.kubernetes.getNode(step.from) : undefined;
  const wanted = isToLeave ? await countWanted(fold, key, pods, eyes) : {};
  // Patroni last: who leads must be as fresh as can be when the eviction is asked for.
  const cluster = await withPatroni(key, pods, wanted, eyes);
  return { kind: 'member-move', step, cluster, from };
}

async function observePodMove(fold: RunFold, step: MoveStep, { kubernetes }: Eyes): Promise<Sight> {
  const { namespace, name, uid } = podToMove(fold, step);
  const pod = await kubernetes.getPod(namespace, name);
  // The node it leaves is asked about only before the eviction.
  const isToLeave = pod?.uid === uid && !pod.terminating;
  const from = isToLeave ? await kubernetes.getNode(step.from) : undefined;
  if (pod !== undefined) {
    return { kind: 'pod-move', step, pod, from, peers: [], wanted: undefined };
  }
  // Pods of ReplicaSets and Jobs are named after their owner with a suffix made up by the API server.
  const owner = name.slice(0, name.lastIndexOf('-'));
  const peers = await kubernetes.listPods({ namespace, namedAfter: owner });
  const wanted = await kubernetes.getReplicas({ kind: 'ReplicaSet', namespace, name: owner });
  return { kind: 'pod-move', step, pod, from, peers, wanted };
}

async function observeScale(
  ctx: RunContext,
  fold: RunFold,
  step: ScaleOutStep | ScaleInStep,
  eyes: Eyes,
): Promise<Sight> {
  const namespace = step.cluster.slice(0, step.cluster.indexOf('/'));
  const name = setOf(step.member);
  const { first = 0, replicas } = (await eyes.kubernetes.getOrdinals({ namespace, name })) ?? {};
  const pods = await listMembers(ctx, step.cluster, eyes);
  const ofOthers = await countWanted(fold, step.cluster, pods, eyes, name);
  const wanted = replicas === undefined ? ofOthers.wanted : replicas + (ofOthers.wanted ?? 0);
  const members = wanted === undefined ? ofOthers : { ...ofOthers, wanted };
  const cluster = await withPatroni(step.cluster, pods, members, eyes);
  const set = { cluster, replicas, ...(first === 0 ? {} : { firstOrdinal: first }) };
  return step.kind === 'scale-out' ? { kind: step.kind, step, ...set } : { kind: step.kind, step, ...set };
}

/** The cluster with the number of members it should have. */
export async function observeWholeCluster(
  ctx: RunContext,
  fold: RunFold,
  key: string,
  eyes: Eyes = freshEyes(ctx),
): Promise<ClusterSight> {
  const pods = await listMembers(ctx, key, eyes);
  return withPatroni(key, pods, await countWanted(fold, key, pods, eyes), eyes);
}

/** Patroni is asked last: its word must be the freshest. */
async function withPatroni(
  key: string,
  pods: readonly PodView[],
  wanted: WantedMembers,
  eyes: Eyes,
): Promise<ClusterSight> {
  const patroni = await readPatroni(key, pods, eyes);
  return { key, namespace: key.slice(0, key.indexOf('/')), pods, patroni, ...wanted };
}

type WantedMembers = Pick<ClusterSight, 'wanted' | 'setGone'>;

/**
 * Of the sets of pods that are there, and of those that the cluster had when the run began: a set without a pod is one that a pod is missing
 * of. Of a set that is gone nobody is to be taken away; those that were deleted without their pods (`kubectl delete --cascade=orphan`) have left
 * them without an owner. Operators make such a set anew within seconds, and it takes the pods over. `known`: a set that is counted already.
 */
async function countWanted(
  { setsAtStart }: RunFold,
  key: string,
  pods: readonly PodView[],
  eyes: Eyes,
  known?: string,
): Promise<WantedMembers> {
  const namespace = key.slice(0, key.indexOf('/'));
  const inSets = pods.filter(({ ownerKind }) => ownerKind === undefined || ownerKind === 'StatefulSet');
  const sets = new Set([...inSets.map(({ name }) => setOf(name)), ...(setsAtStart.get(key) ?? [])]);
  sets.delete(known ?? '');
  // Where something else brings pods of it back, a set that does not exist may never have been one.
  const isOfSetsAlone = pods.every(mayBeOfSet);
  let wanted: number | undefined;
  let setGone: string | undefined;
  for (const name of sets) {
    const replicas = await eyes.kubernetes.getReplicas({ kind: 'StatefulSet', namespace, name });
    wanted = replicas === undefined ? wanted : (wanted ?? 0) + replicas;
    setGone ??= replicas === undefined && isOfSetsAlone ? name : undefined;
  }
  return { ...(wanted === undefined ? {} : { wanted }), ...(setGone === undefined ? {} : { setGone }) };
}

/** A pod without an owner may have been left by its set. */
function mayBeOfSet({ ownerKind, ownerIsCustom }: PodView): boolean {
  return ownerKind === undefined || (ownerKind === 'StatefulSet' && ownerIsCustom !== true);
}

function setOf(pod: string): string {
  return pod.slice(0, pod.lastIndexOf('-'));
}

/** Returns the cluster `namespace/scope`. Throws OutsideError where members are ready and yet none answers. */
export async function observeCluster(
  ctx: RunContext,
  key: string,
  eyes: Eyes = freshEyes(ctx),
): Promise<ClusterSight> {
  return withPatroni(key, await listMembers(ctx, key, eyes), {}, eyes);
}

/** Returns all pods that carry the label of the cluster: its members, its poolers, its backups. */
export async function listLabelled(
  ctx: RunContext,
  key: string,
  { kubernetes }: Eyes,
): Promise<readonly PodView[]> {
  const slash = key.indexOf('/');
  const [namespace, scope] = [key.slice(0, slash), key.slice(slash + 1)];
  const found = new Map<string, PodView>();
  for (const label of scopeLabelsOf(presetsOf(ctx))) {
    for (const pod of await kubernetes.listPods({ namespace, labels: { [label]: scope } })) {
      found.set(pod.name, pod);
    }
  }
  return [...found.values()];
}

async function listMembers(ctx: RunContext, key: string, eyes: Eyes): Promise<readonly PodView[]> {
  const presets = presetsOf(ctx);
  const listed = await listLabelled(ctx, key, eyes);
  return listed.filter((pod) => presetOf(pod, presets)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

async function readPatroni(key: string, pods: readonly PodView[], eyes: Eyes): Promise<PatroniView> {
  // Ready members first: the others may keep us waiting for an answer that does not come.
  const inOrder = [...pods.filter((pod) => pod.ready), ...pods.filter((pod) => !pod.ready)];
  const members = inOrder.flatMap(({ name, patroniUrl }) =>
    patroniUrl === undefined ? [] : [{ name, url: patroniUrl }],
  );
  try {
    return await eyes.readCluster({ key, pods }, members);
  } catch (error) {
    if (error instanceof OutsideError && !pods.some((pod) => pod.ready)) {
      return { paused: false, synchronous: false, members: [] };
    }
    throw error;
  }
}
