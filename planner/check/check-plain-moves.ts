/**
 * Moves that a look at numbers shows to break no rule, as nearly all do. Whatever is not plain here is judged in full by
 * check-moves.ts; this file only ever says "right" or "look closer", so that no violation depends on it.
 */
import type { MoveStep } from '../plan.ts';
import { useBudget } from './check-budgets.ts';
import { addToUsed, lacksRoomFor } from './check-placement.ts';
import { standsAlone } from './check-pod-rules.ts';
import { bringIntoView, type NodeState, nodeNamed, placePod, type Walk } from './check-state.ts';

/** Makes a move that breaks no rule; false, and nothing has changed, where somebody has to look closer. */
export function walkPlainMove(walk: Walk, step: MoveStep, place: number): boolean {
  const { names, numbered, now } = walk;
  const pod = names.podOf[place] ?? -1;
  // A step that names its pod wrongly, a restart of a primary, and fleets where pods have come and gone are looked at in full.
  if (pod < 0 || names.isAsSaid[place] !== 1 || step.outage || walk.changes.pods.size > 0) return false;
  const { isPlain, cluster, member, amounts } = numbered.columns;
  const own = cluster[pod] ?? -1;
  if (isPlain[pod] !== 1 || walk.request.wholeNodes) return false;
  if (own >= 0 && (now.primary[own] === member[pod] || now.down[own] !== 0)) return false;
  const from = walk.nodes[now.nodeOf[pod] ?? -1];
  if (from === undefined || !mayBeLeft(from, step)) return false;
  const to = nodeNamed(walk, step.to);
  if (to === undefined || to === from || !isOpenTo(walk, pod, to)) return false;
  const wanted = amounts[pod] ?? [];
  if (lacksRoomFor(walk, wanted, to) || !standsAlone(walk, pod, to)) return false;
  if (!takesFromBudget(walk, pod, place)) return false;
  noteMove(walk, pod, place, own);
  from.departures.push(place);
  to.arrivals.push(place);
  addToUsed(from, wanted, -1);
  placePod(walk, pod, to);
  addToUsed(to, wanted, 1);
  return true;
}

function mayBeLeft({ node, asked, refused }: NodeState, { from }: MoveStep): boolean {
  return asked && !refused && node.name === from;
}

/** Every node to be emptied is closed, and this one is open and lets in pods that say the same about nodes. */
function isOpenTo(walk: Walk, pod: number, node: NodeState): boolean {
  if (walk.open.size > 0 || node.fenced || node.cordoned || node.released || node.refused) return false;
  if (!node.node.ready || (node.toBeEmptied && !walk.request.parking)) return false;
  return node.allowedKinds.includes(walk.numbered.columns.nodeRules[pod] ?? -1);
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
