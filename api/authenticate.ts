/** Who asks: a bearer token names its caller. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { App } from './app.ts';
import { type Caller, LOCAL_CALLER } from './dependencies.ts';
import { ApiProblem } from './problems.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Name of who asks. */
    caller: string;
  }
}

/**
 * Makes every route of this scope ask who calls, before a body is read: nobody sends 256 MB without a token.
 * Throws `not-authenticated`.
 */
export function authenticate(scope: App, callers: readonly Caller[]): void {
  scope.decorateRequest('caller', '');
  scope.addHook('onRequest', async (request) => {
    request.caller = callerOf(request, callers);
  });
}

/** Name of the caller; without any configured caller everybody is `local`. */
function callerOf(request: FastifyRequest, callers: readonly Caller[]): string {
  if (callers.length === 0) return LOCAL_CALLER;
  const sent = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (sent === undefined) {
    throw new ApiProblem('not-authenticated', 'Send the token as  Authorization: Bearer <token>.');
  }
  const caller = callers.find((known) => sameSecret(known.token, sent));
  if (caller === undefined) throw new ApiProblem('not-authenticated', 'No caller has this token.');
  return caller.name;
}

/** Digests have one length, so that neither length nor first difference of a token can be measured. */
function sameSecret(known: string, sent: string): boolean {
  return timingSafeEqual(digest(known), digest(sent));
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
