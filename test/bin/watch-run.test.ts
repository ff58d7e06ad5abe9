import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { apiClient } from '../../bin/api-client.ts';
import { watchRun } from '../../bin/watch-run.ts';
import { type TestServer, testServer } from '../api/test-server.ts';

const pauses = { firstMs: 10, mostMs: 20 };
const facts = { subject: 'default/acid-a' };

/** What stands between a watcher and the service: it can cut what is open, and be away for a while. */
type Way = { readonly url: string; cut(): void; away(): Promise<void>; back(): Promise<void> };

async function wayTo(server: TestServer): Promise<Way> {
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  const target = (server.app.server.address() as AddressInfo).port;
  const open = new Set<Socket>();
  const relay = createServer((socket) => {
    const onward = connect(target, '127.0.0.1');
    for (const end of [socket, onward]) open.add(end.on('error', () => undefined));
    socket.pipe(onward).pipe(socket);
  });
  const listen = async (port: number): Promise<void> => {
    relay.listen(port, '127.0.0.1');
    await once(relay, 'listening');
  };
  await listen(0);
  const { port } = relay.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of open) socket.destroy();
    open.clear();
  };
  const away = async (): Promise<void> => {
    const closed = once(relay, 'close');
    relay.close();
    cut();
    await closed;
  };
  return { url: `http://127.0.0.1:${port}`, cut, away, back: () => listen(port) };
}

/** A run that is watched, what was printed so far, and how the watch ends. */
async function watched(server: TestServer, way: Way) {
  const plan = await server.plan();
  const made = await server.app.inject({ method: 'POST', url: '/v1/runs', payload: { planId: plan.id } });
  const run: string = made.json().id;
  server.runs.write(run, 'run', { kind: 'started' });
  const printed = { out: '', err: '' };
  for (const [stream, name] of [
    [process.stdout, 'out'],
    [process.stderr, 'err'],
  ] as const)
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      printed[name] += String(text);
      return true;
    });
  const code = watchRun(apiClient({ SWITCHYARD_URL: way.url }), run, pauses);
  const until = (words: string) => vi.waitFor(() => expect(printed.out + printed.err).toContain(words));
  await until('the run started');
  return { run, printed, code, until };
}

describe('run watch', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('reads on after the last event where the stream was cut, and tells nothing twice', async () => {
    const server = await testServer();
    const way = await wayTo(server);
    const { run, printed, code, until } = await watched(server, way);
    way.cut();
    server.runs.write(run, 'run', { kind: 'looked' });
    await until('looked at again');
    way.cut();
    server.clock.advance(111_000);
    server.runs.write(run, 'run', { kind: 'finished' });
    expect(await code).toBe(0);
    expect(printed.err).toBe('');
    expect(printed.out.match(/the run started/g)).toHaveLength(1);
    expect(printed.out).toMatch(/^Finished after 1 min 51 s: .* no unplanned role change/m);
    await way.away();
    await server.app.close();
  });

  it('says once that contact is lost, and that it is there again', async () => {
    const server = await testServer();
    const way = await wayTo(server);
    const { run, printed, code, until } = await watched(server, way);
    await way.away();
    await until('contact lost since');
    server.runs.write(run, 'run', { kind: 'looked' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await way.back();
    await until('looked at again');
    server.runs.write(run, 'run', { kind: 'finished' });
    expect(await code).toBe(0);
    expect(printed.err).toMatch(/^contact lost since \d\d:\d\d:\d\dZ, trying again.*\ncontact again\n$/);
    await way.away();
    await server.app.close();
  });

  it('goes on past a halt that is over, ends at one that waits for a person, and shows answers that were no success', async () => {
    const server = await testServer();
    const way = await wayTo(server);
    const { run, printed, code, until } = await watched(server, way);
    const halted = { kind: 'halted', because: { code: 'role-changed-by-others', facts } } as const;
    server.runs.write(run, 'run', halted);
    await until('the run halted');
    server.clock.advance(1_000);
    server.runs.write(run, 'run', { kind: 'resumed' }, 'dana');
    server.runs.write(run, 's1', { kind: 'answer', act: 'evict', answer: 'conflict', facts: {} });
    server.runs.write(run, 's1', { kind: 'answer', act: 'fence', answer: 'done', facts: {} });
    await until('evict was answered conflict');
    server.clock.advance(1_000);
    server.runs.write(run, 'run', { kind: 'halted', because: { code: 'set-gone', facts } });
    expect(await code).toBe(1);
    expect(printed.out).toContain('dana resumed');
    expect(printed.out).not.toContain('answered done');
    expect(printed.out).toContain('StatefulSet default/acid-a is gone');
    await way.away();
    await server.app.close();
  });

  it('fails at once where nobody answers at all, and where there is no such run', async () => {
    const server = await testServer();
    const way = await wayTo(server);
    const client = apiClient({ SWITCHYARD_URL: way.url });
    await expect(watchRun(client, 'none', pauses)).rejects.toThrow(/unknown-run: .*switchyard run list/);
    await way.away();
    await expect(watchRun(client, 'none', pauses)).rejects.toThrow(/ECONNREFUSED.*Nothing was changed/);
    await server.app.close();
  });
});
