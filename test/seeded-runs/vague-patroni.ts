/**
 * Patroni says less than the truth for a while: no lag or no timeline of a member, which it writes only once that has a position; a member
 * not at all, whose key has run out in the store; nobody or two that lead. https://patroni.readthedocs.io/en/latest/rest_api.html (GET /cluster)
 */
import type { MemberState } from '../../simulations/world/patroni-cluster.ts';
import type { Random } from '../../simulations/world/random.ts';
import { type Aim, takeAim } from './aim.ts';
import { type Vagueness, vaguenessKinds } from './keep-back.ts';
import { stepsToCome, strikeOnce } from './moments.ts';
import { isTroubled, type Stage, tell } from './stage.ts';

const share = 0.2;
const timesMost = 3;
const soonestMs = 10_000;
/** Outlasts most deadlines, seldom. */
const latestMs = 25 * 60_000;

/** Plans some such times for some of the runs; `chance` serves nothing else. */
export function planVagueAnswers(stage: Stage, chance: Random): void {
  if (chance.next() >= share) return;
  const times = chance.between(1, timesMost);
  for (let index = 0; index < times; index += 1) {
    const own = chance.fork(`${index}`);
    strikeOnce(stage, own.fork('moment'), (step) => {
      if (!isTroubled(stage)) return;
      const aim = takeAim(stage, step, own.next);
      const kind = vaguenessKinds[own.between(0, vaguenessKinds.length - 1)];
      const member = kind === undefined ? undefined : whom(stage, kind, aim);
      const { cluster } = aim;
      if (cluster === undefined || kind === undefined || member === undefined) return;
      const vagueness = { kind, member: member.name };
      const lastsMs = Math.ceil(soonestMs + latestMs * own.next() ** 2);
      stage.vague.set(cluster.key, vagueness);
      stage.happened.add('patroni-vague');
      tell(stage, () => `MISHAP patroni-vague: ${cluster.key} ${kind} ${member.name} for ${lastsMs} ms`);
      stage.time.at(lastsMs, () => {
        if (stage.vague.get(cluster.key) === vagueness) stage.vague.delete(cluster.key);
      });
    });
  }
}

/** Where it would show most: of who leads, of one who stays while others are moved, or of who is to lead next. */
function whom(
  stage: Stage,
  kind: Vagueness['kind'],
  { cluster, leader, replica, bystander }: Aim,
): MemberState | undefined {
  if (kind === 'leader-unknown' || kind === 'leader-without-timeline') return leader;
  if (kind === 'not-listed') return bystander;
  const next = stepsToCome(stage).find((each) => each.kind === 'switchover' && each.cluster === cluster?.key);
  return (next?.kind === 'switchover' ? cluster?.members.get(next.to) : undefined) ?? replica;
}
