/**
 * One request to a member's Patroni REST API. Tried once, with a deadline; a lost answer is an OutsideError.
 */
import { Agent, request } from 'undici';
import { OutsideError } from '../errors.ts';

export type PatroniConnection = {
  /** PEM of the authority that signed the members' certificates, where their API speaks TLS. */
  readonly ca?: string;
  /** Needed for POST where `restapi.authentication` is set. */
  readonly authentication?: { readonly username: string; readonly password: string };
};

export type PatroniRest = {
  send(
    method: 'GET' | 'POST',
    url: string,
    deadlineMs: number,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly text: string }>;
  close(): Promise<void>;
};

/** Returns the way to members; nothing is asked yet. */
export function openPatroniRest(connection: PatroniConnection): PatroniRest {
  // The deadline of each request is its signal; the pool's own limits must not cut a switchover short.
  const agent = new Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: connection.ca === undefined ? {} : { ca: connection.ca },
  });
  return {
    async send(method, url, deadlineMs, body) {
      const asked = `${method} ${url}`;
      try {
        const response = await request(url, {
          method,
          dispatcher: agent,
          signal: AbortSignal.timeout(deadlineMs),
          headers: headersOf(connection, body),
          body: body === undefined ? null : JSON.stringify(body),
        });
        return { status: response.statusCode, text: await response.body.text() };
      } catch (error) {
        throw noAnswer(asked, error, deadlineMs);
      }
    },
    close: () => agent.destroy(),
  };
}

function headersOf(connection: PatroniConnection, body: unknown): Record<string, string> {
  const login = connection.authentication;
  return {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(login === undefined
      ? {}
      : {
          authorization: `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`,
        }),
  };
}

function noAnswer(asked: string, error: unknown, deadlineMs: number): OutsideError {
  const timedOut = error instanceof Error && error.name === 'TimeoutError';
  const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return new OutsideError({
    code: timedOut ? 'timeout' : 'unreachable',
    target: 'patroni',
    request: asked,
    message: timedOut ? `no answer within ${deadlineMs} ms` : reason,
  });
}
