/**
 * Evictions are forbidden for a while: somebody takes the right away, or an admission webhook denies them. Only a person can change that, so
 * that nobody asks again until one has looked at it. https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
 */
import type { EvictionAnswer } from '../../executor/ports.ts';
import type { Random } from '../../simulations/world/random.ts';
import { strikeOnce } from './moments.ts';
import { entriesOf, isTroubled, type Stage, tell, violate } from './stage.ts';

const share = 0.08;
const soonestMs = 20_000;
/** Halts nearly every run that has something to evict, and is over at times when somebody looks at it. */
const latestMs = 20 * 60_000;

/** Plans one such time for some of the runs; `chance` serves nothing else. */
export function planForbiddenEvictions(stage: Stage, chance: Random): void {
  if (chance.next() >= share) return;
  const lastsMs = Math.ceil(soonestMs + latestMs * chance.next() ** 2);
  strikeOnce(stage, chance.fork('moment'), () => {
    if (!isTroubled(stage)) return;
    stage.evictionsForbidden = true;
    stage.happened.add('evictions-forbidden');
    tell(stage, () => `MISHAP evictions-forbidden: for ${lastsMs} ms`);
    stage.time.at(lastsMs, () => {
      stage.evictionsForbidden = false;
    });
  });
}

/** Returns what the API server says to whoever evicts a pod now; undefined: it is not forbidden. */
export function whyForbidden({ evictionsForbidden }: Stage): EvictionAnswer | undefined {
  return evictionsForbidden
    ? { kind: 'forbidden', message: 'admission webhook "quiet-days.example.com" denied the request' }
    : undefined;
}

/** Judges an eviction that sets out: nobody asks again where the journal has the no, and no person has looked at it since. */
export function judgeAskedAgain(stage: Stage, uid: string): void {
  let isForbidden = false;
  const asked = new Map<string, string>();
  for (const { lane, event } of entriesOf(stage)) {
    if (event.kind === 'resumed' || event.kind === 'replanned') isForbidden = false;
    if (event.kind === 'act' && event.act.kind === 'evict') asked.set(lane, event.act.uid);
    if (event.kind === 'answer' && event.answer === 'forbidden' && asked.get(lane) === uid)
      isForbidden = true;
  }
  if (isForbidden) violate(stage, `the eviction of pod ${uid} is forbidden, and asked for once more`);
}
