/**
 * The page of a test server in a real browser. Runs where chromium is installed: apt-get install -y --no-install-recommends chromium fonts-dejavu-core
 */
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { DrainPlan, Step } from '../../planner/plan.ts';
import { type TestServer, testServer } from './test-server.ts';

/** The browser's program; undefined: there is none, and what needs it is skipped. */
export const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));

/** Why tests of the page are skipped, for their names; empty: they are not. */
export const where = program === undefined ? ' (skipped: no chromium at /usr/bin/chromium)' : '';

export type Pages = {
  /** A new page of the browser, which nobody has sent anywhere yet. */
  blank(options?: Parameters<Browser['newPage']>[0]): Promise<Page>;
  /** The page at that address once its script answers, what it asked of others, and its errors. */
  open(
    url: string,
    options?: Parameters<Browser['newPage']>[0],
  ): Promise<{ readonly page: Page; readonly foreign: string[]; readonly errors: string[] }>;
  /** A server that listens, whose clock goes and whose fleet is always looked at anew. */
  idle(
    changes?: Parameters<typeof testServer>[0],
  ): Promise<{ readonly server: TestServer; readonly url: string }>;
  /** Ends the browser and all servers. */
  close(): Promise<void>;
};

/** A browser and servers for it. */
export async function openPages(): Promise<Pages> {
  const quiet = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
  const silent = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const browser = await chromium.launch({ executablePath: program ?? '', args: [...quiet, ...silent] });
  const servers: TestServer[] = [];
  return {
    blank: (options) => browser.newPage(options),
    open: (url, options) => openPage(browser, url, options),
    idle: async (changes = {}) => {
      const server = await testServer({ lookMaxAgeMs: 0, clock: { nowMs: () => Date.now() }, ...changes });
      servers.push(server);
      await server.app.listen({ host: '127.0.0.1', port: 0 });
      const { port } = server.app.server.address() as AddressInfo;
      return { server, url: `http://127.0.0.1:${port}/` };
    },
    close: async () => {
      await browser.close();
      await Promise.all(servers.map((server) => server.app.close()));
    },
  };
}

async function openPage(browser: Browser, url: string, options: Parameters<Browser['newPage']>[0]) {
  const page = await browser.newPage(options);
  const foreign: string[] = [];
  const errors: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(url).origin) && !request.url().startsWith('data:'))
      foreign.push(request.url());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(url);
  await page.waitForSelector('body[data-script=ready] h1');
  return { page, foreign, errors };
}

/** Id of the first step of the plan that fits. */
export function stepOf(plan: DrainPlan, fits: (step: Step) => boolean): string {
  const step = plan.steps.find(fits);
  if (step === undefined) throw new Error('no such step in the plan');
  return step.id;
}

/** Id of a run of that plan, asked for by the first caller, if there are callers. */
export async function askedRun(
  server: TestServer,
  planId: string,
  changes: Parameters<typeof testServer>[0] = {},
): Promise<string> {
  const token = changes.callers?.[0]?.token;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await server.app.inject({ method: 'POST', url: '/v1/runs', headers, payload: { planId } });
  return answer.json().id;
}
