/**
 * Where kube-scheduler may put a pod as things stand: capacity in every resource, labels, volumes and taints, and the required
 * relations to other pods in both directions. Fences are the caller's business.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
 */
import { lengthOf, type PodList, podsOf } from '../survey/label-index.ts';
import { isBearer, isPicked, type Relation } from '../survey/relations.ts';
import { crowdOf } from './crowds.ts';
import type { Reach } from './kept-counts.ts';
import { reachOf } from './reach.ts';
import { domainsOf } from './topologies.ts';
import type { SpreadCounts, Yard } from './yard.ts';

/** Whether a pod may be put onto a node now. */
export function mayStand(yard: Yard, pod: number, node: number): boolean {
  if (!hasRoom(yard, pod, node)) return false;
  const { kinds, pods } = yard.survey;
  return kinds.fits(pods.rule[pod] ?? 0, yard.kind[node] ?? 0) && relationsAllow(yard, pod, node);
}

/** Whether a node has room for a pod in every resource. */
export function hasRoom(yard: Yard, pod: number, node: number): boolean {
  const { width, asks, pods } = yard.survey;
  const ask = (pods.ask[pod] ?? 0) * width;
  const room = node * width;
  for (let r = 0; r < width; r += 1) {
    const wanted = asks[ask + r] ?? 0;
    if (wanted > 0 && wanted > (yard.free[room + r] ?? 0)) return false;
  }
  return true;
}

/** Whether another member of the pod's cluster stands on a node: they would go down together, even where no rule forbids it. */
export function holdsSibling(yard: Yard, pod: number, node: number): boolean {
  const { pods, clusters } = yard.survey;
  const cluster = pods.cluster[pod] ?? -1;
  if (cluster < 0) return false;
  for (let place = clusters.start[cluster] ?? 0; place < (clusters.start[cluster + 1] ?? 0); place += 1) {
    const other = clusters.members[place] ?? -1;
    if (other !== pod && yard.at[other] === node) return true;
  }
  const temporary = clusters.temporary[cluster] ?? -1;
  return temporary >= 0 && temporary !== pod && yard.at[temporary] === node;
}

/** Whether the relations of a pod allow a node. */
export function relationsAllow(yard: Yard, pod: number, node: number): boolean {
  const { relations } = yard.survey;
  const { pairs } = relations;
  const to = relations.start[pod + 1] ?? 0;
  for (let place = relations.start[pod] ?? 0; place < to; place += 1) {
    const number = relations.ids[place] ?? 0;
    const from = pairs.start[number] ?? 0;
    const end = pairs.start[number + 1] ?? 0;
    if (from < end) {
      if (keepsApart(yard, pairs.pods, from, end, domainsOf(yard.topologies, number), pod, node))
        return false;
      continue;
    }
    const relation = relations.all[number];
    if (relation === undefined) continue;
    if (!relationAllows(yard, relation, number, relations.sides[place] ?? 0, pod, node)) return false;
  }
  return true;
}

/** Whether another of the pods that keep apart stands in the domain of a node. */
function keepsApart(
  yard: Yard,
  pods: Int32Array,
  from: number,
  to: number,
  domains: Int32Array,
  pod: number,
  node: number,
): boolean {
  const domain = domains[node] ?? -1;
  if (domain < 0) return false;
  for (let place = from; place < to; place += 1) {
    const other = pods[place] ?? -1;
    if (other !== pod && domains[yard.at[other] ?? -1] === domain) return true;
  }
  return false;
}

function relationAllows(
  yard: Yard,
  relation: Relation,
  number: number,
  side: number,
  pod: number,
  node: number,
): boolean {
  const domains = domainsOf(yard.topologies, number);
  const domain = domains[node] ?? -1;
  const bears = (side & isBearer) !== 0;
  switch (relation.kind) {
    case 'apart':
      // Both directions: against the pods that my term picks, and for the pods whose term picks me.
      if (domain < 0) return true;
      if (bears && anyIn(yard, relation.picked, (side & isPicked) !== 0, domains, domain, pod)) return false;
      if ((side & isPicked) === 0 || (bears && relation.bearers === relation.picked)) return true;
      return !anyIn(yard, relation.bearers, bears, domains, domain, pod);
    case 'together':
      return !bears || standsTogether(yard, relation, domains, domain, side, pod);
    case 'spread':
      return !bears || spreads(yard, relation, number, domains, domain, side, pod);
  }
}

/** `among`: whether the pod is one of the others. */
function anyIn(
  yard: Yard,
  others: PodList,
  among: boolean,
  domains: Int32Array,
  domain: number,
  pod: number,
): boolean {
  const crowd = crowdOf(yard, others, domains);
  if (crowd !== undefined) {
    const itself = among && domains[yard.at[pod] ?? -1] === domain ? 1 : 0;
    return (crowd.in.get(domain) ?? 0) > itself;
  }
  for (let place = others.from; place < others.to; place += 1) {
    const other = others.numbers[place] ?? -1;
    if (other !== pod && domains[yard.at[other] ?? -1] === domain) return true;
  }
  return false;
}

/** The first pod of a group that asks for its own kind may stand anywhere. */
function standsTogether(
  yard: Yard,
  { picked }: Relation,
  domains: Int32Array,
  domain: number,
  side: number,
  pod: number,
): boolean {
  if (domain < 0) return false;
  const among = (side & isPicked) !== 0;
  if (anyIn(yard, picked, among, domains, domain, pod)) return true;
  if (!among) return false;
  const crowd = crowdOf(yard, picked, domains);
  if (crowd !== undefined) return crowd.standing === ((yard.at[pod] ?? -1) >= 0 ? 1 : 0);
  return !podsOf(picked).some((other) => other !== pod && (yard.at[other] ?? -1) >= 0);
}

/**
 * Skew after placing the pod: its domain's count less the smallest count of any domain the pod could go to.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 */
function spreads(
  yard: Yard,
  relation: Relation,
  number: number,
  domains: Int32Array,
  target: number,
  side: number,
  pod: number,
): boolean {
  if (target < 0) return false;
  const among = (side & isPicked) !== 0;
  const { reach, crowd, own, least } = countsWithout(yard, relation, number, among, domains, pod);
  let others = 0;
  if (reach.has(target))
    others =
      crowd === undefined
        ? othersIn(yard, relation.picked, relation.picked.from, domains, target, pod)
        : (crowd.in.get(target) ?? 0) - (target === own ? 1 : 0);
  const itself = among ? 1 : 0;
  return others + itself - least <= relation.maxSkew;
}

/** Asked of many nodes in a row for one pod: what the last question found out is kept until something changes. */
function countsWithout(
  yard: Yard,
  relation: Relation,
  number: number,
  among: boolean,
  domains: Int32Array,
  pod: number,
): SpreadCounts {
  const { spread } = yard;
  if (
    spread?.relation === relation &&
    spread.pod === pod &&
    spread.entered === yard.entered &&
    spread.logEnd === yard.logEnd
  )
    return spread;
  const reach = reachOf(yard, relation, number, yard.survey.pods.rule[pod] ?? 0);
  const crowd = crowdOf(yard, relation.picked, domains);
  const own = crowd !== undefined && among ? (domains[yard.at[pod] ?? -1] ?? -1) : -1;
  const least =
    crowd === undefined
      ? leastOfFew(yard, relation, reach, domains, pod)
      : leastOf(relation, reach, crowd.in, own);
  yard.spread = { relation, pod, entered: yard.entered, logEnd: yard.logEnd, reach, crowd, own, least };
  return yard.spread;
}

/** The smallest count of the domains that the spread counts; a domain nobody stands in is not among those counted. */
function leastOf(
  { minDomains }: Relation,
  reach: Reach,
  counts: ReadonlyMap<number, number>,
  own: number,
): number {
  if (reach.size < minDomains || counts.size < reach.size) return 0;
  let least = Number.POSITIVE_INFINITY;
  let stoodIn = 0;
  for (const [domain, count] of counts) {
    const others = domain === own ? count - 1 : count;
    if (others <= 0 || !reach.has(domain)) continue;
    stoodIn += 1;
    if (others < least) least = others;
  }
  return stoodIn < reach.size ? 0 : least;
}

/** The same where so few pods are picked that they are looked through. */
function leastOfFew(
  yard: Yard,
  { minDomains, picked }: Relation,
  reach: Reach,
  domains: Int32Array,
  pod: number,
): number {
  if (reach.size < minDomains || lengthOf(picked) < reach.size) return 0;
  let least = Number.POSITIVE_INFINITY;
  let stoodIn = 0;
  for (let place = picked.from; place < picked.to; place += 1) {
    const other = picked.numbers[place] ?? -1;
    const domain = domains[yard.at[other] ?? -1] ?? -1;
    if (other === pod || domain < 0 || !reach.has(domain)) continue;
    const count = othersIn(yard, picked, place, domains, domain, pod);
    // The first of a domain is the one behind which all the others of it come.
    if (count < othersIn(yard, picked, picked.from, domains, domain, pod)) continue;
    stoodIn += 1;
    if (count < least) least = count;
  }
  return stoodIn < reach.size ? 0 : least;
}

/** The pods of a list from a place on but this one that stand in a domain. */
function othersIn(
  yard: Yard,
  { numbers, to }: PodList,
  from: number,
  domains: Int32Array,
  domain: number,
  pod: number,
): number {
  let count = 0;
  for (let place = from; place < to; place += 1) {
    const other = numbers[place] ?? -1;
    if (other !== pod && domains[yard.at[other] ?? -1] === domain) count += 1;
  }
  return count;
}
