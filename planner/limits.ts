/**
 * The limits and expected times that planning uses, each with its unit and its reason. None of them decides what is safe; they decide how hard
 * the planner searches and what it expects to last how long.
 */

/** Orders of nodes are tried exhaustively up to this many nodes to be drained: 5! = 120 orders, each tried in two or three manners
 * of milliseconds. */
export const exhaustiveOrderNodesMax = 5;

/** The best order of whole nodes is found exactly (2^n subsets) up to this many nodes: 65,536 subsets, some ten milliseconds. */
export const exactOrderNodesMax = 16;

/** Refused nodes are found one at a time up to this many nodes left over, so that no more is refused than must be. */
export const refuseOneByOneNodesMax = 12;

/**
 * Every order is tried only up to this many nodes to be drained, pods on them, and nodes in the fleet: beyond, no search ends
 * within its states, and with so many kept nodes there is room enough not to need one.
 */
export const exhaustiveDrainedMax = 8;
export const exhaustivePodsMax = 24;
export const exhaustiveNodesMax = 40;

/** States that one exhaustive search may look at: some hundred are ordinary, and so many take well below a second. */
export const exhaustiveStatesMax = 4_000;

/** Ways that are tried before every order is: beyond them come the orders of whole nodes, a hundred and more. */
export const waysBeforeExhaustive = 9;

/** Which nodes have to be refused is found by trying every choice of them up to this many: 2^5 = 32 searches. */
export const refuseFewestNodesMax = 5;

/** Seconds until the taint or cordon is seen by the scheduler: one API call. */
export const fenceSeconds = 2;

/** Seconds until a replacement node is Ready: a cloud machine boots and joins in two to four minutes. */
export const addNodeSeconds = 180;

/** Seconds for an eviction, the detaching and attaching of the volume, and the start of a pod. */
export const moveSeconds = 60;

/** Seconds until a moved member streams again: start of PostgreSQL and replay. */
export const catchUpSeconds = 30;

/** Bytes a second at which a moved member catches up with what was written meanwhile; a hundredth of the volume is assumed. */
export const catchUpBytesPerSecond = 50 * 1024 * 1024;
export const catchUpShareOfVolume = 0.01;

/** Seconds of a Patroni switchover with its verification; loop_wait is 10 s by default. */
export const switchoverSeconds = 15;

/** Seconds a temporary member needs on top of a move: a base backup of an unknown volume. */
export const scaleOutSeconds = 300;

/** Seconds to give a node back: one API call. */
export const releaseSeconds = 2;

/** 19 of 20 runs end within this multiple of the expected time: the spread of node boots and volume attachments. */
export const p95Factor = 1.7;

/** A window that does not open within so many days is taken never to: the longest that people write come once a week. */
export const windowHorizonDays = 14;

/** Nodes of a zone that are tried in one wave without success before the next wave begins: the cheapest ones come first. */
export const waveTriesMax = 6;

/** Ways that are tried before the cheapest of them pays for a second switchover. */
export const payTriesMax = 96;

/** Share of the moves that a plan may make twice, by parking, for fewer waves: each costs its pod a second restart. */
export const parkedShareMax = 0.01;

/** Rounds in which the rest of a plan is done another way where it may interrupt too much, and acts tried in all of them. */
export const improveRoundsMax = 400;
export const improveActsMax = 400_000;

/** What one more extra node would buy is found out by planning again up to this many nodes to be drained: milliseconds each. */
export const moreSurgeNodesMax = 12;

/** Plans made for that at most: one for each zone of a region, and one with a node more in each. */
export const moreSurgePlansMax = 4;
