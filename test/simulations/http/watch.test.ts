import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import type { World } from '../../../simulations/world/world.ts';
import { deployment, fleetObjects, node, zone } from '../../fixtures/fleet.ts';
import { manualClock } from './manual-clock.ts';
import { recorded } from './recordings.ts';

type Line = {
  type: string;
  object: { kind: string; metadata: Record<string, unknown>; [field: string]: unknown };
};

type Row = { cells?: unknown[]; object?: unknown };

let world: World;
let served: ServedWorld;
beforeEach(async () => {
  const fleet = fleetObjects(zone('z1', node('n1'), node('n2')), deployment('web', { on: ['n1'] }));
  world = createWorld({ objects: fleet.items });
  served = await serveWorld(world, { speed: 0 });
});
afterEach(async () => {
  await served.close();
});

/** Reads lines as they come; `stop` leaves. */
async function watch(
  path: string,
  headers: Record<string, string> = {},
): Promise<{ lines: Line[]; ended: Promise<void>; stop: () => void }> {
  const leave = new AbortController();
  const answer = await fetch(`${served.kubernetesUrl}${path}`, { signal: leave.signal, headers });
  expect(answer.status).toBe(200);
  const lines: Line[] = [];
  const read = async () => {
    let rest = '';
    for await (const chunk of answer.body ?? []) {
      rest += Buffer.from(chunk).toString('utf8');
      const parts = rest.split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts.map((line): Line => JSON.parse(line)));
    }
  };
  return { lines, ended: read().catch(() => {}), stop: () => leave.abort() };
}

function shown(lines: readonly Line[]): string[] {
  return lines.map((line) => `${line.type} ${String(line.object.metadata.name)}`);
}

function cordon(name: string, unschedulable = true): void {
  world.store.update('Node', undefined, name, (draft) => {
    draft.spec = { ...draft.spec, unschedulable };
  });
}

function label(name: string, color: string): void {
  world.store.update('Node', undefined, name, (draft) => {
    draft.metadata.labels = { ...draft.metadata.labels, color };
  });
}

describe('a watch', () => {
  it('sends what happens after its resourceVersion, in order, with kind and growing versions', async () => {
    const from = world.store.resourceVersion;
    cordon('n1');
    const { lines, stop } = await watch(`/api/v1/nodes?watch=1&resourceVersion=${from}`);
    cordon('n2');
    cordon('n1', false);
    await expect.poll(() => shown(lines)).toEqual(['MODIFIED n1', 'MODIFIED n2', 'MODIFIED n1']);
    const versions = lines.map((line) => Number(line.object.metadata.resourceVersion));
    expect(versions).toEqual([...versions].sort((one, other) => one - other));
    expect(new Set(versions).size).toBe(3);
    expect(lines.every((line) => line.object.kind === 'Node')).toBe(true);
    stop();
  });

  it('of more than is written at once tells what was there first, then what changed meanwhile', async () => {
    for (let one = 0; one < 2000; one += 1) {
      const metadata = {
        name: `n-${String(one).padStart(4, '0')}`,
        annotations: { filling: 'x'.repeat(2000) },
      };
      world.store.create({ apiVersion: 'v1', kind: 'Node', metadata });
    }
    const there = world.store.list('Node').map((one) => `ADDED ${one.metadata.name}`);
    const from = world.store.resourceVersion;
    const initial = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const { lines, stop } = await watch(`/api/v1/nodes?watch=1&${initial}`);
    cordon('n2');
    label('n1', 'red');
    await expect.poll(() => lines.length).toBe(there.length + 3);
    expect(shown(lines.slice(0, there.length))).toEqual(there);
    const [bookmark, ...after] = lines.slice(there.length);
    expect(bookmark).toMatchObject({
      type: 'BOOKMARK',
      object: {
        metadata: { resourceVersion: String(from), annotations: { 'k8s.io/initial-events-end': 'true' } },
      },
    });
    expect(shown(after)).toEqual(['MODIFIED n2', 'MODIFIED n1']);
    stop();
  });

  it('without a resourceVersion begins with all that is there', async () => {
    const { lines, stop } = await watch('/api/v1/nodes?watch=true');
    await expect.poll(() => shown(lines)).toEqual(['ADDED n1', 'ADDED n2']);
    cordon('n2');
    await expect.poll(() => shown(lines).at(-1)).toBe('MODIFIED n2');
    stop();
  });

  it('with sendInitialEvents ends the beginning with a marked bookmark', async () => {
    const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const { lines, stop } = await watch(`/api/v1/nodes?${query}`);
    await expect.poll(() => lines.map((line) => line.type)).toEqual(['ADDED', 'ADDED', 'BOOKMARK']);
    expect(lines[2]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
    expect(lines[2]?.object.metadata.resourceVersion).toBe(String(world.store.resourceVersion));
    stop();
  });

  it('with a selector tells who begins to match and who ceases to', async () => {
    const from = world.store.resourceVersion;
    const { lines, stop } = await watch(
      `/api/v1/nodes?watch=1&labelSelector=color%3Dred&resourceVersion=${from}`,
    );
    label('n1', 'blue');
    label('n1', 'red');
    cordon('n1');
    label('n1', 'blue');
    cordon('n1', false);
    await expect.poll(() => shown(lines)).toEqual(['ADDED n1', 'MODIFIED n1', 'DELETED n1']);
    expect(lines[2]?.object.metadata.labels).toMatchObject({ color: 'red' });
    stop();
  });

  it('of one namespace and one node hears of nothing else', async () => {
    const from = world.store.resourceVersion;
    const { lines, stop } = await watch(
      `/api/v1/namespaces/default/pods?watch=1&resourceVersion=${from}&fieldSelector=spec.nodeName%3Dn1`,
    );
    cordon('n1');
    const pod = world.store.list('Pod', 'default')[0];
    if (pod === undefined) throw new Error('no pod');
    world.evict('default', pod.metadata.name, {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: pod.metadata.name, namespace: 'default' },
    });
    world.advanceTo(world.nowMs() + 120_000);
    await expect.poll(() => shown(lines).at(-1)).toBe(`DELETED ${pod.metadata.name}`);
    expect(lines.every((line) => line.object.metadata.name === pod.metadata.name)).toBe(true);
    stop();
  });

  it('from a version that is too old gets one ERROR line as recorded, and ends', async () => {
    world.store.compact();
    cordon('n1');
    const { lines, ended } = await watch('/api/v1/nodes?watch=1&resourceVersion=1&timeoutSeconds=5');
    await ended;
    const real: Line = JSON.parse(
      recorded('kubernetes/144-watch-resourceversion-1-too-old-410').response.lines?.[0] ?? '',
    );
    const plain = (line: Line | undefined) => ({
      ...line,
      object: { ...line?.object, message: String(line?.object.message).replace(/\d+/g, 'N') },
    });
    expect(lines).toHaveLength(1);
    expect(plain(lines[0])).toEqual(plain(real));
  });

  it('from a version that is not there yet hears nothing until its time is over', async () => {
    const { lines, ended } = await watch('/api/v1/nodes?watch=1&resourceVersion=99999999&timeoutSeconds=1');
    await ended;
    expect(lines).toEqual([]);
  });

  it('is ended by its timeout, after a bookmark when it allows them', async () => {
    const from = world.store.resourceVersion;
    const begun = performance.now();
    const { lines, ended } = await watch(
      `/api/v1/nodes?watch=1&allowWatchBookmarks=true&resourceVersion=${from}&timeoutSeconds=1`,
    );
    await ended;
    expect(performance.now() - begun).toBeGreaterThan(900);
    expect(lines.map((line) => line.type)).toEqual(['BOOKMARK']);
    expect(lines[0]?.object.metadata.resourceVersion).toBe(String(world.store.resourceVersion));
  });

  it('costs the world nothing once its client has left', async () => {
    const { lines, stop, ended } = await watch('/api/v1/nodes?watch=1');
    await expect.poll(() => lines.length).toBe(2);
    stop();
    await ended;
    await new Promise((resolve) => setTimeout(resolve, 50));
    cordon('n1');
    expect(lines).toHaveLength(2);
  });
});

describe('a watcher that does not read', () => {
  it.each([
    { megabytes: 40, isCutOff: true },
    { megabytes: 8, isCutOff: false },
  ])(
    'with $megabytes MB waiting for it for a minute: cut off is $isCutOff',
    async ({ megabytes, isCutOff }) => {
      const clock = manualClock();
      const slow = await serveWorld(world, { speed: 0, clock });
      const socket = connect(Number(new URL(slow.kubernetesUrl).port), '127.0.0.1');
      let isClosed = false;
      let told = '';
      socket.on('error', () => {});
      socket.on('close', () => {
        isClosed = true;
      });
      const from = world.store.resourceVersion;
      socket.write(`GET /api/v1/nodes?watch=1&resourceVersion=${from} HTTP/1.1\r\nhost: a\r\n\r\n`);
      await expect.poll(() => slow.requests.at(-1)?.status).toBe(200);
      const note = (text: string) =>
        world.store.update('Node', undefined, 'n1', (draft) => {
          draft.metadata.annotations = { note: text };
        });
      for (let written = 0; written < megabytes; written += 1) note(`${written}`.padEnd(1024 * 1024, 'x'));
      clock.advance(60_000);
      note('the last');
      socket.on('data', (chunk) => {
        told = (told + chunk.toString('latin1')).slice(-5000);
      });
      await expect.poll(() => isClosed || told.includes('the last'), { timeout: 10_000 }).toBe(true);
      expect(isClosed).toBe(isCutOff);
      socket.destroy();
      await slow.close();
    },
  );
});

describe('a watch in another form', () => {
  const accept = (form: string) => ({ accept: `application/json;as=${form};v=v1;g=meta.k8s.io` });

  it('is a table of one row for each change, with its columns in the first line only', async () => {
    const query = 'watch=1&sendInitialEvents=true&allowWatchBookmarks=true&includeObject=Object';
    const { lines, stop } = await watch(`/api/v1/nodes?${query}`, accept('Table'));
    cordon('n2');
    await expect
      .poll(() => lines.map(({ type }) => type))
      .toEqual(['ADDED', 'ADDED', 'BOOKMARK', 'MODIFIED']);
    expect(lines.every(({ object }) => object.kind === 'Table')).toBe(true);
    const tables = lines.map(({ object }) => object as unknown as { columnDefinitions: Row[]; rows: Row[] });
    expect(tables.map(({ columnDefinitions }) => columnDefinitions.length > 0)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(tables.map(({ rows }) => rows.map(({ cells }) => cells?.slice(0, 2)))).toEqual([
      [['n1', 'Ready']],
      [['n2', 'Ready']],
      [],
      [['n2', 'Ready,SchedulingDisabled']],
    ]);
    expect(tables[3]?.rows[0]?.object).toMatchObject({ kind: 'Node', spec: { unschedulable: true } });
    expect(lines[2]?.object.metadata.resourceVersion).toMatch(/^\d+$/);
    stop();
  });

  it('is metadata alone, while a watch beside it tells whole objects', async () => {
    const from = world.store.resourceVersion;
    const path = `/api/v1/nodes?watch=1&resourceVersion=${from}`;
    const short = await watch(path, accept('PartialObjectMetadata'));
    const whole = await watch(path);
    cordon('n1');
    await expect.poll(() => [short.lines.length, whole.lines.length]).toEqual([1, 1]);
    expect(short.lines[0]?.object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'n1' } });
    expect(short.lines[0]?.object).not.toHaveProperty('spec');
    expect(whole.lines[0]?.object).toMatchObject({ kind: 'Node', spec: { unschedulable: true } });
    short.stop();
    whole.stop();
  });
});
