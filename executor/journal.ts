/**
 * What a run's journal can say. The state of a run is nothing but the fold of these (run.ts), so that any worker can go on
 * after any crash. Every act is written twice: before (`act`, with what was seen) and after (`answer`).
 */
import type { Because, Facts } from '../planner/plan.ts';

export type RunEvent =
  // lane 'run'
  | {
      readonly kind: 'created';
      readonly plan: string;
      readonly fleet: string;
      readonly requester: string;
      readonly needsApproval: boolean;
      /** The run was found again by its marks on the fleet, after the database had lost it. */
      readonly recovered?: true;
      /** Of a run that was found again: live nodes by zone then. */
      readonly liveByZone?: Readonly<Record<string, number>>;
      /** Each wave waits for an approval of its own; absent: one approval is for all. */
      readonly approvals?: 'wave';
      /** How long an approval is waited for, and how long one that was given holds until the start; absent: for ever. */
      readonly approvalMs?: number;
    }
  | { readonly kind: 'approved'; readonly plan: string; readonly wave?: number; readonly comment?: string }
  /** All approved waves are done, and this one waits. */
  | { readonly kind: 'approval-asked'; readonly wave: number }
  /** Nobody approved in time, or what was approved did not start in time. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'rejected'; readonly comment?: string }
  /** The live fleet was looked at and the plan still holds: what stood there then. */
  | {
      readonly kind: 'started';
      /** UIDs of all nodes: whichever else appears is new. */
      readonly nodeUids?: readonly string[];
      /** Primary of each cluster of the plan; with `replanned`, also of those that plans before it had to do with. */
      readonly leaders?: Readonly<Record<string, string>>;
      /** Names of the StatefulSets of those clusters that have more than one; absent: none has. */
      readonly sets?: Readonly<Record<string, readonly string[]>>;
      /** Live nodes by zone: what a new plan may add counts from here. */
      readonly liveByZone?: Readonly<Record<string, number>>;
      /** How many times faster than life the fleet lives (a simulated one); absent: 1. What is expected is so much sooner. */
      readonly speed?: number;
    }
  /** The plan does not hold just now, for reasons that pass by themselves, or the fleet cannot be read: not begun yet. Written only when that changes. */
  | { readonly kind: 'start-awaited'; readonly because: Because }
  /** The live fleet was looked at again, and the rest of the plan still stands. */
  | {
      readonly kind: 'looked';
      /** The first time after a resume: who leads the clusters whose primary others had changed before. */
      readonly leaders?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'pause-asked' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'abort-asked'; readonly comment?: string }
  | { readonly kind: 'aborted'; readonly facts: Facts }
  | { readonly kind: 'halted'; readonly because: Because }
  /** Of a halted run: what the search for a new plan waits for, or why it was given up. Written only when that changes. */
  | { readonly kind: 'replanning'; readonly outlook: 'looking' | 'given-up'; readonly because: Because }
  /**
   * A halted run goes on, or one that has not started yet begins, by a new plan made on the fleet as it stood then: at once, or after
   * approval.
   */
  | {
      readonly kind: 'replanned';
      readonly plan: string;
      readonly needsApproval: boolean;
      /** As of `started`, now. */
      readonly nodeUids: readonly string[];
      readonly leaders: Readonly<Record<string, string>>;
      /** As found now: those known from before still count. */
      readonly sets?: Readonly<Record<string, readonly string[]>>;
      /** Nodes without which the run goes on: a deadline passed there, or without them they cannot be emptied. */
      readonly skipped?: readonly string[];
      /** Nodes that were asked for and may still come, by zone. */
      readonly awaited?: Readonly<Record<string, number>>;
      /**
       * Weighted switchovers and outages that were left of the old plan, and those of the new one; clusters that only the new one
       * interrupts; before the start, `why` there is one.
       */
      readonly facts: Facts;
    }
  | { readonly kind: 'finished' }
  /** A role change that is not ours. */
  | {
      readonly kind: 'unplanned';
      readonly cluster: string;
      readonly from: string;
      readonly to: string;
      readonly facts: Facts;
    }
  // lane of a step
  | { readonly kind: 'act'; readonly act: Act }
  | { readonly kind: 'answer'; readonly act: Act['kind']; readonly answer: string; readonly facts: Facts }
  /** Written only when the reason changes, never once per look. */
  | {
      readonly kind: 'waiting' | 'blocked';
      readonly because: Because;
      readonly deadlineMs: number;
      /** The deadline of this reason had passed, and this is the n-th one after it, from 1. Absent: it is the first one. */
      readonly extension?: number;
    }
  /** The node that came for an `add-node` step: the plan's name for it and its real one. */
  | { readonly kind: 'bound'; readonly planNode: string; readonly node: string }
  | { readonly kind: 'done'; readonly facts: Facts }
  | { readonly kind: 'failed'; readonly because: Because };

/** One act on the outside. Each carries what it must find unchanged (UID, resourceVersion, leader and timeline). */
export type Act =
  | {
      readonly kind: 'fence' | 'unfence' | 'cordon' | 'uncordon' | 'mark-released';
      readonly node: string;
      readonly resourceVersion: string;
    }
  | {
      readonly kind: 'want-node';
      readonly planNode: string;
      readonly zone: string;
      /** Id of its plan, where that is not the one with which the run began: plans give the same names to their nodes. */
      readonly plan?: string;
    }
  | { readonly kind: 'node-released'; readonly node: string; readonly providerId?: string }
  | {
      readonly kind: 'evict';
      readonly namespace: string;
      readonly name: string;
      readonly uid: string;
      /** As looked at: a role label that changed since stops the eviction. Undefined: only the UID counts. */
      readonly resourceVersion?: string;
      /** Tells under which name its replacement will come; undefined: unknown. */
      readonly ownerKind?: string;
    }
  /** In lane 'run': the pod of a primary that a switchover of the run has made is to be left alone by others for the time of the run. */
  | {
      readonly kind: 'hold-pod';
      readonly cluster: string;
      readonly namespace: string;
      readonly name: string;
      readonly uid: string;
      /** As looked at: a worker that was held up for long does not set it any more. */
      readonly resourceVersion?: string;
    }
  | { readonly kind: 'unhold-pod'; readonly namespace: string; readonly name: string; readonly uid: string }
  | {
      readonly kind: 'switchover';
      readonly cluster: string;
      readonly leader: string;
      readonly leaderUrl: string;
      readonly candidate: string;
      readonly timeline: number;
    }
  | {
      readonly kind: 'scale';
      readonly namespace: string;
      readonly name: string;
      readonly replicas: number;
      /** What must be found; undefined only in journals of versions that did not say. */
      readonly replicasBefore?: number;
      readonly firstOrdinalBefore?: number;
      readonly firstOrdinal?: number;
    };
