/**
 * Nodes and pods of a fleet in columns.
 */
import type { FleetNode, Pod } from '../model.ts';

export type NodeTable = {
  readonly all: readonly FleetNode[];
  readonly named: ReadonlyMap<string, number>;
  /** Index into `fleet.zones`. */
  readonly zone: Int32Array;
  /** 1: the request asks to drain it. */
  readonly asked: Uint8Array;
  readonly kind: Int32Array;
  /** Nodes of one number are in one zone and differ in their name only. */
  readonly look: Int32Array;
  /** By node and resource; Infinity where a node states no attach limit, which means none. */
  readonly allocatable: Float64Array;
};

/** Pods that stand on a node and have not ended, then temporary members that may come. */
export type PodTable = {
  readonly all: readonly Pod[];
  /** What is said of pods, column by column: the objects of one node's pods lie far apart in memory. */
  readonly key: readonly string[];
  readonly name: readonly string[];
  readonly uid: readonly string[];
  /** Number of the size of its volumes among `volumes`. */
  readonly volume: Int32Array;
  /** Sizes in bytes; undefined: none or unknown. */
  readonly volumes: readonly (number | undefined)[];
  /** 1: it has no owner, and nothing brings it back after an eviction. */
  readonly bare: Uint8Array;
  /** -1: a temporary member, not there yet. */
  readonly node: Int32Array;
  /** Which of the distinct requests it makes, see `asks`. */
  readonly ask: Int32Array;
  readonly rule: Int32Array;
  /** 1: daemon and mirror pods stay on their node. */
  readonly stays: Uint8Array;
  /** 1: its volumes keep it where they are. */
  readonly bound: Uint8Array;
  /** -1: no member of a cluster. */
  readonly cluster: Int32Array;
  /** Number of its OrderedReady set; -1: none. */
  readonly orderedSet: Int32Array;
};

export type NodeColumns = Omit<NodeTable, 'asked'>;

/** What a fleet says of both whatever the request. */
export type Tables = {
  readonly pods: PodTable;
  readonly nodes: NodeColumns;
  readonly resources: readonly string[];
  /** Distinct requests, an amount of each resource. */
  readonly asks: Float64Array;
};
