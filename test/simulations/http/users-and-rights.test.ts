import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import type { World } from '../../../simulations/world/world.ts';
import { type Asking, ask, type Json } from './ask.ts';
import { recordedWorld } from './recorded-fleet.ts';
import { recordedUsers } from './recorded-users.ts';

let world: World;
let served: ServedWorld;
beforeEach(async () => {
  world = recordedWorld();
  served = await serveWorld(world, { speed: 0, users: recordedUsers });
});
afterEach(async () => {
  await served.close();
});

const as = (name: string): Asking => ({ token: `token-of-${name}` });
const send = (method: string, path: string, asking?: Asking) => ask(served, method, path, asking);
const rbac = '/apis/rbac.authorization.k8s.io/v1';

async function role(namespace: string, name: string, rules: readonly Json[]) {
  const body = { metadata: { name }, rules };
  expect((await send('POST', `${rbac}/namespaces/${namespace}/roles`, { ...as('admin'), body })).status).toBe(
    201,
  );
}

async function bind(namespace: string, name: string, roleRef: Json, subject: Json) {
  const body = { metadata: { name }, roleRef, subjects: [subject] };
  const path = `${rbac}/namespaces/${namespace}/rolebindings`;
  expect((await send('POST', path, { ...as('admin'), body })).status).toBe(201);
}

const nobody = { kind: 'User', name: 'nobody' };
const readMaps = { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] };

describe('rights', () => {
  it('of a role hold in the namespace of its binding and nowhere else, for its verbs and no others', async () => {
    await role('rec', 'reader', [readMaps]);
    await bind('rec', 'reads', { kind: 'Role', name: 'reader' }, nobody);
    const maps = (namespace: string) => `/api/v1/namespaces/${namespace}/configmaps`;
    expect((await send('GET', maps('rec'), as('nobody'))).status).toBe(200);
    expect((await send('GET', maps('default'), as('nobody'))).status).toBe(403);
    expect((await send('GET', '/api/v1/configmaps', as('nobody'))).status).toBe(403);
    expect((await send('GET', `${maps('rec')}?watch=1`, as('nobody'))).status).toBe(403);
    expect((await send('GET', '/api/v1/namespaces/rec/pods', as('nobody'))).status).toBe(403);
  });

  it('of a cluster role bound in a namespace hold in that namespace', async () => {
    await bind('rec', 'views', { kind: 'ClusterRole', name: 'view' }, { kind: 'Group', name: 'lab' });
    expect((await send('GET', '/api/v1/namespaces/rec/pods', as('nobody'))).status).toBe(200);
    expect((await send('GET', '/api/v1/namespaces/default/pods', as('nobody'))).status).toBe(403);
    expect((await send('GET', `${rbac}/namespaces/rec/roles`, as('nobody'))).status).toBe(403);
  });

  it('may be for objects of a name, and for a subresource apart from its resource', async () => {
    await role('rec', 'narrow', [
      { apiGroups: [''], resources: ['pods'], verbs: ['get'], resourceNames: ['pending'] },
      { apiGroups: [''], resources: ['*/status'], verbs: ['get'] },
    ]);
    await bind('rec', 'narrow', { kind: 'Role', name: 'narrow' }, nobody);
    const pod = (name: string) => `/api/v1/namespaces/rec/pods/${name}`;
    expect((await send('GET', pod('pending'), as('nobody'))).status).toBe(200);
    expect((await send('GET', pod('free-86969874-76shx'), as('nobody'))).status).toBe(403);
    expect((await send('GET', `${pod('free-86969874-76shx')}/status`, as('nobody'))).status).toBe(200);
  });

  it('end with their binding', async () => {
    await bind('rec', 'views', { kind: 'ClusterRole', name: 'view' }, nobody);
    await send('DELETE', `${rbac}/namespaces/rec/rolebindings/views`, as('admin'));
    expect((await send('GET', '/api/v1/namespaces/rec/pods', as('nobody'))).status).toBe(403);
  });

  it('of a role that is not there are none, and the refusal says which', async () => {
    await bind('rec', 'views', { kind: 'ClusterRole', name: 'gone' }, nobody);
    const { body } = await send('GET', '/api/v1/namespaces/rec/pods', as('nobody'));
    expect(body.message).toMatch(/: RBAC: clusterrole\.rbac\.authorization\.k8s\.io "gone" not found$/);
  });

  it('are asked for before the server says that it knows no such resource', async () => {
    expect((await send('GET', '/apis/example.com/v1/widgets', as('nobody'))).body).toMatchObject({
      code: 403,
      details: { group: 'example.com', kind: 'widgets' },
    });
  });

  it('let everybody who is somebody discover, and anonymous only see that the server lives', async () => {
    expect((await send('GET', '/apis', as('nobody'))).status).toBe(200);
    expect((await send('GET', '/version')).status).toBe(200);
    expect((await send('GET', '/apis')).body).toMatchObject({
      code: 403,
      message: 'forbidden: User "system:anonymous" cannot get path "/apis"',
    });
  });
});

describe('service accounts', () => {
  const accounts = '/api/v1/namespaces/rec/serviceaccounts';
  const createAccount = async (): Promise<string> => {
    await send('POST', accounts, { ...as('admin'), body: { metadata: { name: 'worker' } } });
    const answer = await send('POST', `${accounts}/worker/token`, { ...as('admin'), body: { spec: {} } });
    expect(answer.status).toBe(201);
    return String(answer.body.status.token);
  };

  it('are users of their own with their groups, and have the rights that are bound to them', async () => {
    const token = await createAccount();
    const who = await send('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { token, body: {} });
    expect(who.body.status.userInfo).toMatchObject({
      username: 'system:serviceaccount:rec:worker',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:rec', 'system:authenticated'],
    });
    expect((await send('GET', '/api/v1/namespaces/rec/pods', { token })).status).toBe(403);
    const subject = { kind: 'ServiceAccount', name: 'worker', namespace: 'rec' };
    await bind('rec', 'views', { kind: 'ClusterRole', name: 'view' }, subject);
    expect((await send('GET', '/api/v1/namespaces/rec/pods', { token })).status).toBe(200);
  });

  it('have tokens that end with their time, with the account, and with any change to them', async () => {
    const token = await createAccount();
    const pods = '/api/v1/namespaces/rec/pods';
    expect((await send('GET', pods, { token: `${token.slice(0, -1)}_` })).status).toBe(401);
    await send('DELETE', `${accounts}/worker`, as('admin'));
    expect((await send('GET', pods, { token })).status).toBe(401);
    const second = await createAccount();
    expect((await send('GET', pods, { token: second })).status).toBe(403);
    world.advanceTo(world.nowMs() + 3_601_000);
    expect((await send('GET', pods, { token: second })).status).toBe(401);
  });

  it('get no token for less than ten minutes, nor when they are not there', async () => {
    await createAccount();
    const body = { spec: { expirationSeconds: 60 } };
    const short = await send('POST', `${accounts}/worker/token`, { ...as('admin'), body });
    expect(short.body).toMatchObject({ code: 422, details: { kind: 'TokenRequest', name: 'worker' } });
    const gone = await send('POST', `${accounts}/other/token`, { ...as('admin'), body: {} });
    expect(gone.status).toBe(404);
  });
});

describe('speaking in the name of another', () => {
  const drainer = { 'impersonate-user': 'drainer' };

  it('gives the rights of the other and takes one’s own', async () => {
    const evict = '/api/v1/namespaces/rec/pods/free-86969874-76shx';
    expect((await send('GET', '/api/v1/nodes', { ...as('admin'), headers: drainer })).status).toBe(200);
    expect((await send('DELETE', evict, { ...as('admin'), headers: drainer })).body).toMatchObject({
      code: 403,
    });
  });

  it('needs a right of its own', async () => {
    const { body } = await send('GET', '/api/v1/nodes', { ...as('nobody'), headers: drainer });
    expect(body.message).toBe(
      'users "drainer" is forbidden: User "nobody" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
  });

  it('of a service account brings its groups', async () => {
    const headers = { 'impersonate-user': 'system:serviceaccount:rec:worker' };
    const answer = await send('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      ...as('admin'),
      headers,
      body: {},
    });
    expect(answer.body.status.userInfo).toMatchObject({
      groups: expect.arrayContaining(['system:serviceaccounts:rec', 'system:authenticated']),
    });
  });
});

describe('where no users are set up', () => {
  it('everybody may do everything, with any token or none, and the world is not added to', async () => {
    const open = recordedWorld();
    const roles = open.store.list('ClusterRole');
    const other = await serveWorld(open, { speed: 0 });
    try {
      expect((await ask(other, 'GET', '/api/v1/nodes')).status).toBe(200);
      expect((await ask(other, 'GET', '/api/v1/nodes', { token: 'any' })).status).toBe(200);
      expect(open.store.list('ClusterRole')).toEqual(roles);
      expect(other.kubeconfig()).toMatch(/^# Everybody may do everything here/);
    } finally {
      await other.close();
    }
  });

  it('and a kubeconfig carries the token of the first user where they are', () => {
    expect(served.kubeconfig()).toContain('token: "token-of-admin"');
  });
});
