/**
 * Extra nodes over all orders that `after` allows: all that come, less those that must have been released for them.
 */
import { mostAtOnce } from './check-flow.ts';
import { nodeNamed, notOrdered, type Walk } from './check-state.ts';
import { placesOf } from './check-step-list.ts';

type Change = { readonly place: number; readonly adds: boolean; readonly zone: string };
type Changes = { readonly adds: readonly number[]; readonly releases: readonly number[] };

/** Notes where a zone, or all of them together, may get more extra nodes at once than allowed. */
export function checkExtraNodes(walk: Walk): void {
  const { surgeTotal, surgeOf } = walk.request;
  const zones = [...walk.addedIn.keys()];
  const all = findChanges(walk);
  for (const zone of zones) checkZones(walk, changesIn(all, new Set([zone])), surgeOf(zone), zone);
  const added = [...walk.addedIn.values()].reduce((sum, count) => sum + count, 0);
  if (surgeTotal === undefined || surgeTotal >= added) return;
  // Zones below their start count 0, so that any choice of zones may be the fullest; beyond twelve zones one choice is looked at.
  const choices = zones.length <= 12 ? subsetsOf(zones) : [zones];
  for (const choice of choices)
    if (!checkZones(walk, changesIn(all, new Set(choice)), surgeTotal, 'all zones')) return;
}

/** Places in the list where a zone gets a node or loses one. */
function findChanges(walk: Walk): readonly Change[] {
  const { plan, steps } = walk;
  const places = [...placesOf(steps, 'add-node'), ...placesOf(steps, 'release')].sort((a, b) => a - b);
  return places.flatMap((place): readonly Change[] => {
    const step = plan.steps[place];
    if (step?.kind === 'add-node') return [{ place, adds: true, zone: step.zone }];
    if (step?.kind !== 'release') return [];
    return [{ place, adds: false, zone: nodeNamed(walk, step.node)?.node.zone ?? '' }];
  });
}

function changesIn(all: readonly Change[], zones: ReadonlySet<string>): Changes {
  const inZones = all.filter(({ zone }) => zones.has(zone));
  return {
    adds: inZones.flatMap(({ place, adds }) => (adds ? [place] : [])),
    releases: inZones.flatMap(({ place, adds }) => (adds ? [] : [place])),
  };
}

/** Returns whether no more than `allowed` can be there at once. */
function checkZones(walk: Walk, { adds, releases }: Changes, allowed: number, subject: string): boolean {
  const [first, last] = [releases[0], adds.at(-1)];
  // Without a release the walk itself has counted them.
  if (adds.length <= allowed || first === undefined || last === undefined) return true;
  if (mostAtOnce(walk, adds, releases, allowed) <= allowed) return true;
  notOrdered(walk, 'surge', first, last, subject);
  return false;
}

function subsetsOf(zones: readonly string[]): readonly (readonly string[])[] {
  const subsets: (readonly string[])[] = [[]];
  for (const zone of zones) for (const subset of [...subsets]) subsets.push([...subset, zone]);
  return subsets;
}
