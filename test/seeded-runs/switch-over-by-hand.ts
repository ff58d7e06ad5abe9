/**
 * Somebody else asks Patroni for a switchover: at once, in the midst of what the run does; or at a later time, as people do for the night,
 * and may take it back: one of ours in between would wipe it out.
 */
import type { RoleChange } from '../../simulations/world/answers.ts';
import type { ClusterState } from '../../simulations/world/patroni-cluster.ts';
import type { Random } from '../../simulations/world/random.ts';
import { takeAim } from './aim.ts';
import { strikeOnce } from './moments.ts';
import { stopSlowly } from './slow-stops.ts';
import { isTroubled, type Stage, tell } from './stage.ts';

const scheduledShare = 0.15;
const atOnceShare = 0.15;
/** A busy database takes its time to stop, and is looked at meanwhile. */
const slowShare = 0.6;
const soonestMs = 5_000;
const latestMs = 600_000;
const takenBackShare = 0.3;
/** A switchover begins at its time and is over within a few seconds, and what the leader takes longer to stop, or comes to nothing. */
const takesMostMs = 5_000;

/** Plans one at a later time for some of the runs; `chance` serves nothing else. */
export function planScheduledSwitchovers(stage: Stage, chance: Random): void {
  if (chance.next() >= scheduledShare) return;
  const own = chance.fork('what');
  strikeOnce(stage, chance.fork('moment'), (step) => {
    if (!isTroubled(stage)) return;
    const { cluster, leader, replica } = takeAim(stage, step, own.next);
    if (cluster === undefined || leader === undefined || replica === undefined) return;
    const afterMs = Math.ceil(soonestMs + latestMs * own.next() ** 2);
    const { world, time } = stage;
    const ask = (method: string, body: unknown) =>
      world.patroniRequest(leader.namespace, leader.name, { method, path: '/switchover', body });
    const scheduled_at = new Date(world.nowMs() + afterMs).toISOString();
    const answer = ask('POST', { leader: leader.name, candidate: replica.name, scheduled_at });
    if (answer.kind !== 'answer' || answer.status !== 202) return;
    const { scheduled } = cluster;
    stage.happened.add('somebody-switches-over');
    tell(stage, () => `MISHAP somebody-switches-over: ${leader.name} -> ${replica.name} in ${afterMs} ms`);
    if (own.next() < takenBackShare)
      time.at(Math.ceil(afterMs * own.next()), () => {
        if (cluster.scheduled === scheduled) ask('DELETE', null);
      });
    // Its time comes in the same millisecond: until it is over it stands where it stood.
    time.at(afterMs, () => {
      if (cluster.scheduled === scheduled) noteBegun(stage, cluster);
    });
  });
}

/** Plans one that is asked for at once for some of the runs; `chance` serves nothing else. */
export function planSwitchoversAtOnce(stage: Stage, chance: Random): void {
  if (chance.next() >= atOnceShare) return;
  const own = chance.fork('what');
  strikeOnce(stage, chance.fork('moment'), (step) => {
    if (!isTroubled(stage)) return;
    const { world } = stage;
    const { cluster, leader, replica } = takeAim(stage, step, own.next);
    if (cluster === undefined || leader === undefined || replica === undefined) return;
    // Whoever asks while one is under way joins it. What Patroni may do later all the same is a mishap of its own.
    if (cluster.switchover !== undefined || world.faults.switchoverLies.has(cluster.key)) return;
    const { namespace, name } = leader;
    const body = { leader: name, candidate: replica.name };
    const answer = world.patroniRequest(namespace, name, { method: 'POST', path: '/switchover', body });
    if (answer.kind !== 'later') return;
    if (own.next() < slowShare) stopSlowly(stage, cluster.key, own);
    answer.done(() => {});
    if (cluster.switchover === undefined) return;
    noteBegun(stage, cluster);
    stage.happened.add('somebody-switches-over');
    tell(stage, () => `MISHAP somebody-switches-over: ${name} -> ${replica.name} at once`);
  });
}

function noteBegun(stage: Stage, { key, timeline }: ClusterState): void {
  const { world, begunByOthers } = stage;
  const stopMs = 1_000 * (world.faults.stopSeconds.get(key) ?? 0);
  begunByOthers.set(nameOf(key, timeline + 1), world.nowMs() + stopMs + takesMostMs);
}

/** What was not done at the end of all troubles is taken back. */
export function takeBackScheduled({ world }: Stage): void {
  for (const { scheduled, namespace, switchover } of world.clusters.values())
    if (scheduled !== undefined && switchover === undefined)
      world.patroniRequest(namespace, scheduled.leader, {
        method: 'DELETE',
        path: '/switchover',
        body: null,
      });
}

/** Whether Patroni switched over because somebody else had asked for it. */
export function isOfOthers(stage: Stage, { kind, cluster, timeline, atMs }: RoleChange): boolean {
  return kind === 'switchover' && hasBegunBy(stage, nameOf(cluster, timeline), atMs);
}

/** Whether the switchover that is under way in the cluster is somebody else's. */
export function isUnderWayForOthers(stage: Stage, { key, timeline, switchover }: ClusterState): boolean {
  return switchover !== undefined && hasBegunBy(stage, nameOf(key, timeline + 1), stage.world.nowMs());
}

/** One that came to nothing is no longer under way: the next on that timeline may be anybody's. */
function hasBegunBy({ begunByOthers }: Stage, name: string, atMs: number): boolean {
  return atMs < (begunByOthers.get(name) ?? 0);
}

/**
 * The run asks for one, too, of this leader. Where one of somebody else's is under way, and unless the run is refused, it is told what comes
 * of that and counts it as its own: call what is returned.
 */
export function joinOthers(stage: Stage, leader: string): () => void {
  const cluster = [...stage.world.clusters.values()].find(({ members }) => members.has(leader));
  if (cluster === undefined || !isUnderWayForOthers(stage, cluster)) return () => {};
  const name = nameOf(cluster.key, cluster.timeline + 1);
  return () => void stage.begunByOthers.delete(name);
}

function nameOf(cluster: string, timeline: number): string {
  return `${cluster} ${timeline}`;
}
