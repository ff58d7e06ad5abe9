import { describe, expect, it } from 'vitest';
import { runView } from '../../api/run-view.ts';
import { explainVerdict } from '../../planner/index.ts';
import type { DrainPlan } from '../../planner/plan.ts';
import { cluster, drainRequest, fleetObjects, member, node, threeZones, zone } from '../fixtures/fleet.ts';
import { type TestServer, testServer } from './test-server.ts';

const ci = { name: 'ci', token: 'token-of-ci-0123456789' };
const dana = { name: 'dana', token: 'token-of-dana-0123456789' };
const as = (caller: { token: string }) => ({ authorization: `Bearer ${caller.token}` });

async function start(server: TestServer, headers: Record<string, string> = {}) {
  const plan = await server.plan();
  const answer = await server.app.inject({
    method: 'POST',
    url: '/v1/runs',
    headers,
    payload: { planId: plan.id },
  });
  return { plan, answer, run: answer.json() };
}

function post(server: TestServer, url: string, payload?: object, headers: Record<string, string> = {}) {
  return server.app.inject({ method: 'POST', url, headers, ...(payload === undefined ? {} : { payload }) });
}

describe('POST /v1/runs', () => {
  it('answers 202 with a run of that plan', async () => {
    const server = await testServer();
    const { answer, plan, run } = await start(server);
    expect(answer.statusCode).toBe(202);
    expect(run).toMatchObject({ planId: plan.id, fleet: 'prod-eu-1', state: 'running', requester: 'local' });
    expect(run.counts).toMatchObject({ planned: 3, done: 0, unplanned: 0 });
    expect((await server.app.inject(`/v1/runs/${run.id}`)).json()).toEqual(run);
  });

  it('answers with the same run for the same idempotency key', async () => {
    const server = await testServer();
    const first = await start(server, { 'idempotency-key': 'k-1' });
    const second = await start(server, { 'idempotency-key': 'k-1' });
    expect(second.run.id).toBe(first.run.id);
    expect((await server.app.inject('/v1/runs')).json().runs).toHaveLength(1);
  });

  it('refuses a second run on the same fleet with 409', async () => {
    const server = await testServer();
    await start(server);
    const { answer } = await start(server);
    expect(answer.json()).toMatchObject({ status: 409, code: 'fleet-busy' });
  });

  it('refuses a plan that was made from a file', async () => {
    const server = await testServer();
    const made = await post(server, '/v1/plans', { snapshot: threeZones(), request: drainRequest() });
    const answer = await post(server, '/v1/runs', { planId: made.json().id });
    expect(answer.json()).toMatchObject({ status: 409, code: 'plan-of-a-snapshot' });
  });

  it('refuses a plan without steps in the words of its verdict, with the refusals', async () => {
    const server = await testServer();
    server.show(
      fleetObjects(zone('z1', node('n1', { drain: true })), cluster('billing', member('n1', 'primary')))
        .items,
    );
    const request = drainRequest({ singleMember: 'skip' });
    const plan: DrainPlan = (await post(server, '/v1/plans', { fleet: 'prod-eu-1', request })).json();
    const answer = await post(server, '/v1/runs', { planId: plan.id });
    expect(answer.json()).toMatchObject({
      status: 422,
      code: 'nothing-to-run',
      detail: explainVerdict(plan),
      refusals: [{ node: 'n1', code: 'single-member-skip' }],
    });
    expect(answer.json().detail).toMatch(/refused/i);
  });

  it('answers 404 for a plan and for a run that are not there', async () => {
    const server = await testServer();
    expect((await post(server, '/v1/runs', { planId: 'none' })).json().code).toBe('unknown-plan');
    expect((await server.app.inject('/v1/runs/none')).json().code).toBe('unknown-run');
    expect((await post(server, '/v1/runs/none/pause')).json().code).toBe('unknown-run');
  });
});

describe('a run that needs approval', () => {
  const fourEyes = () => testServer({ callers: [ci, dana], needsApproval: true });

  it('waits, and runs once another person approved the plan by its id', async () => {
    const server = await fourEyes();
    const { run, plan } = await start(server, as(ci));
    expect(run.state).toBe('waiting-for-approval');
    const answer = await post(
      server,
      `/v1/runs/${run.id}/approve`,
      { planId: plan.id, comment: 'window agreed' },
      as(dana),
    );
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({
      state: 'running',
      approvals: [{ by: 'dana', comment: 'window agreed' }],
    });
  });

  it('that needs no approval answers with its state, also to whoever asked for it', async () => {
    const server = await testServer();
    const { run, plan } = await start(server);
    const answer = await post(server, `/v1/runs/${run.id}/approve`, { planId: plan.id });
    expect(answer.json()).toMatchObject({ status: 409, code: 'wrong-state' });
  });

  it('cannot be approved by whoever asked for it', async () => {
    const server = await fourEyes();
    const { run, plan } = await start(server, as(ci));
    const answer = await post(server, `/v1/runs/${run.id}/approve`, { planId: plan.id }, as(ci));
    expect(answer.json()).toMatchObject({ status: 403, code: 'own-run' });
    const after = await server.app.inject({ url: `/v1/runs/${run.id}`, headers: as(ci) });
    expect(after.json().state).toBe('waiting-for-approval');
  });

  it('cannot be approved with the id of another plan, nor without one', async () => {
    const server = await fourEyes();
    const { run } = await start(server, as(ci));
    const other = await post(server, `/v1/runs/${run.id}/approve`, { planId: 'another' }, as(dana));
    expect(other.json()).toMatchObject({ status: 409, code: 'other-plan' });
    const none = await post(server, `/v1/runs/${run.id}/approve`, {}, as(dana));
    expect(none.json()).toMatchObject({ status: 400, errors: [{ field: 'planId' }] });
  });

  it('ends when it is rejected, and says in the view who may not approve', async () => {
    const server = await fourEyes();
    const { run } = await start(server, as(ci));
    const view = (await server.app.inject({ url: '/v1/fleets/prod-eu-1', headers: as(ci) })).json();
    const approve = view.run.controls.find((control: { verb: string }) => control.verb === 'approve');
    expect(approve.whyNot).toContain('another person');
    const answer = await post(server, `/v1/runs/${run.id}/reject`, { comment: 'not today' }, as(dana));
    expect(answer.json().state).toBe('rejected');
  });
});

describe('pause, resume and abort', () => {
  it('write down what was asked for and by whom', async () => {
    const server = await testServer();
    const { run } = await start(server);
    expect((await post(server, `/v1/runs/${run.id}/pause`)).json().state).toBe('pausing');
    expect((await post(server, `/v1/runs/${run.id}/resume`, {})).json().state).toBe('running');
    expect((await post(server, `/v1/runs/${run.id}/abort`)).json().state).toBe('aborting');
    const journal = await server.runs.readJournal(run.id);
    expect(journal.map((entry) => [entry.event.kind, entry.by])).toEqual([
      ['created', 'local'],
      ['pause-asked', 'local'],
      ['resumed', 'local'],
      ['abort-asked', 'local'],
    ]);
  });

  it('a rejection of a run that waits for no approval is refused with 409, and changes nothing', async () => {
    const server = await testServer();
    const { run } = await start(server);
    server.runs.write(run.id, 'run', { kind: 'started' });
    const answer = await post(server, `/v1/runs/${run.id}/reject`);
    expect(answer.json()).toMatchObject({ status: 409, code: 'wrong-state' });
    expect(answer.json().detail).toContain('"run abort" ends it');
    expect((await server.runs.getRun(run.id))?.state).toBe('running');
  });

  it('are refused with 409 in a state that does not allow them', async () => {
    const server = await testServer();
    const { run } = await start(server);
    server.runs.write(run.id, 'run', { kind: 'finished' });
    for (const verb of ['pause', 'resume', 'abort']) {
      const answer = await post(server, `/v1/runs/${run.id}/${verb}`);
      expect(answer.json()).toMatchObject({ status: 409, code: 'wrong-state' });
    }
  });
});

describe('callers', () => {
  it.each([
    ['GET', '/v1/plans'],
    ['POST', '/v1/plans'],
    ['GET', '/v1/runs'],
    ['POST', '/v1/runs'],
    ['GET', '/v1/runs/r-1'],
    ['GET', '/v1/runs/r-1/events'],
    ['POST', '/v1/runs/r-1/abort'],
    ['GET', '/v1/fleets'],
    ['GET', '/v1/fleets/prod-eu-1'],
  ] as const)('need a token for %s %s', async (method, url) => {
    const server = await testServer({ callers: [ci] });
    for (const authorization of [undefined, 'Bearer wrong', `Basic ${ci.token}`]) {
      const headers = authorization === undefined ? {} : { authorization };
      const answer = await server.app.inject({ method, url, headers });
      expect(answer.statusCode).toBe(401);
      expect(answer.json().code).toBe('not-authenticated');
    }
  });

  it('need none for the page, health and the description', async () => {
    const { app } = await testServer({ callers: [ci] });
    for (const url of ['/', '/healthz', '/readyz', '/metrics', '/openapi.json', '/docs', '/assets/app.js']) {
      expect((await app.inject(url)).statusCode, url).toBe(200);
    }
  });
});

it('the audit of a run is read from its journal', async () => {
  const server = await testServer();
  const { id: planId } = await server.plan();
  const run = (await post(server, '/v1/runs', { planId })).json();
  const answer = await server.app.inject(`/v1/runs/${run.id}/audit`);
  expect(answer.json()).toMatchObject({
    run: run.id,
    plan: planId,
    requester: 'local',
    decisions: [{ by: 'local', what: 'asked', plan: planId }],
    acts: [],
  });
  expect((await server.app.inject('/v1/runs/none/audit')).statusCode).toBe(404);
});

describe('approval by wave', () => {
  const ann = { name: 'ann', token: 'token-of-ann-sixteen-or-more' };
  const ben = { name: 'ben', token: 'token-of-ben-sixteen-or-more' };
  const as = (caller: typeof ann) => ({ authorization: `Bearer ${caller.token}` });

  it('is refused where nobody else could approve', async () => {
    const server = await testServer({ callers: [] });
    const { id } = await server.plan();
    const answer = await server.app.inject({
      method: 'POST',
      url: '/v1/runs',
      payload: { planId: id, approvals: 'wave' },
    });
    expect(answer.json()).toMatchObject({ status: 409, code: 'nobody-to-approve' });
  });

  it('waits for each wave by its number, and the page says which and for whom', async () => {
    const server = await testServer({ callers: [ann, ben], approvalMs: 3_600_000 });
    const { id: planId } = await server.plan();
    const send = (caller: typeof ann, url: string, payload: object) =>
      server.app.inject({ method: 'POST', url, headers: as(caller), payload });
    const run = (await send(ann, '/v1/runs', { planId, approvals: 'wave' })).json();
    expect(run).toMatchObject({
      state: 'waiting-for-approval',
      approvalWanted: { wave: 1, expires: '2026-11-20T15:00:00.000Z' },
    });
    const approve = `/v1/runs/${run.id}/approve`;
    expect((await send(ben, approve, { planId })).json()).toMatchObject({ status: 409, code: 'other-wave' });
    const plan = (await server.runs.getPlan(planId))?.plan;
    const view = plan && runView(run, plan, 'ben');
    expect(view).toMatchObject({ wave: 1, because: expect.stringContaining('wave 1, which empties') });
    expect(view?.choices).toContain('It expires at 2026-11-20 15:00Z.');
    expect(view?.controls[0]?.label).toMatch(/^Approve wave 1 of plan [0-9a-f]{8}: \d+ switchovers?$/);
    expect((await send(ben, approve, { planId, wave: 1 })).json()).toMatchObject({
      state: 'running',
      approvals: [{ by: 'ben', wave: 1 }],
    });
  });
});
