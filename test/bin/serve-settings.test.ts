import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { misspeltSettings } from '../../bin/misspelt-settings.ts';
import { switchyard } from './command-line.ts';

/** A Redis that is not there: nothing is said of it before the settings are right. */
const silent = { REDIS_URL: 'redis://127.0.0.1:1', PORT: '0', LOG_LEVEL: 'silent' };

describe('settings that are wrong end the service with 2 and one line', { timeout: 60_000 }, () => {
  it.each<[Record<string, string>, string]>([
    [
      { PORT: 'abc', SWITCHYARD_PACE: '0' },
      'PORT: "abc"; expected a whole number from 0 to 65535; SWITCHYARD_PACE: "0"; expected a number above 0',
    ],
    [{ SWITCHYARD_NEEDS_APPROVAL: 'maybe' }, 'SWITCHYARD_NEEDS_APPROVAL: "maybe"; expected yes or no'],
    [
      { SWITCHYARD_PIPELINE_URL: 'foo' },
      'SWITCHYARD_PIPELINE_URL: "foo"; expected http://... or https://...',
    ],
    [{ LOG_LEVEL: 'verbose' }, 'LOG_LEVEL: "verbose"; expected silent, error, warn, info or debug'],
    [
      { SWITCHYARD_WEBHOOK_SECRETS: 'whsec_c2VjcmV0IG9mIHNpeHRlZW4=,abc' },
      'SWITCHYARD_WEBHOOK_SECRETS: secret 2 of 2; expected whsec_ and at least 16 bytes in base64',
    ],
    [
      { SWITCHYARD_KUBECONFIG: '/no/such/config' },
      'SWITCHYARD_KUBECONFIG: "/no/such/config"; expected a file that can be read (ENOENT)',
    ],
  ])('%j', (wrong, line) => {
    const ended = switchyard(['serve'], undefined, { ...silent, ...wrong });
    expect(ended.err).toBe(`switchyard: environment: ${line}\n`);
    expect(ended.code).toBe(2);
  });

  it('a worker and an API of one half alike', () => {
    for (const half of ['worker', 'api']) {
      const ended = switchyard([half], undefined, { ...silent, LOG_LEVEL: 'loud' });
      expect(ended.err).toBe(
        'switchyard: environment: LOG_LEVEL: "loud"; expected silent, error, warn, info or debug\n',
      );
      expect(ended.code).toBe(2);
    }
  });
});

it('a port of metrics that is taken is named with its setting', { timeout: 60_000 }, async () => {
  const taken = createServer().listen(0);
  await new Promise((resolve) => taken.once('listening', resolve));
  const address = taken.address();
  const port = typeof address === 'object' ? String(address?.port) : '';
  const ended = switchyard(['worker'], undefined, {
    ...silent,
    SWITCHYARD_KUBERNETES_URL: 'http://127.0.0.1:1',
    SWITCHYARD_METRICS_PORT: port,
  });
  taken.close();
  expect(ended.err).toContain(
    `*:${port}: another program listens there; SWITCHYARD_METRICS_PORT names another port`,
  );
  expect(ended.code).toBe(1);
});

describe('variables that begin as ours do', () => {
  it('and are none of them are told with the nearest that is', () => {
    expect(
      misspeltSettings({ SWITCHYARD_FLET: 'x', SWITCHYARD_FLEET: 'y', SWITCHYARD_FOO_BAR: '1' }),
    ).toEqual([
      'SWITCHYARD_FLET is no setting and is ignored; did you mean SWITCHYARD_FLEET?',
      'SWITCHYARD_FOO_BAR is no setting and is ignored; switchyard serve --help names them all',
    ]);
  });

  it('are left alone where commands read them or Kubernetes sets them for a Service', () => {
    expect(
      misspeltSettings({
        SWITCHYARD_URL: 'http://a',
        SWITCHYARD_TOKEN: 'b',
        SWITCHYARD_SERVICE_HOST: '10.0.0.1',
        SWITCHYARD_SERVICE_PORT_HTTP: '80',
        SWITCHYARD_PORT: 'tcp://10.0.0.1:80',
        SWITCHYARD_PORT_80_TCP_ADDR: '10.0.0.1',
      }),
    ).toEqual([]);
  });
});
