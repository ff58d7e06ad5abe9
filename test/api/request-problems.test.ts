import { describe, expect, it } from 'vitest';
import { testServer } from './test-server.ts';

const plan = 'fleet, snapshot, request';

describe('what is wrong with a request is told with its place, what was found and what was expected', () => {
  it.each<[string, unknown, string]>([
    ['/v1/plans', {}, 'body: request: nothing; expected a DrainRequest (docs/schemas/drain-request.json)'],
    ['/v1/plans', undefined, `body: nothing; expected an object with ${plan}`],
    ['/v1/plans', [], `body: a list of 0; expected an object with ${plan}`],
    ['/v1/plans', { request: {} }, 'body: fleet: nothing; expected one of fleet and snapshot, not both'],
    [
      '/v1/plans',
      { fleet: 'prod-eu-1', request: 7 },
      'request: 7; expected an object with apiVersion, kind, nodes',
    ],
    [
      '/v1/plans',
      { fleet: 'prod-eu-1', request: {}, dryrun: 1 },
      `body: dryrun: an unknown field; expected one of ${plan}`,
    ],
    ['/v1/runs', { planId: 5 }, 'body: planId: 5; expected the id of a plan, as text'],
    ['/v1/runs', { planId: 'a', approvals: 'all' }, 'body: approvals: "all"; expected "run" or "wave"'],
    ['/v1/runs/r/approve', { planId: 'a', wave: 0 }, 'body: wave: 0; expected the number of a wave'],
    ['/v1/runs/r/pause', { force: true }, 'body: force: an unknown field; expected no body, or {}'],
  ])('POST %s %j', async (url, payload, detail) => {
    const { app } = await testServer();
    const body = payload === undefined ? {} : { payload: JSON.stringify(payload) };
    const headers = payload === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await app.inject({ method: 'POST', url, headers, ...body });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().detail.slice(0, detail.length)).toBe(detail);
    const [{ found, expected }] = answer.json().errors;
    expect(answer.json().detail).toContain(`${found}; expected ${expected}`);
  });

  it.each([
    ['/v1/runs/r/steps?group=all', 'query: group: "all"; expected underWay, next, done'],
    ['/v1/runs/r/journal?limit=many', 'query: limit: "many"; expected a whole number from 1 to 10000'],
    [
      `/v1/runs/${'a'.repeat(300)}`,
      `path: id: "${'a'.repeat(56)}...; expected an id, at most 200 characters`,
    ],
  ])('GET %s', async (url, detail) => {
    const { app } = await testServer();
    const answer = await app.inject(url);
    expect(answer.json()).toMatchObject({ status: 400, code: 'malformed-request', detail });
  });

  it('is no body of another kind: that is 415, signed or not', async () => {
    const { app } = await testServer();
    for (const url of ['/v1/webhooks/cluster-upgrade', '/v1/runs']) {
      const headers = { 'content-type': 'text/plain' };
      const answer = await app.inject({ method: 'POST', url, headers, payload: '{}' });
      expect(answer.json()).toMatchObject({ status: 415, code: 'unsupported-media-type' });
    }
  });
});
