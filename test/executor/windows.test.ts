import { describe, expect, it } from 'vitest';
import { decide } from '../../executor/decide/decide.ts';
import type { Decision } from '../../executor/decide/decision.ts';
import type { Act } from '../../executor/journal.ts';
import { paceAt, realPace } from '../../executor/limits.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import type { ClusterSight } from '../../executor/sight.ts';
import type { DrainPlan, MoveStep, Step, SwitchoverStep } from '../../planner/plan.ts';
import { cluster, clusterWith, drainRequest, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';
import { drive, planFor, readScene, runId, type Scene, say, setScene } from './drive-run.ts';
import {
  actLine,
  answerLine,
  clusterSight,
  foldOf,
  type Line,
  memberMove,
  memoryOf,
  nodeStep,
  nodeView,
  patroniMember,
  planOf,
  podView,
  startMs,
  switchover,
  withMember,
} from './runs.ts';

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** The code of a wait or halt; else the kind of the decision. */
function nameOf(decision: Decision): string {
  switch (decision.kind) {
    case 'wait':
      return decision.because.code;
    case 'halt':
      return `halt ${decision.because.code}`;
    case 'answer':
      return `answer ${decision.answer}`;
    default:
      return decision.kind;
  }
}

// The runs of these tables start on a Monday at 08:00 UTC.
const windowed: SwitchoverStep = {
  ...switchover('s1', 'acid-a-0', 'acid-a-1'),
  window: 'Mon 10:00-11:00 Europe/Berlin', // 09:00 to 10:00 in UTC
};
const opens = '2026-11-23T09:00:00.000Z';

function decideSwitchover(
  atSeconds: number,
  more: { lines?: readonly Line[]; sight?: ClusterSight; step?: SwitchoverStep } = {},
): Decision {
  const step = more.step ?? windowed;
  const fold = foldOf(planOf([step]), more.lines);
  const sight = {
    kind: 'switchover',
    step,
    cluster: more.sight ?? clusterSight(),
    roleLabel: 'spilo-role',
  } as const;
  return decide(sight, memoryOf(fold, 's1', atSeconds));
}

describe('a switchover with a window', () => {
  it('waits outside of it and says when it opens', () => {
    expect(decideSwitchover(11)).toEqual({
      kind: 'wait',
      wait: 'blocked',
      because: {
        code: 'window-closed',
        facts: { subject: 'default/acid-a', window: windowed.window, opens },
      },
      notBeforeMs: startMs + hour * 1_000,
    });
  });

  const moments: readonly (readonly [string, number, string])[] = [
    ['a second before it opens', hour - 1, 'window-closed'],
    ['when it opens', hour, 'act'],
    ['inside it', hour + 30 * minute, 'act'],
    ['with time enough left', 2 * hour - realPace.windowReserveMs / 1_000, 'act'],
    ['in its last seconds', 2 * hour - realPace.windowReserveMs / 1_000 + 1, 'window-closed'],
    ['when it has closed', 2 * hour, 'window-closed'],
    ['a week later', 7 * day + hour, 'act'],
  ];
  it.each(moments)('%s', (_, atSeconds, expected) => {
    expect(nameOf(decideSwitchover(atSeconds))).toBe(expected);
  });

  it('heeds the window of the request where the step of a hand-made plan names none', () => {
    const step = switchover('s1', 'acid-a-0', 'acid-a-1');
    const fold = foldOf(planOf([step], { clusters: { 'default/acid-a': { window: 'Mon 09:00-10:00' } } }));
    const sight = { kind: 'switchover', step, cluster: clusterSight(), roleLabel: 'spilo-role' } as const;
    expect(nameOf(decide(sight, memoryOf(fold, 's1', 11)))).toBe('window-closed');
    expect(nameOf(decide(sight, memoryOf(fold, 's1', hour)))).toBe('act');
  });

  it('needs as much time as its estimate says, where that is more', () => {
    const step = { ...windowed, estimateSeconds: 10 * minute };
    expect(nameOf(decideSwitchover(2 * hour - 10 * minute, { step }))).toBe('act');
    expect(nameOf(decideSwitchover(2 * hour - 9 * minute, { step }))).toBe('window-closed');
  });

  it.each([
    ['is never open for so long', 'Mon 10:00-10:01 Europe/Berlin', 61],
    ['cannot be read', 'at night', 10],
  ])('halts the run where the window %s', (_, window, estimateSeconds) => {
    const decision = decideSwitchover(11, { step: { ...windowed, window, estimateSeconds } });
    expect(nameOf(decision)).toBe('halt window-never-opens');
  });

  it('waits for its window whatever else is not as it should be: it may be put right by then', () => {
    const behind = withMember(clusterSight(), 'acid-a-1', { lagBytes: 1e9 });
    expect(nameOf(decideSwitchover(11, { sight: behind }))).toBe('window-closed');
    expect(nameOf(decideSwitchover(hour, { sight: behind }))).toBe('candidate-behind');
  });

  const act: Act = {
    kind: 'switchover',
    cluster: 'default/acid-a',
    leader: 'acid-a-0',
    leaderUrl: 'http://acid-a-0:8008',
    candidate: 'acid-a-1',
    timeline: 4,
  };
  const late = 2 * hour - minute;
  const asked = actLine('s1', act, late);
  const unknown = answerLine('s1', 'switchover', 'unknown', late + 20);
  const arrived = clusterSight({ leader: 'acid-a-1', timeline: 5 });
  const settled = 2 * hour + realPace.switchoverSettleMs / 1_000 + minute;
  const afterwards: readonly (readonly [string, readonly Line[], ClusterSight, number, string])[] = [
    ['is found done after the window', [asked, unknown], arrived, 2 * hour + 5, 'done'],
    [
      'is looked for after the window',
      [asked, unknown],
      clusterSight(),
      2 * hour + 5,
      'switchover-under-way',
    ],
    ['without answer is looked for after the window', [asked], clusterSight(), 2 * hour + 5, 'act-settling'],
    ['without answer is answered after the window', [asked], clusterSight(), settled, 'answer seen-not-done'],
    [
      'with an unclear answer is answered before the next is waited for',
      [asked, unknown],
      clusterSight(),
      settled,
      'answer seen-not-done',
    ],
    [
      'of which the timeline is not told is looked for on and on',
      [asked, unknown],
      clusterSight({ timeline: undefined }),
      settled,
      'switchover-under-way',
    ],
    [
      'that did not take place is asked for again only in the next',
      [asked, unknown, answerLine('s1', 'switchover', 'seen-not-done', settled - 1)],
      clusterSight(),
      settled,
      'window-closed',
    ],
  ];
  it.each(afterwards)('asked for inside it, %s', (_, lines, sight, atSeconds, expected) => {
    expect(nameOf(decideSwitchover(atSeconds, { lines, sight }))).toBe(expected);
  });

  it('keeps to real clocks in a fleet that lives faster', () => {
    const fold = foldOf(planOf([windowed]));
    const sight = {
      kind: 'switchover',
      step: windowed,
      cluster: clusterSight(),
      roleLabel: 'spilo-role',
    } as const;
    const faster = { ...memoryOf(fold, 's1', 11), pace: paceAt(10) };
    expect(nameOf(decide(sight, faster))).toBe('window-closed');
    expect(paceAt(10).waitLimitMs['window-closed']).toBe(realPace.waitLimitMs['window-closed']);
  });
});

describe('an outage with a window', () => {
  const outage: MoveStep = memberMove('m1', 'acid-a-0', { outage: true, window: 'Mon 09:00-10:00' });
  const alone = clusterSight({
    pods: [podView('acid-a-0', 'n1', { labels: { 'cluster-name': 'acid-a', 'spilo-role': 'master' } })],
    members: [patroniMember('acid-a-0', { role: 'leader', state: 'running', streaming: false })],
  });

  function decideOutage(atSeconds: number, sight = alone, step = outage): Decision {
    const fold = foldOf(planOf([nodeStep('fence', 'f1', 'n1'), step]));
    const from = nodeView('n1', { fencedBy: 'run-1' });
    return decide({ kind: 'member-move', step, cluster: sight, from }, memoryOf(fold, 'm1', atSeconds));
  }

  it.each([
    ['before it', 11, 'window-closed'],
    ['inside it', hour, 'act'],
    ['in its last seconds', 2 * hour - 5, 'window-closed'],
  ])('is begun only inside it: %s', (_, atSeconds, expected) => {
    expect(nameOf(decideOutage(atSeconds))).toBe(expected);
  });

  it('halts as soon as somebody could take over, also outside of it', () => {
    expect(nameOf(decideOutage(11, clusterSight()))).toBe('halt successor-appeared');
  });
});

describe('what the journal says of a step that waits for its window', () => {
  const other: Step = nodeStep('cordon', 'c1', 'n9');
  const plan = planOf([windowed, other]);
  const closed = (at: string, deadlineMs: number, atSeconds = 0): Line => [
    's1',
    {
      kind: 'blocked',
      because: {
        code: 'window-closed',
        facts: { subject: 'default/acid-a', window: windowed.window ?? '', opens: at },
      },
      deadlineMs,
    },
    atSeconds,
  ];
  const behind: Line = [
    's1',
    { kind: 'blocked', because: { code: 'candidate-behind', facts: { subject: 'x' } }, deadlineMs: 500 },
  ];

  it('lets no deadline run: each reason has its time again when the window opens', () => {
    const first = foldOf(plan, [behind, closed(opens, 900)]);
    expect([...(first.lanes.get('s1')?.deadlines ?? [])]).toEqual([['window-closed', 900]]);
    expect(describeRun(first).steps.s1).toMatchObject({ state: 'blocked', waitingFor: { facts: { opens } } });
    expect(describeRun(first).steps.s1).not.toHaveProperty('deadline');
    const again = foldOf(plan, [closed(opens, 900), behind]);
    expect(describeRun(again).steps.s1).toHaveProperty('deadline');
  });

  it('has missed no window while it only waited for its turn', () => {
    const turn: Line = [
      's1',
      { kind: 'blocked', because: { code: 'switchover-limit', facts: { subject: 'x' } }, deadlineMs: 700 },
    ];
    const lane = foldOf(plan, [closed(opens, 900), turn]).lanes.get('s1');
    expect([...(lane?.deadlines ?? [])]).toEqual([['switchover-limit', 700]]);
  });

  it('is the state of the run only where nothing else could go on', () => {
    const waits = closed(opens, 900);
    expect(describeRun(foldOf(plan, [waits])).state).toBe('running');
    const run = describeRun(foldOf(plan, [waits, ['c1', { kind: 'done', facts: {} }]]));
    expect(run.state).toBe('waiting-for-window');
    expect(run.because).toEqual({
      code: 'waiting-for-window',
      facts: { subject: 'default/acid-a', window: windowed.window, opens },
    });
    const stopped: Line = ['run', { kind: 'pause-asked' }];
    expect(describeRun(foldOf(plan, [waits, ['c1', { kind: 'done', facts: {} }], stopped])).state).toBe(
      'pausing',
    );
  });

  it('is the window that opens first, of several', () => {
    const later: SwitchoverStep = { ...windowed, id: 's2', cluster: 'default/acid-b' };
    const ofLater: Line = [
      's2',
      {
        kind: 'blocked',
        because: {
          code: 'window-closed',
          facts: { subject: 'default/acid-b', opens: '2026-11-24T01:00:00.000Z' },
        },
        deadlineMs: 9,
      },
    ];
    const run = describeRun(foldOf(planOf([later, windowed]), [ofLater, closed(opens, 900)]));
    expect(run.because.facts).toMatchObject({ subject: 'default/acid-a', opens });
  });

  it('the expected end counts from the start of the run until the window opens', () => {
    expect(describeRun(foldOf(planOf([windowed]))).expectedEnd).toEqual({
      p50: '2026-11-23T09:00:10.000Z',
      p95: '2026-11-23T09:00:17.000Z',
    });
  });
});

/** acid-a with its primary on n1, which is to be drained. */
const fleet = fleetObjects(
  zone('z1', node('n1', { drain: true })),
  zone('z2', node('n2')),
  zone('z3', node('n3')),
  cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3')),
);
const plan = planFor(fleet, drainRequest());

/** The plan with this window on its switchovers and outages. */
function inWindow(given: DrainPlan, window: string): DrainPlan {
  const steps = given.steps.map((step): Step => {
    const interrupts = step.kind === 'switchover' || (step.kind === 'move' && step.outage);
    return interrupts ? { ...step, window } : step;
  });
  return { ...given, steps };
}

function codesOf(scene: Scene): readonly string[] {
  const entries = scene.journal.runs.get(runId) ?? [];
  return entries.flatMap(({ event }) => (event.kind === 'blocked' ? [event.because.code] : []));
}

function clockOf(scene: Scene): string {
  return new Date(scene.world.nowMs()).toISOString().slice(0, 16);
}

describe('a run with a window', { timeout: 90_000 }, () => {
  it('does what it can, waits until the window opens, switches over inside it, and finishes', async () => {
    // The world begins on Monday, 23 November 2026, 08:00 UTC.
    const scene = await setScene(fleet, inWindow(plan, 'Mon 10:00-11:00 Europe/Berlin'));
    const states = new Set<string>();
    const fold = await drive(scene, {
      beforePass: () => void states.add(describeRun(readScene(scene)).state),
    });
    expect(fold.because).toMatchObject({ code: 'finished' });
    expect([...states]).toEqual(['running', 'waiting-for-window', 'finished']);
    expect(codesOf(scene).filter((code) => code === 'window-closed')).toHaveLength(1);
    const [change, ...others] = scene.world.roleChanges;
    expect(others).toEqual([]);
    expect(change?.kind).toBe('switchover');
    const began = (scene.journal.runs.get(runId) ?? []).find(
      ({ event }) => event.kind === 'act' && event.act.kind === 'switchover',
    );
    expect(new Date(began?.atMs ?? 0).toISOString()).toMatch(/^2026-11-23T09:00:0/);
    expect(scene.world.violations).toEqual([]);
    expect(describeRun(fold).counts).toMatchObject({ planned: 1, done: 1, unplanned: 0, released: 1 });
  });

  it('restarts a single member inside the window', async () => {
    const alone = fleetObjects(
      zone('z1', node('n1', { drain: true })),
      zone('z2', node('n2')),
      cluster('acid-a', clusterWith({ primaryBudget: null }), member('n1', 'primary')),
    );
    const restart = planFor(alone, drainRequest({ singleMember: 'restart' }));
    const scene = await setScene(alone, inWindow(restart, '08:30-09:30'));
    const fold = await drive(scene);
    expect(fold.because).toMatchObject({ code: 'finished' });
    expect(describeRun(fold).counts).toMatchObject({ outages: 1, unplanned: 0 });
    const [eviction] = scene.world.evictions;
    expect(eviction?.atMs).toBeGreaterThanOrEqual(Date.UTC(2026, 10, 23, 8, 30));
  });

  it('may be paused and aborted while it waits', async () => {
    const scene = await setScene(fleet, inWindow(plan, '12:00-13:00'));
    await drive(scene, { until: () => describeRun(readScene(scene)).state === 'waiting-for-window' });
    await say(scene, { kind: 'pause-asked' });
    await drive(scene, { until: () => readScene(scene).state === 'paused' });
    await say(scene, { kind: 'resumed' });
    await drive(scene, { until: () => describeRun(readScene(scene)).state === 'waiting-for-window' });
    await say(scene, { kind: 'abort-asked' });
    const fold = await drive(scene);
    expect(fold.state).toBe('aborted');
    expect(scene.world.roleChanges).toEqual([]);
    expect(clockOf(scene) < '2026-11-23T12:00').toBe(true);
  });

  it('waits for the next window where the candidate was behind all through the first', async () => {
    const scene = await setScene(fleet, inWindow(plan, '08:30-08:40, 10:00-10:30'));
    const fold = await drive(scene, {
      ports: (ports) => ({
        ...ports,
        patroni: {
          ...ports.patroni,
          readCluster: async (members) => {
            const seen = await ports.patroni.readCluster(members);
            const isLate = clockOf(scene) >= '2026-11-23T09:50' || clockOf(scene) < '2026-11-23T08:20';
            const lagging = seen.members.map((each) =>
              each.role === 'leader' || isLate ? each : { ...each, lagBytes: 1e9 },
            );
            return { ...seen, members: lagging };
          },
        },
      }),
    });
    expect(fold.because).toMatchObject({ code: 'finished' });
    expect(codesOf(scene)).toEqual(
      expect.arrayContaining(['window-closed', 'candidate-behind', 'window-closed']),
    );
    expect(scene.world.roleChanges.map(({ kind }) => kind)).toEqual(['switchover']);
  });

  it('keeps nobody waiting for what came of a switchover while its window is closed', async () => {
    const two = fleetObjects(
      zone('z1', node('n1', { drain: true })),
      zone('z2', node('n2')),
      zone('z3', node('n3')),
      cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3')),
      cluster('acid-b', member('n1', 'primary'), member('n2'), member('n3')),
    );
    const request = drainRequest({
      limits: { parallelSwitchovers: 1 },
      clusters: {
        'default/acid-a': { window: '08:00-08:02, 22:00-23:00' },
        'default/acid-b': { window: '08:10-09:00' },
      },
    });
    const scene = await setScene(two, planFor(two, request));
    scene.world.faults.switchoverLies.set('default/acid-a', ['unknown-not-done']);
    const fold = await drive(scene);
    expect(fold.because).toMatchObject({ code: 'finished' });
    const switched = scene.world.roleChanges.map(
      (change) => `${change.cluster} ${new Date(change.atMs).toISOString().slice(0, 15)}`,
    );
    expect(switched).toEqual(['default/acid-b 2026-11-23T08:1', 'default/acid-a 2026-11-23T22:0']);
  });

  it('halts where the window is never open for long enough', async () => {
    const scene = await setScene(fleet, inWindow(plan, '10:00-10:01'));
    const short = {
      ...scene.plan,
      steps: scene.plan.steps.map((step) => ({ ...step, estimateSeconds: 90 })),
    };
    const fold = await drive({ ...scene, plan: short });
    expect(fold.because).toMatchObject({
      code: 'window-never-opens',
      facts: { subject: 'default/acid-a', window: '10:00-10:01', seconds: 90, days: 14 },
    });
    expect(scene.world.roleChanges).toEqual([]);
  });
});
