/**
 * What can come of an act, a closed list: the answers of the ports, and what was seen where no answer came.
 */
import type { Facts } from '../planner/plan.ts';

export const answers = [
  'done', // a node or a StatefulSet was changed, a callback was taken
  'conflict', // somebody else changed the object in between: look again
  'gone',
  'evicted',
  'replaced', // the name now belongs to a pod with another UID
  'budget',
  'forbidden',
  'switched', // says Patroni; believed only after it was seen
  'other-target',
  'not-done',
  'unknown', // it may still happen
  'failed', // no answer or an error: it may have taken place
  'withdrawn', // not begun after all: too late, or another step came first
  'seen-done', // the answer was lost; looking at the world showed that it took place
  'seen-not-done', // the answer was lost; long enough nothing was seen of it
] as const;
export type Answer = (typeof answers)[number];

const nothingCameOfIt: ReadonlySet<string> = new Set<Answer>([
  'conflict',
  'budget',
  'forbidden',
  'not-done',
  'withdrawn',
  'seen-not-done',
]);

/**
 * True where the request of the act may still arrive: nothing was seen of it, or no clear answer came. A worker can stand still between the
 * entry and the request, a proxy can keep the request.
 */
export function mayStillArrive(answer: string, facts: Facts): boolean {
  return answer === 'seen-not-done' || (answer === 'failed' && facts.failure !== 'not-allowed');
}

/** True where its request was sent or may be under way, whatever was seen of it: everything but a clear no. */
export function mayHaveBeenSent(answer: string | undefined): boolean {
  return answer === 'seen-not-done' || mayHaveHappened(answer);
}

/** True where the act may have changed the world: everything but a clear no. */
export function mayHaveHappened(answer: string | undefined): boolean {
  return answer === undefined || !nothingCameOfIt.has(answer);
}
