/**
 * The pods of a fleet with their numbers, their rules, and what they are in a cluster.
 */
import type { Pod } from '../model.ts';
import { noBudgets } from './check-budget-picks.ts';
import { noTags } from './check-label-index.ts';
import type { LabelIndex, NumberedCluster, NumberedMember, NumberedPod } from './check-model.ts';
import { openRuleReader, type RuleReader, readRules } from './check-numbered-rules.ts';
import { hasEnded, mustLeave, staysOnNode } from './check-pod-nature.ts';

type NumberedPods = {
  /** By number. */
  readonly all: readonly NumberedPod[];
  /** In the order of the fleet. */
  readonly inOrder: readonly NumberedPod[];
  readonly named: ReadonlyMap<string, number>;
  readonly resources: readonly string[];
  readonly spreadKinds: number;
  readonly orderedSets: number;
  readonly unreadyInSet: ReadonlyMap<number, readonly NumberedPod[]>;
  readonly daemons: readonly NumberedPod[];
};

/** Numbers pods node by node, and everything in their rules that has a number in the order in which it turns up. */
export function numberPods(
  list: readonly Pod[],
  labels: LabelIndex,
  clusterNamed: ReadonlyMap<string, NumberedCluster>,
  nodeNumbers: ReadonlyMap<string, number>,
): NumberedPods {
  const numbers = numbersByNode(list, nodeNumbers);
  const reader = openRuleReader(labels);
  const sets = new Map<string, number>();
  const unreadyInSet = new Map<number, NumberedPod[]>();
  const [inOrder, daemons]: [NumberedPod[], NumberedPod[]] = [[], []];
  const around = { reader, sets, clusterNamed };
  let before: NumberedPod | undefined;
  for (const pod of list) {
    const numbered = numberPod(pod, numbers[inOrder.length] ?? 0, before, around);
    before = numbered;
    inOrder.push(numbered);
    noteMember(numbered);
    if (pod.owner.kind === 'DaemonSet') daemons.push(numbered);
    if (numbered.orderedSet < 0 || pod.ready) continue;
    const unready = unreadyInSet.get(numbered.orderedSet) ?? [];
    unready.push(numbered);
    unreadyInSet.set(numbered.orderedSet, unready);
  }
  const { resources, spreadKinds } = reader;
  const all = inOrder.toSorted((a, b) => a.number - b.number);
  return {
    all,
    inOrder,
    named: new Map(all.map(({ number, pod }) => [pod.key, number])),
    resources,
    spreadKinds: spreadKinds.size,
    orderedSets: sets.size,
    unreadyInSet,
    daemons,
  };
}

/**
 * The number of each pod of the list: those of the first node first, in the order of the list, and those on no node last. A
 * plan empties one node after the other, so that what it asks of pods in a row lies side by side in memory.
 */
function numbersByNode(list: readonly Pod[], nodeNumbers: ReadonlyMap<string, number>): Int32Array {
  const nodeOf = Int32Array.from(list, ({ node }) => nodeNumbers.get(node ?? '') ?? nodeNumbers.size);
  const next = new Int32Array(nodeNumbers.size + 2);
  for (const node of nodeOf) next[node + 1] = (next[node + 1] ?? 0) + 1;
  for (let node = 0; node <= nodeNumbers.size; node += 1)
    next[node + 1] = (next[node + 1] ?? 0) + (next[node] ?? 0);
  return nodeOf.map((node) => {
    const number = next[node] ?? 0;
    next[node] = number + 1;
    return number;
  });
}

type Around = {
  readonly reader: RuleReader;
  readonly sets: Map<string, number>;
  readonly clusterNamed: ReadonlyMap<string, NumberedCluster>;
};

/** `before` is the pod before it, which is nearly always like it. */
function numberPod(pod: Pod, number: number, before: NumberedPod | undefined, around: Around): NumberedPod {
  const { reader, sets, clusterNamed } = around;
  const cluster = clusterOf(pod, clusterNamed, before);
  return {
    number,
    pod,
    rules: readRules(reader, pod, before),
    tags: noTags,
    budgets: noBudgets,
    orderedSet: orderedSetOf(pod, sets, before),
    mustLeave: mustLeave(pod),
    isMovable: !staysOnNode(pod) && !hasEnded(pod) && pod.owner.kind !== 'none',
    isReady: pod.ready && !pod.terminating,
    hasEnded: hasEnded(pod),
    cluster,
    member: memberOf(pod, cluster),
  };
}

function memberOf({ name }: Pod, cluster: NumberedCluster | undefined): NumberedMember | undefined {
  if (cluster === undefined) return undefined;
  for (const each of cluster.members) if (each.member.name === name) return each;
  return undefined;
}

function noteMember(numbered: NumberedPod): void {
  const { member, pod } = numbered;
  if (member === undefined) return;
  member.bearer = numbered;
  if (member.member.pod === pod.key) member.pod = numbered;
}

function clusterOf(
  { cluster }: Pod,
  named: ReadonlyMap<string, NumberedCluster>,
  before: NumberedPod | undefined,
): NumberedCluster | undefined {
  if (cluster === undefined) return undefined;
  return before?.pod.cluster === cluster ? before.cluster : named.get(cluster);
}

function orderedSetOf({ owner }: Pod, sets: Map<string, number>, before: NumberedPod | undefined): number {
  if (owner.kind !== 'StatefulSet' || !owner.orderedReady) return -1;
  if (before?.pod.owner === owner) return before.orderedSet;
  const known = sets.get(owner.uid);
  if (known !== undefined) return known;
  sets.set(owner.uid, sets.size);
  return sets.size - 1;
}
