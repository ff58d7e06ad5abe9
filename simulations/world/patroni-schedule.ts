/**
 * Switchovers for later: written into the failover object, shown by GET /cluster, taken back by DELETE /switchover, and carried out by the
 * leader when their time has come.
 * https://github.com/patroni/patroni/blob/master/patroni/ha.py (should_run_scheduled_action)
 */
import type { PatroniAnswerNow } from './answers.ts';
import { annotate, patroniTime } from './patroni-publish.ts';
import type { ClusterState } from './patroni-state.ts';
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
  write(world, cluster, scheduled);
  world.clock.after(scheduled.atMs - world.nowMs(), () => {
    if (cluster.scheduled !== scheduled) return;
    write(world, cluster, undefined);
    carryOut();
  });
  return say(202, 'Switchover scheduled');
}

/** DELETE /switchover. */
export function deleteSwitchover(world: World, cluster: ClusterState): PatroniAnswerNow {
  if (cluster.scheduled === undefined) return say(404, 'no switchover is scheduled');
  write(world, cluster, undefined);
  return say(200, 'scheduled switchover deleted');
}

/** As GET /cluster shows it. */
export function scheduledView({ leader, candidate, atMs }: Scheduled): unknown {
  return { at: patroniTime(atMs), from: leader, ...(candidate === undefined ? {} : { to: candidate }) };
}

function write(world: World, cluster: ClusterState, scheduled: Scheduled | undefined): void {
  cluster.scheduled = scheduled;
  annotate(world, cluster, `${cluster.scope}-failover`, {
    leader: scheduled?.leader,
    member: scheduled?.candidate,
    scheduled_at: scheduled === undefined ? undefined : patroniTime(scheduled.atMs),
  });
}
