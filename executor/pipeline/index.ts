/**
 * The pipeline port: signed callbacks to whoever brings nodes and takes them away.
 *
 * Bodies follow the Standard Webhooks convention (https://www.standardwebhooks.com): `{ type, timestamp, data }`, signed in
 * the headers webhook-id, webhook-timestamp and webhook-signature. The id is the same at each repetition, so that the
 * receiver can tell a repetition from a second wish.
 *
 *     surge-wanted   { key, zone, count, labels }   one node more is wanted in this zone; `count` is 1
 *     node-released  { node, providerID }           this node is empty and may be terminated
 */
import { Webhook } from 'standardwebhooks';
import { Agent, request } from 'undici';
import { OutsideError } from '../errors.ts';
import type { Clock, PipelinePort } from '../ports.ts';

export type PipelineOptions = {
  /** Undefined: nobody is told. Then an autoscaler or a person brings nodes, and the run waits for them all the same. */
  readonly url?: string;
  /** Base64 key, with or without the prefix `whsec_`. Undefined: callbacks go out unsigned. */
  readonly secret?: string;
  readonly clock: Clock;
  /** Longest wait for one answer. Default 10 s. */
  readonly requestDeadlineMs?: number;
};

/** Returns the port; throws when the secret is no base64 key. */
export function connectPipeline(options: PipelineOptions): PipelinePort & { close(): Promise<void> } {
  const { url } = options;
  if (url === undefined) {
    return { wantNode: async () => {}, nodeReleased: async () => {}, close: async () => {} };
  }
  const agent = new Agent();
  const webhook = options.secret === undefined ? undefined : new Webhook(options.secret);
  const post = async (id: string, type: string, content: Readonly<Record<string, unknown>>) => {
    const atMs = options.clock.nowMs();
    const sentAt = new Date(atMs);
    const body = JSON.stringify({ type, timestamp: sentAt.toISOString(), data: content });
    const signature = webhook === undefined ? {} : { 'webhook-signature': webhook.sign(id, sentAt, body) };
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(atMs / 1000)),
      ...signature,
    };
    await send(agent, url, { type, headers, body }, options.requestDeadlineMs ?? 10_000);
  };
  return {
    wantNode: ({ key, zone, labels }) =>
      post(`surge-${key}`, 'surge-wanted', { key, zone, count: 1, labels }),
    nodeReleased: ({ name, providerId }) =>
      // The provider's id is in the webhook id too: a later node may bear the same name.
      post(`released-${name}-${providerId ?? ''}`, 'node-released', {
        node: name,
        providerID: providerId ?? null,
      }),
    close: () => agent.destroy(),
  };
}

/** Any 2xx means that the wish was taken. Everything else is thrown, and asked again by a later pass. */
async function send(
  agent: Agent,
  url: string,
  message: {
    readonly type: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  },
  deadlineMs: number,
): Promise<void> {
  const failure = (code: OutsideError['code'], text: string) =>
    new OutsideError({ code, target: 'pipeline', request: `POST ${message.type}`, message: text });
  const status = await request(url, {
    method: 'POST',
    dispatcher: agent,
    headers: message.headers,
    body: message.body,
    signal: AbortSignal.timeout(deadlineMs),
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
        timedOut ? `no answer within ${deadlineMs} ms` : reason,
      );
    },
  );
  if (status >= 200 && status < 300) return;
  if (status === 401 || status === 403) throw failure('not-allowed', String(status));
  if (status === 429) throw failure('throttled', String(status));
  throw failure(status >= 500 ? 'server-error' : 'unexpected-answer', String(status));
}
