/**
 * A fleet and a request in numbers: nodes, pods and clusters by index, amounts and relations in flat arrays. Worked out once
 * and never changed; what changes while a plan grows is the yard.
 */
import type { Fleet } from '../model.ts';
import type { ResolvedRequest } from '../read/resolve-request.ts';
import type { BudgetNumbers } from './budget-numbers.ts';
import { type ClusterTable, surveyClusters } from './clusters.ts';
import type { Domains } from './domains.ts';
import { indexFleet } from './fleet-index.ts';
import type { Layout } from './layout.ts';
import type { PlacementKinds } from './placement-kinds.ts';
import type { Relations } from './relations.ts';
import { type SizeTable, surveySizes } from './sizes.ts';
import type { NodeTable, PodTable } from './tables.ts';

export type Survey = {
  readonly fleet: Fleet;
  readonly request: ResolvedRequest;
  readonly resources: readonly string[];
  /** Number of resources. */
  readonly width: number;
  readonly nodes: NodeTable;
  readonly pods: PodTable;
  /** Distinct requests, each of `width` amounts. */
  readonly asks: Float64Array;
  readonly clusters: ClusterTable;
  readonly kinds: PlacementKinds;
  readonly sizes: SizeTable;
  /** Whether some node or replacement of a zone suits a rule. */
  readonly mayBeIn: (rule: number, zone: number) => boolean;
  /** Where pods stand at the start. */
  readonly layout: Layout;
  readonly relations: Relations;
  readonly domains: Domains;
  readonly budgets: BudgetNumbers;
  /** The resource that is scarcest in each zone: what pods are packed by. */
  readonly scarce: Int32Array;
};

/** Returns the survey of a fleet for a request; never refuses. */
export function surveyFleet(fleet: Fleet, request: ResolvedRequest): Survey {
  const index = indexFleet(fleet);
  const { clusters, temporary } = surveyClusters(index.clusters, request, index.standing);
  const {
    kinds,
    resources,
    asks,
    pods,
    nodes: ofFleet,
    layout,
    relations,
    domains,
    budgets,
    scarce,
    daemonLoads,
  } = index.columnsWith(clusters, temporary);
  const nodes = { ...ofFleet, asked: askedNodes(request, index.named, fleet.nodes.length) };
  const sizes = surveySizes({ fleet, request, resources, nodes, kinds, daemonLoads });
  return {
    fleet,
    request,
    resources,
    width: resources.length,
    nodes,
    pods,
    asks,
    clusters,
    kinds,
    sizes,
    mayBeIn: zonesOfRules(kinds, nodes, sizes, fleet.zones.length),
    layout,
    relations,
    domains,
    budgets,
    scarce,
  };
}

function askedNodes(request: ResolvedRequest, named: ReadonlyMap<string, number>, count: number): Uint8Array {
  const asked = new Uint8Array(count);
  for (const name of request.drained) asked[named.get(name) ?? count] = 1;
  return asked;
}

function zonesOfRules(
  kinds: PlacementKinds,
  nodes: NodeTable,
  sizes: SizeTable,
  zones: number,
): Survey['mayBeIn'] {
  const present = Array.from({ length: zones }, () => new Set<number>());
  nodes.zone.forEach((zone, node) => {
    present[zone]?.add(nodes.kind[node] ?? 0);
  });
  sizes.zone.forEach((zone, size) => {
    present[zone]?.add(sizes.kind[size] ?? 0);
  });
  const answers = new Int8Array(kinds.rules.length * zones).fill(-1);
  return (rule, zone) => {
    const place = rule * zones + zone;
    if (answers[place] === -1)
      answers[place] = [...(present[zone] ?? [])].some((kind) => kinds.fits(rule, kind)) ? 1 : 0;
    return answers[place] === 1;
  };
}
