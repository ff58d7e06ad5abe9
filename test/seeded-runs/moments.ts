/** When mishaps strike: now and then, but most right after an entry of the journal, for what happens around an act shows most. */
import type { JournalEntry } from '../../executor/ports.ts';
import type { Step } from '../../planner/plan.ts';
import type { Random } from '../../simulations/world/random.ts';
import { entriesOf, type Stage } from './stage.ts';
import type { Strike } from './strike.ts';

const interruptingActs: ReadonlySet<string> = new Set(['evict', 'switchover', 'scale']);

type Around = { readonly upTo: number; readonly share: number; readonly fits: Strike['fits'] };

/** Most runs reach so many entries of a kind. */
const arounds: readonly Around[] = [
  {
    share: 0.25,
    upTo: 8,
    fits: (event) => event.kind === 'act' && interruptingActs.has(event.act.kind),
  },
  { share: 0.2, upTo: 8, fits: (event) => event.kind === 'answer' && interruptingActs.has(event.act) },
  { share: 0.3, upTo: 12, fits: (event) => event.kind === 'done' },
  { share: 0.15, upTo: 100, fits: () => true },
];

/** Most that somebody hesitates after what he reacts to, in milliseconds. */
const hesitatesMs = 20_000;

/** Lets `happen` strike once before the run heals, at a moment that follows from `chance`. */
export function strikeOnce(stage: Stage, chance: Random, happen: (step: Step | undefined) => void): void {
  const { time, troubles } = stage;
  const hesitates = chance.next() < 0.4 ? hesitatesMs * chance.next() ** 2 : 0;
  let draw = chance.next();
  for (const { share, upTo, fits } of arounds) {
    draw -= share;
    if (draw >= 0) continue;
    const run = (step: Step | undefined): void =>
      hesitates === 0 ? happen(step) : time.at(Math.ceil(hesitates), () => happen(step));
    stage.strikes.push({ left: chance.between(0, upTo - 1), fits, run });
    return;
  }
  time.at(Math.floor(troubles.healAfterMs * chance.next()), () => happen(undefined));
}

/** Called with each new entry of the journal. */
export function strikeAfter(stage: Stage, lane: string, event: JournalEntry['event']): void {
  for (const strike of [...stage.strikes]) {
    if (!strike.fits(event)) continue;
    strike.left -= 1;
    if (strike.left >= 0) continue;
    stage.strikes.splice(stage.strikes.indexOf(strike), 1);
    strike.run(stage.plan.steps.find(({ id }) => id === lane));
  }
}

/** Steps that are not done yet, in the order of the plan. */
export function stepsToCome(stage: Stage): readonly Step[] {
  const entries = entriesOf(stage);
  const done = new Set(entries.flatMap(({ lane, event }) => (event.kind === 'done' ? [lane] : [])));
  return stage.plan.steps.filter(({ id }) => !done.has(id));
}
