/**
 * Large fleets from a seed, as the objects that kubectl prints: what benches plan and searches for mistakes are fed with.
 * Nodes of three sizes in zones, clusters of one to five members spread over the zones, stateless pods, a DaemonSet, budgets.
 */
import type { DrainRequest } from '../planner/plan.ts';
import { generatedCluster } from './generated-cluster.ts';
import {
  budget,
  container,
  type FleetObject,
  node,
  owner,
  runningPod,
  uidOf,
} from './scenarios/build-fleet.ts';
import { createRandom, type Random } from './world/random.ts';

export type FleetWanted = {
  readonly seed: number;
  readonly nodes: number;
  /** Default: 3. */
  readonly zones?: number;
  /** Default: 10 for each node, which with stateless and daemon pods makes about 32 pods a node. */
  readonly clusters?: number;
  /** Share of the CPU of all nodes that pods ask for, 0 to 1. Default: 0.7. */
  readonly utilisation?: number;
  /** Share of the nodes that the request drains, 0 to 1. Default: all of them. */
  readonly drained?: number;
};

export type GeneratedFleet = {
  readonly list: {
    readonly apiVersion: 'v1';
    readonly kind: 'List';
    readonly items: readonly FleetObject[];
  };
  readonly request: DrainRequest;
};

/** A node while the fleet is dealt out. */
type Bin = {
  readonly name: string;
  readonly zone: string;
  readonly milliCpu: number;
  readonly drained: boolean;
  used: number;
};

type Sketch = {
  readonly name: string;
  /** CPU of one member, in parts of a unit that is fixed when all are drawn. */
  readonly parts: number;
  readonly members: number;
};

/** Beyond this many candidates a worst fit hardly spreads loads better. */
const nodesLookedAt = 8;
const daemonMilliCpu = 100;
const webPodsEach = 4;

/**
 * Returns the fleet and drain of a seed: the same ones every time. A pod for which no node has room is left out, so that
 * very high utilisations are met almost and never exceeded on any node. Throws RangeError on counts that make no fleet.
 */
export function generateFleet(wanted: FleetWanted): GeneratedFleet {
  const { seed, nodes, zones = 3, clusters = nodes * 10, utilisation = 0.7, drained = 1 } = wanted;
  if (zones < 1 || nodes < zones) throw new RangeError(`${nodes} nodes in ${zones} zones`);
  if (!(utilisation > 0 && utilisation <= 1)) throw new RangeError(`utilisation ${utilisation}`);
  const random = createRandom(seed);
  const bins = drawNodes(random.fork('nodes'), nodes, zones, drained);
  const sketches = drawClusters(random.fork('clusters'), clusters);
  const webs = Math.floor(nodes / 10) * 3;
  const capacity = bins.reduce((sum, bin) => sum + bin.milliCpu, 0) * utilisation - nodes * daemonMilliCpu;
  const parts = sketches.reduce((sum, { parts: each, members }) => sum + each * members, webs * webPodsEach);
  // Requests are written in tens of millicores, as people do.
  const unit = Math.max(10, Math.floor(capacity / parts / 10) * 10);
  const zonesOfBins = Map.groupBy(bins, (bin) => bin.zone);
  const byZone = [...zonesOfBins.values()];
  const items = [
    ...bins.flatMap(nodeObjects),
    ...daemonPods(bins),
    ...placeClusters(random.fork('places'), sketches, byZone, unit),
    ...placeWebs(random.fork('webs'), webs, byZone, unit),
  ];
  return {
    list: { apiVersion: 'v1', kind: 'List', items },
    request: requestFor(random.fork('request'), sketches),
  };
}

function drawNodes(random: Random, count: number, zones: number, drained: number): Bin[] {
  const sizes = [16_000, 16_000, 32_000, 48_000];
  return Array.from({ length: count }, (_, index) => ({
    name: `node-${String(index).padStart(5, '0')}`,
    zone: `z${(index % zones) + 1}`,
    milliCpu: sizes[random.between(0, sizes.length - 1)] ?? 16_000,
    drained: random.next() < drained,
    used: daemonMilliCpu,
  }));
}

function drawClusters(random: Random, count: number): readonly Sketch[] {
  // Three members are the rule; their mean is 2.85.
  const members = [1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 5, 5];
  const parts = [1, 1, 1, 2, 2, 4, 8];
  return Array.from({ length: count }, (_, index) => ({
    name: `acid-${String(index).padStart(6, '0')}`,
    parts: parts[random.between(0, parts.length - 1)] ?? 1,
    members: members[random.between(0, members.length - 1)] ?? 3,
  }));
}

/** Members go from zone to zone, beginning anywhere, so that any `zones` of them stand in zones of their own. */
function placeClusters(
  random: Random,
  sketches: readonly Sketch[],
  byZone: readonly (readonly Bin[])[],
  unit: number,
): readonly FleetObject[] {
  return sketches.flatMap(({ name, parts, members }) => {
    const first = random.between(0, byZone.length - 1);
    const milliCpu = parts * unit;
    const taken: Bin[] = [];
    for (let index = 0; index < members; index += 1) {
      const bin = takeBin(random, byZone[(first + index) % byZone.length] ?? [], milliCpu, taken);
      if (bin !== undefined) taken.push(bin);
    }
    if (taken.length === 0) return [];
    const primary = random.between(0, taken.length - 1);
    const nofailover = taken.flatMap((_, ordinal) =>
      ordinal !== primary && random.next() < 0.03 ? [ordinal] : [],
    );
    return generatedCluster({
      name,
      milliCpu,
      places: taken,
      primary,
      nofailover,
      synchronous: random.next() < 0.05,
    });
  });
}

/** The least full of some nodes drawn from a zone; where none of them has room, the first of the zone that has. */
function takeBin(
  random: Random,
  bins: readonly Bin[],
  milliCpu: number,
  except: readonly Bin[],
): Bin | undefined {
  const fits = (bin: Bin) => bin.used + milliCpu <= bin.milliCpu && !except.includes(bin);
  let best: Bin | undefined;
  for (let draw = 0; draw < nodesLookedAt; draw += 1) {
    const bin = bins[random.between(0, bins.length - 1)];
    if (bin === undefined || !fits(bin)) continue;
    if (best === undefined || bin.used / bin.milliCpu < best.used / best.milliCpu) best = bin;
  }
  best ??= bins.find(fits);
  if (best !== undefined) best.used += milliCpu;
  return best;
}

/** Deployments of four pods that have to stay on nodes of their own; a quarter of each may be away. */
function placeWebs(
  random: Random,
  count: number,
  byZone: readonly (readonly Bin[])[],
  unit: number,
): readonly FleetObject[] {
  return Array.from({ length: count }, (_, index) => index).flatMap((index) => {
    const name = `web-${index}`;
    const labels = { app: name };
    const taken: Bin[] = [];
    for (let pod = 0; pod < webPodsEach; pod += 1) {
      const bin = takeBin(random, byZone[(index + pod) % byZone.length] ?? [], unit, taken);
      if (bin !== undefined) taken.push(bin);
    }
    const set = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: uidOf(`ReplicaSet/${name}`) };
    const apart = { labelSelector: { matchLabels: labels }, topologyKey: 'kubernetes.io/hostname' };
    const pods = taken.map((bin, pod) =>
      runningPod(`${name}-${pod}`, bin.name, {
        labels,
        ownerReferences: [owner(set)],
        spec: {
          affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [apart] } },
          containers: [container('app', 'app:1', { cpu: `${unit}m`, memory: `${unit * 2}Mi` })],
        },
      }),
    );
    const seen = { expected: pods.length, healthy: pods.length };
    return pods.length === 0 ? [] : [...pods, budget(name, labels, pods.length - 1, seen)];
  });
}

/** Nodes to be drained have lost the label that database pods ask for, as Zalando's operator has it set up. */
function nodeObjects(bin: Bin): readonly FleetObject[] {
  const { name, zone, milliCpu, drained } = bin;
  const labels = { 'lifecycle-status': drained ? 'decommission-pending' : 'ready' };
  return node({ name, zone, cpu: `${milliCpu}m`, memory: `${(milliCpu / 1000) * 4}Gi`, labels });
}

function daemonPods(bins: readonly Bin[]): readonly FleetObject[] {
  const set = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'agent', uid: uidOf('DaemonSet/agent') };
  return bins.map((bin) =>
    runningPod(`agent-${bin.name}`, bin.name, {
      labels: { app: 'agent' },
      ownerReferences: [owner(set)],
      spec: {
        containers: [container('agent', 'agent:1', { cpu: `${daemonMilliCpu}m`, memory: '128Mi' })],
        tolerations: [{ operator: 'Exists' }],
      },
    }),
  );
}

/** One cluster in twenty matters ten times as much; single members are restarted, or get a temporary one where asked for. */
function requestFor(random: Random, sketches: readonly Sketch[]): DrainRequest {
  const settings = sketches.flatMap(({ name, members }) => {
    const weight = random.next() < 0.05 ? { weight: 10 } : {};
    const single = members === 1 && random.next() < 0.2 ? { singleMember: 'scale-out' as const } : {};
    return Object.keys({ ...weight, ...single }).length === 0
      ? []
      : [[`default/${name}`, { ...weight, ...single }] as const];
  });
  return {
    apiVersion: 'switchyard.dev/v1',
    kind: 'DrainRequest',
    nodes: { selector: 'lifecycle-status=decommission-pending' },
    replacement: { labels: { 'lifecycle-status': 'ready' } },
    surge: { default: 1 },
    clusters: Object.fromEntries(settings),
  };
}
