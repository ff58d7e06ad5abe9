/** The page in a real browser: what it says where a person has to decide, and where it cannot show what is so. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OutsideError } from '../../executor/errors.ts';
import type { RunEvent } from '../../executor/journal.ts';
import { threeZonesFailedOver } from '../fixtures/fleet.ts';
import { askedRun, openPages, type Pages, program, stepOf, where } from './pages.ts';
import type { TestServer } from './test-server.ts';

const callers = [
  { name: 'ci', token: 'token-of-ci-0123456789' },
  { name: 'dana', token: 'token-of-dana-0123456789' },
];

describe.skipIf(program === undefined)(`the page where somebody decides${where}`, { timeout: 60_000 }, () => {
  let pages: Pages;
  beforeAll(async () => {
    pages = await openPages();
  });
  afterAll(() => pages?.close());

  /** A run of ci that waits for approval, as dana sees it. */
  async function waiting() {
    const changes = { callers, needsApproval: true, approvalMs: 3_600_000 };
    const { server, url } = await pages.idle(changes);
    const plan = await server.plan();
    const run = await askedRun(server, plan.id, changes);
    const page = await pages.blank();
    await page.goto(url);
    await page.getByLabel('Your token').fill('token-of-dana-0123456789');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.approval');
    return { server, plan, run, page };
  }

  /** A run that has begun, with these entries in its journal. */
  async function begun(...entries: readonly RunEvent[]) {
    const { server, url } = await pages.idle();
    const plan = await server.plan();
    const run = await askedRun(server, plan.id);
    server.runs.write(run, 'run', { kind: 'started' });
    for (const event of entries) server.runs.write(run, 'run', event, 'dana');
    return { server, plan, run, url };
  }

  const stateOf = async (server: TestServer, run: string) => (await server.runs.getRun(run))?.state;
  const nowOf = async (page: Page) => (await page.locator('.now').innerText()).replaceAll(/\s+/g, ' ');

  it('shows a change request, and approves only after a second look', async () => {
    const { server, run, page } = await waiting();
    const request = (await page.locator('.approval').innerText()).replaceAll(/\s+/g, ' ');
    expect(request).toMatch(/asked for by ci, \d{4}-\d\d-\d\d \d\d:\d\dZ/);
    expect(request).toContain('switchover of default/acid-a, default/acid-b and default/acid-c once each');
    expect(request).toMatch(/refused none findings /);
    expect(await nowOf(page)).toMatch(
      /waiting for approval by somebody other than ci since \S+Z, for \d+ s until \S+ \d\d:\d\dZ, then the run expires/,
    );
    await page.getByRole('button', { name: /^Approve plan/ }).click();
    expect(await stateOf(server, run)).toBe('waiting-for-approval');
    await page.getByLabel('Comment').fill('agreed');
    await page.getByRole('dialog').getByRole('button', { name: 'Approve', exact: true }).click();
    await page.locator('.badge', { hasText: 'running' }).waitFor();
    expect((await server.runs.getRun(run))?.approvals).toMatchObject([{ by: 'dana', comment: 'agreed' }]);
    await page.close();
  });

  it('keeps the focus at the controls once the button that was pressed is gone', async () => {
    const { page } = await waiting();
    const approve = page.getByRole('button', { name: /^Approve plan/ });
    await approve.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: 'Approve', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.locator('.badge', { hasText: 'running' }).waitFor();
    await approve.waitFor({ state: 'detached' });
    await page.locator('section.controls:focus').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.locator('.controls button:focus').innerText()).toBe('Pause');
    await page.close();
  });

  it('says whether the plan still fits the fleet, and what has changed', async () => {
    const { server, page } = await waiting();
    const fleetNow = page.locator('.fleet-now');
    await fleetNow.getByText('as it was when the plan was made').waitFor();
    server.show(threeZonesFailedOver().items);
    await fleetNow.getByRole('button', { name: 'Check again' }).click();
    await fleetNow.getByText('the plan does not hold as it is now').waitFor();
    expect(await fleetNow.innerText()).toContain(
      'default/acid-a now has its primary on acid-a-2, not on acid-a-0.',
    );
    server.show(undefined);
    await fleetNow.getByRole('button', { name: 'Check again' }).click();
    await fleetNow.getByText('could not be compared with the plan').waitFor();
    await page.close();
  });

  it('rejects after a second look, and says who did and why', async () => {
    const { server, run, page } = await waiting();
    await page.getByRole('button', { name: 'Reject' }).click();
    expect(await stateOf(server, run)).toBe('waiting-for-approval');
    await page.getByLabel('Reason').fill('not today');
    await page.keyboard.press('Enter');
    await page.locator('.badge', { hasText: 'rejected' }).waitFor();
    expect(await page.locator('h1').innerText()).toMatch(/^Rejected by dana \("not today"\): /);
    expect(await page.locator('.node.expected, .pod.candidate').count()).toBe(0);
    await page.close();
  });

  it('says who paused a run and since when, and contradicts itself nowhere', async () => {
    const { server, run, plan, url } = await begun();
    const because = { code: 'pod-not-ready', facts: { subject: 'default/acid-a-1' } };
    const step = stepOf(plan, ({ kind }) => kind === 'move');
    server.runs.write(run, step, { kind: 'waiting', because, deadlineMs: Date.now() + 60_000 });
    server.runs.write(run, 'run', { kind: 'pause-asked' }, 'dana');
    server.runs.write(run, 'run', { kind: 'paused' });
    const { page } = await pages.open(url);
    await page.waitForSelector('.now.paused');
    expect(await nowOf(page)).toMatch(/Paused by dana .* since \S+Z, for \d+ s until somebody decides/);
    expect(await page.locator('.steps .times').count()).toBe(0);
    await page.close();
  });

  it('names the code of a halt, since when it is, and does not call the failed step under way', async () => {
    const { server, run, plan, url } = await begun();
    const step = stepOf(plan, ({ kind }) => kind === 'add-node');
    const facts = { subject: 'new-z1-1', step, waitedFor: 'waiting-for-node' };
    server.runs.write(run, 'run', { kind: 'halted', because: { code: 'deadline-passed', facts } });
    const { page } = await pages.open(url);
    await page.waitForSelector('.now.halted');
    expect(await nowOf(page)).toMatch(
      /halted at \S+Z · code deadline-passed, waiting-for-node To do: If it never comes, look at the pipeline or autoscaler of that zone To do: Find out/,
    );
    await page.keyboard.press('Shift+A');
    const dialog = await page.getByRole('dialog').innerText();
    expect(dialog).toContain('No act is under way. Fences and cordons of this run are taken off');
    expect(dialog).not.toContain('add-node');
    await page.close();
  });

  it('keeps a role change that was not ours in sight, and calls steps of an aborted run what they are', async () => {
    const change = { cluster: 'default/acid-c', from: 'acid-c-1', to: 'acid-c-2', facts: {} };
    const { server, run, plan, url } = await begun({ kind: 'unplanned', ...change });
    const step = stepOf(plan, ({ kind }) => kind === 'fence');
    const act = { kind: 'fence', node: 'n1', resourceVersion: '1' } as const;
    server.runs.write(run, step, { kind: 'act', act });
    server.runs.write(run, step, { kind: 'answer', act: 'fence', answer: 'conflict', facts: {} });
    const { page } = await pages.open(url);
    await page.waitForSelector('.events .outcome');
    expect(await page.locator('.events li', { hasText: 'fences n1' }).innerText()).toContain(
      'not done: somebody',
    );
    expect(await page.locator('.unplanned').innerText()).toMatch(
      /^Unplanned: default\/acid-c acid-c-1 -> acid-c-2 at \S+Z, not by this run$/,
    );
    server.runs.write(run, 'run', { kind: 'abort-asked' }, 'dana');
    server.runs.write(run, 'run', { kind: 'aborted', facts: { released: [] } });
    await page.locator('.badge', { hasText: 'aborted' }).waitFor();
    expect(await page.locator('h1').innerText()).toMatch(/^Aborted by dana after \d+ s: /);
    const titles = await page.locator('.step-group h3').allInnerTexts();
    expect(titles.join(' ')).not.toMatch(/Under way|Next/);
    expect(await page.locator('.node.expected, .pod.candidate').count()).toBe(0);
    await page.close();
  });

  it('says for all to see why it has no contact', async () => {
    const { server, url } = await begun();
    const { page } = await pages.open(url);
    await page.waitForSelector('.controls');
    await server.app.close();
    await page.waitForSelector('.message.lost');
    expect(await page.locator('.message.lost').isVisible()).toBe(true);
    expect(await page.locator('.message.lost').innerText()).toMatch(
      /^Contact with the server is lost.* What is shown is as of \d\d:\d\d:\d\dZ/,
    );
    expect(await page.locator('main.old').count()).toBe(1);
    await page.close();
  });

  it('tells a server that cannot say what goes on from one that does not answer', async () => {
    const { server, url } = await begun();
    const { page } = await pages.open(url);
    await page.waitForSelector('.controls');
    server.runs.listRuns = async () => {
      throw new OutsideError({
        code: 'timeout',
        target: 'redis',
        request: 'list runs',
        message: 'no answer',
      });
    };
    const words = page.locator('.message.lost');
    await words.waitFor();
    expect(await words.innerText()).toMatch(/^The server cannot say what goes on: .*no answer/);
    await page.close();
  });

  it('says that there is no such run and where to go, and asks no more; an address of a run leads to it', async () => {
    const { run, url } = await begun();
    const page = await pages.blank();
    await page.goto(`${url}runs/${run}`);
    await page.locator('.run-id', { hasText: run }).waitFor();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`${url}?run=nosuch`);
    await page.locator('h1', { hasText: 'There is nothing to show at this address' }).waitFor();
    expect(await page.locator('main').innerText()).toContain('There is no run nosuch.');
    await page.waitForTimeout(2_500);
    expect(asked.filter((address) => address.endsWith('/v1/runs/nosuch')).length).toBeLessThanOrEqual(2);
    await page.getByRole('link', { name: 'What this server does have' }).click();
    await page.locator('.run-id', { hasText: run }).waitFor();
    await page.close();
  });
});
