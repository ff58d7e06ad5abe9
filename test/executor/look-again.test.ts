import { describe, expect, it } from 'vitest';
import { advanceRun } from '../../executor/advance-run.ts';
import { OutsideError } from '../../executor/errors.ts';
import { realPace } from '../../executor/limits.ts';
import { lookAgain } from '../../executor/look-again.ts';
import type { Journal } from '../../executor/ports.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import type { RunFold } from '../../executor/record/run-fold.ts';
import type { Append } from '../../executor/redis/append-entry.ts';
import { haltOnForeignRoleChange } from '../../executor/watch-roles.ts';
import { createMemoryJournal } from '../../simulations/memory-journal.ts';
import { openWorld } from '../../simulations/simulate.ts';
import { planOn } from '../../simulations/strategies/planned.ts';
import { cluster, drainRequest, fleetObjects, member, node, threeZones, zone } from '../fixtures/fleet.ts';
import { loadTinyFleet } from '../fixtures/load.ts';
import {
  contextOf,
  Died,
  type Drive,
  drive,
  dyingAt,
  planFor,
  readScene,
  runId,
  type Scene,
  say,
  setScene,
} from './drive-run.ts';

/** The primary of acid-a on n1 and a replica on n2 are to be moved: one switchover, two moves. */
const fleet = fleetObjects(
  zone('z1', node('n1', { drain: true })),
  zone('z2', node('n2', { drain: true })),
  zone('z3', node('n3')),
  cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3')),
);
const plan = planFor(fleet, drainRequest());

/** A run whose nodes are fenced, and which has begun nothing else. */
async function fencedScene(): Promise<Scene> {
  const scene = await setScene(fleet, plan);
  const isFenced = (): boolean =>
    [...readScene(scene).lanes.values()].every(
      ({ step, done }) => step.kind !== 'fence' || done !== undefined,
    );
  await drive(scene, { until: isFenced });
  return scene;
}

async function pausedScene(): Promise<Scene> {
  const scene = await fencedScene();
  await say(scene, { kind: 'pause-asked' });
  await drive(scene, { until: () => readScene(scene).state === 'paused' });
  return scene;
}

async function resumed(scene: Scene, options: Drive = {}): Promise<RunFold> {
  await say(scene, { kind: 'resumed' });
  return drive(scene, options);
}

const changes: readonly [string, (scene: Scene) => void, string][] = [
  ['somebody moved a pod of the plan', ({ world }) => world.deletePod('default', 'acid-a-1'), 'pod-'],
  [
    'somebody took the fence off a node',
    ({ world }) =>
      world.store.update('Node', undefined, 'n2', (draft) => {
        draft.spec.taints = [];
      }),
    'drained-node-open',
  ],
];

describe('a run that is resumed', () => {
  it.each(changes)('acts no more when %s meanwhile, and says what', async (_, change, code) => {
    const scene = await pausedScene();
    change(scene);
    scene.world.advanceTo(scene.world.nowMs() + 2 * 3_600_000);
    const fold = await resumed(scene);
    expect(fold.because).toMatchObject({ code: 'plan-invalid' });
    expect(String(fold.because.facts.why)).toMatch(/^s\d+: /);
    expect(fold.because.facts.violations).toEqual(
      expect.arrayContaining([expect.stringMatching(`^${code}.* at s`)]),
    );
    expect(scene.world.evictions).toEqual([]);
    expect(scene.world.roleChanges).toEqual([]);
  });

  it('goes on with a pod whose eviction a worker, its clock ahead, called not done although it was', async () => {
    const scene = await fencedScene();
    const isAnswer = ({ event }: Append): boolean => event.kind === 'answer' && event.act === 'evict';
    const dying = (journal: Journal) => dyingAt(journal, isAnswer, 'before');
    await expect(drive(scene, { journal: dying })).rejects.toThrow(Died);
    const lane = [...readScene(scene).lanes.values()].find(({ openAct }) => openAct?.act.kind === 'evict');
    const lost = { kind: 'answer', act: 'evict', answer: 'seen-not-done', facts: {} } as const;
    const entry = { lane: lane?.step.id ?? '', after: lane?.last ?? 0, by: 'fast-clock', event: lost };
    await scene.journal.append(runId, { ...entry, atMs: scene.world.nowMs() });
    await say(scene, { kind: 'pause-asked' });
    await drive(scene, { until: () => readScene(scene).state === 'paused' });
    scene.world.advanceTo(scene.world.nowMs() + 600_000);
    expect((await resumed(scene)).because).toMatchObject({ code: 'finished' });
    expect(scene.world.evictions).toHaveLength(2);
  });

  it('acts no more when the primary changed meanwhile, and counts it as unplanned', async () => {
    const scene = await pausedScene();
    scene.world.failOver('default/acid-a', 'acid-a-1');
    scene.world.advanceTo(scene.world.nowMs() + 600_000);
    const fold = await resumed(scene);
    expect(fold.because).toMatchObject({ code: 'role-changed-by-others' });
    expect(describeRun(fold).counts).toMatchObject({ unplanned: 1 });
    expect(scene.world.evictions).toEqual([]);
    // Whoever resumes it knowing of the change learns that the rest of the plan does not stand.
    expect((await resumed(scene)).because).toMatchObject({ code: 'plan-invalid' });
    expect(scene.world.evictions).toEqual([]);
  });

  it('takes the primary that it finds then for its own: a change back is one more that is not ours', async () => {
    const scene = await pausedScene();
    scene.world.failOver('default/acid-a', 'acid-a-1');
    scene.world.advanceTo(scene.world.nowMs() + 600_000);
    await resumed(scene);
    // Somebody has the lead handed back, and the run is resumed knowing of that.
    scene.world.failOver('default/acid-a', 'acid-a-0');
    scene.world.advanceTo(scene.world.nowMs() + 600_000);
    const isLookedAt = (): boolean =>
      readScene(scene).state === 'running' && readScene(scene).lookedAtMs !== undefined;
    await say(scene, { kind: 'resumed' });
    await drive(scene, { until: isLookedAt });
    expect(describeRun(readScene(scene)).counts).toMatchObject({ unplanned: 1 });
    scene.world.failOver('default/acid-a', 'acid-a-1');
    const fold = await drive(scene, { until: () => readScene(scene).state !== 'running' });
    expect(fold.because).toMatchObject({
      code: 'role-changed-by-others',
      facts: { from: 'acid-a-0', to: 'acid-a-1' },
    });
    expect(describeRun(fold).counts).toMatchObject({ unplanned: 2 });
  });

  it('begins no act before the fleet could be looked at, and halts when it never can', async () => {
    const scene = await pausedScene();
    const fold = await resumed(scene, {
      ports: (ports) => ({
        ...ports,
        kubernetes: {
          ...ports.kubernetes,
          listFleetObjects: async () => {
            const about = { target: 'kubernetes', request: 'list', message: 'planted' };
            throw new OutsideError({ code: 'server-error', ...about });
          },
        },
      }),
    });
    expect(fold.because).toMatchObject({ code: 'outside-unreachable', facts: { request: 'list' } });
    expect(scene.world.evictions).toEqual([]);
  });
});

describe('a run whose workers were away', () => {
  it('for long is looked at in full before its next act', async () => {
    const scene = await fencedScene();
    scene.world.store.update('Node', undefined, 'n2', (draft) => {
      draft.spec.taints = [];
    });
    scene.world.advanceTo(scene.world.nowMs() + 3 * 3_600_000);
    const fold = await drive(scene, { worker: 'worker-2' });
    expect(fold.because).toMatchObject({ code: 'plan-invalid' });
    expect(scene.world.evictions).toEqual([]);
  });
});

describe('a role change in a cluster that the run is done with, and that others had changed before', () => {
  const two = fleetObjects(
    zone('z1', node('n1', { drain: true })),
    zone('z2', node('n2', { drain: true })),
    zone('z3', node('n3')),
    cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3')),
    cluster('acid-b', member('n1', 'primary'), member('n2'), member('n3')),
  );

  /** The run halted for the first change and was resumed; of the cluster nothing is left to do. */
  async function changedScene(): Promise<{ readonly scene: Scene; readonly again: () => void }> {
    const scene = await setScene(two, planFor(two, drainRequest()));
    const doneWith = (): string | undefined => {
      const lanes = [...readScene(scene).lanes.values()];
      return ['acid-a', 'acid-b'].find((name) =>
        lanes.every(({ step, done }) => !('cluster' in step && step.cluster === `default/${name}`) || done),
      );
    };
    await drive(scene, { until: () => doneWith() !== undefined });
    const name = doneWith() ?? '';
    const ours = scene.world.roleChanges.findLast((change) => change.cluster === `default/${name}`)?.to;
    const others = [`${name}-0`, `${name}-1`, `${name}-2`].filter((each) => each !== ours);
    const changeTo = (to = ''): void => {
      scene.world.failOver(`default/${name}`, to);
      scene.world.advanceTo(scene.world.nowMs() + 10_000);
    };
    changeTo(others[0]);
    expect((await drive(scene)).because).toMatchObject({ code: 'role-changed-by-others' });
    await say(scene, { kind: 'resumed' });
    return { scene, again: () => changeTo(others[1]) };
  }

  const finished = { state: 'finished', counts: { unplanned: 2 } };

  async function resumedTwice(scene: Scene): Promise<void> {
    expect((await drive(scene)).because).toMatchObject({ code: 'role-changed-by-others' });
    expect(describeRun(await resumed(scene))).toMatchObject(finished);
  }

  it('is told, where the roles were looked at just before it and the run is approved just after', async () => {
    const { scene, again } = await changedScene();
    const rolesSeenAtMs = new Map<string, number>();
    await drive(scene, { rolesSeenAtMs, until: () => readScene(scene).lookedAtMs !== undefined });
    scene.world.advanceTo(scene.world.nowMs() + 60_000);
    await advanceRun(contextOf(scene, { rolesSeenAtMs }));
    // As at the end of a wave.
    await say(scene, { kind: 'approval-asked', wave: 1 });
    again();
    await say(scene, { kind: 'approved', plan: scene.plan.id });
    await advanceRun(contextOf(scene, { rolesSeenAtMs }));
    expect(readScene(scene).lookedAtMs).toBe(scene.world.nowMs());
    scene.world.advanceTo(scene.world.nowMs() + realPace.rolesEveryMs);
    await resumedTwice(scene);
  });

  it('is told, where a third member leads right after the resume, before anybody has looked', async () => {
    const { scene, again } = await changedScene();
    again();
    await lookAgain(contextOf(scene), readScene(scene));
    await resumedTwice(scene);
  });

  it('is told once, where another worker tells of it while the fleet is read', async () => {
    const { scene, again } = await changedScene();
    const before = readScene(scene);
    const late: Drive = {
      ports: (ports) => ({
        ...ports,
        kubernetes: {
          ...ports.kubernetes,
          listFleetObjects: async (take) => {
            const seen = await ports.kubernetes.listFleetObjects(take);
            again();
            // Its worker dies before it can halt the run.
            const isHalt = ({ event }: Append): boolean => event.kind === 'halted';
            const dying = { journal: (journal: Journal) => dyingAt(journal, isHalt, 'before') };
            await expect(haltOnForeignRoleChange(contextOf(scene, dying), before)).rejects.toThrow(Died);
            return seen;
          },
        },
      }),
    };
    await lookAgain(contextOf(scene, late), before);
    await resumedTwice(scene);
  });
});

describe('a worker that was held up while it looked at the whole fleet', () => {
  it('halts no run that has been resumed and looked at since', async () => {
    const scene = await fencedScene();
    const setTaints = (taints: readonly unknown[]): void => {
      scene.world.store.update('Node', undefined, 'n2', (draft) => {
        draft.spec.taints = taints;
      });
    };
    const fence = scene.world.store.get('Node', undefined, 'n2')?.spec?.taints;
    const heldUp: Drive = {
      ports: (ports) => ({
        ...ports,
        kubernetes: {
          ...ports.kubernetes,
          listFleetObjects: async (take) => {
            setTaints([]);
            const seen = await ports.kubernetes.listFleetObjects(take);
            // Others find the fence gone as well and halt the run; somebody puts it back.
            await say(scene, { kind: 'halted', because: { code: 'plan-invalid', facts: {} } });
            setTaints(fence);
            scene.world.advanceTo(scene.world.nowMs() + 60_000);
            await say(scene, { kind: 'resumed' });
            await say(scene, { kind: 'looked' });
            return seen;
          },
        },
      }),
    };
    await lookAgain(contextOf(scene, heldUp), readScene(scene));
    expect(readScene(scene).state).toBe('running');
    expect((await drive(scene)).because).toMatchObject({ code: 'finished' });
  });
});

describe('a look at the whole fleet', { timeout: 60_000 }, () => {
  const always = { ...realPace, lookEveryMs: 1 };

  it('finds nothing wrong with a run as planned, at whatever moment it comes', async () => {
    const objects = threeZones();
    const scene = await setScene(objects, planFor(objects, drainRequest()));
    const fold = await drive(scene, { pace: always });
    expect(fold.because).toMatchObject({ code: 'finished' });
    const entries = scene.journal.runs.get(runId) ?? [];
    expect(entries.filter(({ event }) => event.kind === 'looked').length).toBeGreaterThan(50);
  });

  it('nor with a temporary member that kube-scheduler has placed elsewhere than planned', async () => {
    const tags = { nofailover: true };
    const objects = fleetObjects(
      zone('z1', node('n1', { drain: true }), node('n4', { unschedulable: true })),
      zone('z2', node('n2')),
      zone('z3', node('n3')),
      cluster(
        'acid-a',
        // Neither the first nor the last: it stays, and the temporary member goes again.
        member('n2', 'replica', { tags }),
        member('n1', 'primary'),
        member('n3', 'replica', { tags }),
      ),
    );
    const request = drainRequest({ singleMember: 'scale-out', surge: { default: 2 } });
    const scene = await setScene(objects, planFor(objects, request));
    const open = (name: string, isOpen: boolean): void => {
      scene.world.store.update('Node', undefined, name, (draft) => {
        draft.spec.unschedulable = !isOpen;
      });
    };
    open('n4', true);
    const lanesOf = (kind: string) =>
      [...readScene(scene).lanes.values()].filter(({ step }) => step.kind === kind);
    const beforePass = (): void => {
      // No planned node is open as long as the temporary member looks for a place.
      const hasCome = lanesOf('scale-out').every(({ done }) => done !== undefined);
      for (const name of readScene(scene).bound.values()) open(name, hasCome);
    };
    const fold = await drive(scene, { pace: always, beforePass });
    expect(lanesOf('scale-out').map(({ done }) => done?.node)).toEqual(['n4']);
    expect(lanesOf('scale-in').map(({ step }) => 'member' in step && step.member)).toEqual(['acid-a-3']);
    expect(fold.because).toMatchObject({ code: 'finished' });
  });

  // Parked pods, nodes that are gone before the run is over, the restart of a single member.
  it.each(['26-no-surge-in-one-zone', 'r001-plain'])('nor in fleet %s', async (name) => {
    const tiny = loadTinyFleet(name);
    const world = openWorld({ objects: [tiny.fleet], request: tiny.request }, 1);
    const planned = await planOn(world, tiny.request);
    if (planned.kind !== 'plan') throw new Error(planned.because);
    const journal = createMemoryJournal();
    const scene: Scene = { world, plan: planned.plan, journal, plans: new Map() };
    const { id } = planned.plan;
    const created = {
      kind: 'created',
      plan: id,
      fleet: 'prod',
      requester: 'anna',
      needsApproval: false,
    } as const;
    await say(scene, created);
    expect((await drive(scene, { pace: always })).because).toMatchObject({ code: 'finished' });
  });
});
