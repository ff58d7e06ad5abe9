/**
 * Waves are real: the nodes of one wave are emptied together, so that their number says something about time and room.
 */
import { nodeNamed, violate, type Walk } from './check-state.ts';

/** Notes waves that go backwards, wait for themselves, or drain more than may be drained together. */
export function checkWaves(walk: Walk): void {
  const { plan, paths } = walk;
  const { firstEdge, edges } = paths;
  for (let place = 0; place < plan.steps.length; place += 1) {
    const step = plan.steps[place];
    if (step === undefined) continue;
    const { wave } = step;
    if (!Number.isInteger(wave) || wave < 1) violate(walk, 'wave-out-of-order', step, { own: wave });
    for (let edge = firstEdge[place] ?? 0; edge < (firstEdge[place + 1] ?? 0); edge += 1) {
      const before = plan.steps[edges[edge] ?? 0];
      if (before === undefined || before.wave < wave) continue;
      if (before.wave > wave)
        violate(walk, 'wave-out-of-order', step, { after: before.id, wave: before.wave, own: wave });
      // Waves never fall along `after`, so that whoever waits for a release of its own wave through others has somebody on
      // the way there who does so directly.
      else if (before.kind === 'release')
        violate(walk, 'wave-not-together', step, { wave, release: before.id, node: before.node });
    }
  }
  checkDrainsTogether(walk);
}

/** Nodes of one zone that are emptied together are those released in one wave; whole nodes are drained one at a time. */
function checkDrainsTogether(walk: Walk): void {
  const { drainsPerZone, wholeNodes } = walk.request;
  const released = new Map<string, number>();
  for (const step of walk.plan.steps) {
    if (step.kind !== 'release') continue;
    const zone = wholeNodes ? 'all' : (nodeNamed(walk, step.node)?.node.zone ?? '');
    const most = wholeNodes ? 1 : drainsPerZone;
    const key = `${step.wave} ${zone}`;
    const count = (released.get(key) ?? 0) + 1;
    released.set(key, count);
    if (count > most) violate(walk, 'too-many-drains', step, { zone, wave: step.wave, count, most });
  }
}
