/**
 * What arrives at the fleet is judged there, by what is true there, and by what the pass that sent it could have known. Shares
 * nothing with the executor's own guards.
 */
import { realPace } from '../../executor/limits.ts';
import { CORDON_MARK, FENCE_TAINT, RELEASE_MARK } from '../../executor/marks.ts';
import type { SwitchoverAnswer } from '../../executor/ports.ts';
import type { ClusterState } from '../../simulations/world/patroni-cluster.ts';
import { clusterOf } from '../../simulations/world/patroni-members.ts';
import { staysOnItsNode } from '../../simulations/world/read-objects.ts';
import { judgeLeftAlone } from './judge-drainers.ts';
import { type Act, judgeAlone, judgeJournaled } from './judge-journal.ts';
import { judgeInWindow } from './judge-windows.ts';
import { type Look, type Looks, staleMostMs, truthAbout } from './looks.ts';
import { entriesOf, type Stage, violate } from './stage.ts';
import { isUnderWayForOthers } from './switch-over-by-hand.ts';
import type { Worker } from './worker.ts';

export { type Looks, lookOf } from './looks.ts';

/** Who asks for an act, when it set out, and what its pass had seen by then. */
export type Asked = {
  readonly stage: Stage;
  readonly worker: Worker;
  readonly looks: Looks;
  readonly askedMs: number;
};

/** A member that is away for so long may be missed at a switchover that is known to come. */
const nearMs = 10 * 60_000;

type PodNamed = { readonly namespace: string; readonly name: string; readonly uid: string };

/** Returns the circumstances of an act that sets out now. */
export function askedNow(stage: Stage, worker: Worker, looks: Looks): Asked {
  return { stage, worker, looks, askedMs: stage.time.nowMs() };
}

/** Two members are never unavailable by our doing, and no primary is evicted in place: by what was so at the look and is so still. */
export function judgeEviction(asked: Asked, { namespace, name, uid }: PodNamed): void {
  const { stage, looks } = asked;
  const isIt = (act: Act): boolean => act.kind === 'evict' && act.uid === uid;
  judgeJournaled(stage, asked.worker, 'evict', isIt);
  judgeLease(asked, name);
  // Of an eviction that was admitted while this one was on its way, or held up by a clock that is wrong, nobody could know; its UID makes it harmless.
  // So it is with one of which the journal was never told, for as long as the pod may be read as it was before.
  const admittedMs = stage.evicted.get(uid);
  const unknownMs = isToldEvicted(stage, isIt) ? 2 * stage.troubles.clockWrongMs : oldestReadMs(stage);
  const isLost = stage.lost.some(({ event }) => event.kind === 'act' && isIt(event.act));
  if (admittedMs !== undefined && !isLost && admittedMs < asked.askedMs - unknownMs)
    violate(stage, `${name} was evicted already, and is asked to go again`);
  const { world } = stage;
  const pod = world.store.get('Pod', namespace, name);
  const cluster = pod === undefined ? undefined : clusterOf(world, pod);
  // Whoever evicts a pod that is not there any more, or is going anyway, changes nothing.
  if (pod === undefined || pod.metadata.uid !== uid) return;
  if (pod.metadata.deletionTimestamp !== undefined) return;
  judgeLeftAlone(asked, pod.spec?.nodeName, oldestReadMs(stage), `${name} is evicted from`);
  if (cluster === undefined) return;
  const look = looks.get(cluster.key);
  if (look === undefined) {
    violate(stage, `${name} is evicted without a look at its cluster`);
    return;
  }
  judgeAge(asked, look, name);
  judgeClosed(asked, pod.spec?.nodeName ?? '', name);
  judgeAlone(stage, asked.worker, cluster.key, isIt);
  const now = truthAbout(stage, cluster);
  const away = [...now.unavailable].filter((other) => other !== name && look.unavailable.has(other));
  if (away.length > 0) violate(stage, `${name} is evicted while ${away.join(', ')} was unavailable`);
  judgeKnownOthers(stage, look, name);
  if (look.paused && now.paused)
    violate(stage, `${name} is evicted, and a paused Patroni would not start it`);
  const isOutage = stage.plan.steps.some(
    (step) => step.kind === 'move' && step.outage && step.cluster === cluster.key,
  );
  const dueMs = cluster.scheduled?.atMs;
  if (dueMs !== undefined && dueMs === look.scheduledMs && dueMs - asked.askedMs < nearMs)
    violate(stage, `${name} is evicted, and somebody has scheduled a switchover of ${cluster.key}`);
  if (now.leader === name && look.leader === name) judgeInWindow(stage, cluster.key, asked.askedMs, isIt);
  const others = [...now.able].filter((other) => other !== name && look.able.has(other));
  if (now.leader === name && look.leader === name && (!isOutage || others.length > 0))
    violate(stage, `${name} is evicted while it leads; ${others.join(', ')} could take over`);
}

/** Who leads is known, and where Patroni says nothing of another member nobody takes it for well. */
function judgeKnownOthers(stage: Stage, { vague, leader }: Look, name: string): void {
  if (vague === undefined) return;
  const { kind, member } = vague;
  if (kind === 'leader-unknown') violate(stage, `${name} is evicted, and who leads was not said`);
  if (kind === 'not-listed' && member !== name && member !== leader)
    violate(stage, `${name} is evicted, and of ${member} nothing was said`);
}

/** An eviction was admitted; `before` is the UID of the pod that stood there. */
export function judgeEvicted(stage: Stage, { name, uid }: PodNamed, before: string | undefined): void {
  if (!stage.evicted.has(uid)) stage.evicted.set(uid, stage.time.nowMs());
  if (before !== uid)
    violate(stage, `${name} was evicted, and is another pod than the one that was looked at`);
}

/** A switchover is asked of who leads, for somebody who may lead, once at a time. */
export function judgeSwitchover(asked: Asked, leader: string, candidate: string): void {
  const { stage, worker, looks } = asked;
  const isIt = (act: Act): boolean =>
    act.kind === 'switchover' && act.leader === leader && act.candidate === candidate;
  judgeJournaled(stage, worker, 'switchover', isIt);
  judgeLease(asked, leader);
  const cluster = clusterOfMember(stage, leader);
  if (cluster === undefined) return;
  const look = looks.get(cluster.key);
  if (look === undefined) {
    violate(stage, `${leader} is asked to hand over without a look`);
    return;
  }
  judgeAge(asked, look, leader);
  judgeAlone(stage, worker, cluster.key, isIt);
  judgeInWindow(stage, cluster.key, asked.askedMs, isIt);
  const isOthers = isUnderWayForOthers(stage, cluster);
  // One of which Redis has lost the entry is nobody's: it names the leader, so that only one of two can come about.
  const isOurs = (each: ClusterState) =>
    each.switchover !== undefined &&
    each.scheduled === undefined &&
    !isUnderWayForOthers(stage, each) &&
    !stage.lost.some(
      ({ event }) =>
        event.kind === 'act' && event.act.kind === 'switchover' && event.act.cluster === each.key,
    );
  const others = [...stage.world.clusters.values()].filter(isOurs).length;
  const limit = stage.plan.request.limits?.parallelSwitchovers ?? 4;
  if (others >= limit) violate(stage, `${others + 1} switchovers at once, allowed are ${limit}`);
  // Of somebody else's nothing shows before the leader stops, unless it was scheduled.
  const wasToBeSeen =
    look.scheduledMs !== undefined || (look.leader === leader && look.unavailable.has(leader));
  if (isOurs(cluster) || (isOthers && wasToBeSeen))
    violate(stage, `a second switchover of ${cluster.key} is asked for while one is under way`);
  judgeCandidate(stage, cluster, look, candidate);
  const place = stage.world.store.get('Pod', cluster.namespace, candidate)?.spec?.nodeName;
  judgeLeftAlone(asked, place, oldestReadMs(stage), `${candidate} is to lead on`);
  if (look.scheduledMs !== undefined && cluster.scheduled !== undefined)
    violate(stage, `${cluster.key} is asked to switch over, which wipes out what somebody has scheduled`);
  if (look.paused) violate(stage, `${cluster.key} is paused and asked to switch over`);
}

function judgeCandidate(stage: Stage, cluster: ClusterState, look: Look, candidate: string): void {
  const now = truthAbout(stage, cluster);
  if (look.nofailover.has(candidate) && now.nofailover.has(candidate))
    violate(stage, `${candidate} is to lead and bears the tag nofailover`);
  if (look.unavailable.has(candidate) && now.unavailable.has(candidate))
    violate(stage, `${candidate} is to lead and was not streaming`);
  if (look.behind.has(candidate)) violate(stage, `${candidate} is to lead and is far behind`);
  judgeKnown(stage, look, candidate);
}

/** What was not said of the candidate is not taken for good; nobody is handed over while members are on different timelines. */
function judgeKnown(stage: Stage, { vague, leader }: Look, candidate: string): void {
  if (vague === undefined) return;
  const { kind, member } = vague;
  const isOfLeader = kind === 'leader-unknown' || (kind === 'leader-without-timeline' && member === leader);
  const isOfCandidate = member === candidate && kind !== 'leader-without-timeline';
  if (isOfLeader || isOfCandidate || (kind === 'timeline-behind' && member !== leader))
    violate(stage, `${candidate} is to lead, and Patroni said ${kind} of ${member}`);
}

/** Patroni may still do what it gave no clear answer to: nobody asks again before that has had its time, with the same leader. */
export function judgeAgain({ stage, askedMs }: Asked, leader: string): void {
  const cluster = clusterOfMember(stage, leader);
  if (cluster === undefined) return;
  const { key, timeline } = cluster;
  const before = stage.asked.get(key);
  stage.asked.set(key, { askedMs, leader, timeline, answer: undefined });
  if (before === undefined || before.leader !== leader || before.timeline !== timeline) return;
  if (before.answer !== undefined && before.answer !== 'unknown') return;
  // The leader is the one that it names, so that only one of the two can come about.
  if (stage.lost.some(({ event }) => event.kind === 'act' && event.act.kind === 'switchover')) return;
  const agoMs = askedMs - before.askedMs;
  // The later one may be the one that set out earlier, and clocks may be wrong.
  const allowedMs = realPace.switchoverSettleMs - 10_000 - 2 * stage.troubles.clockWrongMs;
  if (agoMs > 0 && agoMs < allowedMs)
    violate(
      stage,
      `${key} is asked to switch over again after ${agoMs} ms, and nobody knows what came of it`,
    );
}

/** Remembers what the worker was told of the switchover that it asked for. */
export function noteAnswer(
  { stage, askedMs }: Asked,
  leader: string,
  answer: SwitchoverAnswer['kind'],
): void {
  const last = stage.asked.get(clusterOfMember(stage, leader)?.key ?? '');
  if (last?.askedMs === askedMs && last.leader === leader) last.answer = answer;
}

function clusterOfMember({ world }: Stage, name: string): ClusterState | undefined {
  return [...world.clusters.values()].find(({ members }) => members.has(name));
}

/** Longest time between a look and the act that it led to; a clock that is wrong is no fault of the worker's. */
function longestMs({ troubles }: Stage): number {
  return realPace.staleAfterMs + 2_000 + 2 * troubles.clockWrongMs;
}

/** Nobody acts on what he saw long ago; a worker that stands still in the call itself is no fault of his. */
export function judgeAge({ stage, askedMs }: Asked, look: Look, subject: string): void {
  const ageMs = askedMs - look.atMs;
  if (ageMs > longestMs(stage))
    violate(stage, `${subject} is acted upon ${Math.round(ageMs / 1000)} s after the look`);
}

/** The fleet is not touched while another run has it. An abort takes off its marks all the same: they are its own. */
export function judgeLease({ stage, askedMs }: Asked, subject: string): void {
  const { holderIdentity, acquireTime, renewTime, leaseDurationSeconds } =
    stage.world.store.get('Lease', 'default', 'switchyard')?.spec ?? {};
  if (holderIdentity === stage.runId || holderIdentity === '') return;
  if (Date.parse(renewTime) + 1_000 * Number(leaseDurationSeconds) < stage.time.nowMs()) return;
  if (Date.parse(acquireTime) < askedMs - longestMs(stage))
    violate(stage, `${subject} is acted upon while ${holderIdentity} has the fleet`);
}

/** Whether the journal knows that an eviction was admitted. */
function isToldEvicted(stage: Stage, isIt: (act: Act) => boolean): boolean {
  const entries = entriesOf(stage);
  const lanes = new Set(
    entries.flatMap(({ lane, event }) => (event.kind === 'act' && isIt(event.act) ? lane : [])),
  );
  return entries.some(
    ({ lane, event }) =>
      lanes.has(lane) && event.kind === 'answer' && event.act === 'evict' && event.answer === 'evicted',
  );
}

/** How long before an act that was which a pass may have read: it looked so long before, and was shown what was so some seconds earlier. */
function oldestReadMs(stage: Stage): number {
  return longestMs(stage) + staleMostMs;
}

/** What leaves a node must not be able to come back to it. */
function judgeClosed({ stage, askedMs }: Asked, node: string, pod: string): void {
  const openedMs = stage.opened.get(node);
  const object = stage.world.store.get('Node', undefined, node);
  const taints: readonly { key: string }[] = object?.spec?.taints ?? [];
  const isOpen = object?.spec?.unschedulable !== true && !taints.some(({ key }) => key === FENCE_TAINT);
  if (isOpen && openedMs !== undefined && openedMs < askedMs - oldestReadMs(stage))
    violate(stage, `${pod} is evicted from ${node}, which was opened again`);
}

/** A node is told to go when nothing stands on it that does not stay, and no volume hangs on it. */
export function judgeRelease(asked: Asked, name: string): void {
  const { stage, askedMs } = asked;
  const { world } = stage;
  judgeLease(asked, name);
  if (world.releasedNodes.has(name)) return;
  const volumes = world.store.list('VolumeAttachment').filter(({ spec }) => spec?.nodeName === name);
  if (volumes.length > 0 && !world.deadNodes.has(name))
    violate(stage, `${name} is given back with ${volumes.length} volumes attached`);
  // Reads may be some seconds old, and the look was before.
  const knownMs = askedMs - longestMs(stage) - 6_000;
  for (const pod of world.pods.onNode(name))
    if (!staysOnItsNode(pod) && Date.parse(pod.metadata.creationTimestamp) < knownMs)
      violate(stage, `${name} is given back with ${pod.metadata.name} on it`);
}

/** Nodes are opened and closed by what the journal says; released ones are not opened again, and none is cordoned under a primary. */
export function judgeNodeChange(
  asked: Asked,
  node: { readonly name: string; readonly resourceVersion: string },
  kind: string,
): void {
  const { stage, worker } = asked;
  const { name } = node;
  judgeJournaled(stage, worker, kind, (act) => act.kind === kind && 'node' in act && act.node === name);
  const object = stage.world.store.get('Node', undefined, name);
  // Of a node that changed since nothing can be changed by this.
  if (object?.metadata.resourceVersion !== node.resourceVersion) return;
  if (kind === 'unfence' || kind === 'uncordon') {
    if (object.metadata.annotations?.[RELEASE_MARK] === stage.runId)
      violate(stage, `${name} is released and opened`);
    const taints: readonly { key: string; value?: string }[] = object.spec?.taints ?? [];
    const mark =
      kind === 'uncordon'
        ? object.metadata.annotations?.[CORDON_MARK]
        : taints.find(({ key }) => key === FENCE_TAINT)?.value;
    if (mark !== stage.runId)
      violate(stage, `${name} is to be opened (${kind}), and the mark is none of ours`);
  } else judgeLease(asked, name);
  // It is as it was looked at: whatever stands on it was there to be seen.
  if (kind === 'mark-released') judgeLeftAlone(asked, name, 0, 'the run gives back');
  if (kind === 'cordon' && stage.plan.request.hold !== 'cordon') judgeCordon(asked, name);
}

function judgeCordon({ stage, looks }: Asked, node: string): void {
  const { world } = stage;
  for (const cluster of world.clusters.values()) {
    const leader = world.store.get('Pod', cluster.namespace, cluster.leader ?? '');
    const led = looks.get(cluster.key)?.leader;
    if (leader?.spec?.nodeName === node && (led === undefined || led === cluster.leader))
      violate(stage, `${node} is cordoned while ${cluster.leader} leads on it`);
  }
}

/** A step that is called done has come to its end: the member that it brought is available, and whom it asked to lead leads. */
export function judgeDone(stage: Stage, looks: Looks, lane: string): void {
  const step = stage.plan.steps.find(({ id }) => id === lane);
  const cluster =
    step !== undefined && 'cluster' in step ? stage.world.clusters.get(step.cluster ?? '') : undefined;
  const look = looks.get(cluster?.key ?? '');
  if (step === undefined || cluster === undefined || look === undefined) return;
  const now = truthAbout(stage, cluster);
  if (step.kind === 'switchover' && look.leader === step.from && now.leader === step.from)
    violate(stage, `${step.id} is called done, and ${step.from} leads ${cluster.key} as before`);
  const member = step.kind === 'move' || step.kind === 'scale-out' ? (step.member ?? '') : '';
  if (look.unavailable.has(member) && now.unavailable.has(member))
    violate(stage, `${step.id} is called done, and ${member} does not stream`);
}
