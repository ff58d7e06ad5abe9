import { describe, expect, it } from 'vitest';
import { advanceRun } from '../../executor/advance-run.ts';
import { advanceStep } from '../../executor/advance-step.ts';
import type { StepContext } from '../../executor/contexts.ts';
import { OutsideError } from '../../executor/errors.ts';
import { realPace } from '../../executor/limits.ts';
import type { Journal } from '../../executor/ports.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import { foldRun } from '../../executor/record/fold-run.ts';
import { atHand } from '../../executor/record/read-fold.ts';
import { explainWait } from '../../planner/index.ts';
import type { Step } from '../../planner/plan.ts';
import { directPorts } from '../../simulations/direct-ports.ts';
import { createMemoryJournal } from '../../simulations/memory-journal.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import { cluster, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';
import {
  actLine,
  answerLine,
  created,
  type Line,
  memberMove,
  nodeStep,
  planOf,
  runId,
  startedOn,
  switchover,
} from './runs.ts';

const fleet = fleetObjects(
  zone('z1', node('n1'), node('k1')),
  zone('z2', node('n2')),
  zone('z3', node('n3')),
  cluster('acid-a', member('n1'), member('n2'), member('n3', 'primary')),
);
const openFence = actLine('f1', { kind: 'fence', node: 'n1', resourceVersion: '1' });

/** A run of these steps with these lines in its journal, in a world of its own, holding the fleet. */
async function setStage(steps: readonly Step[], lines: readonly Line[]) {
  const world = createWorld({ objects: fleet.items });
  const journal = createMemoryJournal();
  const { clock, ...outside } = directPorts(world);
  for (const line of [created, startedOn(await outside.kubernetes.listNodes()), ...lines]) {
    await write(journal, line, clock.nowMs());
  }
  await outside.kubernetes.holdLease({ holder: runId, durationSeconds: 30 });
  const ports = { ...outside, journal };
  const ctx: StepContext = {
    ports,
    firstPlan: atHand(planOf(steps)),
    runId,
    worker: 'worker-1',
    pace: realPace,
    clock,
    stepId: '',
  };
  const holder = (): unknown => world.store.get('Lease', 'default', 'switchyard')?.spec.holderIdentity;
  return { world, journal, ctx, holder };
}

async function write(journal: Journal, [lane, event]: Line, atMs: number): Promise<void> {
  const after = (await journal.read(runId)).findLast((entry) => entry.lane === lane)?.sequence ?? 0;
  expect(await journal.append(runId, { lane, after, by: 'anna', atMs, event })).toMatchObject({
    kind: 'appended',
  });
}

async function lastEventOf(journal: Journal): Promise<string | undefined> {
  return (await journal.read(runId)).at(-1)?.event.kind;
}

describe('an act without answer', () => {
  const fence = nodeStep('fence', 'f1', 'n1');

  it('keeps a halted run from letting go of the fleet, and is looked after', async () => {
    const halted: Line = ['run', { kind: 'halted', because: { code: 'deadline-passed', facts: {} } }];
    const { journal, ctx, holder } = await setStage([fence], [openFence, halted]);
    expect(await advanceRun(ctx)).toMatchObject({ kind: 'again', readySteps: ['f1'] });
    expect(holder()).toBe(runId);
    await write(journal, answerLine('f1', 'fence', 'seen-not-done'), ctx.clock.nowMs());
    expect(await advanceRun(ctx)).toEqual({ kind: 'ended' });
    expect(holder()).toBe('');
  });

  it.each(['abort-asked', 'pause-asked'] as const)(
    'comes to its end before what was asked for with %s is so',
    async (kind) => {
      const { journal, ctx } = await setStage([fence], [openFence, ['run', { kind }]]);
      expect(await advanceRun(ctx)).toMatchObject({ kind: 'again', readySteps: ['f1'] });
      expect(await lastEventOf(journal)).toBe(kind);
      await write(journal, answerLine('f1', 'fence', 'seen-not-done'), ctx.clock.nowMs());
      await advanceRun(ctx);
      expect(await lastEventOf(journal)).toBe(kind === 'abort-asked' ? 'aborted' : 'paused');
    },
  );
});

describe('an act of which nobody knows what comes of it keeps the fleet for its run: the next one could not see it', () => {
  const asked = {
    kind: 'switchover',
    cluster: 'default/acid-a',
    leader: 'acid-a-2',
    leaderUrl: 'http://acid-a-2',
    candidate: 'acid-a-0',
    timeline: 1,
  } as const;
  const halted: Line = ['run', { kind: 'halted', because: { code: 'eviction-forbidden', facts: {} } }];
  const steps = [switchover('s1', 'acid-a-2', 'acid-a-0'), memberMove('m1', 'acid-a-0')];
  type Stage = Awaited<ReturnType<typeof setStage>>;

  async function carryOn({ world }: Stage, ctx: StepContext, forMs: number): Promise<void> {
    const untilMs = world.nowMs() + forMs;
    while (world.nowMs() < untilMs) {
      const pass = await advanceRun(ctx);
      if (pass.kind === 'ended') {
        return;
      }
      for (const stepId of pass.readySteps) {
        await advanceStep({ ...ctx, stepId });
      }
      world.advanceTo(world.nowMs() + Math.max(1, pass.inMs));
    }
  }
  const answerToAnother = async ({ ctx }: Stage): Promise<string> =>
    (await ctx.ports.kubernetes.holdLease({ holder: 'run-2', durationSeconds: 30 })).kind;

  it('while it has no answer, also beyond the time that the Lease lasts', async () => {
    const stage = await setStage(steps, [actLine('s1', asked), halted]);
    await carryOn(stage, stage.ctx, 45_000);
    expect(await answerToAnother(stage)).toBe('taken');
    // Once it has had its time.
    await carryOn(stage, stage.ctx, 300_000);
    expect(await answerToAnother(stage)).toBe('held');
  });

  it('while Patroni itself does not know', async () => {
    const stage = await setStage(steps, [
      actLine('s1', asked),
      answerLine('s1', 'switchover', 'unknown'),
      halted,
    ]);
    await carryOn(stage, stage.ctx, 120_000);
    expect(await answerToAnother(stage)).toBe('taken');
    await carryOn(stage, stage.ctx, 60_000);
    expect(await answerToAnother(stage)).toBe('held');
  });

  it('while an eviction may still arrive, and for that long no abort comes to its end', async () => {
    const evict = { kind: 'evict', namespace: 'default', name: 'acid-a-0', uid: 'uid-acid-a-0' } as const;
    const stage = await setStage(steps, [
      actLine('m1', evict),
      answerLine('m1', 'evict', 'failed', 0, { failure: 'timeout' }),
      ['run', { kind: 'abort-asked' }],
    ]);
    await carryOn(stage, stage.ctx, 5_000);
    expect(await lastEventOf(stage.journal)).not.toBe('aborted');
    expect(await answerToAnother(stage)).toBe('taken');
    await carryOn(stage, stage.ctx, 60_000);
    expect(await lastEventOf(stage.journal)).toBe('aborted');
    expect(await answerToAnother(stage)).toBe('held');
  });

  const evict = { kind: 'evict', namespace: 'default', name: 'acid-a-0', uid: 'uid-acid-a-0' } as const;
  it.each(['withdrawn', 'budget'])(
    'while an eviction without an answer may still arrive, also where a later attempt was answered with %s',
    async (answer) => {
      const stage = await setStage(steps, [
        actLine('m1', evict),
        answerLine('m1', 'evict', 'failed', 0, { failure: 'timeout' }),
        actLine('m1', evict),
        answerLine('m1', 'evict', answer),
        halted,
      ]);
      await carryOn(stage, stage.ctx, 5_000);
      expect(await answerToAnother(stage)).toBe('taken');
      await carryOn(stage, stage.ctx, 60_000);
      expect(await answerToAnother(stage)).toBe('held');
    },
  );

  it('so that the same switchover is never asked for twice within the time in which the first may still happen', async () => {
    const stage = await setStage(steps, []);
    const posts: number[] = [];
    const { patroni } = stage.ctx.ports;
    const switchingOver = async () => {
      posts.push(stage.world.nowMs());
      return { kind: 'unknown', message: '503 Switchover status unknown' } as const;
    };
    const ctx = {
      ...stage.ctx,
      ports: { ...stage.ctx.ports, patroni: { ...patroni, switchover: switchingOver } },
    };
    await carryOn(stage, ctx, 1_000);
    await write(stage.journal, halted, stage.world.nowMs());
    await carryOn(stage, ctx, 1_000);
    for (const [lane, event] of [created, startedOn(await ctx.ports.kubernetes.listNodes())]) {
      const after = (await stage.journal.read('run-2')).at(-1)?.sequence ?? 0;
      const entry = { lane, after: lane === 'run' ? after : 0, by: 'bert', atMs: stage.world.nowMs(), event };
      expect((await stage.journal.append('run-2', entry)).kind).toBe('appended');
    }
    await carryOn(stage, { ...ctx, runId: 'run-2' }, 20_000);
    expect(posts).toHaveLength(1);
  });
});

describe('an abort', () => {
  it('takes our marks off every node but the released ones', async () => {
    const { world, ctx } = await setStage([], [['run', { kind: 'abort-asked' }]]);
    const { kubernetes } = ctx.ports;
    const mark = async (
      name: string,
      kind: 'fence' | 'cordon' | 'mark-released',
      run: string,
    ): Promise<void> => {
      const resourceVersion = (await kubernetes.getNode(name))?.resourceVersion ?? '';
      expect(await kubernetes.changeNode({ name, resourceVersion }, { kind, run })).toBe('done');
    };
    await mark('n1', 'fence', runId);
    await mark('n1', 'cordon', runId);
    await mark('n2', 'fence', runId);
    await mark('n2', 'cordon', runId);
    await mark('n2', 'mark-released', runId);
    await mark('n3', 'fence', 'run-0');
    for (let count = 0; count < 10 && (await advanceRun(ctx)).kind !== 'ended'; count += 1) {
      world.advanceTo(world.nowMs() + 1);
    }
    expect(await kubernetes.getNode('n1')).toMatchObject({ unschedulable: false });
    expect(await kubernetes.getNode('n1')).not.toHaveProperty('fencedBy');
    expect(await kubernetes.getNode('n2')).toMatchObject({
      unschedulable: true,
      fencedBy: runId,
      releasedBy: runId,
    });
    expect(await kubernetes.getNode('n3')).toMatchObject({ fencedBy: 'run-0' });
  });
});

it('a server that asks for an hour is asked again in a minute: the Lease must not run out', async () => {
  const { ctx } = await setStage([], []);
  const asked = async (retryAfterMs: number) => {
    const holdLease = async () => {
      const about = { target: 'kubernetes', request: 'PUT lease', message: '503' };
      throw new OutsideError({ code: 'server-error', ...about, retryAfterMs });
    };
    const kubernetes = { ...ctx.ports.kubernetes, holdLease };
    return advanceRun({ ...ctx, ports: { ...ctx.ports, kubernetes } });
  };
  expect(await asked(3_600_000)).toMatchObject({ kind: 'again', inMs: 60_000 });
  expect(await asked(10_000)).toMatchObject({ kind: 'again', inMs: 10_000 });
});

it('an abort that may not take a mark off says in the journal what the server said', async () => {
  const { journal, ctx } = await setStage([], [['run', { kind: 'abort-asked' }]]);
  const { kubernetes } = ctx.ports;
  const resourceVersion = (await kubernetes.getNode('n1'))?.resourceVersion ?? '';
  await kubernetes.changeNode({ name: 'n1', resourceVersion }, { kind: 'fence', run: runId });
  const message = '403 nodes "n1" is forbidden';
  const forbidden = {
    ...kubernetes,
    changeNode: async () => {
      throw new OutsideError({ code: 'not-allowed', target: 'kubernetes', request: 'PATCH node', message });
    },
  };
  await advanceRun({ ...ctx, ports: { ...ctx.ports, kubernetes: forbidden } });
  expect((await journal.read(runId)).at(-1)?.event).toMatchObject({
    kind: 'answer',
    answer: 'failed',
    facts: { failure: 'not-allowed', message: expect.stringContaining(message) },
  });
});

it('an abort that meets a change by somebody else at a node tries it again after a moment, not as fast as it can', async () => {
  const { ctx, world } = await setStage([], [['run', { kind: 'abort-asked' }]]);
  const { kubernetes } = ctx.ports;
  const resourceVersion = (await kubernetes.getNode('n1'))?.resourceVersion ?? '';
  await kubernetes.changeNode({ name: 'n1', resourceVersion }, { kind: 'fence', run: runId });
  const changed = { ...kubernetes, changeNode: async (): Promise<'conflict'> => 'conflict' };
  const changing = { ...ctx, ports: { ...ctx.ports, kubernetes: changed } };
  for (const pauseMs of [1, 2, 4, 8, 16, 30, 30].map((count) => count * realPace.outsideDelayMs)) {
    // The first of the two has tried it; the other one has nothing else to do.
    await advanceRun(changing);
    expect(await advanceRun(changing)).toMatchObject({ kind: 'again', inMs: pauseMs });
    world.advanceTo(world.nowMs() + pauseMs);
  }
  await advanceRun(ctx);
  expect((await kubernetes.getNode('n1'))?.fencedBy).toBeUndefined();
});

it('an abort comes to its end, and names the node, where somebody puts a mark back each time', async () => {
  const { ctx, world, journal } = await setStage([], [['run', { kind: 'abort-asked' }]]);
  const { kubernetes } = ctx.ports;
  const fenced = async (): Promise<void> => {
    const resourceVersion = (await kubernetes.getNode('n1'))?.resourceVersion ?? '';
    await kubernetes.changeNode({ name: 'n1', resourceVersion }, { kind: 'fence', run: runId });
  };
  await fenced();
  const changeNode: typeof kubernetes.changeNode = async (...asked) => {
    const answer = await kubernetes.changeNode(...asked);
    await fenced();
    return answer;
  };
  const putBack = { ...ctx, ports: { ...ctx.ports, kubernetes: { ...kubernetes, changeNode } } };
  let passes = 0;
  for (; passes < 100 && (await lastEventOf(journal)) !== 'aborted'; passes += 1) {
    const pass = await advanceRun(putBack);
    world.advanceTo(world.nowMs() + (pass.kind === 'again' ? Math.max(1, pass.inMs) : 0));
  }
  expect((await journal.read(runId)).at(-1)?.event).toMatchObject({
    kind: 'aborted',
    facts: { marksLeft: ['n1'] },
  });
  expect(passes).toBeLessThan(60);
});

describe('a run that was resumed after another worker had halted it', () => {
  it('is not halted again by one that was held up, and had found its Lease taken before', async () => {
    const { ctx, world, journal } = await setStage([], []);
    const { kubernetes } = ctx.ports;
    let isFirst = true;
    const holdLease: typeof kubernetes.holdLease = async (asked) => {
      if (!isFirst) return kubernetes.holdLease(asked);
      isFirst = false;
      const because = { code: 'fleet-lease-taken', facts: { subject: 'prod', takenBy: 'run-2' } };
      await write(journal, ['run', { kind: 'halted', because }], world.nowMs());
      world.advanceTo(world.nowMs() + 1_000);
      await write(journal, ['run', { kind: 'resumed' }], world.nowMs());
      return { kind: 'taken', by: 'run-2', untilMs: world.nowMs() };
    };
    await advanceRun({ ...ctx, ports: { ...ctx.ports, kubernetes: { ...kubernetes, holdLease } } });
    expect(await lastEventOf(journal)).toBe('resumed');
  });
});

describe('a worker that read the journal before a switchover of ours, and looked after it', () => {
  it("does not take it for somebody else's", async () => {
    const steps = [
      switchover('s1', 'acid-a-2', 'acid-a-1'),
      memberMove('m1', 'acid-a-0', { from: 'n1', to: 'k1' }),
    ];
    const { world, journal, ctx } = await setStage(steps, []);
    const { patroni } = ctx.ports;
    let isFirst = true;
    const readCluster: typeof patroni.readCluster = async (members) => {
      if (isFirst) {
        isFirst = false;
        // Meanwhile another worker carries the switchover out.
        for (
          let count = 0;
          count < 10 && (await advanceStep({ ...ctx, stepId: 's1' })).kind !== 'done';
          count += 1
        ) {
          world.advanceTo(world.nowMs() + 500);
        }
      }
      return patroni.readCluster(members);
    };
    await advanceStep({
      ...ctx,
      stepId: 'm1',
      ports: { ...ctx.ports, patroni: { ...patroni, readCluster } },
    });
    expect(world.roleChanges).toHaveLength(1);
    const kinds = (await journal.read(runId)).map((entry) => entry.event.kind);
    expect(kinds).toContain('done');
    expect(kinds).not.toContain('unplanned');
    expect(kinds).not.toContain('halted');
  });

  it('names the nodes that were released before, gone or not, and whoever wanted it', async () => {
    const lines: readonly Line[] = [
      ['r1', { kind: 'done', facts: {} }],
      ['run', { kind: 'abort-asked' }],
    ];
    const { world, journal, ctx } = await setStage([nodeStep('release', 'r1', 'n9')], lines);
    for (let count = 0; count < 10 && (await advanceRun(ctx)).kind !== 'ended'; count += 1) {
      world.advanceTo(world.nowMs() + 1);
    }
    const entries = await journal.read(runId);
    expect(entries.at(-1)?.event).toEqual({ kind: 'aborted', facts: { released: ['n9'] } });
    const run = describeRun(foldRun(planOf([nodeStep('release', 'r1', 'n9')]), runId, entries));
    expect(run.because).toMatchObject({ code: 'aborted', facts: { by: 'anna' } });
  });
});

describe('a run that begins after another one has ended, whose worker died before it let go', () => {
  const twoRuns = async () => {
    const stage = await setStage([nodeStep('fence', 'f1', 'n1')], []);
    const { world, journal, ctx } = stage;
    // With its note: a pass over the first run; then its end is written, and its worker dies.
    await advanceRun(ctx);
    await write(journal, ['run', { kind: 'finished' }], world.nowMs());
    const [lane, event] = created;
    const second = { lane, after: 0, by: 'bert', atMs: world.nowMs(), event };
    expect((await journal.append('run-2', second)).kind).toBe('appended');
    return { ...stage, later: { ...ctx, runId: 'run-2', leaseTakenAtMs: new Map<string, number>() } };
  };

  it('waits for the sweep that lets go of it, also where workers were away for five minutes', async () => {
    const { world, journal, ctx, later, holder } = await twoRuns();
    world.advanceTo(world.nowMs() + 5 * 60_000);
    expect(holder()).toBe(runId);
    expect(await advanceRun(later)).toMatchObject({ kind: 'again' });
    await advanceRun(later);
    const said = (await journal.read('run-2')).map(({ event }) => event);
    expect(said.map(({ kind }) => kind)).toEqual(['created', 'start-awaited']);
    const because = foldRun(planOf([]), 'run-2', await journal.read('run-2')).startAwaits;
    expect(because && explainWait(because)).toMatch(
      /^not begun yet, for another run holds this fleet \(run-1\); looked at again until \d\d:\d\d/,
    );
    // The sweep finds the note.
    expect(await advanceRun(ctx)).toEqual({ kind: 'ended' });
    await advanceRun(later);
    expect(holder()).toBe('run-2');
  });
});

describe('an abort that many nodes refuse', () => {
  it('tells the pipeline of a node that is marked as released meanwhile', async () => {
    const names = Array.from({ length: 60 }, (_, place) => `x${place}`);
    const many = fleetObjects(zone('z1', node('n1'), node('e1'), ...names.map((name) => node(name))));
    const world = createWorld({ objects: many.items });
    const journal = createMemoryJournal();
    const { clock, ...outside } = directPorts(world);
    const release = nodeStep('release', 'r1', 'e1');
    const lines: readonly Line[] = [
      created,
      startedOn(await outside.kubernetes.listNodes()),
      actLine('r1', { kind: 'mark-released', node: 'e1', resourceVersion: '1' }),
      answerLine('r1', 'mark-released', 'done'),
      ['run', { kind: 'abort-asked' }],
    ];
    for (const line of lines) await write(journal, line, clock.nowMs());
    const markAs = async (name: string, kind: 'fence' | 'mark-released') => {
      const resourceVersion = (await outside.kubernetes.getNode(name))?.resourceVersion ?? '';
      await outside.kubernetes.changeNode({ name, resourceVersion }, { kind, run: runId });
    };
    for (const name of names) await markAs(name, 'fence');
    await markAs('e1', 'fence');
    await markAs('e1', 'mark-released');
    const refuse = async (): Promise<never> => {
      throw new OutsideError({ code: 'not-allowed', target: 'kubernetes', request: 'PATCH', message: 'no' });
    };
    let toldMs: number | undefined;
    const beganMs = world.nowMs();
    const nodeReleased = async () => {
      toldMs ??= world.nowMs() - beganMs;
    };
    const ports = {
      ...outside,
      journal,
      kubernetes: { ...outside.kubernetes, changeNode: refuse },
      pipeline: { ...outside.pipeline, nodeReleased },
    };
    const ctx: StepContext = {
      ports,
      firstPlan: atHand(planOf([release])),
      runId,
      worker: 'worker-1',
      pace: realPace,
      clock,
      stepId: '',
    };
    for (;;) {
      const pass = await advanceRun(ctx);
      if (pass.kind === 'ended') break;
      world.advanceTo(world.nowMs() + Math.max(1, pass.inMs));
    }
    expect(toldMs).toBeLessThan(5 * 60_000);
  }, 120_000);
});
