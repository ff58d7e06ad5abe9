import { describe, expect, it } from 'vitest';
import { abortRun } from '../../executor/abort-run.ts';
import { advanceRun } from '../../executor/advance-run.ts';
import { advanceStep } from '../../executor/advance-step.ts';
import type { StepContext } from '../../executor/contexts.ts';
import { AssumptionError } from '../../executor/decide/assume.ts';
import { OutsideError } from '../../executor/errors.ts';
import type { Act } from '../../executor/journal.ts';
import { realPace } from '../../executor/limits.ts';
import type { Journal } from '../../executor/ports.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import { foldRun } from '../../executor/record/fold-run.ts';
import { atHand } from '../../executor/record/read-fold.ts';
import type { RunFold } from '../../executor/record/run-fold.ts';
import { replayRun } from '../../executor/replay/replay-run.ts';
import { explainWait } from '../../planner/index.ts';
import type { DrainPlan, Step } from '../../planner/plan.ts';
import { directPorts } from '../../simulations/direct-ports.ts';
import { createMemoryJournal } from '../../simulations/memory-journal.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import { cluster, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';
import {
  actLine,
  answerLine,
  clusterSight,
  created,
  type Line,
  memberMove,
  nodeStep,
  planOf,
  runId,
  startedOn,
  startMs,
  switchover,
} from './runs.ts';

/** e1 and e2 are empty; acid-a is led by acid-a-2 on n3. */
const fleet = fleetObjects(
  zone('z1', node('n1'), node('e1')),
  zone('z2', node('n2'), node('e2')),
  zone('z3', node('n3')),
  cluster('acid-a', member('n1'), member('n2'), member('n3', 'primary')),
);
const releases = [nodeStep('release', 'r1', 'e1'), nodeStep('release', 'r2', 'e2')];
const aborting: Line = ['run', { kind: 'abort-asked' }];
const silent = new OutsideError({ code: 'timeout', target: 'other', request: 'GET /', message: 'none' });
const refuse = async (): Promise<never> => {
  throw silent;
};

type Stage = Awaited<ReturnType<typeof setStage>>;

/** A run of these steps with these lines in its journal, in a world of its own. */
async function setStage(steps: readonly Step[], lines: readonly Line[]) {
  const world = createWorld({ objects: fleet.items });
  const journal = createMemoryJournal();
  const { clock, ...outside } = directPorts(world);
  for (const line of [created, startedOn(await outside.kubernetes.listNodes()), ...lines]) {
    await write(journal, line, clock.nowMs());
  }
  const plan = planOf(steps);
  const plans = new Map<string, DrainPlan>();
  const ctx: StepContext = {
    ports: { ...outside, journal },
    firstPlan: atHand(plan),
    plans: { get: async (id) => plans.get(id), keep: async () => {} },
    runId,
    worker: 'worker-1',
    pace: realPace,
    clock,
    stepId: '',
  };
  const fold = (): RunFold => foldRun(plan, runId, journal.runs.get(runId) ?? [], plans);
  return { world, journal, ctx, plan, plans, fold };
}

async function write(journal: Journal, [lane, event]: Line, atMs: number): Promise<void> {
  const after = (await journal.read(runId)).findLast((entry) => entry.lane === lane)?.sequence ?? 0;
  const said = await journal.append(runId, { lane, after, by: 'anna', atMs, event });
  expect(said.kind).toBe('appended');
}

async function mark({ ctx }: Stage, name: string, ...kinds: ('fence' | 'mark-released')[]): Promise<void> {
  const { kubernetes } = ctx.ports;
  for (const kind of kinds) {
    const resourceVersion = (await kubernetes.getNode(name))?.resourceVersion ?? '';
    expect(await kubernetes.changeNode({ name, resourceVersion }, { kind, run: runId })).toBe('done');
  }
}

/** Both nodes bear the mark, and the pipeline was told of none. */
async function setHalfReleased(more: readonly Line[] = []): Promise<Stage> {
  const marked = (id: string, name: string): readonly Line[] => [
    actLine(id, { kind: 'mark-released', node: name, resourceVersion: '1' }),
    answerLine(id, 'mark-released', 'done'),
  ];
  const stage = await setStage(releases, [...marked('r1', 'e1'), ...marked('r2', 'e2'), ...more, aborting]);
  await mark(stage, 'e1', 'fence', 'mark-released');
  await mark(stage, 'e2', 'fence', 'mark-released');
  return stage;
}

/** Passes over the run and over steps with open acts until it has ended or is paused. Returns its fold. */
async function carryOn({ world, fold }: Stage, ctx: StepContext, passesMax = 2_000): Promise<RunFold> {
  for (let count = 0; count < passesMax; count += 1) {
    const pass = await advanceRun(ctx);
    if (pass.kind === 'ended' || fold().state === 'paused') return fold();
    let inMs = Math.max(1, pass.inMs);
    for (const stepId of pass.readySteps) {
      const step = await advanceStep({ ...ctx, stepId });
      inMs = step.kind === 'again' ? Math.max(inMs, step.inMs) : inMs;
    }
    world.advanceTo(world.nowMs() + inMs);
  }
  throw new Error(`not ended after ${passesMax} passes: ${JSON.stringify(fold().because)}`);
}

function withPorts(ctx: StepContext, more: Partial<StepContext['ports']>): StepContext {
  return { ...ctx, ports: { ...ctx.ports, ...more } };
}

describe('an aborted run with two nodes of which the pipeline was not told', () => {
  it('comes to its end when the pipeline refuses both, and asks no faster than it should', async () => {
    const stage = await setHalfReleased();
    let asked = 0;
    const nodeReleased = async (): Promise<never> => {
      asked += 1;
      throw silent;
    };
    const startMs = stage.world.nowMs();
    const { pipeline } = stage.ctx.ports;
    const fold = await carryOn(stage, withPorts(stage.ctx, { pipeline: { ...pipeline, nodeReleased } }));
    expect(fold.state).toBe('aborted');
    expect(fold.because.facts).toMatchObject({ released: [], untold: ['e1', 'e2'] });
    expect(asked).toBeLessThanOrEqual(2 * (realPace.abortPatienceMs / realPace.idleMs + 1));
    expect(stage.world.nowMs() - startMs).toBeLessThan(realPace.abortPatienceMs + 60_000);
  });

  it('tells of the second where only the first is refused', async () => {
    const stage = await setHalfReleased();
    const { pipeline } = stage.ctx.ports;
    const nodeReleased: typeof pipeline.nodeReleased = (released) =>
      released.name === 'e1' ? refuse() : pipeline.nodeReleased(released);
    const fold = await carryOn(stage, withPorts(stage.ctx, { pipeline: { ...pipeline, nodeReleased } }));
    expect(fold.because.facts).toMatchObject({ released: ['e2'], untold: ['e1'] });
  });

  it('notes a role change that it finds after a refusal in the same pass', async () => {
    const steps = [...releases.slice(0, 1), switchover('s1', 'acid-a-0', 'acid-a-1')];
    const stage = await setStage(steps, [
      actLine('r1', { kind: 'mark-released', node: 'e1', resourceVersion: '1' }),
      answerLine('r1', 'mark-released', 'done'),
      actLine('s1', { ...asked, leader: 'acid-a-0', timeline: -7 }),
      answerLine('s1', 'switchover', 'unknown'),
      aborting,
    ]);
    await mark(stage, 'e1', 'fence', 'mark-released');
    const { pipeline } = stage.ctx.ports;
    const ctx = withPorts(stage.ctx, { pipeline: { ...pipeline, nodeReleased: refuse } });
    const fold = await carryOn(stage, ctx);
    expect(fold.unplanned).toMatchObject([{ to: 'acid-a-2' }]);
    expect(fold.because.facts).toMatchObject({ untold: ['e1'] });
  });

  it('tells the pipeline nothing while another run has the fleet', async () => {
    const stage = await setHalfReleased();
    const { kubernetes } = stage.ctx.ports;
    const holdLease = async () => ({ kind: 'taken', by: 'run-2', untilMs: 0 }) as const;
    const fold = await carryOn(stage, withPorts(stage.ctx, { kubernetes: { ...kubernetes, holdLease } }));
    expect([...stage.world.releasedNodes]).toEqual([]);
    expect(fold.because.facts).toMatchObject({ untold: ['e1', 'e2'] });
  });

  it('withdraws what a worker that was held up after its entry would tell late, and looks again', async () => {
    const stage = await setHalfReleased();
    const { world, journal, ctx } = stage;
    const answers: string[] = [];
    let isFirst = true;
    const append: Journal['append'] = async (run, entry) => {
      const said = await journal.append(run, entry);
      if (entry.event.kind === 'answer') answers.push(entry.event.answer);
      if (entry.event.kind === 'act' && isFirst) {
        isFirst = false;
        world.advanceTo(world.nowMs() + realPace.staleAfterMs + 1);
      }
      return said;
    };
    const fold = await carryOn(stage, withPorts(ctx, { journal: { ...journal, append } }));
    expect(answers).toEqual(['withdrawn', 'done', 'done']);
    expect(fold.because.facts).toMatchObject({ released: ['e1', 'e2'] });
  });

  it('begins nothing once its worker has lost its job', async () => {
    const stage = await setHalfReleased();
    await abortRun({ ...stage.ctx, signal: AbortSignal.abort() }, stage.fold());
    expect([...stage.world.releasedNodes]).toEqual([]);
  });

  it('takes off the fence where somebody takes off the mark after the nodes were listed', async () => {
    const stage = await setHalfReleased();
    const { world, ctx } = stage;
    const { kubernetes } = ctx.ports;
    let isFirst = true;
    const getNode: typeof kubernetes.getNode = async (name) => {
      if (isFirst && name === 'e2') {
        isFirst = false;
        world.store.update('Node', undefined, name, (draft) => {
          draft.metadata.annotations = {};
        });
      }
      return kubernetes.getNode(name);
    };
    const fold = await carryOn(stage, withPorts(ctx, { kubernetes: { ...kubernetes, getNode } }));
    expect(await kubernetes.getNode('e2')).not.toHaveProperty('fencedBy');
    expect(fold.because.facts).toMatchObject({ released: ['e1'] });
    expect(fold.because.facts).not.toHaveProperty('untold');
  });

  it('counts one that is gone before anybody saw its mark or the answer of the pipeline', async () => {
    const stage = await setStage(releases.slice(0, 1), [
      actLine('r1', { kind: 'mark-released', node: 'e1', resourceVersion: '1' }),
      answerLine('r1', 'mark-released', 'seen-not-done'),
      aborting,
      actLine('run', { kind: 'node-released', node: 'e1' }),
    ]);
    stage.world.store.remove('Node', undefined, 'e1');
    const fold = await carryOn(stage, stage.ctx);
    expect(describeRun(fold).counts).toMatchObject({ released: 1 });
  });

  it('names one that a new plan has left out, for of that nobody knows whether the pipeline was told', async () => {
    const stage = await setStage(releases, []);
    const { journal, plans, ctx } = stage;
    plans.set('plan-2', { ...planOf([]), id: 'plan-2' });
    const nodes = await ctx.ports.kubernetes.listNodes();
    const lines: readonly Line[] = [
      ['run', { kind: 'halted', because: { code: 'deadline-passed', facts: { step: 'r1' } } }],
      [
        'run',
        {
          kind: 'replanned',
          plan: 'plan-2',
          needsApproval: true,
          nodeUids: nodes.map(({ uid }) => uid),
          leaders: {},
          skipped: ['e1'],
          facts: {},
        },
      ],
      aborting,
    ];
    for (const line of lines) await write(journal, line, ctx.clock.nowMs());
    await mark(stage, 'e1', 'fence', 'mark-released');
    const fold = await carryOn(stage, ctx);
    expect(fold.because.facts).toMatchObject({ released: [], untold: ['e1'] });
  });
});

const asked: Extract<Act, { kind: 'switchover' }> = {
  kind: 'switchover',
  cluster: 'default/acid-a',
  leader: 'acid-a-2',
  leaderUrl: 'http://acid-a-2:8008',
  candidate: 'acid-a-1',
  timeline: 4,
};

describe('an aborted run with a switchover that may have taken place', () => {
  const step = switchover('s1', 'acid-a-2', 'acid-a-1');
  const withdrawn = [actLine('s1', asked), answerLine('s1', 'switchover', 'withdrawn')];
  const refused = answerLine('s1', 'switchover', 'not-done', 0, {
    status: 503,
    message: 'Switchover failed',
  });

  /** Aborted after these lines, while Patroni says this of acid-a. */
  async function abortWith(lines: readonly Line[], says: Parameters<typeof clusterSight>[0] | 'nothing') {
    const stage = await setStage([step], [...lines, aborting]);
    const { patroni } = stage.ctx.ports;
    const readCluster = async () => (says === 'nothing' ? refuse() : clusterSight(says).patroni);
    const fold = await carryOn(stage, withPorts(stage.ctx, { patroni: { ...patroni, readCluster } }));
    expect(fold.state).toBe('aborted');
    expect(replayRun(stage.plan, runId, stage.journal.runs.get(runId) ?? [])).toMatchObject({
      withoutGrounds: lines.filter(([, { kind }]) => kind === 'act').length,
      differences: [],
    });
    const { counts, because } = describeRun(fold);
    return { done: counts.done, unplanned: counts.unplanned, unknown: because.facts.unknownSwitchovers };
  }

  const unknown = [actLine('s1', asked), answerLine('s1', 'switchover', 'unknown')];
  const fifth = Array.from({ length: realPace.switchoverAttemptsMax - 1 }, () => [
    actLine('s1', asked),
    answerLine('s1', 'switchover', 'not-done'),
  ]).flat();
  const asBefore = { leader: 'acid-a-2', timeline: 4 };
  const outcomes: readonly (readonly [
    string,
    readonly Line[],
    Parameters<typeof clusterSight>[0] | 'nothing',
    { readonly done: number; readonly unplanned: number; readonly unknown: unknown },
  ])[] = [
    [
      'counts none where nothing came of the last attempt of all',
      [...fifth, ...unknown],
      asBefore,
      { done: 0, unplanned: 0, unknown: undefined },
    ],
    [
      'counts one that is seen by the leader and its timeline, though the role labels never follow',
      unknown,
      { leader: 'acid-a-1', timeline: 5 },
      { done: 1, unplanned: 0, unknown: undefined },
    ],
    [
      'notes that the primary has come back one timeline later after "Switchover failed"',
      [actLine('s1', asked), refused],
      { leader: 'acid-a-2', timeline: 5 },
      { done: 0, unplanned: 1, unknown: undefined },
    ],
    [
      'claims nothing where it led all the while after "Switchover failed"',
      [actLine('s1', asked), refused],
      asBefore,
      { done: 0, unplanned: 0, unknown: undefined },
    ],
    [
      'looks past an attempt that was withdrawn',
      [...unknown, ...withdrawn],
      { leader: 'acid-a-1', timeline: 5 },
      { done: 0, unplanned: 0, unknown: ['default/acid-a'] },
    ],
    [
      'says that it does not know where the timeline is not told',
      unknown,
      { leader: 'acid-a-2', timeline: undefined },
      { done: 0, unplanned: 0, unknown: ['default/acid-a'] },
    ],
    [
      'comes to its end where there is no answer at all and Patroni is silent',
      [actLine('s1', asked)],
      'nothing',
      { done: 0, unplanned: 0, unknown: ['default/acid-a'] },
    ],
  ];
  it.each(outcomes)('%s', async (_, lines, says, expected) => {
    expect(await abortWith(lines, says)).toEqual(expected);
  });
});

const silence = { code: 'outside-trouble', facts: { subject: 'other' } };
const waited: Line = ['m1', { kind: 'waiting', because: silence, deadlineMs: startMs + 9e6 }];
it.each<[string, readonly Line[]]>([
  ['nobody has looked since', []],
  ['its step has waited for an answer since', [waited]],
])(
  'an aborted run whose eviction has no answer comes to its end while Patroni is silent: %s',
  async (_, since) => {
    const act = { kind: 'evict', namespace: 'default', name: 'acid-a-0', uid: 'uid-acid-a-0' } as const;
    const stage = await setStage([memberMove('m1', 'acid-a-0')], [actLine('m1', act), ...since, aborting]);
    const { patroni } = stage.ctx.ports;
    const fold = await carryOn(stage, withPorts(stage.ctx, { patroni: { ...patroni, readCluster: refuse } }));
    expect(fold.state).toBe('aborted');
    expect(fold.lanes.get('m1')?.acts.at(-1)?.answer?.answer).toBe('failed');
  },
);

describe('a run that ends, and a node that lets nobody take a mark off', () => {
  const forbidden = new OutsideError({
    code: 'not-allowed',
    target: 'kubernetes',
    request: 'PATCH node e1',
    message: '403 admission webhook denied the request',
  });
  const ways: readonly (readonly [string, Line, () => 'conflict'])[] = [
    ['aborted, forbidden', aborting, throwIt],
    ['aborted, changed by somebody else each time', aborting, () => 'conflict'],
    ['expired, forbidden', ['run', { kind: 'expired' }], throwIt],
  ];
  function throwIt(): never {
    throw forbidden;
  }

  it.each(ways)('has all others opened at once, and comes to its end: %s', async (_, ending, answer) => {
    const stage = await setStage([], [ending]);
    await mark(stage, 'e1', 'fence');
    await mark(stage, 'e2', 'fence');
    const { kubernetes } = stage.ctx.ports;
    const beganMs = stage.world.nowMs();
    let tries = 0;
    let openedMs = Number.POSITIVE_INFINITY;
    const changeNode: typeof kubernetes.changeNode = async (about, change) => {
      if (about.name === 'e1') {
        tries += 1;
        return answer();
      }
      openedMs = stage.world.nowMs() - beganMs;
      return kubernetes.changeNode(about, change);
    };
    const fold = await carryOn(stage, withPorts(stage.ctx, { kubernetes: { ...kubernetes, changeNode } }));
    expect((await kubernetes.getNode('e2'))?.fencedBy).toBeUndefined();
    expect(openedMs).toBeLessThan(5_000);
    expect(tries).toBeGreaterThan(10);
    expect(tries).toBeLessThan(40);
    expect(stage.world.nowMs() - beganMs).toBeLessThan(realPace.abortPatienceMs + 60_000);
    expect(fold.state).toBe(ending === aborting ? 'aborted' : 'expired');
    expect(fold.because.facts.marksLeft).toEqual(ending === aborting ? ['e1'] : undefined);
  });

  it('gives no node up that was tried only once before its workers were away', async () => {
    const stage = await setStage([], [aborting]);
    await mark(stage, 'e1', 'fence');
    const { kubernetes } = stage.ctx.ports;
    await advanceRun(
      withPorts(stage.ctx, { kubernetes: { ...kubernetes, changeNode: async () => 'conflict' } }),
    );
    stage.world.advanceTo(stage.world.nowMs() + 2 * realPace.abortPatienceMs);
    const fold = await carryOn(stage, stage.ctx);
    expect((await kubernetes.getNode('e1'))?.fencedBy).toBeUndefined();
    expect(fold.because.facts).not.toHaveProperty('marksLeft');
  });
});

it('an aborted run comes to its end where each look at its last act takes longer than a look may', async () => {
  const stage = await setStage([switchover('s1', 'acid-a-2', 'acid-a-0')], [actLine('s1', asked), aborting]);
  const { patroni } = stage.ctx.ports;
  const readCluster: typeof patroni.readCluster = async (members) => {
    const view = await patroni.readCluster(members);
    stage.world.advanceTo(stage.world.nowMs() + realPace.staleAfterMs + 1);
    return view;
  };
  const fold = await carryOn(stage, withPorts(stage.ctx, { patroni: { ...patroni, readCluster } }));
  expect(fold.state).toBe('aborted');
});

describe('a run whose switchover has no answer, while Patroni is silent', () => {
  const halted = { code: 'role-changed-by-others', facts: { subject: 'default/acid-b', from: 'x', to: 'y' } };
  const resting: readonly (readonly [string, Line])[] = [
    ['halted', ['run', { kind: 'halted', because: halted }]],
    ['paused', ['run', { kind: 'pause-asked' }]],
  ];
  async function rest(line: Line) {
    const stage = await setStage([switchover('s1', 'acid-a-2', 'acid-a-0')], []);
    const { patroni } = stage.ctx.ports;
    const timeline = stage.world.clusters.get('default/acid-a')?.timeline ?? 0;
    await write(stage.journal, actLine('s1', { ...asked, candidate: 'acid-a-0', timeline }), startMs);
    await write(stage.journal, line, stage.world.nowMs());
    const fold = await carryOn(
      stage,
      withPorts(stage.ctx, { patroni: { ...patroni, readCluster: refuse } }),
      5_000,
    );
    return { stage, fold };
  }

  it('calls a person once it has looked for a new plan for as long as it may', async () => {
    const { stage, fold } = await rest(['run', { kind: 'halted', because: halted }]);
    expect(fold).toMatchObject({ state: 'halted', outlook: { kind: 'given-up' } });
    expect(stage.world.nowMs() - (fold.endedAtMs ?? 0)).toBeLessThan(realPace.replanPatienceMs + 60_000);
  });

  it('is paused in the end, and no sooner than an abort would be over', async () => {
    const { stage, fold } = await rest(['run', { kind: 'pause-asked' }]);
    expect(fold.state).toBe('paused');
    const waitedMs = stage.world.nowMs() - (fold.lanes.get('s1')?.acts.at(-1)?.atMs ?? 0);
    expect(waitedMs).toBeGreaterThan(realPace.abortPatienceMs);
    expect(waitedMs).toBeLessThan(realPace.abortPatienceMs + 60_000);
  });

  it.each(resting)('looks who leads before it asks again, once it is resumed: %s', async (_, line) => {
    const { stage } = await rest(line);
    let asks = 0;
    const { patroni } = stage.ctx.ports;
    const counting: typeof patroni = {
      ...patroni,
      switchover: (...all) => {
        asks += 1;
        return patroni.switchover(...all);
      },
    };
    stage.world.failOver('default/acid-a', 'acid-a-0');
    stage.world.advanceTo(stage.world.nowMs() + 60_000);
    await write(stage.journal, ['run', { kind: 'resumed' }], stage.world.nowMs());
    const fold = await carryOn(stage, withPorts(stage.ctx, { patroni: counting }));
    expect(fold.state).toBe('finished');
    expect(describeRun(fold).counts).toMatchObject({ done: 1, unplanned: 0 });
    expect(asks).toBe(0);
  });
});

it('an aborted run comes to its end where a look at what came of its act breaks an assumption of ours each time', async () => {
  const stage = await setStage([switchover('s1', 'acid-a-2', 'acid-a-0')], []);
  const timeline = stage.world.clusters.get('default/acid-a')?.timeline ?? 0;
  await write(stage.journal, actLine('s1', { ...asked, candidate: 'acid-a-0', timeline }), startMs);
  await write(stage.journal, aborting, stage.world.nowMs());
  const { patroni } = stage.ctx.ports;
  const readCluster = async (): Promise<never> => {
    throw new AssumptionError('a cluster has one leader');
  };
  const fold = await carryOn(stage, withPorts(stage.ctx, { patroni: { ...patroni, readCluster } }));
  expect(fold).toMatchObject({
    state: 'aborted',
    because: { facts: { unknownSwitchovers: ['default/acid-a'] } },
  });
});

it('an aborted run whose workers were away looks once more where its first look breaks an assumption of ours', async () => {
  const stage = await setStage([switchover('s1', 'acid-a-2', 'acid-a-0')], []);
  const timeline = stage.world.clusters.get('default/acid-a')?.timeline ?? 0;
  await write(stage.journal, actLine('s1', { ...asked, candidate: 'acid-a-0', timeline }), startMs);
  await write(stage.journal, answerLine('s1', 'switchover', 'unknown'), startMs);
  await write(stage.journal, aborting, startMs);
  stage.world.failOver('default/acid-a', 'acid-a-0');
  stage.world.advanceTo(stage.world.nowMs() + realPace.abortPatienceMs + 60_000);
  const { patroni } = stage.ctx.ports;
  let looks = 0;
  const readCluster: typeof patroni.readCluster = async (members) => {
    looks += 1;
    if (looks === 1) throw new AssumptionError('a cluster has one leader');
    return patroni.readCluster(members);
  };
  const fold = await carryOn(stage, withPorts(stage.ctx, { patroni: { ...patroni, readCluster } }));
  expect(fold.state).toBe('aborted');
  expect(describeRun(fold).counts).toMatchObject({ done: 1, unplanned: 0 });
});

it('an aborted run that may not read a StatefulSet comes to its end and names the member that it has not looked for', async () => {
  const steps = [scaleStep('scale-out', 'o1', 'acid-a-3'), scaleStep('scale-in', 'i1', 'acid-a-2')];
  const act = { kind: 'scale', namespace: 'default', name: 'acid-a', replicas: 4 } as const;
  const stage = await setStage(steps, [actLine('o1', act), answerLine('o1', 'scale', 'done'), aborting]);
  const { kubernetes } = stage.ctx.ports;
  const fold = await carryOn(
    stage,
    withPorts(stage.ctx, { kubernetes: { ...kubernetes, getOrdinals: refuse } }),
  );
  expect(fold.because.facts).toMatchObject({ temporaryUnseen: ['default/acid-a-3'] });
  expect(explainWait(fold.because)).toContain('whether the temporary member default/acid-a-3 still stands');
});

function scaleStep(kind: 'scale-out' | 'scale-in', id: string, name: string): Step {
  const { because, ...base } = switchover(id, 'acid-a-2', 'acid-a-1');
  const { cluster: key, wave, estimateSeconds, after } = base;
  const about = { id, wave, estimateSeconds, after, because, cluster: key, member: name };
  return { ...about, kind, node: 'n1' };
}
