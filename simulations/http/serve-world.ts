/** The second face of the simulated world: real servers on loopback that real clients talk to. */

import type { World } from '../world/world.ts';
import { keepFaultSwitches } from './fault-switches.ts';
import { createHttpFaults, type HttpFaults, type ServerName } from './http-faults.ts';
import { kubernetesServer } from './kubernetes-server.ts';
import { type Listener, type ListenOptions, listen, type RequestLine } from './listen.ts';
import { type Pacer, paceWorld, type WallClock, wallClock } from './pacer.ts';
import { memberUrl, patroniServer } from './patroni-server.ts';
import { pipelineServer } from './pipeline-server.ts';
import { type Certificate, selfSignedCertificate } from './self-signed.ts';
import type { TokenUser } from './users.ts';

export type ServeOptions = {
  /** Virtual seconds per second of wall-clock time; 0 stands still (then only `world.advanceTo` moves it). Default 1. */
  readonly speed?: number;
  /** Default 127.0.0.1; only loopback addresses are taken. */
  readonly host?: string;
  /** Port of the Kubernetes API; 0 or undefined: any free one. The others always take any free one. */
  readonly port?: number;
  /** Of the webhooks that the pipeline takes; undefined: signatures are not looked at. */
  readonly pipelineSecret?: string;
  /** Of the chances in HttpFaults. Default 1. */
  readonly faultSeed?: number;
  /**
   * Who may ask the Kubernetes API, by bearer token; the roles and bindings of the world say what for. Undefined: everybody may
   * do everything, with any token or none, as with --authorization-mode=AlwaysAllow.
   */
  readonly users?: readonly TokenUser[];
  /** True: the Kubernetes API speaks TLS with a certificate that signs itself, which is in the kubeconfig. kubectl sends tokens only then. */
  readonly tls?: boolean;
  /** True: faults are switched with kubectl, by the ConfigMap kube-system/simulation-faults (fault-switches.ts). */
  readonly faultSwitches?: boolean;
  /** Called once, when the world is too slow for its speed for the first time: its clock then stays behind. */
  readonly fallsBehind?: () => void;
  /** For tests of the servers themselves. */
  readonly clock?: WallClock;
};

export type ServedWorld = {
  readonly kubernetesUrl: string;
  /** Member `pod` of `namespace` answers below /members/<namespace>/<pod>. */
  readonly patroniUrl: string;
  /** Where the pipeline takes callbacks (POST). */
  readonly pipelineUrl: string;
  /** Base of /simulation/state and its neighbours. */
  readonly simulationUrl: string;
  /** A kubeconfig (YAML) for kubernetesUrl: any client can use it. */
  readonly kubeconfig: () => string;
  readonly faults: HttpFaults;
  readonly pacer: Pacer;
  /** The last requests of clients, oldest first. */
  readonly requests: readonly RequestLine[];
  /** All requests to the Kubernetes API so far, by verb and resource. */
  readonly counts: ReadonlyMap<string, number>;
  /** Stops time and all servers; open connections are cut. */
  readonly close: () => Promise<void>;
};

/** Serves `world` until closed. Members' addresses in the world (`api_url`) point to these servers from here on. */
export async function serveWorld(world: World, options: ServeOptions = {}): Promise<ServedWorld> {
  const clock = options.clock ?? wallClock;
  const faults = createHttpFaults(options.faultSeed ?? 1, clock);
  if (options.faultSwitches === true) keepFaultSwitches(world, faults);
  const requests: RequestLine[] = [];
  const counts = new Map<string, number>();
  const pacer = paceWorld(world, 0, clock, options.fallsBehind);
  const certificate = options.tls === true ? selfSignedCertificate(clock.nowMs()) : undefined;
  const open = (server: ServerName | 'simulation', answer: ListenOptions['answer'], port = 0) =>
    listen({
      certificate: server === 'kubernetes' ? certificate : undefined,
      server,
      host: options.host ?? '127.0.0.1',
      port,
      clock,
      faults,
      requests,
      counts,
      before: pacer.catchUp,
      answer,
    });
  const listeners: Listener[] = [];
  try {
    const kubernetes = await open('kubernetes', kubernetesServer(world, clock, options.users), options.port);
    listeners.push(kubernetes);
    const patroni = await open('patroni', patroniServer(world));
    listeners.push(patroni);
    const pipeline = await open('pipeline', pipelineServer(world, options.pipelineSecret));
    listeners.push(pipeline);
    const simulation = await open('simulation', async (request) => {
      // Loaded only when it is asked: its schemas take a tenth of a second of the start.
      const { simulationServer } = await import('./simulation-server.ts');
      return simulationServer({ world, faults, pacer, requests })(request);
    });
    listeners.push(simulation);
    world.publishPatroniAt(({ namespace, name }) => `${memberUrl(patroni.url, namespace, name)}/patroni`);
    // Before, no time goes by: to publish thousands of members takes a second.
    pacer.setSpeed(options.speed ?? 1);
    return {
      kubernetesUrl: kubernetes.url,
      patroniUrl: patroni.url,
      pipelineUrl: `${pipeline.url}/pipeline`,
      simulationUrl: simulation.url,
      kubeconfig: () => kubeconfigFor(kubernetes.url, certificate, options.users?.[0]),
      faults,
      pacer,
      requests,
      counts,
      close: () => closeAll(pacer, listeners),
    };
  } catch (error) {
    await closeAll(pacer, listeners);
    throw error;
  }
}

async function closeAll(pacer: Pacer, listeners: readonly Listener[]): Promise<void> {
  pacer.stop();
  await Promise.all(listeners.map((listener) => listener.close()));
}

/** insecure-skip-tls-verify: client libraries refuse plain http:// without it; kubectl does not mind. */
function kubeconfigFor(
  url: string,
  certificate: Certificate | undefined,
  user: TokenUser | undefined,
): string {
  const trust =
    certificate === undefined
      ? 'insecure-skip-tls-verify: true'
      : `certificate-authority-data: ${Buffer.from(certificate.certificate).toString('base64')}`;
  // Over TLS kubectl asks at the terminal who one is, unless the file says so; here nobody looks at it.
  const token = user?.token ?? (certificate === undefined ? undefined : 'anybody');
  return [
    ...(user === undefined ? ['# Everybody may do everything here: no user, no token, no roles.'] : []),
    'apiVersion: v1',
    'kind: Config',
    'current-context: simulation',
    'clusters:',
    '  - name: simulation',
    '    cluster:',
    `      server: ${url}`,
    `      ${trust}`,
    'users:',
    '  - name: simulation',
    token === undefined ? '    user: {}' : `    user: { token: ${JSON.stringify(token)} }`,
    'contexts:',
    '  - name: simulation',
    '    context:',
    '      cluster: simulation',
    '      user: simulation',
    '      namespace: default',
    '',
  ].join('\n');
}
