import { afterEach, describe, expect, it } from 'vitest';
import { connectKubernetes } from '../../../executor/kubernetes/index.ts';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import { threeZones } from '../../fixtures/fleet.ts';

let served: ServedWorld | undefined;
afterEach(async () => {
  await served?.close();
  served = undefined;
});

function world() {
  return createWorld({ objects: threeZones().items });
}

async function state() {
  const answer = await fetch(`${served?.simulationUrl}/simulation/state`);
  return (await answer.json()) as {
    nowMs: number;
    speed: number;
    evictions: unknown[];
    violations: unknown[];
  };
}

describe('a served world', () => {
  it('goes on by itself at its speed, and at another when told so', async () => {
    served = await serveWorld(world(), { speed: 1_000 });
    const begun = (await state()).nowMs;
    await expect.poll(async () => (await state()).nowMs - begun, { timeout: 5_000 }).toBeGreaterThan(60_000);
    await fetch(`${served.simulationUrl}/simulation/speed`, { method: 'POST', body: '{"speed":0}' });
    const stopped = await state();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await state()).toMatchObject({ nowMs: stopped.nowMs, speed: 0 });
  });

  it('refuses a speed that is no number, or backwards', async () => {
    served = await serveWorld(world(), { speed: 0 });
    for (const body of ['{"speed":-1}', '{"speed":"fast"}', 'x']) {
      const answer = await fetch(`${served.simulationUrl}/simulation/speed`, { method: 'POST', body });
      expect(answer.status).toBe(400);
    }
  });

  it('tells what happened to those who ask from another process', async () => {
    const fleet = world();
    served = await serveWorld(fleet, { speed: 0 });
    const kubernetes = connectKubernetes({ server: served.kubernetesUrl });
    const pod = await kubernetes.getPod('default', 'acid-a-1');
    if (pod === undefined) throw new Error('no acid-a-1');
    await kubernetes.evict(pod);
    await kubernetes.close();
    expect(await state()).toMatchObject({
      nowMs: fleet.nowMs(),
      evictions: [{ pod: 'default/acid-a-1', uid: pod.uid }],
      violations: [],
    });
    const requests = await fetch(`${served.simulationUrl}/simulation/requests`);
    expect(await requests.json()).toMatchObject({
      requests: [
        {
          server: 'kubernetes',
          method: 'GET',
          path: '/api/v1/namespaces/default/pods/acid-a-1',
          status: 200,
        },
        {
          server: 'kubernetes',
          method: 'POST',
          path: '/api/v1/namespaces/default/pods/acid-a-1/eviction',
          status: 201,
        },
      ],
    });
  });

  it('gives a kubeconfig that the client library takes', async () => {
    served = await serveWorld(world(), { speed: 0 });
    const kubernetes = connectKubernetes({ kubeconfig: served.kubeconfig() });
    expect((await kubernetes.listNodes()).length).toBeGreaterThan(0);
    await kubernetes.close();
  });

  it('listens on loopback only', async () => {
    await expect(serveWorld(world(), { speed: 0, host: '0.0.0.0' })).rejects.toThrow(/loopback only/);
  });

  it('closes with watches and unanswered requests open', async () => {
    served = await serveWorld(world(), { speed: 0 });
    await fetch(`${served.kubernetesUrl}/api/v1/pods?watch=1`);
    served.faults.add({ effect: { kind: 'hang', ms: 60_000 } });
    const hanging = fetch(`${served.kubernetesUrl}/api/v1/pods`).then(
      () => 'answered',
      () => 'cut',
    );
    await expect.poll(() => served?.requests.length).toBe(2);
    await served.close();
    expect(await hanging).toBe('cut');
    const url = served.kubernetesUrl;
    served = undefined;
    await expect(fetch(url)).rejects.toThrow();
  });
});
