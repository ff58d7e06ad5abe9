/** In the role of etcd: it takes its flags and says that it is well. The simulated API server keeps its objects itself. */
import { createServer } from 'node:http';
import { readFlags } from './read-flags.ts';

if (process.argv.includes('--help')) process.stdout.write('  --unsafe-no-fsync\n');
else {
  const flags = readFlags([
    'data-dir',
    'listen-client-urls',
    'advertise-client-urls',
    'listen-peer-urls',
    'unsafe-no-fsync',
  ]);
  const { port, hostname } = new URL(flags['listen-client-urls'] ?? '');
  createServer((asked, answer) => {
    answer.writeHead(asked.url === '/health' ? 200 : 404).end('{"health":"true"}');
  }).listen(Number(port), hostname);
}
