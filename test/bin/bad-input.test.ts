import { describe, expect, it } from 'vitest';
import { cluster, drainRequest, fleetObjects, member, node, statefulSet, zone } from '../fixtures/fleet.ts';
import { type Ended, fileWith, switchyard } from './command-line.ts';

const dump = 'test/fixtures/snapshots/three-zones.json';
const selector = 'lifecycle-status=ready';

/** One line on standard error, nothing on standard output, no stack. */
function expectRefusedInput(ended: Ended, ...words: readonly string[]): void {
  expect(ended.code, ended.err).toBe(2);
  expect(ended.out).toBe('');
  expect(ended.err.trimEnd().split('\n')).toHaveLength(1);
  expect(ended.err).toMatch(/^switchyard: /);
  expect(ended.err).not.toMatch(/\bat .*:\d+:\d+|node:internal/);
  for (const word of words) expect(ended.err).toContain(word);
}

describe('bad input is refused in one line that names file and field', { timeout: 60_000 }, () => {
  it('JSON that was cut off', () => {
    const cut = fileWith('cut.json', '{"apiVersion":"v1","kind":"List","items":[{"kind":"Node","meta');
    expectRefusedInput(
      switchyard(['plan', '--snapshot', cut, '--nodes', selector]),
      'cut.json',
      'ends in the middle',
    );
  });

  it('an empty file, a missing file, an empty folder', () => {
    expectRefusedInput(
      switchyard(['plan', '--snapshot', fileWith('empty.json', ' \n'), '--nodes', selector]),
      'empty.json',
      'empty',
    );
    expectRefusedInput(
      switchyard(['plan', '--snapshot', '/no/such.json', '--nodes', selector]),
      '/no/such.json',
      'no such file',
    );
  });

  it('broken YAML', () => {
    expectRefusedInput(
      switchyard(['plan', '--snapshot', fileWith('f.yaml', 'items: [1, 2'), '--nodes', selector]),
      'f.yaml',
      'YAML',
    );
  });

  it('YAML that grows without bound, is nested without end, or is too much for its reader', () => {
    const plan = (name: string, text: string) =>
      switchyard(['plan', '--snapshot', fileWith(name, text), '--nodes', selector]);
    let bomb = 'a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n';
    for (const [index, letter] of [...'bcdefghi'].entries())
      bomb += `${letter}: &${letter} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(', ')}]\n`;
    expectRefusedInput(plan('bomb.yaml', bomb), 'bomb.yaml', 'alias');
    expectRefusedInput(plan('deep.yaml', `a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`), 'deep.yaml');
    expectRefusedInput(plan('keys.yaml', '? [a]\n: b\n'), 'keys.yaml');
    expectRefusedInput(
      plan('large.yaml', `a: b\n${'# x\n'.repeat(8_500_000)}`),
      'large.yaml',
      'MiB of YAML',
      '-o json',
    );
  });

  it('a large List that is broken halfway', () => {
    const items = Array.from({ length: 2000 }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: `n${index}` },
    }));
    const text = JSON.stringify({ apiVersion: 'v1', items, kind: 'List', metadata: {} }, null, 4);
    expectRefusedInput(
      switchyard([
        'plan',
        '--snapshot',
        fileWith('broken.json', text.replace('"n1500"', '"n1500')),
        '--nodes',
        'a=b',
      ]),
      'broken.json',
      'broken JSON',
    );
    expectRefusedInput(
      switchyard([
        'plan',
        '--snapshot',
        fileWith('twice.json', text.replace('"n1500"', '"n1499"')),
        '--nodes',
        'a=b',
      ]),
      'twice.json: items[1500].metadata.name',
      'first: items[1499]',
    );
  });

  it('a List of something else', () => {
    const services = {
      apiVersion: 'v1',
      kind: 'List',
      items: [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' } }],
    };
    expectRefusedInput(
      switchyard(['plan', '--snapshot', fileWith('services.json', services), '--nodes', selector]),
      'services.json',
      'Node',
    );
  });

  it('an unknown field in the request, however deep', () => {
    const request = { ...drainRequest({}), surge: { perZones: { z1: 1 } } };
    expectRefusedInput(
      switchyard(['plan', '--snapshot', dump, '--request', fileWith('request.json', request)]),
      'request.json',
      'surge.perZones',
    );
  });

  it('an unknown zone, named with the file of the request', () => {
    const request = drainRequest({ nodes: { selector }, surge: { perZone: { z9: 1 } } });
    expectRefusedInput(
      switchyard(['plan', '--snapshot', dump, '--request', fileWith('request.json', request)]),
      'request.json: surge.perZone.z9',
      'z1, z2, z3',
    );
  });

  it('a selector that matches nothing, and one that is none', () => {
    expectRefusedInput(
      switchyard(['plan', '--snapshot', dump, '--nodes', 'no=such']),
      'nodes.selector',
      'no=such',
    );
    expectRefusedInput(switchyard(['plan', '--snapshot', dump, '--nodes', 'a in b']), 'nodes.selector');
  });

  it('no nodes named at all, a surge that is no number, a plan that is none', () => {
    expectRefusedInput(switchyard(['plan', '--snapshot', dump]), '--nodes');
    expectRefusedInput(
      switchyard(['plan', '--snapshot', dump, '--nodes', selector, '--surge', '-1']),
      '--surge',
    );
    expectRefusedInput(
      switchyard(['check', fileWith('plan.json', { kind: 'DrainPlan' }), '--snapshot', dump]),
      'plan.json',
    );
  });

  it('an option that does not exist', () => {
    expect(switchyard(['plan', '--force']).code).toBe(2);
    expect(switchyard(['frobnicate']).code).toBe(2);
  });
});

describe('what cannot be planned is refused in the plan, exit code 3 when nothing is left', {
  timeout: 60_000,
}, () => {
  it('a pod bigger than any node', () => {
    const fleet = fleetObjects(
      zone('z1', node('n1', { drain: true, cpu: '4' })),
      statefulSet('big', { on: ['n1'], cpu: '64' }),
    );
    const ended = switchyard([
      'plan',
      '--snapshot',
      fileWith('fleet.json', fleet),
      '--nodes',
      'lifecycle-status=decommission-pending',
    ]);
    expect(ended).toMatchObject({ code: 3, err: '' });
    expect(ended.out).toMatch(/refused {2}n1 .*big-0/);
  });

  it('two members that claim to be primary', () => {
    const fleet = fleetObjects(
      zone('z1', node('n1', { drain: true })),
      zone('z2', node('n2')),
      cluster('acid-a', member('n1', 'primary'), member('n2', 'primary')),
    );
    const ended = switchyard([
      'plan',
      '--snapshot',
      fileWith('fleet.json', fleet),
      '--nodes',
      'lifecycle-status=decommission-pending',
    ]);
    expect(ended).toMatchObject({ code: 3, err: '' });
    expect(ended.out).toMatch(/refused {2}n1 .*several members.*acid-a/s);
  });
});

describe('results go to standard output, one JSON document with --json', { timeout: 60_000 }, () => {
  it('plan and check', () => {
    const planned = switchyard(['plan', '--snapshot', dump, '--nodes', selector, '--json']);
    expect(planned).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(planned.out)).toMatchObject({
      kind: 'DrainPlan',
      summary: { switchovers: 3, outages: 0 },
    });
    const plan = fileWith('plan.json', planned.out);
    expect(switchyard(['check', plan, '--snapshot', dump])).toMatchObject({ code: 0, err: '' });
    expect(switchyard(['check', '-', '--snapshot', dump, '--json'], planned.out)).toMatchObject({
      code: 0,
      err: '',
    });
  });

  it('a plan that was tampered with fails its check with exit code 1 and says what it breaks', () => {
    const plan = JSON.parse(switchyard(['plan', '--snapshot', dump, '--nodes', selector, '--json']).out);
    plan.steps = plan.steps.filter((step: { kind: string }) => step.kind !== 'switchover');
    const ended = switchyard(['check', fileWith('plan.json', plan), '--snapshot', dump]);
    expect(ended).toMatchObject({ code: 1, err: '' });
    expect(ended.out).toMatch(/acid-a/);
  });

  it('the same input gives the same bytes, also from YAML and from a folder', () => {
    const first = switchyard(['plan', '--snapshot', dump, '--nodes', selector, '--json']);
    const again = switchyard(['plan', '--snapshot', dump, '--nodes', selector, '--json']);
    expect(again.out).toBe(first.out);
  });

  it('simulate compares the plan with the naive rotation', () => {
    const ended = switchyard(['simulate', '--snapshot', dump, '--nodes', selector, '--json']);
    expect(ended).toMatchObject({ code: 0, err: '' });
    const report = JSON.parse(ended.out);
    expect(report.strategies.map((row: { strategy: string }) => row.strategy)).toEqual(['planned', 'naive']);
    expect(report.strategies[0]).toMatchObject({
      worstCluster: 1,
      finished: 1,
      violations: 0,
      roleChanges: { most: 3 },
    });
    expect(report.strategies[1].roleChanges.most).toBeGreaterThan(3);
  });
});
