/**
 * Plans and runs in short, for lists. A plan of a thousand nodes is 17 MB, and the journal of its run takes seconds to read: each is read
 * once, and what lists show of it is kept. A run is kept once it has ended, for nothing changes it any more.
 */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { explainVerdict } from '../../planner/explain/explain.ts';
import type { RunState, RunSummary } from '../run.ts';
import type { PlanSummary, StoredPlan } from '../run-service.ts';
import { askRedis } from './connection.ts';
import type { Keys } from './keys.ts';

/** Raised when summaries have other fields or words than before: older ones are made anew. */
const version = 2;

// Written by this program only, whole.
const ofRun = z.object({
  version: z.literal(version),
  summary: z.custom<RunSummary>((summary) => typeof summary === 'object' && summary !== null),
});
const ofPlan = z.object({
  version: z.literal(version),
  summary: z.custom<PlanSummary>((summary) => typeof summary === 'object' && summary !== null),
});

/** Returns the summary that was kept of a run that ended so; undefined: there is none, or it is of another version. */
export async function readRunSummary(
  redis: Redis,
  keys: Keys,
  run: string,
  state: RunState,
): Promise<RunSummary | undefined> {
  const text = await askRedis(redis, 'read a summary', () => redis.get(keys.runSummary(run)));
  const kept = text === null ? undefined : ofRun.safeParse(JSON.parse(text));
  // A Redis that died may have lost the end that it tells of.
  return kept?.success === true && kept.data.summary.state === state ? kept.data.summary : undefined;
}

/** Keeps the summary of a run that has ended. */
export async function keepRunSummary(redis: Redis, keys: Keys, summary: RunSummary): Promise<void> {
  const text = JSON.stringify({ version, summary });
  await askRedis(redis, 'keep a summary', () => redis.set(keys.runSummary(summary.id), text));
}

/** Returns the summaries that were kept of these plans, each in its place; undefined where there is none, or one of another version. */
export async function readPlanSummaries(
  redis: Redis,
  keys: Keys,
  ids: readonly string[],
): Promise<readonly (PlanSummary | undefined)[]> {
  if (ids.length === 0) return [];
  const texts = await askRedis(redis, 'read summaries', () => redis.mget(ids.map(keys.planSummary)));
  return texts.map((text) => (text === null ? undefined : ofPlan.safeParse(JSON.parse(text)).data?.summary));
}

/** Keeps the summary of a plan, and returns it. */
export async function keepPlanSummary(redis: Redis, keys: Keys, stored: StoredPlan): Promise<PlanSummary> {
  const summary = summarizePlan(stored);
  const text = JSON.stringify({ version, summary });
  await askRedis(redis, 'keep a summary', () => redis.set(keys.planSummary(summary.id), text));
  return summary;
}

/** Returns a plan as lists have it. */
export function summarizePlan({ plan, fleet, requester, madeAt }: StoredPlan): PlanSummary {
  const { criticalPath: _, baselines, ...summary } = plan.summary;
  const { switchovers } = baselines.naive;
  return {
    id: plan.id,
    fleet,
    requester,
    madeAt,
    verdict: explainVerdict(plan),
    summary: { ...summary, baselines: { naive: { switchovers, clusters: {} } } },
    steps: plan.steps.length,
    refusals: plan.refusals.length,
  };
}
