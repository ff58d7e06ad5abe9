import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { settings } from '../../bin/settings.ts';
import { settingsHelp } from '../../bin/settings-help.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import type { RunState } from '../../executor/run.ts';
import { foldOf, memberMove, planOf } from '../executor/runs.ts';
import { root } from '../source-files.ts';
import { fileWith, switchyard } from './command-line.ts';

const dump = 'test/fixtures/snapshots/three-zones.json';

describe('what the command line says when it is used wrongly', { timeout: 60_000 }, () => {
  it.each([
    [['plan', '--frob'], "unknown option '--frob'; switchyard plan --help says more"],
    [['run', 'start'], 'switchyard run start --help says more'],
    [['help', 'bogus'], 'help: unknown command "bogus"; switchyard --help lists'],
    [['run', 'help', 'bogus'], 'switchyard run --help lists'],
    [['run', 'list'], 'SWITCHYARD_URL: abc: not an address'],
    [['sandbox', '--token-auth-file', '/nonexist'], '/nonexist: no such file; expected a file of token,user'],
    [['simulate', '--snapshot', dump, '--runs', '0'], 'expected a whole number from 1 to 999999'],
    [['simulate', '--snapshot', dump, '--runs', '1000000000'], 'expected a whole number from 1 to 999999'],
  ])('%j', (words, line) => {
    const ended = switchyard(words, undefined, { SWITCHYARD_URL: 'abc' });
    expect(ended.code).toBe(2);
    expect(ended.err.trimEnd().split('\n')).toHaveLength(1);
    expect(ended.err).toContain(line);
  });

  it('a context that is not there: those that are, and --snapshot only where there is such an option', () => {
    const contexts = [{ name: 'prod-eu-1', context: { cluster: 'c', user: 'u' } }];
    const clusters = [{ name: 'c', cluster: { server: 'https://127.0.0.1:9' } }];
    const file = fileWith('config', { apiVersion: 'v1', kind: 'Config', contexts, clusters, users: [] });
    const snapshot = switchyard(['snapshot', '--context', 'nope'], undefined, { KUBECONFIG: file });
    expect(snapshot).toMatchObject({ code: 2, out: '' });
    expect(snapshot.err).toContain('it has prod-eu-1');
    expect(snapshot.err).not.toContain('--snapshot');
    const words = ['plan', '--context', 'nope', '--nodes', 'a=b'];
    expect(switchyard(words, undefined, { KUBECONFIG: file }).err).toContain('--snapshot FILE');
  });

  it('the context and the kubeconfig of the environment count, but not beside --context', () => {
    const contexts = [{ name: 'prod-eu-1', context: { cluster: 'c', user: 'u' } }];
    const clusters = [{ name: 'c', cluster: { server: 'https://127.0.0.1:9' } }];
    const file = fileWith('config', { apiVersion: 'v1', kind: 'Config', contexts, clusters, users: [] });
    const settings = { SWITCHYARD_KUBECONFIG: file, SWITCHYARD_CONTEXT: 'nope' };
    for (const words of [['plan', '--nodes', 'a=b'], ['snapshot']])
      expect(switchyard(words, undefined, settings)).toMatchObject({
        code: 2,
        err: expect.stringContaining('context nope: the kubeconfig has no context "nope"; it has prod-eu-1'),
      });
    const named = switchyard(['snapshot', '--context', 'prod-eu-1'], undefined, settings);
    expect(named).toMatchObject({ code: 1, err: expect.stringContaining('context prod-eu-1: ') });
  });
});

it('a plan from a dump without pods says on standard error that it knows of none', {
  timeout: 60_000,
}, () => {
  const { items } = JSON.parse(readFileSync(join(root, dump), 'utf8')) as { items: { kind: string }[] };
  const nodes = { apiVersion: 'v1', kind: 'List', items: items.filter(({ kind }) => kind === 'Node') };
  const words = ['--nodes', 'lifecycle-status=ready', '--json'];
  const ended = switchyard(['plan', '--snapshot', fileWith('nodes.json', nodes), ...words]);
  expect(ended).toMatchObject({ code: 0, err: expect.stringMatching(/^switchyard: no Pod in the snapshot/) });
  expect(JSON.parse(ended.out).findings).toMatchObject([{ code: 'kind-missing', severity: 'risks' }]);
});

describe('help', { timeout: 60_000 }, () => {
  it('of every command says what its exit codes mean', () => {
    const alone = ['plan', 'check', 'simulate', 'snapshot', 'sandbox', 'serve', 'run'];
    for (const words of [...alone.map((name) => [name]), ['run', 'status'], ['run', 'replay']])
      expect(switchyard([...words, '--help']).out, words.join(' ')).toMatch(
        /^Exit codes: 0 [\s\S]* 2 bad usage/m,
      );
  });

  it('of settings keeps to 80 columns, whatever they are called', () => {
    expect(
      settingsHelp(settings)
        .split('\n')
        .filter((line) => line.length > 80),
    ).toEqual([]);
  });

  it('of plan names what it heeds of the environment, and what its options replace', () => {
    const { out } = switchyard(['plan', '--help']);
    for (const words of ['KUBECONFIG', 'SWITCHYARD_SCOPE_LABEL', 'instead of']) expect(out).toContain(words);
  });
});

it('check shows codes, and no more rules than a screen holds', { timeout: 60_000 }, () => {
  const planned = switchyard(['plan', '--snapshot', dump, '--nodes', 'lifecycle-status=ready', '--json']);
  const plan = JSON.parse(planned.out);
  plan.steps = plan.steps.map((step: object) => ({ ...step, wave: 1, after: ['nothing'] }));
  const ended = switchyard(['check', fileWith('plan.json', plan), '--snapshot', dump]);
  const broken = ended.out.split('\n').filter((line) => line.startsWith('  '));
  expect(ended.code).toBe(1);
  expect(broken[0]).toMatch(/^ {2}after-unknown {2}/);
  expect(broken).toHaveLength(21);
  expect(broken.at(-1)).toMatch(/^ {2}and \d+ more; --json has them all$/);
});

describe('a run that is shown', { timeout: 60_000 }, () => {
  const server = createServer();
  afterEach(() => {
    server.removeAllListeners('request');
    server.close();
  });

  it('ends with 1 for a run that halted or ended unfinished, with 0 for any other', async () => {
    const plan = planOf([memberMove('s1', 'acid-a-1')]);
    const run = describeRun(foldOf(plan));
    let state: RunState = 'running';
    server.on('request', ({ url }, response) =>
      response.end(JSON.stringify(url?.startsWith('/v1/plans/') ? plan : { ...run, state })),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const status = () =>
      new Promise<number>((resolve) => {
        const env = { ...process.env, SWITCHYARD_URL: `http://127.0.0.1:${port}` };
        const child = execFile(join(root, 'bin/switchyard'), ['run', 'status', 'run-1'], { env });
        child.on('exit', (code) => resolve(code ?? -1));
      });
    const codes: Partial<Record<RunState, number>> = {};
    for (state of ['running', 'finished', 'halted', 'aborted'] as const) codes[state] = await status();
    expect(codes).toEqual({ running: 0, finished: 0, halted: 1, aborted: 1 });
  });

  it('says that an order was carried out, also where the service is gone right after it', async () => {
    const run = describeRun(foldOf(planOf([memberMove('s1', 'acid-a-1')])));
    server.on('request', ({ url }, response) =>
      response
        .writeHead(url?.startsWith('/v1/plans/') ? 503 : 202)
        .end(JSON.stringify({ ...run, state: 'pausing' })),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const ended = await new Promise<{ code: unknown; out: string }>((resolve) => {
      const env = { ...process.env, SWITCHYARD_URL: `http://127.0.0.1:${port}` };
      execFile(join(root, 'bin/switchyard'), ['run', 'pause', 'run-1'], { env }, (error, out) =>
        resolve({ code: error?.code ?? 0, out }),
      );
    });
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.out).toContain('PAUSING; contact was lost after that');
  });
});
