/** Changes one line in this thread's copy of the executor, and decides a run again. */
import { registerHooks } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { JournalEntry } from '../../executor/ports.ts';
import type { DrainPlan } from '../../planner/plan.ts';

export type GuardChanged = {
  /** `find` stands in the file of executor/ exactly once. */
  readonly change: { readonly file: string; readonly find: string; readonly replace: string };
  readonly plan: DrainPlan;
  readonly runId: string;
  readonly entries: readonly JournalEntry[];
};

const { change, plan, runId, entries } = workerData as GuardChanged;
let isChanged = false;

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith(`/executor/${change.file}`)) return loaded;
    // The text is as it stands in the file: Node takes the types off afterwards.
    const [before, after, ...more] = String(loaded.source).split(change.find);
    isChanged = after !== undefined && more.length === 0;
    return { ...loaded, source: `${before}${change.replace}${after}` };
  },
});

const { replayRun } = await import('../../executor/replay/replay-run.ts');
if (!isChanged) throw new Error(`"${change.find}" was not changed: the text is another now`);
parentPort?.postMessage(replayRun(plan, runId, entries));
