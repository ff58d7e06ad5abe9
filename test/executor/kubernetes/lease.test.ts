import { afterEach, describe, expect, it } from 'vitest';
import { connectKubernetes } from '../../../executor/kubernetes/index.ts';
import { microTime } from '../../../executor/kubernetes/lease.ts';
import { RUN_NOTE } from '../../../executor/marks.ts';
import { type Answer, type Asked, recording, serveAnswers } from '../answering-server.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

type Lease = {
  metadata: { resourceVersion: string; annotations?: Record<string, string> };
  spec: Record<string, unknown>;
};

/** An API server that knows Leases: 409 for a stale resourceVersion, 422 without one, 400 for a time without microseconds. */
async function leaseServer() {
  const state: { lease: Lease | undefined; writes: number; raceOnce: (() => void) | undefined } = {
    lease: undefined,
    writes: 0,
    raceOnce: undefined,
  };
  const store = (lease: Lease): void => {
    state.writes += 1;
    state.lease = {
      metadata: { ...lease.metadata, resourceVersion: String(state.writes) },
      spec: lease.spec,
    };
  };
  const answer = (asked: Asked): Answer => {
    if (asked.method === 'GET') {
      if (state.lease !== undefined) return { status: 200, body: state.lease };
      const body = { kind: 'Status', reason: 'NotFound', details: { name: 'switchyard' } };
      return { status: 404, body };
    }
    state.raceOnce?.();
    state.raceOnce = undefined;
    const sent = JSON.parse(asked.body) as Lease;
    if (!/\.\d{6}Z$/.test(String(sent.spec.renewTime))) return { status: 400, body: {} };
    if (asked.method === 'POST' && state.lease !== undefined) return { status: 409, body: {} };
    if (asked.method === 'PUT') {
      if (sent.metadata.resourceVersion === undefined) return { status: 422, body: {} };
      if (sent.metadata.resourceVersion !== state.lease?.metadata.resourceVersion)
        return { status: 409, body: {} };
    }
    store(sent);
    return { status: asked.method === 'POST' ? 201 : 200, body: state.lease };
  };
  const server = await serveAnswers(answer);
  open.push(server);
  return { server, state, store };
}

async function twoRuns() {
  const world = await leaseServer();
  const time = { ms: Date.UTC(2026, 10, 23, 12) };
  const kubernetes = connectKubernetes({ server: world.server.url, clock: { nowMs: () => time.ms } });
  open.push(kubernetes);
  const hold = (holder: string) => kubernetes.holdLease({ holder, durationSeconds: 30 });
  return { ...world, time, kubernetes, hold };
}

describe('the Lease of a fleet', () => {
  it('is held by whoever comes first, and others are told by whom and until when', async () => {
    const { hold, time } = await twoRuns();
    expect(await hold('run-1')).toEqual({ kind: 'held' });
    expect(await hold('run-2')).toEqual({ kind: 'taken', by: 'run-1', untilMs: time.ms + 30_000 });
  });

  it('is renewed by its holder, but not written at every pass', async () => {
    const { hold, time, state } = await twoRuns();
    await hold('run-1');
    time.ms += 1_000;
    await hold('run-1');
    expect(state.writes).toBe(1);
    time.ms += 9_000;
    await hold('run-1');
    expect(state.writes).toBe(2);
    expect(state.lease?.spec).toMatchObject({
      holderIdentity: 'run-1',
      renewTime: microTime(time.ms),
      leaseTransitions: 0,
    });
  });

  it('passes to another run once it has run out, and the change is counted', async () => {
    const { hold, time, state } = await twoRuns();
    await hold('run-1');
    time.ms += 29_999;
    expect((await hold('run-2')).kind).toBe('taken');
    time.ms += 1;
    expect(await hold('run-2')).toEqual({ kind: 'held' });
    expect(state.lease?.spec).toMatchObject({ holderIdentity: 'run-2', leaseTransitions: 1 });
    expect((await hold('run-1')).kind).toBe('taken');
  });

  it('is not taken from a holder that renews it by a clock that is behind', async () => {
    const { hold, time, server } = await twoRuns();
    const ahead = connectKubernetes({ server: server.url, clock: { nowMs: () => time.ms + 45_000 } });
    open.push(ahead);
    for (let count = 0; count < 10; count += 1) {
      await hold('run-1');
      const other = await ahead.holdLease({ holder: 'run-2', durationSeconds: 30 });
      expect(other.kind).toBe('taken');
      expect(await ahead.readNote()).toBeUndefined();
      time.ms += 8_000;
    }
    // Nobody renews it any more: it was seen as it is for as long as it holds.
    time.ms += 30_000;
    expect(await ahead.holdLease({ holder: 'run-2', durationSeconds: 30 })).toEqual({ kind: 'held' });
  });

  it('that nobody has renewed for long is taken at once', async () => {
    const { hold, time, server } = await twoRuns();
    await hold('run-1');
    time.ms += 10 * 60_000;
    const other = connectKubernetes({ server: server.url, clock: { nowMs: () => time.ms } });
    open.push(other);
    expect(await other.holdLease({ holder: 'run-2', durationSeconds: 30 })).toEqual({ kind: 'held' });
  });

  it('is free at once after it was dropped, and only its holder can drop it', async () => {
    const { hold, kubernetes, state } = await twoRuns();
    await hold('run-1');
    await kubernetes.dropLease({ holder: 'run-2' });
    expect((await hold('run-2')).kind).toBe('taken');
    await kubernetes.dropLease({ holder: 'run-1' });
    expect(state.lease?.spec.holderIdentity).toBe('');
    expect(await hold('run-2')).toEqual({ kind: 'held' });
  });

  it('is free once a person has taken the note of a lost run away, or given the Lease away: then that note is gone, too', async () => {
    const { kubernetes, hold, time, state } = await twoRuns();
    const leaveNote = (holder: string) =>
      kubernetes.holdLease({ holder, durationSeconds: 30, note: `of ${holder}` });
    await leaveNote('run-1');
    time.ms += 10 * 60_000;
    expect(await hold('run-2')).toMatchObject({ kind: 'taken', by: 'run-1' });
    // kubectl annotate lease switchyard switchyard.dev/run-
    delete state.lease?.metadata.annotations?.[RUN_NOTE];
    expect(await leaveNote('run-2')).toEqual({ kind: 'held' });
    Object.assign(state.lease?.spec ?? {}, { holderIdentity: '' });
    expect(await hold('run-3')).toEqual({ kind: 'held' });
    expect(state.lease?.metadata.annotations).toEqual({});
  });

  it('goes to exactly one of two that write at the same moment', async () => {
    const { hold, state, store, time } = await twoRuns();
    const byOther = () =>
      store({
        metadata: { resourceVersion: '0' },
        spec: { holderIdentity: 'run-2', leaseDurationSeconds: 30, renewTime: microTime(time.ms) },
      });
    state.raceOnce = byOther;
    expect(await hold('run-1')).toMatchObject({ kind: 'taken', by: 'run-2' });
    time.ms += 31_000;
    state.raceOnce = byOther;
    expect(await hold('run-1')).toMatchObject({ kind: 'taken', by: 'run-2' });
  });

  it('stays held where another worker of the same run renewed it in between', async () => {
    const { hold, state, store, time } = await twoRuns();
    await hold('run-1');
    time.ms += 20_000;
    state.raceOnce = () =>
      store({
        metadata: { resourceVersion: '0' },
        spec: { holderIdentity: 'run-1', leaseDurationSeconds: 30, renewTime: microTime(time.ms) },
      });
    expect(await hold('run-1')).toEqual({ kind: 'held' });
  });

  it('is written as a real API server takes it', () => {
    const recorded = recording('kubernetes', '111-lease-create-201').request.body as Lease;
    expect(microTime(Date.parse(String(recorded.spec.renewTime)))).toBe(recorded.spec.renewTime);
  });
});
