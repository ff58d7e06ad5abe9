/**
 * Moves that a look at numbers shows to break no rule, as nearly all do. Whatever is not plain here is judged in full by
 * check-moves.ts; this file only ever says "right" or "look closer", so that no violation depends on it.
 */
import { useBudget } from './check-budgets.ts';
import { noSpread } from './check-numbered-rules.ts';
import { addToUsed, lacksRoomFor, staticRuleOn } from './check-placement.ts';
import { standsAlone } from './check-pod-rules.ts';
import { spreadHolds } from './check-spread.ts';
import { bringIntoView, type NodeState, placePod, type Walk } from './check-state.ts';

/** Makes a move that breaks no rule; false, and nothing has changed, where somebody has to look closer. */
export function walkPlainMove(walk: Walk, place: number): boolean {
  const { names, numbered, now, nodesNamed } = walk;
  // A step that names its pod wrongly and fleets where pods have come and gone are looked at in full.
  if (names.mayBePlain[place] !== 1 || walk.changes.pods.size > 0 || walk.request.wholeNodes) return false;
  const { cluster, member, amounts } = numbered.columns;
  const pod = names.podOf[place] ?? -1;
  const own = cluster[pod] ?? -1;
  const leads = own >= 0 && now.primary[own] === member[pod];
  if (leads !== (names.isOutage[place] === 1) || (own >= 0 && now.down[own] !== 0)) return false;
  if (leads && !mayRestart(walk, own)) return false;
  const from = walk.nodes[now.nodeOf[pod] ?? -1];
  if (from === undefined || !from.toBeEmptied || from !== nodesNamed[names.from[place] ?? -1]) return false;
  const to = nodesNamed[names.to[place] ?? -1];
  if (to === undefined || to === from || !isOpenTo(walk, pod, to)) return false;
  const wanted = amounts[pod] ?? [];
  if (lacksRoomFor(walk, wanted, to) || !standsAlone(walk, pod, to)) return false;
  if (!isSpread(walk, pod, to) || !takesFromBudget(walk, pod, place)) return false;
  noteMove(walk, pod, place, own);
  if (leads) {
    walk.outages[own] = (walk.outages[own] ?? 0) + 1;
    from.primariesLeft.push(place);
  }
  from.departures.push(place);
  to.arrivals.push(place);
  addToUsed(from, wanted, -1);
  placePod(walk, pod, to);
  addToUsed(to, wanted, 1);
  return true;
}

/** Nobody else is in the cluster, and the request has nothing against an outage of it now. */
function mayRestart({ numbered, request, changes }: Walk, cluster: number): boolean {
  const { first } = numbered.memberColumns;
  const isAlone = (first[cluster + 1] ?? 0) - (first[cluster] ?? 0) === 1 && changes.members.size === 0;
  return isAlone && request.restartsFreely[cluster] === 1;
}

/** Every node to be emptied is closed, and this one is open and lets in pods that say the same about nodes. */
function isOpenTo(walk: Walk, pod: number, node: NodeState): boolean {
  if (walk.open.size > 0 || node.fenced || node.cordoned || node.released || node.refused) return false;
  if (!node.node.ready || (node.toBeEmptied && !walk.request.parking)) return false;
  if (node.allowedKinds.includes(walk.numbered.columns.nodeRules[pod] ?? -1)) return true;
  const numbered = walk.pods[pod];
  return numbered !== undefined && staticRuleOn(walk, numbered, node) === undefined;
}

function isSpread(walk: Walk, pod: number, node: NodeState): boolean {
  const rules = walk.numbered.columns.spread[pod] ?? noSpread;
  if (rules.length === 0) return true;
  const numbered = walk.pods[pod];
  for (const rule of rules)
    if (numbered !== undefined && !spreadHolds(walk, rule, numbered, node)) return false;
  return true;
}

/** Notes the use of the pod's budget, if it has one; false, and nothing is noted, where that does not allow it. */
function takesFromBudget(walk: Walk, pod: number, place: number): boolean {
  const budget = walk.now.soleBudget[pod] ?? -1;
  if (budget < 0) return budget === -1;
  const allowed = (walk.now.budgetHealthy[budget] ?? 0) - (walk.now.budgetDesired[budget] ?? 0);
  if (!(allowed >= 1)) return false;
  useBudget(walk, budget, place, allowed);
  return true;
}

function noteMove(walk: Walk, pod: number, place: number, cluster: number): void {
  walk.podAt[place] = pod;
  walk.clusterAt[place] = cluster;
  walk.moved[pod] = 1;
  if (cluster < 0) return;
  walk.syncMayHaveChanged[cluster] = 1;
  const numbered = walk.isInView[cluster] === 1 ? undefined : walk.numbered.clusters[cluster];
  if (numbered !== undefined) bringIntoView(walk, numbered);
}
