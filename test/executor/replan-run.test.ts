import { describe, expect, it } from 'vitest';
import { advanceStep } from '../../executor/advance-step.ts';
import { OutsideError } from '../../executor/errors.ts';
import { realPace } from '../../executor/limits.ts';
import { leadersOf } from '../../executor/new-plan.ts';
import type { Journal, SwitchoverAnswer } from '../../executor/ports.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import { broughtSoFar } from '../../executor/record/fold-run.ts';
import { atHand } from '../../executor/record/read-fold.ts';
import { findNote, planRecovery } from '../../executor/recover-run.ts';
import { replayRun } from '../../executor/replay/replay-run.ts';
import { defaultPresets } from '../../planner/read/member-presets.ts';
import { directPorts } from '../../simulations/direct-ports.ts';
import { cluster, clusterWith, drainRequest, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';
import { readList } from '../fixtures/read.ts';
import { type Drive, drive, planFor, readScene, runId, type Scene, say, setScene } from './drive-run.ts';

/** Both primaries on n1; n1 and n2 to be drained: two switchovers, one each. */
const fleet = fleetObjects(
  zone('z1', node('n1', { drain: true })),
  zone('z2', node('n2', { drain: true })),
  zone('z3', node('n3')),
  cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3')),
  cluster('acid-b', member('n1', 'primary'), member('n2'), member('n3')),
);
const plan = planFor(fleet, drainRequest());

/** Patroni fails over by itself as soon as `when` is true, once. */
function failingOver(scene: Scene, name: string, to: string, when: () => boolean): Drive {
  let isPlanted = false;
  return {
    replans: true,
    beforePass: () => {
      if (isPlanted || !when()) return;
      isPlanted = true;
      scene.world.failOver(name, to);
    },
  };
}

const doneOf = (scene: Scene, kind: string): number =>
  [...readScene(scene).lanes.values()].filter((lane) => lane.step.kind === kind && lane.done !== undefined)
    .length;

async function marks({ world }: Scene): Promise<readonly string[]> {
  const nodes = await directPorts(world).kubernetes.listNodes();
  return nodes
    .filter((each) => each.releasedBy === undefined && (each.fencedBy ?? each.cordonedBy) === runId)
    .map((each) => each.name);
}

describe('a failover in the middle of a run', () => {
  it('onto a member that stays: the run halts, plans what is left anew and finishes by itself', async () => {
    const scene = await setScene(fleet, plan);
    const fold = await drive(
      scene,
      failingOver(scene, 'default/acid-a', 'acid-a-2', () => doneOf(scene, 'fence') === 2),
    );
    expect(describeRun(fold).state).toBe('finished');
    expect(describeRun(fold).planIds).toHaveLength(2);
    expect(describeRun(fold).planId).toBe(describeRun(fold).planIds?.[1]);
    // acid-a has been interrupted already, and not by us: only acid-b is left.
    expect(describeRun(fold).counts).toMatchObject({
      unplanned: 1,
      planned: 1,
      done: 1,
      outages: 0,
      released: 2,
      nodes: 2,
    });
    expect(scene.world.roleChanges.map(({ kind }) => kind).toSorted()).toEqual(['failover', 'switchover']);
    expect(scene.world.violations).toEqual([]);
    expect(await marks(scene)).toEqual([]);
    // Decisions of both plans are reached again from plans and journal alone.
    const replay = replayRun(plan, runId, scene.journal.runs.get(runId) ?? [], scene.plans);
    expect(replay).toMatchObject({ withoutGrounds: 0, differences: [] });
    expect(replay.replayed).toBeGreaterThan(20);
  });

  it('is looked for in clusters, too, that a new plan has nothing to do with any more', () => {
    const nothingLeft = { ...plan, steps: [] };
    expect(leadersOf(nothingLeft, readList(fleet))).toEqual({});
    const before = new Map([
      ['default/acid-b', 'acid-b-2'],
      ['default/gone', 'gone-0'],
    ]);
    expect(leadersOf(nothingLeft, readList(fleet), before)).toEqual({ 'default/acid-b': 'acid-b-0' });
  });

  it('is told, too, in a cluster that is done with and of which two members claimed to lead when the new plan was made', async () => {
    const scene = await setScene(fleet, plan);
    const { world } = scene;
    const doneWith = (): string | undefined => {
      const lanes = [...readScene(scene).lanes.values()];
      return ['acid-a', 'acid-b'].find((name) =>
        lanes.every(({ step, done }) => !('cluster' in step && step.cluster === `default/${name}`) || done),
      );
    };
    await drive(scene, { until: () => doneWith() !== undefined });
    const name = doneWith() ?? '';
    const leader = world.roleChanges.findLast((change) => change.cluster === `default/${name}`)?.to;
    const other = [`${name}-0`, `${name}-1`, `${name}-2`].find((each) => each !== leader) ?? '';
    const label = (role: string): void => {
      world.store.update('Pod', 'default', other, (draft) => {
        draft.metadata.labels = { ...draft.metadata.labels, 'spilo-role': role };
      });
    };
    await say(scene, { kind: 'halted', because: { code: 'plan-invalid', facts: {} } });
    label('master');
    let isOver = false;
    const fold = await drive(scene, {
      replans: true,
      beforePass: () => {
        if (isOver || readScene(scene).planIds.length === 1) return;
        isOver = true;
        expect(readScene(scene).leadersAtStart.get(`default/${name}`)).toBe(leader);
        world.failOver(`default/${name}`, other);
      },
    });
    expect(describeRun(fold)).toMatchObject({ state: 'finished', counts: { unplanned: 1 } });
  });

  it('right after a switchover of ours that nobody has seen done: the switchover counts', async () => {
    const scene = await setScene(fleet, plan);
    let isHalted = false;
    const halting = async (): Promise<void> => {
      const isUnseen = [...readScene(scene).lanes.values()].some(
        ({ acts, done }) => acts.at(-1)?.answer?.answer === 'switched' && done === undefined,
      );
      if (isHalted || !isUnseen) return;
      isHalted = true;
      await say(scene, {
        kind: 'halted',
        because: { code: 'plan-invalid', facts: { violations: [], count: 1 } },
      });
    };
    const fold = await drive(scene, { replans: true, beforePass: halting });
    expect(isHalted).toBe(true);
    expect(describeRun(fold).planIds).toHaveLength(2);
    expect(scene.world.roleChanges.map(({ kind }) => kind)).toEqual(['switchover', 'switchover']);
    expect(describeRun(fold).counts).toMatchObject({ planned: 2, done: 2, unplanned: 0 });
  });

  /** The first switchover is answered so, and the run halts for something else right after. */
  function haltedAfter(
    scene: Scene,
    answer: SwitchoverAnswer,
    then: (cluster: string, from: string) => void,
  ): Drive {
    let isHalted = false;
    return {
      replans: true,
      beforePass: async () => {
        const asked = [...readScene(scene).lanes.values()].find(
          ({ acts }) => acts.at(-1)?.answer?.answer === answer.kind,
        );
        if (isHalted || asked?.step.kind !== 'switchover') return;
        isHalted = true;
        const facts = { violations: [], count: 1 };
        await say(scene, { kind: 'halted', because: { code: 'plan-invalid', facts } });
        then(asked.step.cluster, asked.step.from);
      },
    };
  }

  it('that takes back a switchover of which Patroni does not know, while the run is halted for something else: both are counted', async () => {
    const scene = await setScene(fleet, plan);
    const unknown = { kind: 'unknown', message: 'Switchover status unknown' } as const;
    const fold = await drive(scene, {
      ...haltedAfter(scene, unknown, (key, from) => {
        scene.world.advanceTo(scene.world.nowMs() + 30_000);
        scene.world.failOver(key, from);
        scene.world.advanceTo(scene.world.nowMs() + 60_000);
      }),
      ports: (ports) => ({
        ...ports,
        patroni: {
          ...ports.patroni,
          switchover: async (leader, candidate) => {
            await ports.patroni.switchover(leader, candidate);
            return unknown;
          },
        },
      }),
      until: () => readScene(scene).planIds.length > 1,
    });
    expect(scene.world.roleChanges).toHaveLength(2);
    // To interrupt that cluster once more waits for approval.
    expect(describeRun(fold)).toMatchObject({
      state: 'waiting-for-approval',
      counts: { done: 1, unplanned: 1 },
    });
  });

  it('that Patroni itself brought about, where nobody was fit to lead any more ("Switchover failed"), is counted as well', async () => {
    const scene = await setScene(fleet, plan);
    const failed = { kind: 'not-done', status: 503, message: 'Switchover failed' } as const;
    let isBack = false;
    let isAsked = false;
    const later = <Seen extends { readonly timeline?: number }>(seen: Seen): Seen =>
      seen.timeline === undefined ? seen : { ...seen, timeline: seen.timeline + 1 };
    const fold = await drive(scene, {
      ...haltedAfter(scene, failed, () => {
        isBack = true;
      }),
      ports: (ports) => ({
        ...ports,
        patroni: {
          switchover: async (leader, candidate) => {
            if (isAsked || !leader.name.startsWith('acid-a-'))
              return ports.patroni.switchover(leader, candidate);
            isAsked = true;
            return failed;
          },
          readCluster: async (members) => {
            const view = await ports.patroni.readCluster(members);
            const isOfThis = isBack && members.some(({ name }) => name.startsWith('acid-a-'));
            return isOfThis ? later({ ...view, members: view.members.map(later) }) : view;
          },
        },
      }),
    });
    expect(describeRun(fold)).toMatchObject({ state: 'finished', counts: { done: 2, unplanned: 1 } });
    expect(describeRun(fold).planIds).toHaveLength(2);
  });

  it('and back to the same member after a switchover of ours: that is noticed like the first one', async () => {
    const scene = await setScene(fleet, plan);
    let changes = 0;
    // Our switchover took the lead from it, and it was moved.
    const isMoved = (): boolean =>
      [...readScene(scene).lanes.values()].some(
        ({ step, done }) => step.kind === 'move' && step.pod === 'default/acid-a-1' && done !== undefined,
      );
    const fold = await drive(scene, {
      replans: true,
      beforePass: () => {
        const isTime = changes === 0 ? doneOf(scene, 'fence') === 2 : changes === 1 && isMoved();
        if (!isTime) return;
        changes += 1;
        scene.world.failOver('default/acid-a', 'acid-a-1');
      },
    });
    expect(changes).toBe(2);
    expect(describeRun(fold)).toMatchObject({
      state: 'finished',
      counts: { unplanned: 2, done: 2, planned: 2 },
    });
  });

  it('to a second member, and back to the first one, each after a new plan: all three are counted', async () => {
    const scene = await setScene(fleet, plan);
    let changes = 0;
    const fold = await drive(scene, {
      replans: true,
      until: () => readScene(scene).state === 'waiting-for-approval',
      beforePass: () => {
        const { state, planIds } = readScene(scene);
        const isTime = changes === 0 ? doneOf(scene, 'fence') === 2 : changes < 3 && planIds.length > changes;
        if (!isTime || state !== 'running') return;
        changes += 1;
        scene.world.failOver('default/acid-a', changes === 2 ? 'acid-a-2' : 'acid-a-1');
      },
    });
    expect(changes).toBe(3);
    expect(describeRun(fold).counts.unplanned).toBe(3);
  });

  it('and back again after somebody has resumed the run: both are counted', async () => {
    const scene = await setScene(fleet, plan);
    const isDoneWith = (): boolean =>
      [...readScene(scene).lanes.values()].every(
        ({ step, done }) => !('cluster' in step) || step.cluster !== 'default/acid-a' || done !== undefined,
      );
    let ours: string | undefined;
    const failingOverAtTheEnd: Drive = {
      beforePass: () => {
        if (ours !== undefined || !isDoneWith()) return;
        ours = scene.world.roleChanges.findLast(({ cluster: key }) => key === 'default/acid-a')?.to;
        scene.world.failOver('default/acid-a', ours === 'acid-a-2' ? 'acid-a-1' : 'acid-a-2');
      },
    };
    expect((await drive(scene, failingOverAtTheEnd)).because.code).toBe('role-changed-by-others');
    scene.world.advanceTo(scene.world.nowMs() + 120_000);
    await say(scene, { kind: 'resumed' });
    await drive(scene, { until: () => readScene(scene).lookedAtMs !== undefined });
    scene.world.failOver('default/acid-a', ours ?? '');
    const fold = await drive(scene);
    expect(describeRun(fold)).toMatchObject({
      state: 'halted',
      because: { code: 'role-changed-by-others', facts: { to: ours } },
      counts: { unplanned: 2 },
    });
  });

  it('while another run has been started on the fleet: it is left to that one, and no plan after plan is made', async () => {
    const scene = await setScene(fleet, plan);
    let asked = 0;
    // The database lets no run go on whose fleet belongs to another by now.
    const taken = (journal: Journal): Journal => ({
      ...journal,
      append: async (run, entry) => {
        if (entry.event.kind !== 'replanned') return journal.append(run, entry);
        asked += 1;
        return { kind: 'not-running' };
      },
    });
    const fold = await drive(scene, {
      ...failingOver(scene, 'default/acid-a', 'acid-a-2', () => doneOf(scene, 'fence') === 2),
      journal: taken,
    });
    expect(fold.state).toBe('halted');
    expect(fold.outlook).toMatchObject({ kind: 'given-up', because: { code: 'lease-of-another' } });
    expect(asked).toBe(1);
  });

  it('and back again while the run waits for the fleet to come to rest: both are counted', async () => {
    const scene = await setScene(fleet, plan);
    let changes = 0;
    const fold = await drive(scene, {
      replans: true,
      beforePass: () => {
        const { state } = readScene(scene);
        const isTime = changes === 0 ? doneOf(scene, 'fence') === 2 : changes === 1 && state === 'halted';
        if (!isTime) return;
        changes += 1;
        scene.world.failOver('default/acid-a', changes === 1 ? 'acid-a-2' : 'acid-a-0');
      },
    });
    expect(changes).toBe(2);
    expect(describeRun(fold)).toMatchObject({
      state: 'finished',
      counts: { unplanned: 2, planned: 2, done: 2 },
    });
    expect(fold.unplanned.map(({ from, to }) => [from, to])).toEqual([
      ['acid-a-0', 'acid-a-2'],
      ['acid-a-2', 'acid-a-0'],
    ]);
  });

  describe('and another one later', () => {
    /** Replicas alone stand on the two nodes of z1, which are replaced one after the other. */
    const oneByOne = fleetObjects(
      zone('z1', node('n1', { drain: true }), node('n2', { drain: true })),
      zone('z2', node('n3')),
      zone('z3', node('n4')),
      cluster('acid-a', member('n3', 'primary'), member('n1'), member('n4')),
      cluster('acid-b', member('n3', 'primary'), member('n2'), member('n4')),
    );
    const request = drainRequest({ surge: { default: 1 }, limits: { parallelDrainsPerZone: 1 } });
    const hasCome = (scene: Scene) => (): boolean => doneOf(scene, 'add-node') === 1;

    it('finds the surge that was asked for, and not what was left of it in between', async () => {
      const scene = await setScene(oneByOne, planFor(oneByOne, request));
      await drive(scene, { until: hasCome(scene) });
      scene.world.failOver('default/acid-a', 'acid-a-2');
      await drive(scene, { replans: true, until: () => doneOf(scene, 'release') === 1 });
      expect(readScene(scene).plan.request.surge?.perZone?.z1).toBe(0);
      scene.world.failOver('default/acid-b', 'acid-b-2');
      const fold = await drive(scene, { replans: true });
      expect(describeRun(fold)).toMatchObject({
        state: 'finished',
        counts: { unplanned: 2, released: 2, outages: 0 },
      });
      expect(describeRun(fold).planIds).toHaveLength(3);
      // The first node of z1 is gone by then: there may be one more than are left, as at the start.
      expect(fold.plan.request.surge?.perZone?.z1).toBe(1);
      expect(fold.request).toEqual(scene.plan.request);
    });

    it('counts the nodes that have come against those that the request allows for the whole run', async () => {
      const limits = { parallelDrainsPerZone: 1, maxNewNodesPerZone: 2 };
      const scene = await setScene(oneByOne, planFor(oneByOne, { ...request, limits }));
      await drive(scene, { until: hasCome(scene) });
      scene.world.failOver('default/acid-a', 'acid-a-2');
      const fold = await drive(scene, { replans: true });
      expect(describeRun(fold)).toMatchObject({ state: 'finished', counts: { released: 2 } });
      expect(fold.plan.request.limits?.maxNewNodesPerZone).toMatchObject({ z1: 1 });
      expect(broughtSoFar(fold)).toEqual(new Map([['z1', 1]]));
    });

    it('counts them, too, when the run is found again by its note', async () => {
      const limits = { parallelDrainsPerZone: 1, maxNewNodesPerZone: 2 };
      const scene = await setScene(oneByOne, planFor(oneByOne, { ...request, limits }));
      await drive(scene, { until: () => doneOf(scene, 'release') === 1 });
      const { kubernetes } = directPorts(scene.world);
      // The journal is lost, and with it whoever renews the lease.
      scene.world.advanceTo(scene.world.nowMs() + 10 * 60_000);
      const note = await findNote(kubernetes, 'prod');
      if (note === undefined) throw new Error('there is no note');
      expect(note.brought).toEqual({ z1: 1 });
      const recovered = await planRecovery(kubernetes, note, defaultPresets);
      expect(recovered?.plan.request.limits?.maxNewNodesPerZone).toMatchObject({ z1: 1, z2: 2 });
    });
  });

  it('that costs one more: the new plan waits for approval, and nothing is done before', async () => {
    const scene = await setScene(fleet, plan);
    // After its switchover acid-a leads on a node that stays; somebody takes it back to one that is to be drained.
    const fold = await drive(scene, {
      ...failingOver(
        scene,
        'default/acid-a',
        'acid-a-1',
        () => hasHandedOver(scene, 'acid-a') && doneOf(scene, 'move') === 1,
      ),
      until: () => readScene(scene).state === 'waiting-for-approval',
    });
    expect(fold.because).toMatchObject({
      code: 'waiting-for-approval',
      facts: { outages: 0, outagesBefore: 0 },
    });
    expect(Number(fold.because.facts.switchovers)).toBeGreaterThan(
      Number(fold.because.facts.switchoversBefore),
    );
    const acts = scene.world.evictions.length;
    await drive(scene, { replans: true, until: passes(50) });
    expect(scene.world.evictions).toHaveLength(acts);
    await say(scene, { kind: 'approved', plan: fold.plan.id });
    const end = await drive(scene, { replans: true });
    expect(describeRun(end).state).toBe('finished');
    expect(describeRun(end).counts).toMatchObject({ unplanned: 1, planned: 3, done: 3, outages: 0 });
    expect(scene.world.violations).toEqual([]);
  });

  it('is answered by a new plan where a temporary member was asked for in vain: there is none that could be left', async () => {
    const single = fleetObjects(
      zone('z1', node('n1', { drain: true })),
      zone('z2', node('n2', { drain: true })),
      zone('z3', node('n3')),
      cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3')),
      cluster('acid-s', clusterWith({ primaryBudget: null }), member('n1', 'primary')),
    );
    const scene = await setScene(single, planFor(single, drainRequest({ singleMember: 'scale-out' })));
    const isRefused = (): boolean =>
      [...readScene(scene).lanes.values()].some(({ acts }) =>
        acts.some(({ answer }) => answer?.answer === 'conflict'),
      );
    const fold = await drive(scene, {
      ...failingOver(scene, 'default/acid-a', 'acid-a-1', isRefused),
      until: () => readScene(scene).planIds.length === 2,
      ports: (ports) => ({
        ...ports,
        // Somebody else writes to the set at the same moment.
        kubernetes: { ...ports.kubernetes, scaleStatefulSet: async () => 'conflict' },
      }),
    });
    expect(fold.outlook).toBeUndefined();
    expect(describeRun(fold).planIds).toHaveLength(2);
    expect(scene.world.violations).toEqual([]);
  });

  it('is no reason to go on while a member of the cluster is away; after half an hour a person has to decide', async () => {
    const scene = await setScene(fleet, plan);
    const fold = await drive(scene, {
      replans: true,
      beforePass: () => {
        if (doneOf(scene, 'fence') < 2 || scene.world.roleChanges.some(({ kind }) => kind === 'failover'))
          return;
        scene.world.faults.neverStream.add('default/acid-a-0');
        scene.world.failOver('default/acid-a', 'acid-a-2');
      },
    });
    expect(fold.because.code).toBe('role-changed-by-others');
    expect(fold.outlook).toMatchObject({
      kind: 'given-up',
      because: { code: 'cluster-not-whole', facts: { subject: 'default/acid-a' } },
    });
    const entries = scene.journal.runs.get(runId) ?? [];
    expect(entries.filter(({ event }) => event.kind === 'replanning').length).toBeLessThan(6);
  });
});

function hasHandedOver(scene: Scene, name: string): boolean {
  return [...readScene(scene).lanes.values()].some(
    ({ step, done }) =>
      step.kind === 'switchover' && step.cluster === `default/${name}` && done !== undefined,
  );
}

function passes(count: number): () => boolean {
  let left = count;
  return () => {
    left -= 1;
    return left < 0;
  };
}

describe('what a new plan finds', () => {
  it('a pass over a step of the old plan ends, and touches nothing', async () => {
    const scene = await setScene(fleet, plan);
    const failover = failingOver(scene, 'default/acid-a', 'acid-a-2', () => doneOf(scene, 'fence') === 2);
    await drive(scene, { ...failover, until: () => readScene(scene).planIds.length === 2 });
    const before = readScene(scene).lastSequence;
    const { kubernetes, patroni, pipeline, clock } = directPorts(scene.world);
    const late = await advanceStep({
      ports: { kubernetes, patroni, pipeline, journal: scene.journal },
      firstPlan: atHand(plan),
      plans: { get: async (id) => scene.plans.get(id), keep: async () => {} },
      runId,
      worker: 'worker-late',
      pace: realPace,
      clock,
      stepId: 's7',
    });
    expect(late).toEqual({ kind: 'stopped' });
    expect(readScene(scene).lastSequence).toBe(before);
  });

  it('an act of the old plan that was written meanwhile is withdrawn', async () => {
    const scene = await setScene(fleet, plan);
    await drive(scene, { replans: true, until: () => doneOf(scene, 'fence') === 2 });
    const { kubernetes, patroni, pipeline, clock } = directPorts(scene.world);
    const late: Journal = {
      ...scene.journal,
      // A worker that stood still between its look and its act: the run has another plan by then.
      append: async (run, entry) => {
        if (entry.lane === 's5' && entry.event.kind === 'act' && readScene(scene).planIds.length === 1) {
          scene.world.failOver('default/acid-a', 'acid-a-2');
          await drive(scene, { replans: true, until: () => readScene(scene).planIds.length === 2 });
        }
        return scene.journal.append(run, entry);
      },
    };
    const nowMs = clock.nowMs();
    await advanceStep({
      ports: { kubernetes, patroni, pipeline, journal: late },
      firstPlan: atHand(plan),
      plans: { get: async (id) => scene.plans.get(id), keep: async () => {} },
      runId,
      worker: 'worker-late',
      pace: realPace,
      // Its clock stood still, too: only the plan tells.
      clock: { nowMs: () => nowMs },
      stepId: 's5',
    });
    const ofStep = (scene.journal.runs.get(runId) ?? []).filter(({ lane }) => lane === 's5');
    expect(ofStep.map(({ event }) => ('answer' in event ? event.answer : event.kind))).toEqual([
      'act',
      'withdrawn',
    ]);
    expect(scene.world.roleChanges.map(({ kind }) => kind)).toEqual(['failover']);
  });

  it('a node that was marked as released, of which the pipeline was not told yet, is given back all the same', async () => {
    const scene = await setScene(fleet, plan);
    let isPlanted = false;
    const fold = await drive(scene, {
      replans: true,
      ports: (ports) => ({
        ...ports,
        pipeline: {
          ...ports.pipeline,
          nodeReleased: async (node) => {
            if (!isPlanted) {
              isPlanted = true;
              scene.world.failOver('default/acid-b', 'acid-b-1');
              throw new OutsideError({
                code: 'timeout',
                target: 'pipeline',
                request: 'released',
                message: 'no answer',
              });
            }
            return ports.pipeline.nodeReleased(node);
          },
        },
      }),
      until: () => readScene(scene).state === 'waiting-for-approval',
    });
    if (fold.state === 'waiting-for-approval') await say(scene, { kind: 'approved', plan: fold.plan.id });
    const end = await drive(scene, { replans: true });
    expect(describeRun(end).state).toBe('finished');
    expect([...scene.world.releasedNodes].sort()).toEqual(['n1', 'n2']);
  });
});
