/**
 * What goes in besides the fleet, and what comes out: DrainRequest and DrainPlan (formats fixed, see docs/schemas/).
 */
import type { BecauseCode, FindingCode, RefusalCode } from './codes.ts';

export type Fact = string | number | boolean | readonly string[];
export type Facts = Readonly<Record<string, Fact>>;

/** Why, as a code of codes.ts and the facts its sentence in planner/explain/ needs. */
export type Because<Code extends string = string> = { readonly code: Code; readonly facts: Facts };

export type SingleMember = 'restart' | 'scale-out' | 'skip';

/** A DrainRequest as it was sent: everything but `nodes` may be missing. */
export type DrainRequest = {
  readonly apiVersion: 'switchyard.dev/v1';
  readonly kind: 'DrainRequest';
  readonly nodes: { readonly names?: readonly string[] | undefined; readonly selector?: string | undefined };
  readonly surge?:
    | {
        readonly perZone?: Readonly<Record<string, number>> | undefined;
        readonly default?: number | undefined;
        readonly total?: number | null | undefined;
      }
    | undefined;
  readonly replacement?:
    | {
        readonly cpu?: string | undefined;
        readonly memory?: string | undefined;
        readonly pods?: number | undefined;
        readonly labels?: Readonly<Record<string, string>> | undefined;
        readonly perZone?: Readonly<Record<string, Readonly<Record<string, string | number>>>> | undefined;
      }
    | undefined;
  readonly limits?:
    | {
        readonly parallelDrainsPerZone?: number | undefined;
        readonly parallelSwitchovers?: number | undefined;
        readonly parallelMovesPerCluster?: number | undefined;
        readonly maxNewNodesPerZone?: number | Readonly<Record<string, number>> | null | undefined;
      }
    | undefined;
  readonly mode?: 'pods' | 'whole-nodes' | undefined;
  readonly hold?: 'fence' | 'cordon' | undefined;
  readonly parking?: boolean | undefined;
  readonly singleMember?: SingleMember | undefined;
  /** What a run does when a step has waited until its deadline; plans do not depend on it. */
  readonly onDeadline?: 'pause' | 'wait' | 'skip-node' | undefined;
  readonly clusters?:
    | Readonly<
        Record<
          string,
          {
            readonly weight?: number | undefined;
            readonly window?: string | undefined;
            readonly singleMember?: SingleMember | undefined;
            readonly switchover?: 'never' | 'allowed' | undefined;
          }
        >
      >
    | undefined;
};

type StepBase = {
  readonly id: string;
  /** Ids of steps that must be done first; each stands earlier in the list. */
  readonly after: readonly string[];
  /** 1-based. */
  readonly wave: number;
  readonly because: Because<BecauseCode>;
  readonly estimateSeconds: number;
};

export type FenceStep = StepBase & { readonly kind: 'fence'; readonly node: string };
export type UnfenceStep = StepBase & { readonly kind: 'unfence'; readonly node: string };
export type AddNodeStep = StepBase & {
  readonly kind: 'add-node';
  readonly node: string;
  readonly zone: string;
};
export type MoveStep = StepBase & {
  readonly kind: 'move';
  /** `namespace/name` */
  readonly pod: string;
  readonly uid: string;
  readonly from: string;
  /** Expected only: kube-scheduler places pods. */
  readonly to: string;
  readonly cluster: string | null;
  readonly member: string | null;
  readonly outage: boolean;
  /** Of an outage: it begins only inside this window. The words of the request, e.g. `Sat 02:00-04:00 Europe/Berlin`. */
  readonly window?: string;
};
export type SwitchoverStep = StepBase & {
  readonly kind: 'switchover';
  readonly cluster: string;
  readonly from: string;
  readonly to: string;
  /** It begins only inside this window. The words of the request; absent: at any time. */
  readonly window?: string;
};
export type ScaleOutStep = StepBase & {
  readonly kind: 'scale-out';
  readonly cluster: string;
  readonly member: string;
  readonly node: string;
};
export type ScaleInStep = StepBase & {
  readonly kind: 'scale-in';
  readonly cluster: string;
  readonly member: string;
  readonly node: string;
};
export type CordonStep = StepBase & { readonly kind: 'cordon'; readonly node: string };
export type ReleaseStep = StepBase & { readonly kind: 'release'; readonly node: string };

export type Step =
  | FenceStep
  | UnfenceStep
  | AddNodeStep
  | MoveStep
  | SwitchoverStep
  | ScaleOutStep
  | ScaleInStep
  | CordonStep
  | ReleaseStep;
export type StepKind = Step['kind'];

/** By consequence: stops a drain, costs an interruption, risks one, good to know. */
export type Severity = 'stops' | 'costs' | 'risks' | 'note';

export type Finding = {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** What it is about: a node, cluster, pod, budget or file; with `count` > 1 the first of them. */
  readonly subject: string;
  readonly count: number;
  readonly examples: readonly string[];
  readonly facts: Facts;
  /** A command or a setting that mends it. */
  readonly fix?: string;
};

export type Refusal = {
  readonly code: RefusalCode;
  readonly severity: Severity;
  readonly node: string;
  readonly pods: readonly string[];
  readonly facts: Facts;
  readonly fix?: string;
};

export type CertificateEntry = {
  readonly bound: number;
  readonly value: number;
  readonly proved: boolean;
  /** value - bound, present only where not proved. */
  readonly gap?: number;
  readonly because?: string;
};

export type ClusterVerdict = {
  readonly switchovers: number;
  readonly outages: number;
  readonly bound: number;
  readonly because: Because<BecauseCode>;
};

export type DrainPlan = {
  readonly apiVersion: 'switchyard.dev/v1';
  readonly kind: 'DrainPlan';
  /** Hash of snapshot, request and planner version. */
  readonly id: string;
  readonly request: DrainRequest;
  readonly snapshot: { readonly hash: string; readonly takenAt: string | null };
  readonly summary: {
    readonly outages: number;
    readonly switchovers: number;
    readonly weightedSwitchovers: number;
    readonly moves: number;
    readonly waves: number;
    /** Nodes released by this plan. */
    readonly nodes: number;
    /** Most extra nodes alive at once, by zone. */
    readonly surgeByZone: Readonly<Record<string, number>>;
    readonly expectedSeconds: { readonly p50: number; readonly p95: number };
    /** Ids of the steps that make it so long, in the order in which they are carried out. */
    readonly criticalPath?: readonly string[];
    readonly baselines: {
      readonly naive: { readonly switchovers: number; readonly clusters: Readonly<Record<string, number>> };
    };
  };
  /** Weighted, unlike `summary`. */
  readonly certificate: {
    readonly outages: CertificateEntry;
    readonly switchovers: CertificateEntry;
    readonly waves: CertificateEntry;
  };
  /** Clusters with a member on a node to be drained, by key. */
  readonly clusters: Readonly<Record<string, ClusterVerdict>>;
  readonly steps: readonly Step[];
  readonly findings: readonly Finding[];
  readonly refusals: readonly Refusal[];
};

/** Bad input: one line names the place, what was found and what was expected. Exit code 2. */
export type InputProblem = {
  readonly code: string;
  /** File it was read from, `request` where it came from options, or 'stdin'. */
  readonly file: string;
  /** JSON path, e.g. `items[41].spec.nodeName`; empty: the whole file. */
  readonly field: string;
  readonly found: string;
  readonly expected: string;
};

/** A rule of the contract that a plan breaks, found by check-plan. */
export type Violation = { readonly code: string; readonly step: string | null; readonly facts: Facts };
