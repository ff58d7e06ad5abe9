/**
 * Extra nodes where they are not needed, or too few of them where that costs something.
 */
import { moreSurgeNodesMax, moreSurgePlansMax } from '../limits.ts';
import type { Finding, Severity } from '../plan.ts';
import type { Survey } from '../survey/survey.ts';
import type { Outcome } from './outcome.ts';
import { gather, type Sight } from './sight.ts';
import { type Purchase, type Surge, whatMoreSurgeBuys } from './what-more-surge-buys.ts';

/** A zone with nodes to be drained: how many, and how many extra nodes it may have at once. */
type Need = { readonly zone: string; readonly nodes: number; readonly surge: number };

/**
 * Returns what is wrong with the surge of a request; nothing where the plan that came of it refuses no node for want of room,
 * costs no cluster more than its minimum and moves no pod twice. `planWith` plans again, and is asked only in small fleets.
 */
export function seeSurge(
  survey: Survey,
  now: Outcome,
  planWith: (surge: Surge) => Outcome,
): readonly Finding[] {
  const { surge: byZone, surgeTotal: total, mode } = survey.request;
  const isDear = now.lacksRoom || (now.isAboveMinimum && mode === 'pods');
  if (!isDear && now.parked === 0) return [];
  const severity: Severity = now.lacksRoom ? 'stops' : isDear ? 'costs' : 'note';
  const needs = needsOf(survey);
  const nodes = needs.reduce((sum, need) => sum + need.nodes, 0);
  const isSmall = nodes <= moreSurgeNodesMax;
  const names = needs.map(({ zone }) => zone);
  const surge = { byZone, total };
  const bought =
    isDear && isSmall ? whatMoreSurgeBuys(now, surge, names, planWith, moreSurgePlansMax) : undefined;
  const misplaced = seeWrongZone(survey, needs, bought);
  const small = isSmall || !isDear ? [] : seeNone(needs, total);
  const told = bought === undefined ? small : [seeBought(survey, bought)];
  // A zone is named once, with what a node there would save.
  const others = told.filter(({ subject }) => !misplaced.some((sight) => sight.subject === subject));
  return [
    ...gather('surge-in-wrong-zone', severity, misplaced),
    ...gather('surge-too-small', severity, others),
  ];
}

function needsOf({ fleet, nodes, request }: Survey): readonly Need[] {
  const drained = new Int32Array(fleet.zones.length);
  nodes.zone.forEach((zone, node) => {
    if (nodes.asked[node] === 1) drained[zone] = (drained[zone] ?? 0) + 1;
  });
  return fleet.zones.flatMap((zone, number) => {
    const count = drained[number] ?? 0;
    return count === 0 ? [] : [{ zone, nodes: count, surge: request.surge[zone] ?? 0 }];
  });
}

/** Zones that have nodes to be drained and no extra node, while others may have more than they have nodes to be drained. */
function seeWrongZone(
  { fleet, request }: Survey,
  needs: readonly Need[],
  bought: Purchase | undefined,
): readonly Sight[] {
  const idle = fleet.zones.filter((zone) => {
    const need = needs.find((each) => each.zone === zone);
    return (request.surge[zone] ?? 0) > (need?.nodes ?? 0);
  });
  const [from] = idle;
  if (from === undefined) return [];
  return needs
    .filter(({ surge }) => surge === 0)
    .map(({ zone, nodes }) => {
      const saves = bought?.place.kind === 'zone' && bought.place.zone === zone ? bought.saves : {};
      const perZone = { [zone]: 1, [from]: (request.surge[from] ?? 0) - 1 };
      const facts = { zone, nodes, idle, ...saves };
      return { subject: zone, facts, fix: setting({ perZone }) };
    });
}

/** Where planning again would take too long to say what more would buy: zones without any extra node, or a cap below the zones. */
function seeNone(needs: readonly Need[], total: number | null): readonly Sight[] {
  if (total !== null && total < needs.length) {
    const facts = { zones: needs.map(({ zone }) => zone), now: total };
    return [{ subject: 'all zones', facts, fix: setting({ total: needs.length }) }];
  }
  return needs
    .filter(({ surge }) => surge === 0)
    .map(({ zone, nodes }) => ({
      subject: zone,
      facts: { zone, nodes, now: 0 },
      fix: setting({ perZone: { [zone]: 1 } }),
    }));
}

function seeBought({ request }: Survey, { place, surge, saves }: Purchase): Sight {
  const changed = Object.entries(surge.byZone).filter(([zone, count]) => count !== request.surge[zone]);
  const perZone = changed.length === 0 ? {} : { perZone: Object.fromEntries(changed) };
  const total = surge.total === request.surgeTotal || surge.total === null ? {} : { total: surge.total };
  const fix = setting({ ...perZone, ...total });
  if (place.kind === 'total') {
    const now = request.surgeTotal ?? 0;
    return { subject: 'all zones', facts: { now, more: 1, ...saves }, fix };
  }
  if (place.kind === 'every-zone') {
    const zones = changed.map(([zone]) => zone);
    return { subject: 'every zone', facts: { zones, more: 1, ...saves }, fix };
  }
  const now = request.surge[place.zone] ?? 0;
  return { subject: place.zone, facts: { zone: place.zone, now, more: 1, ...saves }, fix };
}

/** As people write it: `"surge": {"perZone": {"z1": 1}, "total": 2}`. */
function setting(surge: object): string {
  return `"surge": ${JSON.stringify(surge).replaceAll('":', '": ').replaceAll(',"', ', "')}`;
}
