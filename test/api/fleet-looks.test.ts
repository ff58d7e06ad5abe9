import { describe, expect, it } from 'vitest';
import type { Dependencies } from '../../api/dependencies.ts';
import { fleetLooks } from '../../api/fleet-looks.ts';
import { fleetObjects, node, zone } from '../fixtures/fleet.ts';

/** A fleet of which each look takes so long, by a clock that moves only when told. */
function slowFleet() {
  let nowMs = 0;
  const looks: { answer(): void; fail(): void }[] = [];
  const { items } = fleetObjects(zone('z1', node('n1')));
  const deps = {
    clock: { nowMs: () => nowMs },
    fleets: {
      list: () => ['large'],
      read: () =>
        new Promise((resolve, reject) =>
          looks.push({ answer: () => resolve(items), fail: () => reject(new Error('gone')) }),
        ),
    },
  } as unknown as Dependencies;
  const { now } = fleetLooks(deps);
  return {
    now: () => now('large'),
    looks,
    passes: (ms: number) => {
      nowMs += ms;
    },
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('looks at a large fleet', () => {
  it('take at most a tenth of the time, however often they are asked for, and nobody waits for one but the first', async () => {
    const { now, looks, passes } = slowFleet();
    const first = now();
    passes(8_000);
    looks[0]?.answer();
    expect((await first).seenAtMs).toBe(8_000);
    passes(71_000);
    expect((await now()).seenAtMs).toBe(8_000);
    expect(looks).toHaveLength(1);
    passes(2_000);
    // The next is begun, and the last one shown meanwhile.
    expect((await Promise.all([now(), now()])).map(({ seenAtMs }) => seenAtMs)).toEqual([8_000, 8_000]);
    expect(looks).toHaveLength(2);
    passes(8_000);
    looks[1]?.answer();
    await settled();
    expect((await now()).seenAtMs).toBe(89_000);
  });

  it('that fail are told of', async () => {
    const { now, looks, passes } = slowFleet();
    const first = now();
    passes(5_000);
    looks[0]?.answer();
    await first;
    passes(46_000);
    await now();
    looks[1]?.fail();
    await settled();
    passes(10_000);
    const third = now();
    looks[2]?.fail();
    await expect(third).rejects.toThrow('gone');
  });

  it('that were slow once do not keep a small one from being looked at', async () => {
    const { now, looks, passes } = slowFleet();
    for (const [place, tookMs] of [50, 9_000].entries()) {
      const asked = now();
      passes(tookMs);
      looks[place]?.answer();
      await asked;
      passes(1_000);
    }
    void now();
    expect(looks).toHaveLength(3);
  });

  it('at a small one are at most a second old', async () => {
    const { now, looks, passes } = slowFleet();
    const first = now();
    passes(50);
    looks[0]?.answer();
    await first;
    passes(999);
    await now();
    expect(looks).toHaveLength(1);
    passes(1);
    const second = now();
    looks[1]?.answer();
    expect((await second).seenAtMs).toBe(1_050);
    expect(looks).toHaveLength(2);
  });
});
