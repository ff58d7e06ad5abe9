/**
 * Who did what in a run, for those who have to account for it: people with their words, and every act with its time, worker
 * and answer. Pure, from the journal alone.
 */
import type { Facts } from '../../planner/plan.ts';
import type { Act, RunEvent } from '../journal.ts';
import type { JournalEntry } from '../ports.ts';

export type AuditDecision = {
  /** RFC 3339 */
  readonly at: string;
  readonly by: string;
  readonly what: 'asked' | 'approved' | 'rejected' | 'pause-asked' | 'resumed' | 'abort-asked';
  /** Of an approval or the first wish: the plan's id, which is the hash of what is in it. */
  readonly plan?: string;
  readonly wave?: number;
  readonly comment?: string;
};

export type AuditPlan = {
  /** RFC 3339 */
  readonly at: string;
  readonly plan: string;
  /** It interrupts more than was left of the one before, or its first wave has to be approved before the start. */
  readonly needsApproval: boolean;
  /** See the entry `replanned`. */
  readonly facts: Facts;
};

export type AuditAct = {
  readonly sequence: number;
  /** Step id, or `run` where an abort took marks off. */
  readonly step: string;
  /** RFC 3339 */
  readonly at: string;
  readonly worker: string;
  readonly act: Act;
  /** Absent: none was written, the worker died or is at it. */
  readonly answer?: {
    readonly at: string;
    readonly by: string;
    readonly answer: string;
    readonly facts: Facts;
  };
};

export type RunAudit = {
  readonly run: string;
  readonly plan: string;
  readonly requester: string;
  /** Of people, oldest first. */
  readonly decisions: readonly AuditDecision[];
  /** Plans that the run began or went on by instead, oldest first. */
  readonly plans: readonly AuditPlan[];
  /** Oldest first. */
  readonly acts: readonly AuditAct[];
};

/** Returns the audit of a run; `entries` are its whole journal, in sequence. */
export function auditRun(run: string, entries: readonly JournalEntry[]): RunAudit {
  const created = entries.find(({ event }) => event.kind === 'created')?.event;
  return {
    run,
    plan: created?.kind === 'created' ? created.plan : '',
    requester: created?.kind === 'created' ? created.requester : '',
    decisions: entries.flatMap(decisionOf),
    plans: entries.flatMap(planOf),
    acts: actsOf(entries),
  };
}

function decisionOf({ event, by, atMs, lane }: JournalEntry): readonly AuditDecision[] {
  const words = lane === 'run' ? wordsOf(event) : undefined;
  return words === undefined ? [] : [{ at: timeOf(atMs), by, ...words }];
}

function wordsOf(event: RunEvent): Omit<AuditDecision, 'at' | 'by'> | undefined {
  switch (event.kind) {
    case 'created':
      return { what: 'asked', plan: event.plan };
    case 'approved': {
      const { kind, ...said } = event;
      return { what: kind, ...said };
    }
    case 'rejected': {
      const { kind, ...said } = event;
      return { what: kind, ...said };
    }
    case 'pause-asked':
    case 'resumed':
    case 'abort-asked':
      return { what: event.kind };
    default:
      return undefined;
  }
}

function planOf({ event, atMs }: JournalEntry): readonly AuditPlan[] {
  if (event.kind !== 'replanned') return [];
  const { plan, needsApproval, facts } = event;
  return [{ at: timeOf(atMs), plan, needsApproval, facts }];
}

function actsOf(entries: readonly JournalEntry[]): readonly AuditAct[] {
  const acts: AuditAct[] = [];
  /** Place of the last act of each lane. */
  const last = new Map<string, number>();
  for (const { event, lane, sequence, atMs, by } of entries) {
    if (event.kind === 'act') {
      last.set(lane, acts.length);
      acts.push({ sequence, step: lane, at: timeOf(atMs), worker: by, act: event.act });
    }
    const place = last.get(lane);
    const act = place === undefined ? undefined : acts[place];
    // A second answer changes nothing: the first one stands, as in the fold.
    if (event.kind === 'answer' && place !== undefined && act !== undefined && act.answer === undefined) {
      const { answer, facts } = event;
      acts[place] = { ...act, answer: { at: timeOf(atMs), by, answer, facts } };
    }
  }
  return acts;
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
