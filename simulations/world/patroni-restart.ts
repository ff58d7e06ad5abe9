/**
 * POST /restart and POST /reinitialize: their answers as recorded from Patroni 3.0.2, and what then happens.
 * https://github.com/patroni/patroni/blob/master/patroni/api.py (do_POST_restart, do_POST_reinitialize)
 */
import type { PatroniAnswer, PatroniAnswerNow } from './answers.ts';
import { toMs } from './durations.ts';
import type { ClusterState, MemberState } from './patroni-cluster.ts';
import { followSoon } from './patroni-leader.ts';
import { memberRuns } from './patroni-members.ts';
import { writeMember } from './patroni-publish.ts';
import { settlePosition, settleWal, walAt } from './patroni-state.ts';
import { say } from './patroni-texts.ts';
import type { World } from './world.ts';

/** A clean stop and the start after it (seen). */
const RESTARTED_AFTER_SECONDS = 2.35;

const restartRoles: ReadonlySet<unknown> = new Set(['primary', 'master', 'standby_leader', 'replica']);

/** Restarts PostgreSQL of this member; it keeps its role. The answer comes when it runs again. */
export function postRestart(
  world: World,
  cluster: ClusterState,
  member: MemberState,
  body: unknown,
): PatroniAnswer {
  const wanted = typeof body === 'object' && body !== null ? body : {};
  for (const field of Object.keys(wanted)) {
    if (field === 'schedule') return say(501, 'scheduled restarts are not part of this simulation');
    if (!['role', 'timeout', 'restart_pending'].includes(field))
      return say(400, `Unknown filter for the scheduled restart: ${field}`);
  }
  const role = 'role' in wanted ? wanted.role : member.role;
  if ('role' in wanted && !restartRoles.has(role))
    return say(400, 'PostgreSQL role should be either primary, replica, or standby_leader');
  const isMeant = role === member.role || (role === 'master' && member.role === 'primary');
  // No setting of the simulation ever waits for a restart.
  if (!isMeant || ('restart_pending' in wanted && wanted.restart_pending === true))
    return say(503, 'restart conditions are not satisfied');
  const busy = taskOf(member);
  if (busy !== undefined) return say(503, `${busy} already in progress`);
  if (member.state !== 'running') return say(503, 'restart failed');
  return {
    kind: 'later',
    done: (resolve) => {
      const isUndisturbed = stopFor(world, cluster, member, 'restart');
      world.clock.after(toMs(RESTARTED_AFTER_SECONDS), () => {
        const isThere = isUndisturbed();
        if (isThere) runsAgain(world, cluster, member);
        resolve(isThere ? say(200, 'restarted successfully') : { kind: 'no-answer' });
      });
    },
  };
}

/** Throws the data of a replica away and copies the leader's. The answer comes at once. */
export function postReinitialize(
  world: World,
  cluster: ClusterState,
  member: MemberState,
  body: unknown,
): PatroniAnswerNow {
  const isForced = typeof body === 'object' && body !== null && 'force' in body && body.force === true;
  if (cluster.leader === undefined) return say(503, 'Cluster has no leader, can not reinitialize');
  if (cluster.leader === member.name) return say(503, 'I am the leader, can not reinitialize');
  const busy = taskOf(member);
  if (busy !== undefined && !isForced) return say(503, `${busy} already in progress`);
  const isUndisturbed = stopFor(world, cluster, member, 'reinitialize');
  member.role = 'uninitialized';
  // Its next loop says so; until then it stands there as it last was (seen).
  world.clock.after(toMs(world.durations.loopWaitSeconds), () => {
    if (!isUndisturbed()) return;
    member.published = { state: 'creating replica', role: 'uninitialized' };
    writeMember(world, cluster, member);
  });
  const seconds = world.durations.memberReadySeconds * 3;
  world.clock.after(world.takesMs(seconds, `reinitialize:${member.uid}:${world.nowMs()}`), () => {
    if (!isUndisturbed()) return;
    member.task = undefined;
    // Streamed along with the base backup: https://www.postgresql.org/docs/current/app-pgbasebackup.html
    member.positionBytes = walAt(world, cluster, world.nowMs());
    member.positionAtMs = world.nowMs();
    memberRuns(world, cluster, member);
    world.memberReadiness(member, true);
  });
  return say(200, 'reinitialize started');
}

/** What it is doing; a task ends when anything else happens to the member. */
function taskOf({ task, state }: MemberState): string | undefined {
  return state === 'starting' ? task?.kind : undefined;
}

/** Returns the function that says whether nothing else has happened to the member since. */
function stopFor(
  world: World,
  cluster: ClusterState,
  member: MemberState,
  kind: 'restart' | 'reinitialize',
): () => boolean {
  const task = { kind };
  member.task = task;
  for (const one of cluster.members.values()) settlePosition(world, cluster, one);
  member.state = 'starting';
  member.ready = false;
  member.streamsSinceMs = undefined;
  if (cluster.leader === member.name) {
    // It keeps its lock, and nobody writes or streams meanwhile.
    settleWal(world, cluster);
    cluster.writing = false;
    for (const one of cluster.members.values()) one.streamsSinceMs = undefined;
  }
  world.memberReadiness(member, false);
  return () =>
    cluster.members.get(member.name) === member && member.task === task && member.state === 'starting';
}

function runsAgain(world: World, cluster: ClusterState, member: MemberState): void {
  member.task = undefined;
  member.state = 'running';
  member.ready = true;
  member.startedMs = world.nowMs();
  world.memberReadiness(member, true);
  if (cluster.leader !== member.name) {
    followSoon(world, cluster, member, 1);
    return;
  }
  cluster.walAtMs = world.nowMs();
  cluster.writing = true;
  for (const one of cluster.members.values())
    if (one !== member && one.state === 'running') followSoon(world, cluster, one, 1);
}
