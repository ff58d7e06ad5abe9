/**
 * A fleet and a request as a puzzle small enough to try everything: numbers instead of names, and only what the moves of a
 * plan depend on. Read from the nouns of planner/model.ts and planner/plan.ts alone, by code of its own, so that a
 * misreading in the planner's reading, rules or search shows as a difference.
 */
import type { DatabaseCluster, DisruptionBudget, Fleet, Pod } from '../../planner/model.ts';
import type { DrainRequest } from '../../planner/plan.ts';

/** `closed`: was to be emptied and is refused; nothing leaves it and nothing is put there. */
export type NodeRole = 'kept' | 'drained' | 'closed';

export type PuzzleNode = {
  readonly name: string;
  readonly zone: number;
  readonly role: NodeRole;
  /** What the pods that never move leave free, by resource. */
  readonly room: readonly number[];
};

/** What a node of a zone may be replaced by. */
export type PuzzleSize = { readonly zone: number; readonly room: readonly number[] };

export type PuzzlePod = {
  readonly key: string;
  readonly asks: readonly number[];
  /** Undefined: a temporary member that does not exist yet. */
  readonly start: number | undefined;
  /** Undefined: its volume, if any, may be in every zone. */
  readonly zone: number | undefined;
  /** Undefined: no member. */
  readonly cluster: number | undefined;
  /** Whether it may take over as primary. */
  readonly able: boolean;
  /** Whether required anti-affinity keeps it off nodes with another member of its cluster. */
  readonly apart: boolean;
};

/** What becomes of a primary that nobody can succeed; `stays`: its node is refused. */
export type LonePrimary = 'restart' | 'scale-out' | 'stays';

export type PuzzleCluster = {
  readonly key: string;
  readonly weight: number;
  readonly members: readonly number[];
  readonly primary: number;
  readonly lonePrimary: LonePrimary;
  /** Pod of its temporary member, where it may get one. */
  readonly temporary: number | undefined;
  /** Whether the primary may be taken away for good: a StatefulSet gives up only its first pod and its last. */
  readonly primaryMayGo: boolean;
};

export type Puzzle = {
  readonly surge: readonly number[];
  readonly surgeTotal: number;
  readonly newNodesMax: readonly number[];
  readonly nodes: readonly PuzzleNode[];
  readonly sizes: readonly PuzzleSize[];
  readonly pods: readonly PuzzlePod[];
  readonly clusters: readonly PuzzleCluster[];
  readonly parking: boolean;
  readonly wholeNodes: boolean;
};

/** Names of the nodes a request asks to empty; a selector may only be a list of `key=value`. */
export function askedFor(fleet: Fleet, { nodes }: DrainRequest): readonly string[] {
  const pairs = nodes.selector?.split(',').map((pair) => pair.split('='));
  const picked = fleet.nodes.filter(
    ({ name, labels }) =>
      nodes.names?.includes(name) || pairs?.every(([key = '', value]) => labels[key] === value),
  );
  return picked.map(({ name }) => name);
}

/** Names of the nodes that must be refused whatever the order: a primary on them that nobody can succeed has to stay. */
export function refusedAnyway(fleet: Fleet, request: DrainRequest): readonly string[] {
  const asked = new Set(askedFor(fleet, request));
  const names = fleet.clusters.flatMap((cluster) => {
    const primary = podNamed(fleet, cluster, cluster.primary);
    const stays = lonePrimary(fleet, request, cluster) === 'stays' && !canBeSucceeded(cluster, request);
    return primary.node !== undefined && asked.has(primary.node) && stays ? [primary.node] : [];
  });
  return [...new Set(names)].sort();
}

/** The puzzle of emptying `drained` while `closed` are left alone. Throws on a fleet with something it knows nothing about. */
export function readPuzzle(
  fleet: Fleet,
  request: DrainRequest,
  drained: ReadonlySet<string>,
  closed: ReadonlySet<string>,
): Puzzle {
  assertUnderstood(fleet);
  const zones = [...fleet.zones];
  const resources = [...new Set(fleet.pods.flatMap((pod) => Object.keys(pod.requests)))].sort();
  const vector = (amounts: Readonly<Record<string, number>>) => resources.map((name) => amounts[name] ?? 0);
  const staying = fleet.pods.filter(staysForever);
  const nodes = fleet.nodes.map((node): PuzzleNode => {
    const room = vector(node.allocatable);
    for (const pod of staying) if (pod.node === node.name) subtract(room, vector(pod.requests));
    const role = drained.has(node.name) ? 'drained' : closed.has(node.name) ? 'closed' : 'kept';
    return { name: node.name, zone: zones.indexOf(node.zone), role, room };
  });
  const moving = fleet.pods.filter((pod) => !staysForever(pod));
  const index = new Map(moving.map((pod, place) => [pod.key, place]));
  const pods = moving.map((pod) => readPod(fleet, request, pod, vector));
  const clusters = fleet.clusters.map((cluster): PuzzleCluster => {
    const lone = lonePrimary(fleet, request, cluster);
    const primary = index.get(podNamed(fleet, cluster, cluster.primary).key) ?? -1;
    const model = pods[primary];
    const wanted = model !== undefined && lone === 'scale-out' && !canBeSucceeded(cluster, request);
    return {
      key: cluster.key,
      weight: request.clusters?.[cluster.key]?.weight ?? 1,
      members: cluster.members.map((member) => index.get(member.pod) ?? -1),
      primary,
      lonePrimary: lone,
      primaryMayGo: isFirst(cluster),
      temporary: wanted
        ? pods.push({
            ...model,
            key: `temporary ${cluster.key}`,
            start: undefined,
            zone: undefined,
            able: true,
          }) - 1
        : undefined,
    };
  });
  const { perZone = {}, default: otherwise = 1, total = null } = request.surge ?? {};
  const newMax = request.limits?.maxNewNodesPerZone ?? null;
  return withoutIdleResources({
    surge: zones.map((zone) => perZone[zone] ?? otherwise),
    surgeTotal: total ?? Number.POSITIVE_INFINITY,
    newNodesMax: zones.map((zone) =>
      newMax === null
        ? Number.POSITIVE_INFINITY
        : typeof newMax === 'number'
          ? newMax
          : (newMax[zone] ?? Number.POSITIVE_INFINITY),
    ),
    nodes,
    sizes: readSizes(fleet, request, drained, vector),
    pods,
    clusters,
    // A cordon cannot be lifted for one pod only, and whole nodes are emptied without detours.
    parking: (request.parking ?? true) && request.mode !== 'whole-nodes' && request.hold !== 'cordon',
    wholeNodes: request.mode === 'whole-nodes',
  });
}

function readPod(
  fleet: Fleet,
  request: DrainRequest,
  pod: Pod,
  vector: (amounts: Readonly<Record<string, number>>) => number[],
): PuzzlePod {
  const node = fleet.nodes.findIndex(({ name }) => name === pod.node);
  const cluster = fleet.clusters.findIndex(({ key }) => key === pod.cluster);
  const member = fleet.clusters[cluster]?.members.find((each) => each.pod === pod.key);
  const mayChange = request.clusters?.[pod.cluster ?? '']?.switchover !== 'never';
  return {
    key: pod.key,
    asks: vector(pod.requests),
    start: node,
    zone: pod.volumeTerms.length === 0 ? undefined : fleet.zones.indexOf(fleet.nodes[node]?.zone ?? ''),
    cluster: cluster < 0 ? undefined : cluster,
    able: member !== undefined && mayChange && !neverLeads(member),
    apart: pod.podAntiAffinity.length > 0,
  };
}

/** New nodes are like one of the nodes emptied, but for what the request says, less the room of the zone's DaemonSets. */
function readSizes(
  fleet: Fleet,
  request: DrainRequest,
  drained: ReadonlySet<string>,
  vector: (amounts: Readonly<Record<string, number>>) => number[],
): readonly PuzzleSize[] {
  const sizes = new Map<string, PuzzleSize>();
  for (const node of fleet.nodes.filter(({ name }) => drained.has(name))) {
    const { cpu, memory, pods } = request.replacement ?? {};
    const room = vector({
      ...node.allocatable,
      ...(cpu === undefined ? {} : { cpu: Number(cpu) * 1000 }),
      ...(memory === undefined ? {} : { memory: Number.parseInt(memory, 10) * 1024 ** 3 }),
      ...(pods === undefined ? {} : { pods }),
    });
    subtract(room, daemonsOf(fleet, node.zone, vector));
    const zone = fleet.zones.indexOf(node.zone);
    sizes.set(`${zone} ${room.join()}`, { zone, room });
  }
  return [...sizes.values()];
}

function daemonsOf(
  fleet: Fleet,
  zone: string,
  vector: (amounts: Readonly<Record<string, number>>) => number[],
): readonly number[] {
  const names = fleet.nodes.filter((node) => node.zone === zone).map(({ name }) => name);
  const sum = vector({});
  const owners = new Map<string, Pod[]>();
  for (const pod of fleet.pods) {
    if (pod.owner.kind !== 'DaemonSet' || !names.includes(pod.node ?? '')) continue;
    owners.set(pod.owner.uid, [...(owners.get(pod.owner.uid) ?? []), pod]);
  }
  for (const daemons of owners.values()) {
    const [first] = daemons;
    if (first !== undefined && daemons.length === names.length) subtract(sum, vector(first.requests));
  }
  return sum.map((amount) => -amount);
}

function isFirst({ members, primary }: DatabaseCluster): boolean {
  const [first] = members.map(({ name }) => Number(name.split('-').at(-1))).sort((a, b) => a - b);
  return Number(primary?.split('-').at(-1)) === first;
}

function lonePrimary(fleet: Fleet, request: DrainRequest, cluster: DatabaseCluster): LonePrimary {
  const own = request.clusters?.[cluster.key];
  const chosen = own?.singleMember ?? request.singleMember ?? 'restart';
  if (chosen === 'skip') return 'stays';
  // A temporary member takes over by a switchover, which is what "never" forbids.
  if (chosen === 'scale-out') return own?.switchover === 'never' ? 'stays' : 'scale-out';
  const { labels, namespace } = podNamed(fleet, cluster, cluster.primary);
  const budgets = fleet.budgets.filter(
    (budget) => budget.namespace === namespace && selects(budget.selector, labels),
  );
  const allowed = budgets.map((budget) => {
    const pods = fleet.pods.filter(
      (pod) => pod.namespace === namespace && selects(budget.selector, pod.labels),
    );
    return pods.length - Number(budget.minAvailable ?? pods.length - Number(budget.maxUnavailable ?? 0));
  });
  // The eviction API evicts no pod under two budgets.
  return allowed.length > 1 || allowed.some((count) => count < 1) ? 'stays' : 'restart';
}

function canBeSucceeded(cluster: DatabaseCluster, request: DrainRequest): boolean {
  const mayChange = request.clusters?.[cluster.key]?.switchover !== 'never';
  return (
    mayChange && cluster.members.some((member) => member.name !== cluster.primary && !neverLeads(member))
  );
}

function neverLeads(member: DatabaseCluster['members'][number]): boolean {
  return member.nofailover || member.failoverPriority === 0;
}

function selects(selector: DisruptionBudget['selector'], labels: Readonly<Record<string, string>>): boolean {
  return (selector ?? []).every(({ key, values }) => values.includes(labels[key] ?? ''));
}

function podNamed(fleet: Fleet, cluster: DatabaseCluster, member: string | undefined): Pod {
  const key = cluster.members.find(({ name }) => name === member)?.pod;
  const found = fleet.pods.find((pod) => pod.key === key);
  if (found === undefined) throw new Error(`${cluster.key} has no primary with a pod`);
  return found;
}

function staysForever(pod: Pod): boolean {
  return pod.owner.kind === 'DaemonSet' || pod.owner.kind === 'mirror';
}

function subtract(from: number[], amounts: readonly number[]): void {
  amounts.forEach((amount, index) => {
    from[index] = (from[index] ?? 0) - amount;
  });
}

/** Leaves out every resource that can never run short: all pods together find room on the smallest node. */
function withoutIdleResources(puzzle: Puzzle): Puzzle {
  const rooms = [...puzzle.nodes, ...puzzle.sizes].map(({ room }) => room);
  const scarce = (puzzle.pods[0]?.asks ?? []).map((_, index) => {
    const all = puzzle.pods.reduce((sum, pod) => sum + (pod.asks[index] ?? 0), 0);
    return rooms.some((room) => (room[index] ?? 0) < all);
  });
  const only = (amounts: readonly number[]) => amounts.filter((_, index) => scarce[index]);
  return {
    ...puzzle,
    nodes: puzzle.nodes.map((node) => ({ ...node, room: only(node.room) })),
    sizes: puzzle.sizes.map((size) => ({ ...size, room: only(size.room) })),
    pods: puzzle.pods.map((pod) => ({ ...pod, asks: only(pod.asks) })),
  };
}

/** What would need a rule that this puzzle does not have. */
function assertUnderstood(fleet: Fleet): void {
  for (const pod of fleet.pods) {
    if (pod.spread.length > 0 || pod.podAffinity.length > 0)
      throw new Error(`${pod.key} is beyond this puzzle`);
    if (pod.podAntiAffinity.length > 0 && pod.cluster === undefined)
      throw new Error(`${pod.key} keeps apart from pods that are no members`);
    if (!staysForever(pod) && !pod.ready) throw new Error(`${pod.key} is not ready`);
  }
  for (const cluster of fleet.clusters) {
    if (cluster.paused || cluster.synchronous !== 'off' || cluster.claimants.length !== 1)
      throw new Error(`${cluster.key} is in a state beyond this puzzle`);
  }
  for (const node of fleet.nodes)
    if (node.unschedulable || !node.ready) throw new Error(`${node.name} takes no pods`);
}
