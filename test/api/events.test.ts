import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type TestServer, testServer } from './test-server.ts';

const stream = { accept: 'text/event-stream' };

async function startedRun(server: TestServer): Promise<string> {
  const plan = await server.plan();
  const answer = await server.app.inject({ method: 'POST', url: '/v1/runs', payload: { planId: plan.id } });
  return answer.json().id;
}

/** Asked for by hand: a socket can be left unread, and is gone when it is destroyed. */
function eventsRequest(run: string): string {
  return `GET /v1/runs/${run}/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`;
}

/** Blocks of a stream that has ended, without comments. */
function blocksOf(body: string): readonly string[] {
  return body.split('\n\n').filter((block) => block !== '' && !block.startsWith(':'));
}

describe('GET /v1/runs/{id}/events', () => {
  it('sends the journal as events with their sequence number, and ends with the run', async () => {
    const server = await testServer();
    const run = await startedRun(server);
    server.runs.write(run, 'run', { kind: 'started' });
    server.runs.write(run, 'run', { kind: 'finished' });
    const answer = await server.app.inject({ url: `/v1/runs/${run}/events`, headers: stream });
    expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    const blocks = blocksOf(answer.body);
    expect(blocks[0]).toBe('retry: 2000');
    expect(blocks.slice(1, 4).map((block) => block.split('\n')[0])).toEqual(['id: 1', 'id: 2', 'id: 3']);
    expect(blocks.at(-1)).toBe('event: end\ndata: {"state":"finished"}');
  });

  it('words each entry', async () => {
    const server = await testServer();
    const plan = await server.plan();
    const run = await startedRun(server);
    const step = plan.steps.find((candidate) => candidate.kind === 'fence');
    server.runs.write(run, step?.id ?? '', {
      kind: 'act',
      act: { kind: 'fence', node: 'n1', resourceVersion: '7' },
    });
    server.runs.write(run, 'run', { kind: 'finished' });
    const answer = await server.app.inject({ url: `/v1/runs/${run}/events`, headers: stream });
    const second = JSON.parse(blocksOf(answer.body)[2]?.split('data: ')[1] ?? '{}');
    expect(second).toMatchObject({
      sequence: 2,
      sort: 'act',
      step: step?.id,
      by: 'w-1',
      event: { kind: 'act' },
    });
    expect(second.text).toMatch(/^14:00:00Z {2}act {6}fence\s+n1: fences n1$/);
  });

  it.each([
    [{ 'last-event-id': '2' }, '', ['3']],
    [{}, '?after=2', ['3']],
    [{}, '?last=2', ['2', '3']],
    [{}, '?last=50', ['1', '2', '3']],
    [{ 'last-event-id': '1' }, '?last=1', ['2', '3']],
  ])(
    'replays what came after the last id, else as many of the last entries as are asked for (%j %s)',
    async (headers, query, replayed) => {
      const server = await testServer();
      const run = await startedRun(server);
      server.runs.write(run, 'run', { kind: 'started' });
      server.runs.write(run, 'run', { kind: 'finished' });
      const answer = await server.app.inject({
        url: `/v1/runs/${run}/events${query}`,
        headers: { ...stream, ...headers },
      });
      const ids = blocksOf(answer.body).flatMap((block) => /^id: (\d+)/.exec(block)?.[1] ?? []);
      expect(ids).toEqual(replayed);
    },
  );

  it('answers 406 to who does not ask for events, 400 to a last id that is none, 404 without such a run', async () => {
    const server = await testServer();
    const run = await startedRun(server);
    const plain = await server.app.inject(`/v1/runs/${run}/events`);
    expect(plain.json()).toMatchObject({ status: 406, code: 'not-acceptable' });
    const odd = await server.app.inject({
      url: `/v1/runs/${run}/events`,
      headers: { ...stream, 'last-event-id': 'seven' },
    });
    expect(odd.json()).toMatchObject({ status: 400, errors: [{ field: 'Last-Event-ID' }] });
    const none = await server.app.inject({ url: '/v1/runs/none/events', headers: stream });
    expect(none.json().code).toBe('unknown-run');
  });

  it('sends what comes later, keeps a silent stream open, and lets the server close', async () => {
    const server = await testServer({ heartbeatMs: 20 });
    const run = await startedRun(server);
    await server.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.app.server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}/v1/runs/${run}/events`, { headers: stream });
    const reader = (answer.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
    let seen = '';
    const until = async (wanted: string) => {
      while (!seen.includes(wanted)) seen += (await reader.read()).value ?? '';
    };
    await until('id: 1\n');
    await until(': still here\n\n');
    expect(seen).not.toContain('id: 2\n');
    server.runs.write(run, 'run', { kind: 'started' });
    await until('id: 2\n');
    const began = performance.now();
    await server.app.close();
    expect(performance.now() - began).toBeLessThan(2_000);
    await reader.cancel().catch(() => undefined);
  });

  it('tells two hundred viewers of the same entry, and forgets those that have gone', async () => {
    const server = await testServer();
    const run = await startedRun(server);
    await server.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.app.server.address() as AddressInfo;
    const sockets = Array.from({ length: 200 }, () => connect(port, '127.0.0.1'));
    const told = sockets.map(async (socket) => {
      socket.write(eventsRequest(run));
      let seen = '';
      for await (const piece of socket.iterator({ destroyOnReturn: false })) {
        seen += piece;
        if (seen.includes('id: 2\n')) return true;
      }
      return false;
    });
    server.runs.write(run, 'run', { kind: 'started' });
    expect((await Promise.all(told)).filter((each) => each)).toHaveLength(200);
    for (const socket of sockets) socket.destroy();
    const connections = () =>
      new Promise<number>((resolve) => server.app.server.getConnections((_error, count) => resolve(count)));
    await expect.poll(connections, { timeout: 5_000 }).toBe(0);
    await server.app.close();
  }, 20_000);

  it('drops a viewer that takes nothing', async () => {
    const server = await testServer({ stuckMs: 100 });
    const run = await startedRun(server);
    for (let round = 0; round < 200; round += 1) {
      const facts = { subject: 'x'.repeat(100_000) };
      server.runs.write(run, 'run', { kind: 'waiting', because: { code: 'waiting', facts }, deadlineMs: 0 });
    }
    await server.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.app.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(eventsRequest(run));
    const connections = () =>
      new Promise<number>((resolve) => server.app.server.getConnections((_error, count) => resolve(count)));
    await expect.poll(connections, { timeout: 5_000 }).toBe(1);
    await expect.poll(connections, { timeout: 5_000 }).toBe(0);
    socket.destroy();
    await server.app.close();
  }, 20_000);
});
