/** Mistakes of the planner that trying everything has found, each as the smallest fleet that shows it. */
import { describe, expect, it } from 'vitest';
import type { DrainRequest } from '../../planner/plan.ts';
import {
  cluster,
  clusterWith,
  deployment,
  drainRequest,
  member,
  node,
  statefulSet,
  zone,
} from '../fixtures/fleet.ts';
import type { FleetPart } from '../fixtures/fleet-parts.ts';
import { fleetOf } from '../fixtures/read.ts';
import { planOf } from '../planner/plan-of.ts';
import { comparePlan } from './compare.ts';
import { judgeSeed } from './judge-seed.ts';

const tight = { drain: true, cpu: '2' };
const loose = clusterWith({ cpu: '1', antiAffinity: 'none' });

/** What trying everything has against the plan, and what the plan pays. */
function judge(more: Partial<DrainRequest>, ...parts: FleetPart[]) {
  const fleet = fleetOf(...parts);
  const request = drainRequest(more);
  const { against, worth } = comparePlan({ fleet, request }, 50_000);
  const { refusals, certificate } = planOf(fleet, request);
  return { against, worth, refused: refusals.length, switchovers: certificate.switchovers.value };
}

describe('whole nodes with two members of a cluster on one', () => {
  const wholeNodes = { mode: 'whole-nodes' } as const;

  it('empties it: the replica leaves first, takes over, and the primary follows', () => {
    expect(
      judge(
        wholeNodes,
        zone('z1', node('n1', tight)),
        cluster('acid-a', loose, member('n1', 'primary'), member('n1')),
      ),
    ).toEqual({ against: [], worth: 'proved', refused: 0, switchovers: 1 });
  });

  it('claims no second switchover as the least: each primary has somebody beside it', () => {
    expect(
      judge(
        wholeNodes,
        zone('z1', node('n1', { ...tight, cpu: '3' }), node('n2', { ...tight, cpu: '3' })),
        cluster('acid-a', loose, member('n1', 'primary'), member('n1'), member('n2')),
        cluster('acid-b', loose, member('n2', 'primary'), member('n2'), member('n1')),
      ),
    ).toEqual({ against: [], worth: 'proved', refused: 0, switchovers: 2 });
  });
});

describe('a temporary member', () => {
  it('keeps off a node with another member where anti-affinity asks for it, and is kept off by those that come later', () => {
    // Nobody may succeed the primary; its replica moves to the only new node after the temporary member would have.
    expect(
      judge(
        { singleMember: 'scale-out' },
        zone('z1', node('n1', tight), node('n2', tight)),
        cluster(
          'acid-a',
          clusterWith({ cpu: '1', primaryBudget: 0 }),
          member('n1', 'primary'),
          member('n2', 'replica', { tags: { nofailover: true } }),
        ),
      ),
    ).toEqual({ against: [], worth: 'proved', refused: 0, switchovers: 1 });
  });

  it("makes room on its cluster's old node only when the former primary is gone: nothing is parked there before", () => {
    // n1 is full until then; two of the pods on n2 wait there for the second replacement.
    expect(
      judge(
        { singleMember: 'scale-out', replacement: { cpu: '4' } },
        zone('z1', node('n1', { drain: true, cpu: '5' }), node('n2', { drain: true, cpu: '3' })),
        cluster('acid-a', clusterWith({ cpu: '3' }), member('n1', 'primary')),
        statefulSet('large', { on: ['n1'], cpu: '2', volume: '1Gi' }),
        statefulSet('small', { on: ['n2', 'n2', 'n2'], cpu: '1', volume: '1Gi' }),
      ),
    ).toEqual({ against: [], worth: 'proved', refused: 0, switchovers: 1 });
  });
});

describe('the bound of the first released node', () => {
  it('knows that a temporary member takes a primary out of a zone without an extra node', () => {
    // Only z2 may have an extra node, but n1 can be the first to go all the same: acid-a continues in z2.
    const { against, refused } = judge(
      {
        surge: { perZone: { z1: 0, z2: 1 }, total: 1 },
        replacement: { cpu: '6' },
        parking: false,
        clusters: { 'default/acid-a': { singleMember: 'scale-out' } },
      },
      zone('z1', node('n1', tight), node('n3', tight)),
      zone('z2', node('n2', { ...tight, cpu: '5' })),
      cluster('acid-a', clusterWith({ cpu: '1' }), member('n1', 'primary')),
      cluster('acid-b', clusterWith({ cpu: '2' }), member('n2', 'primary'), member('n3')),
    );
    expect({ against, refused }).toEqual({ against: [], refused: 0 });
  });
});

describe('a switchover that has to be paid twice', () => {
  it('never leaves a primary that nobody can succeed: its own move would be an outage that nobody asked for', () => {
    // One extra node for both zones: some cluster hands over to a member that must move as well. acid-a is the cheaper one, but
    // its first primary may not lead again.
    const { against, refused } = judge(
      {
        surge: { default: 1, total: 1 },
        parking: false,
        singleMember: 'skip',
        clusters: { 'default/acid-b': { weight: 5 } },
      },
      zone('z1', node('n1', tight)),
      zone('z2', node('n2', tight)),
      cluster('acid-a', loose, member('n1', 'primary', { tags: { nofailover: true } }), member('n2')),
      cluster('acid-b', loose, member('n2', 'primary'), member('n1')),
    );
    expect({ against, refused }).toEqual({ against: [], refused: 0 });
  });
});

describe('little room', () => {
  const four = { drain: true, cpu: '4' };
  const apart = clusterWith({ cpu: '1' });

  it('is kept for pods that may go to one zone only: a temporary member takes what is left anywhere', () => {
    expect(
      judge(
        { singleMember: 'scale-out', replacement: { cpu: '2' } },
        zone('z1', node('k1', { cpu: '2' })),
        zone('z2', node('n2', { drain: true, cpu: '3' })),
        cluster('acid-a', apart, member('k1'), member('n2', 'primary')),
        cluster('acid-b', apart, member('n2', 'primary')),
        statefulSet('other', { on: ['n2'], cpu: '1', volume: '1Gi' }),
      ),
    ).toEqual({ against: [], worth: 'proved', refused: 0, switchovers: 2 });
  });

  it('is not taken by replicas ahead of their node where the node itself could not be emptied then', () => {
    const { against, refused } = judge(
      { parking: false, clusters: { 'default/acid-a': { weight: 5 }, 'default/acid-c': { weight: 5 } } },
      zone('z1', node('n1', four), node('n2', four)),
      cluster('acid-a', apart, member('n1'), member('n2', 'primary')),
      cluster(
        'acid-b',
        clusterWith({ cpu: '2', antiAffinity: 'none' }),
        member('n2', 'primary'),
        member('n1'),
      ),
      cluster('acid-c', apart, member('n1', 'primary'), member('n2')),
    );
    expect({ against, refused }).toEqual({ against: [], refused: 0 });
  });

  it('comes with the largest replacement where only one may come', () => {
    const { against, refused } = judge(
      {
        surge: { default: 1, total: 1 },
        limits: { maxNewNodesPerZone: 1 },
        parking: false,
        clusters: { 'default/acid-b': { singleMember: 'scale-out' } },
      },
      zone('z1', node('n1', { drain: true, cpu: '3' })),
      zone('z2', node('n2', tight), node('n3', { drain: true, cpu: '5' })),
      cluster('acid-a', clusterWith({ cpu: '1', primaryBudget: 0 }), member('n3', 'primary')),
      cluster(
        'acid-b',
        clusterWith({ cpu: '2', primaryBudget: 0 }),
        member('n2', 'primary'),
        member('n3', 'replica', { tags: { nofailover: true } }),
      ),
    );
    expect({ against, refused }).toEqual({ against: [], refused: 0 });
  });

  it('refuses the one node that cannot be emptied, not the one beside it that was asked first', () => {
    const { against, refused } = judge(
      {},
      zone('z1', node('n1', tight), node('n2', tight)),
      cluster('acid-a', clusterWith({ cpu: '1' }), member('n2'), member('n2'), member('n1', 'primary')),
      cluster('acid-b', clusterWith({ cpu: '1', primaryBudget: 0 }), member('n1', 'primary')),
    );
    expect({ against, refused }).toEqual({ against: [], refused: 1 });
  });

  it('is looked for in another zone, under a cap for the region, for a pod that may go there', () => {
    expect(
      judge(
        { surge: { default: 1, total: 1 }, replacement: { cpu: '2' } },
        zone('z1', node('n1', { drain: true, cpu: '3' })),
        zone('z2', node('n2', tight)),
        statefulSet('bound', { on: ['n1'], cpu: '1', volume: '1Gi' }),
        deployment('free', { on: ['n1'], cpu: '2' }),
      ),
    ).toEqual({ against: [], worth: 'proved', refused: 0, switchovers: 0 });
  });
});

describe('a tiny fleet of a deep run', () => {
  it.each([[53362, 'the room of a temporary member comes back once whom it relieves has its place']])(
    'of seed %i: %s',
    (seed) => {
      const { against, worth } = judgeSeed(seed);
      expect({ against, worth }).toEqual({ against: [], worth: 'proved' });
    },
  );
});
