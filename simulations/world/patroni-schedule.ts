/**
 * Switchovers for later: written into the failover object, shown by GET /cluster, taken back by DELETE /switchover, and carried out by the
 * leader when their time has come.
 * https://github.com/patroni/patroni/blob/master/patroni/ha.py (should_run_scheduled_action)
 */
import type { PatroniAnswerNow } from './answers.ts';
import type { ClusterState } from './patroni-cluster.ts';
import { annotate, patroniTime } from './patroni-publish.ts';
import { say } from './patroni-texts.ts';
import type { World } from './world.ts';

type Scheduled = NonNullable<ClusterState['scheduled']>;

/** Writes it down; `carryOut` is called at its time, unless something else was written meanwhile. */
export function scheduleSwitchover(
  world: World,
  cluster: ClusterState,
  scheduled: Scheduled,
  carryOut: () => void,
): PatroniAnswerNow {
  writeSwitchover(world, cluster, scheduled);
  const noted = cluster.scheduled;
  world.clock.after(scheduled.atMs - world.nowMs(), () => {
    if (cluster.scheduled === noted) carryOut();
  });
  return say(202, 'Switchover scheduled');
}

/** DELETE /switchover. */
export function deleteSwitchover(world: World, cluster: ClusterState): PatroniAnswerNow {
  if (cluster.scheduled === undefined) return say(404, 'no switchover is scheduled');
  writeSwitchover(world, cluster, undefined);
  return say(200, 'scheduled switchover deleted');
}

/** As GET /cluster shows it. */
export function scheduledView({ leader, candidate, atMs }: Scheduled): unknown {
  return { at: patroniTime(atMs), from: leader, ...(candidate === undefined ? {} : { to: candidate }) };
}

/** What stands in the one key that switchovers are asked for in, now or for later: whatever stood there before is gone. */
export function writeSwitchover(
  world: World,
  cluster: ClusterState,
  asked:
    | { readonly leader: string; readonly candidate: string | undefined; readonly atMs?: number }
    | undefined,
): void {
  const { leader, candidate, atMs } = asked ?? {};
  cluster.scheduled = leader === undefined || atMs === undefined ? undefined : { leader, candidate, atMs };
  annotate(world, cluster, `${cluster.scope}-failover`, {
    leader,
    member: candidate,
    scheduled_at: atMs === undefined ? undefined : patroniTime(atMs),
  });
}
