/**
 * What checkPlan asks of each pod again and again, as one list a question, by the number of the pod. A plan moves pods in
 * another order than the fleet lists them, so that each look at an object waits for memory; a list of numbers stays near.
 */
import type { NumberedPod, PodColumns } from './check-model.ts';

/** The columns of a fleet's pods. `loneTags` and `unreadyInSet` are those of the numbered fleet. */
export function readPodColumns(
  pods: readonly NumberedPod[],
  loneTags: Int32Array,
  unreadyInSet: ReadonlyMap<number, readonly NumberedPod[]>,
): PodColumns {
  const isPlain = new Uint8Array(pods.length);
  const isMovable = new Uint8Array(pods.length);
  const mustLeave = new Uint8Array(pods.length);
  const cluster = new Int32Array(pods.length);
  const member = new Int32Array(pods.length);
  const orderedSet = new Int32Array(pods.length);
  for (const each of pods) {
    const { number } = each;
    const mayMeetRules = (loneTags[number] ?? -1) === -1 || unreadyInSet.has(each.orderedSet);
    isPlain[number] = isCalm(each) && !mayMeetRules ? 1 : 0;
    isMovable[number] = each.isMovable ? 1 : 0;
    mustLeave[number] = each.mustLeave ? 1 : 0;
    orderedSet[number] = each.orderedSet;
    cluster[number] = each.cluster?.number ?? -1;
    member[number] = each.member?.number ?? -1;
  }
  return {
    isPlain,
    isMovable,
    mustLeave,
    isSpread: Uint8Array.from(pods, ({ pod, hasEnded }) => (pod.terminating || hasEnded ? 0 : 1)),
    spread: pods.map(({ rules }) => rules.spread),
    uid: pods.map(({ pod }) => pod.uid),
    memberName: pods.map(({ pod }) => (pod.cluster === undefined ? null : pod.name)),
    clusterKey: pods.map(({ pod }) => pod.cluster ?? null),
    labels: pods.map(({ pod }) => pod.labels),
    budgets: pods.map(({ budgets }) => budgets),
    cluster,
    member,
    orderedSet,
    nodeRules: numberNodeRules(pods),
    amounts: pods.map(({ rules, hasEnded }) => (hasEnded ? [] : rules.amounts)),
  };
}

/** True if nothing about the pod alone or its cluster asks for more than numbers to judge a move. */
function isCalm({ pod, rules, cluster, member, isReady, hasEnded }: NumberedPod): boolean {
  if (!isReady || hasEnded || pod.phase === 'Pending') return false;
  if (rules.toleratesFence || rules.toleratesCordon) return false;
  return cluster === undefined || (member !== undefined && !cluster.contradictsItself);
}

/** Pods that share what they say about nodes (planner/model.ts says which parts are shared) have one number. */
function numberNodeRules(pods: readonly NumberedPod[]): Int32Array {
  const numbers = new Int32Array(pods.length);
  const parts = new Map<unknown, number>();
  const partNumber = (part: unknown) => numberOf(parts, part);
  const kinds = new Map<string, number>();
  for (const { number, pod } of pods) {
    const { volumeTerms, nodeSelector, nodeTerms, tolerations } = pod;
    const key = [volumeTerms, nodeSelector, nodeTerms, tolerations].map(partNumber).join();
    numbers[number] = numberOf(kinds, key);
  }
  return numbers;
}

function numberOf<Key>(known: Map<Key, number>, key: Key): number {
  const number = known.get(key) ?? known.size;
  known.set(key, number);
  return number;
}
