/**
 * The topology domains that topology spread counts for a pod: those with a live node that the pod could go to. Kept up as nodes
 * come and go, since walking all nodes for each question would make a plan quadratic in the size of the fleet.
 */
import type { Relation } from '../survey/relations.ts';
import type { Survey } from '../survey/survey.ts';
import type { Growing, Reach, Reaches } from './kept-counts.ts';
import { domainsOf } from './topologies.ts';
import { origin, type Yard } from './yard.ts';

/** Returns no reaches: each is counted when it is first asked for. */
export function openReaches({ relations }: Survey): Reaches {
  return { known: new Map(), numbered: new Map(), last: new Array(relations.all.length).fill(undefined) };
}

/** Returns the domains that a spread counts for pods of a rule. */
export function reachOf(yard: Yard, relation: Relation, number: number, rule: number): Reach {
  const { numbered, last } = yard.reaches;
  const before = last[number];
  if (before?.rule === rule) return before.reach;
  const { keys, keyOf } = yard.survey.domains;
  const honors = (relation.honorsAffinity ? 1 : 0) + (relation.honorsTaints ? 2 : 0);
  const alike = (rule * 4 + honors) * keys.length + (keyOf[number] ?? 0);
  const reach = numbered.get(alike) ?? findReach(yard, relation, number, rule);
  numbered.set(alike, reach);
  last[number] = { rule, reach: reach.nodesIn };
  return reach.nodesIn;
}

function findReach(yard: Yard, relation: Relation, number: number, rule: number): Growing {
  const { known } = yard.reaches;
  const { kinds } = yard.survey;
  const selection = relation.honorsAffinity ? kinds.selectionOf(rule) : 'any';
  const toleration = relation.honorsTaints ? kinds.tolerationOf(rule) : 'any';
  const key = `${selection}, ${toleration}, ${relation.topologyKey}`;
  const reach = known.get(key) ?? countReach(yard, relation, number, rule);
  known.set(key, reach);
  return reach;
}

/** Counts a node that has come (1) or gone (-1) in every reach it belongs to. */
export function countNode({ known }: Reaches, node: number, change: 1 | -1): void {
  for (const reach of known.values()) countIn(reach, node, change);
}

/** Fenced nodes are domains like others unless the constraint honours taints. */
function countReach(yard: Yard, relation: Relation, number: number, rule: number): Growing {
  const { kinds } = yard.survey;
  const counts = (node: number): boolean => {
    const kind = yard.kind[node] ?? 0;
    if (relation.honorsAffinity && !kinds.selects(rule, kind)) return false;
    return !relation.honorsTaints || (yard.origin[node] !== origin.drained && kinds.tolerates(rule, kind));
  };
  const reach = { nodesIn: new Map<number, number>(), domains: domainsOf(yard.topologies, number), counts };
  for (let node = 0; node < yard.nodeCount; node += 1) if (yard.live[node] === 1) countIn(reach, node, 1);
  return reach;
}

function countIn({ nodesIn, domains, counts }: Growing, node: number, change: 1 | -1): void {
  const domain = domains[node] ?? -1;
  if (domain < 0 || !counts(node)) return;
  const count = (nodesIn.get(domain) ?? 0) + change;
  if (count === 0) nodesIn.delete(domain);
  else nodesIn.set(domain, count);
}
