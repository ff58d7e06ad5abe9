/** What a generated fleet shall be like: every field but the first two has a default. */
export type Bound = 'cpu' | 'memory' | 'mixed';

export type ModelWanted = {
  readonly seed: number;
  readonly nodes: number;
  /** 1 to 5. Default: 3. */
  readonly zones?: number;
  /** Default: 10 for each node, which with everything else makes about 32 pods a node. */
  readonly clusters?: number;
  /** Share of the scarcer resource that pods ask for in each zone, 0 to 0.98. Default: 0.75. */
  readonly utilisation?: number;
  /** The resource that runs out first; `mixed`: cpu in odd zones, memory in even ones. Default: cpu. */
  readonly bound?: Bound;
  /** Share of the nodes of each zone that the request drains. Default: all of them. */
  readonly drained?: number;
  /** One node of each zone is empty: a fleet without surge needs it, and the others are as much fuller. Default: no. */
  readonly spareNodes?: boolean;
  /**
   * Members ask for `lifecycle-status: ready`, as Zalando's node_readiness_label makes them, and nodes to be drained have lost
   * it: no member can be parked on those. Default: no.
   */
  readonly readyLabel?: boolean;
  /** Share of the single members that get a temporary member instead of a restart. Default: 0.1. */
  readonly scaleOut?: number;
  /** Extra nodes of each zone. Default: 1. */
  readonly surge?: number;
  /** Extra nodes of all zones together. Default: no limit. */
  readonly surgeTotal?: number;
  /** Default: that of a request. */
  readonly parallelDrainsPerZone?: number;
};

export type Settled = Required<Omit<ModelWanted, 'surgeTotal' | 'parallelDrainsPerZone'>>;

/** Fullest that nodes can be made with what real pods ask for. */
const fullestNodes = 0.985;

/** Returns the wish with its defaults. Throws RangeError on one that no fleet can meet. */
export function settle(wanted: ModelWanted): Settled {
  const settled: Settled = {
    zones: 3,
    clusters: wanted.nodes * 10,
    utilisation: 0.75,
    bound: 'cpu',
    drained: 1,
    spareNodes: false,
    readyLabel: false,
    scaleOut: 0.1,
    surge: 1,
    ...wanted,
  };
  const { nodes, zones, utilisation, spareNodes, drained } = settled;
  if (!(zones >= 1 && zones <= 5 && nodes >= zones)) throw new RangeError(`${nodes} nodes in ${zones} zones`);
  if (!(utilisation > 0 && utilisation <= fullestNodes)) throw new RangeError(`utilisation ${utilisation}`);
  if (!(drained > 0 && drained <= 1)) throw new RangeError(`drained ${drained}`);
  if (spareNodes && !leavesSpare(nodes, zones, utilisation))
    throw new RangeError(`no spare node at utilisation ${utilisation} with ${nodes} nodes in ${zones} zones`);
  return settled;
}

/** Returns whether zones of so many nodes can have an empty one at this utilisation. */
export function leavesSpare(nodes: number, zones: number, utilisation: number): boolean {
  const inZone = Math.floor(nodes / zones);
  return inZone >= 2 && (utilisation * inZone) / (inZone - 1) <= fullestNodes;
}
