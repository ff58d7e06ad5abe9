/**
 * How long things take in the simulated world, in virtual seconds unless the name says otherwise, each with its reason.
 * Measured ones come from three real Patroni 3.0.2 clusters on a real Kubernetes 1.36.
 */
import type { Random } from './random.ts';

export type Durations = typeof usualDurations;

export const usualDurations = {
  /** A cloud node from the wish to Ready: 60 to 120 s is usual for a VM image with a kubelet in it. */
  nodeBootSeconds: 75,
  /** A released node is shut down by the pipeline within its next pass. */
  nodeRemovalSeconds: 30,
  /** Controllers react to a change within one watch round trip. */
  controllerMs: 100,
  /** kube-scheduler binds within milliseconds; a tenth of a second keeps the order of events plain. */
  schedulerMs: 100,
  /** An unschedulable pod is tried again on every change and, at the latest, after this long. */
  schedulerRetrySeconds: 60,
  /** The disruption controller recomputes a budget a moment after a pod changed: its status is stale until then. */
  budgetStatusMs: 400,
  /** The unschedulable taint follows a cordon in a second write of the node controller. */
  taintFollowsMs: 150,
  /** A volume leaves its old node: unmount and detach of a network disk. */
  volumeDetachSeconds: 10,
  /** A volume reaches its new node. */
  volumeAttachSeconds: 8,
  /** Container start with the image present. */
  containerStartSeconds: 3,
  /** PostgreSQL start, recovery and the first successful readiness probe of a replica with its volume. */
  memberReadySeconds: 6,
  /** Ready is not streaming: the slot is made in the leader's next loop (seen: up to 10 s after Ready). */
  memberStreamsAfterReadySeconds: 8,
  /** WAL missed while away is fetched at this speed. */
  catchUpBytesPerSecond: 64 * 1024 * 1024,
  /** WAL written by a primary. */
  walBytesPerSecond: 200 * 1024,
  /** A stateless pod answers its first readiness probe. */
  podReadySeconds: 2,
  /** A stateless pod ends after SIGTERM. */
  podStopSeconds: 2,
  /** PostgreSQL's clean stop: checkpoint and shutdown. */
  memberStopSeconds: 2,
  /** From a released leader lock to the next primary (seen: 1.3 s to 1.5 s without a writer). */
  promoteSeconds: 1.4,
  /** POST /switchover is answered about 2 s after it was asked. */
  switchoverAnswerSeconds: 2.05,
  /** The old primary is ready again as a replica (seen: 5 s). */
  demotedReadySeconds: 5.4,
  /** Until then the old primary carries no role label and looks stopped in GET /cluster (seen: 10 s to 12 s). */
  demotedLabelSeconds: 11,
  /** Patroni's loop: positions and the leader's renewal are published this often. */
  loopWaitSeconds: 10,
  /** Without heartbeats a node turns Unknown after this long (seen: 46 s). */
  nodeUnknownSeconds: 46,
  /** node.kubernetes.io/unreachable NoExecute with the default toleration of 300 s removes the pods. */
  unreachableEvictionSeconds: 300,
  /**
   * How much starts, stops, boots and volumes differ from case to case: the standard deviation of their logarithm.
   * 0: never, so that a test can say to the second when something happens.
   */
  spread: 0,
};

/** One case in twenty takes 1.6 times as long as the usual one, as the boots of cloud nodes do. */
export const rehearsedSpread = 0.3;

/** The rarest case is this many standard deviations away: nothing takes forever by chance alone. */
const DEVIATIONS_MAX = 2.5;

/** Returns the factor by which one case differs from the usual one; half of all cases are below 1. Draws twice. */
export function drawFactor(random: Random, spread: number): number {
  // Box and Muller: two even numbers make a normal one. https://en.wikipedia.org/wiki/Box%E2%80%93Muller_transform
  const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  return Math.exp(spread * Math.min(DEVIATIONS_MAX, Math.max(-DEVIATIONS_MAX, normal)));
}

/** Seconds to virtual milliseconds, whole. */
export function toMs(seconds: number): number {
  return Math.round(seconds * 1000);
}
