/** A pipeline that refuses everything for a while: nodes are asked for in vain, and nobody hears that one was released. */
import { OutsideError } from '../../executor/errors.ts';
import type { Random } from '../../simulations/world/random.ts';
import { giveUp } from './interfere.ts';
import { isTroubled, type Stage, tell } from './stage.ts';

const share = 0.1;
const abortShare = 0.4;
const soonestMs = 20_000;
const latestMs = 30 * 60_000;
/** Somebody gives up while it is away. */
const givesUpMs = 120_000;

/** Plans one such time for some of the runs; `chance` serves nothing else. */
export function planAwayPipeline(stage: Stage, chance: Random): void {
  if (chance.next() >= share) return;
  const lastsMs = Math.ceil(soonestMs + latestMs * chance.next() ** 2);
  const abortsMs = chance.next() < abortShare ? Math.ceil(givesUpMs * chance.next()) : undefined;
  const act = chance.next() < 0.7 ? 'mark-released' : 'want-node';
  stage.strikes.push({
    left: chance.between(0, 1),
    fits: (event) => event.kind === 'act' && event.act.kind === act,
    run: () => {
      if (!isTroubled(stage)) return;
      stage.pipelineIsAway = true;
      stage.happened.add('pipeline-away');
      tell(stage, () => `MISHAP pipeline-away: for ${lastsMs} ms`);
      stage.time.at(lastsMs, () => {
        stage.pipelineIsAway = false;
      });
      if (abortsMs !== undefined) stage.time.at(abortsMs, () => isTroubled(stage) && giveUp(stage));
    },
  });
}

/** Throws where the pipeline is away. */
export function refuseWhileAway({ pipelineIsAway }: Stage, request: string): void {
  if (!pipelineIsAway) return;
  throw new OutsideError({ code: 'server-error', target: 'pipeline', request, message: 'answers 502' });
}
