/**
 * What disruption budgets allow, counted from their spec and the pods: their status may be stale.
 * https://kubernetes.io/docs/tasks/run-application/configure-pdb/
 */
import type { DatabaseCluster, DisruptionBudget, Pod, Requirement } from '../model.ts';
import { labelOf, matchesLabels, meets } from '../rules/selector.ts';
import { type LabelIndex, sharpestOf } from './label-index.ts';

export type BudgetNumbers = {
  readonly all: readonly DisruptionBudget[];
  /** Pods each budget picks, and ready pods less those that must stay: how many may be evicted at once. */
  readonly picked: Int32Array;
  readonly allowed: Int32Array;
  /** By pod: the one budget that picks it, whoever is primary. Of nearly all pods it says everything; see `noBudget` and `askLists`. */
  readonly only: Int32Array;
  /** Budgets that pick a pod of the survey as it is labelled, ascending. */
  readonly ofPod: (pod: number) => readonly number[];
  /** Budgets that pick it once another member of its cluster is primary, ascending. */
  readonly ofReplica: (pod: number, cluster: DatabaseCluster | undefined) => readonly number[];
};

/** No budget picks a pod, whoever is primary. */
export const noBudget = -1;
/** Several budgets pick a pod, or others once its cluster has another primary: `ofPod` and `ofReplica` say which. */
export const askLists = -2;

/** The pods that budgets may speak of, with their index. */
export type Labelled = {
  readonly pods: readonly Pod[];
  readonly labels: LabelIndex;
  /** Temporary members, `from` and before `to`, are not there yet and counted nowhere. */
  readonly temporary: { readonly from: number; readonly to: number };
};

type Counts = {
  readonly picked: Int32Array;
  readonly healthy: Int32Array;
  readonly allowed: Int32Array;
  /** By pod: budgets that pick it as it is labelled. */
  readonly found: Lists;
  /** By pod: budgets whose answer hangs on a label by which the pod may say that it is primary, picked or not. */
  readonly tied: Lists;
};

/** Most pods are under one budget, so a list of one is shared by all of its pods. */
type Lists = (number[] | undefined)[];

const none: readonly number[] = [];

/** Returns every budget counted against the fleet as it stands; one without selector picks nothing. */
export function countBudgets(all: readonly DisruptionBudget[], labelled: Labelled): BudgetNumbers {
  return answering(all, countAll(all, labelled), labelled.pods, labelled.temporary);
}

function countAll(all: readonly DisruptionBudget[], labelled: Labelled): Counts {
  const { pods } = labelled;
  const counts: Counts = {
    picked: new Int32Array(all.length),
    healthy: new Int32Array(all.length),
    found: new Array<number[] | undefined>(pods.length).fill(undefined),
    tied: new Array<number[] | undefined>(pods.length).fill(undefined),
    allowed: new Int32Array(all.length),
  };
  const { allowed } = counts;
  const isOfRole = knowingRoleKeys();
  all.forEach((budget, number) => {
    if (budget.selector === undefined) return;
    countPods(counts, labelled, budget, budget.selector, number, isOfRole);
    allowed[number] = (counts.healthy[number] ?? 0) - desiredHealthy(budget, counts.picked[number] ?? 0);
  });
  return counts;
}

/** What is answered from lives as long as the fleet, and the index of labels does not. */
function answering(
  all: readonly DisruptionBudget[],
  { picked, allowed, found, tied }: Counts,
  pods: readonly Pod[],
  temporary: Labelled['temporary'],
): BudgetNumbers {
  const isTemporary = (number: number) => number >= temporary.from && number < temporary.to;
  const ofPod = (number: number) => (isTemporary(number) ? none : (found[number] ?? none));
  const asReplica = new Array<readonly number[] | undefined>(pods.length).fill(undefined);
  return {
    all,
    picked,
    allowed,
    only: onlyBudgets(pods.length, found, tied, isTemporary),
    ofPod,
    ofReplica: (number, cluster) => {
      const hanging = tied[number];
      if (hanging === undefined && !isTemporary(number)) return found[number] ?? none;
      const known = asReplica[number];
      if (known !== undefined) return known;
      const pod = pods[number];
      const role = pod === undefined ? undefined : primaryRoleKey(pod, cluster?.scope ?? '');
      const answer =
        pod === undefined || role === undefined
          ? ofPod(number)
          : budgetsAsReplica(all, found[number], hanging, pod, role);
      asReplica[number] = answer;
      return answer;
    },
  };
}

function onlyBudgets(
  pods: number,
  found: Lists,
  tied: Lists,
  isTemporary: (pod: number) => boolean,
): Int32Array {
  const only = new Int32Array(pods).fill(noBudget);
  for (let pod = 0; pod < pods; pod += 1) {
    const own = found[pod];
    if (tied[pod] !== undefined || isTemporary(pod)) only[pod] = askLists;
    else if (own !== undefined) only[pod] = own.length === 1 ? (own[0] ?? askLists) : askLists;
  }
  return only;
}

/** Counts the pods of one budget. They are looked for by labels that say nothing of a role, so that all it may pick are found. */
function countPods(
  { picked, healthy, found, tied }: Counts,
  { pods, labels, temporary }: Labelled,
  { namespace }: DisruptionBudget,
  selector: readonly Requirement[],
  number: number,
  isOfRole: (key: string) => boolean,
): void {
  const isRole = selector.map(({ key }) => isOfRole(key));
  const asksForRole = isRole.includes(true);
  const sharpest = sharpestOf(labels, selector, isRole);
  const { numbers, from, to } = sharpest?.pods ?? labels.inNamespace(namespace);
  const alone = [number];
  for (let each = from; each < to; each += 1) {
    const place = numbers[each] ?? -1;
    const pod = pods[place];
    if (pod?.namespace !== namespace || !meetsOthers(selector, isRole, pod.labels, sharpest?.place)) continue;
    if (asksForRole && saysPrimaryIn(selector, isRole, pod.labels)) file(tied, place, alone);
    if (asksForRole && !matchesLabels(selector, pod.labels)) continue;
    file(found, place, alone);
    if (place >= temporary.from && place < temporary.to) continue;
    picked[number] = (picked[number] ?? 0) + 1;
    if (pod.ready && !pod.terminating) healthy[number] = (healthy[number] ?? 0) + 1;
  }
}

/** Whether the labels meet what a selector asks for beside roles; `met`: place of a requirement that is known to be met. */
function meetsOthers(
  selector: readonly Requirement[],
  isRole: readonly boolean[],
  labels: Pod['labels'],
  met: number | undefined,
): boolean {
  for (let place = 0; place < selector.length; place += 1) {
    const requirement = selector[place];
    if (place === met || isRole[place] === true || requirement === undefined) continue;
    if (!meets(requirement, labels)) return false;
  }
  return true;
}

function saysPrimaryIn(
  selector: readonly Requirement[],
  isRole: readonly boolean[],
  labels: Pod['labels'],
): boolean {
  for (let place = 0; place < selector.length; place += 1)
    if (isRole[place] === true && saysPrimary(labelOf(labels, selector[place]?.key ?? ''))) return true;
  return false;
}

function file(lists: Lists, pod: number, alone: number[]): void {
  const known = lists[pod];
  if (known === undefined) lists[pod] = alone;
  else if (known.length === 1) lists[pod] = [...known, ...alone];
  else known.push(...alone);
}

/** Budgets of a pod whose label `role` no longer says that it is primary. */
function budgetsAsReplica(
  all: readonly DisruptionBudget[],
  found: readonly number[] = none,
  tied: readonly number[] = none,
  { labels }: Pod,
  role: string,
): readonly number[] {
  let left: number[] | undefined;
  for (const number of found) if (!tied.includes(number)) left = [...(left ?? []), number];
  for (const number of tied)
    if (picksReplica(all[number]?.selector ?? [], role, labels)) left = [...(left ?? []), number];
  // As of most primaries; the lists of a hundred thousand would be kept.
  return left?.sort((a, b) => a - b) ?? none;
}

function picksReplica(selector: readonly Requirement[], role: string, labels: Pod['labels']): boolean {
  for (let place = 0; place < selector.length; place += 1) {
    const requirement = selector[place];
    if (requirement === undefined) continue;
    if (!meets(requirement, requirement.key === role ? { [role]: 'replica' } : labels)) return false;
  }
  return true;
}

/**
 * The label of a member's pod that says it is primary. It is told by its value, which Patroni and the operators write; a scope
 * may be called "primary" as well, but names are never roles. https://patroni.readthedocs.io/en/latest/kubernetes.html
 */
function primaryRoleKey({ labels }: Pod, scope: string): string | undefined {
  for (const key in labels) {
    const value = labelOf(labels, key);
    if (saysPrimary(value) && value !== scope && roleKey.test(key)) return key;
  }
  return undefined;
}

const roleKey = /role/i;

function saysPrimary(value: string | undefined): boolean {
  return value === 'master' || value === 'primary' || value === 'standby_leader';
}

/** Thousands of budgets ask for the same few keys. */
function knowingRoleKeys(): (key: string) => boolean {
  const known = new Map<string, boolean>();
  return (key) => {
    let answer = known.get(key);
    if (answer === undefined) {
      answer = roleKey.test(key);
      known.set(key, answer);
    }
    return answer;
  };
}

/** Percentages are rounded up; what the owners want may be more than what exists. */
function desiredHealthy(budget: DisruptionBudget, counted: number): number {
  const expected = Math.max(counted, budget.expectedPods ?? 0);
  if (budget.minAvailable !== undefined) return amountOf(budget.minAvailable, expected);
  return Math.max(0, expected - amountOf(budget.maxUnavailable ?? 0, expected));
}

function amountOf(limit: number | `${number}%`, expected: number): number {
  return typeof limit === 'number' ? limit : Math.ceil((Number.parseFloat(limit) * expected) / 100);
}
