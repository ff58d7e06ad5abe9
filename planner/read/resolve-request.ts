/**
 * A DrainRequest against a fleet: every name checked, every default filled in. What the rest of the planner reads.
 */
import type { Fleet, Resources } from '../model.ts';
import { sortedBy } from '../order.ts';
import type { DrainRequest, InputProblem, SingleMember } from '../plan.ts';
import { matchesLabels, parseSelector } from '../rules/selector.ts';
import { parseWindow, type Window } from '../rules/window.ts';
import { parseQuantity, unitOf } from './quantity.ts';
import { show } from './raw-json.ts';

export type ResolvedCluster = {
  readonly weight: number;
  readonly singleMember: SingleMember;
  readonly switchover: 'allowed' | 'never';
  /** E.g. `Sat 02:00-04:00 Europe/Berlin`; undefined: any time. */
  readonly window?: string;
  /** The same, read. */
  readonly parsedWindow?: Window;
};

export type ResolvedReplacement = {
  /** Only the resources that the request names; the others are those of the node replaced. Undefined: none named. */
  readonly allocatable?: Resources;
  /** Laid over the labels of the node replaced. */
  readonly labels: Readonly<Record<string, string>>;
};

export type ResolvedRequest = {
  /** Names of the nodes to be drained, sorted. */
  readonly drained: readonly string[];
  /** Extra live nodes allowed at once, for every zone of the fleet. */
  readonly surge: Readonly<Record<string, number>>;
  /** Cap on the sum over zones; null: none. */
  readonly surgeTotal: number | null;
  /** For every zone of the fleet. */
  readonly replacement: Readonly<Record<string, ResolvedReplacement>>;
  readonly limits: {
    readonly parallelDrainsPerZone: number;
    readonly parallelSwitchovers: number;
    readonly parallelMovesPerCluster: number;
    /** New nodes alive at once, by zone; null: no limit but surge. */
    readonly maxNewNodesPerZone: Readonly<Record<string, number>> | null;
  };
  readonly mode: 'pods' | 'whole-nodes';
  readonly hold: 'fence' | 'cordon';
  readonly parking: boolean;
  readonly singleMember: SingleMember;
  /** Clusters that the request names, by key, and what holds for all others. */
  readonly clusters: Readonly<Record<string, ResolvedCluster>>;
  readonly otherClusters: ResolvedCluster;
};

export type RequestAnswer =
  | { readonly kind: 'resolved'; readonly request: ResolvedRequest }
  | { readonly kind: 'bad-input'; readonly problems: readonly InputProblem[] };

/**
 * Fills in the defaults of the contract. Refuses (`bad-input`) unknown nodes, clusters and zones (but in a list that names every
 * zone of the fleet), selectors, windows and quantities that cannot be read, a selector that matches nothing, and numbers below their least sensible value. `file` is where the request came from.
 */
export function resolveRequest(request: DrainRequest, fleet: Fleet, file = 'request'): RequestAnswer {
  const problems: InputProblem[] = [];
  const complain: Complain = (code, field, found, expected) =>
    problems.push({ code, file, field, found, expected });
  const limits = request.limits ?? {};
  const resolved: ResolvedRequest = {
    drained: drainedNodes(request.nodes, fleet, complain),
    surge: surgeByZone(request.surge, fleet, complain),
    surgeTotal: wholeOrNull(request.surge?.total ?? null, 'surge.total', complain),
    replacement: replacementByZone(request.replacement, fleet, complain),
    limits: {
      parallelDrainsPerZone: atLeastOne(
        limits.parallelDrainsPerZone ?? 1,
        'limits.parallelDrainsPerZone',
        complain,
      ),
      parallelSwitchovers: atLeastOne(
        limits.parallelSwitchovers ?? 4,
        'limits.parallelSwitchovers',
        complain,
      ),
      parallelMovesPerCluster: atLeastOne(
        limits.parallelMovesPerCluster ?? 1,
        'limits.parallelMovesPerCluster',
        complain,
      ),
      maxNewNodesPerZone: newNodesByZone(limits.maxNewNodesPerZone ?? null, fleet, complain),
    },
    mode: request.mode ?? 'pods',
    hold: request.hold ?? 'fence',
    parking: request.parking ?? true,
    singleMember: request.singleMember ?? 'restart',
    ...clusterSettings(request, fleet, complain),
  };
  return problems.length > 0 ? { kind: 'bad-input', problems } : { kind: 'resolved', request: resolved };
}

type Complain = (code: string, field: string, found: string, expected: string) => void;

/** The union of the names and of what the selector picks. */
function drainedNodes(nodes: DrainRequest['nodes'], fleet: Fleet, complain: Complain): readonly string[] {
  const known = new Set(fleet.nodes.map((node) => node.name));
  const chosen = new Set<string>();
  if (nodes.names === undefined && nodes.selector === undefined)
    complain('no-nodes-named', 'nodes', 'neither names nor selector', 'names, a selector, or both');
  nodes.names?.forEach((name, index) => {
    if (known.has(name)) chosen.add(name);
    else complain('unknown-node', `nodes.names[${index}]`, show(name), `a node of the fleet: ${few(known)}`);
  });
  if (nodes.names?.length === 0 && nodes.selector === undefined)
    complain('no-nodes-named', 'nodes.names', 'an empty list', 'at least one node of the fleet');
  if (nodes.selector !== undefined) {
    const selector = parseSelector(nodes.selector);
    const picked =
      selector === undefined ? [] : fleet.nodes.filter((node) => matchesLabels(selector, node.labels));
    for (const node of picked) chosen.add(node.name);
    if (selector === undefined || nodes.selector.trim() === '')
      complain(
        'bad-selector',
        'nodes.selector',
        show(nodes.selector),
        'a label selector, e.g. lifecycle-status=decommission-pending',
      );
    else if (picked.length === 0)
      complain(
        'selector-matches-nothing',
        'nodes.selector',
        `${show(nodes.selector)}, which matches no node`,
        `a selector that matches one of the ${fleet.nodes.length} nodes`,
      );
  }
  return sortedBy(chosen, (name) => name);
}

function surgeByZone(
  surge: DrainRequest['surge'],
  fleet: Fleet,
  complain: Complain,
): Readonly<Record<string, number>> {
  const named = surge?.perZone ?? {};
  checkZones(Object.keys(named), 'surge.perZone', fleet, complain);
  const otherwise = whole(surge?.default ?? 1, 'surge.default', complain);
  return byZone(fleet, (zone) =>
    Object.hasOwn(named, zone) ? whole(named[zone] ?? 0, `surge.perZone.${zone}`, complain) : otherwise,
  );
}

function newNodesByZone(
  limit: number | Readonly<Record<string, number>> | null,
  fleet: Fleet,
  complain: Complain,
): Readonly<Record<string, number>> | null {
  const field = 'limits.maxNewNodesPerZone';
  if (limit === null) return null;
  if (typeof limit === 'number') {
    const number = whole(limit, field, complain);
    return byZone(fleet, () => number);
  }
  checkZones(Object.keys(limit), field, fleet, complain);
  return byZone(fleet, (zone) =>
    // A zone that is not named is not limited here; surge limits it anyway.
    Object.hasOwn(limit, zone)
      ? whole(limit[zone] ?? 0, `${field}.${zone}`, complain)
      : Number.MAX_SAFE_INTEGER,
  );
}

function replacementByZone(
  replacement: DrainRequest['replacement'],
  fleet: Fleet,
  complain: Complain,
): Readonly<Record<string, ResolvedReplacement>> {
  const { labels = {}, perZone = {}, ...resources } = replacement ?? {};
  checkZones(Object.keys(perZone), 'replacement.perZone', fleet, complain);
  const everywhere = readResources(resources, 'replacement', complain);
  return byZone(fleet, (zone) => {
    const own = Object.hasOwn(perZone, zone) ? (perZone[zone] ?? {}) : {};
    const here = readResources(own, `replacement.perZone.${zone}`, complain);
    const allocatable = { ...everywhere, ...here };
    return Object.keys(allocatable).length === 0 ? { labels } : { allocatable, labels };
  });
}

function readResources(
  written: Readonly<Record<string, string | number | undefined>>,
  field: string,
  complain: Complain,
): Resources {
  const resources: Record<string, number> = Object.create(null);
  for (const resource of Object.keys(written).sort()) {
    const quantity = written[resource];
    if (quantity === undefined) continue;
    const amount = parseQuantity(quantity, unitOf(resource), 'down');
    if (amount === undefined)
      complain(
        'bad-quantity',
        `${field}.${resource}`,
        show(quantity),
        'a Kubernetes quantity such as 4, 500m or 64Gi',
      );
    else resources[resource] = amount;
  }
  return resources;
}

function clusterSettings(
  request: DrainRequest,
  fleet: Fleet,
  complain: Complain,
): Pick<ResolvedRequest, 'clusters' | 'otherClusters'> {
  const asked = request.clusters ?? {};
  const clusters: Record<string, ResolvedCluster> = Object.create(null);
  const { singleMember = 'restart' } = request;
  const otherClusters: ResolvedCluster = { weight: 1, singleMember, switchover: 'allowed' };
  const unknown = new Set(Object.keys(asked));
  const named = fleet.clusters.filter(({ key }) => unknown.delete(key));
  for (const key of unknown)
    complain(
      'unknown-cluster',
      `clusters.${key}`,
      show(key),
      `a cluster of the fleet (namespace/name): ${few(fleet.clusters.map((each) => each.key))}`,
    );
  for (const { key } of named) {
    const own = asked[key];
    if (own !== undefined) clusters[key] = clusterSetting(own, otherClusters, `clusters.${key}`, complain);
  }
  return { clusters, otherClusters };
}

function clusterSetting(
  own: NonNullable<DrainRequest['clusters']>[string],
  otherwise: ResolvedCluster,
  field: string,
  complain: Complain,
): ResolvedCluster {
  const { weight = 1, singleMember = otherwise.singleMember, switchover = 'allowed', window } = own;
  if (!Number.isFinite(weight) || weight < 0)
    complain('bad-number', `${field}.weight`, show(weight), 'a number of zero or more');
  const setting = { weight, singleMember, switchover };
  return window === undefined ? setting : { ...setting, ...readWindow(window, `${field}.window`, complain) };
}

function readWindow(
  window: string,
  field: string,
  complain: Complain,
): Pick<ResolvedCluster, 'window' | 'parsedWindow'> {
  const parsed = parseWindow(window);
  if (parsed.kind === 'window') return { window, parsedWindow: parsed.window };
  const within = parsed.found === window ? '' : ` in ${show(window)}`;
  complain('bad-window', field, `${show(parsed.found)}${within}`, parsed.expected);
  return {};
}

/**
 * A list that names every zone of the fleet and more is one of the region's zones, some of which have no node at present: those
 * ask for nothing here. A zone unknown to a fleet whose own zones are not all named is taken for a slip of the pen and refused.
 */
function checkZones(zones: readonly string[], field: string, fleet: Fleet, complain: Complain): void {
  if (fleet.zones.every((zone) => zones.includes(zone))) return;
  for (const zone of zones)
    if (!fleet.zones.includes(zone))
      complain('unknown-zone', `${field}.${zone}`, show(zone), `a zone of the fleet: ${few(fleet.zones)}`);
}

function byZone<Value>(fleet: Fleet, amountIn: (zone: string) => Value): Readonly<Record<string, Value>> {
  const values: Record<string, Value> = Object.create(null);
  for (const zone of fleet.zones) values[zone] = amountIn(zone);
  return values;
}

function whole(number: number, field: string, complain: Complain): number {
  if (!Number.isInteger(number) || number < 0)
    complain('bad-number', field, show(number), 'a whole number of zero or more');
  return number;
}

function wholeOrNull(number: number | null, field: string, complain: Complain): number | null {
  return number === null ? null : whole(number, field, complain);
}

function atLeastOne(number: number, field: string, complain: Complain): number {
  if (!Number.isInteger(number) || number < 1)
    complain('bad-number', field, show(number), 'a whole number of one or more');
  return number;
}

/** At most five names, so that the line stays a line. */
function few(names: Iterable<string>): string {
  const sorted = sortedBy(names, (name) => name);
  if (sorted.length === 0) return 'there is none';
  return sorted.length > 5 ? `${sorted.slice(0, 5).join(', ')}, ... (${sorted.length})` : sorted.join(', ');
}
