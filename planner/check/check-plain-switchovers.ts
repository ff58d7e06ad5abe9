/**
 * Switchovers that a look at numbers shows to break no rule, as check-plain-moves.ts does with moves: this file only ever says
 * "right" or "look closer".
 */
import { bringIntoView, type Walk } from './check-state.ts';

/** Makes a switchover that breaks no rule; false, and nothing has changed, where somebody has to look closer. */
export function walkPlainSwitchover(walk: Walk, place: number): boolean {
  const { names, numbered, now, request } = walk;
  const { memberColumns } = numbered;
  // A window is looked at in full, and so are fleets where members have come and gone.
  if (names.mayBePlain[place] !== 1 || walk.changes.members.size > 0) return false;
  const number = names.clusterOf[place] ?? -1;
  const from = names.from[place] ?? -1;
  const to = names.to[place] ?? -1;
  if (from < 0 || to < 0 || from === to || now.primary[number] !== from) return false;
  const former = memberColumns.pod[from] ?? -1;
  const next = memberColumns.pod[to] ?? -1;
  if (memberColumns.isCandidate[to] !== 1) return false;
  if (memberColumns.mayLead[to] !== 1 && walk.moved[next] !== 1) return false;
  if (memberColumns.isSynchronous[to] !== 1 && walk.syncMayHaveChanged[number] !== 1) return false;
  // Somebody who did not lead may have handed over before: then the label of the primary is not where it belongs.
  const primary = memberColumns.pod[numbered.start.primary[number] ?? -1] ?? -1;
  if (walk.labels[former] !== numbered.columns.labels[primary]) return false;
  if (request.switchesFreely[number] !== 1) return false;
  const left = walk.nodes[now.nodeOf[former] ?? -1];
  if (left?.toBeEmptied !== true) return false;
  const cluster = walk.isInView[number] === 1 ? undefined : numbered.clusters[number];
  if (cluster !== undefined) bringIntoView(walk, cluster);
  walk.clusterAt[place] = number;
  left.primariesLeft.push(place);
  exchange(walk.labels, former, next);
  exchange(walk.budgets, former, next);
  const lost = now.soleBudget[former] ?? -1;
  now.soleBudget[former] = now.soleBudget[next] ?? -1;
  now.soleBudget[next] = lost;
  now.primary[number] = to;
  walk.switchovers[number] = (walk.switchovers[number] ?? 0) + 1;
  walk.syncMayHaveChanged[number] = 1;
  walk.haveLed[from] = 1;
  return true;
}

/** Each has from now on what the other had. */
function exchange<Each>(list: Each[], one: number, other: number): void {
  const kept = list[one];
  const given = list[other];
  if (kept === undefined || given === undefined) return;
  list[one] = given;
  list[other] = kept;
}
