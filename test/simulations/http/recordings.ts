/** Requests and answers recorded from a real API server and a real Patroni (test/fixtures/answers/). */
import { readdirSync, readFileSync } from 'node:fs';

export type Recording = {
  readonly name: string;
  readonly askedOf?: string;
  /** Who sent it to the API server; Patroni knows no users. */
  readonly user?: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly query: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: unknown;
    readonly lines?: readonly string[];
  };
};

const folder = new URL('../../fixtures/answers/', import.meta.url);

/** One recording, by its file name without ending: `kubernetes/030-node-get-404`. */
export function recorded(file: string): Recording {
  const recording: unknown = JSON.parse(readFileSync(new URL(`${file}.json`, folder), 'utf8'));
  return recording as Recording;
}

/** All recordings of one side, by file name without ending. */
export function recordedNames(side: 'kubernetes' | 'patroni'): string[] {
  return readdirSync(new URL(`${side}/`, folder))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.replace(/\.json$/, ''))
    .sort();
}

/** Sends the request of a recording to another server, with a bearer token if one is given; what came back. */
export async function replay(
  baseUrl: string,
  request: Recording['request'],
  token?: string,
): Promise<{ status: number; headers: Headers; body: unknown; text: string }> {
  const query = request.query === '' ? '' : `?${request.query}`;
  const hasBody = request.body !== null && request.body !== undefined;
  const answer = await fetch(`${baseUrl}${request.path}${query}`, {
    method: request.method,
    headers: { ...request.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    ...(hasBody
      ? { body: typeof request.body === 'string' ? request.body : JSON.stringify(request.body) }
      : {}),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, body: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
