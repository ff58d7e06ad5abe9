/**
 * The cheapest order in which zones can begin, where what each costs depends on those that have begun before it.
 */

/** Every set of zones is looked at up to this many: 2^8 = 256 sets. */
const orderedZonesMax = 8;

/**
 * Returns the least sum over all orders of these zones; `costIn` says what a zone costs when others, as bits, have begun. With too
 * many zones for that it is what the first one costs. Zero where no order is possible: the search finds no plan either, and its
 * refusals say so.
 */
export function leastOverOrders(
  zones: readonly number[],
  costIn: (zone: number, begun: number) => number,
): number {
  if (zones.length === 0) return 0;
  const least =
    zones.length > orderedZonesMax
      ? Math.min(...zones.map((zone) => costIn(zone, 0)))
      : leastOverSets(zones, costIn);
  return Number.isFinite(least) ? least : 0;
}

function leastOverSets(zones: readonly number[], costIn: (zone: number, begun: number) => number): number {
  // Sets of zones by their place in the list, as bits: a set comes after all its parts.
  const least = new Float64Array(1 << zones.length).fill(Number.POSITIVE_INFINITY);
  least[0] = 0;
  for (let set = 0; set < least.length; set += 1) {
    const begun = zones.reduce((bits, zone, place) => bits | (((set >> place) & 1) << zone), 0);
    zones.forEach((zone, place) => {
      const next = set | (1 << place);
      if (next === set) return;
      least[next] = Math.min(least[next] ?? 0, (least[set] ?? 0) + costIn(zone, begun));
    });
  }
  return least.at(-1) ?? 0;
}
