/** Scenarios that are decided before anything is done: what the plan costs, what it proves, what it refuses and how that is mended. */
import { describe, expect, it } from 'vitest';
import { explainFinding, explainRefusal } from '../../planner/explain/explain-finding.ts';
import type { DrainPlan, DrainRequest } from '../../planner/plan.ts';
import { startChecker } from '../../simulations/checker.ts';
import { playPlan } from '../../simulations/strategies/planned.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import { drive, setScene } from '../executor/drive-run.ts';
import {
  cluster,
  clusterWith,
  drainRequest,
  fleetObjects,
  member,
  node,
  threeZones,
  zone,
} from '../fixtures/fleet.ts';
import type { KubernetesList } from '../fixtures/fleet-parts.ts';
import { readList } from '../fixtures/read.ts';
import { outline, planOf } from '../planner/plan-of.ts';
import { changed } from './changed-objects.ts';
import { actsAtMs, changesOf } from './judge-run.ts';

/** The plan for these objects, which the independent check has found nothing against. */
function checkedPlan(list: KubernetesList, request: DrainRequest = drainRequest()): DrainPlan {
  return planOf(readList(list), request);
}

const switchoversByCluster = (plan: DrainPlan): Record<string, number> =>
  Object.fromEntries(Object.entries(plan.clusters).map(([key, verdict]) => [key, verdict.switchovers]));

const switchoversOf = (plan: DrainPlan): number =>
  plan.steps.filter(({ kind }) => kind === 'switchover').length;

describe('1. FOSDEM 2020, "PostgreSQL on K8s at Zalando": three zones, node by node A 3, B 2, C 2 failovers', () => {
  const fleet = threeZones();

  it('the plan costs 1 / 1 / 1, proves that nothing costs less, and names 3 / 2 / 2 as what it spares', () => {
    const plan = checkedPlan(fleet);
    expect(plan.summary.baselines.naive.clusters).toEqual({
      'default/acid-a': 3,
      'default/acid-b': 2,
      'default/acid-c': 2,
    });
    expect(switchoversByCluster(plan)).toEqual({
      'default/acid-a': 1,
      'default/acid-b': 1,
      'default/acid-c': 1,
    });
    expect(plan.certificate.switchovers).toMatchObject({ bound: 3, value: 3, proved: true });
    expect(plan.certificate.outages).toMatchObject({ bound: 0, value: 0, proved: true });
  });

  it('and so it happens: one switchover in each cluster, no failover, nobody without a primary', async () => {
    const scene = await setScene(fleet, checkedPlan(fleet));
    const fold = await drive(scene);
    expect(fold.because.code).toBe('finished');
    expect(scene.world.roleChanges.map(({ kind, cluster }) => `${kind} ${cluster}`).toSorted()).toEqual([
      'switchover default/acid-a',
      'switchover default/acid-b',
      'switchover default/acid-c',
    ]);
    expect(scene.world.violations).toEqual([]);
    expect(scene.world.outages).toEqual([]);
  });
});

describe('2. two members crossed over two nodes, no extra node (zalando/postgres-operator#547, kubegres#63)', () => {
  const loose = clusterWith({ antiAffinity: 'none' });
  const fleet = fleetObjects(
    zone('z1', node('n1', { drain: true }), node('n2', { drain: true })),
    cluster('acid-a', loose, member('n1', 'primary'), member('n2')),
    cluster('acid-b', loose, member('n2', 'primary'), member('n1')),
  );
  const noSurge = drainRequest({ surge: { default: 0 } });

  it('one cluster is switched twice, which is proved to be unavoidable, and it is said why', () => {
    const plan = checkedPlan(fleet, noSurge);
    expect(Object.values(switchoversByCluster(plan)).toSorted()).toEqual([1, 2]);
    expect(plan.certificate.switchovers).toMatchObject({ bound: 3, value: 3, proved: true });
    const doubled = Object.values(plan.clusters).find(({ switchovers }) => switchovers === 2);
    expect(doubled?.because.code).toBe('first-released-node');
  });

  it('and so it happens: three switchovers for two clusters, without a node more than before at any time', async () => {
    const world = createWorld({ objects: fleet.items });
    startChecker(world, { surgeDefault: 0 });
    const { fold } = await playPlan(world, checkedPlan(fleet, noSurge));
    expect(fold.because.code).toBe('finished');
    expect(world.roleChanges.map(({ kind }) => kind)).toEqual(['switchover', 'switchover', 'switchover']);
    expect(world.violations).toEqual([]);
    expect(world.outages).toEqual([]);
  });

  it('one extra node makes it one each, and the plan without says so', () => {
    const bought = checkedPlan(fleet, noSurge).findings.find(({ code }) => code === 'surge-too-small');
    expect(bought).toMatchObject({ severity: 'costs', facts: { savesSwitchovers: 1 } });
    expect(bought?.fix).toBe('"surge": {"perZone": {"z1": 1}}');
    const plan = checkedPlan(fleet, drainRequest({ surge: { perZone: { z1: 1 } } }));
    expect(Object.values(switchoversByCluster(plan))).toEqual([1, 1]);
    expect(plan.certificate.switchovers).toMatchObject({ bound: 2, value: 2, proved: true });
  });
});

describe('7. cloudnative-pg, drains stuck for 9 to 15 days on a single instance: three policies', () => {
  const kept = zone('z1', node('n1', { drain: true }), node('k1'));
  const open = clusterWith({ primaryBudget: null });
  const fleet = fleetObjects(kept, cluster('acid-a', open, member('n1', 'primary')));

  it('restart: no switchover, one outage, known before', async () => {
    const plan = checkedPlan(fleet, drainRequest({ singleMember: 'restart' }));
    expect(plan.certificate).toMatchObject({
      outages: { bound: 1, value: 1, proved: true },
      switchovers: { bound: 0, value: 0, proved: true },
    });
    expect(plan.clusters['default/acid-a']?.because).toMatchObject({ code: 'no-successor' });
    const scene = await setScene(fleet, plan);
    expect((await drive(scene)).because.code).toBe('finished');
    expect(scene.world.outages).toHaveLength(1);
    expect(scene.world.roleChanges).toEqual([]);
    expect(scene.world.violations).toEqual([]);
  });

  it('scale-out: one switchover to a temporary member, no outage, one member again at the end', async () => {
    const plan = checkedPlan(fleet, drainRequest({ singleMember: 'scale-out' }));
    expect(plan.certificate).toMatchObject({
      outages: { bound: 0, value: 0, proved: true },
      switchovers: { bound: 1, value: 1, proved: true },
    });
    const scene = await setScene(fleet, plan);
    expect((await drive(scene)).because.code).toBe('finished');
    expect(scene.world.outages).toEqual([]);
    expect(scene.world.roleChanges.map(({ kind }) => kind)).toEqual(['switchover']);
    expect(scene.world.store.list('Pod').map(({ metadata }) => metadata.name)).toEqual(['acid-a-1']);
    expect(scene.world.violations).toEqual([]);
  });

  it('skip: the node is refused with both ways out, and nothing is done to it', () => {
    const plan = checkedPlan(fleet, drainRequest({ singleMember: 'skip' }));
    expect(plan.steps).toEqual([]);
    expect(plan.refusals).toMatchObject([{ code: 'single-member-skip', node: 'n1' }]);
    expect(plan.refusals[0]?.fix).toContain('"scale-out"');
    expect(plan.refusals[0]?.fix).toContain('"restart"');
  });

  it('a budget that never lets the only primary go is named before, not found out by waiting', () => {
    const guarded = fleetObjects(kept, cluster('acid-a', member('n1', 'primary')));
    const [refusal] = checkedPlan(guarded, drainRequest({ singleMember: 'restart' })).refusals;
    expect(refusal).toMatchObject({ code: 'budget-forbids-restart', node: 'n1' });
    expect(refusal?.fix).toContain('patch pdb postgres-acid-a-pdb');
  });
});

describe('8. Azure/AKS#3292: the surge node appears in the wrong zone, the pod with a zonal volume stays Pending (the plan)', () => {
  const fleet = fleetObjects(
    zone('z1', node('n1', { drain: true })),
    zone('z2', node('k2')),
    cluster('acid-a', member('k2', 'primary'), member('n1')),
  );

  it('surge that is allowed in another zone only refuses the node and names the zone that needs it', () => {
    const plan = checkedPlan(fleet, drainRequest({ surge: { perZone: { z1: 0, z2: 1 } } }));
    expect(plan.steps).toEqual([]);
    expect(plan.refusals).toMatchObject([{ code: 'no-room', node: 'n1', facts: { zone: 'z1', surge: 0 } }]);
    expect(plan.findings).toMatchObject([
      {
        code: 'surge-in-wrong-zone',
        severity: 'stops',
        subject: 'z1',
        fix: '"surge": {"perZone": {"z1": 1, "z2": 0}}',
      },
    ]);
  });

  it('a plan asks for the new node in the zone of the volume', () => {
    const added = checkedPlan(fleet).steps.filter((step) => step.kind === 'add-node');
    expect(added.map((step) => step.zone)).toEqual(['z1']);
  });
});

describe('9. kubernetes#75957 by KEP-4563: two budgets on one pod, the eviction API always answers 500', () => {
  const zones = [zone('z1', node('n1', { drain: true }), node('k1')), zone('z2', node('k2'))];

  it('an operator is at work at the cluster: its node is refused, naming the budget; the others are drained', async () => {
    const fleet = fleetObjects(
      zone('z1', node('n1', { drain: true }), node('k1')),
      zone('z2', node('n2', { drain: true }), node('k2')),
      cluster('acid-a', member('n1', 'primary'), member('k2')),
      cluster('acid-b', member('n2', 'primary'), member('k1')),
    );
    // While the operator works at a cluster its pods carry this label, and its second budget picks them too.
    const busy = changed(fleet, 'Pod', 'acid-a-0', ({ metadata }) => {
      metadata.labels['critical-operation'] = 'true';
    });
    const plan = checkedPlan(busy);
    // As a replica it would be in the second one alone, and that one never opens.
    expect(plan.refusals).toMatchObject([
      {
        code: 'budget-never-opens',
        node: 'n1',
        pods: ['default/acid-a-0'],
        facts: { budget: 'default/postgres-acid-a-critical-op-pdb' },
      },
    ]);
    expect(plan.steps.some((step) => 'cluster' in step && step.cluster === 'default/acid-a')).toBe(false);
    const scene = await setScene(busy, plan);
    expect((await drive(scene)).because.code).toBe('finished');
    expect(scene.world.evictions.map(({ pod }) => pod)).toEqual(['default/acid-b-0']);
  });

  it('of a replica that two budgets pick, both are named', () => {
    const fleet = fleetObjects(
      ...zones,
      cluster('acid-a', clusterWith({ budget: { minAvailable: 1 } }), member('k2', 'primary'), member('n1')),
    );
    const doubled = changed(fleet, 'PodDisruptionBudget', 'postgres-acid-a-critical-op-pdb', ({ spec }) => {
      Object.assign(spec as object, {
        selector: { matchLabels: { 'cluster-name': 'acid-a' } },
        minAvailable: 1,
      });
    });
    const plan = checkedPlan(doubled);
    expect(plan.steps).toEqual([]);
    const [refusal] = plan.refusals;
    expect(refusal).toMatchObject({ code: 'two-budgets', node: 'n1', pods: ['default/acid-a-1'] });
    expect(refusal && explainRefusal(refusal)).toContain('default/acid-a-members');
    expect(refusal && explainRefusal(refusal)).toContain('default/postgres-acid-a-critical-op-pdb');
  });

  it('a budget of the primary and one of all members are no obstacle: a primary is evicted when it is none any more', async () => {
    const fleet = fleetObjects(
      ...zones,
      cluster('acid-a', clusterWith({ budget: { minAvailable: 1 } }), member('n1', 'primary'), member('k2')),
    );
    const plan = checkedPlan(fleet);
    expect(plan.refusals).toEqual([]);
    const scene = await setScene(fleet, plan);
    expect((await drive(scene)).because.code).toBe('finished');
    expect(scene.world.roleChanges.map(({ kind }) => kind)).toEqual(['switchover']);
    expect(scene.world.violations).toEqual([]);
  });
});

describe('10. zalando/postgres-operator, node_readiness_label_merge OR: pods may come back onto old nodes', () => {
  const term = (key: string, value: string) => ({
    matchExpressions: [{ key, operator: 'In', values: [value] }],
  });
  const own = term('kubernetes.io/os', 'linux');
  const merged = (nodeSelectorTerms: readonly unknown[]) => ({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
  });
  const linux = { labels: { 'kubernetes.io/os': 'linux' } };
  /** What stays has less room than what goes, so that the scheduler prefers what goes. */
  const fleetWith = (...terms: readonly unknown[]) =>
    fleetObjects(
      zone(
        'z1',
        node('n1', { drain: true, ...linux }),
        node('n2', { drain: true, ...linux }),
        node('k1', { cpu: '4', ...linux }),
      ),
      zone('z2', node('k2', linux)),
      cluster(
        'acid-a',
        clusterWith({ antiAffinity: 'none', spec: merged(terms) }),
        member('n1', 'primary'),
        member('k2'),
      ),
    );
  const leaking = fleetWith(own, term('lifecycle-status', 'ready'));

  it('it is found, with the setting that mends it; with AND there is nothing to find', () => {
    const found = checkedPlan(leaking).findings.find(({ code }) => code === 'open-to-old-nodes');
    expect(found).toMatchObject({ severity: 'risks', subject: 'default/acid-a' });
    expect(found && explainFinding(found)).toContain('only fences keep them off');
    expect(found?.fix).toContain('node_readiness_label_merge: "AND"');
    const both = {
      matchExpressions: [...own.matchExpressions, ...term('lifecycle-status', 'ready').matchExpressions],
    };
    const codes = checkedPlan(fleetWith(both)).findings.map(({ code }) => code);
    expect(codes).not.toContain('open-to-old-nodes');
  });

  it('without a fence an evicted pod does come back onto an old node', () => {
    const world = createWorld({ objects: leaking.items });
    world.deletePod('default', 'acid-a-0');
    world.advanceTo(world.nowMs() + 120_000);
    expect(['n1', 'n2']).toContain(world.store.get('Pod', 'default', 'acid-a-0')?.spec.nodeName);
  });

  it('every old node is fenced before the first move, and no pod comes back onto one', async () => {
    const plan = checkedPlan(leaking);
    const kinds = plan.steps.map(({ kind }) => kind);
    expect(kinds.slice(0, 2)).toEqual(['fence', 'fence']);
    const scene = await setScene(leaking, plan);
    expect((await drive(scene)).because.code).toBe('finished');
    expect(scene.world.evictions.map(({ pod }) => pod)).toEqual(['default/acid-a-0']);
    expect(scene.world.store.get('Pod', 'default', 'acid-a-0')?.spec.nodeName).toBe('k1');
    expect(scene.world.violations).toEqual([]);
  });
});

describe('13. synchronous_mode_strict with two members: writes stop while the only standby moves', () => {
  const strict = clusterWith({ synchronous: 'strict' });
  const zones = [
    zone('z1', node('n1', { drain: true }), node('k1')),
    zone('z2', node('n2', { drain: true }), node('k2')),
    zone('z3', node('k3')),
  ];
  const two = [member('n1', 'primary'), member('n2', 'sync-standby')] as const;

  it('the plan says that it costs writes, and what spares them', () => {
    const plan = checkedPlan(fleetObjects(...zones, cluster('acid-a', strict, ...two)));
    const found = plan.findings.find(({ code }) => code === 'strict-two-members');
    expect(found).toMatchObject({ severity: 'costs', subject: 'default/acid-a' });
    expect(found && explainFinding(found)).toContain('nobody can write while a standby moves');
    expect(found?.fix).toContain('numberOfInstances: 3');
    expect(plan.certificate.switchovers).toMatchObject({ bound: 1, value: 1, proved: true });
  });

  it('with a third member it is nothing to be said', () => {
    const plan = checkedPlan(fleetObjects(...zones, cluster('acid-a', strict, ...two, member('k3'))));
    expect(plan.findings).toEqual([]);
  });

  it('the run hands over to the moved standby only when Patroni lists it as synchronous again, once', async () => {
    const fleet = fleetObjects(...zones, cluster('acid-a', strict, ...two));
    const plan = checkedPlan(fleet);
    expect(switchoversOf(plan)).toBe(1);
    const scene = await setScene(fleet, plan);
    expect((await drive(scene)).because.code).toBe('finished');
    // Patroni answers 412 before that.
    expect(actsAtMs(scene, 'switchover')).toHaveLength(1);
    expect(changesOf(scene)).toEqual(['switchover acid-a-0 -> acid-a-1']);
    expect(scene.world.violations).toEqual([]);
    expect(scene.world.outages).toEqual([]);
  });
});

describe('14. spatiumddi#1058: a replica on a local volume is stranded when its node goes', () => {
  const fleet = fleetObjects(
    zone('z1', node('n1', { drain: true }), node('k1')),
    zone('z2', node('n2', { drain: true }), node('k2')),
    cluster('acid-a', member('k2', 'primary'), member('n1')),
    cluster('acid-b', member('n2', 'primary'), member('k1')),
  );
  const claim = fleet.items.find(({ metadata }) => metadata.name === 'pgdata-acid-a-1');
  const volume = `pvc-${claim?.metadata.uid}`;
  const local = changed(fleet, 'PersistentVolume', volume, ({ spec }) => {
    const byNode = { key: 'kubernetes.io/hostname', operator: 'In', values: ['n1'] };
    Object.assign(spec as object, {
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [byNode] }] } },
    });
  });

  it('its node is refused before anything is done to it, with what mends that', () => {
    const plan = checkedPlan(local);
    expect(plan.refusals).toMatchObject([{ code: 'local-volume', node: 'n1', pods: ['default/acid-a-1'] }]);
    expect(plan.refusals[0]?.fix).toContain('add a member on another node');
    expect(outline(plan).filter((line) => line.includes('n1'))).toEqual([]);
  });

  it('the rest of the fleet is drained, and the replica stands where it stood', async () => {
    const scene = await setScene(local, checkedPlan(local));
    expect((await drive(scene)).because.code).toBe('finished');
    expect(scene.world.evictions.map(({ pod }) => pod)).toEqual(['default/acid-b-0']);
    expect(scene.world.store.get('Pod', 'default', 'acid-a-1')?.spec.nodeName).toBe('n1');
    expect([...scene.world.releasedNodes]).toEqual(['n2']);
  });
});
