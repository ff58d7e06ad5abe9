/** Scenarios in which the fleet itself is not as one would wish: all closed, nodes in the wrong zone, two ways of labelling. */
import { describe, expect, it } from 'vitest';
import { describeRun } from '../../executor/record/describe-run.ts';
import { directPorts } from '../../simulations/direct-ports.ts';
import { drive, planFor, readScene, type Scene, setScene } from '../executor/drive-run.ts';
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
import { changed } from './changed-objects.ts';
import { startCordonOperator } from './cordon-operator.ts';
import { actsAtMs, changesOf, codesOf, entriesOf } from './judge-run.ts';

const minuteMs = 60_000;

describe('4. cloudnative-pg#6840: all nodes are cordoned at the start, nobody has anywhere to go', () => {
  const fleet = ['n1', 'n2', 'n3'].reduce<KubernetesList>(
    (list, name) =>
      changed(list, 'Node', name, ({ spec }) => {
        Object.assign(spec as object, { unschedulable: true });
      }),
    threeZones(),
  );

  it('a node comes before anybody moves, replicas move before any switchover, and no cluster is without a primary', async () => {
    const plan = planFor(fleet, drainRequest());
    expect(plan.refusals).toEqual([]);
    expect(plan.certificate.switchovers).toMatchObject({ bound: 3, value: 3, proved: true });
    const scene = await setScene(fleet, plan);
    expect((await drive(scene)).because.code).toBe('finished');
    expect(actsAtMs(scene, 'want-node')).toHaveLength(3);
    expect(scene.world.roleChanges.map(({ kind, cluster }) => `${kind} ${cluster}`).toSorted()).toEqual([
      'switchover default/acid-a',
      'switchover default/acid-b',
      'switchover default/acid-c',
    ]);
    expect(scene.world.outages).toEqual([]);
    expect(scene.world.violations).toEqual([]);
  });

  it('the operator takes the first candidate there is, before the run does: one change for each cluster all the same', async () => {
    const scene = await setScene(fleet, planFor(fleet, drainRequest()));
    const asked = startCordonOperator(scene.world);
    const fold = await drive(scene, { replans: true });
    expect(fold.because.code).toBe('finished');
    expect(asked.length).toBeGreaterThan(0);
    expect(scene.world.roleChanges.map(({ cluster }) => cluster).toSorted()).toEqual([
      'default/acid-a',
      'default/acid-b',
      'default/acid-c',
    ]);
    expect(describeRun(fold).counts.done + describeRun(fold).counts.unplanned).toBe(3);
    expect(scene.world.outages).toEqual([]);
    expect(scene.world.violations).toEqual([]);
  });

  it('without a node more the plan refuses all three, instead of taking anybody down', () => {
    const plan = planFor(fleet, drainRequest({ surge: { default: 0 } }));
    expect(plan.steps).toEqual([]);
    expect(plan.refusals.map(({ code, node }) => `${code} ${node}`)).toEqual([
      'no-room n1',
      'no-room n2',
      'no-room n3',
    ]);
    expect(plan.findings.map(({ code }) => code)).toContain('surge-too-small');
  });
});

describe('8. Azure/AKS#3292: the surge node appears in the wrong zone, the pod with a zonal volume stays Pending (the run)', () => {
  const fleet = fleetObjects(
    zone('z1', node('n1', { drain: true })),
    zone('z2', node('k2')),
    cluster('acid-a', member('k2', 'primary'), member('n1')),
  );
  const plan = planFor(fleet, drainRequest());

  it('nobody is evicted for it, and the run says which node came where', async () => {
    const scene = await setScene(fleet, plan);
    scene.world.faults.nodesComeIn.set('z1', 'z2');
    const fold = await drive(scene);
    expect(fold.because).toMatchObject({
      code: 'deadline-passed',
      facts: { waitedFor: 'new-node-in-wrong-zone', zone: 'z2', wantedZone: 'z1' },
    });
    expect(scene.world.evictions).toEqual([]);
    expect(scene.world.pods.unscheduled()).toEqual([]);
  });

  it('when somebody brings one in the right zone after all, the run takes it and finishes', async () => {
    const scene = await setScene(fleet, plan);
    const { world } = scene;
    world.faults.nodesComeIn.set('z1', 'z2');
    world.clock.after(10 * minuteMs, () => {
      world.faults.nodesComeIn.clear();
      world.wantNode({ key: 'by-hand', zone: 'z1', labels: {} });
    });
    const fold = await drive(scene);
    expect(fold.because.code).toBe('finished');
    expect(codesOf(scene)).toContain('new-node-in-wrong-zone');
    expect(world.evictions.map(({ pod }) => pod)).toEqual(['default/acid-a-1']);
    expect(world.roleChanges).toEqual([]);
    expect(world.violations).toEqual([]);
  });
});

describe('9. kubernetes#75957 by KEP-4563: two budgets on one pod, the eviction API always answers 500 (the run)', () => {
  const fleet = fleetObjects(
    zone('z1', node('n1', { drain: true }), node('k1')),
    zone('z2', node('k2')),
    cluster('acid-a', clusterWith({ budget: { minAvailable: 1 } }), member('k2', 'primary'), member('n1')),
  );

  it('an operator begins to work at the cluster in the middle of a run: it waits for the label to go, and then goes on', async () => {
    const scene = await setScene(fleet, planFor(fleet, drainRequest()));
    const { world } = scene;
    const label = (value: string | undefined): void => {
      world.store.update('Pod', 'default', 'acid-a-1', ({ metadata }) => {
        const { 'critical-operation': _, ...others } = metadata.labels ?? {};
        metadata.labels = value === undefined ? others : { ...others, 'critical-operation': value };
      });
    };
    let [labelledMs, freeMs] = [0, 0];
    const fold = await drive(scene, {
      beforePass: () => {
        if (labelledMs > 0 || readScene(scene).startedAtMs === undefined) return;
        labelledMs = world.nowMs();
        label('true');
        world.clock.after(5 * minuteMs, () => {
          freeMs = world.nowMs();
          label(undefined);
        });
      },
    });
    expect(fold.because.code).toBe('finished');
    const refused = entriesOf(scene).flatMap(({ event }) =>
      event.kind === 'answer' && event.answer === 'budget' ? [String(event.facts.message)] : [],
    );
    expect(refused[0]).toContain('more than one PodDisruptionBudget');
    expect(world.evictions).toHaveLength(1);
    expect(world.evictions[0]?.atMs).toBeGreaterThanOrEqual(freeMs);
    expect(freeMs - labelledMs).toBe(5 * minuteMs);
    expect(world.violations).toEqual([]);
  });
});

describe('15. role label `master` (Patroni 3, Spilo on Patroni 4) and `primary` (Patroni 4) mixed in one run', () => {
  const builtFleet = fleetObjects(
    zone('z1', node('n1', { drain: true }), node('k1')),
    zone('z2', node('k2')),
    cluster(
      'three',
      clusterWith({ primaryLabel: 'master' }),
      member('n1', 'primary', { status: 'master' }),
      member('k2'),
    ),
    cluster('spilo', clusterWith({ primaryLabel: 'master' }), member('n1', 'primary'), member('k2')),
    cluster('four', clusterWith({ primaryLabel: 'primary' }), member('n1', 'primary'), member('k2')),
  );
  const fleet = ['three-0', 'three-1'].reduce<KubernetesList>(
    (list, name) =>
      changed(list, 'Pod', name, ({ metadata }) => {
        const { annotations } = metadata as unknown as { annotations: Record<string, string> };
        annotations.status = String(annotations.status).replace('"4.0.7"', '"3.0.2"');
      }),
    builtFleet,
  );

  const roles = ({ world }: Scene) =>
    Object.fromEntries(
      world.store.list('Pod').map(({ metadata }) => [metadata.name, metadata.labels?.['spilo-role']]),
    );

  it('each is read, switched over once and guarded by its own budget', async () => {
    const plan = planFor(fleet, drainRequest());
    expect(Object.keys(plan.clusters)).toEqual(['default/four', 'default/spilo', 'default/three']);
    expect(plan.certificate.switchovers).toMatchObject({ bound: 3, value: 3, proved: true });
    const scene = await setScene(fleet, plan);
    expect(scene.world.clusters.get('default/three')?.version).toBe('3.0.2');
    expect((await drive(scene)).because.code).toBe('finished');
    expect(changesOf(scene).toSorted()).toEqual([
      'switchover four-0 -> four-1',
      'switchover spilo-0 -> spilo-1',
      'switchover three-0 -> three-1',
    ]);
    expect(roles(scene)).toEqual({
      'four-0': 'replica',
      'four-1': 'primary',
      'spilo-0': 'replica',
      'spilo-1': 'master',
      'three-0': 'replica',
      'three-1': 'master',
    });
    expect(scene.world.violations).toEqual([]);
    expect(scene.world.outages).toEqual([]);
  });

  it.each(['three', 'spilo', 'four'])('a change that nobody asked for is seen in %s', async (name) => {
    const scene = await setScene(fleet, planFor(fleet, drainRequest()));
    let isPlanted = false;
    const fold = await drive(scene, {
      beforePass: () => {
        if (isPlanted || readScene(scene).startedAtMs === undefined) return;
        isPlanted = true;
        scene.world.failOver(`default/${name}`, `${name}-1`);
      },
    });
    expect(fold.because).toMatchObject({
      code: 'role-changed-by-others',
      facts: { subject: `default/${name}`, from: `${name}-0`, to: `${name}-1` },
    });
    const nodes = await directPorts(scene.world).kubernetes.listNodes();
    expect(nodes.filter(({ releasedBy }) => releasedBy !== undefined)).toEqual([]);
  });
});
