/** The plans that a worker has in memory: each until a journal that names it has been read. */
import type { Redis } from 'ioredis';
import type { DrainPlan } from '../../planner/plan.ts';
import type { PlanShelf } from '../contexts.ts';
import type { FirstPlan, Folds } from '../record/read-fold.ts';
import { shareParts } from '../share-parts.ts';
import { systemClock } from '../system-clock.ts';
import type { Keys } from './keys.ts';
import { getPlan, savePlan } from './plan-store.ts';

export type PlansAtHand = {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly plans: Map<string, DrainPlan>;
  readonly folds: Folds;
};

/** Plans kept in memory until a journal that names them has been read: a worker serves one fleet, which has one run at a time. */
const PLANS_KEPT = 4;

/** Returns the plans by id as passes ask for them and keep new ones. */
export function shelfOf(hand: PlansAtHand): PlanShelf {
  const { redis, keys, plans } = hand;
  return {
    get: (id) => planOf(hand, id),
    async keep(plan, about) {
      await savePlan(redis, keys, { plan, ...about, madeAt: new Date(systemClock.nowMs()).toISOString() });
      plans.set(plan.id, shareParts(plan));
    },
  };
}

/** Returns the plan of that id. Throws where it is not stored any more, and OutsideError where Redis does not answer. */
export async function planOf(hand: PlansAtHand, id: string): Promise<DrainPlan> {
  const kept = hand.plans.get(id);
  if (kept !== undefined) return kept;
  const stored = await getPlan(hand.redis, hand.keys, id);
  if (stored === undefined) throw new Error(`plan ${id} is not stored any more`);
  // Two may have asked at the same time; whatever they keep of the plan is then the same.
  const meanwhile = hand.plans.get(id);
  if (meanwhile !== undefined) return meanwhile;
  if (hand.plans.size >= PLANS_KEPT) hand.plans.clear();
  const plan = shareParts(stored.plan);
  hand.plans.set(id, plan);
  return plan;
}

/** Returns the plan with which a run began, as it is asked for. */
export function firstPlanOf(hand: PlansAtHand, id: string): FirstPlan {
  return { id, read: () => planOf(hand, id) };
}

/** What has been read of a journal holds the plan that the run goes by. The others are asked for again where all is read anew. */
export function forgetPlans({ plans, folds }: PlansAtHand, run: string): void {
  for (const id of folds.get(run)?.planIds ?? []) plans.delete(id);
}
