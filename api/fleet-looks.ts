/**
 * Looks at live fleets, shared: many viewers cause one look, and a fleet that answers slowly is asked once at a time.
 */
import type { Fleet } from '../planner/model.ts';
import type { Dependencies } from './dependencies.ts';
import { readFleet } from './planning.ts';

export type FleetLook = { readonly fleet: Fleet; readonly seenAtMs: number };
export type FleetLooks = {
  /** The newest look, at most `lookMaxAgeMs` old, or nine times as old as such looks take. Throws what readFleet throws; failures are not kept. */
  now(name: string): Promise<FleetLook>;
  /** The last look that succeeded, of any age. Undefined: there was none. */
  latest(name: string): FleetLook | undefined;
};

/** Half of the page's own rhythm: a page never shows something older than its last question by more than this. */
const LOOK_MAX_AGE_MS = 1_000;

/**
 * A look at a thousand nodes takes seconds of the processor here, and of the API server there: however many pages are open, looks take at
 * most a tenth of the time. What the run does is told by its journal, and a page says how old what it shows is.
 */
const SHARE_OF_TIME = 0.1;

/** A page does not wait longer for the next look where it can be shown the last one. */
const PATIENCE_MS = 1_000;

/** `usualMs`: what this look or the one before took, whichever is less: a server that hangs once does not freeze the map of a small fleet. */
type Kept = FleetLook & { readonly tookMs: number; readonly usualMs: number };

/** Looks shared by all who ask. */
export function fleetLooks(deps: Dependencies): FleetLooks {
  const maxAgeMs = deps.lookMaxAgeMs ?? LOOK_MAX_AGE_MS;
  const latest = new Map<string, Kept>();
  const underWay = new Map<string, Promise<FleetLook>>();
  const look = (name: string): Promise<FleetLook> => {
    const begunMs = deps.clock.nowMs();
    const looking = readFleet(deps, name)
      .then(({ fleet }) => {
        const seenAtMs = deps.clock.nowMs();
        const tookMs = seenAtMs - begunMs;
        const usualMs = Math.min(tookMs, latest.get(name)?.tookMs ?? tookMs);
        const seen = { fleet, seenAtMs, tookMs, usualMs };
        latest.set(name, seen);
        return seen;
      })
      .finally(() => underWay.delete(name));
    underWay.set(name, looking);
    return looking;
  };
  const now: FleetLooks['now'] = (name) => {
    const kept = latest.get(name);
    const ageMs = kept === undefined ? Number.POSITIVE_INFINITY : deps.clock.nowMs() - kept.seenAtMs;
    const restMs = (kept?.usualMs ?? 0) * (1 / SHARE_OF_TIME - 1);
    if (kept !== undefined && ageMs < Math.max(maxAgeMs, restMs)) return Promise.resolve(kept);
    const looking = underWay.get(name) ?? look(name);
    // One that fails says so to whoever comes next: by then the last look is too old to be shown as if nothing were amiss.
    const isShown = kept !== undefined && kept.usualMs > PATIENCE_MS && ageMs < restMs + 2 * kept.usualMs;
    if (!isShown) return looking;
    looking.catch(() => {});
    return Promise.resolve(kept);
  };
  return { now, latest: (name) => latest.get(name) };
}
