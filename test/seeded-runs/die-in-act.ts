/**
 * Workers that die one after the other in the middle of the same act, as they do where the act itself kills them (memory, a bad node) or the
 * cluster is rolled. Chances per call hardly ever strike an act twice.
 */
import type { Random } from '../../simulations/world/random.ts';
import { isTroubled, type Stage, tell } from './stage.ts';
import type { Worker } from './worker.ts';

const share = 0.12;
const deathsLeast = 2;
const deathsMost = 6;
/** Most runs reach so many acts. */
const actsMost = 8;
/** Before the act is sent, when it has arrived, or when its answer is to be written. */
const callsMost = 4;

/** Plans it for some of the runs, before they heal; `chance` serves nothing else. */
export function planDeathsInAct(stage: Stage, chance: Random): void {
  if (chance.next() >= share) return;
  const wanted = chance.next() < 0.6 ? 'switchover' : undefined;
  // What kills them is the same each time.
  const inCalls = chance.between(0, callsMost);
  stage.strikes.push({
    left: chance.between(0, wanted === undefined ? actsMost : 1),
    fits: (event) => event.kind === 'act' && (wanted === undefined || event.act.kind === wanted),
    run: (step) => dieAgain(stage, step?.id, chance.between(deathsLeast, deathsMost), inCalls),
  });
}

/** Whoever has just begun an act in this lane dies soon, and so do those that begin one there next. */
function dieAgain(stage: Stage, lane: string | undefined, deaths: number, inCalls: number): void {
  if (deaths === 0 || !isTroubled(stage)) return;
  stage.doomedInCalls = inCalls;
  tell(stage, () => `MISHAP whoever is at ${lane ?? 'the run'} dies, ${deaths - 1} more to come`);
  awaitNext(stage, lane, deaths - 1, inCalls);
}

function awaitNext(stage: Stage, lane: string | undefined, deaths: number, inCalls: number): void {
  stage.strikes.push({
    left: 0,
    fits: (event) => event.kind === 'act',
    run: (step) =>
      step?.id === lane ? dieAgain(stage, lane, deaths, inCalls) : awaitNext(stage, lane, deaths, inCalls),
  });
}

/** The worker that has just written meets what was planned for it. */
export function meetFate(stage: Stage, worker: Worker): void {
  if (stage.doomedInCalls === undefined) return;
  worker.callsToLive = stage.doomedInCalls;
  stage.doomedInCalls = undefined;
}
