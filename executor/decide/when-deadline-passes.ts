/**
 * Pure: a wait has lasted until its deadline. What comes then: a new plan where that may answer it, else what the request asks for
 * with `onDeadline` (docs/decisions/0009-when-a-deadline-passes.md).
 */
import type { Step } from '../../planner/plan.ts';
import { extensionsMax } from '../limits.ts';
import type { Lane } from '../record/lane.ts';
import type { RunFold } from '../record/run-fold.ts';
import type { OnDeadline } from '../run.ts';
import type { BlockedCode, WaitCode } from '../wait-codes.ts';

/** The fleet is not what the plan counts on, and the planner sees what is different. Which and why: decision 9. */
const answeredByNewPlan: ReadonlySet<string> = new Set<BlockedCode>([
  'candidate-not-sync-standby',
  'candidate-nofailover',
  'candidate-lag-unknown',
  'candidate-behind',
  'candidate-on-drained-node',
  'is-primary',
  'primary-on-node',
  'node-not-empty',
  'scaled-by-others',
  'member-between-others',
]);

/** Somebody outside does not answer: that is no matter of one node. */
const ofOutside: ReadonlySet<string> = new Set<WaitCode | BlockedCode>([
  'outside-trouble',
  'check-unanswered',
]);

export type DeadlinePassed =
  /** The wait goes on; `extension` counts from 1. */
  | { readonly kind: 'extend'; readonly extension: number }
  | { readonly kind: 'halt'; readonly follows: Exclude<OnDeadline, 'wait' | 'skip-node'> }
  /** The run halts as well, and goes on without this node. */
  | { readonly kind: 'halt'; readonly follows: 'skip-node'; readonly node: string };

type Deciding = Pick<RunFold, 'plan' | 'lanes' | 'followers'>;

/** Returns what follows when the wait of this step for `code` has lasted until its deadline. */
export function whenDeadlinePasses(fold: Deciding, lane: Lane, code: string): DeadlinePassed {
  if (answeredByNewPlan.has(code)) {
    return { kind: 'halt', follows: 'replan' };
  }
  const extension = (lane.extensions.get(code) ?? 0) + 1;
  switch (fold.plan.request.onDeadline) {
    case 'wait':
      return extension > extensionsMax ? { kind: 'halt', follows: 'pause' } : { kind: 'extend', extension };
    case 'skip-node': {
      const node = ofOutside.has(code) ? undefined : nodeToSkip(fold, lane.step);
      return node === undefined
        ? { kind: 'halt', follows: 'pause' }
        : { kind: 'halt', follows: 'skip-node', node };
    }
    default:
      return { kind: 'halt', follows: 'pause' };
  }
}

/** Returns the same in the one word that a run shows. */
export function onDeadlineOf(fold: Deciding, lane: Lane, code: string): OnDeadline {
  const next = whenDeadlinePasses(fold, lane, code);
  return next.kind === 'extend' ? 'wait' : next.follows;
}

/**
 * The node that the step helps to empty: its own, else the first one whose release waits for it. Undefined where there is none, or no
 * other one to go on with.
 */
function nodeToSkip({ lanes, followers }: Deciding, step: Step): string | undefined {
  const left = nodesLeft(lanes);
  if (left.size < 2) {
    return undefined;
  }
  const own = step.kind === 'move' ? step.from : 'node' in step ? step.node : undefined;
  if (own !== undefined && left.has(own)) {
    return own;
  }
  return firstReleased({ lanes, followers }, step);
}

/** Nodes that are still to be released. Each of the thousands of steps that wait is described with what follows its deadline. */
function nodesLeft(lanes: Deciding['lanes']): ReadonlySet<string> {
  const known = leftKnown.get(lanes);
  if (known !== undefined) {
    return known;
  }
  const left = new Set<string>();
  for (const { step, done } of lanes.values()) {
    if (step.kind === 'release' && done === undefined) {
      left.add(step.node);
    }
  }
  leftKnown.set(lanes, left);
  return left;
}

/** The lanes of a fold never change. */
const leftKnown = new WeakMap<Deciding['lanes'], ReadonlySet<string>>();

/** Breadth first along the steps that wait: the nearest release is the one that is held up most. */
function firstReleased(
  { lanes, followers }: Pick<Deciding, 'lanes' | 'followers'>,
  step: Step,
): string | undefined {
  const known = new Set([step.id]);
  for (const id of known) {
    const lane = lanes.get(id);
    if (lane?.step.kind === 'release' && lane.done === undefined) {
      return lane.step.node;
    }
    for (const follower of followers.get(id) ?? []) {
      known.add(follower);
    }
  }
  return undefined;
}
