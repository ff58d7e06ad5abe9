import type { Fleet } from '../model.ts';
import { writeCanonically } from './canonical-bytes.ts';
import { addBytes, closeSha256, openSha256 } from './sha256.ts';

/** A fleet is never changed, so that planning and checking it hash it once. */
const known = new WeakMap<Fleet, string>();

/** SHA-256 in hex over everything the planner read; the same objects in another order give the same hash. */
export function hashFleet(fleet: Fleet): string {
  const before = known.get(fleet);
  if (before !== undefined) return before;
  const message = openSha256();
  writeCanonically(fleet, (bytes, length) => addBytes(message, bytes, length));
  const hash = closeSha256(message);
  known.set(fleet, hash);
  return hash;
}
