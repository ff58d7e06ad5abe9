import { describe, expect, it } from 'vitest';
import { OutsideError } from '../../executor/errors.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import { directPorts } from '../../simulations/direct-ports.ts';
import { cluster, deployment, drainRequest, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';
import { drive, planFor, readScene, runId, type Scene, say, setScene } from './drive-run.ts';

const fleet = fleetObjects(
  zone('z1', node('n1', { drain: true })),
  zone('z2', node('n2')),
  zone('z3', node('n3')),
  cluster('acid-a', member('n1', 'primary'), member('n2')),
  deployment('web', { on: ['n1', 'n3'], budget: { maxUnavailable: 1 }, cpu: '100m' }),
);
const minuteMs = 60_000;

const sceneOf = (): Promise<Scene> => setScene(fleet, planFor(fleet, drainRequest()));

function eventsOf({ journal }: Scene): readonly string[] {
  return (journal.runs.get(runId) ?? []).flatMap(({ lane, event }) => (lane === 'run' ? [event.kind] : []));
}

function setMaxUnavailable({ world }: Scene, count: number): void {
  world.store.update('PodDisruptionBudget', 'default', 'web', (draft) => {
    draft.spec = { selector: draft.spec?.selector, maxUnavailable: count };
  });
  world.advanceTo(world.nowMs() + 1_000);
}

async function marksOn({ world }: Scene, name: string): Promise<unknown> {
  const seen = await directPorts(world).kubernetes.getNode(name);
  return [seen?.fencedBy, seen?.cordonedBy];
}

describe('a plan that does not hold at the start for a reason that passes', () => {
  it('begins when the candidate has caught up, says what it waited for, and calls nobody', async () => {
    const scene = await sceneOf();
    const { world } = scene;
    world.freezeReplica('default', 'acid-a-1', true);
    world.advanceTo(world.nowMs() + 5 * minuteMs);
    // The five minutes count from here.
    await say(scene, { kind: 'pause-asked' });
    await drive(scene, { until: () => readScene(scene).state === 'paused' });
    await say(scene, { kind: 'resumed' });
    const resumedMs = world.nowMs();
    let waited: unknown;
    const fold = await drive(scene, {
      beforePass: () => {
        if (world.nowMs() - resumedMs < 2 * minuteMs) return;
        waited ??= describeRun(readScene(scene)).because;
        world.freezeReplica('default', 'acid-a-1', false);
      },
    });
    const until = new Date(resumedMs + 5 * minuteMs).toISOString();
    expect(waited).toMatchObject({
      code: 'start-awaited',
      facts: { until, why: expect.stringContaining('acid-a-1') },
    });
    expect(describeRun(fold).state).toBe('finished');
    expect(describeRun(fold).because).toMatchObject({ code: 'finished' });
    expect(eventsOf(scene).filter((kind) => kind === 'start-awaited')).toHaveLength(1);
    expect(eventsOf(scene)).not.toContain('halted');
    expect(world.roleChanges).toHaveLength(1);
  });

  it('says what the server said where the fleet cannot be read, and begins when it can', async () => {
    const scene = await sceneOf();
    let waited: unknown;
    const message = '403 csinodes.storage.k8s.io is forbidden';
    const fold = await drive(scene, {
      ports: (ports) => ({
        ...ports,
        kubernetes: {
          ...ports.kubernetes,
          listFleetObjects: async () => {
            if (waited !== undefined) return ports.kubernetes.listFleetObjects();
            throw new OutsideError({ code: 'not-allowed', target: 'kubernetes', request: 'list', message });
          },
        },
      }),
      beforePass: () => {
        const { state, because } = describeRun(readScene(scene));
        if (state === 'running' && because.code === 'outside-trouble') waited = because;
      },
    });
    expect(waited).toMatchObject({
      facts: { subject: 'kubernetes', code: 'not-allowed', message: expect.stringContaining(message) },
    });
    expect(describeRun(fold)).toMatchObject({ state: 'finished', because: { code: 'finished' } });
    expect(eventsOf(scene).filter((kind) => kind === 'start-awaited')).toHaveLength(1);
  });

  it('halts after five minutes where it does not pass, and nothing was touched', async () => {
    const scene = await sceneOf();
    const startMs = scene.world.nowMs();
    setMaxUnavailable(scene, 0);
    const fold = await drive(scene, { until: () => readScene(scene).state === 'halted' });
    expect(fold.because).toMatchObject({
      code: 'plan-invalid',
      facts: { why: expect.stringContaining('budget default/web allows no eviction') },
    });
    expect(describeRun(fold).because).toEqual(fold.because);
    const waitedMs = (fold.endedAtMs ?? 0) - startMs;
    expect(waitedMs).toBeGreaterThanOrEqual(5 * minuteMs);
    expect(waitedMs).toBeLessThan(6 * minuteMs);
    expect(await marksOn(scene, 'n1')).toEqual([undefined, undefined]);
    expect(eventsOf(scene)).toEqual(['created', 'start-awaited', 'halted']);
  });

  it('is looked at for five minutes more when somebody resumes it, and begins', async () => {
    const scene = await sceneOf();
    setMaxUnavailable(scene, 0);
    await drive(scene);
    expect(readScene(scene).state).toBe('halted');
    await say(scene, { kind: 'resumed' });
    const resumedMs = scene.world.nowMs();
    const fold = await drive(scene, {
      beforePass: () => {
        if (scene.world.nowMs() - resumedMs > 3 * minuteMs) setMaxUnavailable(scene, 1);
      },
    });
    expect(describeRun(fold).state).toBe('finished');
  });

  it('may be aborted meanwhile', async () => {
    const scene = await sceneOf();
    setMaxUnavailable(scene, 0);
    await drive(scene, { until: () => describeRun(readScene(scene)).because.code === 'start-awaited' });
    await say(scene, { kind: 'abort-asked' });
    const fold = await drive(scene);
    expect(describeRun(fold)).toMatchObject({ state: 'aborted', because: { code: 'aborted' } });
    expect(scene.world.evictions).toEqual([]);
  });
});

describe('a plan that does not hold at the start for another reason', () => {
  it('halts at once where somebody else leads', async () => {
    const scene = await sceneOf();
    scene.world.failOver('default/acid-a', 'acid-a-1');
    scene.world.advanceTo(scene.world.nowMs() + minuteMs);
    const fold = await drive(scene);
    expect(fold.because).toMatchObject({ code: 'plan-invalid' });
    expect(eventsOf(scene)).toEqual(['created', 'halted']);
  });

  it('also where a budget is closed besides', async () => {
    const scene = await sceneOf();
    setMaxUnavailable(scene, 0);
    scene.world.failOver('default/acid-a', 'acid-a-1');
    scene.world.advanceTo(scene.world.nowMs() + minuteMs);
    await drive(scene);
    expect(eventsOf(scene)).toEqual(['created', 'halted']);
  });
});
