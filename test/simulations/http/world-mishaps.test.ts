import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memberUrl } from '../../../simulations/http/patroni-server.ts';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import type { World } from '../../../simulations/world/world.ts';
import { threeZones } from '../../fixtures/fleet.ts';

let world: World;
let served: ServedWorld;
beforeEach(async () => {
  world = createWorld({ objects: threeZones().items });
  served = await serveWorld(world, { speed: 0 });
});
afterEach(async () => {
  await served.close();
});

async function post(mishap: unknown): Promise<number> {
  const answer = await fetch(`${served.simulationUrl}/simulation/world`, {
    method: 'POST',
    body: JSON.stringify(mishap),
  });
  return answer.status;
}

function later(seconds: number): void {
  world.advanceTo(world.nowMs() + seconds * 1000);
}

const patroni = (pod: string, path: string) => fetch(memberUrl(served.patroniUrl, 'default', pod) + path);

describe('mishaps in a served world', () => {
  it('a fail-over of its own accord changes the primary', async () => {
    expect(await post({ kind: 'fail-over', cluster: 'default/acid-a', to: 'acid-a-2' })).toBe(200);
    later(60);
    expect(world.roleChanges).toMatchObject([
      { cluster: 'default/acid-a', to: 'acid-a-2', kind: 'failover' },
    ]);
  });

  it('a dead node fails its primaries over and is not ready', async () => {
    expect(await post({ kind: 'crash-node', node: 'n1' })).toBe(200);
    later(300);
    expect(world.roleChanges.some((change) => change.cluster === 'default/acid-a')).toBe(true);
    const conditions: { type: string; status: string }[] = world.store.get('Node', undefined, 'n1')?.status
      .conditions;
    expect(conditions.find((one) => one.type === 'Ready')?.status).not.toBe('True');
  });

  it('a frozen replica falls behind until it is thawed', async () => {
    const behind = async () => (await patroni('acid-a-1', '/replica?lag=1kB')).status;
    later(30);
    expect(await behind()).toBe(200);
    await post({ kind: 'freeze-replica', pod: 'default/acid-a-1', frozen: true });
    later(120);
    expect(await behind()).toBe(503);
    await post({ kind: 'freeze-replica', pod: 'default/acid-a-1', frozen: false });
    later(120);
    expect(await behind()).toBe(200);
  });

  it('a silent Patroni does not answer until it speaks again', async () => {
    await post({ kind: 'silence-patroni', pod: 'default/acid-a-1', silent: true });
    await expect(patroni('acid-a-1', '/cluster')).rejects.toThrow();
    await post({ kind: 'silence-patroni', pod: 'default/acid-a-1', silent: false });
    expect((await patroni('acid-a-1', '/cluster')).status).toBe(200);
  });

  it('a lie about a switchover is told once', async () => {
    await post({ kind: 'switchover-lie', cluster: 'default/acid-a', lie: 'failed' });
    served.pacer.setSpeed(100);
    const switchover = async () => {
      const answer = await fetch(`${memberUrl(served.patroniUrl, 'default', 'acid-a-0')}/switchover`, {
        method: 'POST',
        body: JSON.stringify({ leader: 'acid-a-0', candidate: 'acid-a-1' }),
      });
      return answer.status;
    };
    expect(await switchover()).toBe(503);
    expect(world.roleChanges).toEqual([]);
    expect(await switchover()).toBe(200);
  });

  it('a zone without nodes leaves a wish unanswered', async () => {
    const nodes = () => world.store.list('Node').length;
    const before = nodes();
    await post({ kind: 'no-nodes', zone: 'z1', missing: true });
    world.wantNode({ key: 'k', zone: 'z1', labels: {} });
    later(1_800);
    expect(nodes()).toBe(before);
  });

  it.each([
    { kind: 'earthquake' },
    { kind: 'fail-over', cluster: 'acid-a', to: 'acid-a-1' },
    { kind: 'crash-node' },
    'x',
  ])('%j is refused', async (mishap) => {
    expect(await post(mishap)).toBe(400);
  });
});
