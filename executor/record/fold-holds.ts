/**
 * Which pods a run holds, as its journal tells it: what was asked for, and what came of it. Pure.
 */
import type { Facts } from '../../planner/plan.ts';
import { mayStillArrive } from '../answers.ts';
import type { Act } from '../journal.ts';
import { SharedMap } from './shared-map.ts';

export type HoldAct = Extract<Act, { kind: 'hold-pod' | 'unhold-pod' }>;

/** A pod that bears our hold, or may bear it: the act is written before anything is done. */
export type Hold = {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Undefined: found on the fleet alone, at the end. */
  readonly cluster?: string;
  /** Known to be there. */
  readonly isSet: boolean;
  /** Attempts in a row, to set it or to take it off, of which nothing came. */
  readonly misses: number;
  /** It cannot be taken off: that is forbidden, or was tried too often. */
  readonly isLeft: boolean;
  /** The pod's resourceVersion that a request to hold it names which may still arrive. */
  readonly lostVersion?: string;
};

/** Some minutes: a run whose pods cannot be changed by anybody must still come to its end. */
const takeOffMissesMax = 60;

/** By `namespace/name` of the pod. */
export type Holds = SharedMap<string, Hold>;

export const noHolds: Holds = SharedMap.of();

/** What a fold remembers of holds. `holdRefused`: we are not allowed to set any; nobody asks again before a person has looked. */
export type HoldMemory = { readonly holds: Holds; readonly holdRefused?: true };

/** Returns true for an act that sets or takes off a hold. */
export function isHoldAct(act: Act): act is HoldAct {
  return act.kind === 'hold-pod' || act.kind === 'unhold-pod';
}

/** Returns the holds once `act` is written down. */
export function withHoldAct(holds: Holds, act: HoldAct): Holds {
  const { namespace, name, uid } = act;
  const key = `${namespace}/${name}`;
  const before = holds.get(key);
  const known = before?.uid === uid ? before : { isSet: false, misses: 0, isLeft: false };
  const cluster = act.kind === 'hold-pod' ? { cluster: act.cluster } : {};
  return holds.with(key, { ...known, namespace, name, uid, ...cluster });
}

/** Returns what is remembered once `act` has its answer. */
export function withHoldAnswer(memory: HoldMemory, act: HoldAct, answer: string, facts: Facts): HoldMemory {
  const key = `${act.namespace}/${act.name}`;
  const hold = memory.holds.get(key);
  if (hold === undefined) {
    return memory;
  }
  const isDone = answer === 'done' || answer === 'seen-done';
  const isForbidden = answer === 'forbidden';
  if (answer === 'gone' || (act.kind === 'unhold-pod' ? isDone : isForbidden)) {
    const holds = memory.holds.without(key);
    return isForbidden && act.kind === 'hold-pod' ? { holds, holdRefused: true } : { ...memory, holds };
  }
  const misses = hold.misses + 1;
  const tried =
    act.kind === 'unhold-pod'
      ? { ...hold, isSet: false, misses, isLeft: isForbidden || misses >= takeOffMissesMax }
      : { ...withoutLost(hold), isSet: isDone, misses: isDone ? 0 : misses };
  const lost = misses < takeOffMissesMax ? lostBy(act, answer, facts) : {};
  return { ...memory, holds: memory.holds.with(key, { ...tried, ...lost }) };
}

function withoutLost({ lostVersion: _, ...hold }: Hold): Hold {
  return hold;
}

function lostBy(act: Act, answer: string, facts: Facts): Pick<Hold, 'lostVersion'> {
  const isLost = act.kind === 'hold-pod' && mayStillArrive(answer, facts);
  return isLost && act.resourceVersion !== undefined ? { lostVersion: act.resourceVersion } : {};
}

/** A person looked at it and said go on: what was refused or did not come about may be tried again. */
export function resumedHolds(holds: Holds): Holds {
  return SharedMap.of([...holds].map(([key, hold]) => [key, { ...hold, misses: 0, isLeft: false }] as const));
}
