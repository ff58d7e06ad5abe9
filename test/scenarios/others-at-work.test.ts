/** Others who take nodes away while a run goes on: it stands back, says who it is, and goes on when they are done. */
import { describe, expect, it } from 'vitest';
import { drive, planFor, readScene, type Scene, setScene } from '../executor/drive-run.ts';
import { cluster, drainRequest, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';
import { entriesOf } from './judge-run.ts';

const fleet = fleetObjects(
  zone('z1', node('n1', { drain: true }), node('k1')),
  zone('z2', node('k2')),
  zone('z3', node('k3')),
  cluster('acid-a', member('n1', 'primary'), member('k2'), member('k3')),
);
const plan = planFor(fleet, drainRequest());
const candidate = plan.steps.find((step) => step.kind === 'switchover')?.to ?? '';
const autoscaler = { key: 'ToBeDeletedByClusterAutoscaler', value: '1', effect: 'NoSchedule' };

type Taint = { readonly key: string };

function begin({ world }: Scene, name: string): void {
  world.store.update('Node', undefined, name, (draft) => {
    draft.spec.taints = [...(draft.spec.taints ?? []), autoscaler];
  });
}

function giveUp({ world }: Scene, name: string): void {
  world.store.update('Node', undefined, name, (draft) => {
    draft.spec.taints = draft.spec.taints.filter(({ key }: Taint) => key !== autoscaler.key);
  });
}

function blockedBy(scene: Scene): readonly string[] {
  return entriesOf(scene).flatMap(({ event }) =>
    event.kind === 'blocked' && event.because.code === 'node-drained-by-other'
      ? [`${event.because.facts.subject}: ${event.because.facts.by}`]
      : [],
  );
}

describe('the Cluster Autoscaler on the node of the member that is to lead', () => {
  it('keeps the switchover back for as long as it is at it', async () => {
    const scene = await setScene(fleet, plan);
    const on = scene.world.store.get('Pod', 'default', candidate)?.spec?.nodeName;
    begin(scene, on);
    await drive(scene, { until: () => blockedBy(scene).length > 0 });
    expect(blockedBy(scene)).toEqual([`${on}: Cluster Autoscaler (taint ToBeDeletedByClusterAutoscaler)`]);
    const atMs = scene.world.nowMs();
    await drive(scene, { until: () => scene.world.nowMs() > atMs + 120_000 });
    expect(scene.world.roleChanges).toEqual([]);
    giveUp(scene, on);
    await drive(scene);
    expect(readScene(scene).because).toMatchObject({ code: 'finished' });
    expect(scene.world.roleChanges).toHaveLength(1);
  });

  it('halts the run where it never ends, with its name', async () => {
    const scene = await setScene(fleet, plan);
    begin(scene, scene.world.store.get('Pod', 'default', candidate)?.spec?.nodeName);
    const { because } = await drive(scene);
    expect(because).toMatchObject({
      code: 'deadline-passed',
      facts: { waitedFor: 'node-drained-by-other', by: expect.stringContaining('Cluster Autoscaler') },
    });
  });
});

describe('the Cluster Autoscaler on a node to be drained', () => {
  const isSwitched = (scene: Scene): boolean => scene.world.roleChanges.length > 0;

  it('keeps pods from being evicted by two at a time', async () => {
    const scene = await setScene(fleet, plan);
    await drive(scene, { until: () => isSwitched(scene) });
    begin(scene, 'n1');
    await drive(scene, { until: () => blockedBy(scene).length > 0 });
    expect(scene.world.evictions).toEqual([]);
    giveUp(scene, 'n1');
    await drive(scene);
    expect(readScene(scene).because).toMatchObject({ code: 'finished' });
  });

  it('is waited for before the node is given back, unless that was said already', async () => {
    const scene = await setScene(fleet, plan);
    const isMarked = (): boolean =>
      entriesOf(scene).some(({ event }) => event.kind === 'act' && event.act.kind === 'mark-released');
    const isCordoned = (): boolean =>
      scene.world.store.get('Node', undefined, 'n1')?.spec?.unschedulable === true;
    await drive(scene, { until: isCordoned });
    begin(scene, 'n1');
    await drive(scene, { until: () => blockedBy(scene).length > 0 });
    expect(isMarked()).toBe(false);
    giveUp(scene, 'n1');
    await drive(scene, { until: isMarked });
    begin(scene, 'n1');
    await drive(scene);
    expect(blockedBy(scene)).toHaveLength(1);
    expect(readScene(scene).because).toMatchObject({ code: 'finished' });
  });
});
