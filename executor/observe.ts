/**
 * One look at what one step is about: only what its decision needs, always fresh, nothing kept.
 */
import type {
  AddNodeStep,
  CordonStep,
  FenceStep,
  MoveStep,
  ReleaseStep,
  ScaleInStep,
  ScaleOutStep,
  Step,
  SwitchoverStep,
  UnfenceStep,
} from '../planner/plan.ts';
import { type MemberLabels, type RunContext, spiloLabels } from './contexts.ts';
import { podToMove } from './decide/plan-questions.ts';
import { OutsideError } from './errors.ts';
import type { NodeView, PatroniView, PodView } from './ports.ts';
import type { RunFold } from './record/fold-run.ts';

/** The members of one cluster as Kubernetes and as Patroni see them. */
export type ClusterSight = {
  /** `namespace/scope` */
  readonly key: string;
  readonly namespace: string;
  /** Pods of its members, by name. */
  readonly pods: readonly PodView[];
  /** How many members its StatefulSets want: a pod that does not exist is in no list. Undefined: not asked, or no set found. */
  readonly wanted?: number;
  /** Without leader and members where nobody answered and no member was ready. */
  readonly patroni: PatroniView;
};

export type Sight =
  | { readonly kind: 'fence'; readonly step: FenceStep; readonly node: NodeView | undefined }
  | { readonly kind: 'unfence'; readonly step: UnfenceStep; readonly node: NodeView | undefined }
  | {
      readonly kind: 'cordon';
      readonly step: CordonStep;
      readonly node: NodeView | undefined;
      /** Members on the node that lead their cluster, or whose cluster has no leader at present. */
      readonly primaries: readonly string[];
    }
  | { readonly kind: 'add-node'; readonly step: AddNodeStep; readonly nodes: readonly NodeView[] }
  | {
      readonly kind: 'pod-move';
      readonly step: MoveStep;
      readonly pod: PodView | undefined;
      readonly from: NodeView | undefined;
      /** Pods of the same owner whose names are made up, seen once the pod itself is gone. */
      readonly peers: readonly PodView[];
      /** How many its ReplicaSet wants; undefined: it has none, or it is gone. */
      readonly wanted: number | undefined;
    }
  | {
      readonly kind: 'member-move';
      readonly step: MoveStep;
      readonly cluster: ClusterSight;
      readonly from: NodeView | undefined;
    }
  | {
      readonly kind: 'switchover';
      readonly step: SwitchoverStep;
      readonly cluster: ClusterSight;
      readonly roleLabel: string;
    }
  | {
      readonly kind: 'scale-out';
      readonly step: ScaleOutStep;
      readonly cluster: ClusterSight;
      readonly replicas: number | undefined;
    }
  | {
      readonly kind: 'scale-in';
      readonly step: ScaleInStep;
      readonly cluster: ClusterSight;
      readonly replicas: number | undefined;
    }
  | {
      readonly kind: 'release';
      readonly step: ReleaseStep;
      readonly node: NodeView | undefined;
      readonly pods: readonly PodView[];
      /** Still attached to the node; asked for once no pod is left that does not stay. */
      readonly volumes: readonly string[];
    };

/** Returns what there is to see for this step now. Throws OutsideError where somebody does not answer. */
export async function observe(ctx: RunContext, fold: RunFold, step: Step): Promise<Sight> {
  const { kubernetes } = ctx.ports;
  switch (step.kind) {
    case 'fence':
      return { kind: step.kind, step, node: await kubernetes.getNode(step.node) };
    case 'unfence':
      return { kind: step.kind, step, node: await kubernetes.getNode(step.node) };
    case 'cordon':
      return observeCordon(ctx, step);
    case 'add-node':
      return { kind: step.kind, step, nodes: await kubernetes.listNodes() };
    case 'move':
      return step.cluster === null
        ? observePodMove(ctx, fold, step)
        : observeMemberMove(ctx, step, step.cluster);
    case 'switchover':
      return {
        kind: step.kind,
        step,
        cluster: await observeWholeCluster(ctx, step.cluster),
        roleLabel: labelsOf(ctx).role,
      };
    case 'scale-out':
    case 'scale-in':
      return observeScale(ctx, step);
    case 'release':
      return observeRelease(ctx, step);
  }
}

async function observeCordon(ctx: RunContext, step: CordonStep): Promise<Sight> {
  const { kubernetes } = ctx.ports;
  const node = await kubernetes.getNode(step.node);
  // With hold "cordon" nodes are cordoned at the start, primaries and all: those who chose it have an operator that bears it.
  if (node === undefined || node.unschedulable || ctx.plan.request.hold === 'cordon') {
    return { kind: 'cordon', step, node, primaries: [] };
  }
  const labels = labelsOf(ctx);
  const members = (await kubernetes.listPods({ node: step.node })).filter((pod) => isMember(pod, labels));
  const primaries: string[] = [];
  for (const pod of members) {
    const cluster = await observeCluster(ctx, `${pod.namespace}/${pod.labels[labels.scope] ?? ''}`);
    if (cluster.patroni.leader === undefined || cluster.patroni.leader === pod.name) {
      primaries.push(`${pod.namespace}/${pod.name}`);
    }
  }
  return { kind: 'cordon', step, node, primaries };
}

async function observeRelease(ctx: RunContext, step: ReleaseStep): Promise<Sight> {
  const { kubernetes } = ctx.ports;
  const node = await kubernetes.getNode(step.node);
  const pods = await kubernetes.listPods({ node: step.node });
  const isEmpty = node !== undefined && pods.every((pod) => pod.stays);
  const volumes = isEmpty ? await kubernetes.listAttachedVolumes(step.node) : [];
  return { kind: 'release', step, node, pods, volumes };
}

async function observeMemberMove(ctx: RunContext, step: MoveStep, key: string): Promise<Sight> {
  const from = await ctx.ports.kubernetes.getNode(step.from);
  // The cluster last: who leads it must be as fresh as can be when the eviction is asked for.
  const cluster = await observeWholeCluster(ctx, key);
  return { kind: 'member-move', step, cluster, from };
}

async function observePodMove(ctx: RunContext, fold: RunFold, step: MoveStep): Promise<Sight> {
  const { kubernetes } = ctx.ports;
  const { namespace, name } = podToMove(fold, step);
  const from = await kubernetes.getNode(step.from);
  const pod = await kubernetes.getPod(namespace, name);
  if (pod !== undefined) {
    return { kind: 'pod-move', step, pod, from, peers: [], wanted: undefined };
  }
  // Pods of ReplicaSets and Jobs are named after their owner with a suffix made up by the API server.
  const owner = name.slice(0, name.lastIndexOf('-'));
  const pods = await kubernetes.listPods({ namespace });
  const peers = pods.filter((each) => hasMadeUpName(each) && each.name.startsWith(`${owner}-`));
  const wanted = await kubernetes.getReplicas({ kind: 'ReplicaSet', namespace, name: owner });
  return { kind: 'pod-move', step, pod, from, peers, wanted };
}

function hasMadeUpName(pod: PodView): boolean {
  return pod.ownerKind === 'ReplicaSet' || pod.ownerKind === 'Job';
}

async function observeScale(ctx: RunContext, step: ScaleOutStep | ScaleInStep): Promise<Sight> {
  const namespace = step.cluster.slice(0, step.cluster.indexOf('/'));
  const name = setOf(step.member);
  const replicas = await ctx.ports.kubernetes.getReplicas({ kind: 'StatefulSet', namespace, name });
  const seen = await observeCluster(ctx, step.cluster);
  const cluster = replicas === undefined ? seen : { ...seen, wanted: replicas };
  return step.kind === 'scale-out'
    ? { kind: step.kind, step, cluster, replicas }
    : { kind: step.kind, step, cluster, replicas };
}

/** The cluster with the number of members it should have. Patroni is asked last: its word must be the freshest. */
export async function observeWholeCluster(ctx: RunContext, key: string): Promise<ClusterSight> {
  const pods = await listMembers(ctx, key);
  const wanted = await countWanted(ctx, pods);
  const patroni = await readPatroni(ctx, pods);
  const sight = { key, namespace: key.slice(0, key.indexOf('/')), pods, patroni };
  return wanted === undefined ? sight : { ...sight, wanted };
}

async function countWanted(ctx: RunContext, pods: readonly PodView[]): Promise<number | undefined> {
  const inSets = pods.filter((pod) => pod.ownerKind === 'StatefulSet');
  const sets = new Map(inSets.map(({ namespace, name }) => [setOf(name), namespace]));
  let wanted: number | undefined;
  for (const [name, namespace] of sets) {
    const replicas = await ctx.ports.kubernetes.getReplicas({ kind: 'StatefulSet', namespace, name });
    wanted = replicas === undefined ? wanted : (wanted ?? 0) + replicas;
  }
  return wanted;
}

function setOf(pod: string): string {
  return pod.slice(0, pod.lastIndexOf('-'));
}

/** Returns the cluster `namespace/scope`. Throws OutsideError where members are ready and yet none answers. */
export async function observeCluster(ctx: RunContext, key: string): Promise<ClusterSight> {
  const pods = await listMembers(ctx, key);
  return { key, namespace: key.slice(0, key.indexOf('/')), pods, patroni: await readPatroni(ctx, pods) };
}

async function listMembers(ctx: RunContext, key: string): Promise<readonly PodView[]> {
  const labels = labelsOf(ctx);
  const slash = key.indexOf('/');
  const listed = await ctx.ports.kubernetes.listPods({
    namespace: key.slice(0, slash),
    labels: { [labels.scope]: key.slice(slash + 1) },
  });
  return listed.filter((pod) => isMember(pod, labels)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

async function readPatroni(ctx: RunContext, pods: readonly PodView[]): Promise<PatroniView> {
  // Ready members first: the others may keep us waiting for an answer that does not come.
  const inOrder = [...pods.filter((pod) => pod.ready), ...pods.filter((pod) => !pod.ready)];
  const members = inOrder.flatMap(({ name, patroniUrl }) =>
    patroniUrl === undefined ? [] : [{ name, url: patroniUrl }],
  );
  try {
    return await ctx.ports.patroni.readCluster(members);
  } catch (error) {
    if (error instanceof OutsideError && !pods.some((pod) => pod.ready)) {
      return { paused: false, synchronous: false, members: [] };
    }
    throw error;
  }
}

/** Poolers carry the scope label too, but come from a Deployment and have no role. */
function isMember(pod: PodView, labels: MemberLabels): boolean {
  const isLabelled = pod.labels[labels.scope] !== undefined;
  return isLabelled && (pod.ownerKind === 'StatefulSet' || pod.labels[labels.role] !== undefined);
}

function labelsOf(ctx: RunContext): MemberLabels {
  return ctx.memberLabels ?? spiloLabels;
}
