import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import { ask, type Json } from './ask.ts';
import { recordedWorld } from './recorded-fleet.ts';
import { recordedUsers, tokenOf } from './recorded-users.ts';
import { recorded, replay } from './recordings.ts';

let served: ServedWorld;
beforeEach(async () => {
  served = await serveWorld(recordedWorld(), { speed: 0, users: recordedUsers });
});
afterEach(async () => {
  await served.close();
});

async function answered(name: string): Promise<{ ours: Json; real: Json }> {
  const recording = recorded(`kubernetes/${name}`);
  const { body } = await replay(served.kubernetesUrl, recording.request, tokenOf(recording));
  return { ours: body as Json, real: recording.response.body as Json };
}

const authorization = '/apis/authorization.k8s.io/v1';

describe('access reviews', () => {
  it.each([
    '022-ssar-create-eviction-admin',
    '023-ssar-create-eviction-drainer',
    '024-ssar-create-eviction-nobody',
  ])('are answered as in %s, to the word', async (name) => {
    const { ours, real } = await answered(name);
    expect(ours.spec).toEqual(real.spec);
    expect(ours.status).toEqual(real.status);
  });

  it('of oneself tell name, uid and groups as recorded', async () => {
    const { ours, real } = await answered('026-selfsubjectreview');
    expect(ours.status).toEqual(real.status);
  });

  it('of one’s rules tell all that was recorded', async () => {
    type Rules = { status: { resourceRules: Json[]; nonResourceRules: Json[] }; spec: Json };
    const { ours, real } = (await answered('025-ssrr-drainer')) as unknown as { ours: Rules; real: Rules };
    expect(ours.spec).toEqual(real.spec);
    const sorted = (rules: Json[]) => rules.map((rule) => JSON.stringify(rule)).sort();
    expect(sorted(ours.status.resourceRules)).toEqual(sorted(real.status.resourceRules));
    // The keys of service account tokens (/.well-known) are not served.
    const served = real.status.nonResourceRules.filter(
      (rule) => !JSON.stringify(rule).includes('.well-known'),
    );
    expect(sorted(ours.status.nonResourceRules)).toEqual(sorted(served));
  });

  it('of another need his name or groups, and say what he may', async () => {
    const review = (spec: Json) =>
      ask(served, 'POST', `${authorization}/subjectaccessreviews`, {
        token: 'token-of-admin',
        body: { spec },
      });
    const resourceAttributes = { verb: 'patch', resource: 'nodes' };
    expect((await review({ user: 'drainer', resourceAttributes })).body.status.allowed).toBe(true);
    expect((await review({ user: 'nobody', resourceAttributes })).body.status.allowed).toBe(false);
    expect((await review({ groups: ['system:masters'], resourceAttributes })).body.status.allowed).toBe(true);
    expect((await review({ resourceAttributes })).status).toBe(422);
  });

  it('of another are not for everybody', async () => {
    const asking = { token: 'token-of-drainer', body: { spec: {} } };
    expect((await ask(served, 'POST', `${authorization}/subjectaccessreviews`, asking)).status).toBe(403);
  });

  it('in a namespace are about that namespace', async () => {
    const path = `${authorization}/namespaces/rec/localsubjectaccessreviews`;
    const review = (namespace: string) =>
      ask(served, 'POST', path, {
        token: 'token-of-admin',
        body: { spec: { user: 'drainer', resourceAttributes: { namespace, verb: 'get', resource: 'pods' } } },
      });
    expect((await review('rec')).body.status.allowed).toBe(true);
    expect((await review('default')).status).toBe(422);
  });

  it('ask for a resource or for a path, not for neither and not for both', async () => {
    const review = (spec: Json) =>
      ask(served, 'POST', `${authorization}/selfsubjectaccessreviews`, {
        token: 'token-of-nobody',
        body: { spec },
      });
    const path = { verb: 'get', path: '/version' };
    expect((await review({ nonResourceAttributes: path })).body.status.allowed).toBe(true);
    expect((await review({ nonResourceAttributes: { ...path, path: '/metrics' } })).body.status.allowed).toBe(
      false,
    );
    expect((await review({})).body.message).toBe(
      'SelfSubjectAccessReview.authorization.k8s.io "" is invalid: spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    );
    expect((await review({ nonResourceAttributes: path, resourceAttributes: {} })).status).toBe(422);
  });

  it('of a token say whose it is', async () => {
    const review = (token: string) =>
      ask(served, 'POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
        token: 'token-of-admin',
        body: { spec: { token } },
      });
    expect((await review('token-of-drainer')).body.status).toMatchObject({
      authenticated: true,
      user: { username: 'drainer' },
    });
    expect((await review('other')).body.status.authenticated).toBeUndefined();
  });

  it('can only be posted', async () => {
    const path = `${authorization}/selfsubjectaccessreviews`;
    expect((await ask(served, 'GET', path, { token: 'token-of-admin' })).status).toBe(405);
    expect((await ask(served, 'GET', `${path}/x`, { token: 'token-of-admin' })).status).toBe(404);
  });
});
