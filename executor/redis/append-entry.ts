/**
 * Appends to the journal of a run: the one place in which it grows after its first entry.
 *
 * One script compares and writes, so that no two workers can both continue a lane. The state of a run depends on its lane
 * `run` alone, and an entry of that lane is written only if the lane still ends where it was read. So the next state can be
 * worked out here, from the table of run-states.ts, and is still right when the script runs.
 */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { EntryHead, Journal, JournalEntry } from '../ports.ts';
import { hasEnded, nextRunState } from '../record/run-states.ts';
import { type RunState, runStates } from '../run.ts';
import { askRedis } from './connection.ts';
import type { Keys } from './keys.ts';

export type Append = Parameters<Journal['append']>[1];
export type AppendAnswer =
  | Awaited<ReturnType<Journal['append']>>
  /** The entry would make the run live again, but its fleet has another run by now. */
  | { readonly kind: 'fleet-busy'; readonly by: string };

/**
 * KEYS: journal, lanes, run, fleet, live runs. ARGV: lane, sequence its last entry must have, must be running, entry without
 * sequence, next state or '', next state holds the fleet, next state has ended, run, channel, message, sequence of an entry that is known
 * to the caller, and how it begins.
 */
const script = `
local last = redis.call('HGET', KEYS[2], ARGV[1]) or '0'
if last ~= ARGV[2] then return {'lane-moved-on'} end
if ARGV[12] ~= '' then
  -- From the end, where it nearly always stands: a journal is long, and older servers walk to an index from the side it is counted from.
  local known = redis.call('LINDEX', KEYS[1], ARGV[11] - 1 - redis.call('LLEN', KEYS[1]))
  if not known or string.sub(known, 1, #ARGV[12]) ~= ARGV[12] then return {'entry-lost'} end
end
if ARGV[3] == '1' and redis.call('HGET', KEYS[3], 'state') ~= 'running' then return {'not-running'} end
if ARGV[5] ~= '' then
  local holder = redis.call('GET', KEYS[4])
  if ARGV[6] == '1' then
    if holder and holder ~= ARGV[8] then return {'fleet-busy', holder} end
    redis.call('SET', KEYS[4], ARGV[8])
  elseif holder == ARGV[8] then
    redis.call('DEL', KEYS[4])
  end
  if ARGV[7] == '1' then redis.call('SREM', KEYS[5], ARGV[8]) end
  redis.call('HSET', KEYS[3], 'state', ARGV[5])
end
local sequence = redis.call('LLEN', KEYS[1]) + 1
redis.call('RPUSH', KEYS[1], '{"sequence":' .. string.format('%d', sequence) .. ',' .. ARGV[4])
redis.call('HSET', KEYS[2], ARGV[1], string.format('%d', sequence))
redis.call('PUBLISH', ARGV[9], ARGV[10])
return {'appended', sequence}
`;

const answerSchema = z.union([
  z.tuple([z.literal('appended'), z.number()]),
  z.tuple([z.literal('fleet-busy'), z.string()]),
  z.tuple([z.enum(['lane-moved-on', 'not-running', 'entry-lost'])]),
]);

/** Returns what became of the entry. Throws OutsideError when Redis does not answer: then it may have been written all the same. */
export async function appendEntry(
  redis: Redis,
  keys: Keys,
  run: string,
  entry: Append,
): Promise<AppendAnswer> {
  const before = await readRunHead(redis, keys, run);
  if (before === undefined) return { kind: 'not-running' };
  const next = entry.lane === 'run' ? nextRunState(before.state, entry.event) : undefined;
  if (entry.lane === 'run' && before.runLane !== entry.after) return { kind: 'lane-moved-on' };
  const answer = await askRedis(redis, 'append to the journal', () =>
    redis.eval(
      script,
      5,
      keys.journal(run),
      keys.lanes(run),
      keys.run(run),
      keys.fleet(before.fleet),
      keys.liveRuns(before.fleet),
      entry.lane,
      String(entry.after),
      entry.whileRunning === true ? '1' : '0',
      entryTail(entry),
      next ?? '',
      next !== undefined && holdsFleet(next) ? '1' : '0',
      next !== undefined && hasEnded(next) ? '1' : '0',
      run,
      keys.appended,
      `${run} ${entry.lane} ${entry.event.kind}`,
      String(entry.knowing?.sequence ?? 0),
      entry.knowing === undefined ? '' : beginningOf(entry.knowing),
    ),
  );
  const parsed = answerSchema.parse(answer);
  switch (parsed[0]) {
    case 'appended':
      return { kind: 'appended', sequence: parsed[1] };
    case 'fleet-busy':
      return { kind: 'fleet-busy', by: parsed[1] };
    default:
      return { kind: parsed[0] };
  }
}

export type RunHead = {
  readonly plan: string;
  readonly fleet: string;
  readonly state: RunState;
  /** Sequence number of the last entry of the lane `run`. */
  readonly runLane: number;
};

const headSchema = z.object({ plan: z.string(), fleet: z.string(), state: z.enum(runStates) });

/** Returns what is kept about a run beside its journal, at one moment; undefined: there is no such run. */
export async function readRunHead(redis: Redis, keys: Keys, run: string): Promise<RunHead | undefined> {
  const answers = await askRedis(redis, 'read a run', () =>
    redis.multi().hgetall(keys.run(run)).hget(keys.lanes(run), 'run').exec(),
  );
  const head = headSchema.safeParse(answers?.[0]?.[1]);
  if (!head.success) return undefined;
  return { ...head.data, runLane: Number(answers?.[1]?.[1] ?? 0) };
}

/**
 * A halted run does not hold its fleet: whoever looks after it may well want a new plan and a new run. Resuming or aborting it
 * takes the fleet again.
 */
export function holdsFleet(state: RunState): boolean {
  return !hasEnded(state) && state !== 'halted';
}

/** How an entry begins as the script writes it. */
function beginningOf({ sequence, lane, atMs, by }: EntryHead): string {
  return `{"sequence":${sequence},${JSON.stringify({ lane, atMs, by }).slice(1, -1)},`;
}

/** The entry as JSON without its opening brace and sequence number, which only the script knows. */
export function entryTail(entry: Omit<JournalEntry, 'sequence'>): string {
  const { lane, atMs, by, event, grounds } = entry;
  return JSON.stringify({ lane, atMs, by, event, grounds }).slice(1);
}
