/**
 * Looks at live fleets, shared: many viewers cause one look, and a fleet that answers slowly is asked once at a time.
 */
import type { Fleet } from '../planner/model.ts';
import type { Dependencies } from './dependencies.ts';
import { readFleet } from './planning.ts';

export type FleetLook = { readonly fleet: Fleet; readonly seenAtMs: number };
export type FleetLooks = {
  /** The newest look, at most `lookMaxAgeMs` old. Throws what readFleet throws; failures are not kept. */
  now(name: string): Promise<FleetLook>;
  /** The last look that succeeded, of any age. Undefined: there was none. */
  latest(name: string): FleetLook | undefined;
};

/** Half of the page's own rhythm: a page never shows something older than its last question by more than this. */
const LOOK_MAX_AGE_MS = 1_000;

/** Looks shared by all who ask. */
export function fleetLooks(deps: Dependencies): FleetLooks {
  const maxAgeMs = deps.lookMaxAgeMs ?? LOOK_MAX_AGE_MS;
  const latest = new Map<string, FleetLook>();
  const underWay = new Map<string, Promise<FleetLook>>();
  const now: FleetLooks['now'] = (name) => {
    const kept = latest.get(name);
    if (kept !== undefined && deps.clock.nowMs() - kept.seenAtMs < maxAgeMs) return Promise.resolve(kept);
    const asked = underWay.get(name);
    if (asked !== undefined) return asked;
    const look = readFleet(deps, name)
      .then(({ fleet }) => {
        const seen = { fleet, seenAtMs: deps.clock.nowMs() };
        latest.set(name, seen);
        return seen;
      })
      .finally(() => underWay.delete(name));
    underWay.set(name, look);
    return look;
  };
  return { now, latest: (name) => latest.get(name) };
}
