/**
 * What a pod is, wherever it stands.
 */
import type { Pod } from '../model.ts';

/** A pod that has ended takes no room, keeps no node and matches no rule. */
export function hasEnded(pod: Pod): boolean {
  return pod.phase === 'Succeeded' || pod.phase === 'Failed';
}

/** DaemonSet and mirror pods stay on their node. */
export function staysOnNode(pod: Pod): boolean {
  return pod.owner.kind === 'DaemonSet' || pod.owner.kind === 'mirror';
}

/** A pod that a release waits for: it neither stays with its node nor is on its way out anyway. */
export function mustLeave(pod: Pod): boolean {
  return !staysOnNode(pod) && !hasEnded(pod) && !pod.terminating;
}
