/**
 * Writes docs/page.png: the page in the middle of the demo's run, as a browser of 1280 pixels shows it.
 *
 *     node test/page-screenshot.ts [FILE]
 *
 * Needs Debian's chromium (apt-get install -y --no-install-recommends chromium fonts-dejavu-core) and what the demo needs.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';

/** Slow enough that several pods are seen on their way. */
const SPEED = '3';
const LIMIT_MS = 120_000;

const file = process.argv[2] ?? fileURLToPath(new URL('../docs/page.png', import.meta.url));
const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
if (program === undefined) {
  process.stderr.write('page-screenshot: no chromium at /usr/bin/chromium\n');
  process.exit(1);
}
const demo = spawn(
  process.execPath,
  [
    fileURLToPath(new URL('../simulations/demo.ts', import.meta.url)),
    '--keep',
    '--port',
    '8091',
    '--speed',
    SPEED,
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
try {
  await photograph(program, await addressOf());
  process.stdout.write(`${file}\n`);
} finally {
  demo.kill('SIGTERM');
}

/** The demo says where its page is as soon as the run is about to start. */
async function addressOf(): Promise<string> {
  const late = setTimeout(() => demo.kill('SIGTERM'), LIMIT_MS);
  for await (const line of createInterface({ input: demo.stdout })) {
    const address = /Watch it at (\S+)/.exec(line)?.[1];
    if (address === undefined) continue;
    clearTimeout(late);
    demo.stdout.resume();
    return address;
  }
  throw new Error('the demo ended without a page');
}

async function photograph(executablePath: string, address: string): Promise<void> {
  const quiet = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
  const silent = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const browser = await chromium.launch({ executablePath, args: [...quiet, ...silent] });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 940 }, colorScheme: 'light' });
    await page.goto(address);
    await untilMidway(page);
    await page.screenshot({ path: file });
  } finally {
    await browser.close();
  }
}

/** Something is done, a pod is between two nodes, and the page says what it waits for: the picture that explains the most. */
async function untilMidway(page: Page): Promise<void> {
  const under = '.badge.running';
  const travels = '.pod:is(.catching-up, .expected, .leaving)';
  const waits = '.now .line:nth-child(3) dd:not(:has(.muted))';
  await page.waitForSelector(
    `body:has(${under}):has(.marks .done):has(${travels}):has(${waits}):has(.node.to-be-drained .pod)`,
    { timeout: LIMIT_MS },
  );
  // Who travels arrives first: the picture shows where pods stand.
  await page.waitForTimeout(800);
}
