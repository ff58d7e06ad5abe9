/**
 * Every code a plan can carry. Closed lists: planner/explain/ must have a sentence for each, and docs/errors.md a row (tested both ways).
 */
export const becauseCodes = [
  // steps
  'node-to-be-drained', // fence
  'room-for-parking', // unfence
  'replacement-needed', // add-node
  'replica-first', // move of a replica, so that somebody final can take over
  'off-the-node', // move of a replica whose cluster needs nobody there
  'former-primary', // move of a member that was primary until the switchover
  'other-pod', // move of a pod that is no member
  'parked', // move to a node that is itself to be drained
  'nobody-can-succeed', // move of a primary as an outage
  'primary-must-move', // switchover
  'single-member', // scale-out
  'temporary-member', // scale-in
  'no-primary-left', // cordon
  'empty', // release
  // verdicts of clusters
  'primary-on-drained-node', // one switchover, its minimum
  'primary-stays', // none needed
  'first-released-node', // two: it stood on the first node given back, before anybody else was final
  'order-of-whole-nodes', // two: its wish and those of others contradict each other
  'no-room-ahead', // two: no final place was left for anybody who could take over
  'primary-moves-first', // two: the primary had to move before another member was final
  'no-successor', // outage
  'temporary-successor', // one switchover to a temporary member
] as const;
export type BecauseCode = (typeof becauseCodes)[number];

export const findingCodes = [
  'kind-missing',
  'no-persistent-volumes',
  'no-zone-label',
  'single-member',
  'nofailover-everywhere', // there are replicas, and tags keep all of them from taking over
  'strict-two-members', // the only possible synchronous standby moves, and writes wait for it
  'unknown-lag',
  'cascading-replica',
  'paused-cluster',
  'budget-never-opens',
  'two-budgets',
  'bare-pod',
  'no-anti-affinity',
  'open-to-old-nodes', // node affinity lets pods back onto nodes to be drained
  'ordered-ready',
  'surge-in-wrong-zone', // extra nodes where none is needed, and none where pods have to leave
  'surge-too-small', // one more extra node would spare something
  'two-primaries',
  'no-primary',
  'unreadable-member-status',
  'unrecognised-member', // Patroni writes on the pod, but no preset takes it for a member
] as const;
export type FindingCode = (typeof findingCodes)[number];

export const refusalCodes = [
  'two-primaries',
  'no-primary',
  'bare-pod',
  'two-budgets',
  'budget-forbids-restart',
  'single-member-skip',
  'switchover-never',
  'window-too-short',
  'paused-cluster',
  'pod-fits-nowhere',
  'local-volume', // a volume that only this node can attach
  'no-room',
  'node-not-ready',
  'budget-never-opens', // a budget that allows no eviction of a pod that would have to move
  'member-not-healthy', // another member of the cluster is unavailable: two must never be
  'no-candidate-now', // who could take over may not yet: unknown lag, too far behind, not synchronous
] as const;
export type RefusalCode = (typeof refusalCodes)[number];
