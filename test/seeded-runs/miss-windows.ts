/** What makes a run miss windows: somebody stops it over one, or nobody may take over while it is open. What waited for it waits for the next. */
import type { Random } from '../../simulations/world/random.ts';
import { say } from './interfere.ts';
import { isTroubled, type Stage, tell } from './stage.ts';

/** Of the runs with windows. */
const pausedShare = 0.3;
const taggedShare = 0.3;
const minuteMs = 60_000;
const soonMs = 60 * minuteMs;
/** Nobody stops a run for the rest of the day. */
const pausedMostMs = 10 * minuteMs;
const taggedAfterMostMs = 5 * minuteMs;

/** Plans it for some of the runs with windows; `chance` serves nothing else. */
export function planMissedWindows(stage: Stage, chance: Random): void {
  if (stage.windows.size === 0) return;
  planPause(stage, chance.fork('pause'));
  planTags(stage, chance.fork('tags'));
}

function planPause(stage: Stage, chance: Random): void {
  if (chance.next() >= pausedShare) return;
  const { time } = stage;
  const nowMs = time.nowMs();
  const soon = [...stage.windows.values()].flatMap(({ openings }) =>
    openings.filter(({ opensMs }) => opensMs >= nowMs && opensMs < nowMs + soonMs),
  );
  const missed = soon[chance.between(0, soon.length - 1)];
  if (missed === undefined) return;
  const { opensMs, closesMs } = missed;
  const pausedMs = Math.max(1, Math.floor(opensMs - nowMs - 2 * minuteMs * chance.next()));
  // Mostly a little longer than it is open, and now and then not quite.
  const overMs = Math.min(closesMs - opensMs, pausedMostMs) + 2 * minuteMs * (chance.next() - 0.3);
  const resumedMs = Math.max(pausedMs + 1, Math.ceil(opensMs - nowMs + overMs));
  time.at(pausedMs, () => {
    tell(stage, () => `MISHAP pause-over-window: for ${resumedMs - pausedMs} ms`);
    void say(stage, { kind: 'pause-asked' });
  });
  time.at(resumedMs, () => void say(stage, { kind: 'resumed' }));
}

/** For longer than such a thing is waited for, and mostly longer than any window of that time is open: together they are no reason to halt. */
function planTags(stage: Stage, chance: Random): void {
  if (chance.next() >= taggedShare) return;
  const keys = [...stage.windows.keys()];
  const key = keys[chance.between(0, keys.length - 1)] ?? '';
  stage.time.at(Math.ceil(taggedAfterMostMs * chance.next()), () => {
    const cluster = stage.world.clusters.get(key);
    if (cluster === undefined || !isTroubled(stage)) return;
    for (const member of cluster.members.values()) {
      if (member.name === cluster.leader) continue;
      member.tags = { ...member.tags, nofailover: true };
      stage.tagged.add(member.name);
    }
    stage.happened.add('somebody-tags-nofailover');
    tell(stage, () => `MISHAP somebody-tags-nofailover: all replicas of ${key}`);
  });
}
