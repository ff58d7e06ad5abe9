/**
 * Webhook deliveries that were seen, by `webhook-id`: a sender that repeats one gets the first answer again.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import type { Redis } from 'ioredis';
import type { Clock } from '../executor/ports.ts';
import { askRedis } from '../executor/redis/connection.ts';

export interface Deliveries {
  /** Claims an id. `answered`: it was answered before; `under-way`: somebody is at it, or died over it less than a minute ago. */
  begin(
    id: string,
  ): Promise<
    | { readonly kind: 'first' }
    | { readonly kind: 'under-way' }
    | { readonly kind: 'answered'; readonly answer: string }
  >;
  /** Keeps the answer (JSON) for as long as a sender may repeat. */
  keep(id: string, answer: string): Promise<void>;
  /** Lets go of an id that could not be answered, so that its repetition is a first try. */
  forget(id: string): Promise<void>;
}

/** A worker that died while answering blocks its delivery for this long. */
const CLAIM_MS = 60_000;
/** Senders repeat for hours; the signature's timestamp refuses copies much earlier, but a sender signs each try anew. */
const KEEP_MS = 7 * 24 * 3_600_000;

/** Deliveries of one API process, forgotten when it ends. */
export function deliveriesInMemory(clock: Clock): Deliveries {
  const seen = new Map<string, { readonly untilMs: number; readonly answer?: string }>();
  return {
    async begin(id) {
      const earlier = seen.get(id);
      if (earlier !== undefined && earlier.untilMs > clock.nowMs()) {
        return earlier.answer === undefined
          ? { kind: 'under-way' }
          : { kind: 'answered', answer: earlier.answer };
      }
      seen.set(id, { untilMs: clock.nowMs() + CLAIM_MS });
      return { kind: 'first' };
    },
    async keep(id, answer) {
      seen.set(id, { untilMs: clock.nowMs() + KEEP_MS, answer });
    },
    async forget(id) {
      seen.delete(id);
    },
  };
}

/** Deliveries shared by all API processes. Throws OutsideError with target `redis` when Redis does not answer. */
export function deliveriesInRedis(redis: Redis, prefix = 'switchyard:delivery:'): Deliveries {
  return {
    async begin(id) {
      const key = prefix + id;
      const claimed = await askRedis(redis, 'claim a delivery', () =>
        redis.set(key, '', 'PX', CLAIM_MS, 'NX'),
      );
      if (claimed !== null) return { kind: 'first' };
      const kept = await askRedis(redis, 'read a delivery', () => redis.get(key));
      if (kept === null || kept === '') return { kind: 'under-way' };
      return { kind: 'answered', answer: kept };
    },
    async keep(id, answer) {
      await askRedis(redis, 'keep a delivery', () => redis.set(prefix + id, answer, 'PX', KEEP_MS));
    },
    async forget(id) {
      await askRedis(redis, 'forget a delivery', () => redis.del(prefix + id));
    },
  };
}
