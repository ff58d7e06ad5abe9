import { describe, expect, it } from 'vitest';
import { cluster, clusterWith, deployment, drainRequest, member, node, zone } from '../fixtures/fleet.ts';
import { fleetOf } from '../fixtures/read.ts';
import { planOf } from './plan-of.ts';

const oneInAll = { surge: { default: 1, total: 1 }, parking: false } as const;

/** Three zones of one node, and for each two of them a cluster with its primary in the first and its replica in the second. */
const everyPair = [
  ...['z1', 'z2', 'z3'].map((name) => zone(name, node(`n-${name}`, { drain: true }))),
  ...['z1', 'z2', 'z3'].flatMap((first) =>
    ['z1', 'z2', 'z3']
      .filter((second) => second !== first)
      .map((second) =>
        cluster(`acid-${first}-${second}`, member(`n-${first}`, 'primary'), member(`n-${second}`)),
      ),
  ),
];

describe('the first nodes given back in their zones', () => {
  it('pay each for members in zones that have not begun: two clusters in the first zone, one in the second', () => {
    const { switchovers } = planOf(fleetOf(...everyPair), drainRequest(oneInAll)).certificate;
    expect(switchovers).toEqual({ bound: 9, value: 9, proved: true, because: 'first-released-node' });
  });

  it('pay nothing for a zone that may have an extra node of its own', () => {
    const { switchovers } = planOf(fleetOf(...everyPair), drainRequest({ parking: false })).certificate;
    expect(switchovers).toMatchObject({ bound: 6, value: 6 });
  });

  /** One zone of two nodes, each with the primary of a cluster that has its replica on the other. */
  const crossed = (antiAffinity: 'hostname' | 'none') =>
    fleetOf(
      zone('z1', node('n1', { drain: true }), node('n2', { drain: true })),
      cluster('acid-a', member('n1', 'primary'), member('n2'), clusterWith({ antiAffinity })),
      cluster('acid-b', member('n2', 'primary'), member('n1'), clusterWith({ antiAffinity })),
    );

  it('pay where the one new node would have to take two members that are kept apart', () => {
    const { switchovers } = planOf(crossed('hostname'), drainRequest(oneInAll)).certificate;
    expect(switchovers).toEqual({ bound: 3, value: 3, proved: true, because: 'first-released-node' });
  });

  it('pay nothing where the two may share it, or one of them may wait on an old node', () => {
    const together = planOf(crossed('none'), drainRequest(oneInAll));
    const parked = planOf(crossed('hostname'), drainRequest({ ...oneInAll, parking: true }));
    for (const { certificate } of [together, parked])
      expect(certificate.switchovers).toMatchObject({ bound: 2, value: 2 });
  });

  /** In each zone a full node, and one with room for what is bound to the first once `web` has left it. */
  const besideWeb = (skew: 'zones' | 'none') => {
    const constraint = {
      topologyKey: 'topology.kubernetes.io/zone',
      maxSkew: 1,
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'web' } },
    };
    const spec = skew === 'zones' ? { topologySpreadConstraints: [constraint] } : {};
    const pair = (name: string, first: string, second: string) =>
      cluster(name, member(first, 'primary'), member(second), clusterWith({ cpu: '1' }));
    return fleetOf(
      ...['1', '2'].map((name) =>
        zone(
          `z${name}`,
          node(`n${name}`, { drain: true, cpu: '2' }),
          node(`w${name}`, { drain: true, cpu: '4' }),
        ),
      ),
      pair('acid-a', 'n1', 'n2'),
      pair('acid-b', 'n2', 'n1'),
      pair('acid-c', 'w1', 'w2'),
      pair('acid-d', 'w2', 'w1'),
      deployment('web', { on: ['w1', 'w2'], cpu: '2', spec }),
    );
  };

  it('pay where pods without a volume would have to make room, and a spread over the zones holds them', () => {
    const request = drainRequest({ ...oneInAll, parking: true });
    const held = planOf(besideWeb('zones'), request).certificate.switchovers;
    expect(held).toEqual({ bound: 5, value: 5, proved: true, because: 'first-released-node' });
    expect(planOf(besideWeb('none'), request).certificate.switchovers).toMatchObject({ bound: 4, value: 4 });
  });
});
