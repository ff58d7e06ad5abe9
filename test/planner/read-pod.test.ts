import { describe, expect, it } from 'vitest';
import type { Pod } from '../../planner/model.ts';
import {
  barePod,
  cluster,
  clusterWith,
  daemonSet,
  deployment,
  fleetObjects,
  job,
  member,
  mirrorPod,
  node,
  statefulSet,
  zone,
} from '../fixtures/fleet.ts';
import { fleetOf, readList } from '../fixtures/read.ts';

const zones = zone('z1', node('n1'));

/** The pod of a Deployment whose spec is laid over with this. */
function podWith(spec: Record<string, unknown>, labels: Record<string, string> = {}): Pod {
  const [pod] = fleetOf(zones, deployment('web', { on: ['n1'], spec, labels })).pods;
  if (pod === undefined) throw new Error('no pod');
  return pod;
}

const asks = (requests: Record<string, string>, more: Record<string, unknown> = {}) => ({
  name: 'c',
  resources: { requests },
  ...more,
});

describe('what the scheduler counts for a pod', () => {
  it('the sum of its containers, and one pod', () => {
    expect(
      podWith({ containers: [asks({ cpu: '0.5', memory: '1Gi' }), asks({ cpu: '250m' })] }).requests,
    ).toEqual({
      cpu: 750,
      memory: 1_073_741_824,
      pods: 1,
    });
  });

  it('an init container counts where it needs more than all containers together', () => {
    expect(
      podWith({
        initContainers: [asks({ cpu: '2', memory: '1Mi' })],
        containers: [asks({ cpu: '1', memory: '3Mi' })],
      }).requests,
    ).toEqual({ cpu: 2000, memory: 3_145_728, pods: 1 });
  });

  it('sidecars run beside the containers, and beside the init containers after them', () => {
    const sidecar = asks({ cpu: '1' }, { restartPolicy: 'Always' });
    expect(podWith({ initContainers: [sidecar], containers: [asks({ cpu: '2' })] }).requests).toMatchObject({
      cpu: 3000,
    });
    expect(
      podWith({ initContainers: [sidecar, asks({ cpu: '5' })], containers: [asks({ cpu: '2' })] }).requests,
    ).toMatchObject({ cpu: 6000 });
    expect(
      podWith({ initContainers: [asks({ cpu: '5' }), sidecar], containers: [asks({ cpu: '2' })] }).requests,
    ).toMatchObject({ cpu: 5000 });
  });

  it('requests of the whole pod take the place of the sum, and overhead comes on top', () => {
    expect(
      podWith({
        containers: [asks({ cpu: '1', memory: '1Ki' })],
        resources: { requests: { cpu: '4' } },
        overhead: { cpu: '100m', memory: '1Ki' },
      }).requests,
    ).toEqual({ cpu: 4100, memory: 2048, pods: 1 });
  });

  it('of the whole pod only what Kubernetes counts there: CPU, memory and huge pages', () => {
    expect(
      podWith({
        containers: [asks({ 'example.com/gpu': '2', 'hugepages-2Mi': '2Mi' })],
        resources: { requests: { 'example.com/gpu': '9', 'hugepages-2Mi': '8Mi' } },
      }).requests,
    ).toEqual({ 'example.com/gpu': 2, 'hugepages-2Mi': 8_388_608, pods: 1 });
  });

  describe('while it is resized in place', () => {
    const resized = (given: Record<string, unknown>, status: Record<string, unknown> = {}) => {
      const list = fleetObjects(
        zones,
        deployment('web', { on: ['n1'], spec: { containers: [asks({ cpu: '2', memory: '1Ki' })] } }),
      );
      for (const each of list.items)
        if (each.kind === 'Pod')
          Object.assign(each.status as object, { containerStatuses: [{ name: 'c', ...given }], ...status });
      return readList(list).pods[0]?.requests;
    };

    it('the most of what it asks for, has been granted and has', () => {
      expect(resized({ resources: { requests: { cpu: '3' } } })).toMatchObject({ cpu: 3000, memory: 1024 });
      expect(resized({ resources: { requests: { cpu: '1' } } })).toMatchObject({ cpu: 2000 });
      expect(resized({ resources: {}, allocatedResources: { cpu: '1', memory: '5Ki' } })).toMatchObject({
        cpu: 2000,
        memory: 5120,
      });
    });

    it('only what it has been given, where its node can do no more', () => {
      const infeasible = { conditions: [{ type: 'PodResizePending', status: 'True', reason: 'Infeasible' }] };
      expect(resized({ resources: { requests: { cpu: '1', memory: '1Ki' } } }, infeasible)).toMatchObject({
        cpu: 1000,
      });
    });

    it('init containers count as they ask, sidecars as they have been given', () => {
      const list = fleetObjects(
        zones,
        deployment('web', {
          on: ['n1'],
          spec: {
            initContainers: [
              { ...asks({ cpu: '1' }, { restartPolicy: 'Always' }), name: 'side' },
              { ...asks({ cpu: '1' }), name: 'once' },
            ],
            containers: [asks({ cpu: '1' })],
          },
        }),
      );
      const given = (name: string) => ({ name, resources: { requests: { cpu: '4' } } });
      for (const each of list.items)
        if (each.kind === 'Pod')
          Object.assign(each.status as object, { initContainerStatuses: [given('side'), given('once')] });
      expect(readList(list).pods[0]?.requests).toMatchObject({ cpu: 5000 });
    });

    it('the pod as a whole likewise', () => {
      const list = fleetObjects(
        zones,
        deployment('web', {
          on: ['n1'],
          spec: { containers: [asks({})], resources: { requests: { cpu: '2' } } },
        }),
      );
      for (const each of list.items)
        if (each.kind === 'Pod')
          Object.assign(each.status as object, {
            resources: { requests: { cpu: '3' } },
            allocatedResources: { cpu: '1' },
          });
      expect(readList(list).pods[0]?.requests).toMatchObject({ cpu: 3000 });
    });

    it('an amount that is none is named where it stands', () => {
      expect(() => resized({ allocatedResources: { cpu: 'much' } })).toThrow(
        /items\[\d+\]\.status\.containerStatuses\[0\]\.allocatedResources\.cpu/,
      );
    });
  });

  it('a limit without a request is a request', () => {
    expect(
      podWith({
        containers: [
          { name: 'c', resources: { limits: { cpu: '2', memory: '4Ki' }, requests: { cpu: '1' } } },
        ],
      }).requests,
    ).toEqual({ cpu: 1000, memory: 4096, pods: 1 });
  });

  it('extended resources and huge pages are counted by name', () => {
    expect(
      podWith({ containers: [asks({ 'hugepages-2Mi': '4Mi', 'example.com/gpu': '2' })] }).requests,
    ).toEqual({
      'example.com/gpu': 2,
      'hugepages-2Mi': 4_194_304,
      pods: 1,
    });
  });
});

describe('what brings a pod back', () => {
  it('is its controller; daemon and mirror pods stay; a pod without owner has none', () => {
    const { pods } = fleetOf(
      zones,
      deployment('web', { on: ['n1'] }),
      statefulSet('queue', { on: ['n1'] }),
      statefulSet('cache', { on: ['n1'], orderedReady: false }),
      daemonSet('agent'),
      job('backup', 'n1'),
      mirrorPod('kube-proxy-n1', 'n1'),
      barePod('debug', 'n1'),
    );
    expect(pods.map(({ name, owner }) => [name, owner.kind])).toEqual([
      ['agent-a0', 'DaemonSet'],
      ['backup-a0', 'Job'],
      ['cache-0', 'StatefulSet'],
      ['debug', 'none'],
      ['kube-proxy-n1', 'mirror'],
      ['queue-0', 'StatefulSet'],
      ['web-696976dc46-a0', 'ReplicaSet'],
    ]);
    const ordered = pods.flatMap(({ name, owner }) =>
      owner.kind === 'StatefulSet' ? [[name, owner.orderedReady]] : [],
    );
    expect(ordered).toEqual([
      ['cache-0', false],
      ['queue-0', true],
    ]);
  });

  it('members of a Patroni cluster come back by their StatefulSet', () => {
    const { pods } = fleetOf(
      zones,
      cluster('acid-a', clusterWith({ orderedReady: true }), member('n1', 'primary')),
    );
    expect(pods[0]?.owner).toMatchObject({ kind: 'StatefulSet', name: 'acid-a', orderedReady: true });
  });
});

describe('rules of placement', () => {
  it('tolerations: an empty key tolerates every key, an absent effect every effect', () => {
    expect(
      podWith({
        tolerations: [
          { operator: 'Exists' },
          { key: 'dedicated', value: 'db', effect: 'NoSchedule' },
          { key: 'x', operator: 'Gt', value: '1' },
          { operator: 'Equal', value: 'y' },
        ],
      }).tolerations,
    ).toEqual([
      { operator: 'Exists', value: '' },
      { key: 'dedicated', operator: 'Equal', value: 'db', effect: 'NoSchedule' },
    ]);
  });

  it('node selector and required node affinity, not the preferred one', () => {
    const required = { nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'Exists' }] }] };
    const pod = podWith({
      nodeSelector: { arch: 'arm64' },
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: required,
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: {} }],
        },
      },
    });
    expect(pod.nodeSelector).toEqual({ arch: 'arm64' });
    expect(pod.nodeTerms).toEqual([
      { labels: [{ key: 'disk', operator: 'Exists', values: [] }], fields: [] },
    ]);
    expect(podWith({}).nodeTerms).toBeUndefined();
  });

  it('anti-affinity looks into its own namespace, named ones, or all', () => {
    const term = (more: Record<string, unknown>) => ({
      labelSelector: { matchLabels: { app: 'web' } },
      topologyKey: 'kubernetes.io/hostname',
      ...more,
    });
    const pod = podWith({
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            term({}),
            term({ namespaces: ['b', 'a'] }),
            term({ namespaceSelector: {} }),
          ],
        },
      },
    });
    expect(pod.podAntiAffinity.map(({ namespaces }) => namespaces)).toEqual([['default'], ['a', 'b'], 'all']);
  });

  it('matchLabelKeys stand for the values of the pod itself', () => {
    const pod = podWith(
      {
        topologySpreadConstraints: [
          {
            topologyKey: 'topology.kubernetes.io/zone',
            maxSkew: 2,
            whenUnsatisfiable: 'DoNotSchedule',
            labelSelector: { matchLabels: { app: 'web' } },
            matchLabelKeys: ['version', 'missing'],
          },
          { topologyKey: 'x', maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: {} },
        ],
      },
      { version: '7' },
    );
    expect(pod.spread).toEqual([
      {
        topologyKey: 'topology.kubernetes.io/zone',
        maxSkew: 2,
        minDomains: 1,
        selector: [
          { key: 'app', operator: 'In', values: ['web'] },
          { key: 'version', operator: 'In', values: ['7'] },
        ],
      },
    ]);
  });
});

it('spread constraints say which nodes they count, where they say it', () => {
  const constraint = { topologyKey: 'x', maxSkew: 1, labelSelector: {} };
  const pod = podWith({
    topologySpreadConstraints: [
      constraint,
      { ...constraint, nodeAffinityPolicy: 'Ignore', nodeTaintsPolicy: 'Honor' },
      { ...constraint, nodeAffinityPolicy: 'honour', nodeTaintsPolicy: 1 },
    ],
  });
  expect(
    pod.spread.map(({ nodeAffinityPolicy, nodeTaintsPolicy }) => [nodeAffinityPolicy, nodeTaintsPolicy]),
  ).toEqual([
    [undefined, undefined],
    ['Ignore', 'Honor'],
    [undefined, undefined],
  ]);
});

describe('equal parts are one object', () => {
  const parts = [
    'labels',
    'owner',
    'requests',
    'nodeSelector',
    'nodeTerms',
    'volumeTerms',
    'tolerations',
    'podAffinity',
    'podAntiAffinity',
    'spread',
  ] as const;

  const busy = (name: string, app: string) => {
    const term = { labelSelector: { matchLabels: { app } }, topologyKey: 'kubernetes.io/hostname' };
    return deployment(name, {
      on: ['n1', 'n2', 'n3'],
      spec: {
        containers: [asks({ cpu: '1' })],
        nodeSelector: { disk: 'ssd' },
        tolerations: [{ operator: 'Exists' }],
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'Exists' }] }],
            },
          },
          podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] },
          podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] },
        },
        topologySpreadConstraints: [{ ...term, maxSkew: 1 }],
      },
    });
  };
  const three = zone('z1', node('n1'), node('n2'), node('n3'));

  it('of pods of one owner all of them', () => {
    const { pods } = fleetOf(three, busy('web', 'web'));
    for (const part of parts) expect(new Set(pods.map((pod) => pod[part])).size, part).toBe(1);
    expect(
      new Set(fleetOf(three, deployment('web', { on: ['n1', 'n2'] })).pods.map((pod) => pod.owner)).size,
    ).toBe(1);
  });

  it('of pods of other owners those that do not name them, also where other pods stand between', () => {
    const { pods } = fleetOf(three, busy('a', 'x'), deployment('b', { on: ['n1'] }), busy('c', 'y'));
    const [first, last] = [
      pods.find(({ name }) => name.startsWith('a')),
      pods.find(({ name }) => name.startsWith('c')),
    ];
    for (const part of ['requests', 'nodeSelector', 'nodeTerms', 'volumeTerms', 'tolerations'] as const)
      expect(first?.[part], part).toBe(last?.[part]);
    expect(first?.podAntiAffinity).not.toEqual(last?.podAntiAffinity);
  });

  it('never labels that only begin like those of the pod before, go on after them, or differ in one of them', () => {
    const written: readonly Record<string, string>[] = [
      { a: '1', b: '2' },
      { a: '1' },
      { a: '1', b: '2' },
      { b: '2', a: '3' },
      {},
      { b: '2' },
    ];
    const pods = written.map((labels, index) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `p${index}`, namespace: 'default', uid: `u${index}`, labels },
      spec: { nodeName: 'n1' },
    }));
    const list = fleetObjects(three);
    const read = readList({ ...list, items: [...list.items, ...pods] });
    expect(read.pods.map(({ labels }) => ({ ...labels }))).toEqual(written);
  });

  it('never of pods whose labels or namespaces make them different', () => {
    const spec = {
      topologySpreadConstraints: [
        { topologyKey: 'x', maxSkew: 1, labelSelector: {}, matchLabelKeys: ['version'] },
      ],
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: 'x', labelSelector: {}, mismatchLabelKeys: ['version'] },
          ],
        },
      },
    };
    const list = fleetObjects(
      three,
      deployment('a', { on: ['n1'], spec, labels: { version: '1' } }),
      deployment('b', { on: ['n1'], spec, labels: { version: '2' } }),
      deployment('c', { on: ['n1'], spec, labels: { version: '2' } }),
    );
    for (const each of list.items)
      if (each.metadata.name.startsWith('c') && each.metadata.namespace !== undefined)
        each.metadata.namespace = 'other';
    const { pods } = readList(list);
    expect(pods.map(({ spread }) => spread[0]?.selector[0]?.values)).toEqual([['1'], ['2'], ['2']]);
    expect(pods.map(({ podAffinity }) => podAffinity[0]?.namespaces)).toEqual([
      ['default'],
      ['default'],
      ['other'],
    ]);
    expect(pods[1]?.spread).toBe(pods[2]?.spread);
  });
});

it('a pod that is not scheduled has no node, is pending and not ready', () => {
  const [pod] = fleetOf(zones, deployment('web', { on: [undefined] })).pods;
  expect(pod).toMatchObject({ phase: 'Pending', ready: false });
  expect(pod?.node).toBeUndefined();
});
