/**
 * News of every append to a journal, over a subscription. It may miss some while Redis is away: nobody may depend on it.
 */
import type { Redis } from 'ioredis';
import type { Keys } from './keys.ts';

export type AppendNews = { readonly run: string; readonly lane: string; readonly kind: string };

/** Calls `heed` at each append, by whichever process. Opens a connection of its own; `close` ends it. */
export function listenForAppends(
  redis: Redis,
  keys: Keys,
  heed: (append: AppendNews) => void,
): { close(): void } {
  const subscriber = redis.duplicate();
  // The connection comes back by itself, and whoever listens here looks now and then without it.
  subscriber.on('error', () => {});
  subscriber.on('message', (_channel: string, message: string) => {
    const [run = '', lane = '', kind = ''] = message.split(' ');
    heed({ run, lane, kind });
  });
  // At every connection: one that was not there at the start would never be subscribed otherwise.
  subscriber.on('ready', () => {
    subscriber.subscribe(keys.appended).catch(() => {});
  });
  return { close: () => subscriber.disconnect() };
}
