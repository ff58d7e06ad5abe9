import type { Pod } from '../model.ts';

/** Whether a pod holds no resources any more, https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase */
export function hasEnded(pod: Pod): boolean {
  return pod.phase === 'Succeeded' || pod.phase === 'Failed';
}

/** Whether a pod is left on its node: the DaemonSet controller ignores cordons, a mirror pod is the kubelet's own. */
export function staysOnNode(pod: Pod): boolean {
  return pod.owner.kind === 'DaemonSet' || pod.owner.kind === 'mirror';
}
