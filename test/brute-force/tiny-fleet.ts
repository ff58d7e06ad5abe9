/**
 * Tiny fleets from a seed, each small enough to be solved by trying everything: up to nine pods on up to four nodes in up to
 * three zones, and every wish a request can have that changes what a plan may do.
 */
import type {
  DatabaseCluster,
  DisruptionBudget,
  Fleet,
  FleetNode,
  Member,
  Owner,
  Pod,
  Requirement,
} from '../../planner/model.ts';
import { sortedBy } from '../../planner/order.ts';
import type { DrainRequest, SingleMember } from '../../planner/plan.ts';
import { createRandom } from '../../simulations/world/random.ts';

export type TinyCase = { readonly fleet: Fleet; readonly request: DrainRequest };

type Chance = {
  /** A whole number from 0 to `limit` - 1. */
  readonly below: (limit: number) => number;
  readonly percent: (share: number) => boolean;
};

/** Pods that still find room are placed here; nodes are filled to at most their size. */
type Draft = {
  readonly chance: Chance;
  readonly nodes: readonly FleetNode[];
  readonly free: Map<string, number>;
  readonly pods: Pod[];
  readonly clusters: DatabaseCluster[];
  readonly budgets: DisruptionBudget[];
  podsLeft: number;
};

/**
 * `one-for-all`: little room, every node goes, one extra node for the region: clusters whose wishes for the order go round in a
 * circle pay twice. `any`: whatever there is.
 */
type Shape = 'one-for-all' | 'any';

const core = 1000;
const podsMax = 9;

/** Returns the fleet and request of a seed; the same ones every time. */
export function tinyCase(seed: number): TinyCase {
  const random = createRandom(seed).fork('tiny fleet');
  const chance: Chance = {
    below: (limit) => random.between(0, limit - 1),
    percent: (share) => random.next() * 100 < share,
  };
  const shape: Shape = chance.percent(30) ? 'one-for-all' : 'any';
  const zones = ['z1', 'z2', 'z3'].slice(0, shape === 'any' ? 1 + chance.below(3) : 2 + chance.below(2));
  const nodes = placeNodes(zones, chance);
  const draft: Draft = {
    chance,
    nodes,
    free: new Map(nodes.map((node) => [node.name, (node.allocatable.cpu ?? 0) / core])),
    pods: [],
    clusters: [],
    budgets: [],
    podsLeft: shape === 'any' ? 3 + chance.below(podsMax - 2) : podsMax - chance.below(3),
  };
  const daemons = chance.percent(20);
  if (daemons) for (const node of nodes) putDaemon(draft, node);
  for (let tries = 0; tries < 5 && draft.podsLeft > 0; tries += 1) {
    if (draft.clusters.length > 0 && shape === 'any' && chance.percent(30)) putOther(draft);
    else putCluster(draft);
  }
  const fleet: Fleet = {
    zones,
    nodes: sortedBy(nodes, (node) => node.name),
    pods: sortedBy(draft.pods, (pod) => pod.key),
    clusters: sortedBy(draft.clusters, (cluster) => cluster.key),
    budgets: sortedBy(draft.budgets, (budget) => budget.key),
  };
  return { fleet, request: requestFor(fleet, shape, chance) };
}

/** Whether every zone may always have an extra node: then no cluster has to pay for another. */
export function hasFullSurge({ fleet, request }: TinyCase): boolean {
  const { perZone = {}, default: otherwise = 1, total = null } = request.surge ?? {};
  const limited = (request.limits?.maxNewNodesPerZone ?? null) !== null;
  return total === null && !limited && fleet.zones.every((zone) => (perZone[zone] ?? otherwise) >= 1);
}

function placeNodes(zones: readonly string[], chance: Chance): readonly FleetNode[] {
  const extra = chance.below(5 - zones.length);
  const where = [...zones, ...Array.from({ length: extra }, () => zones[chance.below(zones.length)] ?? '')];
  const alike = chance.percent(50);
  const size = 2 + chance.below(4);
  return where.map((zone, index): FleetNode => {
    const name = `n${index + 1}`;
    return {
      name,
      zone,
      labels: { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': zone },
      taints: [],
      unschedulable: false,
      ready: true,
      allocatable: { cpu: core * (alike ? size : 2 + chance.below(4)), memory: 64 * 1024 ** 3, pods: 110 },
    };
  });
}

function podOn(node: FleetNode, name: string, owner: Owner, cores: number, pinned: boolean): Pod {
  const zonal: Requirement = { key: 'topology.kubernetes.io/zone', operator: 'In', values: [node.zone] };
  return {
    key: `default/${name}`,
    namespace: 'default',
    name,
    uid: `uid-${name}`,
    labels: {},
    node: node.name,
    owner,
    requests: { cpu: cores * core, memory: 1024 ** 3, pods: 1 },
    nodeSelector: {},
    volumeTerms: pinned ? [[{ labels: [zonal], fields: [] }]] : [],
    tolerations: [],
    podAffinity: [],
    podAntiAffinity: [],
    spread: [],
    phase: 'Running',
    ready: true,
    terminating: false,
  };
}

function putDaemon(draft: Draft, node: FleetNode): void {
  const owner: Owner = { kind: 'DaemonSet', name: 'agent', uid: 'agent' };
  draft.pods.push(podOn(node, `agent-${node.name}`, owner, 0.5, false));
  draft.free.set(node.name, (draft.free.get(node.name) ?? 0) - 0.5);
}

/** Takes room on a node that has it, or returns undefined. */
function takeRoom(draft: Draft, cores: number, except: ReadonlySet<string>): FleetNode | undefined {
  const open = draft.nodes.filter(({ name }) => (draft.free.get(name) ?? 0) >= cores && !except.has(name));
  const node = open[draft.chance.below(Math.max(1, open.length))];
  if (node === undefined) return undefined;
  draft.free.set(node.name, (draft.free.get(node.name) ?? 0) - cores);
  draft.podsLeft -= 1;
  return node;
}

function putOther(draft: Draft): void {
  const { chance } = draft;
  const cores = 1 + chance.below(2);
  const node = takeRoom(draft, cores, new Set());
  if (node === undefined) return;
  const name = `other-${draft.pods.length}`;
  const pinned = chance.percent(70);
  const owner: Owner = pinned
    ? { kind: 'StatefulSet', name, uid: `set-${name}`, orderedReady: chance.percent(50) }
    : { kind: 'ReplicaSet', name, uid: `set-${name}` };
  draft.pods.push(podOn(node, name, owner, cores, pinned));
}

const inLabel = (key: string, value: string): Requirement => ({ key, operator: 'In', values: [value] });

function putCluster(draft: Draft): void {
  const { chance } = draft;
  const scope = `acid-${'abcde'.charAt(draft.clusters.length)}`;
  const wanted = Math.min(draft.podsLeft, chance.percent(15) ? 1 : 2 + chance.below(2));
  const apart = chance.percent(60);
  const owner: Owner = {
    kind: 'StatefulSet',
    name: scope,
    uid: `set-${scope}`,
    orderedReady: chance.percent(30),
  };
  const cores = 1 + (chance.percent(30) ? 1 : 0);
  const pods: Pod[] = [];
  const taken = new Set<string>();
  for (let index = 0; index < wanted; index += 1) {
    // A rule that came later than the pods may find two of them on one node.
    const node = takeRoom(draft, cores, apart && chance.percent(95) ? taken : new Set());
    if (node === undefined) break;
    taken.add(node.name);
    const selector = [inLabel('cluster-name', scope)];
    pods.push({
      ...podOn(node, `${scope}-${index}`, owner, cores, true),
      labels: { 'cluster-name': scope, 'spilo-role': 'replica' },
      podAntiAffinity: apart
        ? [{ selector, namespaces: ['default'], topologyKey: 'kubernetes.io/hostname' }]
        : [],
      cluster: `default/${scope}`,
    });
  }
  if (pods.length === 0) return;
  const first = chance.below(pods.length);
  const noneAble = chance.percent(8);
  const members = pods.map((pod, index): Member => {
    const nofailover = index === first ? chance.percent(4) : noneAble || chance.percent(12);
    const role = index === first ? 'primary' : 'replica';
    const behind = index === first ? {} : { lagBytes: 0 };
    return { name: pod.name, pod: pod.key, role, state: 'running', ...behind, timeline: 1, nofailover };
  });
  draft.pods.push(
    ...pods.map((pod, index) =>
      index === first ? { ...pod, labels: { ...pod.labels, 'spilo-role': 'master' } } : pod,
    ),
  );
  const primary = pods[first]?.name ?? '';
  draft.clusters.push({
    key: `default/${scope}`,
    namespace: 'default',
    scope,
    members,
    primary,
    claimants: [primary],
    paused: false,
    synchronous: 'off',
    maximumLagBytes: 1_048_576,
  });
  // The usual budget forbids every eviction of the primary; where nobody can succeed it, most fleets have one that does not.
  const lone = !members.some((member) => member.name !== primary && !member.nofailover);
  const least = lone && chance.percent(85) ? 0 : 1;
  draft.budgets.push({
    key: `default/${scope}`,
    namespace: 'default',
    name: scope,
    selector: [inLabel('cluster-name', scope), inLabel('spilo-role', 'master')],
    minAvailable: least,
    alwaysAllowUnhealthy: false,
  });
}

function requestFor(fleet: Fleet, shape: Shape, chance: Chance): DrainRequest {
  const keep = shape === 'any' && chance.percent(40) ? 35 : 0;
  const drained = fleet.nodes.filter(() => !chance.percent(keep)).map((node) => node.name);
  const names = drained.length > 0 ? drained : fleet.nodes.slice(0, 1).map((node) => node.name);
  const replaced = chance.percent(35) ? { replacement: { cpu: String(2 + chance.below(5)) } } : {};
  return {
    apiVersion: 'switchyard.dev/v1',
    kind: 'DrainRequest',
    nodes: { names },
    ...surgeFor(fleet, shape, chance),
    ...replaced,
    mode: chance.percent(shape === 'any' ? 15 : 8) ? 'whole-nodes' : 'pods',
    hold: chance.percent(10) ? 'cordon' : 'fence',
    parking: !chance.percent(20),
    clusters: clusterWishes(fleet, chance),
  };
}

function surgeFor(fleet: Fleet, shape: Shape, chance: Chance): Pick<DrainRequest, 'surge' | 'limits'> {
  const parallelDrainsPerZone = 1 + chance.below(3);
  if (shape === 'one-for-all')
    return { surge: { default: 1, total: chance.percent(85) ? 1 : 0 }, limits: { parallelDrainsPerZone } };
  const full = chance.percent(60);
  const some = () => 1 + (chance.percent(25) ? 1 : 0);
  const perZone = Object.fromEntries(
    fleet.zones.map((zone) => [zone, full || chance.percent(65) ? some() : 0]),
  );
  const total = full || chance.percent(60) ? null : 1 + chance.below(2);
  const maxNewNodesPerZone = !full && chance.percent(15) ? 1 + chance.below(2) : null;
  return { surge: { perZone, total }, limits: { parallelDrainsPerZone, maxNewNodesPerZone } };
}

function clusterWishes(fleet: Fleet, chance: Chance): NonNullable<DrainRequest['clusters']> {
  const single: readonly SingleMember[] = ['restart', 'restart', 'scale-out', 'scale-out', 'skip'];
  const weighted = chance.percent(50);
  return Object.fromEntries(
    fleet.clusters.map((cluster) => [
      cluster.key,
      {
        weight: weighted ? 1 + chance.below(5) : 1,
        singleMember: single[chance.below(single.length)] ?? 'restart',
        ...(chance.percent(6) ? { switchover: 'never' as const } : {}),
      },
    ]),
  );
}
