/**
 * What a yard keeps count of, so that no question about every node asks every pod or every node: crowds of pods, and reaches of topology spread.
 */
import type { PodList } from '../survey/label-index.ts';

/** Pods of one list that stand somewhere, by domain of their node; -1: nodes without a domain. */
export type Crowd = { readonly domains: Int32Array; readonly in: Map<number, number>; standing: number };

/** By list of pods, which is one of a relation's. */
export type Crowds = Map<PodList, Crowd>;

/** Live nodes in each domain; domains without any are left out. */
export type Reach = ReadonlyMap<number, number>;

export type Growing = {
  readonly nodesIn: Map<number, number>;
  readonly domains: Int32Array;
  readonly counts: (node: number) => boolean;
};

export type Reaches = {
  /** By what a pod's rule selects and tolerates, the constraint and its topology. */
  readonly known: Map<string, Growing>;
  /** The same by number, so that the text is made once for a rule and not for each of thousands of constraints. */
  readonly numbered: Map<number, Growing>;
  /** The last answer for each relation: mostly all of its bearers have one rule. */
  readonly last: ({ readonly rule: number; readonly reach: Reach } | undefined)[];
};
