import { describe, expect, it } from 'vitest';
import { wakePasses } from '../../executor/wake-passes.ts';

function waker() {
  const hurried: (readonly string[])[] = [];
  let gather = (): void => {};
  const passes = wakePasses(
    (ids) => hurried.push(ids),
    () => new Promise((resolve) => (gather = resolve)),
  );
  return {
    passes,
    hurried,
    /** The time for gathering news is over. */
    async gathered() {
      gather();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('news for passes', () => {
  it('make all due that sleep and that they concern, once', async () => {
    const { passes, hurried, gathered } = waker();
    for (const [id, word] of [
      ['s1', 'node n1'],
      ['s2', 'node n1'],
      ['s3', 'node n2'],
    ] as const) {
      passes.begins(id, [word]);
      passes.asleep(id);
    }
    passes.tellAbout({ all: ['node n1'], next: [] });
    passes.tellAbout({ all: ['node n1', 'node n9'], next: [] });
    await gathered();
    expect(hurried).toEqual([['s1', 's2']]);
  });

  it('that come while a pass is under way are kept until its job sleeps', async () => {
    const { passes, hurried, gathered } = waker();
    passes.begins('s1', ['node n1']);
    passes.tellAbout({ all: ['node n1'], next: [] });
    await gathered();
    expect(hurried).toEqual([]);
    passes.asleep('s1');
    await gathered();
    expect(hurried).toEqual([['s1']]);
  });

  it('do not wake a step that has come to its end', async () => {
    const { passes, hurried, gathered } = waker();
    passes.begins('s1', ['node n1']);
    passes.ends('s1');
    passes.tellAbout({ all: ['node n1'], next: [] });
    await gathered();
    expect(hurried).toEqual([]);
  });

  it('that only one can use are told to who has listened longest, wherever it looked meanwhile', async () => {
    const { passes, hurried, gathered } = waker();
    for (const id of ['s1', 's2', 's3', 's1']) {
      passes.begins(id, ['nodes in z1']);
      passes.asleep(id);
    }
    passes.tellAbout({ all: [], next: ['nodes in z1', 'nodes in z2'] });
    await gathered();
    passes.ends('s1');
    passes.tellAbout({ all: [], next: ['nodes in z1'] });
    await gathered();
    expect(hurried).toEqual([['s1'], ['s2']]);
  });
});
