/** Plants one bug in this thread's copy of the executor, and plays seeds until it is found. */
import { registerHooks } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { plantedBugs } from './planted-bugs.ts';

export type Hunt = { readonly bug: number; readonly first: number; readonly seeds: number };
export type Hunted = { readonly bug: number; readonly seed: number | undefined; readonly sentence: string };

const { bug, first, seeds } = workerData as Hunt;
const planted = plantedBugs[bug];
let isPlanted = false;

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (planted === undefined || !url.endsWith(`/executor/${planted.file}`)) return loaded;
    const source = String(loaded.source);
    // The text is as it stands in the file: Node takes the types off afterwards.
    const changed = source.replace(planted.find, () => planted.replace);
    isPlanted = changed !== source;
    return { ...loaded, source: changed };
  },
});

const { playSeed } = await import('./play-seed.ts');
parentPort?.postMessage(await hunt());

async function hunt(): Promise<Hunted> {
  if (!isPlanted) throw new Error(`"${planted?.name}" was not planted: its text has changed`);
  for (let seed = first; seed < first + seeds; seed += 1) {
    const [sentence] = (await playSeed(seed)).violations;
    if (sentence !== undefined) return { bug, seed, sentence };
  }
  return { bug, seed: undefined, sentence: '' };
}
