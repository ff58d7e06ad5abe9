/**
 * The first entry of a run: made together with everything kept about it, or not at all.
 */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { RunEvent } from '../journal.ts';
import type { RunState } from '../run.ts';
import { entryTail } from './append-entry.ts';
import { askRedis } from './connection.ts';
import type { Keys } from './keys.ts';

/** A repeated start under the same idempotency key finds its run for this long. */
const IDEMPOTENCY_SECONDS = 30 * 24 * 60 * 60;

/**
 * Where the answer is lost with its connection the client sends it again: whoever holds the fleet then is this very run.
 * A run that was found again takes the fleet from one that stands still: the Lease has kept that one from beginning, and whoever approves
 * or resumes it is told who has the fleet. One that is about to begin halts within four minutes, for the Lease, and is waited for.
 * KEYS: idempotency or '', fleet, run, journal, lanes, runs, live runs, untold runs. ARGV: run, plan, fleet, first state, entry without
 * sequence, time in ms, seconds to keep the idempotency key, channel, of a run that was found again the prefix of the keys of runs, else ''.
 */
const script = `
if KEYS[1] ~= '' then
  local known = redis.call('GET', KEYS[1])
  if known then return {'known', known} end
end
local holder = redis.call('GET', KEYS[2])
if holder == ARGV[1] and redis.call('EXISTS', KEYS[3]) == 1 then return {'created'} end
if holder then
  local state = ARGV[9] ~= '' and redis.call('HGET', ARGV[9] .. holder, 'state')
  if state ~= 'waiting-for-approval' and state ~= 'paused' then return {'fleet-busy', holder} end
end
if redis.call('EXISTS', KEYS[3]) == 1 then return {'run-exists'} end
redis.call('SET', KEYS[2], ARGV[1])
redis.call('HSET', KEYS[3], 'plan', ARGV[2], 'fleet', ARGV[3], 'state', ARGV[4])
redis.call('RPUSH', KEYS[4], '{"sequence":1,' .. ARGV[5])
redis.call('HSET', KEYS[5], 'run', '1')
redis.call('ZADD', KEYS[6], ARGV[6], ARGV[1])
redis.call('SADD', KEYS[7], ARGV[1])
redis.call('SADD', KEYS[8], ARGV[1])
if KEYS[1] ~= '' then redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. ARGV[1], 'EX', ARGV[7]) end
redis.call('PUBLISH', ARGV[8], ARGV[1] .. ' run created')
return {'created'}
`;

const answerSchema = z.union([
  z.tuple([z.literal('created')]),
  z.tuple([z.literal('run-exists')]),
  z.tuple([z.enum(['known', 'fleet-busy']), z.string()]),
]);

export type CreateAnswer =
  | { readonly kind: 'created' }
  /** This idempotency key has started a run already. */
  | { readonly kind: 'known'; readonly plan: string; readonly run: string }
  | { readonly kind: 'fleet-busy'; readonly by: string }
  | { readonly kind: 'run-exists' };

/** Returns whether the run was created, or what stands in its way. Throws OutsideError when Redis does not answer. */
export async function createRun(
  redis: Redis,
  keys: Keys,
  start: {
    readonly run: string;
    readonly plan: string;
    readonly fleet: string;
    readonly requester: string;
    readonly needsApproval: boolean;
    readonly approvals?: 'wave' | undefined;
    readonly approvalMs?: number | undefined;
    readonly idempotencyKey: string | undefined;
    readonly atMs: number;
    /** The run was found again by its marks: who wrote this entry, and the live nodes by zone before its first act. */
    readonly recovered?: {
      readonly by: string;
      readonly liveByZone: Readonly<Record<string, number>>;
    };
  },
): Promise<CreateAnswer> {
  const { run, plan, fleet, requester, needsApproval, approvals, approvalMs, atMs, recovered } = start;
  const event: RunEvent = {
    kind: 'created',
    plan,
    fleet,
    requester,
    needsApproval,
    ...(recovered === undefined ? {} : { recovered: true, liveByZone: recovered.liveByZone }),
    ...(approvals === undefined ? {} : { approvals }),
    // Without an approval there is none that could expire.
    ...(approvalMs === undefined || !needsApproval ? {} : { approvalMs }),
  };
  const state: RunState = needsApproval ? 'waiting-for-approval' : 'running';
  const answer = await askRedis(redis, 'create a run', () =>
    redis.eval(
      script,
      8,
      start.idempotencyKey === undefined ? '' : keys.idempotency(start.idempotencyKey),
      keys.fleet(fleet),
      keys.run(run),
      keys.journal(run),
      keys.lanes(run),
      keys.runs,
      keys.liveRuns(fleet),
      keys.untoldRuns(fleet),
      run,
      plan,
      fleet,
      state,
      entryTail({ lane: 'run', atMs, by: recovered?.by ?? requester, event }),
      String(atMs),
      String(IDEMPOTENCY_SECONDS),
      keys.appended,
      recovered === undefined ? '' : keys.run(''),
    ),
  );
  const parsed = answerSchema.parse(answer);
  switch (parsed[0]) {
    case 'created':
      return { kind: 'created' };
    case 'known': {
      const [knownPlan = '', knownRun = ''] = parsed[1].split(' ');
      return { kind: 'known', plan: knownPlan, run: knownRun };
    }
    case 'fleet-busy':
      return { kind: 'fleet-busy', by: parsed[1] };
    case 'run-exists':
      return { kind: 'run-exists' };
  }
}
