/** One cluster of a generated fleet as the planner's model; what its members have in common is one object for all of them. */
import type {
  DatabaseCluster,
  DisruptionBudget,
  Member,
  NodeSelectorTerm,
  Owner,
  Pod,
  Requirement,
  Resources,
  Toleration,
} from '../../planner/model.ts';
import { flatText } from '../../planner/read/flat-text.ts';
import { poolName } from './draw-cells.ts';
import type { ClusterSketch } from './draw-clusters.ts';

export type ClusterPlan = {
  readonly sketch: ClusterSketch;
  readonly requests: Resources;
  /** By ordinal, as are the lists below. */
  readonly places: readonly { readonly node: string; readonly volumeTerms: Pod['volumeTerms'] }[];
  /** Ordinal of the primary. */
  readonly primary: number;
  readonly nofailover: readonly boolean[];
  readonly lags: readonly number[];
  readonly readyLabel: boolean;
};

/** The strings that name a member, each made once. */
type MemberName = { readonly cluster: string; readonly name: string; readonly key: string };

export const databaseNamespace = 'default';

const none: readonly never[] = [];
const nothing = {};
const namespaces = [databaseNamespace];
const ready: Requirement = { key: 'lifecycle-status', operator: 'In', values: ['ready'] };
const dedicated: Requirement = { key: 'node.example.org/pool', operator: 'In', values: [poolName] };
/** Operators give every pod of a pool both: the taint keeps others out, the label keeps it in. */
export const poolTolerations: readonly Toleration[] = [
  { key: 'dedicated', operator: 'Equal', value: poolName, effect: 'NoSchedule' },
];
const ofPrimary: Requirement = { key: 'spilo-role', operator: 'In', values: ['master'] };
const overZones = { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 1, minDomains: 1 };
const readyTerms: readonly NodeSelectorTerm[] = [{ labels: [ready], fields: none }];
const poolTerms: readonly NodeSelectorTerm[] = [{ labels: [dedicated], fields: none }];
const readyPoolTerms: readonly NodeSelectorTerm[] = [{ labels: [ready, dedicated], fields: none }];

/** Returns the pods of the members, the cluster, and the budget of its primary. */
export function clusterObjects(plan: ClusterPlan): {
  readonly pods: readonly Pod[];
  readonly cluster: DatabaseCluster;
  readonly budget: DisruptionBudget;
} {
  const { sketch, places, primary, nofailover } = plan;
  const { name: scope } = sketch;
  const cluster = flatText(databaseNamespace, '/', scope);
  const names = places.map((_, ordinal) => {
    const name = flatText(scope, '-', ordinal);
    return { cluster, name, key: flatText(databaseNamespace, '/', name) };
  });
  const ofCluster: Requirement = { key: 'cluster-name', operator: 'In', values: [scope] };
  const able = places.map((_, ordinal) => ordinal !== primary && nofailover[ordinal] !== true);
  const standby = sketch.synchronous === 'off' ? -1 : able.indexOf(true);
  const leader = names[primary]?.name ?? '';
  return {
    pods: memberPods(plan, names, ofCluster),
    cluster: {
      key: cluster,
      namespace: databaseNamespace,
      scope,
      members: names.map((name, ordinal) => memberOf(plan, name, ordinal, ordinal === standby)),
      primary: leader,
      claimants: [leader],
      paused: false,
      synchronous: standby < 0 ? 'off' : sketch.synchronous,
      maximumLagBytes: 33_554_432,
    },
    budget: budgetOf(scope, ofCluster, able.includes(true)),
  };
}

/** Returns the node affinity of pods that belong to a pool, or to no pool, of nodes. */
export function nodeTermsOf(
  pool: string | undefined,
  readyLabel: boolean,
): readonly NodeSelectorTerm[] | undefined {
  if (pool === undefined) return readyLabel ? readyTerms : undefined;
  return readyLabel ? readyPoolTerms : poolTerms;
}

/** Written out field by field: with a third of a million of them, the layout of the objects is what counts. */
function memberPods(plan: ClusterPlan, names: readonly MemberName[], apart: Requirement): readonly Pod[] {
  const { sketch, requests, places, primary, readyLabel } = plan;
  const { name, rule, pool, volumeBytes } = sketch;
  const uid = flatText('set-', name);
  const owner: Owner = { kind: 'StatefulSet', name, uid, orderedReady: sketch.orderedReady };
  const selector = [apart];
  const asReplica = { application: 'spilo', 'cluster-name': name, 'spilo-role': 'replica' };
  const nodeTerms = nodeTermsOf(pool, readyLabel);
  const podAntiAffinity =
    rule === 'preferred' ? none : [{ selector, namespaces, topologyKey: 'kubernetes.io/hostname' }];
  const spread = rule === 'spread' ? [{ ...overZones, selector }] : none;
  return names.map((member, ordinal): Pod => {
    const pod: Pod = {
      key: member.key,
      namespace: databaseNamespace,
      name: member.name,
      uid: member.key,
      labels: ordinal === primary ? { ...asReplica, 'spilo-role': 'master' } : asReplica,
      node: places[ordinal]?.node ?? '',
      owner,
      requests,
      nodeSelector: nothing,
      volumeTerms: places[ordinal]?.volumeTerms ?? none,
      volumeBytes,
      tolerations: pool === undefined ? none : poolTolerations,
      podAffinity: none,
      podAntiAffinity,
      spread,
      phase: 'Running',
      ready: true,
      terminating: false,
      cluster: member.cluster,
    };
    return nodeTerms === undefined ? pod : { ...pod, nodeTerms };
  });
}

function memberOf(plan: ClusterPlan, { name, key }: MemberName, ordinal: number, sync: boolean): Member {
  const nofailover = plan.nofailover[ordinal] === true;
  return ordinal === plan.primary
    ? { name, pod: key, role: 'primary', state: 'running', timeline: 1, nofailover }
    : {
        name,
        pod: key,
        role: sync ? 'sync-standby' : 'replica',
        state: 'streaming',
        lagBytes: plan.lags[ordinal] ?? 0,
        timeline: 1,
        nofailover,
      };
}

/** As Zalando's operator makes them. Where nobody can take over it would forbid every drain: there somebody has opened it. */
function budgetOf(scope: string, ofCluster: Requirement, able: boolean): DisruptionBudget {
  const name = flatText('postgres-', scope, '-pdb');
  return {
    key: flatText(databaseNamespace, '/', name),
    namespace: databaseNamespace,
    name,
    selector: [ofCluster, ofPrimary],
    minAvailable: able ? 1 : 0,
    alwaysAllowUnhealthy: false,
    disruptionsAllowed: able ? 0 : 1,
    currentHealthy: 1,
    desiredHealthy: able ? 1 : 0,
    expectedPods: 1,
  };
}
