/**
 * Looks at live fleets, shared: many viewers cause one look, and a fleet that answers slowly is asked once at a time.
 */
import type { Fleet } from '../planner/model.ts';
import type { Dependencies } from './dependencies.ts';
import { readFleet } from './planning.ts';

export type FleetLook = { readonly fleet: Fleet; readonly seenAtMs: number };
export type FleetLooks = (name: string) => Promise<FleetLook>;

/** Half of the page's own rhythm: a page never shows something older than its last question by more than this. */
const LOOK_MAX_AGE_MS = 1_000;

/** A function that returns the newest look at a fleet, at most `lookMaxAgeMs` old. Throws what readFleet throws; failures are not kept. */
export function fleetLooks(deps: Dependencies): FleetLooks {
  const maxAgeMs = deps.lookMaxAgeMs ?? LOOK_MAX_AGE_MS;
  const latest = new Map<string, FleetLook>();
  const underWay = new Map<string, Promise<FleetLook>>();
  return (name) => {
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
}
