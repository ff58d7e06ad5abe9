import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import type { World } from '../../../simulations/world/world.ts';
import { recordedWorld } from './recorded-fleet.ts';
import { recorded, replay } from './recordings.ts';

type Json = { [field: string]: unknown };
type Found = {
  kind: string;
  metadata: Json;
  spec: Json;
  status: Json;
  details: Json;
  message: string;
  reason: string;
};

let world: World;
let served: ServedWorld;
beforeEach(async () => {
  world = recordedWorld();
  served = await serveWorld(world, { speed: 0 });
});
afterEach(async () => {
  await served.close();
});

async function send(method: string, path: string, body?: unknown, contentType = 'application/json') {
  const answer = await fetch(`${served.kubernetesUrl}${path}`, {
    method,
    headers: { 'content-type': contentType },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Found };
}

const node = '/api/v1/nodes/old-z1';
const merge = 'application/merge-patch+json';

describe('writing an object', () => {
  it('never touches its status, and writing its status never touches the rest', async () => {
    const before = (await send('GET', node)).body;
    await send('PATCH', node, { status: { conditions: [] }, metadata: { labels: { a: 'b' } } }, merge);
    await send(
      'PATCH',
      `${node}/status`,
      { spec: { unschedulable: true }, status: { phase: 'Running' } },
      merge,
    );
    const after = (await send('GET', node)).body;
    expect(after.status.conditions).toEqual(before.status.conditions);
    expect(after.status.phase).toBe('Running');
    expect(after.metadata.labels).toMatchObject({ a: 'b' });
    expect(after.spec.unschedulable).toBeUndefined();
  });

  it('cannot change uid and creation, nor bring a deletion', async () => {
    const before = (await send('GET', node)).body;
    const change = {
      metadata: { creationTimestamp: '2000-01-01T00:00:00Z', deletionTimestamp: '2000-01-01T00:00:00Z' },
    };
    const after = (await send('PATCH', node, change, merge)).body;
    expect(after.metadata.creationTimestamp).toBe(before.metadata.creationTimestamp);
    expect(after.metadata.deletionTimestamp).toBeUndefined();
    expect((await send('PATCH', node, { metadata: { uid: 'another' } }, merge)).status).toBe(409);
  });

  it('with PUT replaces all that is not the server’s', async () => {
    const { body } = await send('GET', node);
    const { labels: _labels, ...metadata } = body.metadata;
    const put = await send('PUT', node, { ...body, metadata, spec: { providerID: 'x' } });
    expect(put.status).toBe(200);
    expect(put.body.metadata.labels).toBeUndefined();
    expect(put.body.spec).toEqual({ providerID: 'x' });
    expect((await send('PUT', node, body)).body.reason).toBe('Conflict');
  });

  it('with PUT under another name is refused', async () => {
    const { body } = await send('GET', node);
    expect((await send('PUT', node, { ...body, metadata: { ...body.metadata, name: 'other' } })).status).toBe(
      400,
    );
  });

  it('is created with a uid, a version and a name of five letters after generateName', async () => {
    const event = { apiVersion: 'v1', kind: 'Event', metadata: { generateName: 'moved-' }, reason: 'Moved' };
    const first = await send('POST', '/api/v1/namespaces/rec/events', event);
    const second = await send('POST', '/api/v1/namespaces/rec/events', event);
    expect(first.status).toBe(201);
    expect(first.body.metadata.name).toMatch(/^moved-[a-z0-9]{5}$/);
    expect(second.body.metadata.name).not.toBe(first.body.metadata.name);
    expect(first.body.metadata.uid).toBeTruthy();
    expect(first.body.metadata.namespace).toBe('rec');
  });

  it('in a dry run is answered and forgotten', async () => {
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' } };
    expect((await send('POST', '/api/v1/namespaces/rec/configmaps?dryRun=All', map)).status).toBe(201);
    expect((await send('GET', '/api/v1/namespaces/rec/configmaps/m')).status).toBe(404);
    await send('POST', '/api/v1/namespaces/rec/configmaps', map);
    expect((await send('DELETE', '/api/v1/namespaces/rec/configmaps/m?dryRun=All')).status).toBe(200);
    expect((await send('GET', '/api/v1/namespaces/rec/configmaps/m')).status).toBe(200);
  });

  it('is deleted only while its preconditions hold', async () => {
    const path = '/api/v1/namespaces/rec/configmaps';
    const { body } = await send('POST', path, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'm' },
    });
    expect((await send('DELETE', `${path}/m`, { preconditions: { uid: 'other' } })).status).toBe(409);
    expect((await send('DELETE', `${path}/m`, { preconditions: { resourceVersion: '1' } })).status).toBe(409);
    expect((await send('DELETE', `${path}/m`, { preconditions: { uid: body.metadata.uid } })).body.kind).toBe(
      'Status',
    );
    expect((await send('GET', `${path}/m`)).status).toBe(404);
  });

  it('of a wrong kind is refused', async () => {
    const answer = await send('POST', '/api/v1/namespaces/rec/configmaps', {
      kind: 'Pod',
      metadata: { name: 'm' },
    });
    expect(answer.status).toBe(400);
  });

  it('is refused for a budget with both numbers, with the recorded cause', async () => {
    const recording = recorded('kubernetes/105-pdb-create-invalid-422');
    const answer = await replay(served.kubernetesUrl, recording.request);
    expect(answer.status).toBe(recording.response.status);
    const cause = (body: unknown) =>
      (body as { details: { causes: Json[]; kind: string; group: string } }).details;
    const { causes, ...details } = cause(answer.body);
    const { causes: realCauses, ...realDetails } = cause(recording.response.body);
    expect(details).toEqual(realDetails);
    expect(causes.map(({ reason, field }) => ({ reason, field }))).toEqual(
      realCauses.map(({ reason, field }) => ({ reason, field })),
    );
  });
});

describe('the scale of a StatefulSet', () => {
  const scale = '/apis/apps/v1/namespaces/default/statefulsets/acid-a/scale';

  it('is patched and put, and raises the generation', async () => {
    const patched = await send('PATCH', scale, { spec: { replicas: 4 } }, merge);
    expect(patched).toMatchObject({ status: 200, body: { kind: 'Scale', spec: { replicas: 4 } } });
    expect(world.store.get('StatefulSet', 'default', 'acid-a')?.metadata.generation).toBe(2);
    const put = await send('PUT', scale, { ...patched.body, spec: { replicas: 2 } });
    expect(put.body.spec).toEqual({ replicas: 2 });
  });

  it('is not put on a stale version, nor to less than none', async () => {
    const { body } = await send('GET', scale);
    await send('PATCH', scale, { spec: { replicas: 4 } }, merge);
    expect((await send('PUT', scale, body)).status).toBe(409);
    expect((await send('PATCH', scale, { spec: { replicas: -1 } }, merge)).status).toBe(400);
  });
});

describe('a collection', () => {
  const path = '/api/v1/namespaces/rec/configmaps';
  const names = (list: Found): readonly unknown[] =>
    (list as unknown as { items: { metadata: Json }[] }).items.map(({ metadata }) => metadata.name);
  beforeEach(async () => {
    for (const [name, team] of [
      ['one', 'a'],
      ['two', 'b'],
      ['three', 'a'],
    ])
      await send('POST', path, { metadata: { name, labels: { team } } });
  });

  it('is deleted as far as selectors pick, and answered as it was', async () => {
    const dry = await send('DELETE', `${path}?labelSelector=team%3Da&dryRun=All`);
    expect(names(dry.body)).toEqual(['one', 'three']);
    const deleted = await send('DELETE', `${path}?labelSelector=team%3Da`);
    expect([deleted.status, deleted.body.kind]).toEqual([200, 'ConfigMapList']);
    expect(names(deleted.body)).toEqual(['one', 'three']);
    expect(names((await send('GET', path)).body)).not.toContain('one');
    expect(names((await send('GET', path)).body)).toContain('two');
  });

  it('is deleted by the options that a single one would be', async () => {
    const wrong = await send('DELETE', path, { preconditions: { uid: 'other' } });
    expect([wrong.status, wrong.body.reason]).toEqual([409, 'Conflict']);
    const pods = '/api/v1/namespaces/rec/pods';
    const before = names((await send('GET', pods)).body);
    expect(before.length).toBeGreaterThan(0);
    await send('DELETE', `${pods}?fieldSelector=metadata.name%3D${before[0]}`);
    const gone = await send('GET', `${pods}/${before[0]}`);
    // A pod that runs is given its time; one that never ran is gone.
    expect(gone.status === 404 || gone.body.metadata.deletionTimestamp !== undefined).toBe(true);
    expect(names((await send('GET', pods)).body).slice(-1)).toEqual(before.slice(-1));
  });
});

describe('what is not served', () => {
  it.each([
    ['GET', '/api/v1/secrets', 404],
    ['GET', '/api/v1/namespaces/rec/pods/pending/log', 501],
    ['POST', '/api/v1/namespaces/rec/pods/nobody/exec', 404],
    ['GET', '/api/v1/namespaces/rec/pods/pending/nothing', 404],
    ['GET', '/api/v1/namespaces/rec/pods/pending/eviction', 405],
    ['DELETE', '/api/v1/pods', 405],
    ['DELETE', '/api/v1/namespaces', 405],
    ['GET', '/api/v1/pods/pending', 404],
    ['GET', '/api/v1/namespaces/rec/nodes', 404],
  ])('%s %s is answered with %i and a Status', async (method, path, status) => {
    const answer = await send(method, path);
    expect(answer.status).toBe(status);
    expect(answer.body.kind).toBe('Status');
  });
});
