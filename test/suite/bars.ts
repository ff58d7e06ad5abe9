/** What the suite asks of the planner: each bar is measured over some of the fleets, and is met or missed. */
import { suiteFleet } from './families.ts';
import type { Judged } from './judge-fleet.ts';

export type Bar = {
  readonly name: string;
  readonly over: (fleet: ReturnType<typeof suiteFleet>) => boolean;
  readonly measure: (judged: readonly Judged[]) => number;
  /** The measure must not be below `least`, or not above `most`. */
  readonly limit: { readonly least: number } | { readonly most: number };
  readonly unit: 'percent' | 'times' | 'count';
};

export type BarVerdict = {
  readonly bar: Bar;
  /** Undefined: none of the fleets is one of those it is measured over. */
  readonly measured: number | undefined;
  readonly met: boolean;
};

const alone = (surge: string) => (fleet: ReturnType<typeof suiteFleet>) =>
  fleet.family.surge === surge && !fleet.family.together;
const oneEach = alone('a zone');
const oneInAll = alone('in all');
const noExtra = alone('none');

/** All bars. The levels are those asked for; what holds today is in the test of the suite. */
export const bars: readonly Bar[] = [
  { name: 'violations', over: () => true, measure: violations, limit: { most: 0 }, unit: 'count' },
  {
    name: 'nodes refused where each can be replaced by its like',
    over: (fleet) => fleet.feasible,
    measure: (judged) => total(judged, (each) => each.refused),
    limit: { most: 0 },
    unit: 'count',
  },
  {
    name: 'proved optimal up to 0.9, one extra node a zone',
    over: (fleet) => oneEach(fleet) && fleet.family.utilisation <= 0.9,
    measure: provedShare,
    limit: { least: 1 },
    unit: 'percent',
  },
  {
    name: 'proved optimal at 0.95, one extra node a zone',
    over: (fleet) => oneEach(fleet) && fleet.family.utilisation === 0.95,
    measure: provedShare,
    limit: { least: 0.99 },
    unit: 'percent',
  },
  {
    name: 'gap at 0.97, one extra node a zone',
    over: (fleet) => oneEach(fleet) && fleet.family.utilisation === 0.97,
    measure: gapShare,
    limit: { most: 0.005 },
    unit: 'percent',
  },
  {
    name: 'proved optimal, one extra node in all',
    over: oneInAll,
    measure: provedShare,
    limit: { least: 0.95 },
    unit: 'percent',
  },
  {
    name: 'gap, one extra node in all',
    over: oneInAll,
    measure: gapShare,
    limit: { most: 0.0005 },
    unit: 'percent',
  },
  {
    name: 'proved optimal, no extra node',
    over: noExtra,
    measure: provedShare,
    limit: { least: 0.95 },
    unit: 'percent',
  },
  {
    name: 'gap, no extra node',
    over: noExtra,
    measure: gapShare,
    limit: { most: 0.0005 },
    unit: 'percent',
  },
  {
    name: 'waves over their bound up to 0.75, nodes together',
    over: ({ family }) => family.together && family.utilisation <= 0.75,
    measure: wavesRatio,
    limit: { most: 1.5 },
    unit: 'times',
  },
  {
    name: 'waves over their bound at 0.9, nodes together',
    over: ({ family }) => family.together && family.utilisation === 0.9,
    measure: wavesRatio,
    limit: { most: 2 },
    unit: 'times',
  },
  {
    name: 'switchovers more for it',
    over: ({ family }) => family.together,
    measure: (judged) => total(judged, (each) => each.value - each.bound + each.outagesOver),
    limit: { most: 0 },
    unit: 'count',
  },
  {
    name: 'moves more for it',
    over: ({ family }) => family.together,
    measure: extraMoves,
    limit: { most: 0.01 },
    unit: 'percent',
  },
  {
    name: 'role changes fewer than uncoordinated, all nodes, up to 0.75',
    over: (fleet) => oneEach(fleet) && fleet.family.utilisation <= 0.75 && fleet.wanted.drained === 1,
    measure: (judged) => fewer(judged, (each) => each.uncoordinated),
    limit: { least: 0.5 },
    unit: 'percent',
  },
  {
    name: 'role changes fewer than preferring a new node, all nodes',
    over: (fleet) => oneEach(fleet) && fleet.wanted.drained === 1,
    measure: (judged) => fewer(judged, (each) => each.preferNew),
    limit: { least: 0.25 },
    unit: 'percent',
  },
];

/** Returns the verdict of every bar over these fleets. */
export function judgeBars(judged: readonly Judged[]): readonly BarVerdict[] {
  return bars.map((bar) => {
    const concerned = judged.filter(({ number }) => bar.over(suiteFleet(number)));
    if (concerned.length === 0) return { bar, measured: undefined, met: true };
    const measured = bar.measure(concerned);
    const met = 'least' in bar.limit ? measured >= bar.limit.least : measured <= bar.limit.most;
    return { bar, measured, met };
  });
}

/** Returns the share of fleets whose plan is proved to be the best. */
export function provedShare(judged: readonly Judged[]): number {
  return judged.filter((each) => each.proved).length / judged.length;
}

/** Returns what all plans together cost above all bounds, as a share of these; an outage too many counts as a switchover. */
export function gapShare(judged: readonly Judged[]): number {
  return (
    total(judged, overBound) /
    Math.max(
      1,
      total(judged, (each) => each.bound),
    )
  );
}

/** Returns the largest gap of one fleet. */
export function gapMost(judged: readonly Judged[]): number {
  return Math.max(...judged.map((each) => overBound(each) / Math.max(1, each.bound)));
}

/** Returns all waves over all bounds. */
export function wavesRatio(judged: readonly Judged[]): number {
  return (
    total(judged, (each) => each.waves) /
    Math.max(
      1,
      total(judged, (each) => each.wavesBound),
    )
  );
}

/** Returns the largest ratio of waves to their bound. */
export function wavesMost(judged: readonly Judged[]): number {
  return Math.max(...judged.map((each) => each.waves / Math.max(1, each.wavesBound)));
}

/** Returns the moves above the fewest, as a share of these. */
export function extraMoves(judged: readonly Judged[]): number {
  const least = total(judged, (each) => each.movesLeast);
  return (total(judged, (each) => each.moves) - least) / Math.max(1, least);
}

/** Returns by which share the plans change fewer roles than a baseline. */
export function fewer(judged: readonly Judged[], baseline: (each: Judged) => number): number {
  return 1 - total(judged, (each) => each.switchovers) / Math.max(1, total(judged, baseline));
}

/** Returns what the independent check has against all plans. */
export function violations(judged: readonly Judged[]): number {
  return total(judged, (each) => each.against.length);
}

/** Returns the sum over all fleets. */
export function total(judged: readonly Judged[], of: (each: Judged) => number): number {
  return judged.reduce((sum, each) => sum + of(each), 0);
}

function overBound({ value, bound, outagesOver }: Judged): number {
  return value - bound + outagesOver;
}
