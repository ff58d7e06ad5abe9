import { describe, expect, it } from 'vitest';
import { commandsAfterPlan, commandThatReads } from '../../bin/next-commands.ts';
import { shell, switchyard } from './command-line.ts';

const dump = 'test/fixtures/snapshots/three-zones.json';

describe('the commands after a plan', { timeout: 60_000 }, () => {
  it('name the files that were given, in quotes where a shell needs them', () => {
    const options = { snapshot: ['my fleet.json', 'more'], nodes: 'zone in (z1, z2)', surge: 1 };
    expect(commandsAfterPlan(options, 'prod')).toEqual([
      "switchyard plan --snapshot 'my fleet.json' more --nodes 'zone in (z1, z2)' --surge 1 --json > plan.json",
      "switchyard check plan.json --snapshot 'my fleet.json' more",
      'switchyard run start plan.json --fleet prod',
    ]);
    expect(commandsAfterPlan({ context: 'prod-eu-1', request: 'r.yaml' }, '')).toEqual([
      'switchyard plan --context prod-eu-1 --request r.yaml --json > plan.json',
      'switchyard run start plan.json --fleet NAME',
    ]);
  });

  it('begin as the command line was called, for whoever pastes them', () => {
    const words = ['plan', '--snapshot', dump, '--nodes', 'lifecycle-status=ready'];
    const nextOf = (environment: Readonly<Record<string, string>>) =>
      switchyard(words, undefined, environment).out.match(/^(?:next| {4}) {2}\S.*$/gm);
    const npx = { npm_lifecycle_event: 'npx', npm_lifecycle_script: "'switchyard'" };
    const [first, ...others] = nextOf(npx) ?? [];
    expect(first).toMatch(/^next {2}npx switchyard plan /);
    expect(others).toHaveLength(2);
    for (const line of others) expect(line).toMatch(/^ {6}npx switchyard /);
    // A test runner that npx runs hands the same words on.
    expect(nextOf({ ...npx, npm_lifecycle_script: 'vitest run' })?.[0]).toMatch(/^next {2}switchyard plan /);
  });

  it('name the service and the caller by whom a plan is read, and print no token', () => {
    expect(commandThatReads('p1', {})).toBe('curl -sS http://127.0.0.1:8080/v1/plans/p1/explain');
    const told = { SWITCHYARD_URL: 'https://yard.example/', SWITCHYARD_TOKEN: 'secret' };
    expect(commandThatReads('p1', told)).toBe(
      'curl -sS -H "authorization: Bearer $SWITCHYARD_TOKEN" https://yard.example/v1/plans/p1/explain',
    );
  });

  it('do what they say when they are pasted', () => {
    const { out } = switchyard(['plan', '--snapshot', dump, '--nodes', 'lifecycle-status=ready']);
    const [first = '', second = ''] = out.split(/^(?:next| {4}) {2}(?=switchyard)/m).slice(1);
    const pasted = `${first}${second}`.replaceAll('plan.json', '"$folder/plan.json"');
    expect(shell(`folder=$(mktemp -d)\n${pasted}rm -r "$folder"`)).toMatchObject({ code: 0, err: '' });
    expect(shell(`folder=$(mktemp -d)\n${pasted}`).out).toContain('holds: every step is legal');
  });
});
