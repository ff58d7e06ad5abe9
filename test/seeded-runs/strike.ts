/**
 * Something that waits for its moment in a seeded run.
 */
import type { JournalEntry } from '../../executor/ports.ts';
import type { Step } from '../../planner/plan.ts';

/** Something that waits for its moment. `step`: the one that the entry is about; undefined: none. */
export type Strike = {
  /** So many fitting entries are still let by. */
  left: number;
  readonly fits: (event: JournalEntry['event']) => boolean;
  readonly run: (step: Step | undefined) => void;
};
