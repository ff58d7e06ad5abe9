/**
 * What one pass is given: the ports, the plan, who is at work and how fast.
 */
import type { DrainPlan } from '../planner/plan.ts';
import type { MemberPresets } from '../planner/read/member-presets.ts';
import type { Pace } from './limits.ts';
import type { PatroniSeen } from './patroni-seen.ts';
import type {
  Checks,
  Clock,
  FleetMirror,
  Journal,
  KubernetesPort,
  PatroniPort,
  PipelinePort,
} from './ports.ts';
import type { FirstPlan, Folds } from './record/read-fold.ts';

export type Ports = {
  readonly kubernetes: KubernetesPort;
  readonly patroni: PatroniPort;
  readonly pipeline: PipelinePort;
  readonly journal: Journal;
  /** What waiting passes look at, while it is current; undefined: they ask the server. */
  readonly mirror?: FleetMirror | undefined;
  /** What is asked before a primary is interrupted; undefined: nothing is. */
  readonly checks?: Checks | undefined;
};

/** Plans by id. A plan is kept before an entry of a journal names it. */
export type PlanShelf = {
  get(id: string): Promise<DrainPlan | undefined>;
  keep(plan: DrainPlan, about: { readonly fleet: string; readonly requester: string }): Promise<void>;
};

export type RunContext = {
  readonly ports: Ports;
  /** The plan being carried out is the fold's. */
  readonly firstPlan: FirstPlan;
  /** Undefined: the run cannot go on by a new plan; it stays halted. */
  readonly plans?: PlanShelf | undefined;
  readonly runId: string;
  /** Name of the worker, as it stands in the journal. */
  readonly worker: string;
  readonly pace: Pace;
  readonly clock: Clock;
  /** What this worker has read of journals so far; undefined: each pass reads them from the beginning. */
  readonly folds?: Folds | undefined;
  /** When this worker last looked at the roles of all primaries, by run id. It saves looking; undefined: each pass looks. */
  readonly rolesSeenAtMs?: Map<string, number> | undefined;
  /** When this worker first found the Lease taken, by run, since when that is active, and who has it. */
  readonly leaseTakenAtMs?: Map<string, number> | undefined;
  /** What Patroni last said to this worker, by cluster. It saves asking while nothing changes; undefined: each pass asks. */
  readonly patroniSeen?: PatroniSeen | undefined;
  /** Aborted: the worker lost its job. Nothing is begun any more. */
  readonly signal?: AbortSignal | undefined;
  /** Labels by which the members of a cluster are found; undefined: the planner's default ones. */
  readonly memberPresets?: MemberPresets | undefined;
};

export type StepContext = RunContext & { readonly stepId: string };

/**
 * What came of one pass over one step. `stopped`: the run is not running; the run's own passes find the step again. `again` with
 * `withinMs`: the step is told of what it waits for, and where thousands wait it may be looked at so much later.
 */
export type StepPass =
  | { readonly kind: 'done' }
  | { readonly kind: 'again'; readonly inMs: number; readonly withinMs?: number }
  | { readonly kind: 'stopped' };

/** What came of one pass over the run, and the steps that may be worked on now. */
export type RunPass =
  | { readonly kind: 'ended' }
  | { readonly kind: 'again'; readonly inMs: number; readonly readySteps: readonly string[] };
