/**
 * The request of a plan with the contract's defaults, read again for checkPlan, so that a mistake in the planner's own
 * reading shows up as a difference.
 */

import type { Fleet, Requirement } from '../model.ts';
import type { DrainRequest, SingleMember } from '../plan.ts';
import { labelsMatch } from './check-labels.ts';
import type { NumberedCluster, NumberedFleet } from './check-model.ts';

type ClusterSettings = NonNullable<DrainRequest['clusters']>[string];

export type CheckedRequest = {
  /** Names, whether they exist or not. */
  readonly drained: ReadonlySet<string>;
  readonly wholeNodes: boolean;
  readonly cordonsFirst: boolean;
  readonly parking: boolean;
  readonly drainsPerZone: number;
  /** Undefined: no limit. */
  readonly surgeTotal: number | undefined;
  readonly surgeOf: (zone: string) => number;
  readonly newNodesOf: (zone: string) => number | undefined;
  readonly singleMemberOf: (cluster: NumberedCluster) => SingleMember;
  readonly weightOf: (cluster: NumberedCluster) => number;
  /** 1 for each cluster, by its number, that may be switched over at any time, and for one whose only member may be restarted so. */
  readonly switchesFreely: Uint8Array;
  readonly restartsFreely: Uint8Array;
  readonly maySwitch: (cluster: NumberedCluster) => boolean;
  /** Undefined: any time will do. */
  readonly windowOf: (cluster: NumberedCluster) => string | undefined;
};

/** The request with defaults, or the reason why it cannot be used on this fleet. */
export function readCheckedRequest(
  request: DrainRequest,
  fleet: Fleet,
  { clusterNamed }: NumberedFleet,
): CheckedRequest | string {
  const drained = new Set(request.nodes.names ?? []);
  if (request.nodes.selector !== undefined) {
    const requirements = parseSelector(request.nodes.selector);
    if (requirements === undefined) return `selector ${request.nodes.selector} cannot be read`;
    for (const node of fleet.nodes) if (labelsMatch(requirements, node.labels)) drained.add(node.name);
  }
  const { surge = {}, limits = {} } = request;
  const perZone = new Map(Object.entries(surge.perZone ?? {}));
  // By number of the cluster: a plan's every step is about one.
  const settings: ClusterSettings[] = new Array(clusterNamed.size);
  const switchesFreely = new Uint8Array(clusterNamed.size).fill(1);
  const restartsFreely = new Uint8Array(clusterNamed.size).fill(request.singleMember === 'skip' ? 0 : 1);
  for (const [key, each] of Object.entries(request.clusters ?? {})) {
    const cluster = clusterNamed.get(key);
    if (cluster === undefined) continue;
    settings[cluster.number] = each;
    const singleMember = each.singleMember ?? request.singleMember;
    if (each.switchover === 'never' || each.window !== undefined) switchesFreely[cluster.number] = 0;
    restartsFreely[cluster.number] = singleMember === 'skip' || each.window !== undefined ? 0 : 1;
  }
  const newNodes = limits.maxNewNodesPerZone ?? undefined;
  const newNodesByZone = typeof newNodes === 'object' ? new Map(Object.entries(newNodes)) : undefined;
  return {
    drained,
    wholeNodes: request.mode === 'whole-nodes',
    cordonsFirst: request.hold === 'cordon',
    parking: request.parking ?? true,
    drainsPerZone: limits.parallelDrainsPerZone ?? 1,
    surgeTotal: surge.total ?? undefined,
    surgeOf: (zone) => perZone.get(zone) ?? surge.default ?? 1,
    newNodesOf: (zone) => (typeof newNodes === 'number' ? newNodes : newNodesByZone?.get(zone)),
    singleMemberOf: ({ number }) => settings[number]?.singleMember ?? request.singleMember ?? 'restart',
    weightOf: ({ number }) => settings[number]?.weight ?? 1,
    switchesFreely,
    restartsFreely,
    maySwitch: ({ number }) => settings[number]?.switchover !== 'never',
    windowOf: ({ number }) => settings[number]?.window,
  };
}

/**
 * The label selector grammar of kubectl: `a=b, c!=d, e in (f, g), h notin (i), j, !k`; undefined where it cannot be read.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
function parseSelector(text: string): readonly Requirement[] | undefined {
  const requirements: Requirement[] = [];
  for (const part of text.split(/,(?![^(]*\))/)) {
    const clause = part.trim();
    const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(clause);
    const equal = /^([^\s!=]+)\s*(==|=|!=)\s*([^\s!=]*)$/.exec(clause);
    const bare = /^(!?)\s*([^\s!=()]+)$/.exec(clause);
    if (set) {
      const values = (set[3] ?? '').split(',').map((value) => value.trim());
      requirements.push({ key: set[1] ?? '', operator: set[2] === 'in' ? 'In' : 'NotIn', values });
    } else if (equal) {
      const operator = equal[2] === '!=' ? 'NotIn' : 'In';
      requirements.push({ key: equal[1] ?? '', operator, values: [equal[3] ?? ''] });
    } else if (bare) {
      const operator = bare[1] === '!' ? 'DoesNotExist' : 'Exists';
      requirements.push({ key: bare[2] ?? '', operator, values: [] });
    } else {
      return undefined;
    }
  }
  return requirements;
}
