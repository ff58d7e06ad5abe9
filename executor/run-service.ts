/**
 * What the API and the command line may ask of the executor: plans kept, runs started, watched and stopped.
 * Built by `redis/run-store.ts`; nothing here acts on a fleet, only workers do.
 */
import type { DrainPlan } from '../planner/plan.ts';
import type { JournalEntry } from './ports.ts';
import type { Run, RunSummary } from './run.ts';

/** A no of the service, with a stable code for the HTTP problem and one sentence. */
export type ServiceRefusal = { readonly kind: 'refused'; readonly code: string; readonly message: string };

export type StoredPlan = {
  readonly plan: DrainPlan;
  readonly fleet: string;
  readonly requester: string;
  readonly madeAt: string;
};

/** A plan as lists have it: a large one is 17 MB. */
export type PlanSummary = {
  readonly id: string;
  readonly fleet: string;
  readonly requester: string;
  readonly madeAt: string;
  /** In one sentence. */
  readonly verdict: string;
  /** Without the critical path and the clusters of the baseline. */
  readonly summary: DrainPlan['summary'];
  readonly steps: number;
  readonly refusals: number;
};

export interface RunService {
  savePlan(stored: StoredPlan): Promise<void>;
  getPlan(id: string): Promise<StoredPlan | undefined>;
  /** The newest two hundred, newest first. */
  listPlans(): Promise<readonly PlanSummary[]>;
  /** Same idempotency key and plan: the same run. Another run under way on that fleet: refused with `fleet-busy`. */
  startRun(start: {
    readonly planId: string;
    readonly requester: string;
    readonly needsApproval: boolean;
    /** Each wave waits for an approval of its own; needs approval in any case. */
    readonly approvals?: 'wave' | undefined;
    /** How long an approval is waited for, and holds until the start; undefined: for ever. */
    readonly approvalMs?: number | undefined;
    readonly idempotencyKey?: string | undefined;
  }): Promise<Run | ServiceRefusal>;
  /** The newest hundred, newest first. */
  listRuns(): Promise<readonly RunSummary[]>;
  getRun(id: string): Promise<Run | undefined>;
  /** In order; at most `countMax`, undefined: all. */
  readJournal(id: string, afterSequence?: number, countMax?: number): Promise<readonly JournalEntry[]>;
  /** Sequence number of the last entry; 0: there is none. */
  lastSequence(id: string): Promise<number>;
  /** Entries after `afterSequence`, those to come included, until `signal` aborts or the run has ended. */
  follow(id: string, afterSequence: number, signal: AbortSignal): AsyncIterable<JournalEntry>;
  /** How often news of runs were told, failed and were dropped, by `<channel> <outcome>`. */
  countNews(): Promise<Readonly<Record<string, number>>>;
  /** Of a run that is approved wave by wave: of the wave that waits. */
  approve(
    id: string,
    by: string,
    approval: {
      readonly planId: string;
      readonly wave?: number | undefined;
      readonly comment?: string | undefined;
    },
  ): Promise<Run | ServiceRefusal>;
  reject(id: string, by: string, comment?: string): Promise<Run | ServiceRefusal>;
  pause(id: string, by: string): Promise<Run | ServiceRefusal>;
  resume(id: string, by: string): Promise<Run | ServiceRefusal>;
  abort(id: string, by: string): Promise<Run | ServiceRefusal>;
}
