import { isInFlight, type Lane } from './lane.ts';

/** Lanes that are copied together when one of them changes. */
const BLOCK = 256;

/**
 * The lanes of a plan by step id, in its order. It never changes: another one with a few other lanes shares nearly all with it, so
 * that each of the many folds of a long journal costs little.
 */
export class LaneList implements ReadonlyMap<string, Lane> {
  /** Where the lane of a step stands: shared by all lists of a plan. */
  readonly #places: ReadonlyMap<string, number>;
  readonly #blocks: readonly (readonly Lane[])[];
  /** Ids of the switchovers in flight: a few of tens of thousands of steps, and passes ask for them. */
  readonly #switchovers: ReadonlySet<string>;

  private constructor(
    places: ReadonlyMap<string, number>,
    blocks: readonly (readonly Lane[])[],
    switchovers: ReadonlySet<string>,
  ) {
    this.#places = places;
    this.#blocks = blocks;
    this.#switchovers = switchovers;
  }

  /** Returns the list of these lanes, each of another step. */
  static of(lanes: readonly Lane[]): LaneList {
    const blocks: Lane[][] = [];
    for (let from = 0; from < lanes.length; from += BLOCK) {
      blocks.push(lanes.slice(from, from + BLOCK));
    }
    const places = new Map(lanes.map(({ step }, place) => [step.id, place]));
    return new LaneList(places, blocks, switchoversAmong(lanes, new Set()));
  }

  /** Returns the list with these lanes instead of those of the same steps; lanes of other steps are left out. */
  with(lanes: readonly Lane[]): LaneList {
    const blocks = [...this.#blocks];
    for (const lane of lanes) {
      const place = this.#places.get(lane.step.id);
      if (place !== undefined) {
        const at = Math.floor(place / BLOCK);
        blocks[at] = (blocks[at] ?? []).with(place % BLOCK, lane);
      }
    }
    return new LaneList(this.#places, blocks, switchoversAmong(lanes, this.#switchovers));
  }

  /** Lanes of the switchovers in flight (see isInFlight), in the order in which they came to be so. */
  *switchoversInFlight(): Generator<Lane, undefined> {
    for (const id of this.#switchovers) {
      const lane = this.get(id);
      if (lane !== undefined) {
        yield lane;
      }
    }
    return undefined;
  }

  /** Lanes that stand otherwise in `before`, a list of the same plan. Nearly all blocks are the same, and are not looked into. */
  *changedSince(before: LaneList): Generator<Lane, undefined> {
    for (const [at, block] of this.#blocks.entries()) {
      const earlier = before.#blocks[at];
      if (earlier !== block) {
        yield* block.filter((lane, place) => lane !== earlier?.[place]);
      }
    }
    return undefined;
  }

  get size(): number {
    return this.#places.size;
  }

  get(id: string): Lane | undefined {
    const place = this.#places.get(id);
    return place === undefined ? undefined : this.#blocks[Math.floor(place / BLOCK)]?.[place % BLOCK];
  }

  has(id: string): boolean {
    return this.#places.has(id);
  }

  keys(): MapIterator<string> {
    return this.#places.keys();
  }

  /** One by one: whoever looks for the first of some kind does not go through all. */
  values(): MapIterator<Lane> {
    const [only = [], ...others] = this.#blocks;
    // Most plans have one block, and passes ask often.
    return others.length === 0 ? only.values() : this.#valuesOf(this.#blocks);
  }

  /** Lanes of steps that may be worked on: free and not done, in the order of the plan. Passes over the run ask again and again. */
  *ready(): Generator<Lane, undefined> {
    for (const block of this.#blocks) {
      yield* readyOf(block);
    }
    return undefined;
  }

  *#valuesOf(blocks: readonly (readonly Lane[])[]): Generator<Lane, undefined> {
    for (const block of blocks) {
      yield* block;
    }
    return undefined;
  }

  *entries(): Generator<[string, Lane], undefined> {
    for (const lane of this.values()) {
      yield [lane.step.id, lane];
    }
    return undefined;
  }

  [Symbol.iterator](): MapIterator<[string, Lane]> {
    return this.entries();
  }

  forEach(tell: (lane: Lane, id: string, list: ReadonlyMap<string, Lane>) => void): void {
    for (const [id, lane] of this) {
      tell(lane, id, this);
    }
  }
}

const readyByBlock = new WeakMap<readonly Lane[], readonly Lane[]>();

/** A block never changes, and most have nothing that is ready: each is looked through once. */
function readyOf(block: readonly Lane[]): readonly Lane[] {
  const known = readyByBlock.get(block) ?? block.filter((lane) => lane.isFree && lane.done === undefined);
  readyByBlock.set(block, known);
  return known;
}

/** The ids of the switchovers in flight once these lanes stand as they do. */
function switchoversAmong(lanes: readonly Lane[], before: ReadonlySet<string>): ReadonlySet<string> {
  const isUnderWay = (lane: Lane): boolean => lane.step.kind === 'switchover' && isInFlight(lane);
  const changed = lanes.filter((lane) => isUnderWay(lane) !== before.has(lane.step.id));
  if (changed.length === 0) {
    return before;
  }
  const ids = new Set(before);
  for (const lane of changed) {
    if (isUnderWay(lane)) {
      ids.add(lane.step.id);
    } else {
      ids.delete(lane.step.id);
    }
  }
  return ids;
}
