/**
 * Plans as JSON in Redis.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { DrainPlan } from '../../planner/plan.ts';
import type { PlanSummary, StoredPlan } from '../run-service.ts';
import { askRedis } from './connection.ts';
import type { Keys } from './keys.ts';
import { keepPlanSummary, readPlanSummaries } from './summaries.ts';

/** Plans that a list shows; older ones can still be read by their id. */
const LISTED_MAX = 200;

const storedSchema = z.object({
  // Written by savePlan only; the planner's own type holds.
  plan: z.custom<DrainPlan>((plan) => typeof plan === 'object' && plan !== null && 'steps' in plan),
  fleet: z.string(),
  requester: z.string(),
  madeAt: z.string(),
});

/** A large plan is 17 MB of JSON: as one text it would be there several times until it is sent, and nothing else would go on meanwhile. */
const stepsAtOnce = 2_000;

/** What a worker that died has left of a plan goes by itself. */
const draftSeconds = 600;

/**
 * What was written piece by piece becomes the plan if it is whole: a server that died in between may have lost some of it. Asked again, for
 * the answer was lost, it says the same.
 * Its summary is made anew when somebody asks for it.
 * KEYS: draft, plan, plans, summary. ARGV: SHA-1 of the whole, when it was made, id.
 */
const publishScript = `
local isDraft = redis.call('EXISTS', KEYS[1]) == 1
local text = redis.call('GET', isDraft and KEYS[1] or KEYS[2])
if not text or redis.sha1hex(text) ~= ARGV[1] then return 0 end
if isDraft then
  redis.call('RENAME', KEYS[1], KEYS[2])
  redis.call('PERSIST', KEYS[2])
end
redis.call('ZADD', KEYS[3], ARGV[2], ARGV[3])
redis.call('DEL', KEYS[4])
return 1
`;

/**
 * Keeps a plan under its id; the same plan saved again replaces who asked for it and when. Throws OutsideError where Redis does not answer
 * or has lost what was written.
 */
export async function savePlan(redis: Redis, keys: Keys, stored: StoredPlan): Promise<void> {
  const { id } = stored.plan;
  const draft = `${keys.plan(id)}:${randomUUID()}`;
  const sum = createHash('sha1');
  let offset = 0;
  for (const piece of piecesOf(stored)) {
    const bytes = Buffer.from(piece);
    // Not appended: a command that is sent again after a lost connection changes nothing.
    const at = offset;
    await askRedis(redis, 'save a plan', () =>
      redis.multi().setrange(draft, at, bytes).expire(draft, draftSeconds).exec(),
    );
    sum.update(bytes);
    offset += bytes.length;
  }
  const madeAt = Date.parse(stored.madeAt) || 0;
  await askRedis(redis, 'save a plan', async () => {
    const saved = await redis.eval(
      publishScript,
      4,
      draft,
      keys.plan(id),
      keys.plans,
      keys.planSummary(id),
      sum.digest('hex'),
      madeAt,
      id,
    );
    if (saved !== 1) throw new Error(`plan ${id} was lost while it was written`);
  });
}

/** The JSON of the whole, its steps some thousand at a time. */
function* piecesOf(stored: StoredPlan): Generator<string> {
  const { steps } = stored.plan;
  const mark = randomUUID();
  const [head, tail] = JSON.stringify({ ...stored, plan: { ...stored.plan, steps: [mark] } }).split(
    `"${mark}"`,
  );
  yield head ?? '';
  for (let from = 0; from < steps.length; from += stepsAtOnce) {
    const piece = JSON.stringify(steps.slice(from, from + stepsAtOnce)).slice(1, -1);
    yield from === 0 ? piece : `,${piece}`;
  }
  yield tail ?? '';
}

/** Returns the plan of that id; undefined: none. */
export async function getPlan(redis: Redis, keys: Keys, id: string): Promise<StoredPlan | undefined> {
  const text = await askRedis(redis, 'read a plan', () => redis.get(keys.plan(id)));
  return text === null ? undefined : storedSchema.parse(JSON.parse(text));
}

/** Returns the newest plans in short, newest first. */
export async function listPlans(redis: Redis, keys: Keys): Promise<readonly PlanSummary[]> {
  const ids = await askRedis(redis, 'list plans', () => redis.zrevrange(keys.plans, 0, LISTED_MAX - 1));
  const kept = await readPlanSummaries(redis, keys, ids);
  const listed: PlanSummary[] = [];
  for (const [place, id] of ids.entries()) {
    const summary = kept[place] ?? (await summaryOf(redis, keys, id));
    if (summary !== undefined) listed.push(summary);
  }
  return listed;
}

/** One plan at a time: many large ones are not held at once. */
async function summaryOf(redis: Redis, keys: Keys, id: string): Promise<PlanSummary | undefined> {
  const stored = await getPlan(redis, keys, id);
  return stored === undefined ? undefined : keepPlanSummary(redis, keys, stored);
}
