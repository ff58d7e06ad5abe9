import { readEventStream, type SentEvent } from '../api/read-event-stream.ts';
import { calledAs } from './called-as.ts';
import { BadInput, CommandFailed, NoContact } from './exit.ts';

export type ApiClient = {
  get(path: string): Promise<unknown>;
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<unknown>;
  /**
   * Resolves once the service has answered: server-sent events, after the one with id `last` where there is one, until the stream ends,
   * breaks (NoContact) or `signal` aborts.
   */
  events(path: string, signal: AbortSignal, last?: string): Promise<AsyncIterable<SentEvent>>;
};

const requestMs = 30_000;
/** The service says every 15 s that it is still here: a stream that is silent for three times as long is dead. */
const silentMs = 45_000;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Speaks to the service at SWITCHYARD_URL (default http://127.0.0.1:8080) with SWITCHYARD_TOKEN, if set. Problems become CommandFailed;
 * those that may pass by themselves (no answer, 5xx) NoContact.
 */
export function apiClient(environment: Environment): ApiClient {
  const base = addressOf(environment);
  const authorization: Record<string, string> = environment.SWITCHYARD_TOKEN
    ? { authorization: `Bearer ${environment.SWITCHYARD_TOKEN}` }
    : {};
  const noAnswer = (error: unknown, consequence: string): NoContact =>
    new NoContact(
      `${base}: no answer (${causeOf(error)}); is the service up? SWITCHYARD_URL names another address. ${consequence}`,
    );
  const ask = async (path: string, init: RequestInit): Promise<Response> => {
    const headers = { ...authorization, ...(init.headers as Record<string, string> | undefined) };
    const response = await fetch(base + path, { ...init, headers }).catch((error: unknown) => {
      throw noAnswer(error, outcomeOf(init, error));
    });
    if (!response.ok) throw await problemOf(response);
    return response;
  };
  const askJson = async (path: string, init: RequestInit): Promise<unknown> => {
    const response = await ask(path, { ...init, signal: AbortSignal.timeout(requestMs) });
    return response.json().catch((error: unknown) => {
      throw noAnswer(error, outcomeOf(init, error));
    });
  };
  return {
    get: (path) => askJson(path, {}),
    post: (path, body, headers = {}) =>
      askJson(path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      }),
    events: async (path, signal, last = '') => {
      const silence = watchSilence(signal);
      const known: Record<string, string> = last === '' ? {} : { 'last-event-id': last };
      const headers = { accept: 'text/event-stream', ...known };
      const response = await ask(path, { headers, signal: silence.signal }).catch((error: unknown) => {
        silence.end();
        throw error;
      });
      return untilBroken(response, silence, (error) => noAnswer(error, 'The stream broke off'));
    },
  };
}

/** Throws BadInput for what is no address: nothing would ever answer there. */
function addressOf({ SWITCHYARD_URL: address = 'http://127.0.0.1:8080' }: Environment): string {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new BadInput(
      `SWITCHYARD_URL: ${address || 'empty'}: not an address; expected one such as http://127.0.0.1:8080`,
    );
  return address.replace(/\/+$/, '');
}

type Silence = { readonly signal: AbortSignal; heard(): void; end(): void };

/** A signal that aborts with the other one, or when nothing was heard for too long. */
function watchSilence(other: AbortSignal): Silence {
  const dead = new AbortController();
  const timer = setTimeout(() => dead.abort(new Error(`silent for ${silentMs / 1000} s`)), silentMs);
  return {
    signal: AbortSignal.any([other, dead.signal]),
    heard: () => void timer.refresh(),
    end: () => clearTimeout(timer),
  };
}

async function* untilBroken(
  response: Response,
  silence: Silence,
  broken: (error: unknown) => NoContact,
): AsyncIterable<SentEvent> {
  const listening = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      silence.heard();
      controller.enqueue(chunk);
    },
  });
  try {
    yield* readEventStream(new Response(response.body?.pipeThrough(listening)));
  } catch (error) {
    throw broken(error);
  } finally {
    silence.end();
  }
}

/** What is certain of an order that was not answered: one that never left changed nothing. */
function outcomeOf({ method }: RequestInit, error: unknown): string {
  const neverSent = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;
  if (method === undefined || neverSent.test(causeOf(error))) return 'Nothing was changed';
  return `Whether it was carried out is unknown: ${calledAs()} run list shows it`;
}

/** What helps, where the answer alone does not say it; RUN-ID is the run that was asked about. */
const hints: Readonly<Record<string, string>> = {
  'unknown-run': `${calledAs()} run list shows those there are`,
  'unknown-plan': `a plan is named by all 64 digits of its id; ${calledAs()} run list shows the plans that runs have`,
  'not-authenticated': 'SWITCHYARD_TOKEN holds the token of the caller',
  'fleet-busy': `${calledAs()} run list shows how far that run is, run abort with its id ends it`,
  'wrong-state': `${calledAs()} run status RUN-ID says what is possible`,
};

async function problemOf(response: Response): Promise<CommandFailed> {
  const body = (await response.json().catch(() => ({}))) as {
    code?: string;
    detail?: string;
    title?: string;
  };
  const said = `${body.code ?? `HTTP ${response.status}`}: ${body.detail ?? body.title ?? response.statusText}`;
  const [, run] = /\/v1\/runs\/([^/?]+)/.exec(response.url) ?? [];
  const hint = hints[body.code ?? '']?.replace('RUN-ID', run ?? 'RUN-ID');
  const line = hint === undefined ? said : `${said.replace(/\.?$/, '')}; ${hint}`;
  return response.status >= 500 ? new NoContact(line) : new CommandFailed(line);
}

/** The innermost cause: `fetch failed` alone says nothing. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause !== undefined) return causeOf(error.cause);
  const [first] = error instanceof AggregateError ? error.errors : [];
  const { code } = error as { readonly code?: unknown };
  if (typeof code === 'string') return code;
  return first === undefined ? error.message : causeOf(first);
}
