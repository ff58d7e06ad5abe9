import { describe, expect, it } from 'vitest';
import { verdict } from '../../api/run-words.ts';
import { OutsideError } from '../../executor/errors.ts';
import type { RunEvent } from '../../executor/journal.ts';
import { realPace } from '../../executor/limits.ts';
import type { Journal } from '../../executor/ports.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import { foldRun } from '../../executor/record/fold-run.ts';
import type { RunFold } from '../../executor/record/run-fold.ts';
import { replayRun } from '../../executor/replay/replay-run.ts';
import { explainWait } from '../../planner/index.ts';
import { directPorts } from '../../simulations/direct-ports.ts';
import type { SwitchoverLie } from '../../simulations/world/faults.ts';
import { createRandom } from '../../simulations/world/random.ts';
import {
  cluster,
  clusterWith,
  deployment,
  drainRequest,
  fleetObjects,
  member,
  node,
  threeZones,
  zone,
} from '../fixtures/fleet.ts';
import {
  Died,
  type Drive,
  drive,
  dyingAt,
  dyingJournal,
  planFor,
  readScene,
  runId,
  type Scene,
  say,
  setScene,
} from './drive-run.ts';

/** acid-a with its primary on n1, n1 and n2 to be drained, a web pod on n1: one switchover, three moves, two new nodes. */
const smallFleet = fleetObjects(
  zone('z1', node('n1', { drain: true })),
  zone('z2', node('n2', { drain: true })),
  zone('z3', node('n3')),
  cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3')),
  deployment('web', { on: ['n1', 'n3'], budget: { maxUnavailable: 1 } }),
);

const smallPlan = planFor(smallFleet, drainRequest());

function setSmallScene(): Promise<Scene> {
  return setScene(smallFleet, smallPlan);
}

/** What must be so after every finished run of the small fleet, however it came there. */
function expectAsPlanned(scene: Scene): void {
  const { world } = scene;
  const fold = readScene(scene);
  expect(fold.because).toMatchObject({ code: 'finished' });
  expect(describeRun(fold).counts).toMatchObject({
    planned: 1,
    done: 1,
    unplanned: 0,
    moves: 3,
    released: 2,
    nodes: 2,
  });
  expect(world.roleChanges.map((change) => change.kind)).toEqual(['switchover']);
  expect(world.evictions.map((eviction) => eviction.pod).toSorted()).toHaveLength(3);
  expect(new Set(world.evictions.map((eviction) => eviction.uid)).size).toBe(3);
  expect(world.violations).toEqual([]);
  expect(world.outages).toEqual([]);
  expect(leaseHolder(scene)).toBe('');
}

function leaseHolder({ world }: Scene): unknown {
  return world.store.get('Lease', 'default', 'switchyard')?.spec.holderIdentity;
}

/** Names of nodes with a fence or a cordon of this run. */
async function markedNodes({ world }: Scene): Promise<readonly string[]> {
  const nodes = await directPorts(world).kubernetes.listNodes();
  return nodes
    .filter((each) => each.fencedBy === runId || each.cordonedBy === runId)
    .map((each) => each.name);
}

describe('a run in the simulated world', () => {
  it('carries out the whole plan and lets go of the fleet', async () => {
    const scene = await setSmallScene();
    await drive(scene);
    expectAsPlanned(scene);
  });

  it('is no more than one switchover for each cluster of three zones', async () => {
    const fleet = threeZones();
    const scene = await setScene(fleet, planFor(fleet, drainRequest()));
    const fold = await drive(scene);
    expect(fold.because).toMatchObject({ code: 'finished' });
    expect(scene.world.roleChanges.map((change) => `${change.kind} ${change.cluster}`).toSorted()).toEqual([
      'switchover default/acid-a',
      'switchover default/acid-b',
      'switchover default/acid-c',
    ]);
    expect(new Set(scene.world.evictions.map((eviction) => eviction.uid)).size).toBe(
      scene.world.evictions.length,
    );
    expect(scene.world.violations).toEqual([]);
    expect(describeRun(fold).counts).toMatchObject({
      planned: 3,
      done: 3,
      unplanned: 0,
      outages: 0,
      moves: 9,
      released: 3,
    });
  });

  it.each([
    ['restart', { switchovers: 0, outages: 1 }],
    ['scale-out', { switchovers: 1, outages: 0 }],
  ] as const)('moves the only member of a cluster by %s', async (singleMember, expected) => {
    const fleet = fleetObjects(
      zone('z1', node('n1', { drain: true })),
      zone('z2', node('n2')),
      cluster('acid-a', clusterWith({ primaryBudget: null }), member('n1', 'primary')),
    );
    const scene = await setScene(fleet, planFor(fleet, drainRequest({ singleMember })));
    const fold = await drive(scene);
    expect(fold.because).toMatchObject({ code: 'finished' });
    expect(describeRun(fold).counts).toMatchObject({
      done: expected.switchovers,
      outages: expected.outages,
      unplanned: 0,
    });
    expect(scene.world.roleChanges.filter((change) => change.kind === 'switchover')).toHaveLength(
      expected.switchovers,
    );
    expect(scene.world.violations).toEqual([]);
  });

  it('lets go of no node while a volume is attached to it, though no pod needs the volume any more', async () => {
    const fleet = fleetObjects(
      zone('z1', node('n1', { drain: true })),
      zone('z2', node('n2')),
      cluster('acid-a', clusterWith({ primaryBudget: null }), member('n1', 'primary')),
    );
    const scene = await setScene(fleet, planFor(fleet, drainRequest({ singleMember: 'scale-out' })));
    scene.world.faults.volumeDetachSeconds = 240;
    const left: string[] = [];
    const fold = await drive(scene, {
      ports: ({ kubernetes, patroni, pipeline }) => ({
        kubernetes,
        patroni,
        pipeline: {
          ...pipeline,
          nodeReleased: async (released) => {
            left.push(...(await kubernetes.listAttachedVolumes(released.name)));
            await pipeline.nodeReleased(released);
          },
        },
      }),
    });
    expect(fold.because).toMatchObject({ code: 'finished' });
    expect(left).toEqual([]);
    const waits = (scene.journal.runs.get(runId) ?? []).flatMap(({ event }) =>
      event.kind === 'waiting' ? [event.because.code] : [],
    );
    expect(waits).toContain('volume-still-attached');
  });

  it('is the same run twice: entry by entry', async () => {
    const [one, two] = [await setSmallScene(), await setSmallScene()];
    await drive(one);
    await drive(two);
    expect(two.journal.runs.get(runId)).toEqual(one.journal.runs.get(runId));
  });
});

// Dozens of whole runs each: on a busy machine more than the usual 20 s.
const manyRunsMs = 90_000;

describe('a run whose worker dies', { timeout: manyRunsMs }, () => {
  async function entriesOfWholeRun(): Promise<number> {
    const scene = await setSmallScene();
    await drive(scene);
    // The first entry was written by the service.
    return (scene.journal.runs.get(runId)?.length ?? 0) - 1;
  }

  it.each(['before', 'after'] as const)(
    'right %s any entry is finished by the next worker, with the same switchover and each pod evicted once',
    async (when) => {
      const entries = await entriesOfWholeRun();
      expect(entries).toBeGreaterThan(30);
      for (let atAppend = 1; atAppend <= entries; atAppend += 1) {
        const scene = await setSmallScene();
        const dying = { journal: (journal: Journal) => dyingJournal(journal, atAppend, when) };
        await expect(drive(scene, dying), `entry ${atAppend}`).rejects.toThrow(Died);
        await drive(scene, { worker: 'worker-2' });
        expectAsPlanned(scene);
      }
    },
  );

  it('three times in a row is still finished', async () => {
    const scene = await setSmallScene();
    for (const atAppend of [7, 9, 11]) {
      const dying = { journal: (journal: Journal) => dyingJournal(journal, atAppend, 'before') };
      await expect(drive(scene, dying)).rejects.toThrow(Died);
    }
    await drive(scene, { worker: 'worker-4' });
    expectAsPlanned(scene);
  });

  it('between the answer to an open act and the halt at a deadline halts all the same, at the next deadline', async () => {
    const scene = await setSmallScene();
    const switchover = smallPlan.steps.find(({ kind }) => kind === 'switchover')?.id ?? '';
    const dyingBefore = (lane: string, kind: 'answer' | 'halted') => (journal: Journal) =>
      dyingAt(journal, (entry) => entry.lane === lane && entry.event.kind === kind, 'before');
    await expect(drive(scene, { journal: dyingBefore(switchover, 'answer') })).rejects.toThrow(Died);
    // Somebody keeps the label of the former primary as it was.
    const beforePass = (): void => {
      scene.world.store.update('Pod', 'default', 'acid-a-0', (draft) => {
        draft.metadata.labels = { ...draft.metadata.labels, 'spilo-role': 'master' };
      });
    };
    const dying = { journal: dyingBefore('run', 'halted'), beforePass };
    await expect(drive(scene, dying)).rejects.toThrow(Died);
    expect(readScene(scene).lanes.get(switchover)?.acts[0]?.answer).toMatchObject({ answer: 'unknown' });
    const againMs = scene.world.nowMs();
    const fold = await drive(scene, { beforePass });
    expect(fold.because).toMatchObject({
      code: 'deadline-passed',
      facts: { waitedFor: 'role-labels-not-moved' },
    });
    expect((fold.endedAtMs ?? 0) - againMs).toBeLessThan(1.1 * realPace.waitLimitMs['role-labels-not-moved']);
  });
});

describe('a run with two workers', () => {
  it('that make every pass at the same moment acts once', async () => {
    const scene = await setSmallScene();
    await drive(scene, { twice: true });
    expectAsPlanned(scene);
    const acts = (scene.journal.runs.get(runId) ?? []).flatMap(({ event }) =>
      event.kind === 'act' ? [event.act.kind] : [],
    );
    const expected = {
      fence: 2,
      'want-node': 2,
      evict: 3,
      switchover: 1,
      cordon: 2,
      'mark-released': 2,
      'node-released': 2,
    };
    const counted = Object.fromEntries(
      Object.keys(expected).map((kind) => [kind, acts.filter((act) => act === kind).length]),
    );
    expect(counted).toEqual(expected);
  });
});

describe('a switchover whose answer is not true', () => {
  const lies: readonly SwitchoverLie[] = [
    'unknown-but-done',
    'unknown-not-done',
    'no-answer-but-done',
    'failed',
  ];
  it.each(lies)('%s: the run ends with one switchover', async (lie) => {
    const scene = await setSmallScene();
    scene.world.faults.switchoverLies.set('default/acid-a', [lie]);
    await drive(scene);
    expectAsPlanned(scene);
  });

  it.each([10, 60, 200])('of a leader that needs %i s to stop: it is asked for once', async (seconds) => {
    const scene = await setSmallScene();
    scene.world.faults.stopSeconds.set('default/acid-a', seconds);
    const fold = await drive(scene);
    expectAsPlanned(scene);
    const acts = [...fold.lanes.values()].flatMap(({ step, acts }) =>
      step.kind === 'switchover' ? acts : [],
    );
    expect(acts.map(({ answer }) => answer?.answer)).toEqual([seconds < 20 ? 'switched' : 'unknown']);
  });

  it('that always fails halts the run after so many attempts, and nothing is moved', async () => {
    const scene = await setSmallScene();
    const always: SwitchoverLie[] = Array.from({ length: 50 }, () => 'failed');
    scene.world.faults.switchoverLies.set('default/acid-a', always);
    const fold = await drive(scene);
    expect(fold.because).toMatchObject({ code: 'switchover-attempts-used-up' });
    expect(scene.world.roleChanges).toEqual([]);
    expect(leaseHolder(scene)).toBe('');
  });
});

describe('failures of the outside', { timeout: manyRunsMs }, () => {
  const codes = ['throttled', 'server-error', 'timeout', 'unreachable'] as const;

  /** A share of the calls of a port fails, by chance with a seed: before it was done, or with its answer lost. */
  function failing<Port extends object>(
    port: Port,
    target: string,
    chance: () => boolean,
    when: 'before' | 'after',
  ): Port {
    let failures = 0;
    const get = (real: Port, name: string | symbol): unknown => {
      const call: unknown = Reflect.get(real, name);
      if (typeof call !== 'function' || name === 'switchover') {
        return call;
      }
      return async (...given: readonly unknown[]) => {
        const fails = chance();
        const answer = fails && when === 'before' ? undefined : await call.apply(real, given);
        if (fails) {
          failures += 1;
          const code = codes[failures % codes.length] ?? 'timeout';
          throw new OutsideError({ code, target, request: String(name), message: 'planted' });
        }
        return answer;
      };
    };
    return new Proxy(port, { get });
  }

  const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
  it.each([
    [0.1, 'before'],
    [0.1, 'after'],
    // An eviction takes six calls in a row: with 0.4 one in 400 of them would use up its hour by chance alone.
    [0.35, 'before'],
    [0.35, 'after'],
  ] as const)(
    'in %d of all calls, %s they were done, delay the run and change nothing',
    async (share, when) => {
      for (const seed of seeds) {
        const scene = await setSmallScene();
        const random = createRandom(seed);
        const chance = (): boolean => random.next() < share;
        await drive(scene, {
          ports: ({ kubernetes, patroni, pipeline }) => ({
            kubernetes: failing(kubernetes, 'kubernetes', chance, when),
            patroni: failing(patroni, 'patroni', chance, when),
            pipeline: failing(pipeline, 'pipeline', chance, when),
          }),
        });
        expectAsPlanned(scene);
      }
    },
  );

  it('that never end halt the run within their deadline and say who did not answer', async () => {
    const scene = await setSmallScene();
    const beganMs = scene.world.nowMs();
    const fold = await drive(scene, {
      ports: (ports) => ({ ...ports, pipeline: failing(ports.pipeline, 'pipeline', () => true, 'before') }),
    });
    expect(fold.because).toMatchObject({
      code: 'outside-unreachable',
      facts: { subject: 'pipeline', request: 'wantNode', message: expect.stringContaining('wantNode') },
    });
    expect(scene.world.nowMs() - beganMs).toBeLessThan(realPace.waitLimitMs['outside-trouble'] + 10 * 60_000);
  });
});

describe('a pause', { timeout: manyRunsMs }, () => {
  it('begins no act, finishes the one in hand, and goes on after the resume', async () => {
    const whole = await setSmallScene();
    await drive(whole);
    const entries = whole.journal.runs.get(runId)?.length ?? 0;
    for (let at = 3; at < entries; at += 4) {
      const scene = await setSmallScene();
      await drive(scene, { until: () => readScene(scene).lastSequence >= at });
      await say(scene, { kind: 'pause-asked' });
      await drive(scene, { until: () => readScene(scene).state === 'paused' });
      const evictions = scene.world.evictions.length;
      const sequence = readScene(scene).lastSequence;
      let passes = 0;
      await drive(scene, {
        until: () => {
          passes += 1;
          return passes > 30;
        },
      });
      expect(readScene(scene).lastSequence).toBe(sequence);
      expect(scene.world.evictions.length).toBe(evictions);
      await say(scene, { kind: 'resumed' });
      await drive(scene);
      expectAsPlanned(scene);
    }
  });
});

describe('an abort', { timeout: manyRunsMs }, () => {
  it('at any point takes off the marks of the run, but not of released nodes, and lets go of the fleet', async () => {
    const whole = await setSmallScene();
    await drive(whole);
    const entries = whole.journal.runs.get(runId)?.length ?? 0;
    for (let at = 1; at < entries; at += 3) {
      const scene = await setSmallScene();
      await drive(scene, { until: () => readScene(scene).lastSequence >= at });
      await say(scene, { kind: 'abort-asked' });
      const fold = await drive(scene);
      expect(fold.state).toBe('aborted');
      const released = fold.because.code === 'aborted' ? await releasedNodes(scene) : [];
      expect((await markedNodes(scene)).filter((name) => !released.includes(name))).toEqual([]);
      expect(leaseHolder(scene) ?? '').toBe('');
      expect(scene.world.violations).toEqual([]);
    }
  });

  async function releasedNodes({ world }: Scene): Promise<readonly string[]> {
    const nodes = await directPorts(world).kubernetes.listNodes();
    return nodes.filter((each) => each.releasedBy === runId).map((each) => each.name);
  }

  it('leaves the cordon of somebody else', async () => {
    const scene = await setSmallScene();
    await drive(scene, { until: () => readScene(scene).lastSequence >= 8 });
    scene.world.store.update('Node', undefined, 'n3', (draft) => {
      draft.spec.unschedulable = true;
    });
    await say(scene, { kind: 'abort-asked' });
    await drive(scene);
    const left = await directPorts(scene.world).kubernetes.getNode('n3');
    expect(left?.unschedulable).toBe(true);
  });
});

describe('a run that cannot go on', () => {
  it('halts on a failover that is not ours, counts it apart, and can be aborted', async () => {
    const scene = await setSmallScene();
    let isPlanted = false;
    const fold = await drive(scene, {
      beforePass: () => {
        if (!isPlanted && readScene(scene).lanes.get('s1')?.done !== undefined) {
          isPlanted = true;
          scene.world.failOver('default/acid-a', 'acid-a-1');
          scene.world.advanceTo(scene.world.nowMs() + 30_000);
        }
      },
    });
    expect(fold.because).toMatchObject({ code: 'role-changed-by-others' });
    expect(describeRun(fold).counts).toMatchObject({ unplanned: 1, done: 0 });
    expect(leaseHolder(scene)).toBe('');
    await say(scene, { kind: 'abort-asked' });
    expect((await drive(scene)).state).toBe('aborted');
    expect(await markedNodes(scene)).toEqual([]);
  });

  it('halts at the deadline when a node never comes, with its fences left as they are', async () => {
    const scene = await setSmallScene();
    scene.world.faults.nodesNeverCome.add('*');
    const fold = await drive(scene);
    expect(fold.because).toMatchObject({ code: 'deadline-passed', facts: { waitedFor: 'waiting-for-node' } });
    expect(await markedNodes(scene)).toEqual(['n1', 'n2']);
    expect(leaseHolder(scene)).toBe('');
  });

  it('says that the node came in the wrong zone', async () => {
    const scene = await setSmallScene();
    scene.world.faults.nodesComeIn.set('z1', 'z3');
    scene.world.faults.nodesComeIn.set('z2', 'z3');
    const fold = await drive(scene);
    expect(fold.because).toMatchObject({
      code: 'deadline-passed',
      facts: { waitedFor: 'new-node-in-wrong-zone', zone: 'z3' },
    });
  });

  it('waits for a replica that is Ready and does not stream, and evicts nothing more', async () => {
    const scene = await setSmallScene();
    scene.world.faults.neverStream.add('default/acid-a-0');
    const fold = await drive(scene);
    expect(fold.because).toMatchObject({
      code: 'deadline-passed',
      facts: { waitedFor: 'replica-not-streaming' },
    });
    const members = scene.world.evictions.filter((eviction) => eviction.pod.startsWith('default/acid-a'));
    expect(members.map((eviction) => eviction.pod)).toEqual(['default/acid-a-0']);
  });
});

describe('the start of a run', () => {
  it('is refused when the fleet changed so that the plan does not hold', async () => {
    const scene = await setSmallScene();
    scene.world.deletePod('default', 'acid-a-1');
    scene.world.advanceTo(scene.world.nowMs() + 120_000);
    const fold = await drive(scene);
    expect(fold.because).toMatchObject({ code: 'plan-invalid' });
    expect(fold.startedAtMs).toBeUndefined();
    expect(await markedNodes(scene)).toEqual([]);
    expect(leaseHolder(scene)).toBe('');
  });

  it('goes ahead when the fleet changed in what does not matter to the plan', async () => {
    const scene = await setSmallScene();
    scene.world.store.update('Node', undefined, 'n3', (draft) => {
      draft.metadata.labels = { ...draft.metadata.labels, 'example.org/rack': 'r7' };
    });
    await drive(scene);
    expectAsPlanned(scene);
  });

  it('waits for the lease of another run to run out, and halts when that one lives', async () => {
    const dead = await setSmallScene();
    await directPorts(dead.world).kubernetes.holdLease({ holder: 'run-0', durationSeconds: 30 });
    await drive(dead);
    expectAsPlanned(dead);

    const alive = await setSmallScene();
    const { kubernetes } = directPorts(alive.world);
    const renew = async (): Promise<void> => {
      await kubernetes.holdLease({ holder: 'run-0', durationSeconds: 30 });
    };
    const fold = await drive(alive, { beforePass: renew });
    expect(fold.because).toMatchObject({ code: 'fleet-lease-taken', facts: { takenBy: 'run-0' } });
    expect(leaseHolder(alive)).toBe('run-0');
    expect(alive.world.evictions).toEqual([]);
  });

  it('does not begin, and halts, where a run that its database has lost has not let go: the note of that one stays', async () => {
    const scene = await setSmallScene();
    const { kubernetes } = directPorts(scene.world);
    await kubernetes.holdLease({ holder: 'run-0', durationSeconds: 30, note: 'of run-0' });
    const startedMs = scene.world.nowMs();
    const fold = await drive(scene);
    expect(fold.because).toMatchObject({ code: 'fleet-lease-taken', facts: { takenBy: 'run-0' } });
    // Its Lease has run out long ago.
    expect(scene.world.nowMs() - startedMs).toBeGreaterThan(45_000);
    expect(await kubernetes.readNote()).toBe('of run-0');
    expect(scene.world.store.list('Node').flatMap(({ spec }) => spec.taints ?? [])).toEqual([]);
  });

  it('waits for the approval where one is needed', () => {
    const created = {
      sequence: 1,
      lane: 'run',
      atMs: 0,
      by: 'anna',
      event: { kind: 'created', plan: 'p', fleet: 'prod', requester: 'anna', needsApproval: true },
    } as const;
    return setSmallScene().then(({ plan }) => {
      expect(foldRun(plan, runId, [created]).state).toBe('waiting-for-approval');
      const approved = {
        ...created,
        sequence: 2,
        by: 'ben',
        event: { kind: 'approved', plan: 'p' },
      } as const;
      expect(describeRun(foldRun(plan, runId, [created, approved]))).toMatchObject({
        state: 'running',
        approvals: [{ by: 'ben' }],
      });
    });
  });
});

describe('a run that is aborted right after', () => {
  /** Somebody aborts as soon as the first such act has its answer. */
  async function abortAfter(scene: Scene, act: string): Promise<ReturnType<typeof describeRun>['counts']> {
    let isAsked = false;
    const fold = await drive(scene, {
      beforePass: async () => {
        const last = scene.journal.runs.get(runId)?.at(-1)?.event;
        if (isAsked || last?.kind !== 'answer' || last.act !== act) return;
        isAsked = true;
        await say(scene, { kind: 'abort-asked' });
      },
    });
    expect(fold.state).toBe('aborted');
    return describeRun(fold).counts;
  }

  it('Patroni has said that it switched over counts that switchover', async () => {
    const scene = await setSmallScene();
    expect(await abortAfter(scene, 'switchover')).toMatchObject({ done: 1, unplanned: 0 });
    expect(scene.world.roleChanges.map((change) => change.kind)).toEqual(['switchover']);
  });

  it('a primary was evicted in place counts that outage', async () => {
    const fleet = fleetObjects(
      zone('z1', node('n1', { drain: true })),
      zone('z2', node('n2')),
      cluster('acid-a', clusterWith({ primaryBudget: null }), member('n1', 'primary')),
    );
    const scene = await setScene(fleet, planFor(fleet, drainRequest({ singleMember: 'restart' })));
    expect(await abortAfter(scene, 'evict')).toMatchObject({ outages: 1 });
  });
});

describe('a run that is aborted while a temporary member is in place', () => {
  const single = fleetObjects(
    zone('z1', node('n1', { drain: true })),
    zone('z2', node('n2')),
    cluster('acid-a', clusterWith({ primaryBudget: null }), member('n1', 'primary')),
  );

  /** Somebody aborts once the first step of this kind is done. */
  async function abortOnceDone(
    kind: 'scale-out' | 'scale-in',
    meanwhile = (_: Scene): void => {},
  ): Promise<RunFold> {
    const scene = await setScene(single, planFor(single, drainRequest({ singleMember: 'scale-out' })));
    const isDone = (): boolean =>
      [...readScene(scene).lanes.values()].some(({ step, done }) => step.kind === kind && done !== undefined);
    await drive(scene, { until: isDone });
    meanwhile(scene);
    await say(scene, { kind: 'abort-asked' });
    const fold = await drive(scene);
    expect(fold.state).toBe('aborted');
    return fold;
  }

  it('leaves it where it is, and says which cluster has one too many and what to do', async () => {
    const run = describeRun(await abortOnceDone('scale-out'));
    const words =
      'default/acid-a has ONE MEMBER TOO MANY, default/acid-a-1: see that it does not lead, then scale default/acid-a back to 1';
    expect(run.because.facts).toMatchObject({ temporaryMembers: ['default/acid-a-1'] });
    expect(explainWait(run.because)).toContain(words);
    expect(verdict(run)).toContain(words);
  });

  it('says no number to scale back to where somebody else has scaled the set since: another member would go', async () => {
    const fold = await abortOnceDone('scale-out', ({ world }) =>
      world.store.update('StatefulSet', 'default', 'acid-a', (draft) => {
        draft.spec = { ...draft.spec, replicas: 3 };
      }),
    );
    expect(describeRun(fold).because.facts).toMatchObject({
      temporaryMembers: ['default/acid-a-1'],
      scaleBackTo: ['unknown'],
    });
  });

  it('names none that is gone again', async () => {
    const run = describeRun(await abortOnceDone('scale-in'));
    expect(run.because.facts).not.toHaveProperty('temporaryMembers');
  });
});

describe('a run that is aborted after a node was marked as released', () => {
  const markedNode = (scene: Scene): string | undefined =>
    (scene.journal.runs.get(runId) ?? []).flatMap(({ event }) =>
      event.kind === 'act' && event.act.kind === 'mark-released' ? [event.act.node] : [],
    )[0];

  /** The worker dies once the first node bears the mark and before the pipeline is told; then somebody aborts. */
  async function abortMarked(): Promise<{ readonly scene: Scene; readonly marked: string }> {
    const scene = await setSmallScene();
    const isMarked = ({ event }: { readonly event: RunEvent }): boolean =>
      event.kind === 'answer' && event.act === 'mark-released';
    const dying = drive(scene, { journal: (journal) => dyingAt(journal, isMarked, 'after') });
    await expect(dying).rejects.toThrow(Died);
    await say(scene, { kind: 'abort-asked' });
    return { scene, marked: markedNode(scene) ?? '' };
  }

  it('tells the pipeline, wherever a worker dies meanwhile, and counts the node as released', async () => {
    for (let at = 1; at < 40; at += 1) {
      const { scene, marked } = await abortMarked();
      const dies = drive(scene, { journal: (journal) => dyingJournal(journal, at, 'after') });
      const isOver = await dies.then(
        () => true,
        () => false,
      );
      const fold = await drive(scene);
      expect(fold.state).toBe('aborted');
      expect([...scene.world.releasedNodes]).toEqual([marked]);
      expect(fold.because.facts).toMatchObject({ released: [marked] });
      expect(fold.because.facts).not.toHaveProperty('untold');
      expect(describeRun(fold).counts).toMatchObject({ released: 1 });
      expect(replayRun(scene.plan, runId, scene.journal.runs.get(runId) ?? [])).toMatchObject({
        withoutGrounds: 0,
        differences: [],
      });
      if (isOver) return;
    }
    throw new Error('never over');
  });

  it('comes to its end where the pipeline does not answer, and names the node as one that it may not know of', async () => {
    const { scene, marked } = await abortMarked();
    const nodeReleased = async (): Promise<void> => {
      throw new OutsideError({ code: 'timeout', target: 'pipeline', request: 'released', message: 'none' });
    };
    const fold = await drive(scene, {
      ports: (ports) => ({ ...ports, pipeline: { ...ports.pipeline, nodeReleased } }),
    });
    expect(fold.state).toBe('aborted');
    expect(fold.because.facts).toMatchObject({ released: [], untold: [marked] });
    expect(describeRun(fold).counts).toMatchObject({ released: 0 });
  });

  it('does not tell it of a node on which something stands by now', async () => {
    const { scene, marked } = await abortMarked();
    const pod = scene.world.store.list('Pod').find(({ metadata }) => metadata.name.startsWith('web'));
    scene.world.store.update('Pod', 'default', pod?.metadata.name ?? '', (draft) => {
      draft.spec.nodeName = marked;
    });
    const fold = await drive(scene);
    expect(fold.state).toBe('aborted');
    expect([...scene.world.releasedNodes]).toEqual([]);
    expect(fold.because.facts).toMatchObject({ released: [], untold: [marked] });
  });
});

describe('a run that is aborted while nobody knows what comes of a switchover', () => {
  async function abortUnknown(lie: SwitchoverLie, options: Drive = {}) {
    const scene = await setSmallScene();
    scene.world.faults.switchoverLies.set('default/acid-a', [lie]);
    let isAsked = false;
    const fold = await drive(scene, {
      ...options,
      beforePass: async () => {
        const last = scene.journal.runs.get(runId)?.at(-1)?.event;
        if (isAsked || last?.kind !== 'answer' || last.act !== 'switchover') return;
        expect(last.answer).toBe('unknown');
        isAsked = true;
        await say(scene, { kind: 'abort-asked' });
      },
    });
    expect(fold.state).toBe('aborted');
    expect(replayRun(scene.plan, runId, scene.journal.runs.get(runId) ?? [])).toMatchObject({
      withoutGrounds: 0,
      differences: [],
    });
    return { scene, run: describeRun(fold) };
  }

  it.each(['unknown-but-done', 'unknown-but-late', 'no-answer-but-done'] as const)(
    'looks who leads, and counts it: %s',
    async (lie) => {
      const { scene, run } = await abortUnknown(lie);
      expect(scene.world.roleChanges).toHaveLength(1);
      expect(run.counts).toMatchObject({ done: 1, unplanned: 0 });
      expect(run.because.facts).not.toHaveProperty('unknownSwitchovers');
    },
  );

  it('counts none once nothing has come of it for long enough, and asks for none', async () => {
    const { scene, run } = await abortUnknown('unknown-not-done');
    expect(scene.world.roleChanges).toEqual([]);
    expect(run.counts).toMatchObject({ done: 0, unplanned: 0 });
    expect(run.because.facts).not.toHaveProperty('unknownSwitchovers');
  });

  it('says so where Patroni does not tell, and comes to its end', async () => {
    let isSilent = false;
    const { run } = await abortUnknown('unknown-but-done', {
      ports: (ports) => ({
        ...ports,
        patroni: {
          ...ports.patroni,
          switchover: async (...asked) => {
            isSilent = true;
            return ports.patroni.switchover(...asked);
          },
          readCluster: async (...asked) => {
            if (!isSilent) return ports.patroni.readCluster(...asked);
            throw new OutsideError({ code: 'timeout', target: 'patroni', request: 'GET /', message: 'none' });
          },
        },
      }),
    });
    expect(run.counts).toMatchObject({ done: 0 });
    expect(run.because.facts).toMatchObject({ unknownSwitchovers: ['default/acid-a'] });
    expect(verdict(run)).toContain('whether the run switched default/acid-a over is NOT KNOWN');
  });
});
