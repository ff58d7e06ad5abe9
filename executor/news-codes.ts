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
  'replanning',
  'replanned',
  'unplanned-role-change',
  'deadline-near',
  'deadline-extended',
  'node-skipped',
  'finished',
  'aborted',
  'rejected',
  'expired',
] as const;
export type NoticeCode = (typeof noticeCodes)[number];

/** How much a notice asks of whoever gets it: to get up, to act in working hours, or nothing. */
export type Severity = 'page' | 'ticket' | 'note';

/** Every code has one. */
export const severities: Readonly<Record<NoticeCode, Severity>> = {
  'approval-wanted': 'ticket',
  started: 'note',
  paused: 'note',
  halted: 'page',
  // It goes on by itself, or says with a page that it does not.
  replanning: 'ticket',
  replanned: 'note',
  'unplanned-role-change': 'page',
  'deadline-near': 'ticket',
  'deadline-extended': 'page',
  'node-skipped': 'page',
  finished: 'note',
  aborted: 'note',
  rejected: 'note',
  expired: 'ticket',
};
