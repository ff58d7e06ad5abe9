import { describe, expect, it } from 'vitest';
import { explainRefusal } from '../../planner/explain/explain-finding.ts';
import type { Fleet, NodeSelectorTerm } from '../../planner/model.ts';
import type { DrainRequest } from '../../planner/plan.ts';
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

describe('a node refused for want of room', () => {
  const why = (fleet: Fleet, request: DrainRequest) =>
    planOf(fleet, request).refusals.map((refusal) => [refusal.code, refusal.node, explainRefusal(refusal)]);
  const store = (name: string, on: string[], cpu: string) => statefulSet(name, { on, cpu, volume: '1Gi' });

  it('shows the zone that could not hold its pods whatever came', () => {
    const fleet = fleetOf(
      zone('z1', node('n1', { drain: true, cpu: '32' }), node('k1')),
      store('a', ['n1', 'n1', 'n1'], '7'),
      store('b', ['k1'], '12'),
    );
    expect(why(fleet, drainRequest({ surge: { default: 0 }, replacement: { cpu: '16' } }))).toEqual([
      [
        'no-room',
        'n1',
        'no room for pods default/a-0, default/a-1 and default/a-2 in zone z1 with 0 extra nodes at a time: with it 21 cores would have to leave nodes of the zone, and its other nodes and all replacements hold 20 cores (every order was tried)',
      ],
    ]);
  });

  it('or the pod for which no hole is large enough', () => {
    const fleet = fleetOf(
      zone('z1', node('n1', { drain: true }), node('n2', { drain: true })),
      store('a', ['n1', 'n2'], '12'),
      store('b', ['n1'], '1500m'),
    );
    const [first = [], second = []] = why(fleet, drainRequest({ surge: { default: 0 } }));
    expect(first).toEqual([
      'no-room',
      'n1',
      'no room for pods default/a-0 and default/b-0 in zone z1 with 0 extra nodes at a time: default/a-0 asks for 12 cores, and at the end no other node there has more than 4 cores free (every order was tried)',
    ]);
    expect(second[2]).toContain(
      'default/a-1 asks for 12 cores, and at the end no other node there has more than 2.5 cores free',
    );
  });

  it('keeps its zone and surge as they were, and says only that every order was tried where nothing simple can be said', () => {
    const fleet = fleetOf(
      zone('z1', node('n1', { drain: true }), node('k1')),
      store('a', ['n1', 'n1'], '5'),
      store('b', ['k1'], '8'),
    );
    const [refusal] = planOf(fleet, drainRequest({ surge: { default: 0 } })).refusals;
    expect(refusal?.facts).toEqual({ zone: 'z1', surge: 0, tried: 'all' });
    expect(refusal && explainRefusal(refusal)).toBe(
      'no room for pods default/a-0 and default/a-1 in zone z1 with 0 extra nodes at a time (every order was tried)',
    );
  });
});
