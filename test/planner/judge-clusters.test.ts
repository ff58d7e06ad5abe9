import { describe, expect, it } from 'vitest';
import { explainBecause } from '../../planner/explain/explain-because.ts';
import { explainCertificate } from '../../planner/explain/explain-certificate.ts';
import type { DrainPlan } from '../../planner/plan.ts';
import { planDrain } from '../../planner/plan-drain.ts';
import { cluster, clusterWith, drainRequest, member, node, zone } from '../fixtures/fleet.ts';
import { loadTinyFleet } from '../fixtures/load.ts';
import { fleetOf, readList } from '../fixtures/read.ts';
import { planOf } from './plan-of.ts';

/** Why the clusters above their own minimum pay, as sentences. */
const whyAbove = (plan: DrainPlan): readonly string[] =>
  Object.values(plan.clusters)
    .filter((verdict) => verdict.switchovers > verdict.bound)
    .map((verdict) => explainBecause(verdict.because));

describe('a cluster that changes primary twice says why', () => {
  const whole = drainRequest({ mode: 'whole-nodes' });

  it('both orders of two whole nodes break one of two clusters', () => {
    const plan = planOf(
      fleetOf(
        zone('z1', node('n1', { drain: true })),
        zone('z2', node('n4', { drain: true })),
        cluster('acid-a', member('n1', 'primary'), member('n4')),
        cluster('acid-b', member('n4', 'primary'), member('n1')),
      ),
      whole,
    );
    expect(plan.certificate.switchovers).toMatchObject({ bound: 3, value: 3, proved: true });
    expect(whyAbove(plan)).toEqual(['both orders of n1 and n4 break one of default/acid-a, default/acid-b']);
    expect(explainCertificate(plan).join('\n')).toContain(
      '1 switchover more is unavoidable: in whatever order',
    );
  });

  it('all orders of three whole nodes break one of three clusters', () => {
    const plan = planOf(
      fleetOf(
        zone('z1', node('n1', { drain: true })),
        zone('z2', node('n2', { drain: true })),
        zone('z3', node('n3', { drain: true })),
        cluster('acid-a', member('n1', 'primary'), member('n2')),
        cluster('acid-b', member('n2', 'primary'), member('n3')),
        cluster('acid-c', member('n3', 'primary'), member('n1')),
      ),
      whole,
    );
    expect(plan.certificate.switchovers).toMatchObject({ value: 4, proved: true });
    const [why = '', ...others] = whyAbove(plan);
    expect(others).toEqual([]);
    expect(why).toMatch(/^all orders of n\d, n\d and n\d break one of /);
    for (const key of ['default/acid-a', 'default/acid-b', 'default/acid-c']) expect(why).toContain(key);
  });

  it('it stood on the first node given back', () => {
    const { fleet, request } = loadTinyFleet('04-weights-global-1');
    const plan = planOf(readList(fleet), request);
    expect(whyAbove(plan)).toEqual([
      'primary on n3, the first node given back: no other member (acid-c-0 on n1 and acid-c-1 on n2) was final by then',
    ]);
    expect(plan.clusters['default/acid-c']?.because).toMatchObject({
      code: 'first-released-node',
      facts: { node: 'n3', zone: 'z3' },
    });
  });

  it('no final place was left for anybody who could take over', () => {
    const { fleet, request } = loadTinyFleet('q005-cycle-kept');
    const plan = planOf(readList(fleet), request);
    expect(whyAbove(plan)).toEqual([
      'primary had to move off c1 when no final place was left for another member (acid-c-0 on a1)',
    ]);
    expect(plan.clusters['default/acid-c']?.because.code).toBe('no-room-ahead');
  });

  it('and a cluster at its own minimum says where its primary stands, as before', () => {
    const plan = planOf(
      fleetOf(
        zone('z1', node('n1', { drain: true })),
        zone('z2', node('k2')),
        cluster('acid-a', member('n1', 'primary'), member('k2')),
      ),
    );
    expect(whyAbove(plan)).toEqual([]);
    expect(plan.clusters['default/acid-a']?.because).toEqual({
      code: 'primary-on-drained-node',
      facts: { node: 'n1', refused: false },
    });
  });
});

describe('a cluster that has an outage says why nobody can take over', () => {
  const zones = [
    zone('z1', node('n1', { drain: true }), node('k1')),
    zone('z2', node('k2')),
    zone('z3', node('k3')),
  ] as const;
  const open = clusterWith({ primaryBudget: 0 });
  const nofailover = { tags: { nofailover: true } };
  const why = (plan: DrainPlan) => {
    const because = plan.clusters['default/acid-a']?.because;
    return because && explainBecause(because);
  };

  it('it is the only member', () => {
    expect(why(planOf(fleetOf(...zones, cluster('acid-a', open, member('n1', 'primary')))))).toBe(
      'primary on n1, nobody can take over: it is the only member',
    );
  });

  it('the others are tagged nofailover', () => {
    const members = [member('n1', 'primary'), member('k2', 'replica', nofailover)] as const;
    expect(why(planOf(fleetOf(...zones, cluster('acid-a', open, ...members))))).toBe(
      'primary on n1, nobody can take over: the other members are tagged nofailover',
    );
  });

  it('the request forbids it', () => {
    const fleet = fleetOf(...zones, cluster('acid-a', open, member('n1', 'primary'), member('k2')));
    const request = drainRequest({ clusters: { 'default/acid-a': { switchover: 'never' } } });
    expect(why(planOf(fleet, request))).toContain('the request says "switchover": "never"');
  });

  it('or each of them has a reason of its own', () => {
    const fleet = fleetOf(
      ...zones,
      cluster('acid-a', open, member('n1', 'primary'), member('k2', 'replica', nofailover), member('k3')),
    );
    const clusters = fleet.clusters.map((each) => ({
      ...each,
      members: each.members.map((one) =>
        one.name === 'acid-a-2' ? { ...one, replicatefrom: 'acid-a-1' } : one,
      ),
    }));
    const answer = planDrain({ ...fleet, clusters }, drainRequest());
    expect(answer.kind === 'plan' && why(answer.plan)).toContain(
      ': acid-a-1: nofailover and acid-a-2: cascading',
    );
  });
});
