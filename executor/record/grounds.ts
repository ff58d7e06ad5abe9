/**
 * On what grounds something was decided, as it stands in the journal beside what was decided: with them anybody can decide it
 * again (executor/replay/). The step itself is not among them, for the plan has it.
 */
import { isSeenFor, type Seen } from '../decide/seen.ts';
import { type Pace, paceAt, realPace } from '../limits.ts';
import { changeBetween, changed } from './json-change.ts';
import type { Lane } from './lane.ts';
import type { RunFold } from './run-fold.ts';
import type { Grounds, LastSeen, PaceTold, Told } from './told-grounds.ts';

/** Returns the grounds to be written with what was decided. */
export function groundsOf(
  seen: Seen,
  memory: { readonly fold: RunFold; readonly lane: Lane; readonly pace: Pace; readonly nowMs: number },
): Grounds {
  const { fold, lane, nowMs } = memory;
  const base = { upTo: fold.lastSequence, nowMs };
  const told = tell(seen, memory.pace);
  const last = lane.lastSeen;
  if (last === undefined || last.told.kind !== told.kind) {
    return { ...base, seen: told };
  }
  const change = changeBetween(last.told, told);
  return { ...base, like: last.sequence, ...(change === undefined ? {} : { seen: change }) };
}

/** Returns all that the grounds tell; undefined: they are told by another entry than the last, or make no sense. */
export function toldBy(grounds: Grounds, last: LastSeen | undefined): Told | undefined {
  const isChange = grounds.like !== undefined;
  if (isChange && grounds.like !== last?.sequence) {
    return undefined;
  }
  const told = isChange ? changed(last?.told, grounds.seen) : grounds.seen;
  return isTold(told) ? told : undefined;
}

/** Returns what the step was decided from; undefined: it is of another kind of step. */
export function seenAgain(told: Told, lane: Lane): { readonly seen: Seen; readonly pace: Pace } | undefined {
  const { pace, ...sight } = told;
  const seen = { ...sight, step: lane.step };
  return isSeen(seen) ? { seen, pace: paceToldBy(pace) } : undefined;
}

function tell(seen: Seen, pace: Pace): Told {
  const { step: _, ...sight } = seen;
  const told = paceTold(pace);
  return told === undefined ? sight : { ...sight, pace: told };
}

/** A pace never changes, and a process has few of them. */
const toldByPace = new WeakMap<Pace, { readonly told: PaceTold | undefined }>();

function paceTold(pace: Pace): PaceTold | undefined {
  const known = toldByPace.get(pace) ?? { told: differenceToReal(pace) };
  toldByPace.set(pace, known);
  return known.told;
}

function differenceToReal(pace: Pace): PaceTold | undefined {
  const { speed } = pace;
  const differs = changeBetween(paceAt(speed), pace);
  const told = { ...(speed === 1 ? {} : { speed }), ...(isObject(differs) ? differs : {}) };
  return Object.keys(told).length === 0 ? undefined : told;
}

/** What is told of the pace hardly ever changes, and entries that say nothing of it share what an earlier one has told. */
const paceByTold = new WeakMap<PaceTold, Pace>();
const nothingTold: PaceTold = {};

function paceToldBy(pace: PaceTold | undefined): Pace {
  const told = isObject(pace) ? pace : nothingTold;
  const known = paceByTold.get(told) ?? readPace(told);
  paceByTold.set(told, known);
  return known;
}

function readPace(told: PaceTold): Pace {
  const speed = typeof told.speed === 'number' ? told.speed : 1;
  const pace = changed(paceAt(speed), told);
  return isPace(pace) ? pace : realPace;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Written by this program only: the kind is looked at, not every field of every kind. */
function isTold(value: unknown): value is Told {
  return isObject(value) && typeof value.kind === 'string';
}

function isSeen(value: { readonly kind: string; readonly step: Lane['step'] }): value is Seen {
  return isSeenFor(value.kind, value.step);
}

function isPace(value: unknown): value is Pace {
  return isObject(value) && typeof value.speed === 'number' && isObject(value.waitLimitMs);
}
