/**
 * What arrives at the fleet is judged there, by what is true there, and by what the pass that sent it could have known. Shares
 * nothing with the executor's own guards.
 */
import { realPace } from '../../executor/limits.ts';
import { CORDON_MARK, FENCE_TAINT, RELEASE_MARK } from '../../executor/marks.ts';
import type { JournalEntry } from '../../executor/ports.ts';
import { clusterOf } from '../../simulations/world/patroni-members.ts';
import {
  type ClusterState,
  isAvailable,
  isNofailover,
  type MemberState,
  positionOf,
  walAt,
} from '../../simulations/world/patroni-state.ts';
import { runId, type Stage, violate } from './stage.ts';
import type { Worker } from './worker.ts';

/** What was true of a cluster when a pass asked its Patroni, by the cluster's key. */
export type Looks = Map<string, Look>;
type Look = {
  readonly atMs: number;
  readonly leader: string | undefined;
  readonly unavailable: ReadonlySet<string>;
  readonly able: ReadonlySet<string>;
  readonly timeline: number;
  readonly paused: boolean;
};

/** Remembers the truth about the cluster of these members. */
export function lookOf(stage: Stage, looks: Looks, members: readonly { readonly name: string }[]): void {
  for (const cluster of stage.world.clusters.values())
    if (members.some(({ name }) => cluster.members.has(name)))
      looks.set(cluster.key, truthAbout(stage, cluster));
}

function truthAbout({ world }: Stage, cluster: ClusterState): Look {
  const members = [...cluster.members.values()];
  const available = members.filter((member) => isAvailable(world, cluster, member));
  const away = members.filter((member) => !available.includes(member)).map(({ name }) => name);
  return {
    atMs: world.nowMs(),
    leader: cluster.leader,
    unavailable: new Set([...away, ...missing(world, cluster)]),
    able: new Set(available.filter((member) => !isNofailover(member)).map(({ name }) => name)),
    timeline: cluster.timeline,
    paused: cluster.config.pause === true,
  };
}

/** Members whose pod does not exist. */
function missing(world: Stage['world'], cluster: ClusterState): readonly string[] {
  const set = world.store.get('StatefulSet', cluster.namespace, cluster.scope);
  if (set === undefined) return [];
  const first = Number(set.spec?.ordinals?.start ?? 0);
  const wanted = Number(set.spec?.replicas ?? 1);
  const names = Array.from({ length: wanted }, (_, index) => `${cluster.scope}-${first + index}`);
  return names.filter((name) => !cluster.members.has(name));
}

/** Two members are never unavailable by our doing, and no primary is evicted in place: by what was so at the look and is so still. */
export function judgeEviction(
  stage: Stage,
  worker: Worker,
  looks: Looks,
  { namespace, name, uid }: { readonly namespace: string; readonly name: string; readonly uid: string },
  askedMs: number,
): void {
  judgeJournaled(stage, worker, 'evict', (act) => act.kind === 'evict' && act.uid === uid);
  if (stage.evicted.has(uid)) violate(stage, `${name} was evicted already, and is asked to go again`);
  const { world } = stage;
  const pod = world.store.get('Pod', namespace, name);
  const cluster = pod === undefined ? undefined : clusterOf(world, pod);
  // Whoever evicts a pod that is not there any more, or is going anyway, changes nothing.
  if (pod === undefined || pod.metadata.uid !== uid || cluster === undefined) return;
  if (pod.metadata.deletionTimestamp !== undefined) return;
  const look = looks.get(cluster.key);
  if (look === undefined) {
    violate(stage, `${name} is evicted without a look at its cluster`);
    return;
  }
  judgeAge(stage, look, askedMs, name);
  judgeClosed(stage, look, pod.spec?.nodeName ?? '', name);
  const now = truthAbout(stage, cluster);
  const away = [...now.unavailable].filter((other) => other !== name && look.unavailable.has(other));
  if (away.length > 0) violate(stage, `${name} is evicted while ${away.join(', ')} was unavailable`);
  const isOutage = stage.plan.steps.some(
    (step) => step.kind === 'move' && step.outage && step.cluster === cluster.key,
  );
  const others = [...now.able].filter((other) => other !== name && look.able.has(other));
  if (now.leader === name && look.leader === name && (!isOutage || others.length > 0))
    violate(stage, `${name} is evicted while it leads; ${others.join(', ')} could take over`);
}

/** A switchover is asked of who leads, for somebody who may lead, once at a time. */
export function judgeSwitchover(
  stage: Stage,
  worker: Worker,
  looks: Looks,
  leader: string,
  candidate: string,
  askedMs: number,
): void {
  const isIt = (act: Act): boolean =>
    act.kind === 'switchover' && act.leader === leader && act.candidate === candidate;
  judgeJournaled(stage, worker, 'switchover', isIt);
  const cluster = [...stage.world.clusters.values()].find(({ members }) => members.has(leader));
  if (cluster === undefined) return;
  const look = looks.get(cluster.key);
  if (look === undefined) {
    violate(stage, `${leader} is asked to hand over without a look`);
    return;
  }
  judgeAge(stage, look, askedMs, leader);
  const others = [...stage.world.clusters.values()].filter((each) => each.switchover !== undefined).length;
  const limit = stage.plan.request.limits?.parallelSwitchovers ?? 4;
  if (others >= limit) violate(stage, `${others + 1} switchovers at once, allowed are ${limit}`);
  if (cluster.switchover !== undefined)
    violate(stage, `a second switchover of ${cluster.key} is asked for while one is under way`);
  const member = cluster.members.get(candidate);
  if (member !== undefined && isNofailover(member))
    violate(stage, `${candidate} is to lead and bears the tag nofailover`);
  if (look.unavailable.has(candidate) && truthAbout(stage, cluster).unavailable.has(candidate))
    violate(stage, `${candidate} is to lead and was not streaming`);
  if (member !== undefined && lagOf(stage, cluster, member) > 2 * realPace.lagLimitBytes)
    violate(stage, `${candidate} is to lead and is far behind`);
  if (look.paused) violate(stage, `${cluster.key} is paused and asked to switch over`);
}

function lagOf({ world }: Stage, cluster: ClusterState, member: MemberState): number {
  return walAt(world, cluster, world.nowMs()) - positionOf(world, cluster, member);
}

/** Nobody acts on what he saw long ago; a clock that is wrong, or a worker that stands still in the call itself, is no fault of his. */
function judgeAge({ troubles, ...stage }: Stage, look: Look, askedMs: number, subject: string): void {
  const ageMs = askedMs - look.atMs;
  const allowedMs = realPace.staleAfterMs + 2_000 + 2 * troubles.clockWrongMs;
  if (ageMs > allowedMs)
    violate({ troubles, ...stage }, `${subject} is acted upon ${Math.round(ageMs / 1000)} s after the look`);
}

/** What leaves a node must not be able to come back to it. */
function judgeClosed(stage: Stage, look: Look, node: string, pod: string): void {
  const openedMs = stage.opened.get(node);
  const object = stage.world.store.get('Node', undefined, node);
  const taints: readonly { key: string }[] = object?.spec?.taints ?? [];
  const isOpen = object?.spec?.unschedulable !== true && !taints.some(({ key }) => key === FENCE_TAINT);
  // Reads may be some seconds old.
  if (isOpen && openedMs !== undefined && openedMs < look.atMs - 6_000)
    violate(stage, `${pod} is evicted from ${node}, which was opened again`);
}

/** A node is told to go when nothing stands on it that does not stay, and no volume hangs on it. */
export function judgeRelease(stage: Stage, name: string): void {
  const { world } = stage;
  if (world.releasedNodes.has(name)) return;
  const volumes = world.store.list('VolumeAttachment').filter(({ spec }) => spec?.nodeName === name);
  if (volumes.length > 0 && !world.deadNodes.has(name))
    violate(stage, `${name} is given back with ${volumes.length} volumes attached`);
}

/** Nodes are opened and closed by what the journal says; released ones are not opened again, and none is cordoned under a primary. */
export function judgeNodeChange(
  stage: Stage,
  worker: Worker,
  looks: Looks,
  node: string,
  kind: string,
): void {
  judgeJournaled(stage, worker, kind, (act) => act.kind === kind && 'node' in act && act.node === node);
  const { world, plan } = stage;
  const object = world.store.get('Node', undefined, node);
  const released = object?.metadata.annotations?.[RELEASE_MARK] === runId;
  if ((kind === 'unfence' || kind === 'uncordon') && released)
    violate(stage, `${node} is released and opened`);
  if (kind === 'uncordon' && object?.metadata.annotations?.[CORDON_MARK] !== runId)
    violate(stage, `${node} is uncordoned, and the cordon is none of ours`);
  if (kind !== 'cordon' || plan.request.hold === 'cordon') return;
  for (const cluster of world.clusters.values()) {
    const leader = world.store.get('Pod', cluster.namespace, cluster.leader ?? '');
    const led = looks.get(cluster.key)?.leader;
    if (leader?.spec?.nodeName === node && (led === undefined || led === cluster.leader))
      violate(stage, `${node} is cordoned while ${cluster.leader} leads on it`);
  }
}

type Act = Extract<JournalEntry['event'], { kind: 'act' }>['act'];

/** Whatever is done stands in the journal before, written by the same worker. */
function judgeJournaled(stage: Stage, worker: Worker, what: string, isIt: (act: Act) => boolean): void {
  const entries = stage.journal.runs.get(runId) ?? [];
  const isWritten = entries.some(
    ({ event, by }) => event.kind === 'act' && by === worker.name && isIt(event.act),
  );
  if (!isWritten) violate(stage, `${worker.name} does ${what} that is not in the journal`);
}
