import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../api/config.ts';
import { problems } from '../../api/problems.ts';
import { OutsideError } from '../../executor/errors.ts';
import { parseDrainPlan } from '../../executor/formats/drain-plan.ts';
import { runSchema } from '../../executor/formats/run.ts';
import { requestsText } from '../../executor/metrics/requests-text.ts';
import { testServer } from './test-server.ts';

describe('health', () => {
  it('is alive without asking anybody', async () => {
    const server = await testServer({ storeAnswers: async () => Promise.reject(new Error('gone')) });
    server.show(undefined);
    const answer = await server.app.inject('/healthz');
    expect(answer.json()).toEqual({ status: 'alive', version: '0.0.0-test' });
    expect(server.looks()).toBe(0);
  });

  it('is ready when store and fleet answer', async () => {
    const { app } = await testServer();
    expect((await app.inject('/readyz')).json().status).toBe('ready');
  });

  it('is not ready, and says what is missing, when the store fails or the fleet does not answer', async () => {
    const server = await testServer({ storeAnswers: async () => Promise.reject(new Error('gone')) });
    const withoutStore = await server.app.inject('/readyz');
    expect(withoutStore.statusCode).toBe(503);
    expect(withoutStore.json().checks).toEqual([
      { subject: 'store', ready: false },
      { subject: 'fleet prod-eu-1', ready: true },
    ]);
    server.show(undefined);
    expect((await server.app.inject('/readyz')).json().checks[1].ready).toBe(true);
    expect(server.looks()).toBe(1);
    server.clock.advance(15_000);
    expect((await server.app.inject('/readyz')).json().checks[1].ready).toBe(false);
  });

  it('does not wait longer than two seconds for a store that hangs', async () => {
    const { app } = await testServer({ storeAnswers: () => new Promise(() => undefined) });
    const began = performance.now();
    expect((await app.inject('/readyz')).statusCode).toBe(503);
    expect(performance.now() - began).toBeLessThan(6_000);
  });
});

describe('/metrics', () => {
  it('counts runs by state, planned switchovers and requests', async () => {
    const server = await testServer();
    const plan = await server.plan();
    const run = (
      await server.app.inject({ method: 'POST', url: '/v1/runs', payload: { planId: plan.id } })
    ).json();
    server.runs.write(run.id, 'run', { kind: 'started' });
    const { body, headers } = await server.app.inject('/metrics');
    expect(headers['content-type']).toContain('text/plain; version=0.0.4');
    expect(body).toContain('switchyard_runs{fleet="prod-eu-1",state="running"} 1\n');
    expect(body).toContain('switchyard_runs{fleet="prod-eu-1",state="halted"} 0\n');
    expect(body).toContain('switchyard_switchovers_planned_total{fleet="prod-eu-1"} 3\n');
    expect(body).toContain('switchyard_unplanned_role_changes_total{fleet="prod-eu-1"} 0\n');
    expect(body).toContain('switchyard_news_total{channel="kubernetes-events",outcome="told"} 3\n');
    expect(body).toContain(
      'switchyard_http_requests_total{method="POST",route="/v1/plans",status_class="2xx"} 1\n',
    );
  });
});

it('/metrics is answered while the store is not, and says so', async () => {
  const server = await testServer();
  expect((await server.app.inject('/metrics')).body).toContain('switchyard_store_up 1\n');
  server.runs.listRuns = async () => {
    throw new OutsideError({ code: 'unreachable', target: 'redis', request: 'list runs', message: 'gone' });
  };
  const { body, statusCode } = await server.app.inject('/metrics');
  expect(statusCode).toBe(200);
  expect(body).toContain('switchyard_store_up 0\n');
  expect(body).toContain('switchyard_build_info{version="0.0.0-test"} 1\n');
  expect(body).not.toContain('switchyard_runs');
});

it('/metrics tells what was asked of the Kubernetes API', async () => {
  const counts = new Map([
    ['list pods', 3],
    ['create pods/eviction', 1],
  ]);
  const { app } = await testServer({ requestsText: () => requestsText('prod-eu-1', counts) });
  const { body } = await app.inject('/metrics');
  expect(body).toContain(
    'switchyard_kubernetes_requests_total{fleet="prod-eu-1",verb="create",resource="pods/eviction"} 1\n' +
      'switchyard_kubernetes_requests_total{fleet="prod-eu-1",verb="list",resource="pods"} 3\n',
  );
});

describe('the description of the interface', () => {
  it('names every route of the contract and points nowhere', async () => {
    const { app } = await testServer();
    const description = (await app.inject('/openapi.json')).json();
    expect(description.openapi).toBe('3.1.0');
    expect(Object.keys(description.paths)).toEqual(
      expect.arrayContaining([
        '/v1/plans',
        '/v1/plans/{id}',
        '/v1/plans/{id}/explain',
        '/v1/plans/{id}/condition',
        '/v1/runs',
        '/v1/runs/{id}',
        '/v1/runs/{id}/events',
        '/v1/runs/{id}/approve',
        '/v1/runs/{id}/reject',
        '/v1/runs/{id}/pause',
        '/v1/runs/{id}/resume',
        '/v1/runs/{id}/abort',
        '/v1/webhooks/cluster-upgrade',
        '/v1/fleets',
        '/v1/fleets/{name}',
        '/healthz',
        '/readyz',
        '/metrics',
      ]),
    );
    const references = JSON.stringify(description).match(/#\/components\/schemas\/\w+/g) ?? [];
    for (const reference of references) {
      expect(description.components.schemas).toHaveProperty(reference.split('/').at(-1) ?? '');
    }
  });

  it('links plan, run and request to the schemas that programs keep, and errors to what they are', async () => {
    const { app } = await testServer();
    const { paths, components } = (await app.inject('/openapi.json')).json();
    const sent = (path: string, method: string, status: string) =>
      paths[path][method].responses[status].content['application/json'].schema.$ref;
    expect(sent('/v1/plans', 'post', '201')).toBe('#/components/schemas/DrainPlan');
    expect(sent('/v1/plans/{id}', 'get', '200')).toBe('#/components/schemas/DrainPlan');
    for (const verb of ['approve', 'reject', 'pause', 'resume', 'abort'])
      expect(sent(`/v1/runs/{id}/${verb}`, 'post', '202'), verb).toBe('#/components/schemas/Run');
    expect(sent('/v1/runs', 'post', '202')).toBe('#/components/schemas/Run');
    expect(sent('/v1/runs/{id}', 'get', '200')).toBe('#/components/schemas/Run');
    const asked = paths['/v1/plans'].post.requestBody.content['application/json'].schema.properties.request;
    expect(asked.$ref).toBe('#/components/schemas/DrainRequestInput');
    expect(Object.keys(components.schemas.DrainRequestInput.properties)).toContain('surge');
    expect(Object.keys(components.schemas.DrainPlan.properties)).toContain('certificate');
    expect(Object.keys(components.schemas.Run.properties)).toContain('counts');
    expect(Object.keys(paths['/v1/plans'].post.responses['400'].content)).toEqual([
      'application/problem+json',
    ]);
    expect(Object.keys(paths['/v1/runs/{id}/events'].get.responses['200'].content)).toEqual([
      'text/event-stream',
    ]);
    expect(Object.keys(paths['/v1/plans/{id}/explain'].get.responses['200'].content)).toEqual(['text/plain']);
  });

  it('is what is really sent: a plan and a run over HTTP fit their schemas', async () => {
    const server = await testServer();
    const plan = await server.plan();
    expect(parseDrainPlan(plan, 'answer').kind).toBe('plan');
    const run = await server.app.inject({ method: 'POST', url: '/v1/runs', payload: { planId: plan.id } });
    expect(runSchema.safeParse(run.json()).error).toBeUndefined();
  });

  it('can be read as a page', async () => {
    const { app } = await testServer();
    const { body } = await app.inject('/docs');
    for (const [path, fields] of [
      ['/v1/webhooks/cluster-upgrade', 'type, fleet, request, start\\?'],
      ['/v1/plans', 'fleet\\?, snapshot\\?, request'],
      ['/v1/runs/{id}/approve', 'planId, wave\\?, comment\\?'],
      ['/v1/runs/{id}/reject', 'comment\\?'],
    ])
      expect(body).toMatch(
        new RegExp(`<td>POST</td><td><code>${path}</code></td><td>[^<]*Body: <code>${fields}</code></td>`),
      );
    expect(body).not.toMatch(/https?:\/\//);
  });
});

describe('the page', () => {
  it('and all its files come from this server, and its policy lets it ask nobody else', async () => {
    const { app } = await testServer();
    const page = await app.inject('/');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    const files = [
      'app.js',
      'map.js',
      'run.js',
      'movement.js',
      'server.js',
      'time.js',
      'preact.js',
      'style.css',
    ];
    for (const file of files) {
      const answer = await app.inject(`/assets/${file}`);
      expect(answer.statusCode, file).toBe(200);
      expect(answer.body, file).not.toMatch(/(from|import|url\(|src=)\s*\(?['"]?https?:/);
    }
  });

  it('gives out nothing beside its folder', async () => {
    const { app } = await testServer();
    for (const path of ['/assets/../main.ts', '/assets/%2e%2e/main.ts', '/assets/..%2fmain.ts', '/assets/']) {
      expect((await app.inject(path)).statusCode, path).toBe(404);
    }
  });
});

describe('problems', () => {
  it('each have a row in docs/errors.md, and nothing else has', () => {
    const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const section = page.split('\n## HTTP problems\n')[1]?.split('\n## ')[0] ?? '';
    const rows = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map((row) => row[1]);
    expect(rows.sort()).toEqual(Object.keys(problems).sort());
  });

  it('say that there is nothing at an unknown address', async () => {
    const { app } = await testServer();
    const answer = await app.inject('/v2/plans');
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({
      status: 404,
      code: 'no-such-route',
      title: problems['no-such-route'].title,
    });
  });

  it.each([
    ['an id that is longer than any', `/v1/runs/${'a'.repeat(3_000)}`],
    ['an address that cannot be decoded', '/v1/runs/%E0%A4%A'],
  ])('are sent also for %s', async (_what, url) => {
    const { app } = await testServer();
    const answer = await app.inject(url);
    expect(answer.statusCode).toBeLessThan(500);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json().code).toBe('malformed-request');
  });

  it.each<[string, string, string | undefined, string, number]>([
    ['a list', '[]', 'application/json', '/v1/plans', 400],
    ['nothing', '', 'application/json', '/v1/plans', 400],
    ['half a document', '{"fleet": ', 'application/json', '/v1/plans', 400],
    ['a prototype', '{"__proto__": {"a": 1}}', 'application/json', '/v1/plans', 400],
    ['no content type', '{"fleet": "prod-eu-1"}', undefined, '/v1/plans', 415],
    ['a text', 'hello', 'text/plain', '/v1/runs/none/pause', 415],
    ['a wish that is not there', '{"force": true}', 'application/json', '/v1/runs/none/pause', 400],
    ['3 MB for an id', `{"planId": "${'a'.repeat(3_000_000)}"}`, 'application/json', '/v1/runs', 413],
    [
      'a request of 50,000 brackets',
      `{"fleet": "prod-eu-1", "request": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      'application/json',
      '/v1/plans',
      400,
    ],
  ])('are the answer to a body of %s', async (_what, payload, type, url, status) => {
    const { app } = await testServer();
    const headers = type === undefined ? {} : { 'content-type': type };
    const answer = await app.inject({ method: 'POST', url, payload: Buffer.from(payload), headers });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.body.length, 'what was sent is not sent back').toBeLessThan(1_000);
  });

  it('say what was expected', async () => {
    const { app } = await testServer();
    const answer = await app.inject({ method: 'POST', url: '/v1/runs', payload: { planId: 7 } });
    expect(answer.json().errors).toMatchObject([
      { field: 'planId', found: '7', expected: 'the id of a plan, as text' },
    ]);
  });

  it('do not wait for ever for whoever sends byte by byte', async () => {
    const { app } = await testServer();
    expect(app.server.requestTimeout).toBe(120_000);
  });

  it('say nothing about a mistake of ours but that it was one', async () => {
    const server = await testServer();
    server.runs.listRuns = async () => {
      throw new Error('secret detail at /srv/switchyard/file.ts:7');
    };
    const answer = await server.app.inject('/v1/runs');
    expect(answer.json()).toMatchObject({ status: 500, code: 'internal' });
    expect(answer.body).not.toContain('secret detail');
  });
});

describe('configuration', () => {
  it('listens on loopback by default', () => {
    expect(readConfig({})).toMatchObject({
      kind: 'config',
      config: { host: '127.0.0.1', port: 8080, callers: [] },
    });
  });

  it('refuses to be open to other machines without tokens', () => {
    expect(readConfig({ HOST: '0.0.0.0' })).toMatchObject({
      kind: 'bad-config',
      problems: [expect.stringContaining('HOST')],
    });
    expect(readConfig({ HOST: '0.0.0.0', SWITCHYARD_TOKENS: 'ci=0123456789abcdef' }).kind).toBe('config');
  });

  it('refuses four eyes with fewer than two callers', () => {
    expect(
      readConfig({ SWITCHYARD_NEEDS_APPROVAL: 'yes', SWITCHYARD_TOKENS: 'ci=0123456789abcdef' }),
    ).toMatchObject({
      kind: 'bad-config',
    });
  });

  it.each([
    ['PORT', '70000'],
    ['SWITCHYARD_TOKENS', 'ci=short'],
    ['SWITCHYARD_TOKENS', 'ci=0123456789abcdef ci=fedcba9876543210'],
    ['SWITCHYARD_FLEET', 'Prod EU'],
    ['LOG_LEVEL', 'loud'],
  ])('names %s=%s as wrong', (name, value) => {
    expect(readConfig({ [name]: value })).toMatchObject({
      kind: 'bad-config',
      problems: [expect.stringMatching(new RegExp(`^${name}`))],
    });
  });
});
