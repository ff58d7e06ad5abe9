import { describe, expect, it } from 'vitest';
import { matchesNodeTerms } from '../../planner/rules/selector.ts';
import {
  cluster,
  clusterWith,
  deployment,
  fleetObjects,
  member,
  node,
  statefulSet,
  zone,
} from '../fixtures/fleet.ts';
import type { KubernetesList } from '../fixtures/fleet-parts.ts';
import { fleetOf, readListWithFindings } from '../fixtures/read.ts';

const zones = [zone('z1', node('n1')), zone('z2', node('n2'))];
const without = (list: KubernetesList, ...kinds: string[]): KubernetesList => ({
  ...list,
  items: list.items.filter((object) => !kinds.includes(object.kind)),
});

describe('a pod is held by its volumes', () => {
  it('in the zone of the bound volume', () => {
    const { pods, nodes } = fleetOf(
      ...zones,
      cluster('acid-a', clusterWith({ volume: '8Gi' }), member('n2', 'primary')),
    );
    const [pod] = pods;
    expect(pod?.volumeBytes).toBe(8_589_934_592);
    expect(pod?.volumeTerms).toHaveLength(1);
    const [terms = []] = pod?.volumeTerms ?? [];
    expect(nodes.filter((each) => matchesNodeTerms(terms, each)).map(({ name }) => name)).toEqual(['n2']);
  });

  it('a pod without volumes is held by nothing, and the size is unknown', () => {
    const [pod] = fleetOf(...zones, deployment('web', { on: ['n1'] })).pods;
    expect(pod?.volumeTerms).toEqual([]);
    expect(pod?.volumeBytes).toBeUndefined();
  });

  it('where the volumes are not in the snapshot, in the zone of its node, and that is said', () => {
    const list = fleetObjects(...zones, statefulSet('queue', { on: ['n1', 'n2'], volume: '1Gi' }));
    const { fleet, findings } = readListWithFindings(
      without(list, 'PersistentVolume', 'PersistentVolumeClaim'),
    );
    expect(fleet.pods.map((pod) => pod.volumeTerms[0]?.[0]?.labels)).toEqual([
      [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: ['z1'] }],
      [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: ['z2'] }],
    ]);
    expect(findings.filter(({ code }) => code !== 'kind-missing')).toMatchObject([
      { code: 'no-persistent-volumes', count: 2, subject: 'default/queue-0' },
    ]);
  });

  it("a volume without node affinity but with an old zone label holds as well, in each of the label's zones", () => {
    const list = fleetObjects(...zones, statefulSet('queue', { on: ['n1'], volume: '1Gi' }));
    for (const each of list.items) {
      if (each.kind !== 'PersistentVolume') continue;
      each.metadata.labels = { 'topology.kubernetes.io/zone': 'z1__z3' };
      each.spec = { capacity: { storage: '1Gi' } };
    }
    expect(readListWithFindings(list).fleet.pods[0]?.volumeTerms).toEqual([
      [
        {
          labels: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: ['z1', 'z3'] }],
          fields: [],
        },
      ],
    ]);
  });
});

it('a local volume holds its pod on its node', () => {
  const list = fleetObjects(
    zone('z1', node('n1'), node('n2')),
    statefulSet('queue', { on: ['n2'], volume: '1Gi' }),
  );
  for (const each of list.items) {
    if (each.kind !== 'PersistentVolume') continue;
    const onNode = { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['n2'] }] };
    each.spec = {
      capacity: { storage: '1Gi' },
      local: { path: '/mnt/disk0' },
      nodeAffinity: { required: { nodeSelectorTerms: [onNode] } },
    };
  }
  const { pods, nodes } = readListWithFindings(list).fleet;
  const [terms = []] = pods[0]?.volumeTerms ?? [];
  expect(nodes.filter((each) => matchesNodeTerms(terms, each)).map(({ name }) => name)).toEqual(['n2']);
});

describe('how many volumes a node can attach', () => {
  const resource = 'attachable-volumes-csi-ebs.csi.aws.com';

  it('is counted where CSINode gives a limit; a node without a limit takes any number', () => {
    const { nodes, pods } = fleetOf(
      zone('z1', node('n1', { volumesMax: 2 }), node('n2')),
      statefulSet('queue', { on: ['n1'], volume: '1Gi' }),
      deployment('web', { on: ['n1'] }),
    );
    expect(nodes.map((each) => each.allocatable[resource])).toEqual([2, Number.MAX_SAFE_INTEGER]);
    expect(pods.map((pod) => pod.requests[resource])).toEqual([1, undefined]);
  });

  it('a volume that a pod mounts twice is attached once; one of a former plugin counts for its driver', () => {
    const list = fleetObjects(
      zone('z1', node('n1', { volumesMax: 5 })),
      statefulSet('queue', { on: ['n1'], volume: '1Gi' }),
    );
    for (const each of list.items) {
      if (each.kind !== 'Pod') continue;
      const { volumes } = each.spec as { volumes: object[] };
      const inline = { name: 'old', awsElasticBlockStore: { volumeID: 'vol-1' } };
      volumes.push({ ...volumes[0], name: 'again' }, inline);
    }
    const { pods } = readListWithFindings(list).fleet;
    expect(pods[0]?.requests[resource]).toBe(2);
    expect(pods[0]?.volumeBytes).toBe(1_073_741_824);
    expect(pods[0]?.volumeTerms).toHaveLength(1);
  });

  it('is not counted where no CSINode gives one', () => {
    const { nodes, pods } = fleetOf(...zones, statefulSet('queue', { on: ['n1'], volume: '1Gi' }));
    expect(nodes[0]?.allocatable).not.toHaveProperty(resource);
    expect(pods[0]?.requests).not.toHaveProperty(resource);
  });
});
