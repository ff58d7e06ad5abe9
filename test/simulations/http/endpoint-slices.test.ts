import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import type { World } from '../../../simulations/world/world.ts';
import { ask, type Json } from './ask.ts';
import { recordedWorld } from './recorded-fleet.ts';

const address = { ip: '198.18.1.5', nodeName: 'old-z1', targetRef: { kind: 'Pod', name: 'web-0' } };
const endpoints = {
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
  subsets: [{ addresses: [address], ports: [{ name: 'postgresql', port: 5432, protocol: 'TCP' }] }],
};

let world: World;
let served: ServedWorld;
beforeEach(async () => {
  world = recordedWorld((objects) => [...objects, endpoints]);
  served = await serveWorld(world, { speed: 0 });
});
afterEach(async () => {
  await served.close();
});

type Slice = { metadata: { name: string; labels: Json; ownerReferences: Json[] } } & Json;
const path = '/apis/discovery.k8s.io/v1/endpointslices?labelSelector=kubernetes.io/service-name=web';

async function slices(): Promise<Slice[]> {
  const { body } = await ask(served, 'GET', path);
  return body.items as Slice[];
}

describe('endpoint slices', () => {
  it('show the Endpoints of the world, under a name of their own, as the mirroring controller writes them', async () => {
    const [slice, ...more] = await slices();
    expect(more).toEqual([]);
    expect(slice?.metadata.name).toMatch(/^web-[a-z0-9]{5}$/);
    expect(slice?.metadata.labels).toEqual({
      app: 'web',
      'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
      'kubernetes.io/service-name': 'web',
    });
    expect(slice?.metadata.ownerReferences).toMatchObject([{ kind: 'Endpoints', name: 'web' }]);
    expect(slice?.addressType).toBe('IPv4');
    const { ip, ...rest } = address;
    expect(slice?.endpoints).toEqual([{ addresses: [ip], conditions: { ready: true }, ...rest }]);
    expect(slice?.ports).toEqual(endpoints.subsets[0]?.ports);
  });

  it('follow their Endpoints, and go with them', async () => {
    await slices();
    world.store.update('Endpoints', 'default', 'web', (draft) => {
      draft.subsets = [{ notReadyAddresses: [{ ip: '198.18.2.6' }], ports: [] }];
    });
    expect((await slices())[0]?.endpoints).toEqual([
      { addresses: ['198.18.2.6'], conditions: { ready: false } },
    ]);
    world.store.remove('Endpoints', 'default', 'web');
    expect(await slices()).toEqual([]);
  });

  it('of a service with a selector belong to the service', async () => {
    world.store.create({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: { app: 'web' } },
    });
    expect((await slices())[0]?.metadata.ownerReferences).toMatchObject([{ kind: 'Service' }]);
  });

  it('that a dump brought are left as they are', async () => {
    const brought = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: 'web-z7f7j',
        namespace: 'default',
        labels: { 'kubernetes.io/service-name': 'web' },
      },
    };
    const other = await serveWorld(
      recordedWorld((objects) => [...objects, endpoints, brought]),
      { speed: 0 },
    );
    try {
      const { body } = await ask(other, 'GET', path);
      expect((body.items as Slice[]).map(({ metadata }) => metadata.name)).toEqual(['web-z7f7j']);
    } finally {
      await other.close();
    }
  });

  it('cost nothing until somebody asks for them', () => {
    expect(world.store.list('EndpointSlice')).toEqual([]);
  });
});
