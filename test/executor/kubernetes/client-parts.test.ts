import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { root } from '../../source-files.ts';

/** Loads the module in a process of its own, and prints all that was loaded. */
const script = `
  import { registerHooks } from 'node:module';
  const urls = [];
  registerHooks({ load: (url, context, next) => { urls.push(url); return next(url, context); } });
  await import('./executor/kubernetes/index.ts');
  process.stdout.write(JSON.stringify(urls));
`;

it('loads of the client library neither models nor calls, which are most of it', () => {
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: root,
    encoding: 'utf8',
  });
  const loaded = (JSON.parse(printed) as readonly string[]).filter((url) => url.includes('client-node'));
  expect(loaded.filter((url) => url.endsWith('/dist/config.js'))).toHaveLength(1);
  expect(loaded.filter((url) => /\/gen\/(models|apis|types)\//.test(url))).toEqual([]);
  expect(loaded.length).toBeLessThan(30);
});
