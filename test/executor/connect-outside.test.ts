import { afterEach, describe, expect, it } from 'vitest';
import { readWorkerConfig } from '../../executor/config.ts';
import { connectOutside } from '../../executor/connect-outside.ts';
import { serveAnswers } from './answering-server.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** The outside of a worker with these settings, and a server that answers every check with a running backup. */
async function connect(settings: Readonly<Record<string, string>>, address = '') {
  const server = await serveAnswers(() => ({
    status: 200,
    body: { backupRunning: true, longestTransactionSeconds: 7 },
  }));
  const check = address === '' ? {} : { SWITCHYARD_CHECK_URL: `${server.url}${address}` };
  const config = readWorkerConfig({ SWITCHYARD_KUBERNETES_URL: server.url, ...check, ...settings });
  const outside = connectOutside(config, () => {});
  open.push(server, outside);
  return outside.ports.checks;
}

describe('the checks of a worker', () => {
  it('ask nothing where nothing is set', async () => {
    expect(await connect({})).toEqual({
      activity: undefined,
      longestTransactionSeconds: 60,
      backupLabels: undefined,
    });
  });

  it('ask what the settings say', async () => {
    const checks = await connect(
      {
        SWITCHYARD_LONGEST_TRANSACTION_SECONDS: '5',
        SWITCHYARD_BACKUP_SELECTOR: 'application=spilo-logical-backup',
      },
      '/{cluster}',
    );
    expect(checks).toMatchObject({
      longestTransactionSeconds: 5,
      backupLabels: [{ key: 'application', operator: 'In', values: ['spilo-logical-backup'] }],
    });
    const asked = checks?.activity?.readActivity({ namespace: 'n', cluster: 'acid-a', member: 'acid-a-0' });
    await expect(asked).resolves.toEqual({ backupRunning: true, longestTransactionSeconds: 7 });
  });
});
