/**
 * The simulated API server in the role of kube-apiserver: started by its flags, with TLS and tokens, on an empty world in which no
 * controller is at work. It keeps what it is sent and answers evictions by the counts that somebody else writes.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHttpFaults } from '../../../simulations/http/http-faults.ts';
import { kubernetesServer } from '../../../simulations/http/kubernetes-server.ts';
import { listen } from '../../../simulations/http/listen.ts';
import { wallClock } from '../../../simulations/http/pacer.ts';
import type { TokenUser } from '../../../simulations/http/users.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import { readFlags } from './read-flags.ts';

const flags = readFlags([
  'etcd-servers',
  'bind-address',
  'advertise-address',
  'endpoint-reconciler-type',
  'secure-port',
  'cert-dir',
  'token-auth-file',
  'authorization-mode',
  'service-account-issuer',
  'service-account-key-file',
  'service-account-signing-key-file',
  'service-cluster-ip-range',
  'allow-privileged',
  'disable-admission-plugins',
]);

function fail(message: string): never {
  process.stderr.write(`Error: ${message}\n`);
  process.exit(1);
}

/** token,user,uid,"group1,group2": https://kubernetes.io/docs/reference/access-authn-authz/authentication/#static-token-file */
function usersOf(file: string): readonly TokenUser[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [, token, name, uid, groups] = /^([^,]+),([^,]+),([^,]+),"([^"]*)"$/.exec(line) ?? fail(line);
      return { token: token ?? '', name: name ?? '', uid: uid ?? '', groups: (groups ?? '').split(',') };
    });
}

for (const name of ['service-account-key-file', 'service-account-signing-key-file']) {
  if (!existsSync(flags[name] ?? '')) fail(`--${name}: no such file`);
}
if (flags['authorization-mode'] !== 'RBAC') fail('only RBAC is simulated');
await fetch(`${flags['etcd-servers']}/health`).catch(() => fail(`no etcd at ${flags['etcd-servers']}`));

const certificates = flags['cert-dir'] ?? '';
const world = createWorld({ objects: [], controllers: [], startMs: Date.now() });
await listen({
  server: 'kubernetes',
  host: flags['bind-address'] ?? '',
  port: Number(flags['secure-port']),
  certificate: {
    key: readFileSync(join(certificates, 'apiserver.key'), 'utf8'),
    certificate: readFileSync(join(certificates, 'apiserver.crt'), 'utf8'),
  },
  clock: wallClock,
  faults: createHttpFaults(1, wallClock),
  requests: [],
  counts: new Map(),
  before: () => world.advanceTo(Math.max(world.nowMs(), wallClock.nowMs())),
  answer: kubernetesServer(world, wallClock, usersOf(flags['token-auth-file'] ?? '')),
});
