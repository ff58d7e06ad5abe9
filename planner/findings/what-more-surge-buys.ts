/**
 * What one more extra node would save, found out by planning again with it.
 */
import type { Facts } from '../plan.ts';
import type { Outcome } from './outcome.ts';

export type Surge = { readonly byZone: Readonly<Record<string, number>>; readonly total: number | null };

/** One more node at a time in a zone; in all zones together, where a cap over them is what holds; or in every zone at once. */
export type Purchase = {
  readonly place:
    | { readonly kind: 'zone'; readonly zone: string }
    | { readonly kind: 'total' }
    | { readonly kind: 'every-zone' };
  readonly surge: Surge;
  /** What it saves: savesSwitchovers, savesWeighted, savesOutages and empties, each only where there is something. */
  readonly saves: Facts;
};

type Offer = Pick<Purchase, 'place' | 'surge'>;

/**
 * Returns the best of the smallest raises of surge that spares a refused node, an outage or a switchover; undefined: none does.
 * `zones` are those with nodes to be drained; no more than `plansMax` plans are made.
 */
export function whatMoreSurgeBuys(
  now: Outcome,
  surge: Surge,
  zones: readonly string[],
  planWith: (surge: Surge) => Outcome,
  plansMax: number,
): Purchase | undefined {
  const single = singleOffers(surge, zones).slice(0, Math.max(1, plansMax - 1));
  const best = cheapest(now, single, planWith);
  if (best !== undefined || zones.length < 2) return best;
  return cheapest(now, [{ place: { kind: 'every-zone' }, surge: raised(surge, zones) }], planWith);
}

function singleOffers(surge: Surge, zones: readonly string[]): readonly Offer[] {
  const all = Object.values(surge.byZone).reduce((sum, each) => sum + each, 0);
  if (surge.total !== null && surge.total < all)
    return [{ place: { kind: 'total' }, surge: { ...surge, total: surge.total + 1 } }];
  return zones.map((zone) => ({ place: { kind: 'zone', zone }, surge: raised(surge, [zone]) }));
}

function raised({ byZone, total }: Surge, zones: readonly string[]): Surge {
  const more = zones.map((zone) => [zone, (byZone[zone] ?? 0) + 1] as const);
  return {
    byZone: { ...byZone, ...Object.fromEntries(more) },
    total: total === null ? null : total + zones.length,
  };
}

function cheapest(
  now: Outcome,
  offers: readonly Offer[],
  planWith: (surge: Surge) => Outcome,
): Purchase | undefined {
  let best: { readonly offer: Offer; readonly then: Outcome } | undefined;
  for (const offer of offers) {
    const then = planWith(offer.surge);
    if (compareOutcomes(then, best?.then ?? now) < 0) best = { offer, then };
  }
  return best === undefined ? undefined : { ...best.offer, saves: difference(now, best.then) };
}

function compareOutcomes(a: Outcome, b: Outcome): number {
  return (
    a.refused.length - b.refused.length ||
    a.outages - b.outages ||
    a.weightedSwitchovers - b.weightedSwitchovers
  );
}

/** Nodes that are emptied on top may cost switchovers of their own, which are no loss; only what is saved is told. */
function difference(now: Outcome, then: Outcome): Facts {
  const empties = now.refused.filter((node) => !then.refused.includes(node));
  const savings = {
    savesOutages: now.outages - then.outages,
    savesSwitchovers: now.switchovers - then.switchovers,
    savesWeighted: now.weightedSwitchovers - then.weightedSwitchovers,
  };
  const saved = Object.entries(savings).filter(([, count]) => count > 0);
  return { ...Object.fromEntries(saved), ...(empties.length === 0 ? {} : { empties }) };
}
