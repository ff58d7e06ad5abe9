import { systemClock } from './system-clock.ts';

/** The same error is reported once in this time. */
const SAME_ERROR_MS = 30_000;
/** So many different errors are remembered for that. */
const ERRORS_KEPT = 100;

/** Reports an error; the same one again only after a while: a Redis that is away is missed by every connection several times a second. */
export function reportTo(log: {
  error(facts: object, message: string): void;
}): (message: string, error: unknown) => void {
  const lastMs = new Map<string, number>();
  return (message, error) => {
    const reason = error instanceof Error ? error.message : String(error);
    const key = `${message}: ${reason}`;
    const nowMs = systemClock.nowMs();
    if (nowMs - (lastMs.get(key) ?? Number.NEGATIVE_INFINITY) < SAME_ERROR_MS) return;
    lastMs.set(key, nowMs);
    if (lastMs.size > ERRORS_KEPT) lastMs.delete([...lastMs.keys()][0] ?? key);
    log.error({ error: reason }, message);
  };
}
