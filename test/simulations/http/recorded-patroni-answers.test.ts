import { afterEach, describe, expect, it } from 'vitest';
import { memberUrl } from '../../../simulations/http/patroni-server.ts';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import type { World } from '../../../simulations/world/world.ts';
import { cluster, fleetObjects, type KubernetesObject, member, node, zone } from '../../fixtures/fleet.ts';
import { type Recording, recorded, recordedNames, replay } from './recordings.ts';

/** Recordings that are not replayed, each with its reason. */
const notReplayed: Readonly<Record<string, string>> = {
  '068-history-after-switchovers': 'told as behaviour below: its length follows from what happened before',
  '069-switchover-concurrent-1': 'told as behaviour below: two requests at once',
  '070-switchover-concurrent-2': 'told as behaviour below: two requests at once',
  '080-sync-standby-get-sync':
    'recorded before the standby’s own next loop; members of the world see their sync state at once',
  '087-switchover-candidate-not-answering': 'told as behaviour below: its member is made silent',
  '098-config-patch-small-maximum-lag': 'another configuration of the same request as in 103',
  '099-cluster-candidate-lagging': 'told as behaviour below: its replica is frozen',
  '100-lagging-replica-get-replica-lag': 'told as behaviour below: its replica is frozen',
  '101-lagging-replica-get-readiness': 'told as behaviour below: its replica is frozen',
  '102-switchover-candidate-lagging': 'told as behaviour below: its replica is frozen',
};

/** What was asked before, where the answer depends on it; the moment of the recording stands still meanwhile. */
function askedBefore(name: string): string | undefined {
  const number = Number(name.slice(0, 3));
  if (number === 62 || number === 63) return '061-switchover-scheduled-ok';
  const whileItIsRebuilt = (number >= 89 && number <= 94) || number === 96 || number === 97;
  return whileItIsRebuilt ? '095-reinitialize-replica' : undefined;
}

/** Moments, places in the WAL and timelines of the recorded cluster. */
function withoutNumbers(metrics: string): string {
  return metrics.replace(
    /^(\w+(?:_time|_location|_timeline|_last_seen) ?\{.*\}) \d*[1-9][\d.]*$/gm,
    '$1 some',
  );
}

const names = ['acid-b-0', 'acid-b-1', 'acid-b-2'];

/** acid-b of the recordings with the leader that the recorded request found. */
function worldLedBy(leader: string): World {
  const fleet = fleetObjects(
    zone('z1', node('n1')),
    zone('z2', node('n2')),
    zone('z3', node('n3')),
    cluster(
      'acid-b',
      ...names.map((name, at) => member(`n${at + 1}`, name === leader ? 'primary' : 'replica')),
    ),
  );
  return createWorld({ objects: fleet.items.map(asRecorded), startMs: Date.UTC(2026, 10, 22, 22, 1, 0) });
}

/** Patroni 3.0.2 with the configuration and history of the recorded cluster. */
function asRecorded(object: KubernetesObject): KubernetesObject {
  const annotations = object.metadata.annotations;
  if (typeof annotations !== 'object' || annotations === null) return object;
  const changed: Record<string, unknown> = { ...annotations };
  if (typeof changed.status === 'string')
    changed.status = changed.status.replace(/"version":"[^"]*"/, '"version":"3.0.2"');
  if (object.metadata.name === 'acid-b-config') {
    changed.config = JSON.stringify(recorded('patroni/004-leader-get-config').response.body);
    changed.history = JSON.stringify(recorded('patroni/005-leader-get-history').response.body);
  }
  return { ...object, metadata: { ...object.metadata, annotations: changed } };
}

/** Recorded switchovers name the leader that they found; the other requests were made while acid-b-1 led. */
function leaderAtThatTime(name: string, recording: Recording): string {
  const paused = name.startsWith('072') || name.startsWith('073');
  const wrong = name.startsWith('049') || name.startsWith('050');
  const body = recording.request.body;
  if (paused) return 'acid-b-0';
  if (wrong || typeof body !== 'object' || body === null || !('leader' in body)) return 'acid-b-1';
  return String(body.leader);
}

const patches: Readonly<Record<string, unknown>> = {
  paused: { pause: true },
  sync: { synchronous_mode: true },
};

function configFor(name: string): unknown {
  const number = Number(name.slice(0, 3));
  if (number >= 72 && number <= 76) return patches.paused;
  if (number >= 79 && number <= 85) return patches.sync;
  return undefined;
}

function askedMember(world: World, recording: Recording, leader: string): string {
  const sync = [...world.clusters.values()][0]?.syncStandbys[0];
  const replicas = names.filter((name) => name !== leader);
  switch (recording.askedOf) {
    case 'leader':
      return leader;
    case 'sync standby':
      return sync ?? 'no sync standby';
    case 'async replica':
      return replicas.find((name) => name !== sync) ?? 'no async replica';
    default:
      return replicas[0] ?? 'no replica';
  }
}

let served: ServedWorld | undefined;
afterEach(async () => {
  await served?.close();
  served = undefined;
});

/** Virtual time passes a hundred times faster, so that a switchover of two seconds is answered in 20 ms. */
async function serve(world: World, speed = 100): Promise<ServedWorld> {
  served = await serveWorld(world, { speed });
  return served;
}

async function ask(
  member: string,
  request: Omit<Recording['request'], 'headers' | 'query'> & Partial<Recording['request']>,
) {
  const base = memberUrl(served?.patroniUrl ?? '', 'default', member);
  return replay(base, { query: '', headers: {}, ...request });
}

async function configure(world: World, member: string, change: unknown): Promise<void> {
  await ask(member, { method: 'PATCH', path: '/config', body: change });
  await expect
    .poll(() => change !== patches.sync || ([...world.clusters.values()][0]?.syncStandbys.length ?? 0) > 0)
    .toBe(true);
}

/** Fields and kinds of values; words of roles and states as they are. Lists by their first entry. */
function shape(value: unknown, field = ''): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])];
  if (typeof value !== 'object' || value === null) {
    if (['role', 'state', 'sync_state', 'pause', 'usename'].includes(field)) return value;
    // Unset until the first transaction after a start.
    return field === 'replayed_timestamp' ? 'time or null' : typeof value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !optionalFields.has(name))
      .map(([name, inner]) => [name, shape(inner, name)])
      .sort(([one], [other]) => (String(one) < String(other) ? -1 : 1)),
  );
}

/** Set by the recorded cluster's own settings. */
const optionalFields: ReadonlySet<string> = new Set([
  'tags',
  'parameters',
  'pg_hba',
  'postgresql',
  'lag',
  'synchronous_mode',
]);

function byName(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('members' in body) || !Array.isArray(body.members))
    return body;
  return { ...body, members: undefined, first: body.members.find((one) => one.role === 'leader') };
}

describe('simulated members answer as real Patroni did', () => {
  const recordings = recordedNames('patroni');
  it('to every recorded request that is not named with a reason', () => {
    expect(Object.keys(notReplayed).filter((name) => !recordings.includes(name))).toEqual([]);
    expect(recordings.length - Object.keys(notReplayed).length).toBeGreaterThan(90);
  });

  for (const name of recordings.filter((each) => notReplayed[each] === undefined)) {
    it(`to ${name}`, async () => {
      const recording = recorded(`patroni/${name}`);
      const leader = leaderAtThatTime(name, recording);
      const world = worldLedBy(leader);
      const before = askedBefore(name);
      await serve(world, before === undefined ? 100 : 0);
      const change = configFor(name);
      if (change !== undefined) await configure(world, leader, change);
      if (before !== undefined) {
        const first = recorded(`patroni/${before}`);
        await ask(askedMember(world, first, leader), first.request);
      }
      const request = withCandidate(world, name, recording.request);
      const answer = await ask(askedMember(world, recording, leader), request);
      expect(answer.status).toBe(recording.response.status);
      expect(answer.headers.get('content-type') ?? undefined).toBe(
        recording.response.headers['content-type'],
      );
      const { body } = recording.response;
      if (request.path === '/metrics') expect(withoutNumbers(answer.text)).toBe(withoutNumbers(String(body)));
      else if (typeof body !== 'string') expect(shape(byName(answer.body))).toEqual(shape(byName(body)));
      else if (!name.startsWith('066') && !name.startsWith('085')) expect(answer.text).toBe(body);
      else expect(answer.text).toMatch(/^Successfully switched over to "acid-b-\d"$/);
    });
  }
});

/** Which replica is the synchronous one is Patroni's choice, so these candidates are named after it. */
function withCandidate(world: World, name: string, request: Recording['request']): Recording['request'] {
  const sync = [...world.clusters.values()][0]?.syncStandbys[0];
  const other = names.find((each) => each !== sync && each !== 'acid-b-1');
  if (name.startsWith('084')) return { ...request, body: { leader: 'acid-b-1', candidate: other } };
  if (name.startsWith('085')) return { ...request, body: { leader: 'acid-b-1', candidate: sync } };
  return request;
}

describe('simulated members', () => {
  const switchover = (candidate: string) =>
    ask('acid-b-1', { method: 'POST', path: '/switchover', body: { leader: 'acid-b-1', candidate } });
  const get = (member: string, path: string, query = '') =>
    ask(member, { method: 'GET', path, query, body: null });

  it('asked twice at once switch over once, and tell the second who won', async () => {
    const world = worldLedBy('acid-b-1');
    await serve(world);
    const answers = await Promise.all([switchover('acid-b-0'), switchover('acid-b-2')]);
    expect(answers.map((answer) => answer.status)).toEqual([200, 200]);
    expect(answers[0]?.text).toBe(recorded('patroni/069-switchover-concurrent-1').response.body);
    expect(answers[1]?.text).toBe(recorded('patroni/070-switchover-concurrent-2').response.body);
    expect(world.roleChanges).toHaveLength(1);
  });

  it('write each change of the primary into the history', async () => {
    const world = worldLedBy('acid-b-1');
    await serve(world);
    const before = (await get('acid-b-1', '/history')).body as unknown[];
    await switchover('acid-b-0');
    await expect
      .poll(async () => ((await get('acid-b-2', '/history')).body as unknown[]).length)
      .toBe(before.length + 1);
    const entry = ((await get('acid-b-2', '/history')).body as unknown[][]).at(-1);
    expect(entry?.map((one) => typeof one)).toEqual(['number', 'number', 'string', 'string', 'string']);
    expect(entry?.at(-1)).toBe('acid-b-0');
  });

  it('whose pod does not run, or who are silent, do not answer at all', async () => {
    const world = worldLedBy('acid-b-1');
    await serve(world);
    await expect(get('acid-b-9', '/cluster')).rejects.toThrow();
    world.faults.silentPatroni.add('default/acid-b-0');
    await expect(get('acid-b-0', '/cluster')).rejects.toThrow();
    const answer = await switchover('acid-b-0');
    const real = recorded('patroni/087-switchover-candidate-not-answering').response;
    expect({ status: answer.status, body: answer.text }).toEqual({ status: real.status, body: real.body });
  });

  it('that lag are ready and yet no good candidates, as recorded', async () => {
    const world = worldLedBy('acid-b-1');
    await serve(world);
    await ask('acid-b-1', { method: 'PATCH', path: '/config', body: { maximum_lag_on_failover: 1 } });
    world.freezeReplica('default', 'acid-b-0', true);
    await expect
      .poll(async () => (await get('acid-b-0', '/replica', 'lag=1kB')).status, { timeout: 5_000 })
      .toBe(503);
    expect((await get('acid-b-0', '/readiness')).status).toBe(200);
    const answer = await switchover('acid-b-0');
    const real = recorded('patroni/102-switchover-candidate-lagging').response;
    expect({ status: answer.status, body: answer.text }).toEqual({ status: real.status, body: real.body });
    expect(world.roleChanges).toEqual([]);
  });

  it('are published in their pods under the served address', async () => {
    const world = worldLedBy('acid-b-1');
    const { patroniUrl } = await serve(world);
    for (const name of names) {
      const status = world.store.get('Pod', 'default', name)?.metadata.annotations?.status ?? '{}';
      expect(JSON.parse(status).api_url).toBe(`${patroniUrl}/members/default/${name}/patroni`);
    }
  });

  it('keep the connection of a switchover open until virtual time has brought the answer', async () => {
    const world = worldLedBy('acid-b-1');
    served = await serveWorld(world, { speed: 0 });
    let answered = false;
    const answer = switchover('acid-b-0').then((value) => {
      answered = true;
      return value;
    });
    await expect.poll(() => served?.requests.length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(answered).toBe(false);
    world.advanceTo(world.nowMs() + 10_000);
    expect((await answer).status).toBe(200);
  });
});
