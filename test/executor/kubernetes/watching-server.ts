/** A Kubernetes API server of five kinds on loopback whose lists and watches a test writes by hand. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type WatchingServer = {
  readonly url: string;
  /** Objects that lists show, by plural. */
  readonly objects: Map<string, object[]>;
  /** Version of lists. */
  version: number;
  /** What is answered to a watch in place of a stream; undefined: a stream. */
  refuseWatch:
    | ((plural: string) => { readonly status: number; readonly body?: object } | undefined)
    | undefined;
  /** Requests, as `list pods` and `watch pods from 7`. */
  readonly asked: string[];
  /** Writes lines into all open watches of a kind. */
  send(plural: string, ...lines: (object | string)[]): void;
  /** Writes text as it is. */
  write(plural: string, text: string): void;
  /** Ends the watches of a kind as a server does whose timeout is over; `cut`: in the middle of it. */
  end(plural: string, how?: 'calmly' | 'cut'): void;
  watches(plural: string): number;
  close(): Promise<void>;
};

export async function serveWatches(): Promise<WatchingServer> {
  const open = new Map<string, Set<ServerResponse>>();
  const of = (plural: string) => open.get(plural) ?? new Set();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server');
    const plural = pathname.split('/').at(-1) ?? '';
    const watch = searchParams.get('watch') !== null;
    self.asked.push(watch ? `watch ${plural} from ${searchParams.get('resourceVersion')}` : `list ${plural}`);
    const refused = watch ? self.refuseWatch?.(plural) : undefined;
    if (refused !== undefined) {
      response.writeHead(refused.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(refused.body ?? {}));
    } else if (watch) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      open.set(plural, of(plural).add(response));
      response.once('close', () => of(plural).delete(response));
    } else {
      response.writeHead(200, { 'content-type': 'application/json' });
      const metadata = { resourceVersion: String(self.version) };
      response.end(JSON.stringify({ metadata, items: self.objects.get(plural) ?? [] }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: WatchingServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects: new Map(),
    version: 10,
    refuseWatch: undefined,
    asked: [],
    send(plural, ...lines) {
      const text = lines
        .map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
        .join('');
      self.write(plural, text);
    },
    write(plural, text) {
      for (const response of of(plural)) response.write(text);
    },
    end(plural, how = 'calmly') {
      for (const response of of(plural)) {
        if (how === 'calmly') response.end();
        else response.destroy();
      }
    },
    watches: (plural) => of(plural).size,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return self;
}
