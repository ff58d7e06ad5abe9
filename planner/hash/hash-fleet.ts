import type { Fleet } from '../model.ts';
import { canonicalParts } from './canonical-json.ts';
import { sha256OfParts } from './sha256.ts';

/** SHA-256 in hex over everything the planner read; the same objects in another order give the same hash. */
export function hashFleet(fleet: Fleet): string {
  return sha256OfParts(canonicalParts(fleet));
}
