/**
 * Which entries of a journal only the decision of a step can have brought about, whether it says on what grounds or not.
 */
import type { JournalEntry } from '../ports.ts';

/** Written where the outside fails or a pass breaks off: nothing was decided from what was seen. */
const ofFailedPasses: ReadonlySet<string> = new Set([
  'outside-trouble',
  'outside-unreachable',
  'assumption-broken',
]);

/** Returns false also where it cannot be told: some answers come of a look or of the outside, a role change is seen by a step or by the run. */
export function isDecision({ lane, event }: JournalEntry): boolean {
  switch (event.kind) {
    case 'act':
    case 'bound':
    case 'done':
    case 'blocked':
      return lane !== 'run';
    case 'waiting':
      return !ofFailedPasses.has(event.because.code);
    case 'answer':
      // Of its own acts (holds) the run looks for itself.
      return lane !== 'run' && (event.answer === 'seen-done' || event.answer === 'seen-not-done');
    case 'halted':
      return event.because.facts.step !== undefined && !ofFailedPasses.has(event.because.code);
    default:
      return false;
  }
}
