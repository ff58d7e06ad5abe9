import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { freePorts } from '../../../simulations/real-postgres/free-ports.ts';

describe('ports for databases', () => {
  it('are none that somebody listens on, none twice, and none that the system hands out by itself', async () => {
    const [taken = 0] = await freePorts(1);
    const first = await freePorts(18);
    const server = createServer();
    await new Promise<void>((listens) => server.listen(taken + 25, '127.0.0.1', listens));
    const second = await freePorts(18);
    await new Promise((closed) => server.close(closed));
    const all = [taken, ...first, ...second];
    expect(new Set(all).size).toBe(37);
    expect(all).not.toContain(taken + 25);
    for (const port of all) expect(port).toBeLessThan(32_768);
  });
});
