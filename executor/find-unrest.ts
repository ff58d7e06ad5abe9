/**
 * Is anything still under way that a new plan would have to guess at? Asked of a halted run, whose own steps rest.
 */
import type { Because, Facts, Step } from '../planner/plan.ts';
import type { RunContext } from './contexts.ts';
import { isStreaming, leaderRuns } from './decide/guards.ts';
import { observeWholeCluster } from './observe.ts';
import type { NodeView } from './ports.ts';
import { isInFlight, type LaneAct } from './record/lane.ts';
import type { RunFold } from './record/run-fold.ts';
import type { ClusterSight } from './sight.ts';
import type { ReplanCode } from './wait-codes.ts';

/** Returns what has to come to rest first, the first such thing found; undefined: all is quiet. Throws OutsideError where somebody does not answer. */
export async function findUnrest(ctx: RunContext, fold: RunFold): Promise<Because<ReplanCode> | undefined> {
  const unsettled = findUnsettled(ctx, fold);
  if (unsettled !== undefined) {
    return unsettled;
  }
  for (const cluster of clustersConcerned(fold)) {
    const why = whyNotWhole(await observeWholeCluster(ctx, fold, cluster));
    if (why !== undefined) {
      return { code: 'cluster-not-whole', facts: { subject: cluster, ...why } };
    }
  }
  return findAwaitedNode(ctx, fold);
}

/** Pure: returns an act that may still bring something about; undefined: there is none. */
export function findUnsettled(ctx: RunContext, fold: RunFold): Because<ReplanCode> | undefined {
  const nowMs = ctx.clock.nowMs();
  for (const lane of fold.lanes.values()) {
    // A later attempt follows within seconds: whatever came of it, the request before may still arrive.
    const unsettled = lane.acts.find((made) => isWithoutWord(made) && nowMs < settledAtMs(ctx, made));
    if (lane.done === undefined && unsettled !== undefined) {
      return { code: 'act-unsettled', facts: { subject: subjectOf(lane.step), act: unsettled.act.kind } };
    }
  }
  return undefined;
}

/** No answer, or one that leaves open whether it took place. */
function isWithoutWord({ answer }: LaneAct): boolean {
  return answer === undefined || answer.answer === 'unknown' || answer.answer === 'failed';
}

function subjectOf(step: Step): string {
  return clusterOf(step) ?? ('node' in step ? step.node : 'pod' in step ? step.pod : step.id);
}

/** What an act may still bring about shows within this time. */
function settledAtMs({ pace }: RunContext, { act, answer, atMs }: LaneAct): number {
  const settleMs = act.kind === 'switchover' ? pace.switchoverSettleMs : pace.actSettleMs;
  return (answer?.atMs ?? atMs) + settleMs;
}

/** Clusters that the run has touched and not finished with, and those that somebody else did something to. */
function clustersConcerned(fold: RunFold): ReadonlySet<string> {
  const concerned = new Set(fold.unplanned.filter(({ accepted }) => !accepted).map(({ cluster }) => cluster));
  for (const lane of fold.lanes.values()) {
    const cluster = clusterOf(lane.step);
    if (cluster !== undefined && isInFlight(lane)) {
      concerned.add(cluster);
    }
  }
  return concerned;
}

function clusterOf(step: Step): string | undefined {
  return 'cluster' in step ? (step.cluster ?? undefined) : undefined;
}

function whyNotWhole(cluster: ClusterSight): Facts | undefined {
  if (cluster.setGone !== undefined) {
    return { setGone: `${cluster.namespace}/${cluster.setGone}` };
  }
  const why = whatIsMissing(cluster);
  return why === undefined ? undefined : { why };
}

function whatIsMissing(cluster: ClusterSight): string | undefined {
  const { pods, wanted, patroni } = cluster;
  const { leader } = patroni;
  if (leader === undefined || patroni.leaderSilent === true) {
    return 'no leader answers';
  }
  if (leaderRuns(cluster) !== undefined) {
    return `${leader} leads and does not serve`;
  }
  const unready = pods.find((pod) => !pod.ready || pod.terminating);
  if (unready !== undefined) {
    return `${unready.name} is not ready`;
  }
  if (wanted !== undefined && pods.length < wanted) {
    return `${pods.length} of ${wanted} pods are there`;
  }
  const names = new Set(patroni.members.map(({ name }) => name));
  const silent = pods.find(({ name }) => !names.has(name));
  const idle = patroni.members.find((member) => member.name !== leader && !isStreaming(member));
  const behind = silent?.name ?? idle?.name;
  return behind === undefined ? undefined : `${behind} does not stream`;
}

/** A node that was asked for and has not come would come on top of those of a new plan. */
async function findAwaitedNode(ctx: RunContext, fold: RunFold): Promise<Because<ReplanCode> | undefined> {
  const awaited = awaitedByZone(fold);
  if (awaited.size === 0) {
    return undefined;
  }
  const fresh = freshNodes(fold, await ctx.ports.kubernetes.listNodes());
  for (const [zone, names] of awaited) {
    const came = fresh.filter((node) => node.zone === zone).length;
    const missing = names[came];
    if (missing !== undefined) {
      return { code: 'node-awaited', facts: { subject: missing, zone } };
    }
  }
  return undefined;
}

/**
 * Pure: how many nodes of each zone were asked for, by this plan or one before, and are not among `nodes`. Zones in which all have come
 * are left out.
 */
export function missingByZone(fold: RunFold, nodes: readonly NodeView[]): ReadonlyMap<string, number> {
  const wanted = new Map(fold.awaitedByZone);
  for (const [zone, names] of awaitedByZone(fold)) {
    wanted.set(zone, (wanted.get(zone) ?? 0) + names.length);
  }
  for (const { zone } of freshNodes(fold, nodes)) {
    wanted.set(zone, (wanted.get(zone) ?? 0) - 1);
  }
  return new Map([...wanted].filter(([, count]) => count > 0));
}

function awaitedByZone(fold: RunFold): ReadonlyMap<string, readonly string[]> {
  const awaited = new Map<string, readonly string[]>();
  for (const lane of fold.lanes.values()) {
    if (lane.step.kind === 'add-node' && isInFlight(lane) && !fold.bound.has(lane.step.node)) {
      awaited.set(lane.step.zone, [...(awaited.get(lane.step.zone) ?? []), lane.step.node]);
    }
  }
  return awaited;
}

/** Nodes that came since the plan began and serve none of its steps yet. */
function freshNodes(fold: RunFold, nodes: readonly NodeView[]): readonly NodeView[] {
  const taken = new Set(fold.bound.values());
  return nodes.filter((node) => node.ready && !fold.nodeUidsAtStart.has(node.uid) && !taken.has(node.name));
}
