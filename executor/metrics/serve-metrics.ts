/**
 * The face of a worker, on a port of its own: what it counts, for Prometheus, at `/metrics`, and that it is alive, for a liveness probe, at
 * `/healthz`. The API shows both at its own address.
 */
import { createServer } from 'node:http';
import { expositionType } from './exposition.ts';

/**
 * Listens on all addresses, as Prometheus stands elsewhere: what `render` returns must name no cluster, pod or node. Port 0: any free one.
 * Rejects where the port is taken.
 */
export async function serveMetrics(
  port: number,
  render: () => string | Promise<string>,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const path = request.method === 'GET' ? request.url?.split('?')[0] : undefined;
    if (path === '/healthz') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"alive"}');
      return;
    }
    if (path !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    Promise.resolve(render()).then(
      (text) => response.writeHead(200, { 'content-type': expositionType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
