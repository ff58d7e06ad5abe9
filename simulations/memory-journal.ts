/** The journal of ports.ts kept in memory: for simulations and tests, with the same rules as the one in Redis. */
import type { EntryHead, Journal, JournalEntry } from '../executor/ports.ts';
import { nextRunState } from '../executor/record/run-states.ts';
import type { RunState } from '../executor/run.ts';
import { copyJson } from './world/copy-json.ts';

export type MemoryJournal = Journal & {
  /** All entries of all runs, by run id; for tests that look behind the port. */
  readonly runs: ReadonlyMap<string, readonly JournalEntry[]>;
  /** State of a run by the entries of its lane 'run'; undefined: it has none. */
  readonly stateOf: (run: string) => RunState | undefined;
  /** The Redis that keeps it died: of a run it has the first `count` entries. Returns those that are lost. */
  readonly lose: (run: string, count: number) => readonly JournalEntry[];
};

type Kept = {
  readonly entries: JournalEntry[];
  /** Sequence number of the last entry of each lane. */
  readonly lanes: Map<string, number>;
  state: RunState | undefined;
};

/** Returns an empty journal. `append` refuses with 'lane-moved-on' or 'not-running' as ports.ts says. */
export function createMemoryJournal(): MemoryJournal {
  const runs = new Map<string, JournalEntry[]>();
  const kept = new Map<string, Kept>();
  return {
    runs,
    stateOf: (run) => kept.get(run)?.state,
    append: async (run, { lane, after, atMs, by, event, grounds, whileRunning, knowing }) => {
      const known: Kept = kept.get(run) ?? { entries: [], lanes: new Map(), state: undefined };
      if ((known.lanes.get(lane) ?? 0) !== after) return { kind: 'lane-moved-on' };
      if (knowing !== undefined && !stands(known, knowing)) return { kind: 'entry-lost' };
      if (whileRunning === true && known.state !== 'running') return { kind: 'not-running' };
      const sequence = known.entries.push({
        sequence: known.entries.length + 1,
        lane,
        atMs,
        by,
        event: copyJson(event),
        ...(grounds === undefined ? {} : { grounds: copyJson(grounds) }),
      });
      known.lanes.set(lane, sequence);
      if (lane === 'run') known.state = nextRunState(known.state, event) ?? known.state;
      kept.set(run, known);
      runs.set(run, known.entries);
      return { kind: 'appended', sequence };
    },
    lose: (run, count) => {
      const known = kept.get(run);
      const lost = known?.entries.splice(count) ?? [];
      if (known !== undefined) restore(known);
      return lost;
    },
    read: async (run, afterSequence = 0, countMax = Number.POSITIVE_INFINITY) =>
      (runs.get(run) ?? []).slice(afterSequence, afterSequence + countMax),
  };
}

function stands({ entries }: Kept, { sequence, lane, atMs, by }: EntryHead): boolean {
  const entry = entries[sequence - 1];
  return entry?.lane === lane && entry.atMs === atMs && entry.by === by;
}

function restore(known: Kept): void {
  known.lanes.clear();
  known.state = undefined;
  for (const { lane, sequence, event } of known.entries) {
    known.lanes.set(lane, sequence);
    if (lane === 'run') known.state = nextRunState(known.state, event) ?? known.state;
  }
}
