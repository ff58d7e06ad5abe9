import { describe, expect, it } from 'vitest';
import {
  cluster,
  drainRequest,
  fleetObjects,
  member,
  node,
  threeZones,
  threeZonesFailedOver,
  zone,
} from '../fixtures/fleet.ts';
import { testServer } from './test-server.ts';

async function post(payload: object, server = testServer()) {
  const { app } = await server;
  return app.inject({ method: 'POST', url: '/v1/plans', payload });
}

describe('POST /v1/plans', () => {
  it('answers 201 with the plan and where it is kept', async () => {
    const server = await testServer();
    const answer = await post({ fleet: 'prod-eu-1', request: drainRequest() }, Promise.resolve(server));
    expect(answer.statusCode).toBe(201);
    const plan = answer.json();
    expect(plan).toMatchObject({ kind: 'DrainPlan', summary: { switchovers: 3, outages: 0 } });
    expect(answer.headers.location).toBe(`/v1/plans/${plan.id}`);
    const kept = await server.app.inject(`/v1/plans/${plan.id}`);
    expect(kept.json()).toEqual(plan);
  });

  it('plans on a snapshot that is sent along without asking the fleet', async () => {
    const server = await testServer();
    const answer = await post({ snapshot: threeZones(), request: drainRequest() }, Promise.resolve(server));
    expect(answer.statusCode).toBe(201);
    expect(server.looks()).toBe(0);
  });

  it('starts no run', async () => {
    const server = await testServer();
    await server.plan();
    expect((await server.app.inject('/v1/runs')).json()).toEqual({ runs: [] });
  });

  it('answers 201 with the refusals where no node can be emptied', async () => {
    const server = await testServer();
    server.show(
      fleetObjects(zone('z1', node('n1', { drain: true })), cluster('billing', member('n1', 'primary')))
        .items,
    );
    const request = drainRequest({ singleMember: 'skip' });
    const answer = await post({ fleet: 'prod-eu-1', request }, Promise.resolve(server));
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toMatchObject({ steps: [], refusals: [{ node: 'n1' }] });
  });

  it.each([
    ['an unknown field of the body', { fleet: 'prod-eu-1', request: drainRequest(), dryrun: true }, 'dryrun'],
    ['neither fleet nor snapshot', { request: drainRequest() }, 'fleet'],
    ['both fleet and snapshot', { fleet: 'prod-eu-1', snapshot: {}, request: drainRequest() }, 'fleet'],
    ['a fleet that is no text', { fleet: 7, request: drainRequest() }, 'fleet'],
  ])('answers 400 for %s and names the field', async (_what, payload, field) => {
    const answer = await post(payload);
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ code: 'malformed-request', status: 400, errors: [{ field }] });
  });

  it('answers 400 for an unknown field of the request and names its path', async () => {
    const request = { ...drainRequest(), surge: { perzone: { z1: 1 } } };
    const answer = await post({ fleet: 'prod-eu-1', request });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'bad-drain-request', errors: [{ field: 'surge.perzone' }] });
  });

  it('answers 422 for a zone that the fleet does not have and names those it has', async () => {
    const request = drainRequest({ surge: { perZone: { z9: 1 } } });
    const answer = await post({ fleet: 'prod-eu-1', request });
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({
      code: 'request-does-not-fit',
      errors: [{ field: 'surge.perZone.z9' }],
    });
    expect(answer.json().detail).toContain('z1, z2, z3');
  });

  it('answers 422 for a snapshot without nodes', async () => {
    const answer = await post({
      snapshot: { apiVersion: 'v1', kind: 'List', items: [] },
      request: drainRequest(),
    });
    expect(answer.statusCode).toBe(422);
    expect(answer.json().code).toBe('bad-snapshot');
  });

  it('answers 404 for a fleet that it does not have and names those it has', async () => {
    const answer = await post({ fleet: 'prod-us-1', request: drainRequest() });
    expect(answer.statusCode).toBe(404);
    expect(answer.json().detail).toContain('prod-eu-1');
  });

  it('answers 503 when the fleet does not answer, and keeps nothing', async () => {
    const server = await testServer();
    server.show(undefined);
    const answer = await post({ fleet: 'prod-eu-1', request: drainRequest() }, Promise.resolve(server));
    expect(answer.statusCode).toBe(503);
    expect(answer.json().code).toBe('fleet-unreachable');
    expect((await server.app.inject('/v1/plans')).json()).toEqual({ plans: [] });
  });

  it.each(['{"fleet":', '{"__proto__":{"fleet":"prod-eu-1"}}', ''])(
    'answers 400 for the body %j, without a stack trace',
    async (payload) => {
      const { app } = await testServer();
      const headers = { 'content-type': 'application/json' };
      const answer = await app.inject({ method: 'POST', url: '/v1/plans', headers, payload });
      expect(answer.statusCode).toBe(400);
      expect(answer.json().code).toBe('malformed-request');
      expect(answer.body).not.toMatch(/\.ts:|node_modules/);
    },
  );

  it('answers 415 for a body that is not JSON', async () => {
    const { app } = await testServer();
    const headers = { 'content-type': 'application/xml' };
    const answer = await app.inject({ method: 'POST', url: '/v1/plans', headers, payload: '<plan/>' });
    expect(answer.json()).toMatchObject({ status: 415, code: 'unsupported-media-type' });
  });
});

describe('a plan that is kept', () => {
  it('is explained as plain text', async () => {
    const server = await testServer();
    const plan = await server.plan();
    const answer = await server.app.inject(`/v1/plans/${plan.id}/explain`);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.body).toMatch(/^3 switchovers, proved minimal/);
  });

  it('is listed, newest first', async () => {
    const server = await testServer();
    const plan = await server.plan();
    expect((await server.app.inject('/v1/plans')).json()).toMatchObject({
      plans: [{ id: plan.id, fleet: 'prod-eu-1', requester: 'local', madeAt: '2026-11-20T14:00:00.000Z' }],
    });
  });

  it('is explained with the command that starts it, unless it was made from a file', async () => {
    const server = await testServer();
    const explained = async (id: string) => (await server.app.inject(`/v1/plans/${id}/explain`)).body;
    const { id } = await server.plan();
    expect(await explained(id)).toContain(`switchyard run start ${id}\n`);
    const payload = { snapshot: threeZones(), request: drainRequest() };
    const ofFile = await server.app.inject({ method: 'POST', url: '/v1/plans', payload });
    expect(await explained(ofFile.json().id)).not.toContain('run start');
  });

  it.each(['', '/explain', '/condition'])('answers 404 for /v1/plans/none%s', async (path) => {
    const { app } = await testServer();
    expect((await app.inject(`/v1/plans/none${path}`)).json()).toMatchObject({
      status: 404,
      code: 'unknown-plan',
    });
  });

  it('is fresh while the fleet is as it was', async () => {
    const server = await testServer();
    const plan = await server.plan();
    const answer = await server.app.inject(`/v1/plans/${plan.id}/condition`);
    expect(answer.json()).toMatchObject({ condition: 'fresh', differences: [], violations: [], runs: [] });
  });

  it('is drifted when something changed that breaks no rule, and says what changed', async () => {
    const server = await testServer();
    const plan = await server.plan();
    const items = threeZones().items.concat(fleetObjects(zone('z1', node('k1'))).items);
    server.show(items);
    const answer = await server.app.inject(`/v1/plans/${plan.id}/condition`);
    expect(answer.json()).toMatchObject({ condition: 'drifted', violations: [] });
    expect(answer.json()).toMatchObject({
      differences: ['Nothing that this plan counts on has changed.'],
      sentence: 'has changed in nothing that the plan counts on',
      changes: [],
    });
  });

  it('is invalid after a failover, and says where the primary is now', async () => {
    const server = await testServer();
    const plan = await server.plan();
    server.show(threeZonesFailedOver().items);
    const { condition, differences, violations } = (
      await server.app.inject(`/v1/plans/${plan.id}/condition`)
    ).json();
    expect(condition).toBe('invalid');
    expect(differences).toContain('default/acid-a now has its primary on acid-a-2, not on acid-a-0.');
    expect(violations.length).toBeGreaterThan(0);
  });

  it('has no condition when it was made from a file', async () => {
    const server = await testServer();
    const made = await post({ snapshot: threeZones(), request: drainRequest() }, Promise.resolve(server));
    const answer = await server.app.inject(`/v1/plans/${made.json().id}/condition`);
    expect(answer.json()).toMatchObject({ status: 409, code: 'plan-of-a-snapshot' });
  });
});
