/** Scenarios of a single switchover: it has to wait, it is done by somebody else, its answer is not what happened. */
import { describe, expect, it } from 'vitest';
import { describeRun } from '../../executor/record/describe-run.ts';
import type { SwitchoverLie } from '../../simulations/world/faults.ts';
import { chooseSyncSoon } from '../../simulations/world/patroni-leader.ts';
import { publishCluster } from '../../simulations/world/patroni-publish.ts';
import {
  Died,
  drive,
  dyingJournal,
  planFor,
  readScene,
  type Scene,
  setScene,
} from '../executor/drive-run.ts';
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
import { cordon, startCordonOperator } from './cordon-operator.ts';
import { actsAtMs, changesOf, codesOf, entriesOf } from './judge-run.ts';

const minuteMs = 60_000;

/** One node to drain, with the primary of acid-a on it; a node that stays in each zone. */
const zones = [
  zone('z1', node('n1', { drain: true }), node('k1')),
  zone('z2', node('k2')),
  zone('z3', node('k3')),
];
const fleet = fleetObjects(...zones, cluster('acid-a', member('n1', 'primary'), member('k2'), member('k3')));
const plan = planFor(fleet, drainRequest());

const hasDone = (scene: Scene, kind: string): boolean =>
  [...readScene(scene).lanes.values()].every(({ step, done }) => step.kind !== kind || done !== undefined);

/** Does something once, before the first pass at which `when` holds. */
function once(when: () => boolean, doIt: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone || !when()) return;
    isDone = true;
    doIt();
  };
}

function expectDrained(scene: Scene): void {
  expect(readScene(scene).because.code).toBe('finished');
  expect(scene.world.releasedNodes.has('n1')).toBe(true);
  expect(scene.world.violations).toEqual([]);
  expect(scene.world.outages).toEqual([]);
}

describe('3. zalando/postgres-operator#3176', () => {
  const synchronous = fleetObjects(
    ...zones,
    cluster(
      'acid-a',
      clusterWith({ synchronous: 'on' }),
      member('n1', 'primary'),
      member('k2', 'sync-standby'),
      member('k3'),
    ),
  );

  /** Patroni lists no synchronous standby from the last fence on, for so long. Returns when it was so. */
  async function driveWithoutStandby(scene: Scene, forMs: number) {
    const { world } = scene;
    const state = world.clusters.get('default/acid-a');
    if (state === undefined) throw new Error('no acid-a');
    const standby = { lostMs: 0, backMs: 0 };
    const lose = once(
      () => hasDone(scene, 'fence'),
      () => {
        standby.lostMs = world.nowMs();
        state.syncStandbys = [];
        publishCluster(world, state);
        world.clock.after(forMs, () => {
          standby.backMs = world.nowMs();
          chooseSyncSoon(world, state);
        });
      },
    );
    const fold = await drive(scene, { beforePass: lose });
    return { fold, standby };
  }

  it('no sync standby for three minutes: the executor waits, asks nothing meanwhile, and then switches over once', async () => {
    const scene = await setScene(synchronous, planFor(synchronous, drainRequest()));
    const { standby } = await driveWithoutStandby(scene, 3 * minuteMs);
    expectDrained(scene);
    expect(standby.backMs - standby.lostMs).toBe(3 * minuteMs);
    expect(codesOf(scene)).toContain('candidate-not-sync-standby');
    const [askedMs = 0, ...more] = actsAtMs(scene, 'switchover');
    expect(more).toEqual([]);
    expect(askedMs).toBeGreaterThan(standby.backMs);
    expect(scene.world.roleChanges.map(({ kind, from }) => [kind, from])).toEqual([
      ['switchover', 'acid-a-0'],
    ]);
  });

  it('no sync standby for an hour: it halts within its deadline, and the primary was neither asked nor evicted', async () => {
    const scene = await setScene(synchronous, planFor(synchronous, drainRequest()));
    const { fold } = await driveWithoutStandby(scene, 60 * minuteMs);
    expect(fold.because).toMatchObject({
      code: 'deadline-passed',
      facts: { waitedFor: 'candidate-not-sync-standby' },
    });
    expect(actsAtMs(scene, 'switchover')).toEqual([]);
    expect(scene.world.roleChanges).toEqual([]);
    expect(scene.world.evictions).toEqual([]);
  });
});

describe('5. zalando/postgres-operator#1400, cloudnative-pg#7799: the operator switches over by itself upon a cordon', () => {
  it('a run gives it no occasion: no node is cordoned while a primary stands on it', async () => {
    const three = threeZones();
    const scene = await setScene(three, planFor(three, drainRequest()));
    const asked = startCordonOperator(scene.world);
    expect((await drive(scene)).because.code).toBe('finished');
    expect(asked).toEqual([]);
    expect(scene.world.roleChanges).toHaveLength(3);
    expect(scene.world.store.list('Node').some(({ spec }) => spec.unschedulable === true)).toBe(true);
  });

  it('nor where nodes are held by cordons from the start', async () => {
    const scene = await setScene(fleet, planFor(fleet, drainRequest({ hold: 'cordon' })));
    const asked = startCordonOperator(scene.world);
    expect((await drive(scene)).because.code).toBe('finished');
    expect(asked).toEqual([]);
    expect(changesOf(scene)).toHaveLength(1);
  });

  /** Somebody cordons n1 when the run has started; the worker's next pass comes so much later. */
  function cordonedInTheMiddle(scene: Scene, laterMs: number): () => void {
    const { world } = scene;
    return once(
      () => readScene(scene).startedAtMs !== undefined,
      () => {
        cordon(world, 'n1');
        world.advanceTo(world.nowMs() + laterMs);
      },
    );
  }

  it('somebody cordons in the middle of the run: the executor notices, and does not switch over a second time', async () => {
    const scene = await setScene(fleet, plan);
    const asked = startCordonOperator(scene.world);
    const fold = await drive(scene, { replans: true, beforePass: cordonedInTheMiddle(scene, 5_000) });
    expectDrained(scene);
    expect(asked).toEqual(['default/acid-a']);
    expect(changesOf(scene)).toEqual(['switchover acid-a-0 -> acid-a-1']);
    expect(actsAtMs(scene, 'switchover')).toEqual([]);
    expect(codesOf(scene)).toContain('role-changed-by-others');
    expect(describeRun(fold).counts).toMatchObject({ unplanned: 1, done: 0 });
  });

  it.each([0, 500, 1_000, 1_500, 2_000, 2_500])(
    'both ask at nearly the same time (%d ms): one switchover takes place, whoever it was',
    async (laterMs) => {
      const scene = await setScene(fleet, plan);
      startCordonOperator(scene.world);
      const fold = await drive(scene, { replans: true, beforePass: cordonedInTheMiddle(scene, laterMs) });
      expectDrained(scene);
      expect(changesOf(scene)).toEqual(['switchover acid-a-0 -> acid-a-1']);
      expect(describeRun(fold).counts.done + describeRun(fold).counts.unplanned).toBe(1);
    },
  );

  it('where the operator took it to another old node, one switchover more is all, and it is the run that makes it', async () => {
    const two = fleetObjects(
      zone('z1', node('n1', { drain: true }), node('k1')),
      zone('z2', node('n2', { drain: true }), node('k2')),
      cluster('acid-a', member('n1', 'primary'), member('n2')),
    );
    const scene = await setScene(two, planFor(two, drainRequest()));
    const asked = startCordonOperator(scene.world);
    const fold = await drive(scene, { replans: true, beforePass: cordonedInTheMiddle(scene, 5_000) });
    expectDrained(scene);
    expect(changesOf(scene)).toEqual(['switchover acid-a-0 -> acid-a-1', 'switchover acid-a-1 -> acid-a-0']);
    expect(asked).toHaveLength(1);
    expect(actsAtMs(scene, 'switchover')).toHaveLength(1);
    expect(describeRun(fold).counts).toMatchObject({ unplanned: 1, done: 1 });
  });
});

describe('6. patroni#743, #3106, #2376: the answer to POST /switchover is not what happens', () => {
  const lying = async (lie: SwitchoverLie): Promise<Scene> => {
    const scene = await setScene(fleet, plan);
    scene.world.faults.switchoverLies.set('default/acid-a', [lie]);
    return scene;
  };

  it.each([
    ['503 "status unknown", and then it succeeds', 'unknown-but-done'],
    ['no answer, and then it succeeds', 'no-answer-but-done'],
  ] as const)('%s: no second POST', async (_, lie) => {
    const scene = await lying(lie);
    await drive(scene);
    expectDrained(scene);
    expect(actsAtMs(scene, 'switchover')).toHaveLength(1);
    expect(changesOf(scene)).toEqual(['switchover acid-a-0 -> acid-a-1']);
    expect(describeRun(readScene(scene)).counts).toMatchObject({ done: 1, unplanned: 0 });
  });

  it('503 "status unknown", and it succeeds a minute later, when the checkpoint is written: no second POST', async () => {
    const scene = await setScene(fleet, plan);
    const { world } = scene;
    let posts = 0;
    await drive(scene, {
      ports: ({ kubernetes, patroni, pipeline }) => ({
        kubernetes,
        pipeline,
        patroni: {
          ...patroni,
          switchover: async ({ name: leader }, candidate) => {
            posts += 1;
            const request = { method: 'POST', path: '/switchover', body: { leader, candidate } };
            world.clock.after(minuteMs, () => {
              const answer = world.patroniRequest('default', leader, request);
              if (answer.kind === 'later') answer.done(() => undefined);
            });
            return { kind: 'unknown', message: 'Switchover status unknown' };
          },
        },
      }),
    });
    expectDrained(scene);
    expect(posts).toBe(1);
    expect(changesOf(scene)).toEqual(['switchover acid-a-0 -> acid-a-1']);
    expect(describeRun(readScene(scene)).counts).toMatchObject({ done: 1, unplanned: 0 });
  });

  it('503 "status unknown", and nothing happens: asked again only after Patroni cannot do it any more', async () => {
    const scene = await lying('unknown-not-done');
    await drive(scene);
    expectDrained(scene);
    const [first = 0, second = 0, ...more] = actsAtMs(scene, 'switchover');
    expect(more).toEqual([]);
    expect(second - first).toBeGreaterThan(60_000);
    expect(changesOf(scene)).toEqual(['switchover acid-a-0 -> acid-a-1']);
  });

  it('200 for another target: no second POST; it is said, counted as ours, and the run goes on by a new plan', async () => {
    const scene = await lying('other-target');
    const fold = await drive(scene, { replans: true });
    expectDrained(scene);
    expect(codesOf(scene)).toContain('switched-to-other-target');
    expect(actsAtMs(scene, 'switchover')).toHaveLength(1);
    expect(changesOf(scene)).toEqual(['switchover acid-a-0 -> acid-a-2']);
    expect(describeRun(fold).planIds).toHaveLength(2);
    expect(describeRun(fold).counts).toMatchObject({ done: 1, unplanned: 0 });
  });

  it.each([
    ['between POST and answer', 'answer', 'before'],
    ['right after the answer', 'answer', 'after'],
    ['between the entry and the POST', 'act', 'after'],
  ] as const)('the worker dies %s: Patroni is not asked twice for what it does', async (_, kind, when) => {
    const posts: string[] = [];
    const counting: Parameters<typeof drive>[1] = {
      ports: ({ kubernetes, patroni, pipeline }) => ({
        kubernetes,
        pipeline,
        patroni: {
          ...patroni,
          switchover: async (leader, candidate) => {
            posts.push(candidate);
            return patroni.switchover(leader, candidate);
          },
        },
      }),
    };
    const rehearsal = await setScene(fleet, plan);
    await drive(rehearsal);
    const at = entriesOf(rehearsal).findIndex(
      ({ event }) =>
        (event.kind === 'act' && kind === 'act' && event.act.kind === 'switchover') ||
        (event.kind === 'answer' && kind === 'answer' && event.act === 'switchover'),
    );
    expect(at).toBeGreaterThan(0);
    const scene = await setScene(fleet, plan);
    // The first entry was written by the service.
    const dying = drive(scene, { ...counting, journal: (journal) => dyingJournal(journal, at, when) });
    await expect(dying).rejects.toThrow(Died);
    await drive(scene, { ...counting, worker: 'worker-2' });
    expectDrained(scene);
    expect(posts).toEqual(['acid-a-1']);
    expect(changesOf(scene)).toEqual(['switchover acid-a-0 -> acid-a-1']);
  });
});

describe('somebody has asked Patroni for a switchover at a later time', () => {
  const afterMs = 20 * minuteMs;

  /** Asks from the first fence on for a switchover to acid-a-2 in twenty minutes; `taken back` after ten. */
  async function driveWithSchedule(takenBack: boolean): Promise<{ scene: Scene; begunMs: number }> {
    const scene = await setScene(fleet, plan);
    const { world } = scene;
    let begunMs = 0;
    const ask = (method: string, body: unknown): number => {
      const answer = world.patroniRequest('default', 'acid-a-0', { method, path: '/switchover', body });
      return answer.kind === 'answer' ? answer.status : 0;
    };
    const schedule = once(
      () => hasDone(scene, 'fence'),
      () => {
        begunMs = world.nowMs();
        const scheduled_at = new Date(begunMs + afterMs).toISOString();
        expect(ask('POST', { leader: 'acid-a-0', candidate: 'acid-a-2', scheduled_at })).toBe(202);
        if (takenBack) world.clock.after(afterMs / 2, () => expect(ask('DELETE', null)).toBe(200));
      },
    );
    await drive(scene, { replans: true, beforePass: schedule });
    expectDrained(scene);
    expect(codesOf(scene)).toContain('switchover-scheduled');
    return { scene, begunMs };
  }

  it('theirs is not wiped out by ours: it comes at its time, and a new plan goes on from there', async () => {
    const { scene } = await driveWithSchedule(false);
    expect(changesOf(scene)).toEqual(['switchover acid-a-0 -> acid-a-2']);
    expect(actsAtMs(scene, 'switchover')).toEqual([]);
    expect(describeRun(readScene(scene)).counts).toMatchObject({ done: 0, unplanned: 1 });
  });

  it('where it is taken back, ours takes place within seconds', async () => {
    const { scene, begunMs } = await driveWithSchedule(true);
    expect(changesOf(scene)).toEqual(['switchover acid-a-0 -> acid-a-1']);
    const [askedMs = 0, ...more] = actsAtMs(scene, 'switchover');
    expect(more).toEqual([]);
    expect(askedMs - begunMs - afterMs / 2).toBeGreaterThanOrEqual(0);
    expect(askedMs - begunMs - afterMs / 2).toBeLessThan(15_000);
  });
});

describe('12. the leader changes by itself in the middle of a plan', () => {
  const three = threeZones();
  const threePlan = planFor(three, drainRequest());
  const failingOver = (scene: Scene, to: string) =>
    once(
      () => hasDone(scene, 'fence'),
      () => scene.world.failOver('default/acid-a', to),
    );

  it('the run stops, counts it as unplanned, plans what is left anew and finishes', async () => {
    const scene = await setScene(three, threePlan);
    const fold = await drive(scene, { replans: true, beforePass: failingOver(scene, 'acid-a-2') });
    expect(fold.because.code).toBe('finished');
    expect(codesOf(scene)).toContain('role-changed-by-others');
    expect(describeRun(fold).planIds).toHaveLength(2);
    expect(describeRun(fold).counts).toMatchObject({ unplanned: 1, planned: 3, done: 3, released: 3 });
    const ofA = scene.world.roleChanges.filter((change) => change.cluster === 'default/acid-a');
    // One failover that nobody asked for, and one switchover away from the old node it led to.
    expect(ofA.map(({ kind }) => kind)).toEqual(['failover', 'switchover']);
    expect(scene.world.roleChanges).toHaveLength(4);
    expect(scene.world.violations).toEqual([]);
    expect(scene.world.outages).toEqual([]);
  });

  it('without leave to plan anew it halts, acts no more, and says who leads now', async () => {
    const scene = await setScene(three, threePlan);
    const fold = await drive(scene, { beforePass: failingOver(scene, 'acid-a-2') });
    expect(fold.because).toMatchObject({
      code: 'role-changed-by-others',
      facts: { subject: 'default/acid-a', from: 'acid-a-0', to: 'acid-a-2' },
    });
    expect(describeRun(fold).counts).toMatchObject({ unplanned: 1, done: 0 });
    expect(scene.world.evictions).toEqual([]);
  });

  it('leaders of two clusters change at the same moment: both are counted, though one was enough to stop the run', async () => {
    const scene = await setScene(three, threePlan);
    const fold = await drive(scene, {
      replans: true,
      beforePass: once(
        () => hasDone(scene, 'fence'),
        () => {
          scene.world.failOver('default/acid-a', 'acid-a-1');
          scene.world.failOver('default/acid-b', 'acid-b-1');
        },
      ),
    });
    expect(fold.because.code).toBe('finished');
    expect(scene.world.roleChanges.filter(({ kind }) => kind === 'failover')).toHaveLength(2);
    expect(describeRun(fold).counts.unplanned).toBe(2);
    expect(describeRun(fold).counts.done).toBe(scene.world.roleChanges.length - 2);
    expect(scene.world.violations).toEqual([]);
  });

  it('and once more while the fleet is read for the new plan: that one is counted too', async () => {
    const scene = await setScene(three, threePlan);
    let isPlanted = false;
    const fold = await drive(scene, {
      replans: true,
      beforePass: failingOver(scene, 'acid-a-1'),
      ports: ({ kubernetes, patroni, pipeline }) => ({
        patroni,
        pipeline,
        kubernetes: {
          ...kubernetes,
          listFleetObjects: async () => {
            if (!isPlanted && readScene(scene).state === 'halted') {
              isPlanted = true;
              scene.world.failOver('default/acid-b', 'acid-b-1');
            }
            return kubernetes.listFleetObjects();
          },
        },
      }),
    });
    expect(fold.because.code).toBe('finished');
    expect(isPlanted).toBe(true);
    expect(describeRun(fold).counts.unplanned).toBe(2);
    expect(describeRun(fold).counts.done).toBe(scene.world.roleChanges.length - 2);
    expect(scene.world.violations).toEqual([]);
  });
});
