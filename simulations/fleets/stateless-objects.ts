/** Pods without a database as the planner's model: those of deployments and of DaemonSets. */
import type { DisruptionBudget, FleetNode, Pod, Requirement, Resources } from '../../planner/model.ts';
import { flatText } from '../../planner/read/flat-text.ts';
import { nodeTermsOf, poolTolerations } from './cluster-objects.ts';
import { daemons } from './draw-cells.ts';

/** What a deployment asks of the scheduler for its pods. */
export type Rule = 'apart' | 'spread-zones' | 'spread-nodes' | 'none';

export type DeploymentPlan = {
  readonly name: string;
  readonly requests: Resources;
  readonly rule: Rule;
  readonly pool: string | undefined;
  /** Of each pod. */
  readonly nodes: readonly string[];
};

const namespace = 'apps';
const daemonNamespace = 'kube-system';
const none: readonly never[] = [];
const nothing = {};
const namespaces = [namespace];
const everything: Pod['tolerations'] = [{ operator: 'Exists', value: '' }];

/** What pods without a database have in common where one thing makes them. */
type Workload = Pick<
  Pod,
  'namespace' | 'labels' | 'owner' | 'requests' | 'tolerations' | 'podAntiAffinity' | 'spread'
>;

/** Returns the pods of a deployment, which a ReplicaSet brings back. */
export function deploymentPods({ name, requests, rule, pool, nodes }: DeploymentPlan): readonly Pod[] {
  const selector: readonly Requirement[] = [{ key: 'app', operator: 'In', values: [name] }];
  const spread = { maxSkew: 1, minDomains: 1, selector };
  const workload: Workload = {
    namespace,
    labels: { app: name },
    owner: { kind: 'ReplicaSet', name, uid: flatText('set-', name) },
    requests,
    tolerations: pool === undefined ? none : poolTolerations,
    podAntiAffinity:
      rule === 'apart' ? [{ selector, namespaces, topologyKey: 'kubernetes.io/hostname' }] : none,
    spread:
      rule === 'spread-zones'
        ? [{ ...spread, topologyKey: 'topology.kubernetes.io/zone' }]
        : rule === 'spread-nodes'
          ? [{ ...spread, topologyKey: 'kubernetes.io/hostname' }]
          : none,
  };
  const nodeTerms = nodeTermsOf(pool, false);
  return nodes.map((node, number): Pod => {
    const pod = podOf(workload, flatText(name, '-', number), node);
    return nodeTerms === undefined ? pod : { ...pod, nodeTerms };
  });
}

/** Written out field by field, as the members of clusters are. */
function podOf(workload: Workload, name: string, node: string): Pod {
  const key = flatText(workload.namespace, '/', name);
  return {
    key,
    namespace: workload.namespace,
    name,
    uid: key,
    labels: workload.labels,
    node,
    owner: workload.owner,
    requests: workload.requests,
    nodeSelector: nothing,
    volumeTerms: none,
    tolerations: workload.tolerations,
    podAffinity: none,
    podAntiAffinity: workload.podAntiAffinity,
    spread: workload.spread,
    phase: 'Running',
    ready: true,
    terminating: false,
  };
}

/** Returns a budget that lets one pod of a deployment be away, said in one of the usual two ways. */
export function deploymentBudget(name: string, pods: number, asShare: boolean): DisruptionBudget {
  return {
    key: flatText(namespace, '/', name),
    namespace,
    name,
    selector: [{ key: 'app', operator: 'In', values: [name] }],
    // A quarter of up to four pods is one, of up to six two: percentages are rounded up.
    ...(asShare ? { maxUnavailable: '25%' as const } : { minAvailable: pods - 1 }),
    alwaysAllowUnhealthy: false,
    currentHealthy: pods,
    expectedPods: pods,
  };
}

/** Returns the pods that each node has. */
export function daemonPods(nodes: readonly FleetNode[]): readonly Pod[] {
  return daemons.flatMap(({ name, requests }) => {
    const workload: Workload = {
      namespace: daemonNamespace,
      labels: { app: name },
      owner: { kind: 'DaemonSet', name, uid: flatText('set-', name) },
      requests,
      tolerations: everything,
      podAntiAffinity: none,
      spread: none,
    };
    return nodes.map((node) => podOf(workload, flatText(name, '-', node.name), node.name));
  });
}
