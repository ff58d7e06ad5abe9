/**
 * One POST of the Standard Webhooks convention (https://www.standardwebhooks.com): a body `{ type, timestamp, data }`, signed
 * in the headers webhook-id, webhook-timestamp and webhook-signature. Tried once; who repeats it gives the same id, so that the
 * receiver can tell a repetition from a second message.
 */
import { Webhook } from 'standardwebhooks';
import { Agent, request } from 'undici';
import { OutsideError } from '../errors.ts';
import type { Clock } from '../ports.ts';

export type Receiver = {
  readonly url: string;
  /** Named in errors: `pipeline` or `notice`. */
  readonly target: string;
  /** Base64 key, with or without the prefix `whsec_`. Undefined: messages go out unsigned. */
  readonly secret?: string | undefined;
  readonly clock: Clock;
  /** Longest wait for one answer. Default 10 s. */
  readonly requestDeadlineMs?: number | undefined;
};

export type SignedPoster = {
  /** Any 2xx means that the message was taken; everything else is thrown as an OutsideError. */
  post(id: string, type: string, content: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
};

/** Returns the way to one receiver; throws when the secret is no base64 key. */
export function openSignedPoster(receiver: Receiver): SignedPoster {
  const agent = new Agent();
  const webhook = receiver.secret === undefined ? undefined : new Webhook(receiver.secret);
  return {
    async post(id, type, content) {
      const atMs = receiver.clock.nowMs();
      const sentAt = new Date(atMs);
      const body = JSON.stringify({ type, timestamp: sentAt.toISOString(), data: content });
      const signature = webhook === undefined ? {} : { 'webhook-signature': webhook.sign(id, sentAt, body) };
      const headers = {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(atMs / 1000)),
        ...signature,
      };
      await send(agent, receiver, { type, headers, body });
    },
    close: () => agent.destroy(),
  };
}

async function send(
  agent: Agent,
  { url, target, requestDeadlineMs = 10_000 }: Receiver,
  message: {
    readonly type: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  },
): Promise<void> {
  const failure = (code: OutsideError['code'], text: string) =>
    new OutsideError({ code, target, request: `POST ${message.type}`, message: text });
  const status = await request(url, {
    method: 'POST',
    dispatcher: agent,
    headers: message.headers,
    body: message.body,
    signal: AbortSignal.timeout(requestDeadlineMs),
  }).then(
    async (response) => {
      await response.body.dump();
      return response.statusCode;
    },
    (error: unknown) => {
      const timedOut = error instanceof Error && error.name === 'TimeoutError';
      const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      throw failure(
        timedOut ? 'timeout' : 'unreachable',
        timedOut ? `no answer within ${requestDeadlineMs} ms` : reason,
      );
    },
  );
  if (status >= 200 && status < 300) return;
  if (status === 401 || status === 403) throw failure('not-allowed', String(status));
  if (status === 429) throw failure('throttled', String(status));
  throw failure(status >= 500 ? 'server-error' : 'unexpected-answer', String(status));
}
