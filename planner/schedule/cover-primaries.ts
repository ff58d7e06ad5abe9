/**
 * Makes primaries on the nodes to be emptied movable: one switchover each, to a member that will not move again.
 *
 * A cluster whose primary stands on a drained node pays at least one switchover, and pays no second one if somebody final
 * takes over. So a replica is made final first, where nobody is yet, and only then the role is handed over.
 */

import type { Facts } from '../plan.ts';
import { type Candidacy, compareSuccessors, passesWithMove, roleWord } from '../rules/choose-candidate.ts';
import { movePod, switchOver, type Work } from './acts.ts';
import { findFinalPlace } from './find-place.ts';
import type { YardPod } from './survey.ts';
import { isFinal, isPrimary, type YardNode } from './yard.ts';

/** The nodes of one wave, and where a replacement may be brought to make a replica final. */
export type Wave = {
  readonly nodes: ReadonlySet<YardNode>;
  readonly zonesForReplacements: 'any' | ReadonlySet<string>;
};

/** Hands over every primary on `node` that a final member can succeed, making replicas final where `wave` has room for them. */
export function coverPrimaries(work: Work, node: YardNode, wave: Wave): void {
  for (const pod of primariesOn(work, node)) {
    if (handOverToFinal(work, pod)) continue;
    if (makeReplicaFinal(work, pod, wave)) handOverToFinal(work, pod);
  }
}

/** Returns the primaries on a node, by pod key. */
export function primariesOn(work: Work, node: YardNode): readonly YardPod[] {
  return [...node.pods]
    .filter((pod) => isPrimary(work.yard, pod))
    .sort((a, b) => (a.pod.key < b.pod.key ? -1 : 1));
}

/** Returns the members that may take over from a primary now, best first: those that will not move again lead. */
export function successorsNow(work: Work, primary: YardPod): readonly YardPod[] {
  return sorted(work, primary, (each) => isEligibleNow(work, each, primary));
}

/** Whether anybody may take over from a primary, now or after a move that is still to come. */
export function canBeSucceeded(work: Work, primary: YardPod): boolean {
  return successorsNow(work, primary).length > 0 || successorsAfterMove(work, primary).length > 0;
}

/** Members whose reason against them ends with their own move, which this plan has still to make. */
function successorsAfterMove(work: Work, primary: YardPod): readonly YardPod[] {
  return sorted(work, primary, (each) => passesWithMove(each) && !isEligibleNow(work, each, primary)).filter(
    (pod) => !standsFinal(work, pod),
  );
}

function sorted(work: Work, primary: YardPod, wanted: (each: Candidacy) => boolean): readonly YardPod[] {
  const { candidacies, podOf } = work.yard.survey;
  return (candidacies.get(primary.cluster?.key ?? '') ?? [])
    .filter(wanted)
    .sort(
      (a, b) => rank(work, a) - rank(work, b) || spread(work, a) - spread(work, b) || compareSuccessors(a, b),
    )
    .flatMap((each) => podOf.get(each.pod.key) ?? []);
}

/** Whether a primary's cluster pays a second switchover if its node is emptied now. Asked of every node in every wave. */
export function isUncovered(work: Work, primary: YardPod): boolean {
  let somebody = false;
  for (const each of work.yard.survey.candidacies.get(primary.cluster?.key ?? '') ?? []) {
    const eligible = isEligibleNow(work, each, primary);
    if (!eligible && !passesWithMove(each)) continue;
    const pod = work.yard.survey.podOf.get(each.pod.key);
    const final = pod !== undefined && standsFinal(work, pod);
    if (eligible && final) return false;
    if (eligible || !final) somebody = true;
  }
  return somebody;
}

/**
 * Hands over to a member that stands on a node to be drained and that somebody can succeed in its turn: it will have to hand
 * over again. Returns whether it could.
 */
export function handOverToAnybody(work: Work, primary: YardPod): boolean {
  const [chosen] = successorsNow(work, primary).filter(
    (pod) => work.yard.at.get(pod) !== work.yard.at.get(primary) && canPassOn(work, pod, primary),
  );
  if (chosen === undefined) return false;
  switchOver(work, chosen, switchoverFacts(work, primary, chosen));
  return true;
}

/** Whether somebody could succeed `next` after it has taken over from `primary`; otherwise its own move would be an outage. */
function canPassOn(work: Work, next: YardPod, primary: YardPod): boolean {
  return (work.yard.survey.candidacies.get(next.cluster?.key ?? '') ?? []).some((each) => {
    if (each.pod.key === primary.pod.key) return mayReturn(each);
    const pod = work.yard.survey.podOf.get(each.pod.key);
    const later = passesWithMove(each) && each.pod.key !== next.pod.key && pod !== undefined;
    return isEligibleNow(work, each, next) || (later && !standsFinal(work, pod));
  });
}

/** Whoever was primary follows the next one; only a lasting reason of its own forbids its return. */
function mayReturn({ member }: Candidacy): boolean {
  return !member.nofailover && member.failoverPriority !== 0;
}

function handOverToFinal(work: Work, primary: YardPod): boolean {
  const chosen = successorsNow(work, primary).find((pod) => standsFinal(work, pod));
  if (chosen === undefined) return false;
  switchOver(work, chosen, switchoverFacts(work, primary, chosen));
  return true;
}

/** Where nodes are emptied one after the other, only a member on the primary's own node may go first. */
function makeReplicaFinal(work: Work, primary: YardPod, wave: Wave): boolean {
  const { yard } = work;
  const anywhere = yard.survey.request.mode !== 'whole-nodes' && work.manner.ahead;
  const candidates = [...successorsNow(work, primary), ...successorsAfterMove(work, primary)]
    .filter((pod) => anywhere || yard.at.get(pod) === yard.at.get(primary))
    .sort((a, b) => Number(!onWave(work, a, wave)) - Number(!onWave(work, b, wave)));
  for (const pod of candidates) {
    const from = yard.at.get(pod);
    if (from === undefined) continue;
    const place = findFinalPlace(work, pod, wave.zonesForReplacements, from.node.zone);
    if (place === undefined) continue;
    movePod(work, pod, place, 'replica-first');
    return true;
  }
  return false;
}

function isEligibleNow(work: Work, each: Candidacy, primary: YardPod): boolean {
  if (each.pod.key === primary.pod.key) return false;
  if (each.reason === undefined) return true;
  if (passesWithMove(each) && hasMoved(work, each)) return true;
  const pod = work.yard.survey.podOf.get(each.pod.key);
  const former = pod !== undefined && work.yard.formerOf.get(primary.cluster?.key ?? '')?.has(pod);
  return former === true && mayReturn(each);
}

function hasMoved(work: Work, each: Candidacy): boolean {
  const pod = work.yard.survey.podOf.get(each.pod.key);
  return pod !== undefined && work.yard.at.get(pod)?.node.name !== pod.pod.node;
}

function standsFinal(work: Work, pod: YardPod): boolean {
  const node = work.yard.at.get(pod);
  return node !== undefined && isFinal(node);
}

/** A refused node was meant to be emptied and will be some day: better than a second switchover, worse than a final place. */
function rank(work: Work, each: Candidacy): number {
  const pod = work.yard.survey.podOf.get(each.pod.key);
  const origin = pod === undefined ? undefined : work.yard.at.get(pod)?.origin;
  if (origin === 'kept' || origin === 'added') return 0;
  return origin === 'refused' ? 1 : 2;
}

function spread(work: Work, each: Candidacy): number {
  const pod = work.yard.survey.podOf.get(each.pod.key);
  const zone = pod === undefined ? undefined : work.yard.at.get(pod)?.node.zone;
  return zone === undefined ? 0 : (work.primariesIn.get(zone) ?? 0);
}

function onWave(work: Work, pod: YardPod, wave: Wave): boolean {
  const node = work.yard.at.get(pod);
  return node !== undefined && wave.nodes.has(node);
}

function switchoverFacts(work: Work, from: YardPod, to: YardPod): Facts {
  const { yard } = work;
  const candidacies = yard.survey.candidacies.get(to.cluster?.key ?? '') ?? [];
  const able = new Set(successorsNow(work, from));
  const passedOver = candidacies.flatMap((each) => {
    const pod = yard.survey.podOf.get(each.pod.key);
    if (pod === undefined || pod === to || pod === from) return [];
    const against = able.has(pod) || each.reason === 'primary' ? undefined : each.reason;
    const why = against ?? (standsFinal(work, pod) ? 'less preferred' : 'not final yet');
    return [`${each.member.name}: ${why}`];
  });
  const lag = to.member?.lagBytes;
  return {
    candidateRole: roleWord(to.member?.role ?? 'replica'),
    ...(lag === undefined ? {} : { lagBytes: lag }),
    primaryNode: yard.at.get(from)?.node.name ?? '',
    candidateNode: yard.at.get(to)?.node.name ?? '',
    final: standsFinal(work, to),
    passedOver,
  };
}
