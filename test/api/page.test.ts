/**
 * The page in a real browser. Runs where chromium is installed: apt-get install -y --no-install-recommends chromium fonts-dejavu-core
 */
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FENCE_TAINT } from '../../executor/marks.ts';
import type { DrainPlan, Step } from '../../planner/plan.ts';
import { cluster, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';
import { type TestServer, testServer } from './test-server.ts';

const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
const where = program === undefined ? ' (skipped: no chromium at /usr/bin/chromium)' : '';

/** The talk's example with every old node fenced and the first new node there; acid-a-1 stands where it is told. */
function midway(acidA1: string | undefined, primaryOfA: 0 | 1) {
  const fenced = (name: string) =>
    node(name, { drain: true, taints: [{ key: FENCE_TAINT, value: 'r-1', effect: 'NoSchedule' }] });
  return fleetObjects(
    zone('z1', fenced('n1')),
    zone('z2', fenced('n2'), node('ip-10-0-2-17')),
    zone('z3', fenced('n3')),
    cluster(
      'acid-a',
      member('n1', primaryOfA === 0 ? 'primary' : 'replica'),
      member(acidA1, primaryOfA === 1 ? 'primary' : 'replica', { ready: acidA1 !== undefined }),
      member('n3'),
    ),
    cluster('acid-b', member('n1', 'primary'), member('n3'), member('n2')),
    cluster('acid-c', member('n1'), member('n2', 'primary'), member('n3')),
  ).items;
}

function stepOf(plan: DrainPlan, fits: (step: Step) => boolean): string {
  const step = plan.steps.find(fits);
  if (step === undefined) throw new Error('no such step in the plan');
  return step.id;
}

describe.skipIf(program === undefined)(`the page${where}`, () => {
  let browser: Browser;
  const servers: TestServer[] = [];

  beforeAll(async () => {
    const quiet = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
    const silent = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
    browser = await chromium.launch({ executablePath: program ?? '', args: [...quiet, ...silent] });
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all(servers.map((server) => server.app.close()));
  });

  async function running(): Promise<{ server: TestServer; plan: DrainPlan; run: string; url: string }> {
    const server = await testServer({ lookMaxAgeMs: 0, clock: { nowMs: () => Date.now() } });
    servers.push(server);
    const plan = await server.plan();
    const answer = await server.app.inject({ method: 'POST', url: '/v1/runs', payload: { planId: plan.id } });
    const run = answer.json().id;
    server.runs.write(run, 'run', { kind: 'started' });
    const added = stepOf(plan, (step) => step.kind === 'add-node' && step.zone === 'z2');
    server.runs.write(run, added, { kind: 'bound', planNode: 'new-z2-1', node: 'ip-10-0-2-17' });
    server.runs.write(run, added, { kind: 'done', facts: {} });
    server.show(midway('n2', 0));
    await server.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.app.server.address() as AddressInfo;
    return { server, plan, run, url: `http://127.0.0.1:${port}/` };
  }

  async function open(url: string, options: Parameters<Browser['newPage']>[0] = {}) {
    const page = await browser.newPage(options);
    const foreign: string[] = [];
    const errors: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith('data:')) foreign.push(request.url());
    });
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    await page.goto(url);
    await page.waitForSelector('h1');
    return { page, foreign, errors };
  }

  const cardOf = (page: Page, pod: string) =>
    page.locator(`[data-pod="default/${pod}"]`).evaluate((mark) => mark.getAttribute('data-node'));

  it('says the verdict first, counts what is unplanned also when it is 0, and asks nobody but its server', async () => {
    const { url } = await running();
    const { page, foreign, errors } = await open(url);
    await page.waitForSelector('.events li');
    expect(await page.locator('h1').innerText()).toContain(
      '0 of 3 switchovers done, no unplanned role change',
    );
    expect(await page.title()).toBe('RUNNING 0 of 3 switchovers, prod-eu-1');
    const counters = (await page.locator('.counters').innerText()).toLowerCase().replaceAll(/\s+/g, ' ');
    expect(counters).toContain('switchovers 0 of 3 bound 3, naive 7');
    expect(counters).toContain('unplanned 0');
    expect(await page.locator('[data-node-card="n1"]').innerText()).toMatch(/n1\s*D\s*F/);
    expect(foreign).toEqual([]);
    expect(errors).toEqual([]);
    await page.close();
  });

  it('shows a pod leave its card, as expected on the next one, and then standing there', async () => {
    const { server, plan, run, url } = await running();
    const { page } = await open(url);
    await page.evaluate(`new MutationObserver((changes) => {
      for (const { target } of changes) if (target.classList?.contains('travelling')) window.travelled = target.dataset.pod;
    }).observe(document.body, { subtree: true, attributes: true, attributeFilter: ['class'] })`);
    expect(await cardOf(page, 'acid-a-1')).toBe('n2');
    const move = stepOf(plan, (step) => step.kind === 'move' && step.member === 'acid-a-1');
    const act = { kind: 'evict', namespace: 'default', name: 'acid-a-1', uid: 'u-1' } as const;
    server.runs.write(run, move, { kind: 'act', act });
    server.show(midway(undefined, 0));
    await page.waitForSelector('[data-pod="default/acid-a-1"].expected');
    expect(await page.evaluate('window.travelled')).toBe('default/acid-a-1');
    expect(await cardOf(page, 'acid-a-1')).toBe('ip-10-0-2-17');
    server.runs.write(run, move, { kind: 'done', facts: {} });
    server.show(midway('ip-10-0-2-17', 1));
    await page.waitForSelector('[data-pod="default/acid-a-1"].primary.final');
    expect(await page.locator('[data-pod="default/acid-a-1"] .sign').innerText()).toBe('◆*');
    await page.close();
  });

  it('pauses at one press, and aborts only after the name of the fleet was typed', async () => {
    const { server, run, url } = await running();
    const { page } = await open(url);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    expect((await server.runs.getRun(run))?.state).toBe('pausing');
    await page.getByRole('button', { name: 'Abort…' }).click();
    const abort = page.getByRole('dialog').getByRole('button', { name: 'Abort', exact: true });
    expect(await abort.isDisabled()).toBe(true);
    await page.getByLabel('Type prod-eu-1 to abort').fill('prod-eu-1');
    await abort.click();
    await page.locator('.badge', { hasText: 'aborting' }).waitFor();
    expect((await server.runs.getRun(run))?.state).toBe('aborting');
    await page.close();
  });

  it('says that it has no contact, and since when, and greys the map', async () => {
    const { server, url } = await running();
    const { page } = await open(url);
    expect(await page.locator('.live').innerText()).toMatch(/^live, seen \d+ s ago$/);
    await server.app.close();
    await page.waitForSelector('.map.stale');
    expect(await page.locator('.live').innerText()).toMatch(/^no contact since \d\d:\d\d:\d\dZ$/);
    expect(await page.locator('#alert').textContent()).toContain('Contact with the server is lost');
    await page.close();
  });

  it('says in words what halted a run', async () => {
    const { server, run, url } = await running();
    const { page } = await open(url);
    const facts = { subject: 'default/acid-b', from: 'acid-b-0', to: 'acid-b-2' };
    server.runs.write(run, 'run', {
      kind: 'unplanned',
      cluster: 'default/acid-b',
      from: 'acid-b-0',
      to: 'acid-b-2',
      facts: {},
    });
    server.runs.write(run, 'run', { kind: 'halted', because: { code: 'role-changed-by-others', facts } });
    await page.locator('.badge', { hasText: 'halted' }).waitFor();
    expect(await page.locator('.now .because').innerText()).toContain('default/acid-b');
    expect(await page.locator('.counter.loud').innerText()).toMatch(/unplanned/i);
    expect(await page.locator('#alert').textContent()).toMatch(/unplanned|Halted/);
    await page.close();
  });

  it.each([1280, 768, 360])('needs no sideways scrolling at %i pixels, in light and dark', async (width) => {
    const { url } = await running();
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await open(url, { viewport: { width, height: 800 }, colorScheme });
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect(overflow).toBeLessThanOrEqual(0);
      await page.close();
    }
  });

  it('has the signs of the map in words too, one h1, and two live regions', async () => {
    const { url } = await running();
    const { page } = await open(url);
    expect(await page.locator('h1').count()).toBe(1);
    expect(await page.locator('[role=status], [role=alert]').count()).toBe(2);
    const words = await page.locator('[data-pod="default/acid-a-0"] .hidden').textContent();
    expect(words).toBe('acid-a-0, primary');
    const card = await page.locator('[data-node-card="n1"] h4 .hidden').textContent();
    expect(card).toMatch(/^: n1, zone z1, to be drained, fenced, 2 primary/);
    await page.close();
  });
});
