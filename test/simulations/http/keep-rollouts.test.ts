import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import type { World } from '../../../simulations/world/world.ts';
import { daemonSet, deployment, fleetObjects, node, zone } from '../../fixtures/fleet.ts';
import { ask } from './ask.ts';

let world: World;
let served: ServedWorld;
beforeEach(async () => {
  const fleet = fleetObjects(
    zone('z1', node('n1'), node('n2')),
    deployment('web', { on: ['n1', 'n2'] }),
    daemonSet('agent'),
  );
  world = createWorld({ objects: fleet.items });
  served = await serveWorld(world, { speed: 0 });
  // The first look of the controllers.
  later(1);
});
afterEach(async () => {
  await served.close();
});

const path = '/apis/apps/v1/namespaces/default';
const web = async () => (await ask(served, 'GET', `${path}/deployments/web`)).body;
const later = (seconds: number) => world.advanceTo(world.nowMs() + seconds * 1000);

describe('a deployment', () => {
  it('says how many of its pods are there', async () => {
    expect((await web()).status).toMatchObject({
      replicas: 2,
      updatedReplicas: 2,
      availableReplicas: 2,
      unavailableReplicas: 0,
      conditions: [{ type: 'Available', status: 'True' }],
    });
  });

  it('that is scaled gets more pods, and fewer, and is available again when they are ready', async () => {
    const scale = (replicas: number) =>
      ask(served, 'PATCH', `${path}/deployments/web/scale`, { body: { spec: { replicas } } });
    await scale(5);
    later(0.5);
    expect((await web()).status).toMatchObject({
      replicas: 5,
      availableReplicas: 2,
      unavailableReplicas: 3,
      conditions: [{ type: 'Available', status: 'False' }],
    });
    later(20);
    expect((await web()).status).toMatchObject({
      availableReplicas: 5,
      conditions: [{ type: 'Available', status: 'True' }],
    });
    await scale(1);
    later(20);
    expect((await web()).status).toMatchObject({ replicas: 1, availableReplicas: 1 });
  });

  it('whose template changes is not said to have been rolled out', async () => {
    const before = await web();
    expect(before.status.observedGeneration).toBe(before.metadata.generation);
    const template = { metadata: { annotations: { restarted: 'now' } } };
    await ask(served, 'PATCH', `${path}/deployments/web`, { body: { spec: { template } } });
    later(20);
    const after = await web();
    expect(Number(after.metadata.generation)).toBe(Number(before.metadata.generation) + 1);
    expect(after.status.observedGeneration).toBe(before.status.observedGeneration);
  });

  it('that goes takes what it brought with it, unless that is to be left', async () => {
    const sets = () => world.store.list('ReplicaSet').length;
    const pods = () =>
      world.store.list('Pod').filter(({ metadata }) => metadata.name.startsWith('web')).length;
    const dry = await ask(served, 'DELETE', `${path}/deployments/web?dryRun=All`);
    expect([dry.status, sets()]).toEqual([200, 1]);
    await ask(served, 'DELETE', `${path}/deployments/web`, { body: { propagationPolicy: 'Orphan' } });
    later(20);
    expect([sets(), pods()]).toEqual([1, 2]);
    const set = world.store.list('ReplicaSet')[0]?.metadata.name;
    await ask(served, 'DELETE', `${path}/replicasets/${set}`);
    later(20);
    expect([sets(), pods()]).toEqual([0, 0]);
  });
});

describe('a daemon set', () => {
  it('says how many of its pods are ready', async () => {
    const shown = await ask(served, 'GET', `${path}/daemonsets/agent`);
    expect(shown.body.status).toMatchObject({
      desiredNumberScheduled: 2,
      numberReady: 2,
      numberAvailable: 2,
    });
    await ask(
      served,
      'DELETE',
      `/api/v1/namespaces/default/pods/${world.pods.onNode('n1').find(({ metadata }) => metadata.name.startsWith('agent'))?.metadata.name}`,
    );
    later(0.5);
    const going = await ask(served, 'GET', `${path}/daemonsets/agent`);
    expect(going.body.status.numberReady).toBe(1);
    later(30);
    const again = await ask(served, 'GET', `${path}/daemonsets/agent`);
    expect(again.body.status).toMatchObject({ desiredNumberScheduled: 2, numberReady: 2 });
  });
});
