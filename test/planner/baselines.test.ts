import { describe, expect, it } from 'vitest';
import type { Fleet } from '../../planner/model.ts';
import { preferNewBaseline } from '../../planner/prove/prefer-new-baseline.ts';
import { uncoordinatedRotation } from '../../planner/prove/uncoordinated-baseline.ts';
import { generateModel } from '../../simulations/fleets/generate-model.ts';
import { cluster, clusterWith, member, node, zone } from '../fixtures/fleet.ts';
import type { FleetPart } from '../fixtures/fleet-parts.ts';
import { fleetOf } from '../fixtures/read.ts';
import { planOf } from './plan-of.ts';

const leaves = { drain: true };

function drainedIn(fleet: Fleet): ReadonlySet<string> {
  const gone = fleet.nodes.filter((each) => each.labels['lifecycle-status'] === 'decommission-pending');
  return new Set(gone.map((each) => each.name));
}

function preferNew(fleet: Fleet, drained = drainedIn(fleet)): Readonly<Record<string, number>> {
  const nodeOf = new Map(fleet.pods.map((pod) => [pod.key, pod.node]));
  return preferNewBaseline(fleet, drained, (pod) => nodeOf.get(pod)).clusters;
}

function uncoordinated(...parts: FleetPart[]): number {
  const fleet = fleetOf(...parts);
  return uncoordinatedRotation(fleet, drainedIn(fleet)).switchovers;
}

describe('all nodes cordoned, and a replica on a new node preferred', () => {
  const zones = [
    zone('z1', node('n1', leaves)),
    zone('z2', node('n2', leaves)),
    zone('z3', node('n3', leaves)),
  ];

  it('costs two where the primary is drained first, and one where a replica has moved before', () => {
    const counts = preferNew(
      fleetOf(
        ...zones,
        cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3')),
        cluster('acid-b', member('n1'), member('n2', 'primary'), member('n3')),
        cluster('acid-c', member('n1'), member('n2'), member('n3', 'primary')),
      ),
    );
    expect(counts).toEqual({ 'default/acid-a': 2, 'default/acid-b': 1, 'default/acid-c': 1 });
  });

  it('counts a kept node as new, never a member that must not lead, and no cluster that is not concerned', () => {
    const counts = preferNew(
      fleetOf(
        zone('z1', node('n1', leaves)),
        zone('z2', node('n2', leaves), node('n4')),
        zone('z3', node('n3')),
        cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3')),
        cluster(
          'acid-b',
          member('n1', 'primary'),
          member('n2'),
          member('n3', 'replica', { tags: { nofailover: true } }),
        ),
        cluster('acid-c', member('n3', 'primary'), member('n4')),
        cluster('acid-d', member('n1', 'primary')),
      ),
    );
    expect(counts).toEqual({ 'default/acid-a': 1, 'default/acid-b': 2, 'default/acid-d': 0 });
  });
});

describe('the uncoordinated rotation', () => {
  const small = clusterWith({ cpu: '1' });

  it('moves a primary again from every old node it lands on', () => {
    // The primary of n1 hands over to n2; the former one lands on n3, the node after n1 that has room, and leads again when n2 goes.
    const parts = [
      zone('z1', node('n1', leaves), node('n3', leaves)),
      zone('z2', node('n2', leaves)),
      cluster('acid-a', small, member('n1', 'primary'), member('n2')),
    ];
    expect(uncoordinated(...parts)).toBe(3);
  });

  it('uses the fresh node where the old ones are full', () => {
    const full = { drain: true, cpu: '1' };
    const parts = [
      zone('z1', node('n1', full), node('n3', full)),
      zone('z2', node('n2', full)),
      cluster('acid-a', small, member('n1', 'primary'), member('n2')),
      cluster('acid-b', small, member('n3', 'primary')),
    ];
    expect(uncoordinated(...parts)).toBe(2);
  });
});

describe('baselines of a generated fleet', () => {
  it('cost more than the plan, the better one less than the others', () => {
    const { fleet, request } = generateModel({ seed: 3, nodes: 12, utilisation: 0.6, scaleOut: 0 });
    const { summary } = planOf(fleet, request);
    const careful = Object.values(preferNew(fleet)).reduce((sum, count) => sum + count, 0);
    const careless = uncoordinatedRotation(fleet, drainedIn(fleet)).switchovers;
    expect(careful).toBeGreaterThan(summary.switchovers);
    expect(summary.baselines.naive.switchovers).toBeGreaterThan(careful);
    expect(careless).toBeGreaterThan(summary.baselines.naive.switchovers);
    expect(uncoordinatedRotation(fleet, drainedIn(fleet))).toEqual({ switchovers: careless });
  });
});
