/**
 * The Kubernetes port over a real API server.
 */
import type { Clock, EventPort, FleetMirror, KubernetesPort } from '../ports.ts';
import { systemClock } from '../system-clock.ts';
import { listAttachedVolumes } from './attachments.ts';
import { KubeConfig } from './client-parts.ts';
import type { RequestCounts } from './count-requests.ts';
import { recordEvent } from './events.ts';
import { evict } from './evictions.ts';
import { listFleetObjects } from './fleet-objects.ts';
import { type FollowLimits, usualFollowLimits } from './follow-kind.ts';
import { changePod } from './holds.ts';
import { rememberLease } from './kept-lease.ts';
import { dropLease, holdLease, type LeaseDesk, readNote } from './lease.ts';
import { mirrorFleet } from './mirror.ts';
import { changeNode, getNode, listNodes } from './nodes.ts';
import { getOrdinals, getPod, getReplicas, listPods, scaleStatefulSet } from './pods.ts';
import { type RateLimits, usualLimits } from './rate-limit.ts';
import { openRest } from './rest.ts';
import { shareNext } from './share-next.ts';

/** Where the API server is. With none of the first three: KUBECONFIG, then ~/.kube/config, then the service account of this pod. */
export type KubernetesOptions = {
  /** A server that wants no authentication, such as the simulated one. */
  readonly server?: string;
  /** The contents of a kubeconfig. */
  readonly kubeconfig?: string;
  /** A kubeconfig file. */
  readonly kubeconfigFile?: string;
  /** Undefined: the current one of the kubeconfig. */
  readonly context?: string;
  /** For the Lease; the system's own where none is given. */
  readonly clock?: Clock;
  /** Longest wait for one answer. Default 10 s: an API server answers a page of a list well below. */
  readonly requestDeadlineMs?: number;
  /** Where the Lease of the fleet stands. Default namespace `default`, name `switchyard`. */
  readonly lease?: { readonly namespace?: string; readonly name?: string };
  /** Of all requests of this connection. Default: 20 per second, 40 at once. */
  readonly limits?: RateLimits;
};

export type KubernetesConnection = KubernetesPort &
  EventPort & {
    /** Begins to follow the fleet, and goes on until the connection is closed. `limits` are for tests. */
    mirror(report: (error: unknown) => void, limits?: FollowLimits): FleetMirror;
    /** Requests sent so far, by verb and resource. */
    readonly requestCounts: RequestCounts;
    close(): Promise<void>;
  };

/** Returns the port; nothing is asked yet. Throws when the kubeconfig cannot be read or lacks the context. */
export function connectKubernetes(options: KubernetesOptions = {}): KubernetesConnection {
  const limits = options.limits ?? usualLimits;
  const rest = openRest(loadKubeConfig(options), options.requestDeadlineMs ?? 10_000, limits);
  const closing = new AbortController();
  const clock = options.clock ?? systemClock;
  const place = {
    namespace: options.lease?.namespace ?? 'default',
    name: options.lease?.name ?? 'switchyard',
  };
  const desk: LeaseDesk = { rest, place, clock, seen: {} };
  let mirror: FleetMirror | undefined;
  return {
    listFleetObjects: (take) => listFleetObjects(rest, take),
    listNodes: shareNext(() => listNodes(rest)),
    getNode: (name) => getNode(rest, name),
    getPod: (namespace, name) => getPod(rest, namespace, name),
    listPods: (query) => listPods(rest, query),
    listAttachedVolumes: (node) => listAttachedVolumes(rest, node),
    getReplicas: (owner) => getReplicas(rest, owner),
    getOrdinals: (set) => getOrdinals(rest, set),
    scaleStatefulSet: (set) => scaleStatefulSet(rest, set),
    changeNode: (node, change) => changeNode(rest, node, change),
    changePod: (pod, change) => changePod(rest, pod, change, mirror),
    evict: (pod) => evict(rest, pod),
    readNote: () => readNote(desk),
    recordEvent: (event) => recordEvent(rest, event, mirror),
    ...rememberLease(
      {
        holdLease: (lease) => holdLease(desk, lease),
        dropLease: (lease) => dropLease(desk, lease),
      },
      clock,
    ),
    mirror(report, limits = usualFollowLimits) {
      mirror = mirrorFleet(rest, { clock, limits, report, signal: closing.signal });
      return mirror;
    },
    requestCounts: rest.counts,
    close: () => {
      closing.abort();
      return rest.close();
    },
  };
}

function loadKubeConfig(options: KubernetesOptions): InstanceType<typeof KubeConfig> {
  const kubeConfig = new KubeConfig();
  if (options.server !== undefined) {
    // skipTLSVerify: the client library refuses http:// servers without it.
    const skipTLSVerify = options.server.startsWith('http:');
    const cluster = { name: 'server', server: options.server, skipTLSVerify };
    kubeConfig.loadFromClusterAndUser(cluster, { name: 'nobody' });
  } else if (options.kubeconfig !== undefined) kubeConfig.loadFromString(options.kubeconfig);
  else if (options.kubeconfigFile !== undefined) kubeConfig.loadFromFile(options.kubeconfigFile);
  else {
    kubeConfig.loadFromDefault();
    // Where there is nothing to load, the client library falls back to a server that nobody has asked for.
    if (kubeConfig.getCurrentCluster()?.server === 'http://localhost:8080') {
      throw new Error(
        'no kubeconfig: neither KUBECONFIG nor ~/.kube/config, nor the service account of a pod',
      );
    }
  }
  if (options.context !== undefined) {
    if (kubeConfig.getContextObject(options.context) === null) {
      const known = kubeConfig.contexts.map(({ name }) => name).join(', ');
      throw new Error(`the kubeconfig has no context "${options.context}"; it has ${known || 'none'}`);
    }
    kubeConfig.setCurrentContext(options.context);
  }
  return kubeConfig;
}
