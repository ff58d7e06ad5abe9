/**
 * What steps name (pods, clusters, members, nodes), looked up once, all in a row: a computer waits much less for what it finds
 * in memory when nothing else happens in between.
 */
import type { MoveStep, Step, SwitchoverStep } from '../plan.ts';
import type { MemberColumns, NumberedFleet, PodColumns } from './check-model.ts';

/** By place in the plan's list. */
export type StepNames = {
  /** The number of the pod that a move names, among those of the fleet; -1: none. */
  readonly podOf: Int32Array;
  /** The number of the cluster that a switchover, scale-out or scale-in names; -1: none. */
  readonly clusterOf: Int32Array;
  /** 1 for a move that says of its pod what the fleet says, of a pod that can be moved. */
  readonly isAsSaid: Uint8Array;
  /** 1 for a move that says to be an outage. */
  readonly isOutage: Uint8Array;
  /** 1 for a move or switchover that numbers may show to be right; see check-plain-moves.ts and check-plain-switchovers.ts. */
  readonly mayBePlain: Uint8Array;
  /** Of a move the numbers of the nodes' names, of a switchover those of the members, among those of the fleet; -1: none. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** Numbers of the names of nodes that are not those of the fleet, which they follow. */
  readonly otherNodes: ReadonlyMap<string, number>;
};

type Reading = {
  readonly numbered: NumberedFleet;
  readonly names: StepNames & { readonly otherNodes: Map<string, number> };
  /** The move before, and its place: nearly every move is between the same two nodes as the one before it. */
  lastMove: MoveStep | undefined;
  lastPlace: number;
};

/** Looks up what can be looked up before the first step: pods and members that steps themselves bring are not among it. */
export function lookUpNames(steps: readonly Step[], numbered: NumberedFleet): StepNames {
  const names = {
    podOf: new Int32Array(steps.length).fill(-1),
    clusterOf: new Int32Array(steps.length).fill(-1),
    isAsSaid: new Uint8Array(steps.length),
    isOutage: new Uint8Array(steps.length),
    mayBePlain: new Uint8Array(steps.length),
    from: new Int32Array(steps.length).fill(-1),
    to: new Int32Array(steps.length).fill(-1),
    otherNodes: new Map<string, number>(),
  };
  const reading: Reading = { numbered, names, lastMove: undefined, lastPlace: -1 };
  for (let place = 0; place < steps.length; place += 1) {
    const step = steps[place];
    if (step === undefined) continue;
    if (step.kind === 'move') readMove(reading, step, place);
    else if (step.kind === 'switchover') readSwitchover(reading, step, place);
    else if (step.kind === 'scale-out' || step.kind === 'scale-in')
      names.clusterOf[place] = numbered.clusterNamed.get(step.cluster)?.number ?? -1;
    else if (step.kind === 'add-node') nodeNumber(reading, step.node);
  }
  return names;
}

/** A name that turns up for the first time gets the next number. */
function nodeNumber({ numbered, names }: Reading, name: string): number {
  const { otherNodes } = names;
  const known = numbered.nodeNumbers.get(name) ?? otherNodes.get(name);
  if (known !== undefined) return known;
  const number = numbered.nodeNumbers.size + otherNodes.size;
  otherNodes.set(name, number);
  return number;
}

function readMove(reading: Reading, step: MoveStep, place: number): void {
  const { numbered, names, lastMove, lastPlace } = reading;
  const { from, to } = names;
  const pod = numbered.podNamed.get(step.pod) ?? -1;
  names.podOf[place] = pod;
  from[place] = lastMove?.from === step.from ? (from[lastPlace] ?? -1) : nodeNumber(reading, step.from);
  to[place] = lastMove?.to === step.to ? (to[lastPlace] ?? -1) : nodeNumber(reading, step.to);
  reading.lastMove = step;
  reading.lastPlace = place;
  if (!isSame(step, pod, numbered.columns)) return;
  names.isAsSaid[place] = 1;
  names.isOutage[place] = step.outage ? 1 : 0;
  names.mayBePlain[place] = numbered.columns.isPlain[pod] ?? 0;
}

function isSame({ uid, cluster, member }: MoveStep, pod: number, columns: PodColumns): boolean {
  if (columns.isMovable[pod] !== 1 || columns.uid[pod] !== uid) return false;
  return columns.clusterKey[pod] === cluster && columns.memberName[pod] === member;
}

function readSwitchover({ numbered, names }: Reading, step: SwitchoverStep, place: number): void {
  const { clusterNamed, memberColumns } = numbered;
  const cluster = clusterNamed.get(step.cluster)?.number ?? -1;
  names.clusterOf[place] = cluster;
  names.from[place] = memberNumber(memberColumns, cluster, step.from);
  names.to[place] = memberNumber(memberColumns, cluster, step.to);
  if (step.window === undefined) names.mayBePlain[place] = memberColumns.isPlain[cluster] ?? 0;
}

/** -1: no member of the cluster has that name. */
function memberNumber({ first, name }: MemberColumns, cluster: number, wanted: string): number {
  const end = first[cluster + 1] ?? 0;
  for (let member = first[cluster] ?? 0; member < end; member += 1)
    if (name[member] === wanted) return member;
  return -1;
}
