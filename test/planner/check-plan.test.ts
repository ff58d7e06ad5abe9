import { describe, expect, it } from 'vitest';
import { checkPlan } from '../../planner/check/check-plan.ts';
import type { Fleet } from '../../planner/model.ts';
import type { DrainPlan, DrainRequest, Step } from '../../planner/plan.ts';
import {
  budget,
  cluster,
  clusterWith,
  daemonSet,
  deployment,
  drainRequest,
  fleetObjects,
  member,
  node,
  statefulSet,
  threeZones,
  zone,
} from '../fixtures/fleet.ts';
import {
  addNode,
  cordon,
  fence,
  fleetOf,
  type HandStep,
  handPlan,
  move,
  release,
  switchover,
  unfence,
} from './hand-plan.ts';

/** Codes of all violations, each once. */
function codes(plan: DrainPlan, fleet: Fleet): readonly string[] {
  return [...new Set(checkPlan(plan, fleet).map((violation) => violation.code))].sort();
}

function changed(plan: DrainPlan, change: (steps: Step[]) => Step[]): DrainPlan {
  return { ...plan, steps: change([...plan.steps]) };
}

/** Two zones, one node to drain in each, one cluster of two: the smallest plan with everything in it. */
function pair(): { fleet: Fleet; request: DrainRequest; steps: HandStep[]; plan: DrainPlan } {
  const fleet = fleetOf(
    fleetObjects(
      zone('z1', node('n1', { drain: true })),
      zone('z2', node('n2', { drain: true })),
      cluster('acid-a', member('n1', 'primary'), member('n2')),
    ),
  );
  const request = drainRequest();
  const steps = [
    fence('n1'),
    fence('n2'),
    addNode('z2', 'n2'),
    move(fleet, 'acid-a-1', 'n2', 'new-z2-1'),
    switchover('acid-a', 'acid-a-0', 'acid-a-1'),
    cordon('n2'),
    release('n2'),
    addNode('z1', 'n1'),
    move(fleet, 'acid-a-0', 'n1', 'new-z1-1'),
    cordon('n1'),
    release('n1'),
  ];
  const plan = handPlan(fleet, request, steps, { surgeByZone: { z1: 1, z2: 1 } });
  return { fleet, request, steps, plan };
}

/** The same steps with one replaced or left out; the counts follow, so that only the legality of the steps is judged. */
function without(index: number, ...instead: HandStep[]): readonly string[] {
  const { fleet, request, steps } = pair();
  const others = [...steps.slice(0, index), ...instead, ...steps.slice(index + 1)];
  return codes(handPlan(fleet, request, others, { surgeByZone: { z1: 1, z2: 1 } }), fleet);
}

describe('checkPlan accepts', () => {
  it('a plan written by hand for two members on two nodes', () => {
    const { fleet, plan } = pair();
    expect(checkPlan(plan, fleet)).toEqual([]);
  });

  it("a plan written by hand for the talk's example, steps of different clusters side by side", () => {
    const fleet = fleetOf(threeZones());
    const request = drainRequest();
    const steps = [
      ...['n1', 'n2', 'n3'].map(fence),
      addNode('z1', 'n1'),
      addNode('z2', 'n2'),
      addNode('z3', 'n3'),
      move(fleet, 'acid-a-1', 'n2', 'new-z2-1'),
      move(fleet, 'acid-b-2', 'n2', 'new-z2-1'),
      move(fleet, 'acid-c-2', 'n3', 'new-z3-1'),
      switchover('acid-a', 'acid-a-0', 'acid-a-1'),
      switchover('acid-b', 'acid-b-0', 'acid-b-2'),
      switchover('acid-c', 'acid-c-1', 'acid-c-2'),
      move(fleet, 'acid-a-0', 'n1', 'new-z1-1'),
      move(fleet, 'acid-b-0', 'n1', 'new-z1-1'),
      move(fleet, 'acid-c-0', 'n1', 'new-z1-1'),
      move(fleet, 'acid-a-2', 'n3', 'new-z3-1'),
      move(fleet, 'acid-b-1', 'n3', 'new-z3-1'),
      move(fleet, 'acid-c-1', 'n2', 'new-z2-1'),
      ...['n1', 'n2', 'n3'].map(cordon),
      ...['n1', 'n2', 'n3'].map(release),
    ];
    const chained = handPlan(fleet, request, steps, { surgeByZone: { z1: 1, z2: 1, z3: 1 } });
    expect(checkPlan(chained, fleet)).toEqual([]);
    expect(checkPlan(looselyOrdered(chained), fleet)).toEqual([]);
  });

  it('an outage where nobody can take over and the budget allows it', () => {
    const { fleet, request, steps } = single({ primaryBudget: 0 });
    const plan = handPlan(fleet, request, steps, { surgeByZone: { z1: 1 } });
    expect(checkPlan(outageCertified(plan), fleet)).toEqual([]);
  });

  it('a refused node that is left as it was', () => {
    const fleet = fleetOf(
      fleetObjects(zone('z1', node('n1', { drain: true })), cluster('acid-a', member('n1', 'primary'))),
    );
    const plan = handPlan(fleet, drainRequest(), [], {
      refusals: [
        { code: 'single-member-skip', severity: 'stops', node: 'n1', pods: ['default/acid-a-0'], facts: {} },
      ],
    });
    expect(checkPlan({ ...plan, clusters: {} }, fleet)).toEqual([]);
  });
});

describe('checkPlan rejects, in the order of the list,', () => {
  it('a move of a replica before its node is fenced', () => {
    expect(without(1)).toContain('drained-node-open');
  });
  it('a primary moved before the switchover', () => {
    expect(without(4)).toContain('primary-moved');
  });
  it('a switchover to a member that is no candidate', () => {
    const { fleet, plan } = pair();
    const [pod] = fleet.clusters;
    const lagging = {
      ...fleet,
      clusters: [{ ...pod, members: pod?.members.map((each) => ({ ...each, nofailover: true })) }],
    } as Fleet;
    expect(codes(plan, lagging)).toContain('candidate-not-eligible');
  });
  it('a second switchover away from a node that is kept', () => {
    expect(without(10, release('n1'), switchover('acid-a', 'acid-a-1', 'acid-a-0'))).toContain(
      'switchover-pointless',
    );
  });
  it('a cordon under a primary', () => {
    const { steps } = pair();
    expect(without(3, cordon('n1'), ...steps.slice(3, 4))).toEqual(['cordon-under-primary']);
  });
  it('a release of a node that still carries a pod, and a later move off it', () => {
    expect(without(7, release('n1'))).toEqual(expect.arrayContaining(['release-not-empty', 'node-gone']));
  });
  it('a node forgotten', () => {
    expect(without(10)).toEqual(['drained-node-forgotten']);
  });
  it('a pod that is not there, elsewhere, or another by UID', () => {
    const { fleet } = pair();
    expect(without(3, move(fleet, 'acid-z-1', 'n2', 'new-z2-1'))).toContain('pod-unknown');
    expect(without(3, move(fleet, 'acid-a-1', 'n1', 'new-z2-1'))).toContain('pod-elsewhere');
    expect(without(3, { ...move(fleet, 'acid-a-1', 'n2', 'new-z2-1'), uid: 'other' } as HandStep)).toEqual([
      'pod-replaced',
    ]);
  });
  it('a target that is unknown, closed, or in the wrong zone', () => {
    const { fleet } = pair();
    expect(without(3, move(fleet, 'acid-a-1', 'n2', 'nowhere'))).toContain('node-unknown');
    expect(without(3, move(fleet, 'acid-a-1', 'n2', 'n1'))).toEqual(
      expect.arrayContaining(['target-closed', 'placement-rule']),
    );
  });
  it('an add-node whose name is taken, whose zone is unknown, or that is one too many', () => {
    expect(without(2, { kind: 'add-node', node: 'n2', zone: 'z2' })).toContain('node-name-taken');
    expect(without(2, { kind: 'add-node', node: 'new-z2-1', zone: 'z9' })).toContain('zone-unknown');
    expect(without(2, addNode('z2', 'n2'), addNode('z2', 'n2', 2))).toContain('surge-exceeded');
  });
  it('a fence twice, on a kept node, or taken off where none is', () => {
    expect(without(1, fence('n2'), fence('n2'))).toEqual(['fenced-already']);
    expect(without(1, fence('n2'), fence('new-z2-1'))).toContain('node-unknown');
    expect(without(10, release('n1'), unfence('new-z1-1'))).toContain('not-fenced');
  });
  it('steps that name clusters and members of nowhere, without falling over', () => {
    expect(without(4, switchover('acid-z', 'a', 'b'))).toContain('cluster-unknown');
    expect(without(4, switchover('acid-a', 'acid-a-0', 'acid-a-7'))).toContain('candidate-not-eligible');
    expect(
      without(4, { kind: 'scale-in', cluster: 'default/acid-a', member: 'acid-a-9', node: 'n9' }),
    ).toContain('member-mismatch');
  });
});

describe('checkPlan knows the rules of placement:', () => {
  const small = { cpu: '1', memory: '4Gi' };
  function stateless(
    target: Parameters<typeof node>[1],
    pod: Parameters<typeof deployment>[1],
    more: Parameters<typeof fleetObjects> = [],
  ) {
    const fleet = fleetOf(
      fleetObjects(
        zone('z1', node('n1', { drain: true }), node('k1', target)),
        deployment('web', pod),
        ...more,
      ),
    );
    const web = fleet.pods.find((each) => each.name.startsWith('web'))?.name ?? '';
    return codes(
      handPlan(fleet, drainRequest(), [
        fence('n1'),
        move(fleet, web, 'n1', 'k1'),
        cordon('n1'),
        release('n1'),
      ]),
      fleet,
    );
  }

  it('a pod that fits is fine', () => {
    expect(stateless({}, { on: ['n1'], ...small })).toEqual([]);
  });
  it('cpu, memory and the number of pods run out', () => {
    expect(stateless({ cpu: '500m' }, { on: ['n1'], ...small })).toEqual(['no-room']);
    expect(stateless({ memory: '2Gi' }, { on: ['n1'], ...small })).toEqual(['no-room']);
    expect(stateless({ pods: 0 }, { on: ['n1'], ...small })).toEqual(['no-room']);
  });
  it('DaemonSet pods take room', () => {
    expect(stateless({ cpu: '1' }, { on: ['n1'], ...small }, [daemonSet('agent', { cpu: '100m' })])).toEqual([
      'no-room',
    ]);
  });
  it('taints, node selectors and node affinity', () => {
    expect(stateless({ taints: [{ key: 'db', effect: 'NoSchedule' }] }, { on: ['n1'] })).toEqual([
      'placement-rule',
    ]);
    expect(stateless({}, { on: ['n1'], spec: { nodeSelector: { disk: 'ssd' } } })).toEqual([
      'placement-rule',
    ]);
  });
  it('a target that is not ready or cordoned by somebody', () => {
    expect(stateless({ ready: false }, { on: ['n1'] })).toContain('target-not-ready');
    expect(stateless({ unschedulable: true }, { on: ['n1'] })).toContain('target-closed');
  });
  it('anti-affinity of the pod, and of the pods that are there', () => {
    const repelling = {
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            {
              labelSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'cache'] }] },
              topologyKey: 'kubernetes.io/hostname',
            },
          ],
        },
      },
    };
    expect(stateless({}, { on: ['n1'], spec: repelling }, [deployment('cache', { on: ['k1'] })])).toEqual([
      'placement-rule',
    ]);
    expect(stateless({}, { on: ['n1'] }, [deployment('cache', { on: ['k1'], spec: repelling })])).toEqual([
      'placement-rule',
    ]);
    expect(stateless({}, { on: ['n1'] }, [deployment('other', { on: ['k1'], spec: repelling })])).toEqual([
      'placement-rule',
    ]);
    expect(stateless({}, { on: ['n1'], spec: repelling }, [deployment('other', { on: ['k1'] })])).toEqual([]);
  });
  it('topology spread over zones', () => {
    const spread = {
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'topology.kubernetes.io/zone',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: { matchLabels: { app: 'web' } },
        },
      ],
    };
    const fleet = fleetOf(
      fleetObjects(
        zone('z1', node('n1', { drain: true })),
        zone('z2', node('k2')),
        zone('z3', node('k3')),
        deployment('web', { on: ['n1', 'k2', 'k3'], spec: spread }),
      ),
    );
    const web = fleet.pods.find((each) => each.node === 'n1')?.name ?? '';
    const to = (target: string) =>
      codes(
        handPlan(
          fleet,
          drainRequest(),
          [fence('n1'), addNode('z1', 'n1'), move(fleet, web, 'n1', target), cordon('n1'), release('n1')],
          { surgeByZone: { z1: 1 } },
        ),
        fleet,
      );
    expect(to('new-z1-1')).toEqual([]);
    expect(to('k2')).toEqual(['placement-rule']);
  });
  it('a bare pod would not come back', () => {
    const fleet = fleetOf(
      fleetObjects(zone('z1', node('n1', { drain: true }), node('k1')), statefulSet('s', { on: ['n1'] })),
    );
    const orphan = {
      ...fleet,
      pods: fleet.pods.map((pod) => ({ ...pod, owner: { kind: 'none' as const } })),
    };
    const plan = handPlan(orphan, drainRequest(), [
      fence('n1'),
      move(orphan, 's-0', 'n1', 'k1'),
      cordon('n1'),
      release('n1'),
    ]);
    expect(codes(plan, orphan)).toEqual(['pod-would-not-return']);
  });
});

describe('checkPlan keeps members and budgets safe:', () => {
  it('no outage while the budget of the primary forbids it', () => {
    const { fleet, request, steps } = single({ primaryBudget: 1 });
    expect(
      codes(outageCertified(handPlan(fleet, request, steps, { surgeByZone: { z1: 1 } })), fleet),
    ).toEqual(['budget-overdrawn']);
  });
  it('no outage where the request says skip', () => {
    const { fleet, steps } = single({ primaryBudget: 0 });
    const plan = handPlan(fleet, drainRequest({ singleMember: 'skip' }), steps, { surgeByZone: { z1: 1 } });
    expect(codes(outageCertified(plan), fleet)).toEqual(['outage-not-wanted']);
  });
  it('no outage where somebody could take over', () => {
    const fleet = fleetOf(
      fleetObjects(
        zone('z1', node('n1', { drain: true }), node('k1')),
        zone('z2', node('k2')),
        cluster('acid-a', clusterWith({ primaryBudget: 0 }), member('n1', 'primary'), member('k2')),
      ),
    );
    const steps = [fence('n1'), move(fleet, 'acid-a-0', 'n1', 'k1', true), cordon('n1'), release('n1')];
    expect(codes(handPlan(fleet, drainRequest(), steps), fleet)).toContain('outage-avoidable');
  });
  it('no member moved while another is not running', () => {
    const fleet = fleetOf(
      fleetObjects(
        zone('z1', node('n1', { drain: true }), node('k1')),
        zone('z2', node('k2')),
        zone('z3', node('k3')),
        cluster('acid-a', member('n1'), member('k2', 'primary'), member('k3', 'replica', { ready: false })),
      ),
    );
    const steps = [fence('n1'), move(fleet, 'acid-a-0', 'n1', 'k1'), cordon('n1'), release('n1')];
    expect(codes(handPlan(fleet, drainRequest(), steps), fleet)).toEqual(['second-member-unavailable']);
  });
  it('an unhealthy member may be moved itself', () => {
    const fleet = fleetOf(
      fleetObjects(
        zone('z1', node('n1', { drain: true }), node('k1')),
        zone('z2', node('k2')),
        cluster('acid-a', member('n1', 'replica', { ready: false }), member('k2', 'primary')),
      ),
    );
    const steps = [fence('n1'), move(fleet, 'acid-a-0', 'n1', 'k1'), cordon('n1'), release('n1')];
    expect(codes(handPlan(fleet, drainRequest(), steps), fleet)).toEqual([]);
  });
  it('no eviction from two budgets at once', () => {
    const fleet = fleetOf(
      fleetObjects(
        zone('z1', node('n1', { drain: true }), node('k1')),
        deployment('web', { on: ['n1', 'k1'] }),
        budget('one', { labels: { app: 'web' }, maxUnavailable: 1 }),
        budget('two', { labels: { app: 'web' }, maxUnavailable: 1 }),
      ),
    );
    const web = fleet.pods.find((pod) => pod.node === 'n1')?.name ?? '';
    const plan = handPlan(fleet, drainRequest(), [
      fence('n1'),
      move(fleet, web, 'n1', 'k1'),
      cordon('n1'),
      release('n1'),
    ]);
    expect(codes(plan, fleet)).toEqual(['two-budgets']);
  });
  it('nobody touches a cluster with two primaries', () => {
    const fleet = fleetOf(
      fleetObjects(
        zone('z1', node('n1', { drain: true }), node('k1')),
        zone('z2', node('k2')),
        cluster('acid-a', member('n1', 'primary'), member('k2', 'primary')),
      ),
    );
    const plan = handPlan(fleet, drainRequest(), [
      fence('n1'),
      move(fleet, 'acid-a-0', 'n1', 'k1'),
      cordon('n1'),
      release('n1'),
    ]);
    expect(codes(plan, fleet)).toContain('cluster-contradicts-itself');
  });
});

describe('checkPlan judges every order that `after` allows:', () => {
  it('two moves of one cluster need a path', () => {
    const fleet = fleetOf(
      fleetObjects(
        zone('z1', node('n1', { drain: true }), node('k1')),
        zone('z2', node('n2', { drain: true }), node('k2')),
        zone('z3', node('k3')),
        cluster('acid-a', member('n1'), member('n2'), member('k3', 'primary')),
      ),
    );
    const steps = [
      fence('n1'),
      fence('n2'),
      move(fleet, 'acid-a-0', 'n1', 'k1'),
      move(fleet, 'acid-a-1', 'n2', 'k2'),
      cordon('n1'),
      release('n1'),
      cordon('n2'),
      release('n2'),
    ];
    const plan = handPlan(fleet, drainRequest(), steps);
    expect(codes(plan, fleet)).toEqual([]);
    const loose = changed(plan, (all) =>
      all.map((step) => (step.id === 's4' ? { ...step, after: ['s2', 's1'] } : step)),
    );
    expect(checkPlan(loose, fleet).map((each) => each.facts.why)).toEqual(['same cluster', 'empty first']);
  });
  it('two evictions under one budget of one need a path, under one of two they need none', () => {
    const violations = (maxUnavailable: number) => {
      const fleet = fleetOf(
        fleetObjects(
          zone('z1', node('n1', { drain: true }), node('k1')),
          deployment('web', { on: ['n1', 'n1', 'k1'], budget: { maxUnavailable } }),
        ),
      );
      const [first = '', second = ''] = fleet.pods.filter((pod) => pod.node === 'n1').map((pod) => pod.name);
      const plan = handPlan(fleet, drainRequest(), [
        fence('n1'),
        move(fleet, first, 'n1', 'k1'),
        move(fleet, second, 'n1', 'k1'),
        cordon('n1'),
        release('n1'),
      ]);
      const loose = changed(plan, (all) =>
        all.map((step) =>
          step.id === 's3'
            ? { ...step, after: ['s1'] }
            : step.id === 's4'
              ? { ...step, after: ['s2', 's3'] }
              : step,
        ),
      );
      return checkPlan(loose, fleet).map((each) => each.facts.why);
    };
    expect(violations(1)).toEqual(['same budget']);
    expect(violations(2)).toEqual([]);
  });
  it('a move into room that another step frees needs a path', () => {
    const fleet = fleetOf(
      fleetObjects(
        zone(
          'z1',
          node('n1', { drain: true, cpu: '2' }),
          node('n2', { drain: true, cpu: '2' }),
          node('k1', { cpu: '2' }),
        ),
        deployment('web', { on: ['n1'], cpu: '2' }),
        deployment('app', { on: ['n2'], cpu: '2' }),
      ),
    );
    const web = fleet.pods.find((pod) => pod.node === 'n1')?.name ?? '';
    const app = fleet.pods.find((pod) => pod.node === 'n2')?.name ?? '';
    // app goes to the kept node, web is parked on n2 for a while, then a new node comes.
    const steps = [
      fence('n1'),
      fence('n2'),
      move(fleet, app, 'n2', 'k1'),
      unfence('n2'),
      move(fleet, web, 'n1', 'n2'),
      fence('n2'),
      cordon('n1'),
      release('n1'),
      addNode('z1', 'n1'),
      move(fleet, web, 'n2', 'new-z1-1'),
      cordon('n2'),
      { ...release('n2'), wave: 2 },
    ].map((step, index) => ({ ...step, wave: index > 7 ? 2 : 1 }));
    const plan = handPlan(fleet, drainRequest({ surge: { default: 0 } }), steps);
    expect(codes(plan, fleet)).toEqual([]);
    const loose = changed(plan, (all) =>
      all.map((step) => (step.id === 's4' ? { ...step, after: ['s2', 's1'] } : step)),
    );
    // Besides, app could come straight back to n2 if that were opened before app has left.
    expect(checkPlan(loose, fleet).map((each) => each.facts.why)).toEqual([
      'open for parking',
      'empty first',
      'room for cpu',
    ]);
  });
  it('a new node that takes the place of a released one needs a path', () => {
    const { fleet, request, steps } = pair();
    const plan = handPlan(fleet, { ...request, surge: { default: 1, total: 1 } }, steps, {
      surgeByZone: { z1: 1, z2: 1 },
    });
    expect(codes(plan, fleet)).toEqual([]);
    const loose = changed(plan, (all) =>
      all.map((step) =>
        step.id === 's8'
          ? { ...step, after: ['s5'] }
          : step.id === 's10'
            ? { ...step, after: ['s9', 's7'] }
            : step,
      ),
    );
    expect(checkPlan(loose, fleet).map((each) => each.facts.why)).toEqual(['surge']);
  });
});

describe('checkPlan takes no number on trust:', () => {
  const { fleet, plan } = pair();
  const forged: readonly [string, DrainPlan][] = [
    ['summary.switchovers', { ...plan, summary: { ...plan.summary, switchovers: 0 } }],
    ['summary.moves', { ...plan, summary: { ...plan.summary, moves: 1 } }],
    ['summary.outages', { ...plan, summary: { ...plan.summary, outages: 1 } }],
    ['summary.waves', { ...plan, summary: { ...plan.summary, waves: 3 } }],
    ['summary.nodes', { ...plan, summary: { ...plan.summary, nodes: 3 } }],
    ['summary.weightedSwitchovers', { ...plan, summary: { ...plan.summary, weightedSwitchovers: 5 } }],
    ['summary.surgeByZone', { ...plan, summary: { ...plan.summary, surgeByZone: { z1: 1 } } }],
    [
      'certificate value',
      { ...plan, certificate: { ...plan.certificate, switchovers: { bound: 0, value: 0, proved: true } } },
    ],
    [
      'certificate bound',
      {
        ...plan,
        certificate: { ...plan.certificate, switchovers: { bound: 0, value: 1, proved: false, gap: 1 } },
      },
    ],
    [
      'certificate proved',
      {
        ...plan,
        certificate: { ...plan.certificate, outages: { bound: 0, value: 0, proved: false, gap: 0 } },
      },
    ],
    [
      'certificate waves',
      { ...plan, certificate: { ...plan.certificate, waves: { bound: 2, value: 1, proved: true } } },
    ],
    [
      'verdict',
      {
        ...plan,
        clusters: {
          'default/acid-a': {
            switchovers: 0,
            outages: 0,
            bound: 0,
            because: { code: 'primary-stays', facts: {} },
          },
        },
      },
    ],
    ['verdict missing', { ...plan, clusters: {} }],
    ['snapshot hash', { ...plan, snapshot: { ...plan.snapshot, hash: '0' } }],
    ['kind', { ...plan, id: '' }],
  ];
  it.each(forged)('%s', (_name, wrong) => {
    expect(checkPlan(wrong, fleet).length).toBeGreaterThan(0);
  });
});

describe('checkPlan accepts a costly plan only with an honest certificate:', () => {
  const { fleet, request } = pair();
  // The primary goes first, so that the cluster changes primary twice where once would do.
  const steps = [
    fence('n1'),
    fence('n2'),
    addNode('z1', 'n1'),
    switchover('acid-a', 'acid-a-0', 'acid-a-1'),
    move(fleet, 'acid-a-0', 'n1', 'new-z1-1'),
    cordon('n1'),
    release('n1'),
    switchover('acid-a', 'acid-a-1', 'acid-a-0'),
    addNode('z2', 'n2'),
    move(fleet, 'acid-a-1', 'n2', 'new-z2-1'),
    cordon('n2'),
    release('n2'),
  ];
  const surgeByZone = { z1: 1, z2: 1 };

  it('two switchovers, bound one, not proved', () => {
    expect(codes(handPlan(fleet, request, steps, { surgeByZone, bound: 1 }), fleet)).toEqual([]);
  });
  it('not two switchovers passed off as the least', () => {
    expect(codes(handPlan(fleet, request, steps, { surgeByZone, bound: 2 }), fleet)).toEqual([
      'certificate-wrong',
    ]);
  });
});

describe('checkPlan does not fall over', () => {
  it('whatever the references of a plan name', () => {
    const { fleet, plan } = pair();
    for (const name of ['__proto__', 'constructor', '', 'default/acid-z', 'n1'])
      for (const field of ['node', 'pod', 'from', 'to', 'cluster', 'member', 'zone', 'uid', 'id']) {
        const steps = plan.steps.map((step) => (field in step ? { ...step, [field]: name } : step));
        expect(checkPlan({ ...plan, steps } as DrainPlan, fleet).length).toBeGreaterThan(0);
      }
  });
  it('over a selector that cannot be read, and says so', () => {
    const { fleet, plan } = pair();
    const request = { ...plan.request, nodes: { selector: 'a in (b' } };
    expect(codes({ ...plan, request }, fleet)).toEqual(['request-unusable']);
  });
});

/** A single member on the one node to drain. */
function single(options: Parameters<typeof clusterWith>[0]) {
  const fleet = fleetOf(
    fleetObjects(
      zone('z1', node('n1', { drain: true })),
      cluster('acid-a', clusterWith(options), member('n1', 'primary')),
    ),
  );
  const steps = [
    fence('n1'),
    addNode('z1', 'n1'),
    move(fleet, 'acid-a-0', 'n1', 'new-z1-1', true),
    cordon('n1'),
    release('n1'),
  ];
  return { fleet, request: drainRequest(), steps };
}

function outageCertified(plan: DrainPlan): DrainPlan {
  const verdict = {
    switchovers: 0,
    outages: 1,
    bound: 0,
    because: { code: 'no-successor' as const, facts: {} },
  };
  return { ...plan, clusters: { 'default/acid-a': verdict } };
}

/** Only the paths that a rule asks for: cluster by cluster, after all fences, nodes and releases last. */
function looselyOrdered(plan: DrainPlan): DrainPlan {
  const idsOf = (kind: string) => plan.steps.filter((step) => step.kind === kind).map((step) => step.id);
  const lastOf = new Map<string, string>();
  return changed(plan, (steps) =>
    steps.map((step) => {
      if (step.kind === 'fence') return { ...step, after: [] };
      if (step.kind === 'add-node') return { ...step, after: idsOf('fence') };
      if (step.kind === 'cordon') return { ...step, after: [...idsOf('switchover'), ...idsOf('move')] };
      if (step.kind === 'release') return { ...step, after: idsOf('cordon') };
      const key = 'cluster' in step ? String(step.cluster) : '';
      const after = [...idsOf('add-node'), ...(lastOf.has(key) ? [lastOf.get(key) ?? ''] : [])];
      lastOf.set(key, step.id);
      return { ...step, after };
    }),
  );
}
