/** The journal of ports.ts kept in memory: for simulations and tests, with the same rules as the one in Redis. */
import type { RunEvent } from '../executor/journal.ts';
import type { Journal, JournalEntry } from '../executor/ports.ts';

/** Events of the lane 'run' after which a run is running, and after which it is not. Others leave it as it was. */
const RUNNING_AFTER: ReadonlySet<RunEvent['kind']> = new Set(['started', 'resumed']);
const STILL_AFTER: ReadonlySet<RunEvent['kind']> = new Set([
  'created',
  'approved',
  'rejected',
  'pause-asked',
  'paused',
  'abort-asked',
  'aborted',
  'halted',
  'finished',
]);

export type MemoryJournal = Journal & {
  /** All entries of all runs, by run id; for tests that look behind the port. */
  readonly runs: ReadonlyMap<string, readonly JournalEntry[]>;
};

/** Returns an empty journal. `append` refuses with 'lane-moved-on' or 'not-running' as ports.ts says. */
export function createMemoryJournal(): MemoryJournal {
  const runs = new Map<string, JournalEntry[]>();
  return {
    runs,
    append: async (run, entry) => {
      const entries = runs.get(run) ?? [];
      const last = entries.findLast((one) => one.lane === entry.lane)?.sequence ?? 0;
      if (last !== entry.after) return { kind: 'lane-moved-on' };
      if (entry.whileRunning === true && !isRunning(entries)) return { kind: 'not-running' };
      const sequence = entries.length + 1;
      entries.push({
        sequence,
        lane: entry.lane,
        atMs: entry.atMs,
        by: entry.by,
        event: structuredClone(entry.event),
      });
      runs.set(run, entries);
      return { kind: 'appended', sequence };
    },
    read: async (run, afterSequence = 0) => (runs.get(run) ?? []).slice(afterSequence),
  };
}

function isRunning(entries: readonly JournalEntry[]): boolean {
  const decisive = entries.findLast(
    (one) => one.lane === 'run' && (RUNNING_AFTER.has(one.event.kind) || STILL_AFTER.has(one.event.kind)),
  );
  return decisive !== undefined && RUNNING_AFTER.has(decisive.event.kind);
}
