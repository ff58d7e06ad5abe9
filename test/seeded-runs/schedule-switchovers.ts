/**
 * Somebody asks Patroni for a switchover at a later time, as people do for the night, and may take it back. One of ours in between would
 * wipe it out.
 */
import type { RoleChange } from '../../simulations/world/answers.ts';
import type { Random } from '../../simulations/world/random.ts';
import { takeAim } from './aim.ts';
import { strikeOnce } from './moments.ts';
import { isTroubled, type Stage, tell } from './stage.ts';

const share = 0.15;
const soonestMs = 5_000;
const latestMs = 600_000;
const takenBackShare = 0.3;
/** A switchover begins at its time and is over within a few seconds, or comes to nothing. */
const takesMostMs = 5_000;

/** Plans it for some of the runs; `chance` serves nothing else. */
export function planScheduledSwitchovers(stage: Stage, chance: Random): void {
  if (chance.next() >= share) return;
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
    stage.happened.add('somebody-schedules-switchover');
    tell(
      stage,
      () => `MISHAP somebody-schedules-switchover: ${leader.name} -> ${replica.name} in ${afterMs} ms`,
    );
    if (own.next() < takenBackShare)
      time.at(Math.ceil(afterMs * own.next()), () => {
        if (cluster.scheduled === scheduled) ask('DELETE', null);
      });
    // Its time comes in the same millisecond: until it is over it stands where it stood.
    time.at(afterMs, () => {
      if (cluster.scheduled === scheduled)
        stage.scheduled.set(nameOf(cluster.key, cluster.timeline + 1), world.nowMs());
    });
  });
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

/** Whether Patroni switched over because somebody had asked for it beforehand. */
export function wasScheduled({ scheduled }: Stage, { kind, cluster, timeline, atMs }: RoleChange): boolean {
  const dueMs = scheduled.get(nameOf(cluster, timeline)) ?? Number.NEGATIVE_INFINITY;
  return kind === 'switchover' && atMs - dueMs < takesMostMs;
}

function nameOf(cluster: string, timeline: number): string {
  return `${cluster} ${timeline}`;
}
