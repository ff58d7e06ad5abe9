import { afterEach, describe, expect, it } from 'vitest';
import { type FollowLimits, usualFollowLimits } from '../../../executor/kubernetes/follow-kind.ts';
import { connectKubernetes } from '../../../executor/kubernetes/index.ts';
import type { FleetMirror, MirrorChange } from '../../../executor/ports.ts';
import { sleep } from '../../../executor/system-clock.ts';
import { serveWatches, type WatchingServer } from './watching-server.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const quick: FollowLimits = { ...usualFollowLimits, pauseMs: 20, pauseMaxMs: 100 };
const kinds = ['Node', 'Pod', 'StatefulSet', 'ReplicaSet', 'VolumeAttachment'] as const;

type Followed = {
  readonly server: WatchingServer;
  readonly mirror: FleetMirror;
  readonly changes: MirrorChange[];
  readonly errors: unknown[];
};

async function follow(objects: Record<string, object[]>, limits = quick): Promise<Followed> {
  const server = await serveWatches();
  for (const [plural, list] of Object.entries(objects)) server.objects.set(plural, list);
  const kubernetes = connectKubernetes({ server: server.url, limits: { perSecond: 1_000, burst: 1_000 } });
  open.push(server, kubernetes);
  const errors: unknown[] = [];
  const mirror = kubernetes.mirror((error) => errors.push(error), limits);
  const changes: MirrorChange[] = [];
  mirror.onChange((change) => changes.push(change));
  await expect.poll(() => mirror.isCurrent(kinds) && server.watches('pods')).toBe(1);
  return { server, mirror, changes, errors };
}

function pod(name: string, version: number, changed: { node?: string; position?: number } = {}): object {
  const status = JSON.stringify({ state: 'running', role: 'replica', xlog_location: changed.position ?? 1 });
  return {
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      resourceVersion: String(version),
      labels: { 'cluster-name': 'acid-a' },
      annotations: { status },
      ownerReferences: [{ kind: 'StatefulSet', uid: 'set', controller: true }],
    },
    spec: { nodeName: changed.node ?? 'n1' },
    status: { phase: 'Running' },
  };
}

const event = (type: string, object: object) => ({ type, object });
const bookmark = (version: number) => event('BOOKMARK', { metadata: { resourceVersion: String(version) } });
const expired = event('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' });

async function names(mirror: FleetMirror): Promise<readonly string[]> {
  return (await mirror.listPods({})).map((each) => each.name);
}
const lastWatch = ({ asked }: WatchingServer) => asked.findLast((line) => line.startsWith('watch pods'));
const lists = ({ asked }: WatchingServer) => asked.filter((line) => line === 'list pods').length;

describe('the mirror', () => {
  it('shows what was listed, and then each change as it comes', async () => {
    const { server, mirror, changes } = await follow({ pods: [pod('a-0', 3), pod('a-1', 4)] });
    expect(await names(mirror)).toEqual(['a-0', 'a-1']);
    server.send(
      'pods',
      event('ADDED', pod('a-2', 11)),
      event('MODIFIED', pod('a-0', 12, { node: 'n2' })),
      event('DELETED', pod('a-1', 13)),
    );
    await expect.poll(() => names(mirror)).toEqual(['a-0', 'a-2']);
    expect(await mirror.getPod('default', 'a-0')).toMatchObject({ node: 'n2', resourceVersion: '12' });
    expect(changes.slice(-3)).toMatchObject([
      { kind: 'Pod', before: undefined, after: { name: 'a-2' } },
      { kind: 'Pod', before: { node: 'n1' }, after: { node: 'n2' } },
      { kind: 'Pod', before: { name: 'a-1' }, after: undefined },
    ]);
  });

  it('finds pods by node, namespace and label, as the server does', async () => {
    const { server, mirror } = await follow({ pods: [pod('a-0', 3), pod('a-1', 4, { node: 'n2' })] });
    const found = async (query: Parameters<FleetMirror['listPods']>[0]) =>
      (await mirror.listPods(query)).map((each) => each.name);
    expect(await found({ node: 'n2' })).toEqual(['a-1']);
    expect(await found({ namespace: 'default', labels: { 'cluster-name': 'acid-a' } })).toEqual([
      'a-0',
      'a-1',
    ]);
    expect(await found({ namespace: 'other', labels: { 'cluster-name': 'acid-a' } })).toEqual([]);
    expect(await found({ labels: { 'cluster-name': 'acid-b' } })).toEqual([]);
    expect(await found({ namespace: 'default', namedAfter: 'a' })).toEqual([]);
    server.send('pods', event('MODIFIED', pod('a-0', 12, { node: 'n2' })));
    await expect.poll(() => found({ node: 'n2' })).toEqual(['a-0', 'a-1']);
    expect(await found({ node: 'n1' })).toEqual([]);
  });

  it('counts a set as gone as soon as it is being deleted, and tells of it', async () => {
    const named = { name: 'acid-a', namespace: 'default' };
    const set = { metadata: { ...named, resourceVersion: '3' }, spec: { replicas: 1 } };
    const { server, mirror, changes } = await follow({ statefulsets: [set] });
    expect(await mirror.getReplicas({ kind: 'StatefulSet', ...named })).toBe(1);
    const deletionTimestamp = '2026-11-23T08:00:00Z';
    server.send(
      'statefulsets',
      event('MODIFIED', { ...set, metadata: { ...named, resourceVersion: '12', deletionTimestamp } }),
    );
    await expect.poll(() => mirror.getReplicas({ kind: 'StatefulSet', ...named })).toBeUndefined();
    expect(await mirror.getOrdinals(named)).toBeUndefined();
    expect(changes.at(-1)).toEqual({ kind: 'StatefulSet', key: 'default/acid-a' });
  });

  it('takes a watch that the server ended up again where it was, without a new list', async () => {
    const { server, mirror } = await follow({ pods: [pod('a-0', 3)] });
    server.send('pods', event('ADDED', pod('a-1', 17)));
    await expect.poll(() => names(mirror)).toHaveLength(2);
    server.end('pods');
    await expect.poll(() => lastWatch(server)).toBe('watch pods from 17');
    expect([lists(server), mirror.isCurrent(kinds)]).toEqual([1, true]);
  });

  it('goes on from the version of a bookmark', async () => {
    const { server } = await follow({ pods: [pod('a-0', 3)] });
    server.send('pods', bookmark(4_711));
    await sleep(50);
    server.end('pods');
    await expect.poll(() => lastWatch(server)).toBe('watch pods from 4711');
  });

  it('is not current while a connection is broken, and goes on where it was', async () => {
    const { server, mirror, errors } = await follow({ pods: [pod('a-0', 3)] }, { ...quick, pauseMs: 300 });
    server.send('pods', bookmark(12));
    await sleep(50);
    server.end('pods', 'cut');
    await expect.poll(() => mirror.isCurrent(['Pod']), { interval: 5 }).toBe(false);
    expect(mirror.isCurrent(['Node'])).toBe(true);
    await expect.poll(() => mirror.isCurrent(['Pod'])).toBe(true);
    expect([lastWatch(server), lists(server)]).toEqual(['watch pods from 12', 1]);
    expect(errors).toHaveLength(1);
  });

  it.each(['event', 'answer'])(
    'lists anew after 410 as an %s, and tells of what it had missed',
    async (how) => {
      const { server, mirror, changes } = await follow({ pods: [pod('a-0', 3), pod('a-1', 4)] });
      server.objects.set('pods', [pod('a-0', 3), pod('a-2', 30)]);
      server.version = 40;
      changes.length = 0;
      if (how === 'event') server.send('pods', expired);
      else {
        server.refuseWatch = (plural) =>
          plural === 'pods' && server.version === 40 && lists(server) === 1 ? { status: 410 } : undefined;
        server.end('pods');
      }
      await expect.poll(() => names(mirror)).toEqual(['a-0', 'a-2']);
      await expect.poll(() => lastWatch(server)).toBe('watch pods from 40');
      expect(changes).toMatchObject([
        { before: undefined, after: { name: 'a-2' } },
        { before: { name: 'a-1' }, after: undefined },
      ]);
      await expect.poll(() => mirror.isCurrent(kinds)).toBe(true);
    },
  );

  it('drops a connection on which nothing comes any more', async () => {
    const { server, mirror } = await follow(
      { pods: [pod('a-0', 3)] },
      { ...quick, silenceMs: 150, currentMs: 100 },
    );
    await expect.poll(() => mirror.isCurrent(['Pod']), { interval: 5 }).toBe(false);
    const before = server.asked.filter((line) => line.startsWith('watch pods')).length;
    await expect
      .poll(() => server.asked.filter((line) => line.startsWith('watch pods')).length)
      .toBeGreaterThan(before);
    expect(lists(server)).toBe(1);
  });

  it('says nothing of the same event twice, nor of a heartbeat, whose version it keeps', async () => {
    const { server, mirror, changes } = await follow({ pods: [pod('a-0', 3)] });
    changes.length = 0;
    const moved = event('MODIFIED', pod('a-0', 12, { node: 'n2' }));
    server.send('pods', moved, moved, event('MODIFIED', pod('a-0', 13, { node: 'n2', position: 9 })));
    await expect.poll(async () => (await mirror.getPod('default', 'a-0'))?.resourceVersion).toBe('13');
    expect(changes).toHaveLength(1);
  });

  it('takes lines that arrive in pieces', async () => {
    const { server, mirror } = await follow({});
    const line = JSON.stringify(event('ADDED', pod('a-9', 12)));
    server.write('pods', line.slice(0, 40));
    await sleep(50);
    expect(await names(mirror)).toEqual([]);
    server.write('pods', `${line.slice(40)}\n`);
    await expect.poll(() => names(mirror)).toEqual(['a-9']);
  });

  it('is not current where it may not watch, and does not ask all the time', async () => {
    const { server, mirror } = await follow({ pods: [pod('a-0', 3)] });
    server.refuseWatch = (plural) => (plural === 'pods' ? { status: 403 } : undefined);
    server.end('pods');
    await expect.poll(() => mirror.isCurrent(['Pod'])).toBe(false);
    const before = server.asked.length;
    await sleep(400);
    expect(server.asked.length - before).toBeLessThan(10);
    expect(mirror.isCurrent(['Node', 'StatefulSet'])).toBe(true);
  });

  it('lists all again now and then, and so forgets a pod whose deletion nobody told of', async () => {
    const { server, mirror } = await follow(
      { pods: [pod('a-0', 3), pod('a-1', 4)] },
      { ...quick, relistMs: 200 },
    );
    server.objects.set('pods', [pod('a-0', 3)]);
    await sleep(250);
    server.send('pods', bookmark(50));
    await sleep(30);
    server.end('pods');
    await expect.poll(() => names(mirror)).toEqual(['a-0']);
  });
});
