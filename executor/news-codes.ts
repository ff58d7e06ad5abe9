/**
 * What a run tells: to the nodes and pods of the fleet as Kubernetes Events, and to people as notices. Closed lists:
 * planner/explain/explain-news.ts has a sentence for each and docs/errors.md a row.
 */

/** Written as Events beside the object that they happened to. */
export const eventCodes = [
  'fenced',
  'unfenced',
  'cordoned',
  'uncordoned',
  'evicted',
  'switched-over',
  'released',
  'held',
  'unheld',
  'hold-refused',
  'run-halted',
] as const;
export type EventCode = (typeof eventCodes)[number];

/** Sent to people: only where somebody's next act changes. */
export const noticeCodes = [
  'approval-wanted',
  'started',
  'paused',
  'halted',
  'unplanned-role-change',
  'deadline-near',
  'finished',
  'aborted',
  'rejected',
  'expired',
] as const;
export type NoticeCode = (typeof noticeCodes)[number];
