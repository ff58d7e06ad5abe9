/** Puts replies on the wire, on loopback only, with the faults that are switched on. */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { nameRequest } from '../../executor/kubernetes/count-requests.ts';
import { type Answer, type HttpRequest, jsonAnswer, type Reply } from './answer.ts';
import type { HttpFaults, ServerName } from './http-faults.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import type { WallClock } from './pacer.ts';
import type { Certificate } from './self-signed.ts';
import { othersTurn, readOrClosed } from './take-turns.ts';
import { writeLines } from './write-lines.ts';

/** More than any object or snapshot a client of ours sends; a real API server stops at 3 MiB. */
const bodyBytesMax = 16 * 1024 * 1024;

export type RequestLine = {
  readonly server: ServerName | 'simulation';
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** What was sent; undefined: the connection ended without an answer, or no answer yet. */
  status: number | undefined;
};

/** The last requests, oldest first; for assertions about what clients did. */
const requestsKept = 5_000;

export type Listener = { readonly url: string; readonly close: () => Promise<void> };

export type ListenOptions = {
  readonly server: ServerName | 'simulation';
  readonly host: string;
  readonly port: number;
  /** Undefined: without TLS. */
  readonly certificate?: Certificate | undefined;
  readonly clock: WallClock;
  readonly faults: HttpFaults;
  readonly requests: RequestLine[];
  /** Requests to the Kubernetes API by verb and resource, all of them. */
  readonly counts: Map<string, number>;
  /** Called before each request is answered: brings the world to the present. */
  readonly before: () => void;
  readonly answer: (request: HttpRequest) => Reply | Promise<Reply>;
};

/** Listens until closed. Rejects for hosts that are not loopback: the simulated servers ask for no credentials. */
export async function listen(options: ListenOptions): Promise<Listener> {
  if (!['127.0.0.1', '::1', 'localhost'].includes(options.host))
    throw new Error(`the simulated servers listen on loopback only, not on ${options.host}`);
  const answer = (message: IncomingMessage, response: ServerResponse): void => {
    serve(options, message, response).catch((error: unknown) => fail(response, error));
  };
  const { certificate } = options;
  const server =
    certificate === undefined
      ? createServer(answer)
      : createTlsServer({ key: certificate.key, cert: certificate.certificate }, answer);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  const scheme = certificate === undefined ? 'http' : 'https';
  return { url: `${scheme}://${host}:${portOf(server)}`, close: () => closeAll(server, sockets) };
}

function portOf(server: Server): number {
  // A TCP server that listens has an address of this shape.
  return (server.address() as AddressInfo).port;
}

function closeAll(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
}

async function serve(
  options: ListenOptions,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(message);
  const target = message.url ?? '/';
  const line: RequestLine = {
    server: options.server,
    method: message.method ?? 'GET',
    path: target,
    status: undefined,
  };
  remember(options, line);
  const effect =
    options.server === 'simulation' ? undefined : options.faults?.strike(options.server, line.method, target);
  if (effect?.kind === 'answer') {
    write(options, response, line, faultAnswer(effect.status, effect.retryAfterSeconds));
    return;
  }
  if (effect?.kind === 'close-before') {
    response.destroy();
    return;
  }
  if (effect?.kind === 'hang') {
    const cancel = options.clock.after(effect.ms, () => response.destroy());
    response.on('close', cancel);
    return;
  }
  options.before();
  const reply = await options.answer(readRequest(message, target, body));
  if (effect?.kind === 'close-after') {
    response.destroy();
    return;
  }
  if (effect?.kind === 'slow') await new Promise<void>((resolve) => options.clock.after(effect.ms, resolve));
  write(options, response, line, reply);
}

/** The side door is no part of what clients did. */
function remember(options: ListenOptions, line: RequestLine): void {
  if (options.server === 'simulation') return;
  options.requests.push(line);
  if (options.server === 'kubernetes') {
    const [path = '', query = ''] = line.path.split('?');
    const name = nameRequest(line.method, path, { watch: new URLSearchParams(query).has('watch') });
    options.counts.set(name, (options.counts.get(name) ?? 0) + 1);
  }
  if (options.requests.length > requestsKept) options.requests.shift();
}

async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > bodyBytesMax) throw new Error('request body too large');
    chunks.push(bytes);
  }
  const isProtobuf = message.headers['content-type']?.includes('protobuf') === true;
  return Buffer.concat(chunks).toString(isProtobuf ? 'latin1' : 'utf8');
}

function readRequest(message: IncomingMessage, target: string, body: string): HttpRequest {
  const at = target.indexOf('?');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return {
    method: message.method ?? 'GET',
    path: at < 0 ? target : target.slice(0, at),
    query: new URLSearchParams(at < 0 ? '' : target.slice(at + 1)),
    headers,
    body,
  };
}

/** What an overloaded or failing server says; without the cause that a disruption budget would name. */
function faultAnswer(status: number, retryAfterSeconds: number | undefined): Answer {
  const reason = status === 429 ? 'TooManyRequests' : status === 503 ? 'ServiceUnavailable' : 'InternalError';
  const message =
    status === 429
      ? 'Too many requests, please try again later.'
      : `simulated failure: ${STATUS_CODES[status] ?? String(status)}`;
  const details = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  const body = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    details,
    code: status,
  };
  return jsonAnswer(
    status,
    body,
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
  );
}

function write(options: ListenOptions, response: ServerResponse, line: RequestLine, reply: Reply): void {
  switch (reply.kind) {
    case 'no-answer':
      response.destroy();
      return;
    case 'bare':
      line.status = reply.status;
      response.socket?.end(`HTTP/1.0 ${reply.status} ${STATUS_CODES[reply.status] ?? ''}\r\n\r\n`);
      return;
    case 'lines':
      line.status = 200;
      writeLines(options.clock, response, reply);
      return;
    case 'answer': {
      line.status = reply.status;
      const usual = typeof reply.body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
      response.writeHead(reply.status, { 'content-type': reply.contentType ?? usual, ...reply.headers });
      if (
        isJsonObject(reply.body) &&
        Array.isArray(reply.body.items) &&
        reply.body.items.length > itemsAtOnce
      )
        void writeItems(response, reply.body, reply.body.items);
      else response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body));
    }
  }
}

/** Of a large list so many items are written as JSON in one go; others are answered between, for stored objects never change. */
const itemsAtOnce = 250;

async function writeItems(
  response: ServerResponse,
  body: JsonObject,
  items: readonly unknown[],
): Promise<void> {
  const { items: _items, ...head } = body;
  response.write(JSON.stringify({ ...head, items: [] }).slice(0, -']}'.length));
  for (let from = 0; from < items.length && !response.destroyed; from += itemsAtOnce) {
    const part = JSON.stringify(items.slice(from, from + itemsAtOnce)).slice(1, -1);
    const isRead = response.write(from === 0 ? part : `,${part}`);
    if (!isRead) await readOrClosed(response);
    // A client that reads as fast as this writes has read it at once: that alone would let nobody else have a turn.
    await othersTurn();
  }
  response.end(']}');
}

function fail(response: ServerResponse, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(500, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `the simulation failed: ${message}`,
      reason: 'InternalError',
      code: 500,
    }),
  );
}
