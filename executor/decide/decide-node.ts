/**
 * Pure: the decisions about nodes. Marks are values of the run's id, so that a repetition finds them and does nothing.
 */

import type { AddNodeStep } from '../../planner/plan.ts';
import type { Act } from '../journal.ts';
import { nodesForStep } from './coming-nodes.ts';
import {
  answerOpenAct,
  blocked,
  type Decision,
  done,
  halt,
  type Memory,
  settleOpenAct,
  waitFor,
} from './decision.ts';
import { isClosed, nobodyElseDrains } from './guards.ts';
import type { ComingNodeSeen, NodeSeen, Seen } from './seen.ts';
import { waitAfterConflicts } from './wait-after-conflicts.ts';

type SightOf<Kind extends Seen['kind']> = Extract<Seen, { kind: Kind }>;

/** A fence that an earlier run left is taken over: the Lease of the fleet says that no other run is at work. */
export function decideFence({ node, step }: SightOf<'fence'>, memory: Memory): Decision {
  if (node === undefined || isAnotherMachine(node, memory)) {
    return halt(memory, 'node-gone', { subject: step.node });
  }
  return node.fencedBy === memory.fold.runId ? done() : changeNode('fence', node, memory);
}

/** Machines that are reinstalled come back under their name. The one that the plan is about stood there at the start. */
function isAnotherMachine(node: NodeSeen, { fold }: Memory): boolean {
  return fold.nodeUidsAtStart.size > 0 && !fold.nodeUidsAtStart.has(node.uid);
}

/** The fence of another run is not ours to take off. */
export function decideUnfence({ node, step }: SightOf<'unfence'>, memory: Memory): Decision {
  if (node === undefined) {
    return halt(memory, 'node-gone', { subject: step.node });
  }
  return node.fencedBy === memory.fold.runId ? changeNode('unfence', node, memory) : done();
}

/** Database operators switch over of their own accord when a primary's node is cordoned: only without any primary on it. */
export function decideCordon({ node, step, primaries }: SightOf<'cordon'>, memory: Memory): Decision {
  if (node === undefined || isAnotherMachine(node, memory)) {
    return halt(memory, 'node-gone', { subject: step.node });
  }
  if (node.unschedulable) {
    return done({ ours: node.cordonedBy === memory.fold.runId });
  }
  if (primaries.length > 0) {
    return answerOpenAct(memory, 'seen-not-done') ?? blocked('primary-on-node', step.node, { primaries });
  }
  return changeNode('cordon', node, memory);
}

/** Which nodes serve: coming-nodes.ts. */
export function decideAddNode({ step, nodes }: SightOf<'add-node'>, memory: Memory): Decision {
  const { fold, lane } = memory;
  const boundName = fold.bound.get(step.node);
  const { bound, usable, leftToOthers, misplaced } = nodesForStep(nodes, fold, step);
  if (boundName !== undefined) {
    return decideBoundNode(step.node, boundName, bound, memory);
  }
  const chosen = usable[leftToOthers];
  if (chosen !== undefined) {
    return { kind: 'bind', planNode: step.node, node: chosen.name };
  }
  const wasAsked = lane.acts.some(
    (made) => made.answer?.answer === 'done' || made.answer?.answer === 'seen-done',
  );
  if (!wasAsked) {
    return (
      settleOpenAct(memory, step.node, memory.pace.actSettleMs) ?? {
        kind: 'act',
        act: wantNode(step, memory),
      }
    );
  }
  if (misplaced !== undefined) {
    const facts = { node: misplaced.name, zone: misplaced.zone, wantedZone: step.zone };
    return blocked('new-node-in-wrong-zone', step.node, facts);
  }
  return waitFor('waiting-for-node', step.node, { zone: step.zone });
}

function wantNode({ node, zone }: AddNodeStep, { fold }: Memory): Act {
  const isFirst = fold.planIds.length === 1 && !fold.isRecovered;
  return { kind: 'want-node', planNode: node, zone, ...(isFirst ? {} : { plan: fold.plan.id }) };
}

function decideBoundNode(
  planNode: string,
  bound: string,
  node: ComingNodeSeen | undefined,
  memory: Memory,
): Decision {
  if (node === undefined) {
    return halt(memory, 'node-gone', { subject: bound, planNode });
  }
  return node.ready ? done({ node: bound }) : waitFor('waiting-for-node', bound, { zone: node.zone });
}

/**
 * Empty but for pods that stay, closed, and without volumes: a machine that is terminated while it holds one keeps it from
 * being attached elsewhere for 6 minutes (`maxWaitForUnmountDuration` of the attach-detach controller). First the mark on the node, then the pipeline
 * is told; each is safe to repeat.
 */
export function decideRelease({ step, node, pods, volumes }: SightOf<'release'>, memory: Memory): Decision {
  if (node === undefined) {
    // Nothing of ours stands there any more, and whoever took the node away did what a release asks for.
    return done({ gone: true });
  }
  if (isAnotherMachine(node, memory)) {
    return halt(memory, 'node-gone', { subject: step.node });
  }
  const staying = pods.filter((pod) => !pod.stays).map((pod) => `${pod.namespace}/${pod.name}`);
  if (staying.length > 0) {
    const pods10 = staying.toSorted().slice(0, 10);
    const open = answerOpenAct(memory, 'seen-not-done');
    return open ?? blocked('node-not-empty', step.node, { pods: pods10, count: staying.length });
  }
  if (!isClosed(node)) {
    return answerOpenAct(memory, 'seen-not-done') ?? blocked('fence-missing', step.node);
  }
  const wasTold = memory.lane.acts.some(
    (made) => made.act.kind === 'node-released' && made.answer?.answer === 'done',
  );
  if (wasTold) {
    return done();
  }
  // Once it is marked as released it is the pipeline's, by whatever means that takes it away.
  const drainer = node.releasedBy === memory.fold.runId ? undefined : node.drainedByOther;
  const stop = nobodyElseDrains(step.node, drainer);
  if (stop !== undefined) {
    return answerOpenAct(memory, 'seen-not-done') ?? stop;
  }
  if (volumes.length > 0) {
    const facts = { volumes: volumes.slice(0, 10), count: volumes.length };
    return waitFor('volume-still-attached', step.node, facts);
  }
  if (node.releasedBy !== memory.fold.runId) {
    return changeNode('mark-released', node, memory);
  }
  if (memory.lane.openAct?.act.kind === 'mark-released') {
    return { kind: 'answer', answer: 'seen-done', facts: {} };
  }
  return (
    settleOpenAct(memory, step.node, memory.pace.actSettleMs) ?? {
      kind: 'act',
      act: {
        kind: 'node-released',
        node: step.node,
        ...(node.providerId === undefined ? {} : { providerId: node.providerId }),
      },
    }
  );
}

function changeNode(
  kind: Extract<Act['kind'], 'fence' | 'unfence' | 'cordon' | 'mark-released'>,
  node: NodeSeen,
  memory: Memory,
): Decision {
  const act: Act = { kind, node: node.name, resourceVersion: node.resourceVersion };
  return (
    settleOpenAct(memory, node.name, memory.pace.actSettleMs) ??
    waitAfterConflicts(memory, node.name) ?? { kind: 'act', act }
  );
}
