/** The page in a real browser: what it shows of a fleet and a run. */
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FENCE_TAINT } from '../../executor/marks.ts';
import { cluster, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';
import { askedRun, openPages, type Pages, program, stepOf, where } from './pages.ts';
import type { testServer } from './test-server.ts';

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

/** The rules of axe-core, as a script for a page: https://github.com/dequelabs/axe-core */
const axe = createRequire(import.meta.url).resolve('axe-core');

// A browser on a machine with two busy cores takes its time.
describe.skipIf(program === undefined)(`the page${where}`, { timeout: 60_000 }, () => {
  let pages: Pages;
  beforeAll(async () => {
    pages = await openPages();
  });
  afterAll(() => pages?.close());

  const open: Pages['open'] = (url, options) => pages.open(url, options);
  const idle: Pages['idle'] = (changes) => pages.idle(changes);

  async function running(changes: Parameters<typeof testServer>[0] = {}) {
    const { server, url } = await idle(changes);
    const plan = await server.plan();
    const run = await askedRun(server, plan.id, changes);
    server.runs.write(run, 'run', { kind: 'started' });
    const added = stepOf(plan, (step) => step.kind === 'add-node' && step.zone === 'z2');
    server.runs.write(run, added, { kind: 'bound', planNode: 'new-z2-1', node: 'ip-10-0-2-17' });
    server.runs.write(run, added, { kind: 'done', facts: {} });
    server.show(midway('n2', 0));
    return { server, plan, run, url };
  }

  async function halted() {
    const all = await running();
    const facts = { subject: 'default/acid-b', from: 'acid-b-0', to: 'acid-b-2' };
    all.server.runs.write(all.run, 'run', {
      kind: 'halted',
      because: { code: 'role-changed-by-others', facts },
    });
    return all;
  }

  async function finished() {
    const all = await running();
    all.server.runs.write(all.run, 'run', { kind: 'finished' });
    // A replica that is final is drawn with both signs.
    all.server.show(midway('ip-10-0-2-17', 0));
    return all;
  }

  async function waiting() {
    const { server, url } = await idle({ needsApproval: true, approvalMs: 3_600_000 });
    await askedRun(server, (await server.plan()).id);
    return { url };
  }

  /** What axe finds wrong: rule and place. The page's policy lets no script in but its own, so the rules are put in from outside. */
  async function violations(page: Page): Promise<readonly string[]> {
    await page.addScriptTag({ path: axe }).catch(() => undefined);
    return page.evaluate<string[]>(
      `axe.run().then((found) => found.violations.flatMap((rule) => rule.nodes.map((node) => rule.id + ' ' + node.target + ' ' + node.failureSummary)))`,
    );
  }

  /** Keys do nothing while a dialog is open, and Chromium closes it a moment after the key: a person is never that quick. */
  async function closeByEscape(page: Page): Promise<void> {
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
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

  it.each([1280, 768, 360])(
    'has nothing that axe objects to at %i pixels, in light and dark',
    async (width) => {
      for (const { url, until } of [
        { url: (await running()).url, until: '.events li' },
        { url: (await halted()).url, until: '.now.halted' },
        { url: (await finished()).url, until: '.result' },
        { url: (await idle()).url, until: '.start' },
        { url: (await waiting()).url, until: '.approval' },
      ]) {
        for (const colorScheme of ['light', 'dark'] as const) {
          const { page } = await open(url, {
            viewport: { width, height: 800 },
            colorScheme,
            bypassCSP: true,
          });
          await page.waitForSelector(until);
          expect(await violations(page), `${until} ${colorScheme}`).toEqual([]);
          await page.close();
        }
      }
    },
    // Eight pages each: some twenty seconds on a machine with two busy cores, and a minute on one with more to do.
    180_000,
  );

  it('has verdict and counters in the HTML, before any script runs', async () => {
    const { url, run, server } = await running();
    const page = await pages.blank({ javaScriptEnabled: false });
    await page.goto(url);
    expect(await page.locator('h1').innerText()).toBe(
      'Running: 0 of 3 switchovers done, no unplanned role change, 0 of 3 nodes released.',
    );
    expect(await page.locator('.counter').allInnerTexts()).toHaveLength(6);
    server.runs.write(run, 'run', {
      kind: 'halted',
      because: { code: 'role-changed-by-others', facts: { subject: '<b>&' } },
    });
    await page.reload();
    expect(await page.locator('.badge').innerText()).toMatch(/halted/i);
    expect(await page.locator('header.bar b').count()).toBe(0);
    await page.close();
  });

  it('shows nothing of a fleet before a token was given', async () => {
    const { server, url } = await running({ callers: [{ name: 'dana', token: 'token-of-dana-0123456789' }] });
    expect((await server.app.inject('/')).body).not.toContain('prod-eu-1');
    const page = await pages.blank();
    await page.goto(url);
    await page.getByLabel('Your token').fill('token-of-dana-0123456789');
    await page.getByRole('button', { name: 'Show the fleet' }).click();
    await page.waitForSelector('.counters');
    await page.close();
  });

  it('pauses with p, asks before it pauses a switchover, opens the abort dialog with Shift+A, shows keys with ?', async () => {
    const { server, plan, run, url } = await running();
    const { page } = await open(url);
    await page.waitForSelector('.controls');
    await page.keyboard.press('?');
    expect(await page.getByRole('dialog').innerText()).toContain('pause the run');
    await page.keyboard.press('p');
    await closeByEscape(page);
    expect((await server.runs.getRun(run))?.state, 'no key reaches past a dialog').toBe('running');
    await page.keyboard.press('Shift+A');
    await page.getByLabel('Type prod-eu-1 to abort').fill('prod');
    await page.keyboard.press('Enter');
    expect(await page.getByRole('dialog').count(), 'half a name aborts nothing').toBe(1);
    await closeByEscape(page);
    const act = {
      kind: 'switchover',
      cluster: 'default/acid-a',
      leader: 'acid-a-0',
      leaderUrl: 'http://10.0.0.1:8008',
      candidate: 'acid-a-1',
      timeline: 1,
    } as const;
    const step = stepOf(plan, (each) => each.kind === 'switchover');
    server.runs.write(run, step, { kind: 'act', act });
    await page.waitForSelector('.now dd:has-text("switchover")');
    await page.keyboard.press('p');
    expect(await page.getByRole('dialog').innerText()).toContain('A switchover is under way');
    await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
    await page.locator('.badge', { hasText: 'pausing' }).waitFor();
    expect(await page.locator('#alert').textContent()).toBe('Asked to pause: the run is pausing.');
    await page.close();
  });

  it('hears a key after a box was ticked, and in the moment after a dialog closed', async () => {
    const { url } = await running();
    const { page } = await open(url);
    await page.getByLabel('read out').check();
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    // The closed dialog keeps the focus until the next drawing: on a busy machine long enough for a person's next key.
    await page.evaluate(
      `document.querySelector('dialog[open]').close();
       document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'A', bubbles: true }));`,
    );
    await page.getByLabel('Type prod-eu-1 to abort').fill('prod');
    await page.close();
  });

  it('leaves single keys alone once they are turned off', async () => {
    const { server, run, url } = await running();
    const { page } = await open(url);
    await page.getByRole('button', { name: 'Keys' }).click();
    await page.getByLabel('single keys are on').uncheck();
    await closeByEscape(page);
    await page.keyboard.press('p');
    await page.keyboard.press('Shift+A');
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect((await server.runs.getRun(run))?.state).toBe('running');
    await page.close();
  });

  it('moves nothing below the map while pods come and go', async () => {
    const { server, url } = await running();
    const { page } = await open(url);
    await page.waitForSelector('.legend');
    const below = () =>
      page.locator('.legend').evaluate((legend) => Math.round(legend.getBoundingClientRect().top));
    const before = await below();
    server.show(midway('ip-10-0-2-17', 1));
    await page.waitForSelector('[data-node="ip-10-0-2-17"].primary');
    expect(await below()).toBe(before);
    await page.close();
  });

  it('says at the end what was promised and what came of it', async () => {
    const { page } = await open((await finished()).url);
    await page.waitForSelector('.result');
    expect(await page.locator('h1').innerText()).toMatch(
      /^Finished after \d+ s: 0 of 3 nodes released with 0 switchovers instead of 3, no unplanned role change, no outage\.$/,
    );
    expect(await page.locator('.result tr', { hasText: 'switchovers' }).first().innerText()).toMatch(/3\s+0/);
    expect(await page.locator('.result tr', { hasText: 'default/acid-a' }).innerText()).toMatch(/3\s+1\s+0/);
    await page.close();
  });

  it('tells somebody without a run what can be done here, and shows the run as soon as there is one', async () => {
    const { server, url } = await idle();
    const { page } = await open(url);
    await page.waitForSelector('.start');
    expect(await page.locator('h1').innerText()).toContain('3 nodes in 3 zones');
    expect(await page.locator('.start').innerText()).toContain('curl -s');
    const plan = await server.plan();
    await page.reload();
    await page.waitForSelector(`.start >> text=switchyard run start ${plan.id}`);
    await server.app.inject({ method: 'POST', url: '/v1/runs', payload: { planId: plan.id } });
    await page.waitForSelector('.counters', { timeout: 10_000 });
    await page.close();
  });

  it('names the run that is over beside the one under way, and the one under way beside it', async () => {
    const { server, run, plan, url } = await finished();
    const second = await server.app.inject({ method: 'POST', url: '/v1/runs', payload: { planId: plan.id } });
    const { page } = await open(url);
    await page.locator('.others a', { hasText: run }).click();
    await page.waitForSelector('.result');
    expect(await page.locator('.notice').innerText()).toContain(second.json().id);
    await page.locator('.notice a').click();
    await page.locator('.run-id', { hasText: second.json().id }).waitFor();
    await page.close();
  });

  it('shows the run as it is while the fleet does not answer, and says that the map is old', async () => {
    const { server, run, url } = await running();
    const { page } = await open(url);
    await page.waitForSelector('.controls');
    server.show(undefined);
    await page.waitForSelector('.map.stale');
    expect(await page.locator('.live').innerText()).toMatch(/^fleet not seen since/);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.locator('.badge', { hasText: 'pausing' }).waitFor();
    expect((await server.runs.getRun(run))?.state).toBe('pausing');
    await page.close();
  });
});
