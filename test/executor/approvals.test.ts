import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../executor/journal.ts';
import type { Journal } from '../../executor/ports.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import { foldRun, readyStepIds } from '../../executor/record/fold-run.ts';
import { explainWait } from '../../planner/explain/explain-wait.ts';
import type { DrainPlan } from '../../planner/plan.ts';
import { createMemoryJournal } from '../../simulations/memory-journal.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import { drainRequest, threeZones } from '../fixtures/fleet.ts';
import { drive, planFor, readScene, runId, type Scene, say } from './drive-run.ts';
import { entriesOf, nodeStep, planOf, startMs, switchover } from './runs.ts';

const hourMs = 3_600_000;

/** A run that was just asked for, in a world of its own. */
async function asked(plan: DrainPlan, more: Partial<Extract<RunEvent, { kind: 'created' }>>): Promise<Scene> {
  const world = createWorld({ objects: threeZones().items });
  const journal = createMemoryJournal();
  const scene: Scene = { world, plan, journal, plans: new Map() };
  await say(scene, {
    kind: 'created',
    plan: plan.id,
    fleet: 'prod',
    requester: 'anna',
    needsApproval: true,
    ...more,
  });
  return scene;
}

const plan = planFor(threeZones(), { ...drainRequest(), surge: { default: 1, total: 1 } });
const waves = [...new Set(plan.steps.map(({ wave }) => wave))];
const createdLine = {
  kind: 'created',
  plan: 'p',
  fleet: 'prod',
  requester: 'anna',
  needsApproval: true,
} as const;
const twoWaves = planOf([nodeStep('fence', 's1', 'n1'), { ...switchover('s2', 'a-0', 'a-1'), wave: 2 }]);
const plansAfter = new Map([['plan-2', { ...twoWaves, id: 'plan-2' }]]);
const replannedLine = (more: { needsApproval: boolean }) =>
  ['run', { kind: 'replanned', plan: 'plan-2', nodeUids: [], leaders: {}, facts: {}, ...more }] as const;
/** Nodes with a fence or a cordon of a run. */
const marksIn = ({ world }: Scene): readonly string[] =>
  world.store
    .list('Node')
    .filter((node) => /switchyard\.dev\/(drain|cordoned-by)/.test(JSON.stringify(node)))
    .map(({ metadata }) => metadata.name);
const isWaiting = (scene: Scene) => () => readScene(scene).state === 'waiting-for-approval';

describe('a run that is approved wave by wave', () => {
  it('waits before each wave, says what it will do, and goes no further than was approved', async () => {
    expect(waves.length).toBeGreaterThan(1);
    const scene = await asked(plan, { approvals: 'wave' });
    for (const wave of waves) {
      const waiting = readScene(scene);
      expect(describeRun(waiting)).toMatchObject({ state: 'waiting-for-approval', approvalWanted: { wave } });
      expect(explainWait(waiting.because)).toMatch(
        new RegExp(`^waiting for somebody else to approve wave ${wave}, which empties n\\d`),
      );
      const begun = plan.steps.filter((step) => (waiting.lanes.get(step.id)?.last ?? 0) > 0);
      expect(begun.every((step) => step.wave < wave)).toBe(true);
      expect(readyStepIds(waiting)).toEqual([]);
      await say(scene, { kind: 'approved', plan: plan.id, wave });
      await drive(scene, { until: isWaiting(scene) });
    }
    expect(describeRun(readScene(scene))).toMatchObject({
      state: 'finished',
      approvals: waves.map((wave) => ({ by: 'anna', wave })),
    });
    expect(scene.world.violations).toEqual([]);
  });

  it('keeps the fleet between two waves, and looks at all of it again before it goes on', async () => {
    const scene = await asked(plan, { approvals: 'wave' });
    await say(scene, { kind: 'approved', plan: plan.id, wave: 1 });
    await drive(scene, { until: isWaiting(scene) });
    const untilMs = scene.world.nowMs() + hourMs;
    await drive(scene, { until: () => scene.world.nowMs() > untilMs });
    const lease = scene.world.store.get('Lease', 'default', 'switchyard')?.spec;
    expect(lease?.holderIdentity).toBe(runId);
    expect(Date.parse(String(lease?.renewTime))).toBeGreaterThan(untilMs - 60_000);
    await say(scene, { kind: 'approved', plan: plan.id, wave: 2 });
    expect(readScene(scene).lookedAtMs).toBeUndefined();
  });

  it('is aborted between two waves like any other, and takes its marks off', async () => {
    const scene = await asked(plan, { approvals: 'wave' });
    await say(scene, { kind: 'approved', plan: plan.id, wave: 1 });
    await drive(scene, { until: isWaiting(scene) });
    await say(scene, { kind: 'abort-asked' });
    expect((await drive(scene)).state).toBe('aborted');
    // A released node may be gone the next moment and stays closed.
    const kept = scene.world.store.list('Node').filter(({ metadata }) => {
      return metadata.annotations?.['switchyard.dev/released-by'] === undefined;
    });
    expect(kept.length).toBeGreaterThan(0);
    const nodes = JSON.stringify(kept);
    expect(nodes).not.toMatch(/switchyard\.dev\/(drain|cordoned-by)/);
  });

  it('is asked once for each wave, also by a worker that stood still while the next one was approved and done', async () => {
    const scene = await asked(plan, { approvals: 'wave' });
    await say(scene, { kind: 'approved', plan: plan.id, wave: 1 });
    const isAtEndOfWave = (): boolean => {
      const fold = readScene(scene);
      return fold.state === 'running' && fold.startedAtMs !== undefined && readyStepIds(fold).length === 0;
    };
    await drive(scene, { until: isAtEndOfWave });
    let isHeldUp = true;
    const late = (journal: Journal): Journal => ({
      read: journal.read,
      append: async (run, entry) => {
        if (isHeldUp && entry.event.kind === 'approval-asked') {
          isHeldUp = false;
          await drive(scene, { until: isWaiting(scene), worker: 'another' });
          await say(scene, { kind: 'approved', plan: plan.id, wave: 2 });
          await drive(scene, { until: isAtEndOfWave, worker: 'another' });
        }
        return journal.append(run, entry);
      },
    });
    await drive(scene, { journal: late, until: isWaiting(scene) });
    const entries = scene.journal.runs.get(runId) ?? [];
    const waves = entries.flatMap(({ event }) => (event.kind === 'approval-asked' ? event.wave : []));
    expect(isHeldUp).toBe(false);
    expect(waves).toEqual([...new Set(waves)]);
  });

  it('has no step of a later wave ready, whatever it waits for', () => {
    const lines = [
      ['run', { ...createdLine, approvals: 'wave' }],
      ['run', { kind: 'approved', plan: 'p', wave: 1 }],
    ] as const;
    expect(readyStepIds(foldRun(twoWaves, runId, entriesOf(lines)))).toEqual(['s1']);
    const both = entriesOf([
      ...lines,
      ['run', { kind: 'approval-asked', wave: 2 }],
      ['run', { kind: 'approved', plan: 'p', wave: 2 }],
    ]);
    expect(readyStepIds(foldRun(twoWaves, runId, both))).toEqual(['s1', 's2']);
  });
});

describe('a run whose approval Redis has lost, with all that was done on the strength of it', () => {
  const approvalMs = hourMs;

  async function forgotten(): Promise<Scene> {
    const scene = await asked(plan, { approvalMs });
    await say(scene, { kind: 'approved', plan: plan.id });
    await drive(scene, { until: () => marksIn(scene).length > 0 });
    scene.journal.lose(runId, 1);
    expect(readScene(scene).state).toBe('waiting-for-approval');
    return scene;
  }

  it('does not start on the strength of that, where somebody has rejected it in the place of the approval', async () => {
    const scene = await asked(plan, { approvalMs });
    await say(scene, { kind: 'approved', plan: plan.id });
    const dying = (journal: Journal): Journal => ({
      read: journal.read,
      append: async (run, entry) => {
        if (entry.event.kind === 'started') {
          scene.journal.lose(runId, 1);
          scene.world.advanceTo(scene.world.nowMs() + 1);
          await say(scene, { kind: 'rejected' });
        }
        return journal.append(run, entry);
      },
    });
    const fold = await drive(scene, { journal: dying });
    expect([fold.state, fold.startedAtMs]).toEqual(['rejected', undefined]);
  });

  it('leaves no mark when it is rejected then', async () => {
    const scene = await forgotten();
    await say(scene, { kind: 'rejected' });
    expect((await drive(scene)).state).toBe('rejected');
    expect(marksIn(scene)).toEqual([]);
    expect(scene.world.store.get('Lease', 'default', 'switchyard')?.spec?.holderIdentity).toBe('');
  });

  it('leaves no mark when it expires', async () => {
    const scene = await forgotten();
    expect((await drive(scene)).state).toBe('expired');
    expect(marksIn(scene)).toEqual([]);
  });

  it('leaves the marks of others where they are', async () => {
    const scene = await forgotten();
    const foreign = { key: 'switchyard.dev/drain', value: 'run-0', effect: 'NoSchedule' };
    const other = scene.world.store
      .list('Node')
      .find(({ metadata }) => !marksIn(scene).includes(metadata.name));
    scene.world.store.update('Node', undefined, other?.metadata.name ?? '', (draft) => {
      draft.spec.taints = [foreign];
    });
    await say(scene, { kind: 'rejected' });
    await drive(scene);
    expect(marksIn(scene)).toEqual([other?.metadata.name]);
  });
});

describe('an approval', () => {
  it('that nobody gives in time expires with the run, and not a moment sooner', async () => {
    const scene = await asked(plan, { approvalMs: 6 * hourMs });
    const expires = new Date(scene.world.nowMs() + 6 * hourMs).toISOString();
    expect(describeRun(readScene(scene)).approvalWanted).toEqual({ expires });
    const beganMs = scene.world.nowMs();
    const fold = await drive(scene);
    expect(fold.state).toBe('expired');
    expect(explainWait(fold.because)).toBe('nobody approved it in time');
    const tookMs = scene.world.nowMs() - beganMs;
    expect(tookMs).toBeGreaterThanOrEqual(6 * hourMs);
    expect(tookMs).toBeLessThan(6 * hourMs + 60_000);
  });

  it('that was given is void when the run did not start in time', async () => {
    const scene = await asked(plan, { approvalMs: hourMs });
    await say(scene, { kind: 'approved', plan: plan.id });
    scene.world.advanceTo(scene.world.nowMs() + hourMs);
    const fold = await drive(scene);
    expect(fold.state).toBe('expired');
    expect(explainWait(fold.because)).toBe('nobody started it in time; the approval of anna is void');
    expect(scene.world.evictions).toEqual([]);
    expect(JSON.stringify(scene.world.store.list('Node'))).not.toContain('switchyard.dev/drain');
  });

  it('holds for as long as the run takes once it has started', async () => {
    const scene = await asked(plan, { approvalMs: 60_000 });
    await say(scene, { kind: 'approved', plan: plan.id });
    const beganMs = scene.world.nowMs();
    expect((await drive(scene)).state).toBe('finished');
    expect(scene.world.nowMs() - beganMs).toBeGreaterThan(60_000);
  });

  it('that was given to the plan before does not make the new one expire sooner', () => {
    const entries = entriesOf([
      ['run', { ...createdLine, approvalMs: hourMs }],
      ['run', { kind: 'approved', plan: 'p' }],
      replannedLine({ needsApproval: true }),
    ]).map((entry) => ({ ...entry, atMs: startMs + entry.sequence * 60_000 }));
    const fold = foldRun(plan, runId, entries, plansAfter);
    const expires = new Date(startMs + 3 * 60_000 + hourMs).toISOString();
    expect(describeRun(fold)).toMatchObject({ state: 'waiting-for-approval', approvalWanted: { expires } });
  });

  it('of a wave is asked for the first wave of a new plan, whatever wave the old one had come to', () => {
    const lines = [
      ['run', { ...createdLine, approvals: 'wave' }],
      ['run', { kind: 'approved', plan: 'p', wave: 1 }],
      ['run', { kind: 'started', leaders: {} }],
      ['run', { kind: 'halted', because: { code: 'plan-invalid', facts: {} } }],
      replannedLine({ needsApproval: true }),
    ] as const;
    const fold = foldRun(twoWaves, runId, entriesOf(lines), plansAfter);
    expect(describeRun(fold).approvalWanted).toEqual({ wave: 1 });
    expect(explainWait(fold.because)).toContain('the new plan, wave 1, ');
  });

  it('of a journal that does not say how long never expires', () => {
    const fold = foldRun(plan, runId, entriesOf([['run', createdLine]]));
    expect(describeRun(fold).approvalWanted).toEqual({});
    expect(fold.activeSinceMs).toBe(startMs);
  });
});
