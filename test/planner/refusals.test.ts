import { describe, expect, it } from 'vitest';
import { explainRefusal } from '../../planner/explain/explain-finding.ts';
import type { Fleet, NodeSelectorTerm } from '../../planner/model.ts';
import { cluster, clusterWith, drainRequest, member, node, statefulSet, zone } from '../fixtures/fleet.ts';
import { fleetOf } from '../fixtures/read.ts';
import { planOf } from './plan-of.ts';

/** A node to drain and one to keep in one zone. */
const zones = [zone('z1', node('n1', { drain: true }), node('k1'))] as const;

/** The fleet with the volumes of some pods bound to where these terms say. */
function withVolumes(fleet: Fleet, terms: readonly NodeSelectorTerm[], ...keys: readonly string[]): Fleet {
  const pods = fleet.pods.map((pod) => (keys.includes(pod.key) ? { ...pod, volumeTerms: [terms] } : pod));
  return { ...fleet, pods };
}

const byLabel = (name: string): readonly NodeSelectorTerm[] => [
  { labels: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [name] }], fields: [] },
];
const byName = (name: string): readonly NodeSelectorTerm[] => [
  { labels: [], fields: [{ key: 'metadata.name', operator: 'In', values: [name] }] },
];

describe('a node with a volume that no other node can attach', () => {
  const acid = fleetOf(...zones, cluster('acid-a', member('k1', 'primary'), member('n1')));

  it('is refused with the pods that can never leave it', () => {
    for (const terms of [byLabel('n1'), byName('n1')]) {
      const [refusal] = planOf(withVolumes(acid, terms, 'default/acid-a-1')).refusals;
      expect(refusal).toMatchObject({ code: 'local-volume', node: 'n1', pods: ['default/acid-a-1'] });
      expect(refusal && explainRefusal(refusal)).toBe(
        'pod default/acid-a-1 has a volume that can be attached to n1 only',
      );
      expect(refusal?.fix).toBe(
        'add a member on another node, then remove this one; or leave n1 out of "nodes"',
      );
    }
  });

  it('names all of them once, and others apart from members', () => {
    const fleet = fleetOf(
      ...zones,
      cluster('acid-a', clusterWith({ antiAffinity: 'none' }), member('k1', 'primary'), member('n1')),
      cluster('acid-b', clusterWith({ antiAffinity: 'none' }), member('k1', 'primary'), member('n1')),
      statefulSet('queue', { on: ['n1'] }),
    );
    const keys = ['default/acid-a-1', 'default/acid-b-1', 'default/queue-0'];
    const { refusals } = planOf(withVolumes(fleet, byLabel('n1'), ...keys));
    expect(refusals.map(({ code, pods }) => [code, pods])).toEqual([
      ['local-volume', ['default/acid-a-1', 'default/acid-b-1']],
      ['local-volume', ['default/queue-0']],
    ]);
  });

  it('is another thing than a pod that is too large for its zone, and than a volume that a kept node can attach', () => {
    const large = fleetOf(...zones, statefulSet('big', { on: ['n1'], cpu: '12', volume: '1Gi' }));
    const small = drainRequest({ replacement: { cpu: '8' } });
    const alone = fleetOf(
      zone('z1', node('n1', { drain: true })),
      statefulSet('big', { on: ['n1'], cpu: '12', volume: '1Gi' }),
    );
    expect(planOf(alone, small).refusals).toMatchObject([{ code: 'pod-fits-nowhere' }]);
    expect(planOf(withVolumes(large, byLabel('k1'), 'default/big-0'), small).refusals).toEqual([]);
  });
});
