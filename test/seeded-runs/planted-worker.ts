/** Plants one bug in this thread's copy of the executor, and plays seeds until it is found. */
import { registerHooks } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { plantedBugs } from './planted-bugs.ts';

export type Hunt = { readonly bug: number; readonly first: number; readonly seeds: number };
export type Hunted = { readonly bug: number; readonly seed: number | undefined; readonly sentence: string };

const { bug, first, seeds } = workerData as Hunt;
const planted = plantedBugs[bug];
const toCome = new Set(planted?.changes);

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    let source: string | undefined;
    for (const change of toCome) {
      const { file, find, replace } = change;
      if (!url.endsWith(`/executor/${file}`)) continue;
      // The text is as it stands in the file: Node takes the types off afterwards.
      source ??= String(loaded.source);
      if (source.split(find).length !== 2) continue;
      source = source.replace(find, () => replace);
      toCome.delete(change);
    }
    return source === undefined ? loaded : { ...loaded, source };
  },
});

const play = planted?.isForTwo
  ? (await import('./play-two-runs.ts')).playTwoRuns
  : (await import('./play-seed.ts')).playSeed;
parentPort?.postMessage(await hunt());

async function hunt(): Promise<Hunted> {
  if (toCome.size > 0) throw new Error(`"${planted?.name}" was not planted: its text has changed`);
  for (let seed = first; seed < first + seeds; seed += 1) {
    const [sentence] = (await play(seed)).violations;
    if (sentence !== undefined) return { bug, seed, sentence };
  }
  return { bug, seed: undefined, sentence: '' };
}
