/**
 * Redis dies and comes back without the journal's last second: that is how often its append-only file is written
 * (https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/, `appendfsync everysec`). Acts of which it knows nothing took place.
 */
import type { JournalEntry } from '../../executor/ports.ts';
import type { Random } from '../../simulations/world/random.ts';
import { person, say } from './interfere.ts';
import { strikeOnce } from './moments.ts';
import { isTroubled, type Stage, tell } from './stage.ts';

const share = 0.15;
const mostMs = 1_000;
/** Somebody sees that a run does not do what it was told, and says it again. */
const noticesMs = 30_000;

/** Plans it for some of the runs; `chance` serves nothing else. */
export function planLostJournal(stage: Stage, chance: Random): void {
  if (chance.next() >= share) return;
  const own = chance.fork('what');
  strikeOnce(stage, chance.fork('moment'), () => loseLastSecond(stage, own));
}

/** Right after an entry, which is the first that is lost, with what is written in the next moments. */
export function loseLastSecond(stage: Stage, chance: Random): void {
  if (!isTroubled(stage)) return;
  const { time, journal } = stage;
  const kept = Math.max(1, (journal.runs.get(stage.runId)?.length ?? 1) - 1);
  time.at(Math.ceil(mostMs * chance.next()), () => {
    const lost = journal.lose(stage.runId, kept);
    if (lost.length === 0) return;
    stage.lost.push(...lost);
    stage.happened.add('journal-lost');
    tell(
      stage,
      () => `MISHAP journal-lost: ${lost.map(({ lane, event }) => `${lane} ${event.kind}`).join(', ')}`,
    );
    stage.onSaid();
    for (const { event } of lost.filter(({ by }) => by === person)) sayAgain(stage, event);
  });
}

/** Whoever wanted the run to stand still for a while may have said meanwhile that it goes on, to a run that did not stand still. */
function sayAgain(stage: Stage, event: JournalEntry['event']): void {
  stage.time.at(noticesMs, () => void say(stage, event));
  if (event.kind === 'pause-asked') stage.time.at(2 * noticesMs, () => void say(stage, { kind: 'resumed' }));
}
