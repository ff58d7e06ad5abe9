/**
 * The fleets of the suite. Each number is one fleet, always the same: a family by its remainder, and within the family what
 * varies from round to round: the resource that runs out, how many nodes go, what members ask for, and how many zones there are.
 */
import { leavesSpare, type ModelWanted } from '../../simulations/fleets/fleet-wanted.ts';

/** `a zone`: extra nodes in every zone. `in all`: one in the whole region at a time. `none`: no extra node. */
export type Surge = 'a zone' | 'in all' | 'none';

export type Family = {
  readonly surge: Surge;
  readonly nodes: number;
  readonly utilisation: number;
  /** Extra nodes of a zone. */
  readonly extra: number;
  /** As many nodes together as there is room for, to see how few waves that makes. */
  readonly together: boolean;
};

export type SuiteFleet = {
  readonly number: number;
  readonly family: Family;
  readonly wanted: ModelWanted;
  /** Node after node can be replaced by one like it, whatever the order: nothing may be refused. */
  readonly feasible: boolean;
};

const sizes = [12, 30, 66, 100, 300];
const utilisations = [0.6, 0.75, 0.9, 0.95, 0.97];
/** Above this a fleet of many zones has too few nodes in each to be mid-size. */
const zonesOf: ReadonlyMap<number, readonly number[]> = new Map([
  [12, [3]],
  [30, [3, 3, 2]],
  [66, [3, 3, 2, 4]],
  [100, [3, 3, 4, 1, 5]],
  [300, [3, 3, 5, 2, 1]],
]);
/** Nodes emptied together where that is not to be limited. */
const drainsTogether = 1_000;
const surgeShare = 0.05;

/** All families, in the order of the table. */
export const families: readonly Family[] = [
  ...each('a zone'),
  ...each('in all'),
  ...each('none').filter(({ nodes, utilisation }) => leavesSpare(nodes, 3, utilisation)),
  ...sizes.flatMap((nodes) => [0.6, 0.75, 0.9].flatMap((utilisation) => together(nodes, utilisation))),
];

/** Bounds and shares of drained nodes come round in six rounds. */
export const roundsOfAllKinds = 6;

/** Returns the fleet of a number, which is 0 or more. */
export function suiteFleet(number: number): SuiteFleet {
  const family = families[number % families.length];
  if (family === undefined) throw new RangeError(`no fleet of number ${number}`);
  const { nodes, utilisation, surge, extra } = family;
  const round = Math.floor(number / families.length);
  // Families begin with different kinds, so that one round has all of them and six rounds all of each family.
  const turn = round + (number % families.length);
  const kind = turn % roundsOfAllKinds;
  const offered = zonesOf.get(nodes) ?? [3];
  const zones = offered[turn % offered.length] ?? 3;
  const roomy = surge === 'none' && utilisation <= 0.75 && nodes >= 30 && turn % 2 === 1;
  const spareNodes = surge === 'none' && !roomy;
  // Without an empty or an extra node, members that cannot be parked have nowhere to go first.
  const readyLabel = !roomy && (kind + Math.floor(round / roundsOfAllKinds)) % 2 === 1;
  const wanted: ModelWanted = {
    seed: number,
    nodes,
    zones: spareNodes && !leavesSpare(nodes, zones, utilisation) ? 3 : zones,
    utilisation,
    bound: (['cpu', 'memory', 'mixed'] as const)[kind % 3] ?? 'cpu',
    drained: kind < 3 ? 1 : 0.6,
    spareNodes,
    readyLabel,
    // A temporary member needs room of its own, which nothing guarantees elsewhere.
    scaleOut: surge === 'a zone' && utilisation <= 0.9 && zones > 1 ? 0.1 : 0,
    surge: surge === 'none' ? 0 : extra,
    ...(surge === 'in all' ? { surgeTotal: 1 } : {}),
    ...(family.together ? { parallelDrainsPerZone: drainsTogether } : {}),
  };
  return { number, family, wanted, feasible: !roomy };
}

function each(surge: Surge): readonly Family[] {
  return sizes.flatMap((nodes) =>
    utilisations.map((utilisation) => ({ surge, nodes, utilisation, extra: 1, together: false })),
  );
}

/** With one extra node in each zone, and with one for twenty nodes where that is more. */
function together(nodes: number, utilisation: number): readonly Family[] {
  const some = Math.round((nodes / 3) * surgeShare);
  return [1, ...(some > 1 ? [some] : [])].map((extra) => ({
    surge: 'a zone',
    nodes,
    utilisation,
    extra,
    together: true,
  }));
}
