import { describe, expect, it } from 'vitest';
import { claimNamesOf, hasEnded, requestsOf } from '../../../simulations/world/read-objects.ts';
import type { World } from '../../../simulations/world/world.ts';
import { cluster, clusterWith, deployment, member, node, zone } from '../../fixtures/fleet.ts';
import { evict, nodeOf, pass, worldOf } from './worlds.ts';

/** Where the pods of a ReplicaSet stand. */
function nodesOfWeb(world: World): string[] {
  return world.store
    .list('Pod')
    .filter((pod) => pod.metadata.name.startsWith('web'))
    .map((pod) => String(pod.spec.nodeName));
}

function cordon(world: World, name: string): void {
  world.store.update('Node', undefined, name, (draft) => {
    draft.spec.unschedulable = true;
  });
}

function scheduledMessage(world: World, pod: string): string {
  const conditions: { type: string; message?: string }[] =
    world.store.get('Pod', 'default', pod)?.status.conditions ?? [];
  return conditions.find((one) => one.type === 'PodScheduled')?.message ?? '';
}

describe('the scheduler of the world', () => {
  it('keeps pods off a cordoned node and off one with our fence', () => {
    const world = worldOf([
      zone('z1', node('n1'), node('n2'), node('n3')),
      deployment('web', { on: ['n1'] }),
    ]);
    cordon(world, 'n1');
    world.store.update('Node', undefined, 'n2', (draft) => {
      draft.spec.taints = [{ key: 'switchyard.dev/drain', value: 'run', effect: 'NoSchedule' }];
    });
    evict(world, String(world.store.list('Pod')[0]?.metadata.name));
    pass(world, 30);
    expect(nodesOfWeb(world)).toEqual(['n3']);
  });

  it('puts the unschedulable taint on a cordoned node in a second write, and takes it off again', () => {
    const world = worldOf([zone('z1', node('n1'))]);
    const taints = (): unknown => world.store.get('Node', undefined, 'n1')?.spec.taints;
    cordon(world, 'n1');
    expect(taints()).toBeUndefined();
    pass(world, 1);
    expect(taints()).toMatchObject([{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }]);
    world.store.update('Node', undefined, 'n1', (draft) => {
      delete draft.spec.unschedulable;
    });
    pass(world, 1);
    expect(taints()).toBeUndefined();
  });

  it('brings a member back only in the zone of its volume, and says so while it cannot', () => {
    const world = worldOf([
      zone('z1', node('n1')),
      zone('z2', node('n2'), node('n3')),
      cluster('acid-a', member('n2', 'primary'), member('n1')),
    ]);
    cordon(world, 'n1');
    expect(evict(world, 'acid-a-1')).toBe(201);
    pass(world, 60);
    expect(nodeOf(world, 'acid-a-1')).toBeUndefined();
    expect(scheduledMessage(world, 'acid-a-1')).toMatch(/^0\/3 nodes are available: /);
    expect(scheduledMessage(world, 'acid-a-1')).toContain(
      "2 node(s) didn't match PersistentVolume's node affinity",
    );
    expect(scheduledMessage(world, 'acid-a-1')).toContain('1 node(s) were unschedulable');
    world.wantNode({ key: 'more', zone: 'z1', labels: {} });
    pass(world, 120);
    expect(String(nodeOf(world, 'acid-a-1'))).toMatch(/^node-z1-/);
  });

  it('never puts two members with required anti-affinity on one node', () => {
    const world = worldOf([
      zone('z1', node('n1'), node('n2')),
      cluster('acid-a', clusterWith({ volume: null }), member('n1', 'primary'), member('n2')),
    ]);
    cordon(world, 'n2');
    expect(evict(world, 'acid-a-1')).toBe(201);
    pass(world, 60);
    expect(nodeOf(world, 'acid-a-1')).toBeUndefined();
    expect(scheduledMessage(world, 'acid-a-1')).toContain('anti-affinity');
  });

  it('counts requests against what a node has', () => {
    const world = worldOf([
      zone('z1', node('n1', { cpu: '2' }), node('n2', { cpu: '500m' }), node('n3', { cpu: '2' })),
      deployment('web', { on: ['n1'], cpu: '1' }),
    ]);
    cordon(world, 'n1');
    evict(world, String(world.store.list('Pod')[0]?.metadata.name));
    pass(world, 30);
    expect(nodesOfWeb(world)).toEqual(['n3']);
  });

  it('spreads pods as a hard topology spread constraint wants', () => {
    const spec = {
      topologySpreadConstraints: [
        {
          topologyKey: 'topology.kubernetes.io/zone',
          maxSkew: 1,
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: { matchLabels: { app: 'web' } },
        },
      ],
    };
    const world = worldOf([
      zone('z1', node('n1'), node('n2')),
      zone('z2', node('n3')),
      deployment('web', { on: ['n1', 'n3'], labels: { app: 'web' }, spec }),
    ]);
    cordon(world, 'n3');
    const onN3 = world.store.list('Pod').find((pod) => pod.spec.nodeName === 'n3');
    evict(world, String(onN3?.metadata.name));
    pass(world, 60);
    // Zone z1 holds one already: a second there would be a skew of 2 against the empty z2.
    expect(nodesOfWeb(world).filter((name) => name !== 'undefined')).toEqual(['n1']);
  });

  it('knows what pods ask of their nodes after any of them came, changed and left', () => {
    const world = worldOf([
      zone('z1', node('n1'), node('n2'), node('n3')),
      deployment('web', { on: ['n1', 'n1', 'n2'] }),
      cluster('acid-a', member('n2', 'primary'), member('n1')),
    ]);
    const sums = (): unknown =>
      ['n1', 'n2', 'n3'].map((name) => {
        const pods = world.pods.onNode(name);
        const cpus = pods.filter((pod) => !hasEnded(pod)).map((pod) => requestsOf(pod).cpu ?? 0);
        return {
          milliCpu: Math.round(1000 * cpus.reduce((sum, cpu) => sum + cpu, 0)),
          claims: pods.reduce((sum, pod) => sum + claimNamesOf(pod).length, 0),
        };
      });
    const known = (): unknown =>
      ['n1', 'n2', 'n3'].map((name) => {
        const { requests, claims } = world.loads.of(name);
        return { milliCpu: Math.round(1000 * (requests.cpu ?? 0)), claims };
      });
    expect(known()).toEqual(sums());
    cordon(world, 'n1');
    for (const pod of world.pods.onNode('n1')) evict(world, pod.metadata.name);
    for (let seconds = 0; seconds < 30; seconds += 1) {
      pass(world, 1);
      expect(known()).toEqual(sums());
    }
    const ended = String(world.pods.onNode('n2')[0]?.metadata.name);
    world.store.update('Pod', 'default', ended, (draft) => {
      draft.status.phase = 'Failed';
    });
    expect(known()).toEqual(sums());
  });

  it('gives no node to a pod that is taken away while others are scheduled', () => {
    const world = worldOf([zone('z1', node('n1'), node('n2'))]);
    for (const name of ['a', 'b']) {
      world.store.create({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'default' },
        spec: { containers: [] },
        status: { phase: 'Pending' },
      });
    }
    const soonMs = world.nowMs() + 10_000;
    while (nodeOf(world, 'a') === undefined) {
      let parts = 0;
      world.advanceWhile(soonMs, () => ++parts <= 1);
    }
    expect(nodeOf(world, 'b')).toBeUndefined();
    world.store.update('Pod', 'default', 'b', (draft) => {
      draft.metadata.deletionTimestamp = '2026-11-23T08:00:01Z';
    });
    world.advanceTo(soonMs);
    expect(nodeOf(world, 'b')).toBeUndefined();
  });
});
