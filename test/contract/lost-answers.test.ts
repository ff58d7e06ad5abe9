import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectKubernetes } from '../../executor/kubernetes/index.ts';
import { connectPatroni } from '../../executor/patroni/index.ts';
import { type ServedWorld, serveWorld } from '../../simulations/http/serve-world.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import type { World } from '../../simulations/world/world.ts';
import { cluster, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';

/** The real adapters while the network loses answers: what they say must never be more than what can be known. */
let world: World;
let served: ServedWorld;
let kubernetes: ReturnType<typeof connectKubernetes>;
let patroni: ReturnType<typeof connectPatroni>;
beforeEach(async () => {
  const fleet = fleetObjects(
    zone('z1', node('n1', { drain: true }), node('n4')),
    zone('z2', node('n2')),
    zone('z3', node('n3')),
    cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3')),
  );
  world = createWorld({ objects: fleet.items });
  served = await serveWorld(world, { speed: 0 });
  const clock = { nowMs: () => world.nowMs() };
  kubernetes = connectKubernetes({ server: served.kubernetesUrl, clock, requestDeadlineMs: 300 });
  patroni = connectPatroni({ readDeadlineMs: 300, switchoverDeadlineMs: 5_000 });
});
afterEach(async () => {
  await Promise.all([kubernetes.close(), patroni.close()]);
  await served.close();
});

async function theNode(name: string) {
  const found = await kubernetes.getNode(name);
  if (found === undefined) throw new Error(`no node ${name}`);
  return found;
}

async function thePod(name: string) {
  const found = await kubernetes.getPod('default', name);
  if (found === undefined) throw new Error(`no pod ${name}`);
  return found;
}

async function addresses() {
  const pods = await kubernetes.listPods({ namespace: 'default', labels: { 'cluster-name': 'acid-a' } });
  return pods.flatMap((pod) =>
    pod.patroniUrl === undefined ? [] : [{ name: pod.name, url: pod.patroniUrl }],
  );
}

async function leader() {
  const all = await addresses();
  const found = all.find((one) => one.name === 'acid-a-0');
  if (found === undefined) throw new Error('no acid-a-0');
  return found;
}

const once = { times: 1 } as const;

describe('the adapters over a network that loses answers', () => {
  it('a fence whose answer is lost is an error, and seen at the next look', async () => {
    const seen = await theNode('n1');
    served.faults.add({ ...once, method: 'PATCH', effect: { kind: 'close-after' } });
    await expect(kubernetes.changeNode(seen, { kind: 'fence', run: 'r1' })).rejects.toMatchObject({
      code: 'unreachable',
    });
    expect((await theNode('n1')).fencedBy).toBe('r1');
    expect(await kubernetes.changeNode(seen, { kind: 'fence', run: 'r1' })).not.toBe('gone');
    const taints: { key: string }[] = world.store.get('Node', undefined, 'n1')?.spec.taints ?? [];
    expect(taints.filter((taint) => taint.key.startsWith('switchyard'))).toHaveLength(1);
  });

  it('an eviction whose answer is lost may be asked again: the pod goes once', async () => {
    const pod = await thePod('acid-a-1');
    served.faults.add({ ...once, path: '/eviction$', effect: { kind: 'close-after' } });
    await expect(kubernetes.evict(pod)).rejects.toMatchObject({ code: 'unreachable' });
    // It is terminating, and so no longer as it was looked at.
    expect(await kubernetes.evict(pod)).toEqual({ kind: 'conflict' });
    const { namespace, name, uid } = pod;
    expect(await kubernetes.evict({ namespace, name, uid })).toEqual({ kind: 'evicted' });
    world.advanceTo(world.nowMs() + 600_000);
    expect(await kubernetes.evict(pod)).toEqual({ kind: 'replaced' });
    expect(world.evictions.filter((one) => one.pod === 'default/acid-a-1')).toHaveLength(1);
  });

  it('throttling is no budget, with or without a wish for time', async () => {
    const pod = await thePod('acid-a-1');
    served.faults.add({
      ...once,
      path: '/eviction$',
      effect: { kind: 'answer', status: 429, retryAfterSeconds: 7 },
    });
    await expect(kubernetes.evict(pod)).rejects.toMatchObject({ code: 'throttled', retryAfterMs: 7_000 });
    served.faults.add({ ...once, path: '/eviction$', effect: { kind: 'answer', status: 429 } });
    await expect(kubernetes.evict(pod)).rejects.toMatchObject({ code: 'throttled', retryAfterMs: undefined });
    expect(world.evictions).toEqual([]);
  });

  it.each([500, 503] as const)('a server that fails with %i says nothing about the pod', async (status) => {
    const pod = await thePod('acid-a-1');
    served.faults.add({ ...once, path: '/eviction$', effect: { kind: 'answer', status } });
    await expect(kubernetes.evict(pod)).rejects.toMatchObject({ code: 'server-error' });
  });

  it('a server that hangs is given up at the deadline', async () => {
    served.faults.add({ ...once, effect: { kind: 'hang', ms: 60_000 } });
    const begun = performance.now();
    await expect(kubernetes.listNodes()).rejects.toMatchObject({ code: 'timeout' });
    expect(performance.now() - begun).toBeLessThan(3_000);
    expect((await kubernetes.listNodes()).length).toBe(4);
  });

  it('a lease whose answer is lost is held all the same', async () => {
    served.faults.add({ ...once, method: 'POST', path: '/leases', effect: { kind: 'close-after' } });
    const lease = { holder: 'r1', durationSeconds: 30 };
    await expect(kubernetes.holdLease(lease)).rejects.toMatchObject({ code: 'unreachable' });
    expect(await kubernetes.holdLease({ ...lease, holder: 'r2' })).toMatchObject({ kind: 'taken', by: 'r1' });
    expect(await kubernetes.holdLease(lease)).toEqual({ kind: 'held' });
  });

  it('a switchover whose answer is lost is unknown, and yet it happened', async () => {
    const asked = await leader();
    served.faults.add({ ...once, server: 'patroni', method: 'POST', effect: { kind: 'close-after' } });
    served.pacer.setSpeed(100);
    expect((await patroni.switchover(asked, 'acid-a-1')).kind).toBe('unknown');
    await expect.poll(async () => (await patroni.readCluster(await addresses())).leader).toBe('acid-a-1');
    expect(world.roleChanges).toHaveLength(1);
  });

  it('a switchover that never arrived is unknown too, and did not happen', async () => {
    const asked = await leader();
    served.faults.add({ ...once, server: 'patroni', method: 'POST', effect: { kind: 'close-before' } });
    expect((await patroni.switchover(asked, 'acid-a-1')).kind).toBe('unknown');
    world.advanceTo(world.nowMs() + 60_000);
    expect(world.roleChanges).toEqual([]);
  });

  it('a gateway’s 503 to a switchover is no word of Patroni', async () => {
    const asked = await leader();
    served.faults.add({
      ...once,
      server: 'patroni',
      method: 'POST',
      effect: { kind: 'answer', status: 503 },
    });
    expect((await patroni.switchover(asked, 'acid-a-1')).kind).toBe('unknown');
  });

  it('a leader who cannot be asked leaves nobody known to stream', async () => {
    world.faults.silentPatroni.add('default/acid-a-0');
    const view = await patroni.readCluster(await addresses());
    expect(view.members.filter((one) => one.streaming)).toEqual([]);
  });

  it('no member who answers is an error, not an empty cluster', async () => {
    const all = await addresses();
    for (const { name } of all) world.faults.silentPatroni.add(`default/${name}`);
    await expect(patroni.readCluster(all)).rejects.toMatchObject({ code: 'unreachable' });
  });
});
