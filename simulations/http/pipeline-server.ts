/**
 * The pipeline's side of the world: takes the signed callbacks of a run, brings nodes and takes released ones away.
 * Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { timingSafeEqual } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { World } from '../world/world.ts';
import { type Answer, type HttpRequest, jsonAnswer } from './answer.ts';
import { isJsonObject, parseJson } from './json.ts';

/**
 * Returns the function that answers POST /pipeline. With a secret, unsigned and wrongly signed callbacks get 401. A callback
 * that comes again under the same webhook-id is answered 200 and changes nothing.
 */
export function pipelineServer(world: World, secret: string | undefined): (request: HttpRequest) => Answer {
  const webhook = secret === undefined ? undefined : new Webhook(secret);
  const seen = new Set<string>();
  return (request) => {
    if (request.path !== '/pipeline') return problem(404, 'no such path');
    if (request.method !== 'POST') return problem(405, 'only POST');
    if (webhook !== undefined && !isSigned(webhook, request)) return problem(401, 'signature does not match');
    const id = request.headers['webhook-id'];
    if (id !== undefined && seen.has(id)) return jsonAnswer(200, { taken: 'before' });
    const refusal = take(world, parseJson(request.body)?.value);
    if (refusal !== undefined) return refusal;
    if (id !== undefined) seen.add(id);
    return jsonAnswer(202, { taken: 'now' });
  };
}

/** The age of the timestamp is not looked at: the sender may live in another time than this world. */
function isSigned(webhook: Webhook, request: HttpRequest): boolean {
  const id = request.headers['webhook-id'];
  const seconds = Number(request.headers['webhook-timestamp']);
  const given = request.headers['webhook-signature'];
  if (id === undefined || given === undefined || !Number.isFinite(seconds)) return false;
  const expected = Buffer.from(webhook.sign(id, new Date(seconds * 1000), request.body));
  return given.split(' ').some((signature) => {
    const bytes = Buffer.from(signature);
    return bytes.length === expected.length && timingSafeEqual(bytes, expected);
  });
}

/** Does what the callback wishes; the refusal when it cannot be read. */
function take(world: World, callback: unknown): Answer | undefined {
  if (!isJsonObject(callback) || !isJsonObject(callback.data))
    return problem(400, 'expected {type, timestamp, data}');
  const wish = callback.data;
  switch (callback.type) {
    case 'surge-wanted': {
      if (typeof wish.key !== 'string' || typeof wish.zone !== 'string')
        return problem(400, 'expected key and zone');
      world.wantNode({ key: wish.key, zone: wish.zone, labels: labelsOf(wish.labels) });
      return undefined;
    }
    case 'node-released': {
      if (typeof wish.node !== 'string') return problem(400, 'expected node');
      world.nodeReleased(wish.node);
      return undefined;
    }
    default:
      return problem(400, `unknown type ${String(callback.type)}`);
  }
}

function labelsOf(value: unknown): Record<string, string> {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function problem(status: number, detail: string): Answer {
  return { kind: 'answer', status, body: { status, detail }, contentType: 'application/problem+json' };
}
