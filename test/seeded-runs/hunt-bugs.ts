/** Plants bug after bug, each in a thread of its own, and tells which seed found it. */
import { Worker } from 'node:worker_threads';
import { plantedBugs } from './planted-bugs.ts';
import type { Hunt, Hunted } from './planted-worker.ts';

export type Hunting = {
  readonly first: number;
  readonly seeds: number;
  readonly threads: number;
  /** Part of the names of those to be hunted; empty: all. */
  readonly only: string;
};

/** Returns what came of each planted bug, in their order, with so many seeds from `first` on; `tell` hears of each at once. Rejects when one cannot be planted. */
export async function huntBugs(
  { first, seeds, threads, only }: Hunting,
  tell: (hunted: Hunted) => void = () => {},
): Promise<readonly Hunted[]> {
  const found: Hunted[] = [];
  const toHunt = plantedBugs.flatMap(({ name }, bug) => (name.includes(only) ? [bug] : []));
  let next = 0;
  const hunters = Array.from({ length: threads }, async () => {
    for (let bug = toHunt[next]; bug !== undefined; bug = toHunt[next]) {
      next += 1;
      const hunted = await huntOne({ bug, first, seeds });
      found.push(hunted);
      tell(hunted);
    }
  });
  await Promise.all(hunters);
  return found.sort((a, b) => a.bug - b.bug);
}

/** Returns what came of one. */
export function huntOne(hunt: Hunt): Promise<Hunted> {
  const worker = new Worker(new URL('./planted-worker.ts', import.meta.url), { workerData: hunt });
  return new Promise<Hunted>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  }).finally(() => worker.terminate());
}
