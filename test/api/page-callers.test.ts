/** The page in a real browser, where the server wants to know who calls. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPages, type Pages, program, where } from './pages.ts';

const callers = [
  { name: 'ci', token: 'token-of-ci-0123456789' },
  { name: 'dana', token: 'token-of-dana-0123456789' },
];

describe.skipIf(program === undefined)(`the page and its callers${where}`, { timeout: 60_000 }, () => {
  let pages: Pages;
  beforeAll(async () => {
    pages = await openPages();
  });
  afterAll(() => pages?.close());

  it('says that no caller has the token, and takes the next one', async () => {
    const { url } = await pages.idle({ callers });
    const page = await pages.blank();
    await page.goto(url);
    await page.getByLabel('Your token').fill('a wrong one');
    await page.keyboard.press('Enter');
    await page.getByText('No caller has this token.').first().waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('token');
    await page.keyboard.type('token-of-dana-0123456789');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.start');
    await page.close();
  });

  it('opens a plan as text with the token of the tab, by keyboard too', async () => {
    const { server, url } = await pages.idle({ callers });
    const plan = await server.plan();
    const page = await pages.blank();
    await page.goto(url);
    await page.getByLabel('Your token').fill('token-of-dana-0123456789');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: `Plan ${plan.id.slice(0, 8)} as text` }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText('3 switchovers, proved minimal').waitFor();
    expect(await page.getByRole('dialog').innerText()).toContain(plan.id);
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    expect(new URL(page.url()).pathname).toBe('/');
    await page.close();
  });
});
