import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { threeZones } from '../../simulations/scenarios/three-zones.ts';
import { root } from '../source-files.ts';
import { fileWith, shell } from './command-line.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The indented lines after this heading or sentence, up to the next text. */
function blockAfter(words: string): string {
  const after = readme.slice(readme.indexOf(words));
  return /(?:^ {4}.*\n)+/m.exec(after)?.[0] ?? '';
}

/** Pasted in an empty folder in the place of the repository: what is written lands there. */
function paste(lines: string): string {
  return lines
    .replaceAll('npx switchyard', 'switchyard')
    .replaceAll(/\b(plan|request)\.json/g, '"$folder/$1.json"');
}

describe('what the README shows', { timeout: 60_000 }, () => {
  it('plans, checks and rehearses the dump of the repository', () => {
    const block = blockAfter('## A first plan from a kubectl dump');
    expect(block).toContain('switchyard simulate');
    const ended = shell(`set -e; folder=$(mktemp -d)\n${paste(block)}rm -r "$folder"`);
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toContain('holds: every step is legal');
  });

  it('plans the simulated fleet with its request', () => {
    const fleet = fileWith('fleet.json', { apiVersion: 'v1', kind: 'List', items: threeZones() });
    const block = blockAfter('What goes in is a `DrainRequest`');
    const plan = `switchyard plan --snapshot ${fleet} --request request.json`;
    const ended = shell(`set -e; folder=$(mktemp -d)\n${paste(block)}${paste(plan)}; rm -r "$folder"`);
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toMatch(/^3 switchovers, proved minimal/);
    expect(ended.out).toContain('refused  nothing');
  });
});
