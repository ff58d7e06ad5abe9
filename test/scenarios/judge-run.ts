/** What the scenarios ask of a run that is over, and of the world in which it took place. */
import type { Act, RunEvent } from '../../executor/journal.ts';
import type { JournalEntry } from '../../executor/ports.ts';
import { runId, type Scene } from '../executor/drive-run.ts';

/** The journal of the run. */
export function entriesOf({ journal }: Scene): readonly JournalEntry[] {
  return journal.runs.get(runId) ?? [];
}

/** When acts of this kind were begun. */
export function actsAtMs(scene: Scene, kind: Act['kind']): readonly number[] {
  return entriesOf(scene).flatMap(({ event, atMs }) =>
    event.kind === 'act' && event.act.kind === kind ? [atMs] : [],
  );
}

/** Every code for which a step waited or was blocked, or the run halted, in order. */
export function codesOf(scene: Scene): readonly string[] {
  const saysWhy = (event: RunEvent) =>
    event.kind === 'waiting' || event.kind === 'blocked' || event.kind === 'halted';
  return entriesOf(scene).flatMap(({ event }) =>
    saysWhy(event) && 'because' in event ? [event.because.code] : [],
  );
}

/** Role changes as they happened, e.g. `switchover acid-a-0 -> acid-a-1`. */
export function changesOf({ world }: Scene): readonly string[] {
  return world.roleChanges.map(({ kind, from, to }) => `${kind} ${from} -> ${to}`);
}
