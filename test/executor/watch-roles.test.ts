import { describe, expect, it } from 'vitest';
import { advanceStep } from '../../executor/advance-step.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import { haltOnForeignRoleChange } from '../../executor/watch-roles.ts';
import type { SwitchoverStep } from '../../planner/plan.ts';
import { drainRequest, threeZones } from '../fixtures/fleet.ts';
import { contextOf, drive, planFor, readScene, type Scene, say, setScene } from './drive-run.ts';

const fleet = threeZones();
const plan = planFor(fleet, drainRequest());

/** The first cluster of the plan that no step is at and none has been at yet, with a replica of it. */
function idleCluster(scene: Scene): { readonly key: string; readonly replica: string } | undefined {
  const fold = readScene(scene);
  for (const [key, primary] of fold.leadersAtStart) {
    const lanes = [...fold.lanes.values()].filter(({ step }) => 'cluster' in step && step.cluster === key);
    const member = [...(scene.world.clusters.get(key)?.members.keys() ?? [])].find(
      (name) => name !== primary,
    );
    if (member !== undefined && lanes.every((lane) => lane.last === 0 && !lane.isFree)) {
      return { key, replica: member };
    }
  }
  return undefined;
}

/** A switchover that may begin and has not. */
function switchoverToCome(scene: Scene): SwitchoverStep | undefined {
  const lanes = [...readScene(scene).lanes.values()];
  const step = lanes.find(
    ({ step, isFree, acts }) => step.kind === 'switchover' && isFree && acts.length === 0,
  )?.step;
  return step?.kind === 'switchover' ? step : undefined;
}

describe('a role change in a cluster that no step is at', () => {
  it('halts the run within a minute, and is counted apart', async () => {
    const scene = await setScene(fleet, plan);
    let changed: string | undefined;
    let atMs = 0;
    const fold = await drive(scene, {
      beforePass: () => {
        const idle =
          changed === undefined && readScene(scene).startedAtMs !== undefined
            ? idleCluster(scene)
            : undefined;
        if (idle !== undefined) {
          changed = idle.key;
          atMs = scene.world.nowMs();
          scene.world.failOver(idle.key, idle.replica);
        }
      },
    });
    expect(changed).toBeDefined();
    expect(fold.because).toMatchObject({ code: 'role-changed-by-others', facts: { subject: changed } });
    expect(describeRun(fold).counts.unplanned).toBe(1);
    expect((fold.endedAtMs ?? Number.POSITIVE_INFINITY) - atMs).toBeLessThan(60_000);
  });

  it('halts it, too, where a worker wrote it down and died, and counts the way back', async () => {
    const scene = await setScene(fleet, plan);
    await drive(scene, { until: () => readScene(scene).startedAtMs !== undefined });
    const { key, replica } = idleCluster(scene) ?? { key: 'none', replica: 'none' };
    const before = readScene(scene).leadersAtStart.get(key) ?? '';
    scene.world.failOver(key, replica);
    await say(scene, { kind: 'unplanned', cluster: key, from: before, to: replica, facts: {} });
    scene.world.advanceTo(scene.world.nowMs() + 60_000);
    scene.world.failOver(key, before);
    scene.world.advanceTo(scene.world.nowMs() + 60_000);
    const fold = await drive(scene, { replans: true });
    expect(fold.unplanned.map(({ from, to }) => [from, to])).toEqual([
      [before, replica],
      [replica, before],
    ]);
    expect(describeRun(fold)).toMatchObject({ state: 'finished', counts: { unplanned: 2, outages: 0 } });
  });

  it('is told once: a worker that stood still since it looked has nothing to add to what others have told and answered for', async () => {
    const scene = await setScene(fleet, plan);
    await drive(scene, { until: () => readScene(scene).startedAtMs !== undefined });
    const long = readScene(scene);
    const { key, replica } = idleCluster(scene) ?? { key: 'none', replica: 'none' };
    const before = long.leadersAtStart.get(key) ?? '';
    scene.world.failOver(key, replica);
    scene.world.advanceTo(scene.world.nowMs() + 60_000);
    expect(await haltOnForeignRoleChange(contextOf(scene), long)).toBe(true);
    await say(scene, { kind: 'resumed' });
    expect(await haltOnForeignRoleChange(contextOf(scene), long)).toBe(false);
    const { state, unplanned } = readScene(scene);
    expect(state).toBe('running');
    expect(unplanned.map(({ from, to }) => [from, to])).toEqual([[before, replica]]);
  });

  it.each([[false], [true]])(
    'is told once, where a step looks while it is told, and somebody resumes the run meanwhile: %s',
    async (isResumed) => {
      const scene = await setScene(fleet, plan);
      await drive(scene, { until: () => switchoverToCome(scene) !== undefined });
      const step = switchoverToCome(scene);
      if (step === undefined) throw new Error('no switchover');
      const members = scene.world.clusters.get(step.cluster)?.members.keys() ?? [];
      const other = [...members].find((name) => name !== step.from && name !== step.to) ?? step.to;
      scene.world.failOver(step.cluster, other);
      scene.world.advanceTo(scene.world.nowMs() + 60_000);
      let isTold = false;
      const ctx = contextOf(scene, {
        ports: (ports) => ({
          ...ports,
          patroni: {
            ...ports.patroni,
            readCluster: async (asked) => {
              const view = await ports.patroni.readCluster(asked);
              if (!isTold) {
                isTold = true;
                expect(await haltOnForeignRoleChange(contextOf(scene), readScene(scene))).toBe(true);
                scene.world.advanceTo(scene.world.nowMs() + 1_000);
                if (isResumed) await say(scene, { kind: 'resumed' });
              }
              return view;
            },
          },
        }),
      });
      await advanceStep({ ...ctx, stepId: step.id });
      expect(isTold).toBe(true);
      expect(readScene(scene).state).toBe(isResumed ? 'running' : 'halted');
      expect(describeRun(readScene(scene)).counts.unplanned).toBe(1);
    },
  );

  it('is not believed of a label alone: Patroni has the last word', async () => {
    const scene = await setScene(fleet, plan);
    let changed: string | undefined;
    const fold = await drive(scene, {
      until: () => changed !== undefined && scene.world.evictions.length > 0,
      beforePass: () => {
        const idle =
          changed === undefined && readScene(scene).startedAtMs !== undefined
            ? idleCluster(scene)
            : undefined;
        if (idle !== undefined) {
          changed = idle.key;
          scene.world.store.update('Pod', 'default', idle.replica, (draft) => {
            draft.metadata.labels = { ...draft.metadata.labels, 'spilo-role': 'master' };
          });
        }
      },
    });
    expect(changed).toBeDefined();
    expect(fold).toMatchObject({ state: 'running', unplanned: [] });
  });

  it('is looked for by a worker no more often than it says', async () => {
    const scene = await setScene(fleet, plan);
    let lists = 0;
    let passes = 0;
    await drive(scene, {
      rolesSeenAtMs: new Map(),
      beforePass: () => {
        passes += 1;
      },
      until: () => scene.world.evictions.length > 2,
      ports: (ports) => ({
        ...ports,
        kubernetes: {
          ...ports.kubernetes,
          listPods: (query) => {
            lists += query.labels?.['spilo-role'] === 'master' ? 1 : 0;
            return ports.kubernetes.listPods(query);
          },
        },
      }),
    });
    expect(lists).toBeGreaterThan(1);
    expect(lists).toBeLessThan(passes / 5);
  });
});
