import { describe, expect, it } from 'vitest';
import { OutsideError } from '../../executor/errors.ts';
import type { Act } from '../../executor/journal.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import { directPorts } from '../../simulations/direct-ports.ts';
import { cluster, clusterWith, drainRequest, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';
import { Died, drive, dyingAt, planFor, readScene, runId, type Scene, say, setScene } from './drive-run.ts';

/** A primary on n1, replicas on n2 and n3; n1 and n2 to be drained. */
const fleet = fleetObjects(
  zone('z1', node('n1', { drain: true })),
  zone('z2', node('n2', { drain: true })),
  zone('z3', node('n3')),
  cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3')),
);

const sceneOf = (): Promise<Scene> => setScene(fleet, planFor(fleet, drainRequest()));

function actsOf(scene: Scene, kind: Act['kind']): readonly Act[] {
  return (scene.journal.runs.get(runId) ?? []).flatMap(({ event }) =>
    event.kind === 'act' && event.act.kind === kind ? [event.act] : [],
  );
}

/** Drives the run to the first entry of an act of this kind, at which its worker stands still. Returns what it is about to send. */
async function standStillAt(scene: Scene, kind: Act['kind'], beforePass = () => {}): Promise<Act> {
  const drives = drive(scene, {
    beforePass,
    journal: (journal) =>
      dyingAt(journal, ({ event }) => event.kind === 'act' && event.act.kind === kind, 'after'),
  });
  await expect(drives).rejects.toThrow(Died);
  const [act] = actsOf(scene, kind);
  if (act === undefined) throw new Error(`no ${kind}`);
  return act;
}

/** The worker that stood still goes on. */
async function arrive({ world }: Scene, act: Act): Promise<string> {
  const { kubernetes } = directPorts(world);
  if (act.kind === 'fence') {
    return kubernetes.changeNode(
      { name: act.node, resourceVersion: act.resourceVersion },
      { kind: 'fence', run: runId },
    );
  }
  if (act.kind !== 'hold-pod') throw new Error(act.kind);
  const { kind, cluster: _, ...pod } = act;
  return (await kubernetes.changePod(pod, { kind, run: runId })).kind;
}

async function marked({ world }: Scene): Promise<readonly string[]> {
  const nodes = await directPorts(world).kubernetes.listNodes();
  return nodes
    .filter((each) => each.fencedBy === runId && each.releasedBy === undefined)
    .map(({ name }) => name);
}

async function held({ world }: Scene): Promise<readonly string[]> {
  const pods = await directPorts(world).kubernetes.listPods({ labels: { 'switchyard.dev/held-by': runId } });
  return pods.map(({ name }) => name);
}

const away = () =>
  new OutsideError({ code: 'timeout', target: 'kubernetes', request: 'PATCH node n1', message: 'no answer' });

describe('a request that arrives after its run has ended', () => {
  it('is refused where it would fence a node that an abort has found without a fence', async () => {
    const scene = await sceneOf();
    const act = await standStillAt(scene, 'fence');
    await say(scene, { kind: 'abort-asked' });
    const fold = await drive(scene);
    expect(fold.state).toBe('aborted');
    expect(await arrive(scene, act)).toBe('conflict');
    expect(await marked(scene)).toEqual([]);
  });

  it('is let be where the node bears the fence of another run, which an abort leaves as it is', async () => {
    const scene = await sceneOf();
    const fenceForAnother = () => {
      if (readScene(scene).startedAtMs === undefined) return;
      scene.world.store.update('Node', undefined, 'n1', (draft) => {
        draft.spec.taints = [{ key: 'switchyard.dev/drain', value: 'run-0', effect: 'NoSchedule' }];
      });
    };
    const act = await standStillAt(scene, 'fence', fenceForAnother);
    expect(act).toMatchObject({ node: 'n1' });
    await say(scene, { kind: 'abort-asked' });
    expect((await drive(scene)).state).toBe('aborted');
    expect(scene.world.store.get('Node', undefined, 'n1')?.spec?.taints).toMatchObject([{ value: 'run-0' }]);
  });

  it('is refused where it would hold a pod', async () => {
    const scene = await sceneOf();
    const act = await standStillAt(scene, 'hold-pod');
    await say(scene, { kind: 'abort-asked' });
    const fold = await drive(scene);
    expect(fold.state).toBe('aborted');
    expect(await arrive(scene, act)).toBe('conflict');
    expect(await held(scene)).toEqual([]);
  });

  it('keeps no abort from its end where nobody can change the node', async () => {
    const scene = await sceneOf();
    await standStillAt(scene, 'fence');
    await say(scene, { kind: 'abort-asked' });
    const fold = await drive(scene, {
      ports: (ports) => ({
        ...ports,
        kubernetes: {
          ...ports.kubernetes,
          changeNode: async () => {
            throw away();
          },
        },
      }),
    });
    expect(fold.state).toBe('aborted');
    expect(await marked(scene)).toEqual([]);
  });
});

describe('an eviction without an answer that takes place right before the next one, which is a conflict', () => {
  const others = [
    zone('z1', node('n1', { drain: true }), node('n4')),
    zone('z2', node('n2')),
    zone('z3', node('n3')),
  ];
  const withoutBudget = clusterWith({ primaryBudget: null });
  const lone = fleetObjects(...others, cluster('acid-a', withoutBudget, member('n1', 'primary')));
  const three = fleetObjects(
    ...others,
    cluster('acid-a', withoutBudget, member('n1', 'primary'), member('n2'), member('n3')),
  );

  /** The first request is given up, arrives right before the second, and `then` happens. */
  async function driveTwice(scene: Scene, then: () => Promise<void> = async () => {}) {
    let count = 0;
    let isOver = false;
    return drive(scene, {
      ports: (ports) => ({
        ...ports,
        kubernetes: {
          ...ports.kubernetes,
          evict: async (pod) => {
            count += 1;
            if (count === 1) throw away();
            if (count === 2) expect((await ports.kubernetes.evict(pod)).kind).toBe('evicted');
            return ports.kubernetes.evict(pod);
          },
        },
      }),
      beforePass: async () => {
        if (isOver || count < 2) return;
        isOver = true;
        await then();
      },
    });
  }

  it('counts as the outage that it was, also where the run is aborted then', async () => {
    const scene = await setScene(lone, planFor(lone, drainRequest({ singleMember: 'restart' })));
    const fold = await driveTwice(scene, () => say(scene, { kind: 'abort-asked' }));
    expect(scene.world.evictions).toHaveLength(1);
    expect(describeRun(fold)).toMatchObject({ state: 'aborted', counts: { outages: 1, unplanned: 0 } });
  });

  it('is ours where another member takes over meanwhile', async () => {
    const request = drainRequest({ clusters: { 'default/acid-a': { switchover: 'never' } } });
    const scene = await setScene(three, planFor(three, request));
    const fold = await driveTwice(scene);
    expect(describeRun(fold).counts).toMatchObject({ outages: 1, unplanned: 0 });
    expect(scene.world.evictions.length).toBeGreaterThan(0);
  });
});
