/**
 * Ports for servers that start later, and again after their pod was moved. None of those that the system hands out by itself: to any
 * connection that is opened meanwhile it could hand out one that is meant for a database.
 */
import { createServer } from 'node:net';

/** Below 32768, where Linux begins by default: https://www.kernel.org/doc/html/latest/networking/ip-sysctl.html (ip_local_port_range) */
const FIRST = 20_000;
const END = 32_000;

/** Other programs of this kind begin elsewhere. */
let next = FIRST + ((process.pid * 97) % (END - FIRST));

/** Returns ports of 127.0.0.1 that nobody listens on now, all different, also from those that were returned before. Throws where there are too few. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  for (let tries = 0; ports.length < count; tries += 1) {
    if (tries > END - FIRST) throw new Error(`fewer than ${count} free ports from ${FIRST} to ${END}`);
    const port = next;
    next = next + 1 < END ? next + 1 : FIRST;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
