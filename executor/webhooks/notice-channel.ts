/**
 * The channel to people: notices as signed webhooks to one configured address, for a chat, a pager or a mail gateway.
 *
 *     run.<code>   { run, fleet, code, severity, text, facts }   `code` and `severity` of executor/news-codes.ts; `text` is for people
 */
import { createHash } from 'node:crypto';
import { explainNotice } from '../../planner/explain/explain-news.ts';
import { severities } from '../news-codes.ts';
import type { Clock } from '../ports.ts';
import type { Channel } from '../tell-news.ts';
import { openSignedPoster } from './post-signed.ts';

/** After a day nobody is helped by hearing of it: whoever was away looks at the run itself. */
const patienceMs = 24 * 60 * 60_000;

/** Returns the channel to one address; throws when the secret is no base64 key. */
export function openNoticeChannel(receiver: {
  readonly url: string;
  readonly secret?: string | undefined;
  readonly clock: Clock;
  readonly requestDeadlineMs?: number | undefined;
}): Channel & { close(): Promise<void> } {
  const poster = openSignedPoster({ ...receiver, target: 'notice' });
  return {
    name: nameOf(receiver.url),
    patienceMs,
    tell: async ({ id, notice }) => {
      if (notice === undefined) return false;
      const { code, facts } = notice;
      const { run, fleet } = facts;
      await poster.post(id, `run.${code}`, {
        run,
        fleet,
        code,
        severity: severities[code],
        text: explainNotice(notice),
        facts,
      });
      return true;
    },
    close: poster.close,
  };
}

/** Addresses of chats are secrets themselves: they stand neither in Redis nor in metrics. */
function nameOf(url: string): string {
  return `notice-${createHash('sha256').update(url).digest('hex').slice(0, 8)}`;
}
