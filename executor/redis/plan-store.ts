/**
 * Plans as JSON in Redis.
 */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { DrainPlan } from '../../planner/plan.ts';
import type { StoredPlan } from '../run-service.ts';
import { askRedis } from './connection.ts';
import type { Keys } from './keys.ts';

/** Plans that a list shows; older ones can still be read by their id. */
const LISTED_MAX = 200;

const storedSchema = z.object({
  // Written by savePlan only; the planner's own type holds.
  plan: z.custom<DrainPlan>((plan) => typeof plan === 'object' && plan !== null && 'steps' in plan),
  fleet: z.string(),
  requester: z.string(),
  madeAt: z.string(),
});

/** Keeps a plan under its id; the same plan saved again replaces who asked for it and when. */
export async function savePlan(redis: Redis, keys: Keys, stored: StoredPlan): Promise<void> {
  await askRedis('save a plan', () =>
    redis
      .multi()
      .set(keys.plan(stored.plan.id), JSON.stringify(stored))
      .zadd(keys.plans, Date.parse(stored.madeAt) || 0, stored.plan.id)
      .exec(),
  );
}

/** Returns the plan of that id; undefined: none. */
export async function getPlan(redis: Redis, keys: Keys, id: string): Promise<StoredPlan | undefined> {
  const text = await askRedis('read a plan', () => redis.get(keys.plan(id)));
  return text === null ? undefined : storedSchema.parse(JSON.parse(text));
}

/** Returns the newest plans, newest first. */
export async function listPlans(redis: Redis, keys: Keys): Promise<readonly StoredPlan[]> {
  const ids = await askRedis('list plans', () => redis.zrevrange(keys.plans, 0, LISTED_MAX - 1));
  if (ids.length === 0) return [];
  const texts = await askRedis('list plans', () => redis.mget(ids.map(keys.plan)));
  return texts.flatMap((text) => (text === null ? [] : [storedSchema.parse(JSON.parse(text))]));
}
