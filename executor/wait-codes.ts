/**
 * Every reason for which a step waits or is blocked, and a run halts. Closed lists: planner/explain/explain-wait.ts has a sentence
 * for each and docs/errors.md a row.
 */
import type { Facts } from '../planner/plan.ts';

/** Something is under way and only has to come to its end. */
export const waitCodes = [
  'act-settling', // an act has no answer: looking whether it took place
  'waiting-for-node', // the pipeline was asked for a node
  'pod-terminating',
  'waiting-for-pod', // evicted, and its replacement does not exist yet
  'pod-not-scheduled',
  'pod-not-ready',
  'owner-not-ready', // other pods of the same ReplicaSet are not ready
  'replica-not-streaming', // Ready is not streaming
  'replica-catching-up',
  'lag-unknown',
  'no-leader',
  'timeline-unknown',
  'switchover-under-way',
  'role-labels-not-moved',
  'member-leaving', // of a scale-in
  'volume-still-attached', // to a node that is empty and about to be released
  'outside-trouble', // Kubernetes, Patroni, the pipeline or Redis do not answer
] as const;
export type WaitCode = (typeof waitCodes)[number];

/** Not safe now: the act is not begun until it is. */
export const blockedCodes = [
  'cluster-busy', // another step of the same cluster or StatefulSet is under way
  'switchover-limit',
  'window-closed', // the cluster may be interrupted only in its window
  'budget-closed',
  'primary-on-node',
  'is-primary',
  'member-unavailable',
  'member-not-streaming',
  'cluster-paused',
  'switchover-scheduled', // by somebody else, for later
  'candidate-not-ready',
  'candidate-not-streaming',
  'candidate-lag-unknown',
  'candidate-behind',
  'candidate-nofailover',
  'candidate-not-sync-standby',
  'candidate-on-drained-node',
  'timeline-differs',
  'switchover-not-done', // Patroni said no
  'new-node-in-wrong-zone',
  'node-not-empty',
  'fence-missing',
  'node-drained-by-other', // somebody else has begun to take it away
  'operator-scaled-back',
  'scaled-by-others', // the set is not as large as the plan, or the run itself, has left it
  'member-between-others', // a StatefulSet gives up only its first or its last
  'backup-running', // in the cluster whose primary is to be interrupted
  'transaction-running', // there, and for longer than may be broken off
  'check-unanswered', // whether either of them is
] as const;
export type BlockedCode = (typeof blockedCodes)[number];

/** The run does not begin yet. */
export const startCodes = [
  'start-awaited', // its plan does not hold just now, for reasons that pass by themselves, or another run has the fleet
] as const;

/** The run gave up where it stood: it needs a person, a new plan, or an abort. */
export const haltCodes = [
  'plan-invalid',
  'fleet-lease-taken',
  'outside-unreachable',
  'node-gone',
  'landed-on-drained-node',
  'eviction-forbidden',
  'role-changed-by-others',
  'switched-to-other-target',
  'switchover-attempts-used-up',
  'successor-appeared', // an outage is planned, but somebody could take over now
  'window-never-opens',
  'set-gone', // the StatefulSet to be scaled does not exist
  'deadline-passed',
  'assumption-broken',
] as const;
export type HaltCode = (typeof haltCodes)[number];

/** What the search of a halted run for a new plan waits for, or why it was given up. */
export const replanCodes = [
  'act-unsettled', // an act may still bring something about
  'cluster-not-whole',
  'node-awaited',
  'fleet-unreadable',
  'temporary-member-left',
  'too-many-plans',
  'lease-of-another',
  'no-plan-found',
] as const;
export type ReplanCode = (typeof replanCodes)[number];

export type WaitBecause<Code extends string> = {
  readonly code: Code;
  /** `subject` names the object that is waited for: a node, pod, cluster or server. */
  readonly facts: Facts & { readonly subject: string };
};
