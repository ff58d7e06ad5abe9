import { describe, expect, it } from 'vitest';
import type { Pod } from '../../planner/model.ts';
import {
  barePod,
  cluster,
  clusterWith,
  daemonSet,
  deployment,
  job,
  member,
  mirrorPod,
  node,
  statefulSet,
  zone,
} from '../fixtures/fleet.ts';
import { fleetOf } from '../fixtures/read.ts';

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
      ['web-a0', 'ReplicaSet'],
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

it('a pod that is not scheduled has no node, is pending and not ready', () => {
  const [pod] = fleetOf(zones, deployment('web', { on: [undefined] })).pods;
  expect(pod).toMatchObject({ phase: 'Pending', ready: false });
  expect(pod?.node).toBeUndefined();
});
