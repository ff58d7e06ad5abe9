/**
 * Temporary members: legal as things stand? Then what comes and goes.
 */
import type { Member, Pod } from '../model.ts';
import type { ScaleInStep, ScaleOutStep, SwitchoverStep } from '../plan.ts';
import { budgetsPicking, noBudgets } from './check-budget-picks.ts';
import { countPod, giveBudgets } from './check-budgets.ts';
import { hostname } from './check-domains.ts';
import { noTags, tagsOf } from './check-label-index.ts';
import { eligibleOther, runsNow } from './check-members.ts';
import type { NumberedCluster, NumberedMember, NumberedPod } from './check-model.ts';
import { checkTarget } from './check-moves.ts';
import { addAmounts } from './check-placement.ts';
import { roleKeys } from './check-role-labels.ts';
import {
  bringIntoView,
  labelsOf,
  memberNamed,
  membersOf,
  type NodeState,
  nodeNamed,
  nodeOf,
  placePod,
  podNamed,
  primaryName,
  violate,
  type Walk,
} from './check-state.ts';

/** The cluster of a step that acts on it, where there is one. */
export function clusterOfStep(
  walk: Walk,
  key: string,
  step: SwitchoverStep | ScaleOutStep | ScaleInStep,
  place: number,
): NumberedCluster | undefined {
  const cluster = walk.numbered.clusters[walk.names.clusterOf[place] ?? -1];
  if (cluster !== undefined) bringIntoView(walk, cluster);
  walk.clusterAt[place] = cluster?.number ?? -1;
  if (cluster === undefined) violate(walk, 'cluster-unknown', step, { cluster: key });
  else if (step.kind !== 'scale-in' && cluster.contradictsItself)
    violate(walk, 'cluster-contradicts-itself', step, { cluster: key });
  return cluster;
}

/** The temporary member is a copy of the primary without its volumes, which may be made in any zone. */
export function walkScaleOut(walk: Walk, step: ScaleOutStep, place: number): void {
  const numbered = clusterOfStep(walk, step.cluster, step, place);
  if (numbered === undefined) return;
  const key = `${numbered.cluster.namespace}/${step.member}`;
  if (memberNamed(walk, numbered, step.member) !== undefined || podNamed(walk, key) !== undefined) {
    violate(walk, 'member-name-taken', step, { cluster: step.cluster, member: step.member });
    return;
  }
  const wanted = walk.request.singleMemberOf(numbered) === 'scale-out';
  if (!wanted || eligibleOther(walk, numbered) !== undefined)
    violate(walk, 'scale-out-not-wanted', step, { cluster: step.cluster });
  const model = memberNamed(walk, numbered, primaryName(walk, numbered))?.pod;
  if (model === undefined) return;
  const copy = addMember(walk, numbered, model, step.member, key);
  const target = nodeNamed(walk, step.node);
  checkTarget(walk, step, copy, step.node, target);
  placePod(walk, copy.number, target);
  if (target !== undefined) addAmounts(target, copy, 1);
  walk.moved[copy.number] = 1;
  countPod(walk, copy, 1);
  target?.arrivals.push(place);
  walk.podAt[place] = copy.number;
}

function addMember(
  walk: Walk,
  cluster: NumberedCluster,
  model: NumberedPod,
  name: string,
  key: string,
): NumberedPod {
  const { pods, temporaries, changes } = walk;
  const number = walk.numbered.members.length + temporaries.length;
  const member: Member = { name, pod: key, role: 'replica', nofailover: false };
  const temporary: NumberedMember = { number, member, temporary: true, pod: undefined, bearer: undefined };
  const copy = copyOf(walk, { ...model, cluster, member: temporary }, key, name);
  temporary.pod = copy;
  temporary.bearer = copy;
  temporaries.push(temporary);
  pods.push(copy);
  changes.pods.set(key, copy);
  changes.members.set(cluster, [...membersOf(walk, cluster), temporary]);
  walk.syncMayHaveChanged[cluster.number] = 1;
  walk.scaledOut[cluster.number] = (walk.scaledOut[cluster.number] ?? 0) + 1;
  noteCopy(walk, copy);
  return copy;
}

function copyOf(walk: Walk, model: NumberedPod, key: string, name: string): NumberedPod {
  const labels = { ...labelsOf(walk, model) };
  for (const role of roleKeys(labels)) labels[role] = 'replica';
  const pod: Pod = { ...model.pod, key, name, uid: '', labels, volumeTerms: [] };
  const { labels: index, wideBudgets } = walk.numbered;
  const tags = tagsOf(index, pod.namespace, labels, noTags);
  const budgets = budgetsPicking(wideBudgets, tags, pod.namespace, labels);
  return { ...model, number: walk.pods.length, pod, tags, budgets };
}

/** From now on others meet it, and it keeps others away. */
function noteCopy({ changes }: Walk, copy: NumberedPod): void {
  for (const tag of copy.tags) changes.carriers.set(tag, [...(changes.carriers.get(tag) ?? []), copy]);
  for (const [index, term] of copy.pod.podAntiAffinity.entries()) {
    const tag = copy.rules.keptApart[index];
    if (term.topologyKey !== hostname) changes.farRepellers.push({ pod: copy, term });
    if (tag !== undefined) changes.repellers.set(tag, [...(changes.repellers.get(tag) ?? []), copy]);
  }
}

/** Either of the two may go, as long as it is not the primary then. */
export function walkScaleIn(walk: Walk, step: ScaleInStep, place: number): void {
  const cluster = clusterOfStep(walk, step.cluster, step, place);
  if (cluster === undefined) return;
  const { number } = cluster;
  const facts = { cluster: step.cluster, member: step.member };
  const member = memberNamed(walk, cluster, step.member);
  if (member === undefined) {
    violate(walk, 'member-mismatch', step, facts);
    return;
  }
  if (walk.scaledOut[number] === 0) violate(walk, 'scale-in-without-scale-out', step, facts);
  if (primaryName(walk, cluster) === step.member) violate(walk, 'primary-removed', step, facts);
  if (isInTheMiddle(membersOf(walk, cluster), step.member)) violate(walk, 'not-first-or-last', step, facts);
  const { pod } = member;
  const stands = pod === undefined ? undefined : nodeOf(walk, pod);
  if (stands?.node.name !== step.node) {
    const key = pod?.pod.key ?? `${cluster.cluster.namespace}/${step.member}`;
    violate(walk, 'pod-elsewhere', step, { pod: key, node: stands?.node.name ?? 'no node' });
  }
  const left = membersOf(walk, cluster).filter((each) => each !== member);
  walk.changes.members.set(cluster, left);
  walk.scaledOut[number] = (walk.scaledOut[number] ?? 0) - 1;
  if (!runsNow(walk, member)) walk.now.down[number] = (walk.now.down[number] ?? 0) - 1;
  if (pod === undefined) return;
  nodeNamed(walk, step.node)?.departures.push(place);
  walk.podAt[place] = pod.number;
  removePod(walk, pod, stands);
}

/**
 * A StatefulSet gives up its last pod when its replicas are lowered, and its first one when the first ordinal is raised as well.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#start-ordinal
 */
function isInTheMiddle(members: readonly NumberedMember[], name: string): boolean {
  const ordinal = (of: string): number => Number(/-(\d+)$/.exec(of)?.[1] ?? Number.NaN);
  const others = members.map(({ member }) => ordinal(member.name));
  const own = ordinal(name);
  return others.some((other) => other < own) && others.some((other) => other > own);
}

function removePod(walk: Walk, pod: NumberedPod, stands: NodeState | undefined): void {
  if (stands !== undefined) addAmounts(stands, pod, -1);
  placePod(walk, pod.number, undefined);
  countPod(walk, pod, -1);
  walk.labels[pod.number] = {};
  giveBudgets(walk, pod, noBudgets);
  walk.changes.pods.set(pod.pod.key, undefined);
}
