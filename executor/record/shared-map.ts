/** Changes that are kept beside what they change, before another base is made of both. */
const CHANGES_MAX = 256;

/**
 * A map that never changes: another one with an entry more or less shares nearly all with it, so that each of the many folds of a long
 * journal costs little.
 */
export class SharedMap<Key, Value> implements ReadonlyMap<Key, Value> {
  readonly #base: ReadonlyMap<Key, Value>;
  /** Entries instead of those of the base, or after them; undefined: there is none of that key. */
  readonly #changes: ReadonlyMap<Key, Value | undefined>;
  readonly size: number;

  private constructor(
    base: ReadonlyMap<Key, Value>,
    changes: ReadonlyMap<Key, Value | undefined>,
    size: number,
  ) {
    this.#base = base;
    this.#changes = changes;
    this.size = size;
  }

  /** Returns the map of these entries. */
  static of<Key, Value>(entries: Iterable<readonly [Key, Value]> = []): SharedMap<Key, Value> {
    const base = new Map(entries);
    return new SharedMap(base, new Map(), base.size);
  }

  /** Returns the map with this entry. */
  with(key: Key, value: Value): SharedMap<Key, Value> {
    return this.#changed(key, value, this.has(key) ? this.size : this.size + 1);
  }

  /** Returns the map without this key. */
  without(key: Key): SharedMap<Key, Value> {
    return this.has(key) ? this.#changed(key, undefined, this.size - 1) : this;
  }

  /** Keys of which `before` says something else; of two maps that share little, all keys may be looked at. */
  changedSince(before: SharedMap<Key, Value>): readonly Key[] {
    const keys =
      before.#base === this.#base
        ? [...this.#changes.keys(), ...before.#changes.keys()]
        : [...this.keys(), ...before.keys()];
    return [...new Set(keys)].filter((key) => this.get(key) !== before.get(key));
  }

  get(key: Key): Value | undefined {
    return this.#changes.has(key) ? this.#changes.get(key) : this.#base.get(key);
  }

  has(key: Key): boolean {
    return this.get(key) !== undefined;
  }

  *entries(): Generator<[Key, Value], undefined> {
    for (const [key, value] of this.#base) {
      const now = this.#changes.has(key) ? this.#changes.get(key) : value;
      if (now !== undefined) {
        yield [key, now];
      }
    }
    for (const [key, value] of this.#changes) {
      if (value !== undefined && !this.#base.has(key)) {
        yield [key, value];
      }
    }
    return undefined;
  }

  *keys(): Generator<Key, undefined> {
    for (const [key] of this) {
      yield key;
    }
    return undefined;
  }

  *values(): Generator<Value, undefined> {
    for (const [, value] of this) {
      yield value;
    }
    return undefined;
  }

  [Symbol.iterator](): Generator<[Key, Value], undefined> {
    return this.entries();
  }

  forEach(tell: (value: Value, key: Key, map: ReadonlyMap<Key, Value>) => void): void {
    for (const [key, value] of this) {
      tell(value, key, this);
    }
  }

  #changed(key: Key, value: Value | undefined, size: number): SharedMap<Key, Value> {
    const changes = new Map(this.#changes).set(key, value);
    const map = new SharedMap(this.#base, changes, size);
    return changes.size > CHANGES_MAX ? SharedMap.of(map) : map;
  }
}
