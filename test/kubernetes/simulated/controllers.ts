/**
 * In the role of kube-controller-manager or kube-scheduler, by the name it is started under: a world in which only the disruption
 * controller or only the scheduler is at work, kept in step with the API server.
 */
import { createServer } from 'node:https';
import { selfSignedCertificate } from '../../../simulations/http/self-signed.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import { openApiClientOf } from '../api-client.ts';
import { allKinds, keepInStep } from '../keep-in-step.ts';
import { readFlags } from './read-flags.ts';

const flags = readFlags([
  'kubeconfig',
  'controllers',
  'leader-elect',
  'bind-address',
  'secure-port',
  'cert-dir',
]);
const isScheduler = process.argv[2] === 'kube-scheduler';
if (!isScheduler && flags.controllers !== 'disruption') {
  process.stderr.write('Error: only the disruption controller is simulated\n');
  process.exit(1);
}

const world = createWorld({
  objects: [],
  controllers: [isScheduler ? 'scheduler' : 'budgets'],
  startMs: Date.now(),
});
const client = openApiClientOf(flags.kubeconfig ?? '');
const step = keepInStep(world, client, { watched: allKinds });

const { key, certificate } = selfSignedCertificate(Date.now());
createServer({ key, cert: certificate }, (_asked, answer) => answer.end('ok')).listen(
  Number(flags['secure-port']),
  flags['bind-address'],
);

const pauseMs = 40;
for (;;) {
  // An API server that goes away is no fault here: its tests are over, and this is ended next.
  await step.take().catch(() => undefined);
  world.advanceTo(Math.max(world.nowMs(), Date.now()));
  await step.give().catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
}
