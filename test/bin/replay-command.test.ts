import { describe, expect, it } from 'vitest';
import type { ApiClient } from '../../bin/api-client.ts';
import { replayOf, replayText } from '../../bin/replay-command.ts';
import type { JournalEntry } from '../../executor/ports.ts';
import { playPlan } from '../../simulations/strategies/planned.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import { type TestServer, testServer } from '../api/test-server.ts';
import { threeZones } from '../fixtures/fleet.ts';
import { switchyard } from './command-line.ts';

/** A server that has a run of its own plan, carried out in the simulated world. */
async function serverWithRun(
  change: (entries: readonly JournalEntry[]) => readonly JournalEntry[] = (entries) => entries,
): Promise<{ readonly server: TestServer; readonly client: ApiClient }> {
  const server = await testServer();
  const plan = await server.plan();
  const played = await playPlan(createWorld({ objects: threeZones().items, seed: 1 }), plan);
  server.runs.keep('simulated', plan.id, change(played.entries));
  const client: ApiClient = {
    get: async (path) => {
      const answer = await server.app.inject(path);
      expect(answer.statusCode).toBe(200);
      return answer.json();
    },
    post: () => Promise.reject(new Error('a replay changes nothing')),
    events: () => {
      throw new Error('a replay reads the journal');
    },
  };
  return { server, client };
}

describe('switchyard run replay', () => {
  it('decides a whole run again from what the service answers', async () => {
    const { client } = await serverWithRun();
    const replay = await replayOf(client, 'simulated');
    expect(replay.replayed).toBeGreaterThan(50);
    expect(replay).toMatchObject({ withoutGrounds: 0, differences: [] });
    expect(replayText('simulated', replay).split('\n')[0]).toBe('run simulated  SAME');
  });

  it('says at which entry something comes out otherwise, what stands there and what comes out', async () => {
    const { client } = await serverWithRun((entries) =>
      entries.map((entry) =>
        entry.event.kind === 'bound' && entry.event.planNode === 'new-z1-1'
          ? { ...entry, event: { ...entry.event, node: 'another' } }
          : entry,
      ),
    );
    const replay = await replayOf(client, 'simulated');
    const [first] = replay.differences;
    const text = replayText('simulated', replay);
    expect(first?.written).toEqual({ kind: 'bound', planNode: 'new-z1-1', node: 'another' });
    expect(text.split('\n')[0]).toBe('run simulated  DIFFERENT');
    expect(text).toContain(`entry ${first?.sequence}  ${first?.lane}\n`);
    expect(text).toMatch(/^ {2}written {4}\{"kind":"bound".*"node":"another"\}$/m);
    expect(text).toMatch(/^ {2}comes out {2}\{"kind":"bound".*"node":"node-z1-.*"\}$/m);
  });

  it('says of a journal without grounds that it cannot be replayed', async () => {
    const { client } = await serverWithRun((entries) => entries.map(({ grounds: _, ...entry }) => entry));
    const replay = await replayOf(client, 'simulated');
    expect(replayText('simulated', replay).split('\n')).toEqual([
      'run simulated  NOT REPLAYABLE',
      expect.stringContaining('decided again 0'),
      expect.stringContaining(
        `${replay.withoutGrounds} decisions were written by a version that did not say`,
      ),
      '',
    ]);
  });

  it('asks for a run', () => {
    expect(switchyard(['run', 'replay']).code).toBe(2);
  });
});

describe('GET /v1/runs/{id}/journal', () => {
  it('sends the entries as they are stored, part by part', async () => {
    const { server } = await serverWithRun();
    const all = await server.runs.readJournal('simulated');
    const first = (await server.app.inject('/v1/runs/simulated/journal?limit=10')).json();
    expect(first).toMatchObject({ run: 'simulated', entries: all.slice(0, 10) });
    const next = (await server.app.inject('/v1/runs/simulated/journal?after=10')).json();
    expect(next.entries).toEqual(all.slice(10));
    expect(next.entries.some((entry: JournalEntry) => entry.grounds !== undefined)).toBe(true);
  });

  it('knows no run of another name, and no part that cannot be', async () => {
    const { server } = await serverWithRun();
    const unknown = await server.app.inject('/v1/runs/other/journal');
    expect(unknown.json()).toMatchObject({ status: 404, code: 'unknown-run' });
    expect((await server.app.inject('/v1/runs/simulated/journal?limit=0')).statusCode).toBe(400);
  });
});
