/**
 * `npm run test:kubernetes`: the contract and the end-to-end suite on a real API server, from the programs that KUBEBUILDER_ASSETS names.
 * Without it nothing is run, and the exit code is 0; with a folder that lacks a program it is 1.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findAssets } from './find-assets.ts';

const found = findAssets(process.env.KUBEBUILDER_ASSETS);
switch (found.kind) {
  case 'unset':
    process.stdout.write(`${found.message}\n`);
    break;
  case 'missing':
    process.stderr.write(`${found.message}\n`);
    process.exitCode = 1;
    break;
  case 'found': {
    const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
    const suites = ['contract', 'end-to-end'].map((name) => `test/kubernetes/${name}.test.ts`);
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    const { status } = spawnSync(process.execPath, [vitest, 'run', ...suites], { stdio: 'inherit', cwd });
    process.exitCode = status ?? 1;
  }
}
