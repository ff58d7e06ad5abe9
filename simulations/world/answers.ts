/** What the simulated world answers, and what it remembers for those who judge it. */

/** An HTTP answer of the Kubernetes API, ready to be sent. */
export type ApiAnswer = {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a Kubernetes Status or object as JSON.
  readonly body: any;
  readonly headers?: Readonly<Record<string, string>>;
};

export type PatroniRequest = {
  readonly method: string;
  /** With its query string, e.g. /replica?lag=0 */
  readonly path: string;
  /** Parsed JSON; undefined: no body. A string: text that is no JSON. */
  readonly body?: unknown;
};

export type PatroniAnswerNow = {
  readonly kind: 'answer';
  readonly status: number;
  readonly body: unknown;
  readonly contentType: 'application/json' | 'text/html' | 'text/plain';
};

export type PatroniAnswer =
  | PatroniAnswerNow
  /** The connection stays open; `done` is told the answer in virtual time (or that there is none). */
  | {
      readonly kind: 'later';
      readonly done: (resolve: (answer: PatroniAnswerNow | { readonly kind: 'no-answer' }) => void) => void;
    }
  /** The pod does not listen. */
  | { readonly kind: 'no-answer' };

export type RoleChange = {
  readonly atMs: number;
  /** namespace/scope */
  readonly cluster: string;
  readonly from: string;
  readonly to: string;
  readonly kind: 'switchover' | 'failover';
  /** The timeline that began with it. */
  readonly timeline: number;
};

/** A time in which a cluster had no primary because nobody could take over. */
export type Outage = { readonly cluster: string; readonly fromMs: number; readonly toMs?: number };

export type Eviction = { readonly atMs: number; readonly pod: string; readonly uid: string };

/** A rule of the checker that was broken; `code` is stable. */
export type Violation = {
  readonly atMs: number;
  readonly code: string;
  readonly subject: string;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
};
