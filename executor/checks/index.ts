/**
 * What goes on in a cluster, asked of something of the operator's that stands beside the databases: one GET, answered with JSON
 *
 *     { "backupRunning": false, "longestTransactionSeconds": 12.5 }
 *
 * Tried once. Whatever else comes, a redirect, a missing number or null included, is an OutsideError: nobody has said yes.
 */
import { Agent, request } from 'undici';
import { z } from 'zod';
import { OutsideError } from '../errors.ts';
import type { ActivityPort, ClusterActivity } from '../ports.ts';
import { checkUrlFor } from './check-url.ts';

export type CheckOptions = {
  /** With the names in braces that check-url.ts fills in. It may hold a token, and is never told in errors. */
  readonly url: string;
  /** Longest wait for the whole answer. Default 3 s: what was seen before must still be fresh when it comes. */
  readonly requestDeadlineMs?: number;
};

/** An answer has some sixty bytes; whoever sends more is not what was meant. */
const bytesMax = 16 * 1024;

/** A query that may not see the transactions of others finds null: unknown is never taken for none. */
const activitySchema = z.object({
  backupRunning: z.boolean(),
  longestTransactionSeconds: z.number().nonnegative(),
});

type Answer = { readonly status: number; readonly text: string };
type Failed = (code: OutsideError['code'], message: string) => OutsideError;

/** Returns the port; nothing is asked yet. */
export function connectChecks({
  url,
  requestDeadlineMs = 3_000,
}: CheckOptions): ActivityPort & { close(): Promise<void> } {
  const agent = new Agent();
  return {
    readActivity: async (names) => {
      const asked = `GET ${names.namespace}/${names.cluster}`;
      const failed: Failed = (code, message) =>
        new OutsideError({ code, target: 'check', request: asked, message });
      return understand(await ask(checkUrlFor(url, names), agent, requestDeadlineMs, failed), failed);
    },
    close: () => agent.destroy(),
  };
}

async function ask(url: string, dispatcher: Agent, deadlineMs: number, failed: Failed): Promise<Answer> {
  try {
    const { statusCode, body } = await request(url, { dispatcher, signal: AbortSignal.timeout(deadlineMs) });
    const chunks: Buffer[] = [];
    let bytes = 0;
    // Leaving the loop closes the connection: what is too long is not read to its end.
    for await (const chunk of body) {
      const part = Buffer.from(chunk);
      bytes += part.length;
      if (bytes > bytesMax) {
        throw failed('unexpected-answer', `more than ${bytesMax} bytes`);
      }
      chunks.push(part);
    }
    return { status: statusCode, text: Buffer.concat(chunks).toString() };
  } catch (error) {
    if (error instanceof OutsideError) {
      throw error;
    }
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'no connection';
    throw isLate ? failed('timeout', `no answer within ${deadlineMs} ms`) : failed('unreachable', reason);
  }
}

function understand({ status, text }: Answer, failed: Failed): ClusterActivity {
  if (status !== 200) {
    throw failed(status >= 500 ? 'server-error' : 'unexpected-answer', `status ${status}`);
  }
  const parsed = activitySchema.safeParse(parseJson(text));
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join('.');
    throw failed(
      'unexpected-answer',
      field ? `${field} is missing or wrong` : 'not the JSON that was expected',
    );
  }
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
