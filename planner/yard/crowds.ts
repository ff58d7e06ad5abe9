/**
 * Where the pods of large relations stand, by domain. A handful of pods is looked through faster than it is kept count of; of
 * thousands every question about every node would ask all.
 */
import { lengthOf, type PodList, podsOf } from '../survey/label-index.ts';
import { fewPods, isBearer, isPicked, type Relation } from '../survey/relations.ts';
import type { Crowd, Crowds } from './kept-counts.ts';
import type { Yard } from './yard.ts';

/** Returns the count of a long list; undefined: it is short. Counted when it is first asked for. */
export function crowdOf(yard: Yard, list: PodList, domains: Int32Array): Crowd | undefined {
  if (lengthOf(list) <= fewPods) return undefined;
  const known = yard.crowds.get(list);
  if (known !== undefined) return known;
  const crowd: Crowd = { domains, in: new Map(), standing: 0 };
  for (const pod of podsOf(list)) {
    const node = yard.at[pod] ?? -1;
    if (node >= 0) countIn(crowd, node, 1);
  }
  yard.crowds.set(list, crowd);
  return crowd;
}

/** Counts a pod that has come to a node (1), or is about to leave it (-1). */
export function countPod(yard: Yard, pod: number, node: number, change: 1 | -1): void {
  const { crowds } = yard;
  if (crowds.size === 0) return;
  const { all, start, ids, sides } = yard.survey.relations;
  for (let place = start[pod] ?? 0; place < (start[pod + 1] ?? 0); place += 1) {
    const relation = all[ids[place] ?? -1];
    if (relation !== undefined) countSides(crowds, relation, sides[place] ?? 0, node, change);
  }
}

function countSides(crowds: Crowds, relation: Relation, side: number, node: number, change: 1 | -1): void {
  const { bearers, picked } = relation;
  const chosen = (side & isPicked) === 0 ? undefined : crowds.get(picked);
  if (chosen !== undefined) countIn(chosen, node, change);
  const bearing = (side & isBearer) === 0 || bearers === picked ? undefined : crowds.get(bearers);
  if (bearing !== undefined) countIn(bearing, node, change);
}

function countIn(crowd: Crowd, node: number, change: 1 | -1): void {
  const domain = crowd.domains[node] ?? -1;
  const count = (crowd.in.get(domain) ?? 0) + change;
  if (count === 0) crowd.in.delete(domain);
  else crowd.in.set(domain, count);
  crowd.standing += change;
}
