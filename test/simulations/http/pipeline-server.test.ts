import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectPipeline } from '../../../executor/pipeline/index.ts';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import type { World } from '../../../simulations/world/world.ts';
import { fleetObjects, node, zone } from '../../fixtures/fleet.ts';

const secret = 'whsec_c2ltdWxhdGVkIHBpcGVsaW5lIHNlY3JldA==';
const otherSecret = 'whsec_YW5vdGhlciBzZWNyZXQgYWx0b2dldGhlcg==';

let world: World;
let served: ServedWorld;
beforeEach(async () => {
  world = createWorld({ objects: fleetObjects(zone('z1', node('n1'))).items });
  served = await serveWorld(world, { speed: 0, pipelineSecret: secret });
});
afterEach(async () => {
  await served.close();
});

const nodesLater = () => {
  world.advanceTo(world.nowMs() + 900_000);
  return world.store.list('Node').length;
};

describe('the simulated pipeline', () => {
  it('takes callbacks that are signed with its secret, whatever time the sender lives in', async () => {
    const pipeline = connectPipeline({
      url: served.pipelineUrl,
      secret,
      clock: { nowMs: () => 1_000_000_000 },
    });
    await pipeline.wantNode({ key: 'k', zone: 'z1', labels: {} });
    await pipeline.close();
    expect(nodesLater()).toBe(2);
  });

  it('refuses callbacks that are signed with another secret, or not at all', async () => {
    const clock = { nowMs: () => world.nowMs() };
    const wrong = connectPipeline({ url: served.pipelineUrl, secret: otherSecret, clock });
    const unsigned = connectPipeline({ url: served.pipelineUrl, clock });
    for (const pipeline of [wrong, unsigned]) {
      await expect(pipeline.wantNode({ key: 'k', zone: 'z1', labels: {} })).rejects.toMatchObject({
        code: 'not-allowed',
      });
      await pipeline.close();
    }
    expect(nodesLater()).toBe(1);
  });

  it('brings one node for a wish that comes three times, also when its answers were lost', async () => {
    const pipeline = connectPipeline({
      url: served.pipelineUrl,
      secret,
      clock: { nowMs: () => world.nowMs() },
    });
    served.faults.add({ server: 'pipeline', times: 2, effect: { kind: 'close-after' } });
    const want = () => pipeline.wantNode({ key: 'k', zone: 'z1', labels: {} });
    await expect(want()).rejects.toMatchObject({ code: 'unreachable' });
    await expect(want()).rejects.toMatchObject({ code: 'unreachable' });
    await want();
    await pipeline.close();
    expect(nodesLater()).toBe(2);
  });

  it('refuses what it cannot read', async () => {
    const open = await serveWorld(createWorld({ objects: [] }), { speed: 0 });
    const post = async (body: string) => (await fetch(open.pipelineUrl, { method: 'POST', body })).status;
    expect(await post('{')).toBe(400);
    expect(await post(JSON.stringify({ type: 'surge-wanted', data: { key: 'k' } }))).toBe(400);
    expect(await post(JSON.stringify({ type: 'else', data: {} }))).toBe(400);
    expect((await fetch(open.pipelineUrl)).status).toBe(405);
    await open.close();
  });
});
