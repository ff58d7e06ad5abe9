/**
 * The least outages and weighted switchovers of a small drain, by trying every order: best first over the states of the yard,
 * with what has to be paid at least from there on added to what has been paid. Counted in states, never in time.
 */
import type { Survey } from '../survey/survey.ts';
import { undo } from '../yard/acts.ts';
import { openYard } from '../yard/open-yard.ts';
import type { Yard } from '../yard/yard.ts';
import {
  comparePaid,
  nothingPaid,
  type Paid,
  perform,
  type SearchAct,
  settle,
  stillToPay,
  sumPaid,
} from './exhaustive-acts.ts';
import { openKeys } from './exhaustive-key.ts';
import { type Option, optionsFrom } from './exhaustive-options.ts';
import { openRooms } from './exhaustive-room.ts';
import { type Scope, scopeOf } from './exhaustive-scope.ts';
import { inWaves } from './exhaustive-waves.ts';

export type Exhausted =
  /** The cheapest plan there is, cheaper than the one known. */
  | { readonly kind: 'solved'; readonly yard: Yard; readonly paid: Paid; readonly states: number }
  /** No plan costs less outages and switchovers than the one known. */
  | { readonly kind: 'none-cheaper'; readonly states: number }
  /** All states that can be reached were seen, and in none of them the nodes are empty. */
  | { readonly kind: 'impossible'; readonly states: number }
  /** Too large, or more states than allowed: nothing is known. */
  | { readonly kind: 'gave-up'; readonly states: number };

/** A state that was reached, by what was done since the one before. */
type Reached = {
  readonly before: Reached | undefined;
  readonly acts: readonly SearchAct[];
  readonly paid: Paid;
  readonly key: string;
  readonly depth: number;
};

type Search = {
  readonly yard: Yard;
  readonly scope: Scope;
  readonly keyNow: () => string;
  readonly lacksRoom: () => boolean;
  readonly frontier: { readonly least: Paid; readonly reached: Reached[] }[];
  readonly closed: Set<string>;
  readonly known: Paid | undefined;
  /** The states on the way to where the yard stands, and the ends of its log there. */
  readonly path: Reached[];
  readonly marks: number[];
};

/**
 * Tries every way to empty all nodes asked for but `refused`, which are left alone. `known` is what the best plan so far costs:
 * only cheaper ones are looked for.
 */
export function exhaustiveSearch(
  survey: Survey,
  refused: ReadonlySet<number>,
  statesMax: number,
  known?: { readonly outages: number; readonly switchovers: number },
): Exhausted {
  const yard = openYard(survey, refused);
  const scope = scopeOf(yard);
  if (scope === undefined) return { kind: 'gave-up', states: 0 };
  const search = openSearch(yard, scope, known);
  for (;;) {
    const next = takeLeast(search);
    const states = search.closed.size;
    if (next === undefined) return { kind: known === undefined ? 'impossible' : 'none-cheaper', states };
    if (search.closed.has(next.key)) continue;
    if (states >= statesMax) return { kind: 'gave-up', states };
    search.closed.add(next.key);
    travel(search, next);
    if (isDone(yard, scope))
      return { kind: 'solved', yard: inWaves(survey, refused, actsTo(next)), paid: next.paid, states };
    for (const option of optionsFrom(yard, scope)) reach(search, next, option);
  }
}

function openSearch(
  yard: Yard,
  scope: Scope,
  known: { readonly outages: number; readonly switchovers: number } | undefined,
): Search {
  const search: Search = {
    yard,
    scope,
    keyNow: openKeys(yard, scope),
    lacksRoom: openRooms(yard, scope),
    frontier: [],
    closed: new Set(),
    known: known === undefined ? undefined : { ...known, parked: 0 },
    path: [],
    marks: [],
  };
  reach(search, undefined, { acts: [], paid: nothingPaid });
  return search;
}

/** Nobody is left on the nodes: a member that is relieved for a time would be, or leads again by now. */
function isDone(yard: Yard, { drained }: Scope): boolean {
  return drained.every((node) => yard.leaving[node] === 0);
}

/** Looks where an option leads, and remembers it unless that is known or too dear. The yard is left as it was. */
function reach(search: Search, before: Reached | undefined, option: Option): void {
  const { yard, scope, known, closed } = search;
  const mark = yard.logEnd;
  for (const act of option.acts) perform(yard, act);
  const settled = settle(yard, scope);
  const paid = sumPaid(sumPaid(before?.paid ?? nothingPaid, option.paid), settled.paid);
  const least = sumPaid(paid, stillToPay(yard, scope));
  const tooDear = known !== undefined && comparePaid({ ...least, parked: 0 }, known) >= 0;
  // Parking leaves final nodes as they were.
  if (!tooDear && (option.paid.parked > 0 || !search.lacksRoom())) {
    const key = search.keyNow();
    const depth = (before?.depth ?? -1) + 1;
    const reached = { before, acts: [...option.acts, ...settled.acts], paid, key, depth };
    if (!closed.has(key)) bucketFor(search, least).push(reached);
  }
  undo(yard, mark);
}

function bucketFor({ frontier }: Search, least: Paid): Reached[] {
  let place = 0;
  for (; place < frontier.length; place += 1) {
    const bucket = frontier[place];
    const difference = bucket === undefined ? 0 : comparePaid(bucket.least, least);
    if (bucket !== undefined && difference === 0) return bucket.reached;
    if (difference > 0) break;
  }
  const reached: Reached[] = [];
  frontier.splice(place, 0, { least, reached });
  return reached;
}

/** Of the cheapest, the one reached last: it is likely to be close to where the yard stands, and to the end. */
function takeLeast({ frontier }: Search): Reached | undefined {
  for (;;) {
    const next = frontier[0]?.reached.pop();
    if (next !== undefined || frontier.length === 0) return next;
    frontier.shift();
  }
}

/** Brings the yard to a state: back to where the ways part, and on from there. */
function travel({ yard, path, marks }: Search, to: Reached): void {
  const ahead: Reached[] = [];
  let common: Reached | undefined = to;
  while (common !== undefined && path[common.depth] !== common) {
    ahead.push(common);
    common = common.before;
  }
  const length = common === undefined ? 0 : common.depth + 1;
  const mark = marks[length];
  if (mark !== undefined) undo(yard, mark);
  path.length = length;
  marks.length = length;
  for (const each of ahead.reverse()) {
    path.push(each);
    marks.push(yard.logEnd);
    for (const act of each.acts) perform(yard, act);
  }
}

function actsTo(last: Reached): readonly SearchAct[] {
  const parts: (readonly SearchAct[])[] = [];
  for (let each: Reached | undefined = last; each !== undefined; each = each.before) parts.unshift(each.acts);
  return parts.flat();
}
