import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { cluster, drainRequest, fleetObjects, member, node, threeZones, zone } from '../fixtures/fleet.ts';
import { type TestServer, testServer, webhookSecret } from './test-server.ts';

const order = (more: object = {}) => ({
  type: 'cluster-upgrade',
  fleet: 'prod-eu-1',
  request: drainRequest(),
  ...more,
});

type Delivery = { id?: string; secret?: string; at?: Date; sent?: string; headers?: Record<string, string> };

function deliver(server: TestServer, body: object, delivery: Delivery = {}) {
  const { id = 'msg_1', secret = webhookSecret, at = new Date(), headers = {} } = delivery;
  const payload = JSON.stringify(body);
  return server.app.inject({
    method: 'POST',
    url: '/v1/webhooks/cluster-upgrade',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, at, payload),
      ...headers,
    },
    payload: delivery.sent ?? payload,
  });
}

describe('POST /v1/webhooks/cluster-upgrade', () => {
  it('plans on the live fleet, starts a run and says where to read about it', async () => {
    const server = await testServer();
    const answer = await deliver(server, order());
    expect(answer.statusCode).toBe(202);
    const { planId, runId, state, links, verdict } = answer.json();
    expect(state).toBe('running');
    expect(verdict).toContain('3 switchovers');
    expect((await server.app.inject(links.explain)).body).toContain('3 switchovers');
    expect((await server.app.inject(links.run)).json()).toMatchObject({
      id: runId,
      planId,
      requester: 'pipeline',
    });
  });

  it('answers a repeated delivery with the same answer and starts nothing more', async () => {
    const server = await testServer();
    const first = await deliver(server, order());
    const looks = server.looks();
    const second = await deliver(server, order());
    expect(second.statusCode).toBe(202);
    expect(second.json()).toEqual(first.json());
    expect(server.looks()).toBe(looks);
    expect((await server.app.inject('/v1/runs')).json().runs).toHaveLength(1);
  });

  it('treats two copies that arrive at once as one', async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const slow = {
      list: () => ['prod-eu-1'],
      read: async () => {
        asked.resolve();
        await answer.promise;
        return threeZones().items;
      },
    };
    const server = await testServer({ fleets: slow });
    const first = deliver(server, order());
    await asked.promise;
    const second = await deliver(server, order());
    expect(second.json()).toMatchObject({ status: 409, code: 'delivery-under-way' });
    expect(second.headers['retry-after']).toBe('5');
    answer.resolve();
    expect((await first).statusCode).toBe(202);
    expect((await server.app.inject('/v1/runs')).json().runs).toHaveLength(1);
  });

  it('tries again when the first try failed', async () => {
    const server = await testServer();
    server.show(undefined);
    expect((await deliver(server, order())).statusCode).toBe(503);
    server.show(
      fleetObjects(
        zone('z1', node('n1', { drain: true })),
        zone('z2', node('n2')),
        cluster('acid-a', member('n1', 'primary'), member('n2')),
      ).items,
    );
    expect((await deliver(server, order())).statusCode).toBe(202);
  });

  it('only plans with start: false', async () => {
    const server = await testServer();
    const answer = await deliver(server, order({ start: false }));
    expect(answer.json()).toMatchObject({ runId: null, state: null });
    expect((await server.app.inject('/v1/runs')).json().runs).toEqual([]);
  });

  it('waits for approval where runs need it', async () => {
    const server = await testServer({ needsApproval: true });
    expect((await deliver(server, order())).json().state).toBe('waiting-for-approval');
  });

  it('answers 422 with the refusals when nothing could be planned', async () => {
    const server = await testServer();
    server.show(
      fleetObjects(zone('z1', node('n1', { drain: true })), cluster('billing', member('n1', 'primary')))
        .items,
    );
    const answer = await deliver(server, order({ request: drainRequest({ singleMember: 'skip' }) }));
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({
      code: 'nothing-to-run',
      refusals: [{ node: 'n1', code: 'single-member-skip' }],
    });
    expect((await server.app.inject('/v1/runs')).json().runs).toEqual([]);
  });

  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
  it.each<[string, Delivery]>([
    ['signed with another secret', { secret: `whsec_${Buffer.from('another secret').toString('base64')}` }],
    ['signed ten minutes ago', { at: minutesAgo(10) }],
    ['signed ten minutes ahead', { at: minutesAgo(-10) }],
    ['changed after it was signed', { sent: JSON.stringify(order({ start: false })) }],
    ['without a signature', { headers: { 'webhook-signature': '' } }],
    ['with an id that was not signed', { headers: { 'webhook-id': 'msg_2' } }],
    [
      'not even of the right shape, unsigned',
      { sent: '{"type":7}', headers: { 'webhook-signature': 'v1,AAAA' } },
    ],
  ])('refuses with 401 what is %s', async (_what, delivery) => {
    const server = await testServer();
    const answer = await deliver(server, order(), delivery);
    expect(answer.json()).toMatchObject({ status: 401, code: 'bad-signature' });
    expect(server.looks()).toBe(0);
  });

  it('refuses everything where no secret is configured', async () => {
    const server = await testServer({ webhookSecrets: [] });
    expect((await deliver(server, order())).statusCode).toBe(401);
  });

  it('accepts each of several secrets, so that one can be replaced', async () => {
    const next = `whsec_${Buffer.from('the next secret of this server').toString('base64')}`;
    const server = await testServer({ webhookSecrets: [webhookSecret, next] });
    expect((await deliver(server, order(), { secret: next })).statusCode).toBe(202);
  });

  it('accepts a delivery that carries two signatures, one of them of a secret not known here', async () => {
    const server = await testServer();
    const at = new Date();
    const payload = JSON.stringify(order());
    const signed = (secret: string) => new Webhook(secret).sign('msg_1', at, payload);
    const other = signed(`whsec_${Buffer.from('the secret of the day before').toString('base64')}`);
    const both = { 'webhook-signature': `${other} ${signed(webhookSecret)}` };
    expect((await deliver(server, order(), { at, headers: both })).statusCode).toBe(202);
    const neither = { 'webhook-signature': `${other} ${other}` };
    expect((await deliver(server, order(), { at, id: 'msg_1', headers: neither })).statusCode).toBe(401);
  });

  it.each([-4, 4])('forgives a clock that is %i minutes off', async (minutes) => {
    const server = await testServer();
    const answer = await deliver(server, order(), { at: minutesAgo(-minutes) });
    expect(answer.statusCode).toBe(202);
  });

  it('answers 400 for an unknown field and forgets the delivery', async () => {
    const server = await testServer();
    const answer = await deliver(server, order({ fleets: [] }));
    expect(answer.json()).toMatchObject({ status: 400, errors: [{ field: 'fleets' }] });
    expect((await deliver(server, order())).statusCode).toBe(202);
  });

  it('is counted by what became of it, which is no secret', async () => {
    const server = await testServer();
    const counted = async () =>
      Object.fromEntries(
        [
          ...(await server.app.inject('/metrics')).body.matchAll(/webhooks_total\{outcome="(.+)"\} (\d+)/g),
        ].map(([, outcome, count]) => [outcome, Number(count)]),
      );
    const none = { accepted: 0, duplicate: 0, 'bad-signature': 0, stale: 0, refused: 0, failed: 0 };
    expect(await counted()).toEqual(none);
    await deliver(server, order(), { headers: { 'webhook-signature': 'v1,AAAA' } });
    await deliver(server, order(), { at: minutesAgo(10) });
    await deliver(server, order({ fleets: [] }));
    await deliver(server, order());
    await deliver(server, order());
    server.show(undefined);
    await deliver(server, order(), { id: 'msg_2' });
    expect(await counted()).toEqual({
      accepted: 1,
      duplicate: 1,
      'bad-signature': 1,
      stale: 1,
      refused: 1,
      failed: 1,
    });
  });
});
