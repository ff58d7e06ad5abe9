/**
 * What a worker counts, for Prometheus: `GET /metrics` on a port of its own. A worker has no other face; the API shows what it counts
 * itself at its own address.
 */
import { createServer } from 'node:http';
import { expositionType } from './exposition.ts';

/**
 * Listens on all addresses, as Prometheus stands elsewhere: what `render` returns must name no cluster, pod or node. Port 0: any free one.
 * Rejects where the port is taken.
 */
export async function serveMetrics(
  port: number,
  render: () => string,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': expositionType }).end(render());
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
