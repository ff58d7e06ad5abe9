/** Plants bug after bug, each in a thread of its own, and tells which seed found it. */
import { Worker } from 'node:worker_threads';
import { plantedBugs } from './planted-bugs.ts';
import type { Hunt, Hunted } from './planted-worker.ts';

/** Returns what came of each planted bug, in their order, with so many seeds from `first` on; `tell` hears of each at once. Rejects when one cannot be planted. */
export async function huntAll(
  first: number,
  seeds: number,
  threads: number,
  tell: (hunted: Hunted) => void = () => {},
): Promise<readonly Hunted[]> {
  const found: Hunted[] = [];
  let next = 0;
  const hunters = Array.from({ length: threads }, async () => {
    while (next < plantedBugs.length) {
      next += 1;
      const hunted = await huntOne({ bug: next - 1, first, seeds });
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
