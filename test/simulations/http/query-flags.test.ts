import { afterEach, describe, expect, it } from 'vitest';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import { threeZones } from '../../fixtures/fleet.ts';

let served: ServedWorld | undefined;
afterEach(async () => {
  await served?.close();
  served = undefined;
});

/** The first line of the answer: the event of a watch, or all of a list. */
async function firstKind(query: string): Promise<unknown> {
  const response = await fetch(`${served?.kubernetesUrl}/api/v1/namespaces/default/pods?${query}`);
  const reader = response.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  await reader?.cancel();
  const line = new TextDecoder().decode(value).split('\n')[0] ?? '';
  return line.startsWith('{"type"') ? 'event' : 'list';
}

describe('a yes or no in the query', () => {
  it('is yes in whatever letters, for Python writes True: Patroni could not watch otherwise', async () => {
    served = await serveWorld(createWorld({ objects: threeZones().items }), { speed: 0 });
    for (const word of ['true', '1', 'True', 'TRUE', ''])
      expect(await firstKind(`watch=${word}`)).toBe('event');
  });

  it('is no where it says so or is missing', async () => {
    served = await serveWorld(createWorld({ objects: threeZones().items }), { speed: 0 });
    for (const query of ['watch=false', 'watch=False', 'watch=0', ''])
      expect(await firstKind(query)).toBe('list');
  });
});
