import { describe, expect, it } from 'vitest';
import { actForRun } from '../../executor/act-for-run.ts';
import { advanceRun } from '../../executor/advance-run.ts';
import { advanceStep } from '../../executor/advance-step.ts';
import type { Ports, StepContext } from '../../executor/contexts.ts';
import { OutsideError } from '../../executor/errors.ts';
import type { RunEvent } from '../../executor/journal.ts';
import { keepHolds } from '../../executor/keep-holds.ts';
import { realPace } from '../../executor/limits.ts';
import type { Journal } from '../../executor/ports.ts';
import type { HoldAct } from '../../executor/record/fold-holds.ts';
import { atHand } from '../../executor/record/read-fold.ts';
import { appendToStep, readRun } from '../../executor/record/record.ts';
import { explainWait } from '../../planner/index.ts';
import type { Step } from '../../planner/plan.ts';
import { startChecker } from '../../simulations/checker.ts';
import { directPorts } from '../../simulations/direct-ports.ts';
import { createMemoryJournal, type MemoryJournal } from '../../simulations/memory-journal.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import type { World } from '../../simulations/world/world.ts';
import { cluster, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';
import { created, memberMove, nodeStep, planOf, runId, startedOn, switchover } from './runs.ts';

const fleet = fleetObjects(
  zone('z1', node('n1'), node('k1')),
  zone('z2', node('n2'), node('k2')),
  zone('z3', node('n3')),
  cluster('acid-a', member('n1'), member('n2'), member('n3', 'primary')),
);

type Stage = {
  readonly world: World;
  readonly journal: MemoryJournal;
  context(stepId: string, more?: Partial<StepContext>): StepContext;
};

/** A started run of these steps in a world of its own. */
async function setStage(steps: readonly Step[]): Promise<Stage> {
  const world = createWorld({ objects: fleet.items });
  startChecker(world, { movesPerMemberMax: 1 });
  const journal = createMemoryJournal();
  const { clock, ...outside } = directPorts(world);
  let after = 0;
  for (const [lane, event] of [created, startedOn(await outside.kubernetes.listNodes())]) {
    const said = await journal.append(runId, { lane, after, by: 'anna', atMs: clock.nowMs(), event });
    after = said.kind === 'appended' ? said.sequence : after;
  }
  const context = (stepId: string, more: Partial<StepContext> = {}): StepContext => {
    const ports: Ports = { ...outside, journal };
    return {
      ports,
      firstPlan: atHand(planOf(steps)),
      runId,
      worker: 'worker-1',
      pace: realPace,
      clock,
      stepId,
      ...more,
    };
  };
  return { world, journal, context };
}

function uidOf(world: World, pod: string): string {
  return world.store.get('Pod', 'default', pod)?.metadata.uid ?? '';
}

function holdOn(world: World, name: string): HoldAct {
  return { kind: 'hold-pod', cluster: 'default/acid-a', namespace: 'default', name, uid: uidOf(world, name) };
}

async function eventsOf(journal: Journal, lane: string): Promise<readonly string[]> {
  const entries = await journal.read(runId);
  return entries
    .filter((entry) => entry.lane === lane)
    .map(({ event }) => (event.kind === 'answer' ? `answer ${event.answer}` : event.kind));
}

describe('two steps of one cluster that a plan forgot to order', () => {
  it('are never under way together, though both workers find the way free at the same moment', async () => {
    const uids = createWorld({ objects: fleet.items });
    const steps = ['acid-a-0', 'acid-a-1'].map((name, index) =>
      memberMove(`m${index}`, name, { uid: uidOf(uids, name), from: `n${index + 1}`, to: `k${index + 1}` }),
    );
    const { world, journal, context } = await setStage(steps);
    await Promise.all([advanceStep(context('m0')), advanceStep(context('m1'))]);
    expect(world.evictions).toHaveLength(1);
    expect(world.violations).toEqual([]);
    const ends = [await eventsOf(journal, 'm0'), await eventsOf(journal, 'm1')];
    expect(ends).toEqual([
      ['act', 'answer evicted'],
      ['act', 'answer withdrawn'],
    ]);
  });

  it('are switchovers one after the other, by the order of the journal', async () => {
    const steps = [switchover('s0', 'acid-a-2', 'acid-a-0'), switchover('s1', 'acid-a-2', 'acid-a-1')];
    const { world, context } = await setStage(steps);
    await Promise.all([advanceStep(context('s0')), advanceStep(context('s1'))]);
    expect(world.roleChanges.map((change) => change.to)).toEqual(['acid-a-0']);
  });
});

describe('a switchover of which nothing was seen', () => {
  it('is not asked for again while another drainer takes the node of the candidate away', async () => {
    const { world, journal, context } = await setStage([switchover('s0', 'acid-a-2', 'acid-a-0')]);
    world.faults.switchoverLies.set('default/acid-a', ['unknown-not-done']);
    await advanceStep(context('s0'));
    world.store.update('Node', undefined, 'n1', (draft) => {
      draft.spec.taints = [{ key: 'ToBeDeletedByClusterAutoscaler', value: '1', effect: 'NoSchedule' }];
    });
    world.advanceTo(world.nowMs() + 2 * realPace.switchoverSettleMs);
    await advanceStep(context('s0'));
    expect(await eventsOf(journal, 's0')).toEqual(['act', 'answer unknown', 'blocked']);
    expect(world.roleChanges).toEqual([]);
  });
});

describe('a switchover that took place', () => {
  it('costs no look at other drainers any more: nobody is asked again', async () => {
    const { world, journal, context } = await setStage([switchover('s0', 'acid-a-2', 'acid-a-0')]);
    const own = context('s0');
    const nodes: string[] = [];
    const getNode: Ports['kubernetes']['getNode'] = async (name) => {
      nodes.push(name);
      return own.ports.kubernetes.getNode(name);
    };
    const counting = { ...own, ports: { ...own.ports, kubernetes: { ...own.ports.kubernetes, getNode } } };
    await advanceStep(counting);
    expect(nodes.splice(0)).toEqual(['n1', 'n2']);
    while ((await eventsOf(journal, 's0')).at(-1) !== 'done') {
      world.advanceTo(world.nowMs() + realPace.pollMs);
      await advanceStep(counting);
    }
    expect(nodes).toEqual([]);
  });
});

describe('a journal that cannot be read between an act that is written and its beginning', () => {
  it('leaves the act withdrawn, so that nobody waits for what never began', async () => {
    const { world, journal, context } = await setStage([nodeStep('fence', 'f1', 'n1')]);
    let isWritten = false;
    const { ports } = context('f1');
    const silent: Journal = {
      ...journal,
      append: async (run, entry) => {
        isWritten ||= entry.event.kind === 'act';
        return journal.append(run, entry);
      },
      read: async (run, after) => {
        if (!isWritten) return journal.read(run, after);
        throw new OutsideError({ code: 'timeout', target: 'redis', request: 'read', message: 'no answer' });
      },
    };
    await advanceStep(context('f1', { ports: { ...ports, journal: silent } }));
    expect(await eventsOf(journal, 'f1')).toEqual(['act', 'answer withdrawn']);
    expect(world.store.get('Node', undefined, 'n1')?.spec?.taints ?? []).toEqual([]);
    await advanceStep(context('f1'));
    expect(await eventsOf(journal, 'f1')).toEqual(['act', 'answer withdrawn', 'act', 'answer done']);
  });
});

describe('an act that Redis has lost, while another worker writes one under its number', () => {
  /** Two workers of one stage. The first loses its act while it performs it; the second one's stands still until the first has its answer. */
  async function setWorkers() {
    const { world, journal, context } = await setStage([nodeStep('fence', 'f1', 'n1')]);
    const answered = Promise.withResolvers<void>();
    const slow = context('f1', { worker: 'worker-2' });
    const { kubernetes } = slow.ports;
    const standsStill: StepContext = {
      ...slow,
      ports: {
        ...slow.ports,
        kubernetes: {
          ...kubernetes,
          changeNode: async (...change) => {
            await answered.promise;
            return kubernetes.changeNode(...change);
          },
          changePod: async (...change) => {
            await answered.promise;
            return kubernetes.changePod(...change);
          },
        },
      },
    };
    const loseAct = () => {
      expect(journal.lose(runId, 2)).toMatchObject([{ by: 'worker-1', event: { kind: 'act' } }]);
    };
    return { world, journal, context, standsStill, answered, loseAct };
  }

  async function untilWritten(journal: Journal, by: string): Promise<void> {
    while (!(await journal.read(runId)).some((entry) => entry.by === by)) await Promise.resolve();
  }

  it('takes its answer away with it: the other one gets its own', async () => {
    const { journal, context, standsStill, answered, loseAct } = await setWorkers();
    const own = context('f1');
    let other: Promise<unknown> = Promise.resolve();
    const { kubernetes } = own.ports;
    const changeNode: typeof kubernetes.changeNode = async () => {
      loseAct();
      other = advanceStep(standsStill);
      await untilWritten(journal, 'worker-2');
      return 'conflict';
    };
    const next = await advanceStep({
      ...own,
      ports: { ...own.ports, kubernetes: { ...kubernetes, changeNode } },
    });
    answered.resolve();
    await other;
    expect(next).toEqual({ kind: 'again', inMs: realPace.afterActMs });
    expect((await journal.read(runId, 2)).map(({ by }) => by)).toEqual(['worker-2', 'worker-2']);
    expect(await eventsOf(journal, 'f1')).toEqual(['act', 'answer done']);
  });

  it('is not withdrawn in the name of the other, where its worker was held up before it began it', async () => {
    const { world, journal, context, standsStill, answered, loseAct } = await setWorkers();
    const own = context('f1');
    let other: Promise<unknown> = Promise.resolve();
    const append: Journal['append'] = async (run, entry) => {
      const said = await journal.append(run, entry);
      if (entry.event.kind === 'act') {
        loseAct();
        world.advanceTo(world.nowMs() + 60_000);
        other = advanceStep(standsStill);
        await untilWritten(journal, 'worker-2');
      }
      return said;
    };
    const next = await advanceStep({ ...own, ports: { ...own.ports, journal: { ...journal, append } } });
    answered.resolve();
    await other;
    expect(next).toEqual({ kind: 'again', inMs: realPace.pollMs });
    expect(await eventsOf(journal, 'f1')).toEqual(['act', 'answer done']);
    expect(world.store.get('Node', undefined, 'n1')?.spec?.taints).toHaveLength(1);
  });

  it('has no answer in the lane of the run either', async () => {
    const { world, journal, context, standsStill, answered, loseAct } = await setWorkers();
    const own = context('f1');
    const fold = await readRun(own);
    let other: Promise<unknown> = Promise.resolve();
    const { kubernetes } = own.ports;
    const changePod: typeof kubernetes.changePod = async () => {
      loseAct();
      other = actForRun(standsStill, fold, holdOn(world, 'acid-a-1'), { whileRunning: true });
      await untilWritten(journal, 'worker-2');
      return { kind: 'forbidden', message: 'not this pod' };
    };
    const losing = { ...own, ports: { ...own.ports, kubernetes: { ...kubernetes, changePod } } };
    await actForRun(losing, fold, holdOn(world, 'acid-a-0'), { whileRunning: true });
    answered.resolve();
    await other;
    expect(await eventsOf(journal, 'run')).toEqual(['created', 'started', 'act', 'answer done']);
    const held = await readRun(own);
    expect([...held.holds.keys()]).toEqual(['default/acid-a-1']);
    expect(held.holdRefused).toBeUndefined();
  });

  it('is not settled in the name of the other by whoever looked what came of it', async () => {
    const { world, journal, context, standsStill, answered, loseAct } = await setWorkers();
    const own = context('f1');
    const { kubernetes } = own.ports;
    const before = await readRun(own);
    const written = await appendToStep(own, {
      lane: 'run',
      after: before.lastOfRunLane,
      event: { kind: 'act', act: holdOn(world, 'acid-a-0') },
    });
    expect(written.kind).toBe('appended');
    const fold = await readRun(own);
    world.advanceTo(world.nowMs() + realPace.actSettleMs);
    let other: Promise<unknown> = Promise.resolve();
    const getPod: typeof kubernetes.getPod = async (...name) => {
      loseAct();
      other = actForRun(standsStill, before, holdOn(world, 'acid-a-1'), { whileRunning: true });
      await untilWritten(journal, 'worker-2');
      return kubernetes.getPod(...name);
    };
    await keepHolds({ ...own, ports: { ...own.ports, kubernetes: { ...kubernetes, getPod } } }, fold);
    answered.resolve();
    await other;
    expect(await eventsOf(journal, 'run')).toEqual(['created', 'started', 'act', 'answer done']);
  });
});

describe('an act that Redis has lost before it is begun', () => {
  it('is not begun, and the next pass writes it again', async () => {
    const { world, journal, context } = await setStage([nodeStep('fence', 'f1', 'n1')]);
    const own = context('f1');
    const append: Journal['append'] = async (run, entry) => {
      const said = await journal.append(run, entry);
      if (entry.event.kind === 'act') journal.lose(run, 2);
      return said;
    };
    const next = await advanceStep({ ...own, ports: { ...own.ports, journal: { ...journal, append } } });
    expect(next).toEqual({ kind: 'again', inMs: realPace.pollMs });
    expect(await eventsOf(journal, 'f1')).toEqual([]);
    expect(world.store.get('Node', undefined, 'n1')?.spec?.taints ?? []).toEqual([]);
    await advanceStep(own);
    expect(await eventsOf(journal, 'f1')).toEqual(['act', 'answer done']);
  });
});

describe('a worker that was held up', () => {
  async function heldUp(where: 'look' | 'act', timesMax = 1) {
    const world0 = createWorld({ objects: fleet.items });
    const step = memberMove('m0', 'acid-a-0', { uid: uidOf(world0, 'acid-a-0'), from: 'n1', to: 'k1' });
    const stage = await setStage([step]);
    const { world, journal, context } = stage;
    let times = 0;
    const holdUp = (): void => {
      if (times < timesMax) {
        times += 1;
        world.advanceTo(world.nowMs() + realPace.staleAfterMs + 1);
      }
    };
    const own = context('m0');
    const { patroni } = own.ports;
    const ports: Ports = {
      ...own.ports,
      patroni:
        where === 'look'
          ? {
              ...patroni,
              readCluster: async (members) => {
                const seen = await patroni.readCluster(members);
                holdUp();
                return seen;
              },
            }
          : patroni,
      journal: {
        ...journal,
        append: async (run, entry) => {
          const said = await journal.append(run, entry);
          if (where === 'act' && entry.event.kind === 'act') {
            holdUp();
          }
          return said;
        },
      },
    };
    let looks = 0;
    const { patroni: slow } = ports;
    const counting: Ports['patroni'] = {
      ...slow,
      readCluster: async (members) => {
        looks += 1;
        return slow.readCluster(members);
      },
    };
    const pass = { ...own, ports: { ...ports, patroni: counting } };
    const next = await advanceStep(pass);
    return { ...stage, pass, next, looks };
  }

  it('after it looked looks again before it acts, and says nothing of it', async () => {
    const { world, journal, looks } = await heldUp('look');
    expect(looks).toBe(2);
    expect(await eventsOf(journal, 'm0')).toEqual(['act', 'answer evicted']);
    expect(world.evictions).toHaveLength(1);
  });

  it('after it looked, and again, neither acts nor records what it saw: it says that looks take too long', async () => {
    const { world, journal, next, looks } = await heldUp('look', 2);
    expect(looks).toBe(2);
    expect(next).toEqual({ kind: 'again', inMs: realPace.outsideDelayMs });
    expect(await eventsOf(journal, 'm0')).toEqual(['waiting']);
    expect(world.evictions).toEqual([]);
  });

  it('after it wrote its act withdraws it, and looks again before it acts', async () => {
    const { world, journal, looks } = await heldUp('act');
    expect(looks).toBe(2);
    expect(await eventsOf(journal, 'm0')).toEqual(['act', 'answer withdrawn', 'act', 'answer evicted']);
    expect(world.evictions).toHaveLength(1);
  });

  it.each(['look', 'act'] as const)(
    'each time (%s) has a deadline, asks less and less often, and then halts with what is slow',
    async (where) => {
      const { world, pass, context } = await heldUp(where, Number.POSITIVE_INFINITY);
      const beganMs = world.nowMs();
      let passes = 0;
      for (let inMs = 0; passes < 1_000; passes += 1) {
        world.advanceTo(world.nowMs() + inMs);
        await advanceRun(pass);
        const next = await advanceStep(pass);
        if (next.kind !== 'again') break;
        inMs = next.inMs;
      }
      const { state, because } = await readRun(context('m0'));
      expect(state).toBe('halted');
      expect(explainWait(because)).toMatch(
        /^the fleet did not answer as it should for too long: timeout: look at step m0: took longer than 10 s/,
      );
      expect(world.nowMs() - beganMs).toBeLessThan(realPace.waitLimitMs['outside-trouble'] + 120_000);
      expect(passes).toBeLessThan(120);
      expect(world.evictions).toEqual([]);
    },
  );

  it('and lost its job does nothing at all', async () => {
    const { world, journal, context } = await setStage([nodeStep('fence', 'f1', 'n1')]);
    const pass = await advanceStep(context('f1', { signal: AbortSignal.abort() }));
    expect(pass).toEqual({ kind: 'stopped' });
    expect(await eventsOf(journal, 'f1')).toEqual([]);
    expect(world.store.get('Node', undefined, 'n1')?.spec.taints ?? []).toEqual([]);
  });
});

describe('one pass over a step', () => {
  it('acts no more when a pause was asked for after it looked', async () => {
    const { world, journal, context } = await setStage([nodeStep('fence', 'f1', 'n1')]);
    const own = context('f1');
    const { kubernetes } = own.ports;
    const pausedMeanwhile: Ports['kubernetes'] = {
      ...kubernetes,
      getNode: async (name) => {
        const seen = await kubernetes.getNode(name);
        const entry = { lane: 'run', after: 2, by: 'anna', atMs: world.nowMs() };
        await journal.append(runId, { ...entry, event: { kind: 'pause-asked' } });
        return seen;
      },
    };
    const pass = await advanceStep({ ...own, ports: { ...own.ports, kubernetes: pausedMeanwhile } });
    expect(pass).toEqual({ kind: 'stopped' });
    expect(await eventsOf(journal, 'f1')).toEqual([]);
    expect(world.store.get('Node', undefined, 'n1')?.spec.taints ?? []).toEqual([]);
  });

  it('does not begin before the steps it comes after are done', async () => {
    const steps = [nodeStep('fence', 'f1', 'n1'), nodeStep('fence', 'f2', 'n2', ['f1'])];
    const { journal, context } = await setStage(steps);
    expect(await advanceStep(context('f2'))).toEqual({ kind: 'again', inMs: realPace.idleMs });
    expect(await eventsOf(journal, 'f2')).toEqual([]);
  });

  it('halts before the act when another run has taken the fleet', async () => {
    const { journal, context } = await setStage([nodeStep('fence', 'f1', 'n1')]);
    await context('f1').ports.kubernetes.holdLease({ holder: 'run-0', durationSeconds: 30 });
    expect(await advanceStep(context('f1'))).toEqual({ kind: 'stopped' });
    expect(await eventsOf(journal, 'f1')).toEqual([]);
    expect((await journal.read(runId)).at(-1)?.event).toMatchObject({
      kind: 'halted',
      because: { code: 'fleet-lease-taken' },
    });
  });

  it('halts the run where it stands when an assumption of ours is broken', async () => {
    const { journal, context } = await setStage([nodeStep('fence', 'f1', 'n1')]);
    const own = context('f1');
    const broken = async (): Promise<never> => {
      throw new TypeError('what is this?');
    };
    const pass = await advanceStep({
      ...own,
      ports: { ...own.ports, kubernetes: { ...own.ports.kubernetes, getNode: broken } },
    });
    expect(pass).toEqual({ kind: 'stopped' });
    expect((await journal.read(runId)).at(-1)?.event).toMatchObject({
      kind: 'halted',
      because: { code: 'assumption-broken', facts: { step: 'f1', message: 'what is this?' } },
    });
  });

  it('writes why it waits once, however often it looks', async () => {
    const steps = [nodeStep('cordon', 'c1', 'n3')];
    const { world, journal, context } = await setStage(steps);
    for (let look = 0; look < 5; look += 1) {
      expect(await advanceStep(context('c1'))).toEqual({ kind: 'again', inMs: realPace.idleMs });
      world.advanceTo(world.nowMs() + realPace.idleMs);
    }
    expect(await eventsOf(journal, 'c1')).toEqual(['blocked']);
  });

  it('halts the run when the deadline of its reason has passed', async () => {
    const { world, journal, context } = await setStage([nodeStep('cordon', 'c1', 'n3')]);
    await advanceStep(context('c1'));
    world.advanceTo(world.nowMs() + realPace.waitLimitMs['primary-on-node']);
    expect(await advanceStep(context('c1'))).toEqual({ kind: 'stopped' });
    expect((await journal.read(runId)).at(-1)?.event).toMatchObject({
      kind: 'halted',
      because: {
        code: 'deadline-passed',
        facts: { step: 'c1', waitedFor: 'primary-on-node', subject: 'n3' },
      },
    });
  });

  it('halts no run that was resumed after the halt was decided', async () => {
    const { world, journal, context } = await setStage([nodeStep('cordon', 'c1', 'n3')]);
    await advanceStep(context('c1'));
    world.advanceTo(world.nowMs() + realPace.waitLimitMs['primary-on-node']);
    const { ports } = context('c1');
    let isOvertaken = false;
    // Another worker halts it for the same reason, and a person resumes it, before this one has written its entry.
    const overtaken: Journal = {
      ...journal,
      append: async (run, entry) => {
        if (entry.event.kind === 'halted' && !isOvertaken) {
          isOvertaken = true;
          await advanceStep(context('c1', { worker: 'worker-2' }));
          world.advanceTo(world.nowMs() + 1_000);
          const after = (await journal.read(run)).findLast(({ lane }) => lane === 'run')?.sequence ?? 0;
          const resumed = { lane: 'run', after, by: 'anna', event: { kind: 'resumed' } } as const;
          await journal.append(run, { ...resumed, atMs: world.nowMs() });
        }
        return journal.append(run, entry);
      },
    };
    await advanceStep(context('c1', { ports: { ...ports, journal: overtaken } }));
    expect((await eventsOf(journal, 'run')).slice(-2)).toEqual(['halted', 'resumed']);
  });

  it('halts no run that was resumed after it had found the Lease taken', async () => {
    const { world, journal, context } = await setStage([nodeStep('fence', 'f1', 'n1')]);
    const { ports } = context('f1');
    const say = async (event: RunEvent): Promise<void> => {
      const after = (await journal.read(runId)).findLast(({ lane }) => lane === 'run')?.sequence ?? 0;
      await journal.append(runId, { lane: 'run', after, by: 'anna', atMs: world.nowMs(), event });
    };
    const holdLease: typeof ports.kubernetes.holdLease = async () => {
      const facts = { subject: 'prod', takenBy: 'run-2' };
      await say({ kind: 'halted', because: { code: 'fleet-lease-taken', facts } });
      world.advanceTo(world.nowMs() + 1_000);
      await say({ kind: 'resumed' });
      return { kind: 'taken', by: 'run-2', untilMs: world.nowMs() };
    };
    const kubernetes = { ...ports.kubernetes, holdLease };
    await advanceStep(context('f1', { ports: { ...ports, kubernetes } }));
    expect((await eventsOf(journal, 'run')).slice(-2)).toEqual(['halted', 'resumed']);
  });

  it('waits longer and longer where each change meets a conflict, and halts the run when that has lasted for too long', async () => {
    const { world, journal, context } = await setStage([nodeStep('fence', 'f1', 'n1')]);
    const own = context('f1');
    const askedAtMs: number[] = [];
    const kubernetes = {
      ...own.ports.kubernetes,
      changeNode: async (): Promise<'conflict'> => {
        askedAtMs.push(world.nowMs());
        return 'conflict';
      },
    };
    const ctx = { ...own, ports: { ...own.ports, kubernetes } };
    const startMs = world.nowMs();
    const limitMs = realPace.waitLimitMs['outside-trouble'];
    const look = async (): Promise<void> => {
      const pass = await advanceStep(ctx);
      if (pass.kind !== 'again' || world.nowMs() - startMs > 2 * limitMs) return;
      await own.ports.kubernetes.holdLease({ holder: runId, durationSeconds: 3600 });
      world.advanceTo(world.nowMs() + pass.inMs);
      await look();
    };
    await look();
    const pausesMs = askedAtMs.slice(1).map((atMs, index) => atMs - (askedAtMs[index] ?? 0));
    expect(pausesMs[0]).toBe(realPace.afterActMs);
    expect(pausesMs[5]).toBeGreaterThan(2 * (pausesMs[3] ?? 0));
    expect(pausesMs.at(-1)).toBeGreaterThanOrEqual(realPace.outsideDelayMaxMs);
    expect((await journal.read(runId)).at(-1)?.event).toMatchObject({
      kind: 'halted',
      because: { code: 'deadline-passed', facts: { waitedFor: 'outside-trouble', subject: 'kubernetes' } },
    });
    expect(world.nowMs() - startMs).toBeLessThan(limitMs + 60_000);
  });

  it('looks rarely while a window is closed, and halts the run once it was missed for too long', async () => {
    // The world begins on a Monday at 08:00. Here two hours are too long, counted from the first opening.
    const step = { ...switchover('s1', 'acid-a-2', 'acid-a-0'), window: '09:00-09:30, 10:00-10:30' };
    const { world, journal, context } = await setStage([step]);
    const waitLimitMs = { ...realPace.waitLimitMs, 'window-closed': 2 * 3_600_000 };
    const own = context('s1', { pace: { ...realPace, waitLimitMs } });
    const startedMs = world.nowMs();
    const passAt = async (minutes: number) => {
      world.advanceTo(startedMs + minutes * 60_000);
      return advanceStep(own);
    };
    expect(await passAt(0)).toEqual({ kind: 'again', inMs: realPace.windowIdleMs });
    expect(await passAt(59.9)).toEqual({ kind: 'again', inMs: 6_000 });
    // Nobody was at work while it was open.
    expect(await passAt(95)).toEqual({ kind: 'again', inMs: realPace.windowIdleMs });
    expect(await eventsOf(journal, 's1')).toEqual(['blocked', 'blocked']);
    expect(await passAt(181)).toEqual({ kind: 'stopped' });
    expect((await journal.read(runId)).at(-1)?.event).toMatchObject({
      kind: 'halted',
      because: { code: 'deadline-passed', facts: { step: 's1', waitedFor: 'window-closed' } },
    });
  });
});
