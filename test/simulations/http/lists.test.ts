import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import type { World } from '../../../simulations/world/world.ts';
import { fleetObjects, node, zone } from '../../fixtures/fleet.ts';
import { ask } from './ask.ts';
import { recorded } from './recordings.ts';

type List = {
  kind: string;
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  items: { kind?: string; metadata: { name: string; namespace?: string } }[];
};

let world: World;
let served: ServedWorld;
beforeEach(async () => {
  const names = ['n3', 'n1', 'n5', 'n2', 'n4'];
  world = createWorld({ objects: fleetObjects(zone('z1', ...names.map((name) => node(name)))).items });
  for (const [namespace, name] of [
    ['b', 'one'],
    ['a', 'two'],
    ['a-b', 'one'],
    ['a', 'one'],
  ] as const) {
    world.store.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } });
  }
  served = await serveWorld(world, { speed: 0 });
});
afterEach(async () => {
  await served.close();
});

async function get(path: string): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(`${served.kubernetesUrl}${path}`);
  return { status: answer.status, body: await answer.json() };
}

async function list(path: string): Promise<List> {
  const { status, body } = await get(path);
  expect(status).toBe(200);
  return body as List;
}

describe('a list', () => {
  it('is sorted by name, whatever the order of the snapshot', async () => {
    const nodes = await list('/api/v1/nodes');
    expect(nodes.items.map((one) => one.metadata.name)).toEqual(['n1', 'n2', 'n3', 'n4', 'n5']);
    expect(nodes.metadata.resourceVersion).toBe(String(world.store.resourceVersion));
  });

  it('of all namespaces is in the order of keys in etcd: a-b/one before a/one', async () => {
    const maps = await list('/api/v1/configmaps');
    const shown = maps.items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    expect(shown).toEqual([...shown].sort());
    expect(shown).toEqual(expect.arrayContaining(['a/one', 'a/two', 'a-b/one', 'b/one']));
  });

  it('of one namespace holds no others', async () => {
    const maps = await list('/api/v1/namespaces/a/configmaps');
    expect(maps.items.map((one) => one.metadata.name)).toEqual(['one', 'two']);
  });

  it('is read in pages that show one moment, with what remains', async () => {
    const first = await list('/api/v1/nodes?limit=2');
    expect(first.items.map((one) => one.metadata.name)).toEqual(['n1', 'n2']);
    expect(first.metadata.remainingItemCount).toBe(3);
    world.store.remove('Node', undefined, 'n3');
    world.store.update('Node', undefined, 'n4', (draft) => {
      draft.spec = { ...draft.spec, unschedulable: true };
    });
    const second = await list(`/api/v1/nodes?limit=2&continue=${first.metadata.continue}`);
    expect(second.items.map((one) => one.metadata.name)).toEqual(['n3', 'n4']);
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    const third = await list(`/api/v1/nodes?limit=2&continue=${second.metadata.continue}`);
    expect(third.items.map((one) => one.metadata.name)).toEqual(['n5']);
    expect(third.metadata.continue).toBeUndefined();
  });

  it('of all namespaces is paged without losing or repeating any', async () => {
    const whole = (await list('/api/v1/configmaps')).items.map(
      ({ metadata }) => `${metadata.namespace}/${metadata.name}`,
    );
    const paged: string[] = [];
    let token: string | undefined;
    do {
      const page = await list(`/api/v1/configmaps?limit=1${token === undefined ? '' : `&continue=${token}`}`);
      paged.push(...page.items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
      token = page.metadata.continue;
    } while (token !== undefined && paged.length < 50);
    expect(paged).toEqual(whole);
  });

  it('with a selector does not say how many remain', async () => {
    const page = await list('/api/v1/nodes?limit=2&labelSelector=topology.kubernetes.io/zone');
    expect(page.metadata.continue).toBeDefined();
    expect(page.metadata.remainingItemCount).toBeUndefined();
  });

  it('that cannot be continued any more offers a token for the rest, as recorded', async () => {
    const first = await list('/api/v1/nodes?limit=2');
    for (let round = 0; round < 60; round += 1) {
      world.store.create({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `m${round}`, namespace: 'a' },
      });
      await list('/api/v1/nodes?limit=2');
    }
    const { status, body } = await get(`/api/v1/nodes?limit=2&continue=${first.metadata.continue}`);
    const real = recorded('kubernetes/141-pod-list-continue-expired-410').response;
    expect(status).toBe(real.status);
    const { metadata, ...rest } = body as { metadata: { continue: string } };
    const { metadata: _metadata, ...realRest } = real.body as { metadata: unknown };
    expect(rest).toEqual(realRest);
    const remainder = await list(`/api/v1/nodes?continue=${metadata.continue}`);
    expect(remainder.items.map((one) => one.metadata.name)).toEqual(['n3', 'n4', 'n5']);
  });

  it('at an older exact version is as gone as after a compaction', async () => {
    const old = world.store.resourceVersion;
    world.store.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'more', namespace: 'a' } });
    const { status, body } = await get(`/api/v1/nodes?resourceVersion=${old}&resourceVersionMatch=Exact`);
    const real = recorded('kubernetes/142-pod-list-exact-resourceversion-compacted-410').response;
    expect({ status, body }).toEqual({ status: real.status, body: real.body });
  });
});

describe('a list of thousands', () => {
  it('is whole and in order, though it is written in parts', async () => {
    const large = createWorld({ objects: [], heartbeats: false });
    for (let number = 0; number < 3_500; number += 1)
      large.store.create({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `map-${String(number).padStart(5, '0')}`, namespace: 'default' },
        data: { text: 'x'.repeat(2000) },
      });
    const server = await serveWorld(large, { speed: 0 });
    try {
      const path = '/api/v1/namespaces/default/configmaps';
      const { body, headers } = await ask(server, 'GET', path);
      const items = body.items as { metadata: { name: string } }[];
      expect(items.map(({ metadata }) => metadata.name)).toEqual(
        large.store.list('ConfigMap', 'default').map(({ metadata }) => metadata.name),
      );
      expect(body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
      // In parts, between which others are answered.
      expect(headers.get('content-length')).toBeNull();
    } finally {
      await server.close();
    }
  });
});
