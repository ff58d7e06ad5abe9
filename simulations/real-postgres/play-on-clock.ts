import { POLL_MS, type Steps } from '../strategies/rotation.ts';

/** Plays a strategy on a fleet whose time goes on by itself, at `speed` times the speed of life. Throws once the fleet `isClosed`. */
export async function playOnClock<Result>(
  steps: Steps<Result>,
  speed: number,
  isClosed: () => boolean,
): Promise<Result> {
  for (;;) {
    if (isClosed()) throw new Error('the fleet was closed');
    const step = steps.next();
    if (step.done === true) return step.value;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS / speed));
  }
}
