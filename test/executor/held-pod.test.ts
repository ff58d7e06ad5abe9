import { describe, expect, it } from 'vitest';
import { explainWait } from '../../planner/index.ts';
import { finishDeletion } from '../../simulations/world/finish-deletion.ts';
import { drainRequest, threeZones } from '../fixtures/fleet.ts';
import { drive, planFor, runId, setScene } from './drive-run.ts';

const minute = 60_000;

describe('a pod that is evicted and kept by a finalizer', () => {
  it('is waited for, by the name of the finalizer, and the run goes on once it is gone', async () => {
    const fleet = threeZones();
    const scene = await setScene(fleet, planFor(fleet, drainRequest()));
    const { world } = scene;
    const name = 'acid-a-2';
    const finalizers = ['example.com/backup'];
    world.store.update('Pod', 'default', name, (draft) => {
      draft.metadata.finalizers = finalizers;
    });
    let heldSinceMs: number | undefined;
    const fold = await drive(scene, {
      beforePass: () => {
        const pod = world.store.get('Pod', 'default', name);
        const isHeld = pod?.metadata.deletionGracePeriodSeconds === 0;
        if (isHeld) heldSinceMs ??= world.nowMs();
        if (!isHeld || pod === undefined || world.nowMs() < (heldSinceMs ?? 0) + 10 * minute) return;
        world.store.update('Pod', 'default', name, (draft) => {
          delete draft.metadata.finalizers;
        });
        finishDeletion(world, pod);
      },
    });
    expect(heldSinceMs).toBeDefined();
    const waits = (scene.journal.runs.get(runId) ?? []).flatMap(({ event }) =>
      event.kind === 'waiting' && event.because.code === 'pod-terminating' ? [event.because] : [],
    );
    const [held] = waits.filter(({ facts }) => facts.heldBy !== undefined);
    if (held === undefined) throw new Error('nothing is said of the finalizer');
    expect(held.facts).toMatchObject({ subject: `default/${name}`, heldBy: finalizers });
    expect(explainWait(held)).toBe(
      'default/acid-a-2 is evicted and has ended, but is kept by finalizer example.com/backup',
    );
    expect(fold.because).toMatchObject({ code: 'finished' });
    expect(world.violations).toEqual([]);
  });
});
