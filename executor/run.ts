/**
 * A run as people and programs read it (formats fixed by the contract, section 3b). Always the fold of its journal.
 */
import type { Because } from '../planner/plan.ts';

export const runStates = [
  'waiting-for-approval',
  'waiting-for-window',
  'running',
  'pausing',
  'paused',
  'halted',
  'aborting',
  'finished',
  'aborted',
  'rejected',
  'expired',
] as const;
export type RunState = (typeof runStates)[number];

export const stepStates = [
  'pending',
  'ready',
  'acting',
  'waiting',
  'blocked',
  'done',
  'skipped',
  'failed',
] as const;
export type StepState = (typeof stepStates)[number];

/**
 * What follows when a wait has lasted until its deadline. `pause`: the run halts until a person decides; `wait`: the wait goes on for
 * as long again; `skip-node`: the run goes on without the node that the step helps to empty; `replan`: it goes on by a new plan.
 */
export const onDeadlines = ['pause', 'wait', 'skip-node', 'replan'] as const;
export type OnDeadline = (typeof onDeadlines)[number];

export type RunStep = {
  readonly state: StepState;
  /** RFC 3339 */
  readonly since?: string;
  readonly waitingFor?: { readonly code: string; readonly subject: string; readonly facts: Because['facts'] };
  readonly usualSeconds?: { readonly p50: number; readonly p95: number };
  /** RFC 3339 */
  readonly deadline?: string;
  readonly onDeadline?: OnDeadline;
  readonly attempts?: number;
  readonly lastSeen?: string;
};

/** `looking`: the run looks for a new plan and goes on by itself when it has one; `given-up`: a person has to decide. */
export type Outlook = { readonly kind: 'looking' | 'given-up'; readonly because: Because };

/**
 * A node that the run has left out, without marks of it, and since when (RFC 3339). `because`: the deadline that passed, at this node or
 * at one without which it cannot be emptied.
 */
export type SkippedNode = { readonly node: string; readonly at: string; readonly because: Because };

/** A role change that is not of the run. */
export type UnplannedRoleChange = {
  readonly cluster: string;
  readonly from: string;
  readonly to: string;
  /** RFC 3339, when it was seen. */
  readonly at: string;
};

export type Run = {
  readonly id: string;
  /** The plan being carried out: the last of `planIds`. */
  readonly planId: string;
  /** All plans of the run, in order; absent where it still has its first. */
  readonly planIds?: readonly string[];
  readonly fleet: string;
  readonly state: RunState;
  /** When it came into that state (RFC 3339); absent where a window is waited for: the steps say since when. */
  readonly since?: string;
  readonly because: Because;
  /** Of a halted run: whether a new plan is looked for, what it waits for, or why none is. Absent: nothing is known yet. */
  readonly outlook?: Outlook;
  readonly requester: string;
  readonly approvals: readonly {
    readonly by: string;
    readonly at: string;
    readonly wave?: number;
    readonly comment?: string;
  }[];
  /** In state `waiting-for-approval`: the wave, where each has its own, and when it expires (RFC 3339), if it does. */
  readonly approvalWanted?: { readonly wave?: number; readonly expires?: string };
  readonly counts: {
    readonly planned: number;
    readonly done: number;
    readonly unplanned: number;
    readonly outages: number;
    readonly moves: number;
    readonly movesPlanned: number;
    readonly released: number;
    readonly nodes: number;
  };
  /** Oldest first; absent: none. */
  readonly unplanned?: readonly UnplannedRoleChange[];
  /** RFC 3339; from the plan's estimate. Undefined before the start. */
  readonly expectedEnd?: { readonly p50: string; readonly p95: string };
  readonly startedAt?: string;
  readonly endedAt?: string;
  /** Real node names of the plan's `add-node` names, as far as they have come. */
  readonly nodes: Readonly<Record<string, string>>;
  /** Nodes that came for its plans before the present one; absent: none. */
  readonly earlierNodes?: readonly string[];
  /** Nodes that the run has left out; absent: none. */
  readonly skipped?: readonly SkippedNode[];
  readonly steps: Readonly<Record<string, RunStep>>;
};

/** A run as lists have it: a large one has tens of thousands of steps, and a thousand nodes. */
export type RunSummary = Omit<Run, 'steps' | 'nodes' | 'earlierNodes'>;
