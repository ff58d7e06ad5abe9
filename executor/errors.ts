/**
 * Failures of the outside, a closed list. They delay a run and change nothing: the next pass looks again.
 * (Expected answers are values of ports.ts; broken assumptions are AssumptionErrors and halt the run.)
 */
export const outsideCodes = [
  'timeout',
  'unreachable',
  'throttled',
  'server-error',
  'unexpected-answer',
  'not-allowed',
] as const;
export type OutsideCode = (typeof outsideCodes)[number];

export class OutsideError extends Error {
  readonly code: OutsideCode;
  /** kubernetes, patroni, pipeline, check, redis, or the fleet where nobody can tell who of them is slow. */
  readonly target: string;
  /** What was asked, e.g. `GET node n1`. */
  readonly request: string;
  /** What came of it, alone. */
  readonly said: string;
  /** The server's wish, if it named one. */
  readonly retryAfterMs: number | undefined;

  constructor(failure: {
    code: OutsideCode;
    target: string;
    request: string;
    message: string;
    /** What people read instead of target, request and message, where those say less. */
    sentence?: string;
    retryAfterMs?: number | undefined;
  }) {
    super(failure.sentence ?? `${failure.target}: ${failure.request}: ${failure.message}`);
    this.name = 'OutsideError';
    this.code = failure.code;
    this.target = failure.target;
    this.request = failure.request;
    this.said = failure.message;
    this.retryAfterMs = failure.retryAfterMs;
  }
}
