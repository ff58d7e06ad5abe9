import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { VERSION } from '../../api/version.ts';
import { settings } from '../../bin/settings.ts';
import { root } from '../source-files.ts';

it('serve --help names every environment variable that the service reads, and no other', () => {
  const read = ['api/config.ts', 'executor/config.ts'].flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map((match) => match[1]),
  );
  expect(settings.map(([name]) => name).sort()).toEqual([...new Set(read)].sort());
});

it('the version is that of the package', () => {
  expect(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version).toBe(VERSION);
});
