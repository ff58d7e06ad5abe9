import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../simulations/world/random.ts';
import { type LabelSelector, selects } from '../../../simulations/world/read-objects.ts';
import { SelectorIndex } from '../../../simulations/world/selector-index.ts';

describe('things by their selectors', () => {
  it('are all found by the labels of an object that they pick, after any of them came, changed and left', () => {
    const random = createRandom(1);
    const some = () =>
      Object.fromEntries(['a', 'b', 'c'].flatMap((name) => labelWith(name, random.between(0, 4))));
    const index = new SelectorIndex<string>();
    const all = new Map<string, readonly LabelSelector[]>();
    for (let turn = 0; turn < 2000; turn += 1) {
      const key = `thing-${random.between(0, 60)}`;
      if (random.between(0, 3) === 0) {
        index.remove(key);
        all.delete(key);
      } else {
        const selectors = Array.from({ length: random.between(0, 2) }, () => ({ matchLabels: some() }));
        index.put(key, selectors, key);
        all.set(key, selectors);
      }
      const labels = some();
      const found = index.mayPick(labels);
      const picking = [...all.keys()].filter((one) => all.get(one)?.some((each) => selects(each, labels)));
      expect(found).toEqual(expect.arrayContaining(picking));
      expect([...all.keys()]).toEqual(expect.arrayContaining([...found]));
    }
  });

  it('are not gone through for a label that they all have, where another one tells them apart', () => {
    const index = new SelectorIndex<number>();
    for (let one = 0; one < 1000; one += 1)
      index.put(String(one), [{ matchLabels: { application: 'spilo', 'cluster-name': `acid-${one}` } }], one);
    const found = index.mayPick({ application: 'spilo', 'cluster-name': 'acid-700' });
    expect(found).toContain(700);
    expect(found.length).toBeLessThan(5);
  });
});

/** No label at all for 0. */
function labelWith(name: string, value: number): readonly (readonly [string, string])[] {
  return value === 0 ? [] : [[name, String(value)]];
}
