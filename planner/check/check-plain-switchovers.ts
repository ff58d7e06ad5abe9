/**
 * Switchovers that a look at numbers shows to break no rule, as check-plain-moves.ts does with moves: this file only ever says
 * "right" or "look closer".
 */
import type { SwitchoverStep } from '../plan.ts';
import type { MemberColumns } from './check-member-columns.ts';
import { bringIntoView, type Walk } from './check-state.ts';

/** Makes a switchover that breaks no rule; false, and nothing has changed, where somebody has to look closer. */
export function walkPlainSwitchover(walk: Walk, step: SwitchoverStep, place: number): boolean {
  const { names, numbered, now, request } = walk;
  const { memberColumns } = numbered;
  const number = names.clusterOf[place] ?? -1;
  // A window is looked at in full, and so are fleets where members have come and gone.
  if (memberColumns.isPlain[number] !== 1 || walk.changes.members.size > 0) return false;
  const from = memberNumber(memberColumns, number, step.from);
  const to = memberNumber(memberColumns, number, step.to);
  if (from < 0 || to < 0 || from === to || now.primary[number] !== from) return false;
  const former = memberColumns.pod[from] ?? -1;
  const next = memberColumns.pod[to] ?? -1;
  if (memberColumns.mayLead[to] !== 1 && walk.moved[next] !== 1) return false;
  // Somebody who did not lead may have handed over before: then the label of the primary is not where it belongs.
  const primary = memberColumns.pod[numbered.start.primary[number] ?? -1] ?? -1;
  if (walk.labels[former] !== numbered.columns.labels[primary]) return false;
  const cluster = numbered.clusters[number];
  if (cluster === undefined || !request.maySwitch(cluster)) return false;
  if (step.window !== undefined || request.windowOf(cluster) !== undefined) return false;
  const left = walk.nodes[now.nodeOf[former] ?? -1];
  if (left?.toBeEmptied !== true) return false;
  bringIntoView(walk, cluster);
  walk.clusterAt[place] = number;
  left.primariesLeft.push(place);
  exchange(walk.labels, former, next);
  exchange(walk.budgets, former, next);
  exchange(now.soleBudget, former, next);
  now.primary[number] = to;
  walk.switchovers[number] = (walk.switchovers[number] ?? 0) + 1;
  walk.syncMayHaveChanged[number] = 1;
  walk.haveLed[from] = 1;
  return true;
}

/** -1: no member of the cluster has that name. */
function memberNumber({ first, name }: MemberColumns, cluster: number, wanted: string): number {
  const end = first[cluster + 1] ?? 0;
  for (let member = first[cluster] ?? 0; member < end; member += 1)
    if (name[member] === wanted) return member;
  return -1;
}

/** Each has from now on what the other had. */
function exchange<Each>(list: { [number: number]: Each }, one: number, other: number): void {
  const [kept, given] = [list[one], list[other]];
  if (kept === undefined || given === undefined) return;
  list[one] = given;
  list[other] = kept;
}
