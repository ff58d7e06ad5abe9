/** Holds: the new primary is left alone by others for the time of the run, and by the run's own doing no longer than that. */
import { describe, expect, it } from 'vitest';
import type { Ports } from '../../executor/contexts.ts';
import { OutsideError } from '../../executor/errors.ts';
import { HOLD_BEFORE, HOLD_LABEL } from '../../executor/marks.ts';
import { newsOf } from '../../executor/news-of.ts';
import {
  Died,
  drive,
  dyingJournal,
  planFor,
  readScene,
  runId,
  type Scene,
  say,
  setScene,
} from '../executor/drive-run.ts';
import { cluster, drainRequest, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';
import { startConsolidation } from './consolidating-actor.ts';
import { entriesOf } from './judge-run.ts';

/** The primary of acid-a is on n1; acid-a-1 on k2 takes over. */
const fleet = fleetObjects(
  zone('z1', node('n1', { drain: true }), node('k1')),
  zone('z2', node('k2')),
  zone('z3', node('k3')),
  cluster('acid-a', member('n1', 'primary'), member('k2'), member('k3')),
);
const plan = planFor(fleet, drainRequest());
const words = {
  'karpenter.sh/do-not-disrupt': 'true',
  'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
};

type Outside = Omit<Ports, 'journal'>;

const isSwitched = (scene: Scene): boolean =>
  [...readScene(scene).lanes.values()].some(
    ({ step, done }) => step.kind === 'switchover' && done !== undefined,
  );

function heldPods({ world }: Scene): readonly string[] {
  return world.store
    .list('Pod')
    .filter(({ metadata }) => metadata.labels?.[HOLD_LABEL] !== undefined)
    .map(({ metadata }) => metadata.name);
}

function expectNoTrace({ world }: Scene): void {
  for (const { metadata } of world.store.list('Pod')) {
    expect(metadata.labels).not.toHaveProperty([HOLD_LABEL]);
    for (const key of [HOLD_BEFORE, ...Object.keys(words)]) {
      expect(metadata.annotations ?? {}).not.toHaveProperty([key]);
    }
  }
}

function withChangePod(change: Outside['kubernetes']['changePod']): (ports: Outside) => Outside {
  return (ports) => ({ ...ports, kubernetes: { ...ports.kubernetes, changePod: change } });
}

const forbidden = withChangePod(async () => ({ kind: 'forbidden', message: 'pods is forbidden' }));

describe('the new primary', () => {
  it('is held from its switchover to the end of the run, and nothing is left then', async () => {
    const scene = await setScene(fleet, plan);
    await drive(scene, { until: () => heldPods(scene).length > 0 });
    const held = heldPods(scene)[0] ?? '';
    expect(scene.world.clusters.get('default/acid-a')?.leader).toBe(held);
    expect(scene.world.store.get('Pod', 'default', held)?.metadata.annotations).toMatchObject(words);
    await drive(scene);
    expect(readScene(scene).because).toMatchObject({ code: 'finished' });
    expectNoTrace(scene);
  });

  it('is not disrupted by Karpenter while it is held; without the hold it would be', async () => {
    const outcomes = [];
    for (const ports of [undefined, forbidden]) {
      const scene = await setScene(fleet, plan);
      const isHeldOrNever = (): boolean =>
        isSwitched(scene) && (ports !== undefined || heldPods(scene).length > 0);
      const leaderNode = (): string => {
        const { leader, namespace } = scene.world.clusters.get('default/acid-a') ?? {};
        return scene.world.store.get('Pod', namespace ?? '', leader ?? '')?.spec?.nodeName;
      };
      await drive(scene, { until: isHeldOrNever, ...(ports === undefined ? {} : { ports }) });
      const disrupted = startConsolidation(
        scene.world,
        leaderNode(),
        () => readScene(scene).state === 'running',
      );
      await drive(scene, ports === undefined ? {} : { ports });
      outcomes.push({ disrupted: disrupted.length, state: readScene(scene).state });
    }
    expect(outcomes[0]).toEqual({ disrupted: 0, state: 'finished' });
    expect(outcomes[1]?.disrupted).toBe(1);
  });

  it('keeps what others said of it', async () => {
    const scene = await setScene(fleet, plan);
    const others = {
      'karpenter.sh/do-not-disrupt': 'true',
      'cluster-autoscaler.kubernetes.io/safe-to-evict': 'true',
    };
    for (const name of ['acid-a-1', 'acid-a-2']) {
      scene.world.store.update('Pod', 'default', name, (draft) => {
        draft.metadata.annotations = { ...draft.metadata.annotations, ...others };
      });
    }
    await drive(scene, { until: () => heldPods(scene).length > 0 });
    const held = heldPods(scene)[0] ?? '';
    expect(scene.world.store.get('Pod', 'default', held)?.metadata.annotations).toMatchObject(words);
    await drive(scene);
    expect(scene.world.store.get('Pod', 'default', held)?.metadata.annotations).toMatchObject(others);
    expect(heldPods(scene)).toEqual([]);
  });

  it('is let go by an abort', async () => {
    const scene = await setScene(fleet, plan);
    await drive(scene, { until: () => heldPods(scene).length > 0 });
    await say(scene, { kind: 'abort-asked' });
    await drive(scene);
    expect(readScene(scene).state).toBe('aborted');
    expectNoTrace(scene);
  });

  it('is let go at the end by a run that has lost its journal', async () => {
    const scene = await setScene(fleet, plan);
    scene.world.store.update('Pod', 'default', 'acid-a-2', (draft) => {
      draft.metadata.labels = { ...draft.metadata.labels, [HOLD_LABEL]: runId };
      draft.metadata.annotations = {
        ...draft.metadata.annotations,
        ...words,
        [HOLD_BEFORE]: JSON.stringify({
          'karpenter.sh/do-not-disrupt': null,
          'cluster-autoscaler.kubernetes.io/safe-to-evict': null,
        }),
      };
    });
    await drive(scene);
    expect(readScene(scene).state).toBe('finished');
    expectNoTrace(scene);
  });

  it('leaves no mark whenever the worker dies', async () => {
    const scene = await setScene(fleet, plan);
    await drive(scene);
    const appends = entriesOf(scene).length;
    const first = entriesOf(scene).findIndex(
      ({ event }) => event.kind === 'act' && event.act.kind === 'hold-pod',
    );
    expect(first).toBeGreaterThan(0);
    for (let at = first - 1; at <= appends; at += 1) {
      for (const when of ['before', 'after'] as const) {
        const again = await setScene(fleet, plan);
        await drive(again, { journal: (journal) => dyingJournal(journal, at, when) }).catch(
          (error: unknown) => {
            expect(error).toBeInstanceOf(Died);
          },
        );
        await drive(again, { worker: 'worker-2' });
        expect(readScene(again).state).toBe('finished');
        expectNoTrace(again);
      }
    }
  });
});

describe('a hold that cannot be set', () => {
  it('is told once, and the run goes on', async () => {
    const scene = await setScene(fleet, plan);
    await drive(scene, { ports: forbidden });
    const fold = readScene(scene);
    expect(fold.because).toMatchObject({ code: 'finished' });
    const entries = entriesOf(scene);
    const refused = entries.filter(({ event }) => event.kind === 'answer' && event.act === 'hold-pod');
    expect(refused.map(({ event }) => event)).toEqual([
      { kind: 'answer', act: 'hold-pod', answer: 'forbidden', facts: { message: 'pods is forbidden' } },
    ]);
    const told = entries.flatMap(
      (entry, index) => newsOf(fold, entry, entries[index - 1])?.event?.code ?? [],
    );
    expect(told).toContain('hold-refused');
  });

  it('for want of an answer is tried a few times only', async () => {
    const scene = await setScene(fleet, plan);
    const silent = withChangePod(async () => {
      throw new OutsideError({
        code: 'timeout',
        target: 'kubernetes',
        request: 'PATCH pod',
        message: 'no answer',
      });
    });
    await drive(scene, { ports: silent });
    expect(readScene(scene).because).toMatchObject({ code: 'finished' });
    const acts = entriesOf(scene).flatMap(({ event }) => (event.kind === 'act' ? [event.act.kind] : []));
    const tries = acts.filter((kind) => kind === 'hold-pod').length;
    expect(tries).toBeGreaterThan(0);
    expect(tries).toBeLessThanOrEqual(5);
  });
});
