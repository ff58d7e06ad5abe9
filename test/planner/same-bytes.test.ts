import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('../plan-digests.ts', import.meta.url));

function digests(environment: Readonly<Record<string, string>>): string {
  return execFileSync(process.execPath, [script], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  });
}

it('plans are the same to the byte in two processes, two time zones and two locales', {
  timeout: 120_000,
}, () => {
  const here = digests({ TZ: 'UTC', LC_ALL: 'C.UTF-8', LANG: 'C.UTF-8' });
  const elsewhere = digests({ TZ: 'Pacific/Kiritimati', LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8' });
  expect(here.split('\n').length).toBeGreaterThan(20);
  expect(elsewhere).toBe(here);
});
