/** Scenario 11: whatever the executor was doing when it was killed, the next one takes it up, and nobody sees a difference. */
import { describe, expect, it } from 'vitest';
import type { Journal } from '../../executor/ports.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import {
  Died,
  drive,
  dyingJournal,
  planFor,
  readScene,
  type Scene,
  setScene,
} from '../executor/drive-run.ts';
import { drainRequest, threeZones } from '../fixtures/fleet.ts';
import { actsAtMs, entriesOf } from './judge-run.ts';

const fleet = threeZones();
const plan = planFor(fleet, drainRequest());

/** One look at all roles for each worker and interval, as workers do it. */
const asWorkersDo = () => ({ rolesSeenAtMs: new Map<string, number>() });

/** What the world must have seen in the end, however often the executor was killed. */
function expectAsIfNothing(scene: Scene): void {
  const { world } = scene;
  expect(readScene(scene).because.code).toBe('finished');
  expect(describeRun(readScene(scene)).counts).toMatchObject({
    planned: 3,
    done: 3,
    unplanned: 0,
    moves: 9,
    released: 3,
  });
  expect(world.roleChanges.map(({ kind, cluster }) => `${kind} ${cluster}`).toSorted()).toEqual([
    'switchover default/acid-a',
    'switchover default/acid-b',
    'switchover default/acid-c',
  ]);
  expect(new Set(world.evictions.map(({ uid }) => uid)).size).toBe(9);
  expect(world.evictions).toHaveLength(9);
  expect([...world.releasedNodes].toSorted()).toEqual(['n1', 'n2', 'n3']);
  expect(world.violations).toEqual([]);
  expect(world.outages).toEqual([]);
}

async function entriesOfWholeRun(): Promise<number> {
  const scene = await setScene(fleet, plan);
  await drive(scene, asWorkersDo());
  expectAsIfNothing(scene);
  // The first entry was written by the service.
  return entriesOf(scene).length - 1;
}

// A hundred whole runs each: on a busy machine some minutes.
describe('11. the executor is killed at every step of the three zones', { timeout: 300_000 }, () => {
  it.each(['before', 'after'] as const)(
    'right %s each entry of its journal: the next one finishes with one switchover a cluster and each pod evicted once',
    async (when) => {
      const entries = await entriesOfWholeRun();
      expect(entries).toBeGreaterThan(100);
      for (let atAppend = 1; atAppend <= entries; atAppend += 1) {
        const scene = await setScene(fleet, plan);
        const dying = { journal: (journal: Journal) => dyingJournal(journal, atAppend, when) };
        await expect(drive(scene, { ...asWorkersDo(), ...dying }), `entry ${atAppend}`).rejects.toThrow(Died);
        await drive(scene, { ...asWorkersDo(), worker: 'worker-2' });
        expectAsIfNothing(scene);
      }
    },
  );

  it('again and again in one run: each of a hundred executors writes one line, does what it says and dies before the next', async () => {
    const entries = await entriesOfWholeRun();
    const scene = await setScene(fleet, plan);
    let deaths = 0;
    for (let isOver = false; !isOver && deaths < 2 * entries; ) {
      const dying = { journal: (journal: Journal) => dyingJournal(journal, 2, 'before') };
      try {
        await drive(scene, { ...asWorkersDo(), ...dying, worker: `worker-${deaths}` });
        isOver = true;
      } catch (error) {
        if (!(error instanceof Died)) throw error;
        deaths += 1;
      }
    }
    expect(deaths).toBeGreaterThan(100);
    expectAsIfNothing(scene);
    expect(actsAtMs(scene, 'switchover').length).toBe(3);
  });
});
