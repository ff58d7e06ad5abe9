/**
 * Reads a journal, and of one that was read before only what has come since.
 *
 * A journal only grows, with one exception: a Redis that dies may lose the entries of its last second, and others then take
 * their numbers. So the last known entry is read again with what follows it. If it stands where it stood, so do those before
 * it: what Redis loses is always the end. On any doubt everything is read anew.
 */
import type { DrainPlan } from '../../planner/plan.ts';
import type { JournalEntry } from '../ports.ts';
import { foldFurther, foldRun, type Plans } from './fold-run.ts';
import type { RunFold } from './run-fold.ts';

/** Folds as they were last read, by run id. They save reading and decide nothing: without them all is read. */
export type Folds = Map<string, RunFold>;

/**
 * Entries read at a time. The journal of a run of a thousand nodes has hundreds of thousands, more than a hundred megabytes: no Redis gives
 * them out within its deadline, and no worker holds them all.
 */
export const entriesAtOnce = 1_000;

/** Folds kept at a time. A fleet has one run at a time; lists of runs look at more. */
const FOLDS_KEPT = 100;

/**
 * The plan with which a run began. It is asked for only where a journal is read from its beginning: nobody keeps a large one beside the
 * plan that the run went on by.
 */
export type FirstPlan = { readonly id: string; readonly read: () => Promise<DrainPlan> };

export type FoldSource = {
  readonly firstPlan: FirstPlan;
  /** Plans that it went on by. Undefined: there are none. */
  readonly planOf?: ((id: string) => Promise<DrainPlan>) | undefined;
  readonly runId: string;
  readonly read: (afterSequence: number, countMax: number) => Promise<readonly JournalEntry[]>;
  /** Undefined: nothing is remembered. */
  readonly folds: Folds | undefined;
};

/** Returns a plan that is at hand as the one with which a run began. */
export function atHand(plan: DrainPlan): FirstPlan {
  return { id: plan.id, read: async () => plan };
}

/** Returns what the journal says now. Throws what `read` throws. */
export async function readFold(source: FoldSource): Promise<RunFold> {
  const { folds, runId } = source;
  const fold = (await readOn(source, folds?.get(runId))) ?? (await readAll(source));
  if (folds !== undefined) {
    if (folds.size >= FOLDS_KEPT && !folds.has(runId)) {
      folds.clear();
    }
    folds.set(runId, fold);
  }
  return fold;
}

async function readAll(source: FoldSource): Promise<RunFold> {
  const entries = await source.read(0, entriesAtOnce);
  const plan = await source.firstPlan.read();
  const fold = foldRun(plan, source.runId, entries, await plansNamed(source, entries));
  if (entries.length < entriesAtOnce) {
    return fold;
  }
  return (await readOn(source, fold)) ?? (await readAll(source));
}

/** Plans are kept before an entry names them. */
async function plansNamed({ planOf }: FoldSource, entries: readonly JournalEntry[]): Promise<Plans> {
  const plans = new Map<string, DrainPlan>();
  for (const { event } of entries) {
    if (event.kind === 'replanned' && planOf !== undefined) {
      plans.set(event.plan, await planOf(event.plan));
    }
  }
  return plans;
}

/** Undefined: nothing is known, or it is not what stands in the journal. */
async function readOn(source: FoldSource, known: RunFold | undefined): Promise<RunFold | undefined> {
  if (known?.lastEntry === undefined || known.planIds[0] !== source.firstPlan.id) {
    return undefined;
  }
  let fold = known;
  for (;;) {
    const entries = await source.read(fold.lastSequence - 1, entriesAtOnce);
    const last = entries[0];
    if (last === undefined || fold.lastEntry === undefined || !isSameEntry(last, fold.lastEntry)) {
      return undefined;
    }
    const further = entries.slice(1);
    fold = foldFurther(fold, further, await plansNamed(source, further));
    if (entries.length < entriesAtOnce) {
      return fold;
    }
  }
}

function isSameEntry(one: JournalEntry, other: JournalEntry): boolean {
  return one === other || JSON.stringify(inOrder(one)) === JSON.stringify(inOrder(other));
}

function inOrder({ sequence, lane, atMs, by, event, grounds }: JournalEntry): readonly unknown[] {
  return [sequence, lane, atMs, by, event, grounds];
}
