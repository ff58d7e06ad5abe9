import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import type { World } from '../../../simulations/world/world.ts';
import { cluster, fleetObjects, member, node, zone } from '../../fixtures/fleet.ts';
import { ask } from './ask.ts';

let world: World;
let served: ServedWorld;
beforeEach(async () => {
  const fleet = fleetObjects(
    zone('z1', node('n1')),
    zone('z2', node('n2'), node('n3')),
    cluster('acid-a', member('n1', 'primary'), member('n2')),
  );
  world = createWorld({ objects: fleet.items });
  served = await serveWorld(world, { speed: 0, faultSwitches: true });
});
afterEach(async () => {
  await served.close();
});

const path = '/api/v1/namespaces/kube-system/configmaps/simulation-faults';

/** Sets lines of the ConfigMap; null takes one out. */
const set = (data: Record<string, string | null>) => ask(served, 'PATCH', path, { body: { data } });
const later = (seconds: number) => world.advanceTo(world.nowMs() + seconds * 1000);
const nodesOf = (zoneName: string) =>
  world.store
    .list('Node')
    .filter(({ metadata }) => metadata.labels?.['topology.kubernetes.io/zone'] === zoneName).length;

describe('faults in the ConfigMap kube-system/simulation-faults', () => {
  it('are none at first', async () => {
    expect((await ask(served, 'GET', path)).body.data).toEqual({});
  });

  it('keep wanted nodes from coming, in the zones named, until the line goes', async () => {
    await set({ 'nodes-never-come': 'z1' });
    for (const zoneName of ['z1', 'z2'])
      world.wantNode({ key: `first ${zoneName}`, zone: zoneName, labels: {} });
    later(600);
    expect([nodesOf('z1'), nodesOf('z2')]).toEqual([1, 3]);
    await set({ 'nodes-never-come': null });
    world.wantNode({ key: 'second z1', zone: 'z1', labels: {} });
    later(600);
    expect(nodesOf('z1')).toBe(2);
  });

  it('let a volume take as long as they say, so that its pod starts later', async () => {
    const secondsToMoveFrom = async (left: string) => {
      for (const name of ['n2', 'n3'])
        await ask(served, 'PATCH', `/api/v1/nodes/${name}`, {
          body: { spec: { unschedulable: name === left } },
        });
      await ask(served, 'DELETE', '/api/v1/namespaces/default/pods/acid-a-1');
      later(5);
      const began = world.nowMs();
      while (world.store.get('Pod', 'default', 'acid-a-1')?.status?.phase !== 'Running') {
        later(1);
        if (world.nowMs() - began > 3_600_000) throw new Error('the pod never starts');
      }
      return (world.nowMs() - began) / 1000;
    };
    await set({ 'volume-attach-seconds': '900', 'volume-detach-seconds': '300' });
    expect(await secondsToMoveFrom('n2')).toBeGreaterThan(1000);
    await set({ 'volume-attach-seconds': null, 'volume-detach-seconds': null });
    expect(await secondsToMoveFrom('n3')).toBeLessThan(100);
  });

  it('freeze the replicas that are listed now, and no longer those that were', async () => {
    await set({ 'replicas-frozen': 'default/acid-a-0, default/acid-a-1' });
    expect([...world.faults.frozenReplicas].sort()).toEqual(['default/acid-a-0', 'default/acid-a-1']);
    await set({ 'replicas-frozen': 'default/acid-a-1' });
    expect([...world.faults.frozenReplicas]).toEqual(['default/acid-a-1']);
    await ask(served, 'DELETE', path);
    expect([...world.faults.frozenReplicas]).toEqual([]);
  });

  it('silence Patroni, keep replicas from streaming, and send controllers away', async () => {
    const asked = () =>
      fetch(`${served.patroniUrl}/members/default/acid-a-0/patroni`).then(({ status }) => status);
    expect(await asked()).toBe(200);
    await set({
      'patroni-silent': 'default/acid-a-0',
      'replicas-never-stream': 'default/acid-a-1',
      'controllers-away': 'true',
    });
    await expect(asked()).rejects.toThrow('fetch failed');
    await ask(served, 'DELETE', '/api/v1/namespaces/default/pods/acid-a-1');
    later(60);
    expect(world.store.get('Pod', 'default', 'acid-a-1')).toBeUndefined();
    await set({ 'controllers-away': null, 'patroni-silent': null });
    expect(await asked()).toBe(200);
    later(300);
    expect(world.memberOf('default', 'acid-a-1')?.member).toMatchObject({
      ready: true,
      streamsSinceMs: undefined,
    });
    await set({ 'replicas-never-stream': null });
    expect([...world.faults.neverStream]).toEqual([]);
  });

  it('trouble the API, but never what switches them off, nor what kubectl finds its way with', async () => {
    const statuses = async (asked: string) => (await ask(served, 'GET', asked)).status;
    await set({ 'api-errors-percent': '100' });
    expect(await statuses('/api/v1/nodes')).toBe(500);
    expect(await statuses('/apis/apps/v1/statefulsets')).toBe(500);
    for (const asked of ['/api', '/apis', '/api/v1', '/apis/apps/v1', '/version', path])
      expect(await statuses(asked), asked).toBe(200);
    await set({ 'api-errors-percent': null, 'api-throttled-percent': '100' });
    const throttled = await ask(served, 'GET', '/api/v1/nodes');
    expect([throttled.status, throttled.headers.get('retry-after')]).toEqual([429, '1']);
    await set({ 'api-throttled-percent': null, 'api-answers-lost-percent': '100' });
    await expect(statuses('/api/v1/nodes')).rejects.toThrow('fetch failed');
    await set({ 'api-answers-lost-percent': null, 'api-slow-ms': '150' });
    const begun = performance.now();
    expect(await statuses('/api/v1/nodes')).toBe(200);
    expect(performance.now() - begun).toBeGreaterThan(140);
    await set({ 'api-slow-ms': null });
    expect(served.faults.list()).toEqual([]);
  });

  it('strike a share of the requests, by chance', async () => {
    await set({ 'api-errors-percent': '50' });
    const asked = Array.from({ length: 60 }, () => ask(served, 'GET', '/api/v1/nodes'));
    const failed = (await Promise.all(asked)).filter(({ status }) => status === 500).length;
    expect(failed).toBeGreaterThan(10);
    expect(failed).toBeLessThan(50);
  });

  it.each([
    ['nodes-never-comes', 'z1', 'nodes-never-comes: no such fault; there are nodes-never-come, '],
    ['nodes-never-come', ' ', 'nodes-never-come: expected zones, or * for all, with commas between'],
    ['replicas-frozen', 'acid-a-1', 'replicas-frozen: expected namespace/pod, with commas between'],
    ['controllers-away', 'false', 'controllers-away: expected true; take the line out to switch it off'],
    ['api-errors-percent', '101', 'api-errors-percent: expected a number from 0 to 100'],
    ['volume-attach-seconds', 'long', 'volume-attach-seconds: expected a number from 0 to 86400'],
  ])('are refused where %s says %j, and all stays as it was', async (line, text, why) => {
    await set({ 'nodes-never-come': 'z2' });
    const answer = await set({ [line]: text });
    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain(
      `admission webhook "faults.simulation.switchyard.dev" denied the request: ${why}`,
    );
    expect([...world.faults.nodesNeverCome]).toEqual(['z2']);
  });

  it('are the lines that the documentation lists', async () => {
    const page = readFileSync(new URL('../../../docs/sandbox.md', import.meta.url), 'utf8');
    const documented = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, line]) => line);
    const { body } = await set({ unknown: 'x' });
    const served = body.message.replace(/^.* there are /, '').split(', ');
    expect(documented).toEqual(served);
  });
});
