import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fieldsOf } from '../../../simulations/http/api-fields.ts';
import { decodeObject } from '../../../simulations/http/decode-object.ts';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import { threeZones } from '../../../simulations/scenarios/three-zones.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import { ask } from './ask.ts';
import { recordedWorld } from './recorded-fleet.ts';
import { recorded, recordedNames } from './recordings.ts';

let served: ServedWorld;
beforeEach(async () => {
  served = await serveWorld(recordedWorld(), { speed: 0 });
});
afterEach(async () => {
  await served.close();
});

const node = '/api/v1/nodes/old-z1';
const maps = '/api/v1/namespaces/rec/configmaps';
const misspelt = { metadata: { name: 'm', lables: {} }, dta: { a: '1' } };

describe('unknown fields', () => {
  it('are dropped, with a warning each, unless the client says otherwise', async () => {
    const answer = await ask(served, 'POST', maps, { body: misspelt });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('warning')).toBe(
      '299 - "unknown field \\"metadata.lables\\"", 299 - "unknown field \\"dta\\""',
    );
    expect(answer.body).not.toHaveProperty('dta');
    expect(answer.body.metadata).not.toHaveProperty('lables');
  });

  it('are dropped silently with Ignore', async () => {
    const answer = await ask(served, 'POST', `${maps}?fieldValidation=Ignore`, { body: misspelt });
    expect([answer.status, answer.headers.get('warning')]).toEqual([201, null]);
  });

  it('are refused with Strict, all of them, and nothing is stored', async () => {
    const answer = await ask(served, 'POST', `${maps}?fieldValidation=Strict`, { body: misspelt });
    expect(answer.body).toMatchObject({
      code: 400,
      reason: 'BadRequest',
      message:
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "metadata.lables", unknown field "dta"',
    });
    expect((await ask(served, 'GET', `${maps}/m`)).status).toBe(404);
  });

  it('in lists are named by their place', async () => {
    const body = { spec: { taints: [{ key: 'a', efect: 'NoSchedule' }] } };
    const answer = await ask(served, 'PATCH', node, { body });
    expect(answer.headers.get('warning')).toBe('299 - "unknown field \\"spec.taints[0].efect\\""');
  });

  it('in a strategic merge patch are shown as Go shows the patch', async () => {
    const headers = { 'content-type': 'application/strategic-merge-patch+json' };
    const body = { spec: { unschedulabel: true } };
    const answer = await ask(served, 'PATCH', `${node}?fieldValidation=Strict`, { body, headers });
    expect(answer.body.message).toBe(
      ' "" is invalid: patch: Invalid value: "map[spec:map[unschedulabel:true]]": strict decoding error: unknown field "spec.unschedulabel"',
    );
  });

  it('that are stored already, as those of a newer cluster, are left alone', async () => {
    const ahead = recordedWorld((objects) =>
      objects.map((one) =>
        one.kind === 'Node' ? { ...one, spec: { ...(one.spec as object), tomorrow: 1 } } : one,
      ),
    );
    const other = await serveWorld(ahead, { speed: 0 });
    try {
      const answer = await ask(other, 'PATCH', `${node}?fieldValidation=Strict`, {
        body: { spec: { unschedulable: true } },
      });
      expect(answer).toMatchObject({ status: 200, body: { spec: { tomorrow: 1, unschedulable: true } } });
    } finally {
      await other.close();
    }
  });
});

describe('known fields', () => {
  it('of a wrong type are refused whatever the validation', async () => {
    const answer = await ask(served, 'POST', `${maps}?fieldValidation=Ignore`, {
      body: { metadata: { name: 'm' }, data: ['a'] },
    });
    expect(answer.body.message).toBe(
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal array into Go struct field ConfigMap.data of type map[string]string',
    );
  });

  it('that are empty are left out where Go leaves them out', async () => {
    await ask(served, 'PATCH', node, { body: { spec: { unschedulable: true } } });
    const { body } = await ask(served, 'PATCH', node, { body: { spec: { unschedulable: false } } });
    expect(body.spec).not.toHaveProperty('unschedulable');
  });

  it('are all those that a real server answered with in the recordings', () => {
    const objects = recordedNames('kubernetes').flatMap((name) =>
      objectsIn(recorded(`kubernetes/${name}`).response.body),
    );
    expect(objects.filter(({ kind }) => fieldsOf(kind) !== undefined).length).toBeGreaterThan(50);
    for (const object of objects)
      expect(decodeObject(String(object.kind), object, undefined, 'Strict')).toEqual({
        kind: 'decoded',
        object: expect.anything(),
        warnings: [],
      });
  });

  it('are all those of the simulated fleet', () => {
    const { store } = createWorld({ objects: threeZones(), startMs: 0 });
    for (const kind of store.kinds())
      for (const object of store.list(kind))
        expect(decodeObject(kind, object, undefined, 'Strict')).toMatchObject({ kind: 'decoded' });
  });
});

describe('options of a write', () => {
  it.each([
    ['PATCH', `${node}?force=true`, 'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden'],
    [
      'PATCH',
      `${node}?dryRun=Some`,
      'PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: "Some"',
    ],
    [
      'POST',
      `${maps}?fieldValidation=Maybe`,
      'CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported',
    ],
    [
      'PUT',
      `${maps}/m?fieldManager=${'x'.repeat(129)}`,
      'UpdateOptions.meta.k8s.io "" is invalid: fieldManager: Too long',
    ],
  ])('%s %s is refused', async (method, path, message) => {
    const answer = await ask(served, method, path, { body: {} });
    expect(answer.status).toBe(422);
    expect(answer.body.message).toContain(message);
  });
});

type Found = { readonly [field: string]: unknown; readonly kind: string };

/** The objects of an answer; those of lists have no kind of their own. */
function objectsIn(body: unknown): Found[] {
  const { kind, items } = (body ?? {}) as { kind?: string; items?: { [field: string]: unknown }[] };
  if (items !== undefined && kind?.endsWith('List') && kind !== 'APIGroupDiscoveryList')
    return items.map((one) => ({ ...one, kind: kind.slice(0, -4) }));
  return kind === undefined ? [] : [body as Found];
}
