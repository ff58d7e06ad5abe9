import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { threeZones } from '../../simulations/scenarios/three-zones.ts';
import { drainRequest } from '../fixtures/fleet.ts';
import { type Ended, fileWith, shell, switchyard } from './command-line.ts';

const dump = 'test/fixtures/snapshots/three-zones.json';
const plan = ['plan', '--snapshot', dump, '--nodes', 'lifecycle-status=ready', '--surge', '1'];

/** One line on standard error that says all of `words`, and no stack. */
function expectOneLine(ended: Ended, code: number, ...words: readonly string[]): void {
  expect(ended.err.trimEnd().split('\n')).toHaveLength(1);
  expect(ended.err).toMatch(/^switchyard: /);
  for (const word of words) expect(ended.err).toContain(word);
  expect(ended.code).toBe(code);
}

describe('output that ends early', { timeout: 60_000 }, () => {
  it('is no error when the reader has read enough', () => {
    const ended = shell(`switchyard ${plan.join(' ')} --json | head -1`);
    expect(ended).toEqual({ code: 0, out: '{\n', err: '' });
  });

  it('is one line and exit code 1 when the disk is full', () => {
    expectOneLine(shell(`switchyard ${plan.join(' ')} > /dev/full`), 1, 'standard output', 'ENOSPC');
  });
});

describe('standard input', { timeout: 60_000 }, () => {
  it('is read to its end from a pipe, while another pipe is written to', () => {
    const ended = shell(`cat ${dump} | switchyard plan --snapshot - --nodes lifecycle-status=ready | cat`);
    expect(ended.err).toBe('');
    expect(ended.out).toContain('3 switchovers');
  });

  it('cannot be the request and the dump at once', () => {
    const ended = switchyard(['plan', '--snapshot', '-', '--request', '-'], readFileSync(dump, 'utf8'));
    expectOneLine(ended, 2, 'stdin');
  });
});

describe('typing errors of a hurried engineer', { timeout: 60_000 }, () => {
  it('a file twice, a compressed one, one that is no text', () => {
    const selector = ['--nodes', 'lifecycle-status=ready'];
    expectOneLine(switchyard(['plan', '--snapshot', dump, `./${dump}`, ...selector]), 2, 'named twice');
    const packed = fileWith('f.json.gz', gzipSync(readFileSync(dump)));
    expectOneLine(switchyard(['plan', '--snapshot', packed, ...selector]), 2, packed, 'gunzip -c');
    const binary = fileWith('f.json', Buffer.from([1, 0, 2]));
    expectOneLine(switchyard(['plan', '--snapshot', binary, ...selector]), 2, binary, 'not a text');
  });

  it('the name of a node where a selector belongs', () => {
    const ended = switchyard(['plan', '--snapshot', dump, '--nodes', 'old-z1']);
    expectOneLine(ended, 2, '"old-z1" is the name of a node', 'kubernetes.io/hostname=old-z1');
  });

  it('a missing request is asked for as a request, a missing plan as a plan', () => {
    expectOneLine(switchyard(['plan', '--snapshot', dump, '--request', 'no.json']), 2, 'a DrainRequest');
    expectOneLine(switchyard(['check', 'no.json', '--snapshot', dump]), 2, 'a DrainPlan');
  });

  it('the plan behind --snapshot, which takes everything that follows', () => {
    expectOneLine(switchyard(['check', '--snapshot', dump, 'p.json']), 2, 'check PLAN --snapshot');
    expectOneLine(switchyard(['check', 'p.json']), 2, 'no snapshot named');
  });

  it('options and commands that do not exist, numbers beyond their range', () => {
    expectOneLine(switchyard(['bogus']), 2, 'bogus');
    expectOneLine(switchyard([...plan, '--bogus']), 2, '--bogus');
    expectOneLine(switchyard([...plan, '--surge', '1000000']), 2, 'from 0 to 999999');
    expectOneLine(switchyard(['sandbox', '--port', '99999']), 2, 'from 0 to 65535');
  });

  it('files that cannot be written, before any work', () => {
    const simulate = ['simulate', ...plan.slice(1), '--html'];
    expectOneLine(switchyard([...simulate, '/no/such/report.html']), 2, '--html', 'no folder /no/such');
    expectOneLine(switchyard([...simulate, '/tmp']), 2, '--html', 'is a folder');
    expectOneLine(switchyard(['sandbox', '--kubeconfig', '/no/such/config']), 2, '--kubeconfig');
  });

  it('the beginning of a plan id, a plan file that is not there', () => {
    expectOneLine(switchyard(['run', 'start', '4764706d']), 2, 'only the beginning of a plan id');
    expectOneLine(switchyard(['run', 'start', './plan.json', '--fleet', 'x']), 2, 'no such file');
  });
});

describe('what is not there', { timeout: 60_000 }, () => {
  it('a kubeconfig, for a plan of the live fleet and for the service', () => {
    const home = { HOME: '/no/such/home' };
    expectOneLine(switchyard(['plan', '--nodes', 'a=b'], undefined, home), 1, 'no kubeconfig', '--snapshot');
    const broken = fileWith('config', 'clusters: [\n');
    expectOneLine(switchyard(['snapshot'], undefined, { KUBECONFIG: broken }), 1, 'Nothing was changed');
    const silent = {
      REDIS_URL: 'unix:///no/such/socket',
      KUBECONFIG: '/no/such/config',
      LOG_LEVEL: 'silent',
    };
    const served = switchyard(['serve'], undefined, { ...silent, PORT: '0' });
    expect(served.err).toContain('waiting for it');
    expect(served.err).toContain('not started');
    expect(served.code).toBe(1);
  });

  it('a Redis address that is none', () => {
    expectOneLine(switchyard(['worker'], undefined, { REDIS_URL: 'foo' }), 2, 'REDIS_URL', '"foo"');
  });

  it('a free port', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const address = taken.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    try {
      const api = {
        REDIS_URL: 'unix:///no/such/socket',
        SWITCHYARD_KUBERNETES_URL: 'http://127.0.0.1:9',
        PORT: port,
      };
      const served = switchyard(['api'], undefined, api);
      expect(served.err).toContain(`127.0.0.1:${port}: another program listens there`);
      expect(served.code).toBe(1);
      expectOneLine(switchyard(['sandbox', '--port', port]), 1, 'another program listens there');
    } finally {
      taken.close();
    }
  });
});

describe('nodes that carry their lifecycle in a label that pods ask for', { timeout: 60_000 }, () => {
  const fleet = fileWith('fleet.json', { apiVersion: 'v1', kind: 'List', items: threeZones() });
  const selector = 'lifecycle-status=decommission-pending';

  it('are refused with the very setting that lets them be replaced', () => {
    const refused = switchyard(['plan', '--snapshot', fleet, '--nodes', selector, '--surge', '1']);
    expect(refused.code).toBe(3);
    expect(refused.out).toContain('fix  "replacement": {"labels": {"lifecycle-status": "ready"}}');
    const replacement = { labels: { 'lifecycle-status': 'ready' } };
    const request = fileWith('request.json', drainRequest({ nodes: { selector }, replacement }));
    const planned = switchyard(['plan', '--snapshot', fleet, '--request', request, '--surge', '1']);
    expect(planned.code).toBe(0);
    expect(planned.out).toContain('3 switchovers, proved minimal');
  });
});
