/**
 * The pods of a fleet with their numbers, their rules, and what they are in a cluster.
 */
import type { Pod } from '../model.ts';
import { type LabelIndex, noTags } from './check-label-index.ts';
import type { NumberedCluster, NumberedPod } from './check-numbered-fleet.ts';
import { type RuleReader, readRules } from './check-numbered-rules.ts';

/** Numbers pods in their order, and everything in their rules that has a number in the order in which it turns up. */
export function numberPods(
  list: readonly Pod[],
  labels: LabelIndex,
  clusterNamed: ReadonlyMap<string, NumberedCluster>,
): {
  readonly all: readonly NumberedPod[];
  readonly resources: readonly string[];
  readonly spreadKinds: number;
  readonly orderedSets: number;
} {
  const reader: RuleReader = { labels, resources: [], amountsOf: new Map(), spreadKinds: new Map() };
  const sets = new Map<string, number>();
  const all: NumberedPod[] = [];
  let before: NumberedPod | undefined;
  for (const pod of list) {
    const cluster = clusterOf(pod, clusterNamed, before);
    before = {
      number: all.length,
      pod,
      rules: readRules(reader, pod, before),
      tags: noTags,
      budgets: [],
      orderedSet: orderedSetOf(pod, sets, before),
      cluster,
      member: cluster?.members.find((each) => each.member.name === pod.name),
    };
    all.push(before);
  }
  return {
    all,
    resources: reader.resources,
    spreadKinds: reader.spreadKinds.size,
    orderedSets: sets.size,
  };
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
