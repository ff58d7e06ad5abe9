import { describe, expect, it } from 'vitest';
import { advanceStep } from '../../executor/advance-step.ts';
import type { Ports } from '../../executor/contexts.ts';
import { realPace } from '../../executor/limits.ts';
import type { FleetMirror, FleetReader } from '../../executor/ports.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import { atHand } from '../../executor/record/read-fold.ts';
import type { DrainRequest, Step } from '../../planner/plan.ts';
import { directPorts } from '../../simulations/direct-ports.ts';
import { cluster, deployment, drainRequest, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';
import { drive, planFor, readScene, runId, type Scene, setScene } from './drive-run.ts';

const fleet = fleetObjects(
  zone('z1', node('n1', { drain: true })),
  zone('z2', node('n2', { drain: true })),
  zone('z3', node('n3')),
  cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3')),
  deployment('web', { on: ['n1', 'n3'], budget: { maxUnavailable: 1 } }),
);
const plan = planFor(fleet, drainRequest());

/** Calls `count` at each look, and passes it on. */
function counted(reader: FleetReader, count: () => void): FleetReader {
  const also = <Given extends readonly unknown[], Seen>(look: (...given: Given) => Promise<Seen>) => {
    return (...given: Given): Promise<Seen> => {
      count();
      return look(...given);
    };
  };
  return {
    getNode: also(reader.getNode),
    listNodes: also(reader.listNodes),
    getPod: also(reader.getPod),
    listPods: also(reader.listPods),
    listAttachedVolumes: also(reader.listAttachedVolumes),
    getReplicas: also(reader.getReplicas),
    getOrdinals: also(reader.getOrdinals),
  };
}

/** A mirror that shows what was so up to `behindMs` ago: each sight is kept for so long. */
function mirrorBehind(scene: Scene, behindMs: number, isCurrent = true): FleetMirror {
  const reader = directPorts(scene.world).kubernetes;
  const kept = new Map<string, { readonly atMs: number; readonly seen: unknown }>();
  const late = async <Seen>(key: string, look: () => Promise<Seen>): Promise<Seen> => {
    const known = kept.get(key);
    const nowMs = scene.world.nowMs();
    if (known !== undefined && nowMs - known.atMs < behindMs) return known.seen as Seen;
    const seen = await look();
    kept.set(key, { atMs: nowMs, seen });
    return seen;
  };
  return {
    isCurrent: () => isCurrent,
    onChange: () => () => {},
    getNode: (name) => late(`node ${name}`, () => reader.getNode(name)),
    listNodes: () => late('nodes', () => reader.listNodes()),
    getPod: (namespace, name) => late(`pod ${namespace}/${name}`, () => reader.getPod(namespace, name)),
    listPods: (query) => late(`pods ${JSON.stringify(query)}`, () => reader.listPods(query)),
    listAttachedVolumes: (name) => late(`volumes ${name}`, () => reader.listAttachedVolumes(name)),
    getOrdinals: (set) => late(`ordinals ${JSON.stringify(set)}`, () => reader.getOrdinals(set)),
    getReplicas: (owner) => late(`replicas ${JSON.stringify(owner)}`, () => reader.getReplicas(owner)),
  };
}

/** The run, with a mirror; returns how often the servers were looked at. */
async function driven(scene: Scene, mirror: FleetMirror, onLook: () => void = () => {}): Promise<number> {
  let looks = 0;
  const ports = (own: Omit<Ports, 'journal'>): Omit<Ports, 'journal'> => ({
    ...own,
    kubernetes: {
      ...own.kubernetes,
      ...counted(own.kubernetes, () => {
        looks += 1;
        onLook();
      }),
    },
    mirror,
  });
  await drive(scene, { ports, rolesSeenAtMs: new Map() });
  return looks;
}

function expectAsPlanned(scene: Scene): void {
  const fold = readScene(scene);
  expect(fold.because).toMatchObject({ code: 'finished' });
  expect(describeRun(fold).counts).toMatchObject({
    planned: 1,
    done: 1,
    unplanned: 0,
    moves: 3,
    released: 2,
  });
  expect(scene.world.roleChanges.map((change) => change.kind)).toEqual(['switchover']);
  expect(new Set(scene.world.evictions.map((eviction) => eviction.uid)).size).toBe(3);
  expect(scene.world.evictions).toHaveLength(3);
  expect(scene.world.violations).toEqual([]);
  expect(scene.world.outages).toEqual([]);
}

describe('a run that looks at a mirror', () => {
  it('asks the servers only before it acts and before it says that a step is done', async () => {
    const scene = await setScene(fleet, plan);
    const looks = await driven(scene, mirrorBehind(scene, 0));
    expectAsPlanned(scene);
    const other = await setScene(fleet, plan);
    const looksWithout = await driven(other, mirrorBehind(other, 0, false));
    expectAsPlanned(other);
    const acts = [...readScene(scene).lanes.values()].reduce((sum, lane) => sum + lane.acts.length, 0);
    // At most three looks for an act and for an end, and the lists of all nodes.
    expect(looks).toBeLessThanOrEqual(3 * (acts + plan.steps.length) + 2);
    expect(looks).toBeLessThan(looksWithout / 2);
  });

  it('believes it that a pod has arrived, without asking the servers', async () => {
    const small = fleetObjects(
      zone('z1', node('n1', { drain: true }), node('n2')),
      deployment('web', { on: ['n1', 'n2'], budget: { maxUnavailable: 1 } }),
    );
    const scene = await setScene(small, planFor(small, drainRequest()));
    const move = () => [...readScene(scene).lanes.values()].find(({ step }) => step.kind === 'move');
    let looksOnTheWay = 0;
    await driven(scene, mirrorBehind(scene, 0), () => {
      const lane = move();
      const isOnTheWay = lane?.done === undefined && lane?.acts[0]?.answer?.answer === 'evicted';
      if (isOnTheWay) looksOnTheWay += 1;
    });
    expect(readScene(scene).because.code).toBe('finished');
    expect(move()?.acts).toHaveLength(1);
    expect(looksOnTheWay).toBe(0);
  });

  it.each([10, 60, 180, 600])('that is %d s behind does nothing else than without one', async (seconds) => {
    const scene = await setScene(fleet, plan);
    await driven(scene, mirrorBehind(scene, seconds * 1_000));
    expectAsPlanned(scene);
  });

  it('that has stood still since the start looks for itself when a deadline has passed, before it gives up', async () => {
    const scene = await setScene(fleet, plan);
    const mirror = mirrorBehind(scene, Number.POSITIVE_INFINITY);
    await mirror.listNodes();
    await driven(scene, mirror);
    expectAsPlanned(scene);
  });

  it('says until when a step may be looked at again where thousands wait: of a node it is told, of a window it is not', async () => {
    const waits = new Set(['waiting-for-node', 'window-closed']);
    const waitOf = async (request: DrainRequest, kind: Step['kind']) => {
      const scene = await setScene(fleet, planFor(fleet, request));
      if (kind === 'add-node') scene.world.faults.nodesNeverCome.add('*');
      const waiting = () =>
        [...readScene(scene).lanes.values()].find(
          ({ step, wait }) => step.kind === kind && waits.has(wait?.because.code ?? ''),
        );
      await drive(scene, { until: () => waiting() !== undefined });
      const { kubernetes, patroni, pipeline, clock } = directPorts(scene.world);
      const pass = await advanceStep({
        ports: { kubernetes, patroni, pipeline, journal: scene.journal, mirror: mirrorBehind(scene, 0) },
        firstPlan: atHand(scene.plan),
        runId,
        worker: 'worker-1',
        pace: realPace,
        clock,
        stepId: waiting()?.step.id ?? '',
      });
      return { pass, leftMs: (waiting()?.wait?.deadlineMs ?? 0) - clock.nowMs() };
    };
    const { pass, leftMs } = await waitOf(drainRequest(), 'add-node');
    expect(pass).toEqual({ kind: 'again', inMs: realPace.mirrorPollMs, withinMs: leftMs });
    expect(leftMs).toBeGreaterThan(60_000);
    const clusters = { 'default/acid-a': { window: 'Sat 02:00-04:00' } };
    const ofWindow = await waitOf(drainRequest({ clusters }), 'switchover');
    expect(ofWindow.pass).toEqual({ kind: 'again', inMs: realPace.windowIdleMs });
  });
});
