import { readEventStream, type SentEvent } from '../api/read-event-stream.ts';
import { CommandFailed } from './exit.ts';

export type ApiClient = {
  get(path: string): Promise<unknown>;
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<unknown>;
  /** Server-sent events until the stream ends or `signal` aborts. */
  events(path: string, signal: AbortSignal): AsyncIterable<SentEvent>;
};

const requestMs = 30_000;

/** Speaks to the service at SWITCHYARD_URL (default http://127.0.0.1:8080) with SWITCHYARD_TOKEN, if set. Problems become CommandFailed. */
export function apiClient(environment: Readonly<Record<string, string | undefined>>): ApiClient {
  const base = (environment.SWITCHYARD_URL ?? 'http://127.0.0.1:8080').replace(/\/$/, '');
  const authorization: Record<string, string> = environment.SWITCHYARD_TOKEN
    ? { authorization: `Bearer ${environment.SWITCHYARD_TOKEN}` }
    : {};
  const ask = async (path: string, init: RequestInit): Promise<Response> => {
    const headers = { ...authorization, ...(init.headers as Record<string, string> | undefined) };
    const response = await fetch(base + path, { ...init, headers }).catch((error: unknown) => {
      throw new CommandFailed(
        `${base}: no answer (${causeOf(error)}); is the service up? SWITCHYARD_URL names another address. Nothing was changed`,
      );
    });
    if (!response.ok) throw new CommandFailed(await problemLine(response));
    return response;
  };
  return {
    get: async (path) => (await ask(path, { signal: AbortSignal.timeout(requestMs) })).json(),
    post: async (path, body, headers = {}) =>
      (
        await ask(path, {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json', ...headers },
          signal: AbortSignal.timeout(requestMs),
        })
      ).json(),
    events: async function* (path, signal) {
      const response = await ask(path, { headers: { accept: 'text/event-stream' }, signal });
      yield* readEventStream(response);
    },
  };
}

async function problemLine(response: Response): Promise<string> {
  const body = (await response.json().catch(() => ({}))) as {
    code?: string;
    detail?: string;
    title?: string;
  };
  return `${body.code ?? `HTTP ${response.status}`}: ${body.detail ?? body.title ?? response.statusText}`;
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause as { code?: string } | undefined;
  return cause?.code ?? error.message;
}
