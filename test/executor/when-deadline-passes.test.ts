import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { repeatsItself } from '../../executor/decide/judge-new-plan.ts';
import { realPace } from '../../executor/limits.ts';
import { newsOf } from '../../executor/news-of.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import { replayRun } from '../../executor/replay/replay-run.ts';
import { directPorts } from '../../simulations/direct-ports.ts';
import { cluster, clusterWith, drainRequest, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';
import { type Drive, drive, planFor, readScene, runId, type Scene, setScene } from './drive-run.ts';
import { foldOf, type Line, memberMove, planOf, switchover } from './runs.ts';

/** A primary on n1, a replica on n2; n1 and n2 to be drained. */
const fleet = fleetObjects(
  zone('z1', node('n1', { drain: true })),
  zone('z2', node('n2', { drain: true })),
  zone('z3', node('n3')),
  cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3')),
);
const hourMs = 60 * 60_000;

async function sceneWith(onDeadline: 'pause' | 'wait' | 'skip-node'): Promise<Scene> {
  return setScene(fleet, planFor(fleet, drainRequest({ onDeadline })));
}

const entriesOf = (scene: Scene) => scene.journal.runs.get(runId) ?? [];

async function marked({ world }: Scene): Promise<readonly string[]> {
  const nodes = await directPorts(world).kubernetes.listNodes();
  return nodes
    .filter((each) => each.releasedBy === undefined && (each.fencedBy ?? each.cordonedBy) === runId)
    .map((each) => each.name);
}

function told(scene: Scene): readonly string[] {
  const fold = readScene(scene);
  return entriesOf(scene).flatMap((entry) => newsOf(fold, entry, undefined)?.notice?.code ?? []);
}

/** Somebody pauses acid-a in Patroni at the start, and resumes it after so long. */
function pausedFor(scene: Scene, ms: number): Drive {
  const startMs = scene.world.nowMs();
  return {
    replans: true,
    // Nothing happens for hours.
    pace: { ...realPace, pollMs: 20_000, idleMs: 60_000 },
    beforePass: () => {
      const acid = scene.world.clusters.get('default/acid-a');
      if (acid !== undefined) acid.config.pause = scene.world.nowMs() - startMs < ms;
    },
  };
}

function expectSameAgain(scene: Scene): void {
  const replay = replayRun(scene.plan, runId, entriesOf(scene), scene.plans);
  expect(replay).toMatchObject({ withoutGrounds: 0, differences: [] });
}

describe('"onDeadline": "pause", and nothing said', () => {
  it('halts the run at its first deadline, and a step says so before', async () => {
    const scene = await sceneWith('pause');
    const startMs = scene.world.nowMs();
    const fold = await drive(scene, pausedFor(scene, 10 * hourMs));
    expect(fold.because).toMatchObject({ code: 'deadline-passed', facts: { waitedFor: 'cluster-paused' } });
    expect(fold.because.facts).not.toHaveProperty('follows');
    expect((fold.endedAtMs ?? 0) - startMs).toBeLessThan(1.1 * hourMs);
    expect(Object.values(describeRun(fold).steps).map((step) => step.onDeadline)).toContain('pause');
  });
});

describe('"onDeadline": "wait"', () => {
  it('waits as long again, tells people each time, and goes on when what it waits for is mended', async () => {
    const scene = await sceneWith('wait');
    const fold = await drive(scene, pausedFor(scene, 2.5 * hourMs));
    expect(describeRun(fold).state).toBe('finished');
    expect(told(scene).filter((code) => code === 'deadline-extended')).toHaveLength(2);
    expect(told(scene)).not.toContain('halted');
    expectSameAgain(scene);
  });

  it('halts after three times', async () => {
    const scene = await sceneWith('wait');
    const startMs = scene.world.nowMs();
    const fold = await drive(scene, pausedFor(scene, 10 * hourMs));
    expect(fold.because).toMatchObject({ code: 'deadline-passed', facts: { waitedFor: 'cluster-paused' } });
    expect(told(scene).filter((code) => code === 'deadline-extended')).toHaveLength(3);
    const waitedMs = (fold.endedAtMs ?? 0) - startMs;
    expect(waitedMs).toBeGreaterThan(4 * realPace.waitLimitMs['cluster-paused']);
    expect(waitedMs).toBeLessThan(4.1 * realPace.waitLimitMs['cluster-paused']);
    expectSameAgain(scene);
  });
});

describe('"onDeadline": "skip-node"', () => {
  /** The pipeline brings no node in z1. */
  const noNodeInZ1: Drive = {
    replans: true,
    ports: (ports) => ({
      ...ports,
      pipeline: {
        ...ports.pipeline,
        wantNode: async (want) => (want.zone === 'z1' ? undefined : ports.pipeline.wantNode(want)),
      },
    }),
  };

  it('goes on without the node for which no other one comes, takes its marks off it, and says so', async () => {
    const scene = await sceneWith('skip-node');
    const fold = await drive(scene, noNodeInZ1);
    expect(describeRun(fold).state).toBe('finished');
    expect([...scene.world.releasedNodes]).toEqual(['n2']);
    expect(describeRun(fold).skipped).toMatchObject([
      { node: 'n1', because: { code: 'deadline-passed', facts: { waitedFor: 'waiting-for-node' } } },
    ]);
    expect(await marked(scene)).toEqual([]);
    expect(told(scene)).toContain('node-skipped');
    expect(scene.world.violations).toEqual([]);
    expectSameAgain(scene);
  });

  it('opens the node first where a pod that was evicted finds no place, and the pod comes back', async () => {
    const scene = await sceneWith('skip-node');
    const fold = await drive(scene, {
      replans: true,
      // Somebody closes each node that comes in z1.
      beforePass: () => {
        for (const each of scene.world.store.list('Node')) {
          const isFresh =
            each.metadata.name !== 'n1' && each.metadata.labels?.['topology.kubernetes.io/zone'] === 'z1';
          if (isFresh && isMoving(scene) && each.spec?.unschedulable !== true)
            scene.world.store.update('Node', undefined, each.metadata.name, (draft) => {
              draft.spec.unschedulable = true;
            });
        }
      },
    });
    expect(describeRun(fold).state).toBe('finished');
    expect([...scene.world.releasedNodes]).toEqual(['n2']);
    expect(describeRun(fold).skipped).toMatchObject([
      { node: 'n1', because: { facts: { waitedFor: 'pod-not-scheduled' } } },
    ]);
    expect((await directPorts(scene.world).kubernetes.getPod('default', 'acid-a-0'))?.node).toBe('n1');
    expect(await marked(scene)).toEqual([]);
    expect(scene.world.violations).toEqual([]);
    expectSameAgain(scene);
  });

  it('halts where it is the last node', async () => {
    const alone = fleetObjects(
      zone('z1', node('n1', { drain: true })),
      zone('z2', node('n2')),
      cluster('acid-a', member('n1', 'primary'), member('n2')),
    );
    const scene = await setScene(alone, planFor(alone, drainRequest({ onDeadline: 'skip-node' })));
    const fold = await drive(scene, noNodeInZ1);
    expect(fold.because).toMatchObject({ code: 'deadline-passed', facts: { waitedFor: 'waiting-for-node' } });
    expect(describeRun(fold).skipped).toBeUndefined();
  });
});

/** The member on n1 is about to be evicted: its switchover is done, and a node has come for it. */
function isMoving(scene: Scene): boolean {
  const done = [...readScene(scene).lanes.values()].filter((lane) => lane.done !== undefined);
  const isDone = (kind: string): boolean =>
    done.some(({ step }) => step.kind === kind && (step.kind !== 'add-node' || step.zone === 'z1'));
  return isDone('switchover') && isDone('add-node');
}

describe('a deadline that a new plan answers', () => {
  const synchronous = fleetObjects(
    zone('z1', node('n1', { drain: true })),
    zone('z2', node('n2')),
    zone('z3', node('n3', { drain: true })),
    cluster(
      'acid-a',
      clusterWith({ synchronous: 'on' }),
      member('n1', 'primary'),
      member('n2', 'sync-standby'),
      member('n3'),
    ),
  );

  it('is followed by one where Patroni has chosen another synchronous standby than was foreseen', async () => {
    const scene = await setScene(synchronous, planFor(synchronous, drainRequest()));
    const acid = scene.world.clusters.get('default/acid-a');
    if (acid !== undefined) acid.syncStandbys = ['acid-a-2'];
    const fold = await drive(scene, { replans: true });
    expect(describeRun(fold).state).toBe('finished');
    expect(describeRun(fold).planIds?.length).toBeGreaterThan(1);
    const halts = entriesOf(scene).flatMap(({ event }) =>
      event.kind === 'halted' ? [event.because.facts] : [],
    );
    expect(halts).toMatchObject([{ waitedFor: 'candidate-not-sync-standby', follows: 'replan' }]);
    expect(describeRun(fold).counts).toMatchObject({ unplanned: 0, outages: 0, released: 2 });
    expect(scene.world.violations).toEqual([]);
    expectSameAgain(scene);
  });

  it('is followed by none that begins in the cluster with the same switchover', () => {
    const step = switchover('s1', 'acid-a-0', 'acid-a-1');
    const facts = {
      subject: 'default/acid-a-1',
      step: 's1',
      waitedFor: 'candidate-behind',
      follows: 'replan',
    };
    const halted: Line = ['run', { kind: 'halted', because: { code: 'deadline-passed', facts } }];
    const fold = foldOf(planOf([step]), [halted]);
    expect(repeatsItself(planOf([step]), fold)).toBe(true);
    expect(repeatsItself(planOf([switchover('s1', 'acid-a-0', 'acid-a-2')]), fold)).toBe(false);
    // Another member is moved before: then Patroni may choose anew.
    expect(repeatsItself(planOf([memberMove('s1', 'acid-a-2'), { ...step, id: 's2' }]), fold)).toBe(false);
  });
});

it('docs/errors.md tells the deadline of every reason', () => {
  const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const section = page.split('\n## ').find((each) => each.startsWith('Deadlines\n')) ?? '';
  const minutesOf: Readonly<Record<string, number>> = { minute: 1, hour: 60, day: 24 * 60 };
  const told = [...section.matchAll(/^- (\d+) (minute|hour|day)s?: (.+)$/gm)].flatMap(
    ([, count, unit = '', codes = '']) =>
      [...codes.matchAll(/`([a-z-]+)`/g)].map(([, code]) => [
        code,
        Number(count) * (minutesOf[unit] ?? 0) * 60_000,
      ]),
  );
  expect(Object.fromEntries(told)).toEqual(realPace.waitLimitMs);
});
