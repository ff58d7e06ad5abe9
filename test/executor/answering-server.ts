/** A small HTTP server on loopback that answers as a test says, and keeps what it was asked. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Asked = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};
export type Answer =
  | {
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
      readonly afterMs?: number;
    }
  /** The connection stays open without an answer. */
  | 'hang'
  /** The connection is closed without an answer. */
  | 'drop';

export type AnsweringServer = {
  readonly url: string;
  readonly asked: Asked[];
  /** Connections opened since the start. */
  connections(): number;
  close(): Promise<void>;
};

export async function serveAnswers(answer: (asked: Asked) => Answer): Promise<AnsweringServer> {
  const asked: Asked[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://server');
      const one: Asked = {
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      asked.push(one);
      const wanted = answer(one);
      if (wanted === 'hang') return;
      if (wanted === 'drop') {
        request.socket.destroy();
        return;
      }
      setTimeout(() => {
        response.writeHead(wanted.status, { 'content-type': 'application/json', ...wanted.headers });
        response.end(typeof wanted.body === 'string' ? wanted.body : JSON.stringify(wanted.body ?? {}));
      }, wanted.afterMs ?? 0);
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    connections: () => connections,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

export type Recording = {
  readonly request: { readonly method: string; readonly path: string; readonly body: unknown };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
};

/** One recorded answer of test/fixtures/answers, by folder and file name. */
export function recording(folder: 'kubernetes' | 'patroni', file: string): Recording {
  const path = new URL(`../fixtures/answers/${folder}/${file}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as Recording;
}

/** The same as an Answer, without the headers that belong to the connection. */
export function recordedAnswer(folder: 'kubernetes' | 'patroni', file: string): Exclude<Answer, string> {
  const { response } = recording(folder, file);
  const retryAfter = response.headers['retry-after'] ?? response.headers['Retry-After'];
  return {
    status: response.status,
    body: response.body,
    ...(retryAfter === undefined ? {} : { headers: { 'retry-after': retryAfter } }),
  };
}
