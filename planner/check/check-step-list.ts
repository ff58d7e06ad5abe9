/**
 * The steps of a plan as flat lists, by their place in it. Many checks go over all steps and ask but a word of each.
 */
import type { Step } from '../plan.ts';

/** Kinds of steps as they stand in `StepList.kinds`. */
export const kindNumbers = {
  move: 0,
  switchover: 1,
  fence: 2,
  unfence: 3,
  cordon: 4,
  release: 5,
  'add-node': 6,
  'scale-out': 7,
  'scale-in': 8,
} as const;

export type StepList = {
  readonly kinds: Uint8Array;
  /** How many steps there are of each kind. */
  readonly counts: Int32Array;
  readonly waves: Float64Array;
  /** What the step at a place waits for: `edges[firstEdge[place]]` up to `edges[firstEdge[place + 1] - 1]`. */
  readonly firstEdge: Int32Array;
  readonly edges: Int32Array;
  /** Ids in `after` that name no earlier step, with the place where they stand. */
  readonly unknown: readonly { readonly place: number; readonly id: string }[];
  /** Steps whose id another one has had before, and steps whose estimate is no time. */
  readonly repeated: readonly number[];
  readonly wrongEstimates: readonly number[];
};

type Reading = {
  readonly kinds: Uint8Array;
  readonly counts: Int32Array;
  readonly waves: Float64Array;
  readonly firstEdge: Int32Array;
  edges: Int32Array<ArrayBuffer>;
  /** How many edges there are so far. */
  filled: number;
  readonly unknown: { readonly place: number; readonly id: string }[];
  readonly wrongEstimates: number[];
  readonly placeOf: (id: string) => number;
};

/** Reads all steps once. Whatever stands in `after` and names no earlier step is a violation of its own. */
export function readSteps(steps: readonly Step[]): StepList {
  const { placeOf, repeated } = findPlaces(steps);
  const reading: Reading = {
    kinds: new Uint8Array(steps.length),
    counts: new Int32Array(Object.keys(kindNumbers).length),
    waves: new Float64Array(steps.length),
    firstEdge: new Int32Array(steps.length + 1),
    edges: new Int32Array(3 * steps.length),
    filled: 0,
    unknown: [],
    wrongEstimates: [],
    placeOf,
  };
  for (let place = 0; place < steps.length; place += 1) {
    const step = steps[place];
    if (step !== undefined) readStep(reading, step, place);
  }
  const { kinds, counts, waves, firstEdge, unknown, wrongEstimates } = reading;
  const edges = reading.edges.subarray(0, reading.filled);
  return { kinds, counts, waves, firstEdge, edges, unknown, repeated, wrongEstimates };
}

function readStep(reading: Reading, step: Step, place: number): void {
  const { kinds, counts, waves, firstEdge, wrongEstimates } = reading;
  const { kind, wave, after, estimateSeconds } = step;
  const number = numberOfKind(kind);
  kinds[place] = number;
  counts[number] = (counts[number] ?? 0) + 1;
  waves[place] = wave;
  if (!(estimateSeconds >= 0 && estimateSeconds < Number.POSITIVE_INFINITY)) wrongEstimates.push(place);
  readAfter(reading, after, place);
  firstEdge[place + 1] = reading.filled;
}

function readAfter(reading: Reading, after: readonly string[], place: number): void {
  const { placeOf, unknown } = reading;
  let { edges, filled } = reading;
  if (filled + after.length > edges.length) edges = grown(edges, filled + after.length);
  for (let index = 0; index < after.length; index += 1) {
    const id = after[index] ?? '';
    const earlier = placeOf(id);
    if (earlier < 0 || earlier >= place) unknown.push({ place, id });
    else {
      edges[filled] = earlier;
      filled += 1;
    }
  }
  reading.edges = edges;
  reading.filled = filled;
}

/** Nearly all steps are of two kinds, and a look into a table takes longer. */
function numberOfKind(kind: Step['kind']): number {
  if (kind === 'move') return kindNumbers.move;
  return kind === 'switchover' ? kindNumbers.switchover : kindNumbers[kind];
}

/** How many steps are of a kind. */
export function countOf({ counts }: StepList, kind: Step['kind']): number {
  return counts[kindNumbers[kind]] ?? 0;
}

/** Where the steps of a kind stand. */
export function placesOf({ kinds }: StepList, kind: Step['kind']): readonly number[] {
  const places: number[] = [];
  const number = kindNumbers[kind];
  for (let place = kinds.indexOf(number); place >= 0; place = kinds.indexOf(number, place + 1))
    places.push(place);
  return places;
}

function grown(list: Int32Array<ArrayBuffer>, least: number): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(2 * Math.max(list.length, least));
  longer.set(list);
  return longer;
}

/** Where the step of an id stands; -1: nowhere. Plans nearly always count their steps s1, s2, ...: then the id says so itself. */
function findPlaces(steps: readonly Step[]): {
  readonly placeOf: (id: string) => number;
  readonly repeated: readonly number[];
} {
  if (areCounted(steps)) return { placeOf: (id) => countIn(id) - 1, repeated: [] };
  const places = new Map<string, number>();
  const repeated: number[] = [];
  steps.forEach((step, place) => {
    if (places.has(step.id)) repeated.push(place);
    else places.set(step.id, place);
  });
  return { placeOf: (id) => places.get(id) ?? -1, repeated };
}

function areCounted(steps: readonly Step[]): boolean {
  for (let place = 0; place < steps.length; place += 1)
    if (countIn(steps[place]?.id ?? '') !== place + 1) return false;
  return true;
}

/** The 12 of `s12`, written without zeros in front; 0: not of that kind. */
function countIn(id: string): number {
  if (id.length < 2 || id.length > 10 || id.charCodeAt(0) !== 115 || id.charCodeAt(1) === 48) return 0;
  let count = 0;
  for (let at = 1; at < id.length; at += 1) {
    const digit = id.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return 0;
    count = count * 10 + digit;
  }
  return count;
}
