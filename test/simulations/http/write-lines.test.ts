import { afterEach, expect, it } from 'vitest';
import { createHttpFaults } from '../../../simulations/http/http-faults.ts';
import { type Listener, listen } from '../../../simulations/http/listen.ts';
import { wallClock } from '../../../simulations/http/pacer.ts';

let server: Listener | undefined;
afterEach(async () => {
  await server?.close();
});

function* linesUntil(broken: number): Generator<string> {
  for (let line = 0; line < broken; line += 1) yield `${line}\n`;
  throw new Error('no such line');
}

it('a watch whose lines cannot be made ends, and the server goes on', async () => {
  server = await listen({
    certificate: undefined,
    server: 'kubernetes',
    host: '127.0.0.1',
    port: 0,
    clock: wallClock,
    faults: createHttpFaults(1, wallClock),
    requests: [],
    counts: new Map(),
    before: () => {},
    answer: ({ path }) =>
      path === '/watch'
        ? { kind: 'lines', start: (lines) => lines.sendInTurns(linesUntil(600)) }
        : { kind: 'answer', status: 200, body: 'well' },
  });
  const watch = await fetch(`${server.url}/watch`);
  await expect(watch.text()).rejects.toThrow();
  expect(await (await fetch(`${server.url}/`)).text()).toBe('well');
});
