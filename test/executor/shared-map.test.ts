import { expect, it } from 'vitest';
import { SharedMap } from '../../executor/record/shared-map.ts';
import { createRandom } from '../../simulations/world/random.ts';

it('says what a plain map says, however often it is changed, and stays as it was itself', () => {
  const random = createRandom(1);
  const plain = new Map<string, number>();
  let map: SharedMap<string, number> = SharedMap.of();
  for (let count = 0; count < 3_000; count += 1) {
    const key = `k${random.between(0, 500)}`;
    const before = map;
    const [had, size] = [before.get(key), before.size];
    if (random.next() < 0.3) {
      plain.delete(key);
      map = map.without(key);
    } else {
      plain.set(key, count);
      map = map.with(key, count);
    }
    expect([map.get(key), map.has(key), map.size]).toEqual([plain.get(key), plain.has(key), plain.size]);
    expect([before.get(key), before.size]).toEqual([had, size]);
  }
  expect(new Map(map)).toEqual(plain);
  expect([...map.keys()].sort()).toEqual([...plain.keys()].sort());
  expect([...map.values()].sort()).toEqual([...plain.values()].sort());
});

it('names the keys of which an earlier one says something else, whether they share anything or not', () => {
  const before = SharedMap.of(Array.from({ length: 600 }, (_, index) => [`k${index}`, index] as const));
  const after = before.with('k1', 7).with('k600', 1).without('k2').with('k3', 9).with('k3', 3);
  const other = SharedMap.of(after);
  expect([...after.changedSince(before)].sort()).toEqual(['k1', 'k2', 'k600']);
  expect([...before.changedSince(after)].sort()).toEqual(['k1', 'k2', 'k600']);
  expect([...other.changedSince(before)].sort()).toEqual(['k1', 'k2', 'k600']);
  expect(other.changedSince(after)).toEqual([]);
});
