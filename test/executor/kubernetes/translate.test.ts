import { describe, expect, it } from 'vitest';
import { OutsideError } from '../../../executor/errors.ts';
import { toNodeView, toPodView } from '../../../executor/kubernetes/translate.ts';
import type { KubernetesObject } from '../../../executor/ports.ts';
import { recording } from '../answering-server.ts';

const object = (file: string) => recording('kubernetes', file).response.body as KubernetesObject;
const pods = (file: string) =>
  (recording('kubernetes', file).response.body as { items: readonly KubernetesObject[] }).items;

describe('a recorded node', () => {
  it('keeps name, zone, provider and readiness', () => {
    expect(toNodeView(object('029-node-get'))).toMatchObject({
      name: 'old-z1',
      uid: '642d3302-9994-459a-8e64-e5fe6d0f2973',
      resourceVersion: '1566',
      zone: 'z1',
      unschedulable: false,
      ready: true,
      providerId: 'aws:///z1/i-6f6c642d7a3100000',
      createdAtMs: Date.UTC(2026, 10, 22, 22, 0, 19),
    });
  });

  it('is unschedulable when it is cordoned, and the cordon is nobody of ours', () => {
    const view = toNodeView(object('034-node-get-cordoned'));
    expect(view.unschedulable).toBe(true);
    expect(view.cordonedBy).toBeUndefined();
    expect(view.fencedBy).toBeUndefined();
  });
});

describe('marks on a node', () => {
  const marked = (taints: readonly object[], annotations: object): KubernetesObject => ({
    metadata: {
      name: 'n',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      annotations,
    },
    spec: { taints },
    status: {},
  });

  it('are read with the run that left them', () => {
    const view = toNodeView(
      marked([{ key: 'switchyard.dev/drain', value: 'run-1', effect: 'NoSchedule' }], {
        'switchyard.dev/cordoned-by': 'run-2',
        'switchyard.dev/released-by': 'run-3',
      }),
    );
    expect(view).toMatchObject({ fencedBy: 'run-1', cordonedBy: 'run-2', releasedBy: 'run-3', ready: false });
  });

  it('are not seen in taints of others or of another effect', () => {
    const taints = [
      { key: 'other/drain', value: 'run-1', effect: 'NoSchedule' },
      { key: 'switchyard.dev/drain', value: 'run-1', effect: 'PreferNoSchedule' },
    ];
    expect(toNodeView(marked(taints, {})).fencedBy).toBeUndefined();
  });
});

describe('recorded pods', () => {
  it('know their owner, their node and the address of their Patroni', () => {
    const list = recording('kubernetes', '060-pod-list-labelselector');
    expect(list.response.status).toBe(200);
    const view = toPodView(pods('060-pod-list-labelselector')[0] ?? {});
    expect(view.ownerKind).toBe('ReplicaSet');
    expect(view.ready).toBe(true);
    expect(view.terminating).toBe(false);
    expect(view.stays).toBe(false);
  });

  it('say where their owner is of a kind that Kubernetes does not have', () => {
    const ownedBy = (apiVersion: string, kind: string) => {
      const pod = pods('060-pod-list-labelselector')[0] ?? {};
      const ownerReferences = [{ apiVersion, kind, name: 'acid-a', uid: 'u1', controller: true }];
      return toPodView({ ...pod, metadata: { ...pod.metadata, ownerReferences } });
    };
    expect(ownedBy('apps/v1', 'StatefulSet')).not.toHaveProperty('ownerIsCustom');
    expect(ownedBy('v1', 'ReplicationController')).not.toHaveProperty('ownerIsCustom');
    const [kruise, cluster] = [
      ownedBy('apps.kruise.io/v1beta1', 'StatefulSet'),
      ownedBy('postgresql.cnpg.io/v1', 'Cluster'),
    ];
    expect(kruise).toMatchObject({ ownerKind: 'StatefulSet', ownerIsCustom: true });
    expect(cluster).toMatchObject({ ownerKind: 'Cluster', ownerIsCustom: true });
  });

  it('are terminating once they have a deletionTimestamp', () => {
    expect(toPodView(object('090-pod-get-terminating')).terminating).toBe(true);
  });

  it('say why the scheduler found no node', () => {
    const view = toPodView(object('103-pod-get-unschedulable'));
    expect(view.node).toBeUndefined();
    expect(view.unschedulableBecause).toMatch(/nodes are available/);
  });
});

describe('a pod of a member', () => {
  const member = (annotation: string | undefined, podIP?: string): KubernetesObject => ({
    kind: 'Pod',
    metadata: {
      name: 'acid-a-0',
      namespace: 'default',
      uid: 'u',
      annotations: annotation === undefined ? {} : { status: annotation },
    },
    status: { phase: 'Running', ...(podIP === undefined ? {} : { podIP }) },
  });

  it('has the base of the api_url that Patroni wrote', () => {
    const url = 'http://127.0.0.1:9/members/default/acid-a-0/patroni';
    expect(toPodView(member(JSON.stringify({ api_url: url }), '10.0.0.1')).patroniUrl).toBe(
      'http://127.0.0.1:9/members/default/acid-a-0',
    );
  });

  it('falls back to its own address on port 8008, also where the annotation cannot be read', () => {
    expect(toPodView(member(undefined, '10.0.0.1')).patroniUrl).toBe('http://10.0.0.1:8008');
    expect(toPodView(member('{"broken', '10.0.0.1')).patroniUrl).toBe('http://10.0.0.1:8008');
    expect(toPodView(member('{}', 'fd00::1')).patroniUrl).toBe('http://[fd00::1]:8008');
  });

  it('has no address before it has one', () => {
    expect(toPodView(member(undefined)).patroniUrl).toBeUndefined();
  });
});

describe('pods that keep no node from being released', () => {
  const pod = (metadata: object, phase: string): KubernetesObject => ({
    metadata: { name: 'p', namespace: 'd', uid: 'u', ...metadata },
    status: { phase },
  });
  it.each([
    [
      'of a DaemonSet',
      { ownerReferences: [{ kind: 'DaemonSet', uid: 'x', controller: true }] },
      'Running',
      true,
    ],
    ['mirrors of static pods', { annotations: { 'kubernetes.io/config.mirror': 'x' } }, 'Running', true],
    ['that have ended', {}, 'Succeeded', true],
    ['that have failed', {}, 'Failed', true],
    [
      'of a Job under way',
      { ownerReferences: [{ kind: 'Job', uid: 'x', controller: true }] },
      'Running',
      false,
    ],
    ['without owner', {}, 'Running', false],
  ])('are those %s', (_name, metadata, phase, stays) => {
    expect(toPodView(pod(metadata, phase)).stays).toBe(stays);
  });
});

it('an object that is no node is an unexpected answer, never half a node', () => {
  expect(() => toNodeView({ kind: 'Node', metadata: { name: 'n' } })).toThrow(OutsideError);
});
