/**
 * The state a plan is built on: where every pod stands, what is free where, who is primary. The only mutable thing of the
 * planner. Acts change it (acts.ts), each entered in its log, so that a search goes forth and back on one yard.
 */
import type { Relation } from '../survey/relations.ts';
import type { Survey } from '../survey/survey.ts';
import type { Crowd, Crowds, Reach, Reaches } from './kept-counts.ts';
import type { Topologies } from './topologies.ts';

/** `kept`: not to be drained. `drained`: to be emptied. `refused`: was to be emptied, is left alone. `added`: a replacement. */
export const origin = { kept: 0, drained: 1, refused: 2, added: 3 } as const;

/** Pods of a relation by domain, one pod left out, as they were after so many acts. */
export type SpreadCounts = {
  readonly relation: Relation;
  readonly pod: number;
  readonly entered: number;
  readonly logEnd: number;
  /** The domains that the spread counts. */
  readonly reach: Reach;
  /** The counts by domain; the pod itself is counted in `own`; -1: it is not counted. Undefined: the pods are too few to be kept count of. */
  readonly crowd: Crowd | undefined;
  readonly own: number;
  /** The smallest count of the domains in reach. */
  readonly least: number;
};

export type Yard = {
  readonly survey: Survey;
  /** Nodes of the fleet, then those added. */
  nodeCount: number;
  readonly origin: Uint8Array;
  /** 1 until it is released. */
  readonly live: Uint8Array;
  /** 1: empty and closed for good, released when its wave ends. */
  readonly emptied: Uint8Array;
  readonly zone: Int32Array;
  readonly kind: Int32Array;
  /** Size of an added node, and the node it replaces; -1: not added. */
  readonly size: Int32Array;
  readonly replaces: Int32Array;
  /** By node of the fleet: how many have been added in its place. */
  readonly replacedBy: Uint8Array;
  /** By node and resource. */
  readonly free: Float64Array;
  /** Node of each pod; -1: none. */
  readonly at: Int32Array;
  /** Pods on each node as linked lists without order; -1: the end. */
  readonly head: Int32Array;
  readonly next: Int32Array;
  readonly previous: Int32Array;
  /** Pods on each node that do not stay there. */
  readonly leaving: Int32Array;
  readonly moves: Uint8Array;
  readonly primary: Int32Array;
  /** By pod: how often it has handed over. */
  readonly former: Uint8Array;
  /** Pod of the synchronous standby where only it may take over; -1: unknown. */
  readonly syncNow: Int32Array;
  /** Live nodes at the start and now, and nodes added, by zone. */
  readonly base: Int32Array;
  readonly liveIn: Int32Array;
  readonly addedIn: Int32Array;
  /** Kept and added nodes by zone, those with least room of the scarcest resource first, then by number. */
  readonly finals: readonly number[][];
  /** Place of each node among them; -1: it is none of them. */
  readonly finalPlace: Int32Array;
  /** What final nodes have free of the scarcest resource, by zone. */
  readonly finalFree: Float64Array;
  /** Primaries that were handed over to final nodes, by zone. */
  readonly ledIn: Int32Array;
  /** Weight that each node's primaries would pay a second time if it were emptied now. */
  readonly uncovered: Float64Array;
  /** What those primaries ask for of the scarcest resource: replicas that go ahead for them take as much. */
  readonly uncoveredSize: Float64Array;
  /** Node on which a cluster's weight is counted as uncovered; -1: covered, or its primary does not move. */
  readonly countedAt: Int32Array;
  readonly topologies: Topologies;
  readonly reaches: Reaches;
  readonly crowds: Crowds;
  /** Six numbers for each act: kind, subject, from, to, code, what was before. */
  log: Int32Array;
  logEnd: number;
  /** Acts ever entered, those taken back included: what searches are limited by, since time differs from machine to machine. */
  entered: number;
  /** What was last counted for a topology spread. */
  spread: SpreadCounts | undefined;
  /** Moves onto nodes that are themselves to be emptied, so far. */
  parked: number;
};

/** Whether a pod on this node will not move again. */
export function isFinal(yard: Pick<Yard, 'origin'>, node: number): boolean {
  return node >= 0 && yard.origin[node] !== origin.drained;
}

/** Whether a pod is the primary of its cluster now. */
export function isPrimary(yard: Yard, pod: number): boolean {
  const cluster = yard.survey.pods.cluster[pod] ?? -1;
  return cluster >= 0 && yard.primary[cluster] === pod;
}

/** Returns how many nodes more than at the start are alive in a zone; negative where some were released without a replacement. */
export function extraIn(yard: Yard, zone: number): number {
  return (yard.liveIn[zone] ?? 0) - (yard.base[zone] ?? 0);
}

/** Returns how many more nodes the quotas allow in a zone now: surge of the zone, of all zones together, and replacements alive. */
export function addable(yard: Yard, zone: number): number {
  const { request, fleet } = yard.survey;
  const name = fleet.zones[zone] ?? '';
  const extra = extraIn(yard, zone);
  let count = (request.surge[name] ?? 0) - extra;
  const aliveMax = request.limits.maxNewNodesPerZone?.[name];
  if (aliveMax !== undefined) count = Math.min(count, aliveMax - (yard.addedIn[zone] ?? 0));
  if (request.surgeTotal === null) return Math.max(0, count);
  // A zone below its count at the start takes nothing from what all zones may have, and lends nothing.
  let all = 0;
  for (let other = 0; other < yard.base.length; other += 1) all += Math.max(0, extraIn(yard, other));
  return Math.max(0, Math.min(count, request.surgeTotal - all + Math.max(0, -extra)));
}

/** Whether the request lets pods wait on nodes that are themselves to be drained. */
export function mayPark(yard: Yard): boolean {
  const { parking, mode, hold } = yard.survey.request;
  // A cordon at the start cannot be lifted for one pod only: operators react to it.
  return parking && mode !== 'whole-nodes' && hold !== 'cordon';
}
