/** What a simulated server says to one request. A server computes it; listen.ts puts it on the wire. */
export type Answer = {
  readonly kind: 'answer';
  readonly status: number;
  /** A string goes out as it is, anything else as JSON. */
  readonly body: unknown;
  /** Defaults to application/json, for strings to text/plain. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

export type Reply =
  | Answer
  /** A status line and nothing else, as Patroni answers health checks. */
  | { readonly kind: 'bare'; readonly status: number }
  /** Nobody is there: the connection ends without an answer. */
  | { readonly kind: 'no-answer' }
  /** A watch: lines until the server closes or the client leaves. */
  | {
      readonly kind: 'lines';
      readonly start: (lines: LineSink) => void;
      readonly headers?: Readonly<Record<string, string>>;
    };

export type LineSink = {
  /** Sends lines, each with its newline; the bytes may be shared with others. */
  readonly send: (lines: Uint8Array) => void;
  /** Sends many lines, each with its newline, as the client reads them; others have their turn, and what is sent meanwhile comes after. */
  readonly sendInTurns: (lines: Iterable<string>) => void;
  /** Ends the answer. */
  readonly end: () => void;
  /** Called once, whoever closed. */
  readonly onClose: (listener: () => void) => void;
};

/** One request as the servers read it. */
export type HttpRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** As text; a protobuf body has a character for each byte. */
  readonly body: string;
};

/** An answer with a JSON body. */
export function jsonAnswer(
  status: number,
  body: unknown,
  headers?: Readonly<Record<string, string>>,
): Answer {
  return headers === undefined ? { kind: 'answer', status, body } : { kind: 'answer', status, body, headers };
}

/** An answer with a text body. */
export function textAnswer(status: number, body: string, contentType = 'text/plain; charset=utf-8'): Answer {
  return { kind: 'answer', status, body, contentType };
}

/** The reply with a warning for the client to show (RFC 7234, 5.5), after those that it has. */
export function withWarning(reply: Reply, sentence: string): Reply {
  if (reply.kind !== 'answer' && reply.kind !== 'lines') return reply;
  const earlier = reply.headers?.warning;
  const warning = `299 - ${JSON.stringify(sentence)}`;
  return {
    ...reply,
    headers: { ...reply.headers, warning: earlier === undefined ? warning : `${earlier}, ${warning}` },
  };
}
