/**
 * Waves are real: the nodes of one wave are emptied together, so that their number says something about time and room.
 */
import type { Step } from '../plan.ts';
import { nodeNamed, violate, type Walk } from './check-state.ts';
import { kindNumbers, placesOf } from './check-step-list.ts';

/** Notes waves that go backwards, wait for themselves, or drain more than may be drained together. */
export function checkWaves(walk: Walk): void {
  const { plan, steps } = walk;
  const { kinds, waves, firstEdge, edges } = steps;
  for (let place = 0; place < waves.length; place += 1) {
    const own = waves[place] ?? 0;
    if (!Number.isInteger(own) || own < 1)
      violate(walk, 'wave-out-of-order', plan.steps[place] ?? null, { own });
    for (let edge = firstEdge[place] ?? 0; edge < (firstEdge[place + 1] ?? 0); edge += 1) {
      const earlier = edges[edge] ?? 0;
      const wave = waves[earlier] ?? 0;
      // Waves never fall along `after`, so that whoever waits for a release of its own wave through others has somebody on
      // the way there who does so directly.
      if (wave > own || (wave === own && kinds[earlier] === kindNumbers.release))
        violateWave(walk, plan.steps[place], plan.steps[earlier]);
    }
  }
  checkDrainsTogether(walk);
}

/** `before` is of a later wave, or a release of the same one. */
function violateWave(walk: Walk, step: Step | undefined, before: Step | undefined): void {
  if (step === undefined || before === undefined) return;
  const { wave } = step;
  if (before.wave > wave)
    violate(walk, 'wave-out-of-order', step, { after: before.id, wave: before.wave, own: wave });
  else if (before.kind === 'release')
    violate(walk, 'wave-not-together', step, { wave, release: before.id, node: before.node });
}

/** Nodes of one zone that are emptied together are those released in one wave; whole nodes are drained one at a time. */
function checkDrainsTogether(walk: Walk): void {
  const { drainsPerZone, wholeNodes } = walk.request;
  const released = new Map<string, number>();
  for (const place of placesOf(walk.steps, 'release')) {
    const step = walk.plan.steps[place];
    if (step?.kind !== 'release') continue;
    const zone = wholeNodes ? 'all' : (nodeNamed(walk, step.node)?.node.zone ?? '');
    const most = wholeNodes ? 1 : drainsPerZone;
    const key = `${step.wave} ${zone}`;
    const count = (released.get(key) ?? 0) + 1;
    released.set(key, count);
    if (count > most) violate(walk, 'too-many-drains', step, { zone, wave: step.wave, count, most });
  }
}
