/** A process that takes one pass and hangs in it until it is killed. Arguments: Redis, fleet. Says `taken` when it has one. */
import { openQueueRedis } from '../../../executor/redis/connection.ts';
import { keysUnder } from '../../../executor/redis/keys.ts';
import { startPassWorker } from '../../../executor/redis/pass-worker.ts';

const [url = '', fleet = ''] = process.argv.slice(2);
startPassWorker({
  fleet,
  keys: keysUnder('switchyard'),
  connection: openQueueRedis(url),
  name: 'hanging',
  concurrency: 1,
  lockMs: 1_000,
  stalledMs: 500,
  advance: async () => {
    process.stdout.write('taken\n');
    return new Promise(() => {});
  },
  report: () => {},
});
