/**
 * Prints one line for each of some fleets: its name and the SHA-256 of its plan as JSON. The lines have to be the same in every
 * process, time zone, locale and version of Node (test/planner/same-bytes.test.ts, `npm run test:deep -- bytes`).
 */
import { createHash } from 'node:crypto';
import { type DrainRequest, type Fleet, planDrain } from '../planner/index.ts';
import { generateModel } from '../simulations/fleets/generate-model.ts';
import { loadNamedFleets, loadSnapshot } from './fixtures/load.ts';
import { readList } from './fixtures/read.ts';

function* fleets(): Generator<{ name: string; fleet: Fleet; request: DrainRequest }> {
  for (const name of ['three-zones', 'twelve'] as const) {
    const { fleet, request } = loadSnapshot(name);
    yield { name, fleet: readList(fleet), request };
  }
  for (const { name, fleet, request } of loadNamedFleets()) yield { name, fleet: readList(fleet), request };
  // One extra node in the region: the search goes on by chance, from a seed.
  const tight = generateModel({ seed: 31, nodes: 30, utilisation: 0.9, surgeTotal: 1 });
  yield { name: 'generated, one extra node', ...tight };
  const windowed = generateModel({ seed: 7, nodes: 12, utilisation: 0.75 });
  const clusters = Object.fromEntries(
    windowed.fleet.clusters.slice(0, 5).map(({ key }) => [key, { window: 'Sat 22:00-04:00 Europe/Berlin' }]),
  );
  yield {
    name: 'generated, with windows',
    fleet: windowed.fleet,
    request: { ...windowed.request, clusters },
  };
}

for (const { name, fleet, request } of fleets()) {
  const answer = planDrain(fleet, request);
  const digest = createHash('sha256').update(JSON.stringify(answer)).digest('hex');
  process.stdout.write(`${name} ${digest}\n`);
}
