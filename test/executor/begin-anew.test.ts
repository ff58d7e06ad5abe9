import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../executor/journal.ts';
import { newsOf } from '../../executor/news-of.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import { replayRun } from '../../executor/replay/replay-run.ts';
import { explainNotice } from '../../planner/explain/explain-news.ts';
import { explainReplan, explainWait } from '../../planner/explain/explain-wait.ts';
import { directPorts } from '../../simulations/direct-ports.ts';
import { cluster, deployment, drainRequest, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';
import {
  Died,
  drive,
  dyingJournal,
  planFor,
  readScene,
  runId,
  type Scene,
  say,
  setScene,
} from './drive-run.ts';

/** The primary of acid-a stands on a node to be drained, that of acid-b on one that stays: one switchover. */
const fleet = fleetObjects(
  zone('z1', node('n1', { drain: true })),
  zone('z2', node('n2')),
  zone('z3', node('n3')),
  cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3')),
  cluster('acid-b', member('n2', 'primary'), member('n1'), member('n3')),
  deployment('web', { on: ['n1', 'n3'], budget: { maxUnavailable: 1 }, cpu: '100m' }),
);
const minuteMs = 60_000;

const sceneOf = (): Promise<Scene> => setScene(fleet, planFor(fleet, drainRequest()));

function eventsOf({ journal }: Scene): readonly RunEvent[] {
  return (journal.runs.get(runId) ?? []).flatMap(({ lane, event }) => (lane === 'run' ? [event] : []));
}

const kindsOf = (scene: Scene): readonly string[] =>
  eventsOf(scene).flatMap(({ kind }) => (kind === 'act' || kind === 'answer' ? [] : [kind]));

async function evictFrom({ world }: Scene, owner: string, on: string): Promise<void> {
  const { kubernetes } = directPorts(world);
  const [pod] = (await kubernetes.listPods({ node: on })).filter(({ name }) => name.startsWith(owner));
  if (pod === undefined) throw new Error(`no pod of ${owner} on ${on}`);
  await kubernetes.evict(pod);
  world.advanceTo(world.nowMs() + minuteMs);
}

function failOver({ world }: Scene, name: string, to: string): void {
  world.failOver(`default/${name}`, to);
  world.advanceTo(world.nowMs() + minuteMs);
}

function closeBudget({ world }: Scene, maxUnavailable: number): void {
  world.store.update('PodDisruptionBudget', 'default', 'web', (draft) => {
    draft.spec = { selector: draft.spec?.selector, maxUnavailable };
  });
  world.advanceTo(world.nowMs() + minuteMs);
}

const isWaiting = (scene: Scene) => (): boolean => readScene(scene).state === 'waiting-for-approval';

describe('a plan that the fleet has left behind before its run begins', () => {
  it('by a pod that was rolled: the run begins by another plan that interrupts no more', async () => {
    const scene = await sceneOf();
    await evictFrom(scene, 'web', 'n1');
    const fold = await drive(scene, { replans: true });
    expect(describeRun(fold)).toMatchObject({
      state: 'finished',
      counts: { done: 1, planned: 1, unplanned: 0, released: 1 },
    });
    expect(describeRun(fold).planIds).toHaveLength(2);
    expect(kindsOf(scene)).toEqual(['created', 'replanned', 'started', 'finished']);
    expect(eventsOf(scene)[1]).toMatchObject({
      needsApproval: false,
      facts: { switchovers: 1, switchoversBefore: 1, why: expect.stringContaining('web') },
    });
    expect(scene.world.violations).toEqual([]);
    const replay = replayRun(scene.plan, runId, scene.journal.runs.get(runId) ?? [], scene.plans);
    expect(replay).toMatchObject({ withoutGrounds: 0, differences: [] });
  });

  it.each(['before', 'after'] as const)(
    'also where the worker dies right %s it writes so, and where two workers look at once',
    async (when) => {
      const scene = await sceneOf();
      await evictFrom(scene, 'web', 'n1');
      const dying = drive(scene, { replans: true, journal: (journal) => dyingJournal(journal, 1, when) });
      await expect(dying).rejects.toThrow(Died);
      const fold = await drive(scene, { replans: true, worker: 'worker-2', twice: true });
      expect(describeRun(fold)).toMatchObject({
        state: 'finished',
        counts: { done: 1, planned: 1, unplanned: 0 },
      });
      expect(kindsOf(scene)).toEqual(['created', 'replanned', 'started', 'finished']);
    },
  );

  it('by failovers after which another cluster has to switch over: it begins at once, and says which', async () => {
    const scene = await sceneOf();
    failOver(scene, 'acid-a', 'acid-a-1');
    failOver(scene, 'acid-b', 'acid-b-1');
    const fold = await drive(scene, { replans: true });
    expect(describeRun(fold)).toMatchObject({
      state: 'finished',
      counts: { done: 1, planned: 1, unplanned: 0 },
    });
    const replanned = eventsOf(scene).find(({ kind }) => kind === 'replanned');
    expect(replanned).toMatchObject({
      needsApproval: false,
      facts: { newSwitchovers: ['default/acid-b'], newSwitchoversCount: 1 },
    });
    expect(replanned?.kind === 'replanned' && explainReplan(replanned.facts)).toContain(
      '1 switchover (1 was planned), 0 outages (0 were planned); new among the switchovers: default/acid-b; the plan before',
    );
  });

  it('by a failover that saves the switchover: nobody is interrupted, and it is no failover of the run', async () => {
    const scene = await sceneOf();
    failOver(scene, 'acid-a', 'acid-a-1');
    const fold = await drive(scene, { replans: true });
    expect(describeRun(fold)).toMatchObject({
      state: 'finished',
      counts: { done: 0, planned: 0, unplanned: 0, released: 1 },
    });
    expect(scene.world.roleChanges.map(({ kind }) => kind)).toEqual(['failover']);
  });

  it('adds no more nodes than the request allows, counted from those that are there at the start', async () => {
    const scene = await sceneOf();
    failOver(scene, 'acid-a', 'acid-a-1');
    await drive(scene, { replans: true });
    const [plan] = scene.plans.values();
    expect(plan?.request.surge?.perZone).toEqual({ z1: 1, z2: 1, z3: 1 });
    expect(plan?.steps.filter(({ kind }) => kind === 'add-node')).toHaveLength(1);
  });

  it('by a failover that costs one more: the other plan waits for approval, and the fleet is nobody’s meanwhile', async () => {
    const scene = await sceneOf();
    failOver(scene, 'acid-b', 'acid-b-1');
    const fold = await drive(scene, { replans: true, until: isWaiting(scene) });
    expect(fold.startedAtMs).toBeUndefined();
    expect(explainWait(fold.because)).toMatch(
      /^waiting for somebody else to approve the new plan: 2 switchovers \(1 was planned\), 0 outages \(0 were planned\); new among the switchovers: default\/acid-b; the plan before does not hold any more: .*acid-b/,
    );
    const news = (scene.journal.runs.get(runId) ?? []).flatMap(
      (entry) => newsOf(fold, entry, undefined) ?? [],
    );
    expect(news.map(({ notice }) => notice && explainNotice(notice))).toEqual([
      expect.stringMatching(/^\[prod\] run run-1 waits for approval .*\n.* the new plan: 2 switchovers/),
    ]);
    const waitsMs = scene.world.nowMs();
    await drive(scene, { replans: true, until: () => scene.world.nowMs() > waitsMs + 60 * minuteMs });
    const renewed = scene.world.store.get('Lease', 'default', 'switchyard')?.spec?.renewTime;
    expect(Date.parse(renewed)).toBeLessThanOrEqual(waitsMs);
    expect(scene.world.evictions).toEqual([]);
    await say(scene, { kind: 'approved', plan: fold.plan.id });
    const end = await drive(scene, { replans: true });
    expect(describeRun(end)).toMatchObject({
      state: 'finished',
      counts: { done: 2, planned: 2, unplanned: 0 },
    });
  });

  it('and waits for approval, is not found again as one that may begin without, and keeps nobody from the fleet', async () => {
    const scene = await sceneOf();
    failOver(scene, 'acid-b', 'acid-b-1');
    await drive(scene, { replans: true, until: isWaiting(scene) });
    const waitsMs = scene.world.nowMs();
    await drive(scene, { replans: true, until: () => scene.world.nowMs() > waitsMs + 10 * minuteMs });
    const { kubernetes } = directPorts(scene.world);
    const note = await kubernetes.readNote();
    expect(note === undefined || JSON.parse(note).needsApproval).toBe(true);
    expect((await kubernetes.holdLease({ holder: 'run-2', durationSeconds: 30 })).kind).toBe('held');
  });

  it('while the other plan waits for approval: that one is replaced as well', async () => {
    const scene = await sceneOf();
    failOver(scene, 'acid-b', 'acid-b-1');
    const fold = await drive(scene, { replans: true, until: isWaiting(scene) });
    failOver(scene, 'acid-b', 'acid-b-2');
    await say(scene, { kind: 'approved', plan: fold.plan.id });
    const end = await drive(scene, { replans: true });
    expect(describeRun(end)).toMatchObject({
      state: 'finished',
      counts: { done: 1, planned: 1, unplanned: 0 },
    });
    expect(describeRun(end).planIds).toHaveLength(3);
  });

  it('for good: the run halts after five minutes, says what it broke and why there is no other plan', async () => {
    const scene = await sceneOf();
    failOver(scene, 'acid-b', 'acid-b-1');
    closeBudget(scene, 0);
    const fold = await drive(scene, { replans: true });
    expect(kindsOf(scene)).toEqual(['created', 'start-awaited', 'halted']);
    expect((fold.endedAtMs ?? 0) - fold.activeSinceMs).toBeGreaterThanOrEqual(5 * minuteMs);
    expect(explainWait(fold.because)).toMatch(
      /^the plan does not fit the fleet any more: .*; and no other plan was found: node n1 cannot be emptied: /,
    );
    expect(scene.world.evictions).toEqual([]);
  });

  it('while something stands in the way of another plan that passes: the run says so, and begins when it has passed', async () => {
    const scene = await sceneOf();
    failOver(scene, 'acid-a', 'acid-a-1');
    closeBudget(scene, 0);
    const awaited = () => readScene(scene).startAwaits !== undefined;
    const waiting = await drive(scene, { replans: true, until: awaited });
    expect(explainWait(describeRun(waiting).because)).toMatch(
      /^not begun yet, .*; and no other plan was found: node n1 cannot be emptied: .*; looked at again until /,
    );
    closeBudget(scene, 1);
    const fold = await drive(scene, { replans: true });
    expect(describeRun(fold).state).toBe('finished');
    expect(kindsOf(scene)).toEqual(['created', 'start-awaited', 'replanned', 'started', 'finished']);
  });

  it('again and again: after five other plans a person has to decide', async () => {
    const scene = await sceneOf();
    // Its volume brings it back to n1 each time, as another pod.
    const fold = await drive(scene, {
      replans: true,
      beforePass: () => evictFrom(scene, 'acid-b-1', 'n1'),
      until: () => readScene(scene).state === 'halted',
    });
    expect(fold.startedAtMs).toBeUndefined();
    expect(kindsOf(scene).filter((kind) => kind === 'replanned')).toHaveLength(5);
  });

  it('whose run is approved wave by wave: the first wave of the other plan waits for an approval of its own', async () => {
    const scene = await setScene(fleet, planFor(fleet, drainRequest()), { approvals: 'wave' });
    await say(scene, { kind: 'approved', plan: scene.plan.id, wave: 1 });
    await evictFrom(scene, 'web', 'n1');
    const fold = await drive(scene, { replans: true, until: isWaiting(scene) });
    expect(fold.startedAtMs).toBeUndefined();
    expect(describeRun(fold).approvalWanted).toEqual({ wave: 1 });
    expect(explainWait(fold.because)).toMatch(
      /the new plan, wave 1, which empties n1: \d+ moves, 1 switchover \(default\/acid-a\): 1 switchover \(1 was planned\)/,
    );
    await say(scene, { kind: 'approved', plan: fold.plan.id, wave: 1 });
    expect((await drive(scene, { replans: true })).state).toBe('finished');
  });
});
