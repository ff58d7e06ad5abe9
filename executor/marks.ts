/**
 * What Switchyard writes on nodes, pods and its Lease. Values are run ids, so that a run takes back its own marks and nobody else's.
 */

/** Taint key of a fence; its effect is NoSchedule. Operators of databases react to a cordon, not to a foreign taint. */
export const FENCE_TAINT = 'switchyard.dev/drain';

/** Annotation: the cordon of this node is ours. */
export const CORDON_MARK = 'switchyard.dev/cordoned-by';

/** Annotation of the fleet's Lease: what the run that holds it is about (formats/run-note.ts). */
export const RUN_NOTE = 'switchyard.dev/run';

/** Annotation: the node is empty and may be taken away by the pipeline. */
export const RELEASE_MARK = 'switchyard.dev/released-by';

/** Label of a pod that this run holds: its value is the run id, so that all of them are found with one list. */
export const HOLD_LABEL = 'switchyard.dev/held-by';

/** Annotation of a held pod: what each annotation of the hold said before, as JSON; null: it was not there. */
export const HOLD_BEFORE = 'switchyard.dev/held-before';

/**
 * Annotations of a hold: what it says, and to whom.
 * https://karpenter.sh/docs/concepts/disruption/#pod-level-controls
 * https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md#what-types-of-pods-can-prevent-ca-from-removing-a-node
 */
export const HOLD_WORDS = {
  'karpenter.sh/do-not-disrupt': 'true',
  'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
} as const;
