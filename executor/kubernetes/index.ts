/**
 * The Kubernetes port over a real API server.
 */
import { KubeConfig } from '@kubernetes/client-node';
import type { Clock, KubernetesPort } from '../ports.ts';
import { evict } from './evictions.ts';
import { listFleetObjects } from './fleet-objects.ts';
import { dropLease, holdLease } from './lease.ts';
import { changeNode, getNode, listNodes } from './nodes.ts';
import { getPod, getReplicas, listPods, scaleStatefulSet } from './pods.ts';
import { openRest } from './rest.ts';

export type KubernetesConnection =
  /** A kubeconfig file; undefined file: KUBECONFIG, then ~/.kube/config. Undefined context: its current one. */
  | { readonly kind: 'kubeconfig'; readonly file?: string; readonly context?: string }
  /** The contents of a kubeconfig file. */
  | { readonly kind: 'kubeconfig-text'; readonly text: string; readonly context?: string }
  /** The service account of the pod that this runs in. */
  | { readonly kind: 'in-cluster' }
  /** A server that wants no authentication, such as the simulated one. */
  | { readonly kind: 'server'; readonly url: string };

export type KubernetesOptions = {
  readonly connection: KubernetesConnection;
  readonly clock: Clock;
  /** Longest wait for one answer. Default 10 s: an API server answers lists of thousands well below. */
  readonly requestDeadlineMs?: number;
  /** Where the Lease of the fleet stands. Default namespace `default`, name `switchyard`. */
  readonly lease?: { readonly namespace?: string; readonly name?: string };
};

/** Returns the port; nothing is asked yet. Throws when the kubeconfig cannot be read or lacks the context. */
export function connectKubernetes(options: KubernetesOptions): KubernetesPort & { close(): Promise<void> } {
  const rest = openRest(loadKubeConfig(options.connection), options.requestDeadlineMs ?? 10_000);
  const place = {
    namespace: options.lease?.namespace ?? 'default',
    name: options.lease?.name ?? 'switchyard',
  };
  return {
    listFleetObjects: () => listFleetObjects(rest),
    listNodes: () => listNodes(rest),
    getNode: (name) => getNode(rest, name),
    getPod: (namespace, name) => getPod(rest, namespace, name),
    listPods: (query) => listPods(rest, query),
    getReplicas: (owner) => getReplicas(rest, owner),
    scaleStatefulSet: (set) => scaleStatefulSet(rest, set),
    changeNode: (node, change) => changeNode(rest, node, change),
    evict: (pod) => evict(rest, pod),
    holdLease: (lease) => holdLease(rest, place, options.clock, lease),
    dropLease: (lease) => dropLease(rest, place, options.clock, lease),
    close: () => rest.close(),
  };
}

function loadKubeConfig(connection: KubernetesConnection): KubeConfig {
  const kubeConfig = new KubeConfig();
  switch (connection.kind) {
    case 'kubeconfig':
      if (connection.file === undefined) kubeConfig.loadFromDefault();
      else kubeConfig.loadFromFile(connection.file);
      break;
    case 'kubeconfig-text':
      kubeConfig.loadFromString(connection.text);
      break;
    case 'in-cluster':
      kubeConfig.loadFromCluster();
      break;
    case 'server':
      // skipTLSVerify: the client library refuses http:// servers without it.
      kubeConfig.loadFromClusterAndUser(
        { name: 'server', server: connection.url, skipTLSVerify: connection.url.startsWith('http:') },
        { name: 'nobody' },
      );
  }
  if ('context' in connection && connection.context !== undefined) {
    if (kubeConfig.getContextObject(connection.context) === null) {
      throw new Error(`the kubeconfig has no context "${connection.context}"`);
    }
    kubeConfig.setCurrentContext(connection.context);
  }
  return kubeConfig;
}
