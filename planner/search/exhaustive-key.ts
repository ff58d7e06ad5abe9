/**
 * What tells two states of an exhaustive search apart. States with one key have the same future at the same cost.
 *
 * Which final node a settled pod stands on does not matter, only what final nodes have left: so they count by zone, kind and room,
 * and by what is kept away from them, in no order. A final node with more room than all movers ask for has room for all.
 */
import { mayLeadNow } from '../yard/roles.ts';
import { domainsOf } from '../yard/topologies.ts';
import { isFinal, origin, type Yard } from '../yard/yard.ts';
import { isToLeave, mayComeYet, relievesOn } from './exhaustive-acts.ts';
import type { Scope } from './exhaustive-scope.ts';

/** Returns the key function of a search on this yard, which stands at the start. */
export function openKeys(yard: Yard, scope: Scope): () => string {
  const count = scope.relations.length;
  const standing = new Uint8Array(yard.zone.length * count);
  const moving = new Set(scope.movers);
  const places = new Map(scope.relations.map((relation, place) => [relation, place]));
  yard.survey.pods.node.forEach((node, pod) => {
    if (node >= 0 && !moving.has(pod)) markRelations(yard, standing, places, pod, node);
  });
  return () => {
    const marks = Uint8Array.from(standing);
    for (const pod of scope.movers) {
      const node = yard.at[pod] ?? -1;
      if (node >= 0) markRelations(yard, marks, places, pod, node);
    }
    return `${placesOf(yard, scope)};${rolesOf(yard, scope)};${finalsOf(yard, scope, marks)}`;
  };
}

function markRelations(
  yard: Yard,
  marks: Uint8Array,
  places: ReadonlyMap<number, number>,
  pod: number,
  node: number,
): void {
  const { relations } = yard.survey;
  for (let each = relations.start[pod] ?? 0; each < (relations.start[pod + 1] ?? 0); each += 1) {
    const place = places.get(relations.ids[each] ?? -1);
    if (place === undefined) continue;
    const mark = node * places.size + place;
    marks[mark] = (marks[mark] ?? 0) | (relations.sides[each] ?? 0);
  }
}

function placesOf(yard: Yard, { groups, drained }: Scope): string {
  let text = '';
  for (const group of groups) {
    const [first = -1] = group;
    if (group.length === 1) text += `${placeOf(yard, first)},`;
    else
      text += `${group
        .map((pod) => placeOf(yard, pod))
        .sort()
        .join(' ')},`;
  }
  for (const node of drained) text += yard.live[node];
  return text;
}

/** Where a pod stands, and of one that has to move whether it may lead. */
function placeOf(yard: Yard, pod: number): string {
  const node = yard.at[pod] ?? -1;
  const cluster = yard.survey.pods.cluster[pod] ?? -1;
  if (node < 0) return cluster >= 0 && mayComeYet(yard, cluster) ? '-' : 'x';
  if (isFinal(yard, node)) return 'f';
  return cluster >= 0 && mayLeadNow(yard, pod) ? `${node}+` : `${node}`;
}

/** A primary that will not move again is as good as any other. */
function rolesOf(yard: Yard, { clusters }: Scope): string {
  let text = '';
  for (const cluster of clusters) {
    const primary = yard.primary[cluster] ?? -1;
    text += isToLeave(yard, primary) ? `${primary},` : ',';
  }
  return text;
}

function finalsOf(yard: Yard, scope: Scope, marks: Uint8Array): string {
  const active = activeRelations(yard, scope);
  const texts: string[] = [];
  for (let node = 0; node < yard.nodeCount; node += 1) {
    const from = yard.origin[node];
    if (from === origin.kept || from === origin.added) texts.push(finalOf(yard, scope, marks, active, node));
  }
  return texts.sort().join('/');
}

function finalOf(
  yard: Yard,
  { resources, demand, relations, clusters }: Scope,
  marks: Uint8Array,
  active: readonly boolean[],
  node: number,
): string {
  const { width } = yard.survey;
  let text = `${yard.zone[node]}:${yard.kind[node]}:`;
  resources.forEach((r, place) => {
    text += `${Math.min(yard.free[node * width + r] ?? 0, demand[place] ?? 0)},`;
  });
  relations.forEach((relation, place) => {
    if (active[place] !== true) return;
    text += `${marks[node * relations.length + place]}`;
    // Beyond host names, what stands on other nodes of the domain counts as well.
    if (yard.survey.relations.all[relation]?.topologyKey !== 'kubernetes.io/hostname')
      text += `d${domainsOf(yard.topologies, relation)[node] ?? -1}`;
  });
  // A temporary member that relieves somebody for a time will make room again.
  for (const cluster of clusters) if (relievesOn(yard, cluster, node)) text += `t${cluster}`;
  return text;
}

/** Relations in which somebody takes part who has yet to find a place: the others are settled. */
function activeRelations(yard: Yard, { relations, movers, clusters }: Scope): readonly boolean[] {
  const unsettled = new Set<number>();
  const { start, ids } = yard.survey.relations;
  const add = (pod: number) => {
    for (let each = start[pod] ?? 0; each < (start[pod + 1] ?? 0); each += 1) unsettled.add(ids[each] ?? 0);
  };
  for (const pod of movers) if (isToLeave(yard, pod)) add(pod);
  for (const cluster of clusters)
    if (mayComeYet(yard, cluster)) add(yard.survey.clusters.temporary[cluster] ?? -1);
  return relations.map((relation) => unsettled.has(relation));
}
