/**
 * A bulk load right before a switchover: the leader writes more at once than its replicas receive in a moment, so that who is to lead next
 * streams, and is far behind. A replica that freezes does not stream any more, which another guard catches.
 */
import type { SwitchoverStep } from '../../planner/plan.ts';
import { settlePosition, settleWal } from '../../simulations/world/patroni-state.ts';
import type { Random } from '../../simulations/world/random.ts';
import { stepsToCome } from './moments.ts';
import { isTroubled, type Stage, tell } from './stage.ts';

const share = 0.12;
const leastBytes = 2 ** 30;
const mostBytes = 2 ** 33;
/** Most runs make so many switchovers. */
const switchoversMost = 2;

/** Plans one for some of the runs, before they heal; `chance` serves nothing else. */
export function planHeavyLoads(stage: Stage, chance: Random): void {
  if (chance.next() >= share) return;
  const left = chance.between(0, switchoversMost - 1);
  const bytes = 8 * chance.between(leastBytes / 8, mostBytes / 8);
  awaitTurns(stage, left, bytes, new Set());
}

/** Waits until it is the turn of a switchover, and lets `left` others by. */
function awaitTurns(stage: Stage, left: number, bytes: number, seen: Set<string>): void {
  stage.strikes.push({
    left: 0,
    fits: (event) => event.kind === 'done',
    run: () => {
      const step = nextOf(stage, seen);
      if (step !== undefined) seen.add(step.id);
      if (step !== undefined && left === 0) load(stage, step, bytes);
      else awaitTurns(stage, step === undefined ? left : left - 1, bytes, seen);
    },
  });
}

/** A switchover of which all is done that comes before it. */
function nextOf(stage: Stage, seen: ReadonlySet<string>): SwitchoverStep | undefined {
  const toCome = stepsToCome(stage);
  const open = new Set(toCome.map(({ id }) => id));
  for (const step of toCome)
    if (step.kind === 'switchover' && !seen.has(step.id) && !step.after.some((id) => open.has(id)))
      return step;
  return undefined;
}

/** Commits of a synchronous cluster wait for the standby, so that it is never far behind. */
function load(stage: Stage, { cluster: key, to }: SwitchoverStep, bytes: number): void {
  const { world } = stage;
  const cluster = world.clusters.get(key);
  if (cluster?.leader === undefined || !isTroubled(stage)) return;
  if (cluster.switchover !== undefined || cluster.config.synchronous_mode) return;
  for (const member of cluster.members.values()) settlePosition(world, cluster, member);
  settleWal(world, cluster);
  cluster.walBytes += bytes;
  stage.happened.add('heavy-load');
  tell(stage, () => `MISHAP heavy-load: ${key} writes ${bytes} bytes, and ${to} is to lead next`);
}
