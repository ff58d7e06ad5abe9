import { describe, expect, it } from 'vitest';
import { readWorkerConfig } from '../../executor/config.ts';

describe('the configuration of a worker', () => {
  it('needs nothing to be set', () => {
    expect(readWorkerConfig({})).toMatchObject({
      redisUrl: 'redis://127.0.0.1:6379',
      prefix: 'switchyard',
      fleet: 'default',
      concurrency: 20,
      lockMs: 15_000,
      pace: 1,
    });
  });

  it('takes an empty variable for one that is not set', () => {
    expect(readWorkerConfig({ SWITCHYARD_FLEET: '', SWITCHYARD_PIPELINE_URL: '' })).toMatchObject({
      fleet: 'default',
      pipelineUrl: undefined,
    });
  });

  it('names every variable that is wrong', () => {
    const wrong = {
      SWITCHYARD_CONCURRENCY: 'many',
      SWITCHYARD_KUBERNETES_URL: 'not a url',
      SWITCHYARD_PACE: '0',
    };
    expect(() => readWorkerConfig(wrong)).toThrow(
      'SWITCHYARD_KUBERNETES_URL: "not a url"; expected http://... or https://...; ' +
        'SWITCHYARD_CONCURRENCY: "many"; expected a whole number from 1 to 500; ' +
        'SWITCHYARD_PACE: "0"; expected a number above 0',
    );
  });

  it('shows no value that may be a secret', () => {
    for (const [name, value] of [
      ['SWITCHYARD_PIPELINE_SECRET', 'whsec_my-secret'],
      ['SWITCHYARD_NOTIFY_URLS', 'chat/my-secret'],
      ['REDIS_URL', 'anna:my-secret@redis'],
    ] as const) {
      expect(() => readWorkerConfig({ [name]: value })).toThrow(name);
      expect(() => readWorkerConfig({ [name]: value })).not.toThrow(/my-secret/);
    }
  });

  it('takes no fleet whose name separates something elsewhere', () => {
    for (const SWITCHYARD_FLEET of ['prod:live', 'prod_eu', 'Prod', 'prod/eu']) {
      expect(() => readWorkerConfig({ SWITCHYARD_FLEET })).toThrow(
        `SWITCHYARD_FLEET: "${SWITCHYARD_FLEET}"; expected lower-case letters`,
      );
    }
  });

  it('takes no check that would ask of nobody, and no selector that cannot be read', () => {
    const limit = (seconds: string) => ({ SWITCHYARD_LONGEST_TRANSACTION_SECONDS: seconds });
    for (const [wrong, words] of [
      [
        { SWITCHYARD_CHECK_URL: 'http://checks/?token=secret' },
        /^SWITCHYARD_CHECK_URL: expected \{cluster\}/,
      ],
      [{ SWITCHYARD_CHECK_URL: 'checks/{cluster}' }, /SWITCHYARD_CHECK_URL: expected http/],
      [{ SWITCHYARD_BACKUP_SELECTOR: 'application=a b' }, /SWITCHYARD_BACKUP_SELECTOR: ".*"; expected/],
      // It would select the members themselves.
      [{ SWITCHYARD_BACKUP_SELECTOR: ' ' }, /SWITCHYARD_BACKUP_SELECTOR: ".*"; expected/],
      [limit('-1'), /SWITCHYARD_LONGEST_TRANSACTION_SECONDS/],
      [limit('1.5'), /SWITCHYARD_LONGEST_TRANSACTION_SECONDS/],
      [limit('an hour'), /SWITCHYARD_LONGEST_TRANSACTION_SECONDS/],
    ] as const) {
      expect(() => readWorkerConfig(wrong)).toThrow(words);
    }
    expect(() => readWorkerConfig({ SWITCHYARD_CHECK_URL: 'http://checks/?token=secret' })).not.toThrow(
      /secret/,
    );
  });

  it('takes half a login to Patroni for a mistake', () => {
    expect(() => readWorkerConfig({ SWITCHYARD_PATRONI_USERNAME: 'admin' })).toThrow(
      /SWITCHYARD_PATRONI_PASSWORD/,
    );
    expect(
      readWorkerConfig({ SWITCHYARD_PATRONI_USERNAME: 'a', SWITCHYARD_PATRONI_PASSWORD: 'b' }).patroniLogin,
    ).toEqual({ username: 'a', password: 'b' });
  });
});
