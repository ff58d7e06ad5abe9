/**
 * One request to a Kubernetes API server: authentication and TLS from @kubernetes/client-node, the answer as plain JSON.
 *
 * The generated typed calls are not used: they turn objects into classes that drop what they do not know, and a snapshot
 * has to be what the server said. Every request has a deadline and is tried once; the next pass of a run tries again.
 */
import type { KubeConfig, ResponseContext } from '@kubernetes/client-node';
import { OutsideError } from '../errors.ts';
import { sleep } from '../system-clock.ts';
import { IsomorphicFetchHttpLibrary, RequestContext } from './client-parts.ts';
import { nameRequest, type RequestCounts } from './count-requests.ts';
import { limitRate, type RateLimits } from './rate-limit.ts';

export type RestRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

export type RestAnswer = {
  /** What was asked, for messages: `GET /api/v1/nodes/n1`. */
  readonly asked: string;
  readonly status: number;
  /** Parsed JSON; undefined: the answer was not JSON. */
  readonly body: unknown;
  /** From Retry-After in seconds; undefined: the server named no time. */
  readonly retryAfterMs?: number;
};

export type Rest = {
  /**
   * Returns whatever the server answers; throws OutsideError `timeout` or `unreachable` when it does not. The same GETs that wait for
   * their turn at the rate limit are one request.
   */
  send(request: RestRequest): Promise<RestAnswer>;
  /**
   * The lines of an answer that goes on and on, one by one; ends where the server ends it. Throws OutsideError where there is no
   * connection, where it breaks, and where nothing at all came for `silenceMs`. An answer other than 200 is returned instead.
   */
  follow(request: RestRequest, lines: LineReading): Promise<RestAnswer | 'ended'>;
  /** Requests sent so far. */
  readonly counts: RequestCounts;
  close(): Promise<void>;
};

export type LineReading = {
  /** Called when the server has agreed, and whenever anything came from it. */
  readonly onHeard: () => void;
  readonly onLine: (line: string) => void;
  readonly silenceMs: number;
  /** Aborted: the reading ends at once, as if the server had ended it. */
  readonly signal: AbortSignal;
};

/** Returns the way to the server of the current context; throws when the context names none. */
export function openRest(kubeConfig: KubeConfig, requestDeadlineMs: number, limits: RateLimits): Rest {
  const server = kubeConfig.getCurrentCluster()?.server;
  if (server === undefined)
    throw new Error(`the current context "${kubeConfig.currentContext}" names no server`);
  const base = server.replace(/\/+$/, '');
  const connections = poolConnections(kubeConfig);
  const http = new IsomorphicFetchHttpLibrary();
  const limit = limitRate(limits);
  const counts = new Map<string, number>();
  const open = async (request: RestRequest, signal: AbortSignal): Promise<ResponseContext> => {
    const context = new RequestContext(base + request.path, request.method);
    fillContext(context, request, signal);
    await kubeConfig.applySecurityAuthentication(context);
    const name = nameRequest(request.method, request.path, { watch: request.query?.watch !== undefined });
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return http.send(context).toPromise();
  };
  const sendInTurn = async (request: RestRequest, onTurn = (): void => {}): Promise<RestAnswer> => {
    const asked = `${request.method} ${request.path}`;
    await limit.turn(urgencyOf(request), asked).finally(onTurn);
    try {
      return await readAnswer(asked, await open(request, AbortSignal.timeout(requestDeadlineMs)));
    } catch (error) {
      throw noAnswer(asked, error, requestDeadlineMs);
    }
  };
  const waiting = new Map<string, Promise<RestAnswer>>();
  return {
    counts,
    send(request) {
      if (request.method !== 'GET') return sendInTurn(request);
      // Whoever asks the same before it has been sent shares the answer, which is as fresh to one as to the other.
      const key = JSON.stringify([request.path, request.query]);
      const joined = waiting.get(key);
      if (joined !== undefined) return joined;
      const sent = sendInTurn(request, () => waiting.delete(key));
      waiting.set(key, sent);
      return sent;
    },
    async follow(request, lines) {
      const asked = `${request.method} ${request.path}`;
      await limit.turn('look', asked);
      const silence = watchSilence(lines);
      try {
        const response = await open(request, silence.signal);
        if (response.httpStatusCode !== 200) return await readAnswer(asked, response);
        silence.heard();
        await readLines(response, lines, silence.heard);
        return 'ended';
      } catch (error) {
        if (lines.signal.aborted) return 'ended';
        throw noAnswer(asked, error, lines.silenceMs);
      } finally {
        silence.stop();
      }
    },
    close: connections.close,
  };
}

/** What changes something, and the Lease, which must not run out while there is much to look at. Events only tell. */
function urgencyOf(request: RestRequest): 'act' | 'look' {
  if (request.path.endsWith('/events')) return 'look';
  return request.method === 'GET' && !request.path.includes('/leases/') ? 'look' : 'act';
}

async function readAnswer(asked: string, response: ResponseContext): Promise<RestAnswer> {
  const text = await response.body.text();
  const retryAfterMs = readRetryAfterMs(response.headers['retry-after']);
  return {
    asked,
    status: response.httpStatusCode,
    body: parseJson(text),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** A signal that aborts when nothing was heard for too long, or when the reader wants no more. */
function watchSilence(lines: LineReading): { readonly signal: AbortSignal; heard(): void; stop(): void } {
  const silent = new AbortController();
  const stopped = new AbortController();
  let wasHeard = true;
  const look = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await sleep(lines.silenceMs, stopped.signal);
      if (!wasHeard) silent.abort(new DOMException('nothing was heard', 'TimeoutError'));
      wasHeard = false;
    }
  };
  void look();
  return {
    signal: AbortSignal.any([silent.signal, lines.signal]),
    heard: () => {
      wasHeard = true;
      lines.onHeard();
    },
    stop: () => stopped.abort(),
  };
}

/** Lines are put together from what arrives; one that is not finished when the server ends is dropped. */
async function readLines(response: ResponseContext, lines: LineReading, heard: () => void): Promise<void> {
  const body: unknown = response.body.stream();
  if (!(body instanceof ReadableStream)) throw new TypeError('the answer has no body to read from');
  const decoder = new TextDecoder();
  let unfinished = '';
  for await (const chunk of body) {
    heard();
    const parts = (unfinished + decoder.decode(chunk, { stream: true })).split('\n');
    unfinished = parts.pop() ?? '';
    for (const line of parts) if (line !== '') lines.onLine(line);
  }
}

/** The error for an answer that the caller has no name for. Messages of the client library dump headers; only the Status message is kept. */
export function unexpected(answer: RestAnswer): OutsideError {
  const codeOfStatus = (): OutsideError['code'] => {
    if (answer.status === 401 || answer.status === 403) return 'not-allowed';
    if (answer.status === 429) return 'throttled';
    if (answer.status >= 500) return 'server-error';
    return 'unexpected-answer';
  };
  return new OutsideError({
    code: codeOfStatus(),
    target: 'kubernetes',
    request: answer.asked,
    message: `${answer.status} ${statusMessage(answer) ?? ''}`.trim(),
    retryAfterMs: answer.retryAfterMs,
  });
}

/** The sentence of a Kubernetes Status; undefined: the answer is no Status. */
export function statusMessage(answer: RestAnswer): string | undefined {
  const body = answer.body;
  if (typeof body !== 'object' || body === null || !('message' in body)) return undefined;
  return typeof body.message === 'string' ? body.message : undefined;
}

function fillContext(
  context: InstanceType<typeof RequestContext>,
  request: RestRequest,
  signal: AbortSignal,
): void {
  for (const [name, value] of Object.entries(request.query ?? {})) context.setQueryParam(name, value);
  context.setHeaderParam('Accept', 'application/json');
  if (request.body !== undefined) {
    // A merge patch: the default of the API server for PATCH would be refused with 415.
    const merge = request.method === 'PATCH';
    context.setHeaderParam('Content-Type', merge ? 'application/merge-patch+json' : 'application/json');
    context.setBody(JSON.stringify(request.body));
  }
  context.setSignal(signal);
}

/**
 * The client library opens new connections for every request (kubernetes-client/javascript#2893). Its dispatchers are
 * kept here, one per set of TLS options. The keys hold secrets and stay in memory.
 */
function poolConnections(kubeConfig: KubeConfig): { close(): Promise<void> } {
  const create: unknown = Reflect.get(kubeConfig, 'createDispatcher');
  const kept = new Map<string, unknown>();
  if (typeof create !== 'function') return { close: async () => {} };
  Reflect.set(kubeConfig, 'createDispatcher', (cluster: unknown, options: Record<string, unknown>) => {
    const key = JSON.stringify(
      ['ca', 'cert', 'key', 'pfx', 'rejectUnauthorized', 'servername'].map((name) => String(options[name])),
    );
    if (!kept.has(key)) kept.set(key, create.call(kubeConfig, cluster, options));
    return kept.get(key);
  });
  return {
    async close() {
      for (const dispatcher of kept.values()) {
        if (typeof dispatcher === 'object' && dispatcher !== null && 'destroy' in dispatcher) {
          if (typeof dispatcher.destroy === 'function') await dispatcher.destroy();
        }
      }
      kept.clear();
    },
  };
}

function noAnswer(asked: string, error: unknown, requestDeadlineMs: number): OutsideError {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new OutsideError({
      code: 'timeout',
      target: 'kubernetes',
      request: asked,
      message: `no answer within ${requestDeadlineMs} ms`,
    });
  }
  return new OutsideError({
    code: 'unreachable',
    target: 'kubernetes',
    request: asked,
    message: causeOf(error),
  });
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause;
  if (cause instanceof Error && 'code' in cause) return `${error.message} (${String(cause.code)})`;
  return error.message;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readRetryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d+$/.test(header)) return undefined;
  return Number(header) * 1000;
}
