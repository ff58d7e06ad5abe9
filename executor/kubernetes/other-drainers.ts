/**
 * Who else takes nodes away, and by which sign on a Node it is seen to be at it. Only signs that say that it has begun: what merely
 * chooses or thinks (`DeletionCandidateOfClusterAutoscaler`, a drifted NodeClaim), asks us (`lifecycle-status=decommission-pending`) or
 * has given up (`kubernetes.azure.com/upgrade-status=Quarantined`) is none.
 */

type Sign = {
  readonly actor: string;
  readonly on: 'taint' | 'label' | 'annotation';
  readonly key: string;
  /** Undefined: any value. */
  readonly value?: string;
};

const signs: readonly Sign[] = [
  // https://karpenter.sh/docs/concepts/disruption/
  { actor: 'Karpenter', on: 'taint', key: 'karpenter.sh/disrupted' },
  // Before its version 1: https://karpenter.sh/v0.32/concepts/disruption/
  { actor: 'Karpenter', on: 'taint', key: 'karpenter.sh/disruption', value: 'disrupting' },
  // https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/utils/taints/taints.go
  { actor: 'Cluster Autoscaler', on: 'taint', key: 'ToBeDeletedByClusterAutoscaler' },
  // https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
  { actor: 'EKS node group update', on: 'taint', key: 'eks.amazonaws.com/nodegroup', value: 'unschedulable' },
  // https://github.com/zalando-incubator/cluster-lifecycle-manager/blob/master/pkg/updatestrategy/node_pool_manager.go
  { actor: 'Cluster Lifecycle Manager', on: 'label', key: 'lifecycle-status', value: 'draining' },
  // Written with --annotate-nodes: https://kured.dev/docs/configuration/
  { actor: 'kured', on: 'annotation', key: 'weave.works/kured-reboot-in-progress' },
  { actor: 'kured', on: 'annotation', key: 'kured.dev/kured-reboot-in-progress' },
];

type MarkedNode = {
  readonly taints: readonly { readonly key: string; readonly value?: string | null | undefined }[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly isBeingDeleted: boolean;
};

/** Returns who else is taking the node away, and by what it is seen; undefined: nobody is known to. */
export function otherDrainerOf(node: MarkedNode): string | undefined {
  const sign = signs.find((each) => isOn(node, each));
  if (sign !== undefined) {
    return `${sign.actor} (${sign.on} ${sign.key}${sign.value === undefined ? '' : `=${sign.value}`})`;
  }
  return node.isBeingDeleted ? 'whoever deletes the Node object (deletionTimestamp)' : undefined;
}

function isOn(node: MarkedNode, { on, key, value }: Sign): boolean {
  switch (on) {
    case 'taint':
      return node.taints.some((taint) => taint.key === key && (value === undefined || taint.value === value));
    case 'label':
      return isSaid(node.labels[key], value);
    case 'annotation':
      return isSaid(node.annotations[key], value);
  }
}

function isSaid(said: string | undefined, value: string | undefined): boolean {
  return said !== undefined && (value === undefined || said === value);
}
