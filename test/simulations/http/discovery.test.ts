import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import { recordedWorld } from './recorded-fleet.ts';
import { recorded, replay } from './recordings.ts';

type Resource = { name: string; verbs: string[]; storageVersionHash?: string };
type ResourceList = { groupVersion: string; resources: Resource[] };

let served: ServedWorld;
beforeAll(async () => {
  served = await serveWorld(recordedWorld(), { speed: 0 });
});
afterAll(async () => {
  await served.close();
});

/** deletecollection is not spoken. */
function comparable({ storageVersionHash: _hash, verbs, ...rest }: Resource) {
  return { ...rest, verbs: verbs.filter((verb) => verb !== 'deletecollection') };
}

describe('discovery', () => {
  it.each([
    '006-discovery-core-v1',
    '007-discovery-apps-v1',
    '008-discovery-policy-v1',
    '009-discovery-coordination-v1',
    '010-discovery-storage-v1',
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
    expect(ours.groups.map((group) => group.name)).toEqual([
      'apps',
      'coordination.k8s.io',
      'policy',
      'storage.k8s.io',
    ]);
    for (const group of ours.groups) expect(real.groups).toContainEqual(group);
  });
});
