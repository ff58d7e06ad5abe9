import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import { threeZones } from '../../../simulations/scenarios/three-zones.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import type { World } from '../../../simulations/world/world.ts';
import { ask } from './ask.ts';

let world: World;
let served: ServedWorld;
beforeEach(async () => {
  world = createWorld({ objects: threeZones() });
  served = await serveWorld(world, { speed: 0 });
});
afterEach(() => served.close());

const pod = '/api/v1/namespaces/default/pods/acid-a-2';
const hold = { metadata: { finalizers: ['example.com/backup'] } };
const letGo = { metadata: { finalizers: null } };
const tenMinutes = 600_000;

describe('a pod with a finalizer', () => {
  it('stays after its containers have ended, and its StatefulSet waits, until the finalizer is taken off', async () => {
    const { uid } = (await ask(served, 'PATCH', pod, { body: hold })).body.metadata;
    expect((await ask(served, 'DELETE', pod)).status).toBe(200);
    world.advanceTo(world.nowMs() + tenMinutes);
    const held = (await ask(served, 'GET', pod)).body.metadata;
    expect(held).toMatchObject({ uid, deletionGracePeriodSeconds: 0, ...hold.metadata });
    expect(held.deletionTimestamp).toBeDefined();
    expect((await ask(served, 'PATCH', pod, { body: letGo })).status).toBe(200);
    expect((await ask(served, 'GET', pod)).status).toBe(404);
    world.advanceTo(world.nowMs() + tenMinutes);
    const next = (await ask(served, 'GET', pod)).body.metadata;
    expect(next.deletionTimestamp).toBeUndefined();
    expect(next.uid).not.toBe(uid);
  });

  it('keeps running for its grace where the finalizer goes first', async () => {
    await ask(served, 'PATCH', pod, { body: hold });
    await ask(served, 'DELETE', pod);
    await ask(served, 'PATCH', pod, { body: letGo });
    expect((await ask(served, 'GET', pod)).body.metadata.deletionGracePeriodSeconds).toBe(300);
  });
});

describe('any other object with a finalizer', () => {
  const path = '/api/v1/namespaces/default/configmaps/notes';
  it('is answered as marked, and goes with its last finalizer', async () => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'notes', ...hold.metadata } };
    await ask(served, 'POST', '/api/v1/namespaces/default/configmaps', { body });
    const deleted = await ask(served, 'DELETE', path);
    expect(deleted.body).toMatchObject({ kind: 'ConfigMap', metadata: { deletionGracePeriodSeconds: 0 } });
    const seen: string[] = [];
    world.store.onEvent(({ type, object }) => seen.push(`${type} ${object.metadata.name}`));
    expect((await ask(served, 'PATCH', path, { body: letGo })).body).toMatchObject({ kind: 'ConfigMap' });
    expect(seen).toEqual(['DELETED notes']);
    expect((await ask(served, 'GET', path)).status).toBe(404);
  });
});
