import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import type { World } from '../../../simulations/world/world.ts';
import { ask, type Json } from './ask.ts';
import { recordedWorld } from './recorded-fleet.ts';

let world: World;
let served: ServedWorld;
beforeEach(async () => {
  world = recordedWorld();
  served = await serveWorld(world, { speed: 0 });
});
afterEach(async () => {
  await served.close();
});

const applied = { 'content-type': 'application/apply-patch+yaml' };
const node = '/api/v1/nodes/old-z1';
const head = { apiVersion: 'v1', kind: 'Node' };

function apply(path: string, manager: string, body: unknown, more = '') {
  return ask(served, 'PATCH', `${path}?fieldManager=${manager}${more}`, { body, headers: applied });
}

function update(path: string, manager: string, body: unknown) {
  return ask(served, 'PATCH', `${path}?fieldManager=${manager}`, { body });
}

type Entry = { manager: string; operation: string; fieldsV1: Json; subresource?: string };
function owners(answer: { body: { metadata: Json } }): Record<string, Json> {
  const entries = (answer.body.metadata.managedFields ?? []) as Entry[];
  return Object.fromEntries(entries.map((entry) => [`${entry.manager} ${entry.operation}`, entry.fieldsV1]));
}

const taints = (...keys: string[]) => keys.map((key) => ({ key, effect: 'NoSchedule' }));
const nodeWith = (spec: Json, labels?: Json) => ({
  ...head,
  metadata: { name: 'old-z1', ...(labels === undefined ? {} : { labels }) },
  spec,
});

describe('server-side apply', () => {
  it('conflicts with the field that an ordinary update has changed, and names its owner, version and time', async () => {
    await update(node, 'kubectl-cordon', { spec: { unschedulable: true } });
    const { body } = await apply(node, 'steering', nodeWith({ unschedulable: false }));
    expect(body.message).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl-cordon" using v1 at 2026-11-22T22:03:00Z: .spec.unschedulable',
    );
    expect((await ask(served, 'GET', node)).body.spec.unschedulable).toBe(true);
  });

  it('does not conflict where both want the same, and both own it then', async () => {
    await update(node, 'kubectl-cordon', { spec: { unschedulable: true } });
    const answer = await apply(node, 'steering', nodeWith({ unschedulable: true }));
    expect(answer.status).toBe(200);
    const owned = { 'f:spec': { 'f:unschedulable': {} } };
    expect(owners(answer)).toMatchObject({ 'kubectl-cordon Update': owned, 'steering Apply': owned });
  });

  it('lists all conflicts of several owners', async () => {
    await apply(node, 'one', nodeWith({ unschedulable: true }));
    await apply(node, 'two', nodeWith({}, { team: 'a' }));
    const { body } = await apply(node, 'three', nodeWith({ unschedulable: false }, { team: 'b' }));
    expect(body.message).toBe(
      'Apply failed with 2 conflicts: conflicts with "one":\n- .spec.unschedulable\nconflicts with "two":\n- .metadata.labels.team',
    );
    expect(body.details.causes).toHaveLength(2);
  });

  it('takes a field from its owner when forced, and an ordinary update takes it without asking', async () => {
    await apply(node, 'one', nodeWith({ unschedulable: true }));
    const forced = await apply(node, 'two', nodeWith({ unschedulable: false }), '&force=true');
    expect(owners(forced)).toMatchObject({ 'two Apply': { 'f:spec': { 'f:unschedulable': {} } } });
    expect(owners(forced)['one Apply']).toBeUndefined();
    const updated = await update(node, 'three', { spec: { unschedulable: true } });
    expect(owners(updated)['two Apply']).toBeUndefined();
  });

  it('removes what is no longer applied, but not what another owns too or what it never owned', async () => {
    await apply(node, 'one', nodeWith({}, { a: '1', shared: 'x' }));
    await apply(node, 'two', nodeWith({}, { shared: 'x' }));
    const answer = await apply(node, 'one', nodeWith({}, { b: '2' }));
    const { labels } = answer.body.metadata as { labels: Json };
    expect(labels).toMatchObject({ b: '2', shared: 'x', 'topology.kubernetes.io/zone': 'z1' });
    expect(labels).not.toHaveProperty('a');
    const last = await apply(node, 'two', nodeWith({}));
    expect(last.body.metadata.labels).not.toHaveProperty('shared');
    expect(owners(last)['two Apply']).toBeUndefined();
  });

  it('owns taints as a whole, and conditions by their type', async () => {
    await apply(node, 'one', nodeWith({ taints: taints('a') }));
    const conflict = await apply(node, 'two', nodeWith({ taints: taints('b') }));
    expect(conflict.body.details.causes).toMatchObject([{ field: '.spec.taints' }]);
    const condition = { type: 'Drained', status: 'True' };
    const body = { ...head, metadata: { name: 'old-z1' }, status: { conditions: [condition] } };
    const status = await apply(`${node}/status`, 'two', body);
    expect(status.body.status.conditions).toEqual(expect.arrayContaining([condition]));
    expect((status.body.status.conditions as Json[]).length).toBe(5);
    const other = { ...body, status: { conditions: [{ ...condition, status: 'False' }] } };
    expect((await apply(`${node}/status`, 'three', other)).body.details.causes).toEqual([
      {
        reason: 'FieldManagerConflict',
        message: 'conflict with "two" with subresource "status"',
        field: '.status.conditions[type="Drained"].status',
      },
    ]);
  });

  it('never touches the status through the object, nor the rest through the status', async () => {
    const both = { ...nodeWith({ unschedulable: true }), status: { phase: 'Running' } };
    const main = await apply(node, 'one', both);
    expect(main.body.status.phase).toBeUndefined();
    expect(owners(main)['one Apply']).toEqual({ 'f:spec': { 'f:unschedulable': {} } });
    await apply(node, 'one', nodeWith({}));
    const status = await apply(`${node}/status`, 'one', both);
    expect(status.body.status.phase).toBe('Running');
    expect(status.body.spec.unschedulable).toBeUndefined();
  });

  it('creates what is not there, in YAML as well', async () => {
    const path = '/api/v1/namespaces/rec/configmaps/settings';
    const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  a: "1"\n';
    const first = await apply(path, 'one', yaml);
    expect(first).toMatchObject({ status: 201, body: { data: { a: '1' } } });
    expect(owners(first)).toEqual({ 'one Apply': { 'f:data': { 'f:a': {} } } });
    const again = await apply(path, 'one', yaml);
    expect(again.status).toBe(200);
    expect(again.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    expect(await apply(`${path}-of-status/status`, 'one', yaml)).toMatchObject({ status: 404 });
  });

  it('in a dry run shows and stores nothing', async () => {
    const answer = await apply(node, 'one', nodeWith({ unschedulable: true }), '&dryRun=All');
    expect(answer.body.spec.unschedulable).toBe(true);
    expect(world.store.get('Node', undefined, 'old-z1')?.spec.unschedulable).toBeUndefined();
  });

  it.each([
    [400, { ...nodeWith({}), apiVersion: 'v2' }, /Specified patch version: v2, expected: v1/],
    [400, { ...nodeWith({}), kind: 'Pod' }, /is not Node/],
    [400, { ...head, metadata: { name: 'other' } }, /does not match the name on the URL/],
    [400, { ...head, metadata: { managedFields: [] } }, /managedFields must be nil/],
    [400, '{', /error decoding YAML/],
    [
      500,
      nodeWith({ unschedulabel: true }),
      /^failed to create typed patch object \(\/old-z1; v1, Kind=Node\)/,
    ],
  ])('is refused with %i for %j', async (status, body, message) => {
    const answer = await apply(node, 'one', body);
    expect(answer.status).toBe(status);
    expect(answer.body.message).toMatch(message);
  });
});

describe('managed fields', () => {
  it('give what is created to its creator, and what changes to who changes it', async () => {
    const path = '/apis/coordination.k8s.io/v1/namespaces/rec/leases';
    const body = { metadata: { name: 'l' }, spec: { holderIdentity: 'a', leaseDurationSeconds: 15 } };
    const created = await ask(served, 'POST', `${path}?fieldManager=worker`, { body });
    expect(owners(created)).toEqual({
      'worker Update': { 'f:spec': { 'f:holderIdentity': {}, 'f:leaseDurationSeconds': {} } },
    });
    const changed = await update(`${path}/l`, 'thief', { spec: { holderIdentity: 'b' } });
    expect(owners(changed)).toEqual({
      'worker Update': { 'f:spec': { 'f:leaseDurationSeconds': {} } },
      'thief Update': { 'f:spec': { 'f:holderIdentity': {} } },
    });
  });

  it('tell the writer of a status and of a scale from the writer of the object', async () => {
    const status = await update(`${node}/status`, 'kubelet', { status: { phase: 'Running' } });
    const entries = status.body.metadata.managedFields as Entry[];
    expect(entries).toMatchObject([{ manager: 'kubelet', subresource: 'status' }]);
    const set = '/apis/apps/v1/namespaces/default/statefulsets/acid-a';
    await update(`${set}/scale`, 'autoscaler', { spec: { replicas: 4 } });
    expect((await ask(served, 'GET', set)).body.metadata.managedFields).toMatchObject([
      { manager: 'autoscaler', subresource: 'scale', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
    ]);
  });

  it('name a client without a manager by the first word of its user agent', async () => {
    const headers = { 'user-agent': 'kubectl/v1.36.2 (linux/amd64)' };
    const answer = await ask(served, 'PATCH', node, { body: { spec: { unschedulable: true } }, headers });
    expect(Object.keys(owners(answer))).toEqual(['kubectl Update']);
  });

  it('stay when a client sends none, and go when it resets them', async () => {
    await update(node, 'one', { spec: { unschedulable: true } });
    const { managedFields: _owned, ...metadata } = (await ask(served, 'GET', node)).body.metadata;
    const { body } = await ask(served, 'GET', node);
    const put = await ask(served, 'PUT', node, { body: { ...body, metadata } });
    expect(Object.keys(owners(put))).toEqual(['one Update']);
    const reset = await update(node, 'two', { metadata: { managedFields: [{}] } });
    expect(owners(reset)).toEqual({});
  });
});
