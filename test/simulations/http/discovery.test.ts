import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import { recordedWorld } from './recorded-fleet.ts';
import { recorded, replay } from './recordings.ts';

type Resource = { name: string; verbs: string[]; storageVersionHash?: string };
type Aggregated = { resource: string; verbs: string[]; storageVersionHash?: string };
type ResourceList = { groupVersion: string; resources: Resource[] };

let served: ServedWorld;
beforeAll(async () => {
  served = await serveWorld(recordedWorld(), { speed: 0 });
});
afterAll(async () => {
  await served.close();
});

function comparable<Resource extends { storageVersionHash?: string }>({
  storageVersionHash: _hash,
  ...rest
}: Resource) {
  return rest;
}

describe('discovery', () => {
  it.each([
    '006-discovery-core-v1',
    '007-discovery-apps-v1',
    '008-discovery-policy-v1',
    '009-discovery-coordination-v1',
    '010-discovery-storage-v1',
    '011-discovery-discovery-v1',
    '012-discovery-authorization-v1',
  ])('says of every served resource what %s says', async (name) => {
    const recording = recorded(`kubernetes/${name}`);
    const real = recording.response.body as ResourceList;
    const ours = (await replay(served.kubernetesUrl, recording.request)).body as ResourceList;
    expect(ours.groupVersion).toBe(real.groupVersion);
    expect(ours.resources.length).toBeGreaterThan(0);
    for (const resource of ours.resources) {
      const same = real.resources.find((one) => one.name === resource.name);
      expect(comparable(resource)).toEqual(same && comparable(same));
    }
  });

  it('lists every group that has resources, with its preferred version', async () => {
    const recording = recorded('kubernetes/005-api-groups');
    type Groups = { groups: { name: string }[] };
    const real = recording.response.body as Groups;
    const ours = (await replay(served.kubernetesUrl, recording.request)).body as Groups;
    const names = ours.groups.map((group) => group.name);
    const inRealOrder = real.groups.map((group) => group.name).filter((name) => names.includes(name));
    expect(names).toEqual(inRealOrder);
    expect(names).toContain('rbac.authorization.k8s.io');
    for (const group of ours.groups) expect(real.groups).toContainEqual(group);
  });

  it('says the same in one document to a client that takes it', async () => {
    const recording = recorded('kubernetes/013-discovery-aggregated');
    type Group = { metadata: { name?: string }; versions: { resources: Aggregated[] }[] };
    const groups = (body: unknown) => (body as { items: Group[] }).items;
    const real = groups(recording.response.body);
    const ours = groups((await replay(served.kubernetesUrl, recording.request)).body);
    expect(ours.length).toBeGreaterThan(5);
    for (const group of ours) {
      const same = real.find((one) => one.metadata.name === group.metadata.name);
      for (const resource of group.versions[0]?.resources ?? []) {
        const found = same?.versions[0]?.resources.find((one) => one.resource === resource.resource);
        expect(comparable(resource)).toEqual(found && comparable(found));
      }
    }
  });

  it('in one document names the core group without a name, at /api', async () => {
    const { headers } = recorded('kubernetes/013-discovery-aggregated').request;
    const { body } = await replay(served.kubernetesUrl, {
      method: 'GET',
      path: '/api',
      query: '',
      headers,
      body: null,
    });
    const { items } = body as { items: { metadata: object; versions: { resources: Aggregated[] }[] }[] };
    expect(items.map(({ metadata }) => metadata)).toEqual([{}]);
    expect(items[0]?.versions[0]?.resources.map(({ resource }) => resource)).toContain('pods');
  });

  it.each([
    ['application/json', 'APIGroupList'],
    ['*/*', 'APIGroupList'],
    ['application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList', 'APIGroupList'],
    [
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json',
      'APIGroupDiscoveryList',
    ],
    ['application/json,application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList', 'APIGroupList'],
  ])('answers Accept: %s with an %s', async (accept, kind) => {
    const answer = await fetch(`${served.kubernetesUrl}/apis`, { headers: { accept } });
    expect(await answer.json()).toMatchObject({ kind });
  });
});
