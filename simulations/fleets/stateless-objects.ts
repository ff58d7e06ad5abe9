/** Pods without a database as the planner's model: those of deployments and of DaemonSets. */
import type { DisruptionBudget, FleetNode, Owner, Pod, Requirement, Resources } from '../../planner/model.ts';
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

/** Returns the pods of a deployment, which a ReplicaSet brings back. */
export function deploymentPods({ name, requests, rule, pool, nodes }: DeploymentPlan): readonly Pod[] {
  const owner: Owner = { kind: 'ReplicaSet', name, uid: `set-${name}` };
  const labels = { app: name };
  const selector: readonly Requirement[] = [{ key: 'app', operator: 'In', values: [name] }];
  const spread = { maxSkew: 1, minDomains: 1, selector };
  const nodeTerms = nodeTermsOf(pool, false);
  const shared = {
    namespace,
    labels,
    owner,
    requests,
    nodeSelector: nothing,
    ...(nodeTerms === undefined ? {} : { nodeTerms }),
    volumeTerms: none,
    tolerations: pool === undefined ? none : poolTolerations,
    podAffinity: none,
    podAntiAffinity:
      rule === 'apart' ? [{ selector, namespaces, topologyKey: 'kubernetes.io/hostname' }] : none,
    spread:
      rule === 'spread-zones'
        ? [{ ...spread, topologyKey: 'topology.kubernetes.io/zone' }]
        : rule === 'spread-nodes'
          ? [{ ...spread, topologyKey: 'kubernetes.io/hostname' }]
          : none,
    phase: 'Running',
    ready: true,
    terminating: false,
  } as const;
  return nodes.map((node, number): Pod => {
    const key = `${namespace}/${name}-${number}`;
    return { key, name: `${name}-${number}`, uid: key, node, ...shared };
  });
}

/** Returns a budget that lets one pod of a deployment be away, said in one of the usual two ways. */
export function deploymentBudget(name: string, pods: number, asShare: boolean): DisruptionBudget {
  return {
    key: `${namespace}/${name}`,
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
    const owner: Owner = { kind: 'DaemonSet', name, uid: `set-${name}` };
    const shared = {
      namespace: daemonNamespace,
      labels: { app: name },
      owner,
      requests,
      nodeSelector: nothing,
      volumeTerms: none,
      tolerations: everything,
      podAffinity: none,
      podAntiAffinity: none,
      spread: none,
      phase: 'Running',
      ready: true,
      terminating: false,
    } as const;
    return nodes.map((node): Pod => {
      const key = `${daemonNamespace}/${name}-${node.name}`;
      return { key, name: `${name}-${node.name}`, uid: key, node: node.name, ...shared };
    });
  });
}
