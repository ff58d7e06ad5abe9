/**
 * The acts a plan is made of. Each one changes the yard and appends its step, so that the two never disagree.
 */

import type { BecauseCode } from '../codes.ts';
import type { FleetNode } from '../model.ts';
import type { Facts } from '../plan.ts';
import { type BudgetBook, labelsAsReplica } from '../rules/budget.ts';
import { roleWord } from '../rules/choose-candidate.ts';
import { appendStep, copyStepList, type StepList, setMarks, takeMarks } from './step-list.ts';
import type { YardPod } from './survey.ts';
import {
  addNode,
  copyYard,
  isFinal,
  isPrimary,
  lift,
  place,
  releaseNode,
  type Yard,
  type YardNode,
} from './yard.ts';

/** One attempt at a plan: the state, the steps that led to it, and what it has cost so far. */
export type Work = {
  readonly yard: Yard;
  readonly list: StepList;
  readonly book: BudgetBook;
  /** Names of drained nodes that have been given a replacement. */
  readonly replaced: Set<string>;
  /** Moves under each budget so far, to deal them out over as many chains as may run at once. */
  readonly budgetUses: Map<string, number>;
  /** Primaries on final nodes by zone, to leave them spread. */
  readonly primariesIn: Map<string, number>;
  readonly switchovers: Map<string, number>;
  readonly outages: Map<string, number>;
  /** Weight that a node would pay if it were emptied now, as far as it has been worked out and nothing concerned has changed. */
  readonly knownWeight: Map<YardNode, number>;
  readonly manner: Manner;
};

/** How an attempt goes about it: the plain manner serves nearly every fleet, the others those with little room. */
export type Manner = {
  /** Whether a replica may be made final before its own node's turn: it saves a switchover and takes up room early. */
  readonly ahead: boolean;
  /** Whether pods bound to one zone choose their place first, and replacements are like the largest node left to replace. */
  readonly careful: boolean;
};

export const plainManner: Manner = { ahead: true, careful: false };

/** Returns a copy that can be tried on and thrown away. */
export function copyWork(work: Work): Work {
  return {
    ...work,
    yard: copyYard(work.yard),
    list: copyStepList(work.list),
    replaced: new Set(work.replaced),
    budgetUses: new Map(work.budgetUses),
    primariesIn: new Map(work.primariesIn),
    switchovers: new Map(work.switchovers),
    outages: new Map(work.outages),
    knownWeight: new Map(),
  };
}

/** To be called with what an act changes: the nodes that hold members of the pod's cluster may pay another weight now. */
function forgetWeights(work: Work, pod: YardPod): void {
  const { yard } = work;
  const key = pod.cluster?.key ?? '';
  for (const member of [pod, ...(yard.survey.membersOf.get(key) ?? []), yard.temporary.get(key)]) {
    const node = member === undefined ? undefined : yard.at.get(member);
    if (node !== undefined) work.knownWeight.delete(node);
  }
}

/**
 * Closes all nodes to be drained before anything moves. The last of them waits for the others, and everything else for
 * the last: one dependency instead of one per node.
 */
export function closeNodes(work: Work, nodes: readonly YardNode[]): void {
  const kind = work.yard.survey.request.hold === 'cordon' ? 'cordon' : 'fence';
  const facts = { nodes: nodes.length };
  nodes.forEach((node, index) => {
    const last = index === nodes.length - 1;
    const because = { code: 'node-to-be-drained' as const, facts };
    const ties = last ? { after: ['closing'], marks: ['closed'] } : { marks: ['closing'] };
    appendStep(work.list, { kind, node: node.node.name, because }, ties);
  });
}

/** Adds a node; under a cap for the region it waits for all that was released before, else for the place it takes over. */
export function bringNode(work: Work, node: FleetNode, replaces: string): YardNode {
  const { yard, list } = work;
  const { surge, surgeTotal } = yard.survey.request;
  const { zone } = node;
  const count = yard.addedIn.get(zone) ?? 0;
  const added = addNode(yard, node);
  work.replaced.add(replaces);
  const because = { code: 'replacement-needed' as const, facts: { zone, replaces } };
  const freed = `released ${zone} ${count - (surge[zone] ?? 0) + 1}`;
  const ties =
    surgeTotal === null
      ? { after: ['closed', freed] }
      : { after: ['closed', 'released since', freed], chains: ['region'] };
  const marks = [`node ${node.name}`];
  appendStep(list, { kind: 'add-node', node: node.name, zone, because }, { ...ties, marks });
  list.under.delete('released since');
  return added;
}

/** Moves a pod; `outage` where it is a primary that nobody can succeed. */
export function movePod(work: Work, pod: YardPod, to: YardNode, code: BecauseCode, outage = false): void {
  const { yard, list } = work;
  const from = yard.at.get(pod);
  if (from === undefined) return;
  const cluster = pod.cluster?.key ?? null;
  const draft = {
    kind: 'move' as const,
    pod: pod.pod.key,
    uid: pod.pod.uid,
    from: from.node.name,
    to: to.node.name,
    cluster,
    member: cluster === null ? null : pod.pod.name,
    outage,
    because: { code, facts: moveFacts(work, pod) },
  };
  const zones = zonesConcerned(yard, pod, to);
  const mayBeEarly =
    yard.survey.request.mode !== 'whole-nodes' && (code === 'replica-first' || code === 'parked');
  const ties = {
    chains: [`pod ${pod.pod.key}`, ...pod.chains, ...budgetChains(work, pod)],
    after: [
      'closed',
      `node ${to.node.name}`,
      ...zones.map((zone) => `shut ${zone}`),
      ...(mayBeEarly ? [] : [`wave before ${from.node.zone}`]),
    ],
    marks: [
      `left ${from.node.name}`,
      ...(isFinal(to) ? [] : [`left ${to.node.name}`]),
      ...zones.map((zone) => `moves ${zone}`),
    ],
  };
  appendStep(list, draft, ties, pod.pod.volumeBytes);
  forgetWeights(work, pod);
  place(yard, pod, to);
  work.knownWeight.delete(to);
  if (outage && cluster !== null) work.outages.set(cluster, (work.outages.get(cluster) ?? 0) + 1);
}

/** Parks a pod on another node to be drained: its fence is off for this one move, while nothing else moves in the zone. */
export function parkPod(work: Work, pod: YardPod, to: YardNode): void {
  const { list } = work;
  const { name, zone } = to.node;
  const facts = { zone, pod: pod.pod.key };
  const unfence = { code: 'room-for-parking' as const, facts };
  appendStep(
    list,
    { kind: 'unfence', node: name, because: unfence },
    { after: ['closed', `moves ${zone}`, `shut ${zone}`], marks: [`opened ${name}`] },
  );
  setMarks(list, `shut ${zone}`, takeMarks(list, [`opened ${name}`]));
  list.under.delete(`moves ${zone}`);
  movePod(work, pod, to, 'parked');
  list.under.delete(`shut ${zone}`);
  const because = { code: 'node-to-be-drained' as const, facts: { nodes: 1 } };
  appendStep(
    list,
    { kind: 'fence', node: name, because },
    { after: [`moves ${zone}`], marks: [`shut ${zone}`, `left ${name}`] },
  );
  list.under.delete(`moves ${zone}`);
}

/** Hands the role of primary to another member. */
export function switchOver(work: Work, to: YardPod, facts: Facts): void {
  const { yard, list } = work;
  if (to.cluster === undefined) return;
  const { key } = to.cluster;
  const from = yard.primaryOf.get(key);
  if (from === undefined) return;
  const because = { code: 'primary-must-move' as const, facts };
  const draft = { kind: 'switchover' as const, cluster: key, from: from.pod.name, to: to.pod.name, because };
  appendStep(list, draft, { chains: [`cluster ${key}`], after: ['closed'] });
  const former = yard.formerOf.get(key) ?? new Set();
  yard.formerOf.set(key, former.add(from));
  yard.primaryOf.set(key, to);
  forgetWeights(work, to);
  const stands = yard.at.get(to);
  if (stands !== undefined && isFinal(stands)) {
    work.primariesIn.set(stands.node.zone, (work.primariesIn.get(stands.node.zone) ?? 0) + 1);
  }
  work.switchovers.set(key, (work.switchovers.get(key) ?? 0) + 1);
}

/** Gives a cluster a temporary member on a node. */
export function scaleOut(work: Work, temporary: YardPod, onto: YardNode, forPod: YardPod): void {
  const { yard, list } = work;
  const cluster = temporary.cluster?.key ?? '';
  const because = { code: 'single-member' as const, facts: { member: forPod.pod.name } };
  const draft = {
    kind: 'scale-out' as const,
    cluster,
    member: temporary.pod.name,
    node: onto.node.name,
    because,
  };
  const ties = {
    chains: temporary.chains,
    after: ['closed', `node ${onto.node.name}`, `shut ${onto.node.zone}`],
    marks: [`moves ${onto.node.zone}`],
  };
  appendStep(list, draft, ties, forPod.pod.volumeBytes);
  place(yard, temporary, onto);
  yard.temporary.set(cluster, temporary);
  forgetWeights(work, temporary);
}

/** Takes the member that the temporary one has replaced away again. */
export function scaleIn(work: Work, pod: YardPod): void {
  const from = work.yard.at.get(pod);
  if (from === undefined || pod.cluster === undefined) return;
  const cluster = pod.cluster.key;
  const stays = work.yard.temporary.get(cluster)?.pod.name ?? '';
  const because = { code: 'temporary-member' as const, facts: { stays } };
  const draft = { kind: 'scale-in' as const, cluster, member: pod.pod.name, node: from.node.name, because };
  // Whoever is parked in the room that this leaves waits for it, as for any other move of the zone.
  const marks = [`left ${from.node.name}`, `moves ${from.node.zone}`];
  appendStep(work.list, draft, { chains: pod.chains, marks });
  forgetWeights(work, pod);
  lift(work.yard, pod);
}

/** Cordons an empty node and gives it back. */
export function giveBack(work: Work, node: YardNode): void {
  const { yard, list } = work;
  const { name, zone } = node.node;
  if (yard.survey.request.hold === 'fence') {
    const because = { code: 'no-primary-left' as const, facts: {} };
    appendStep(
      list,
      { kind: 'cordon', node: name, because },
      { after: ['closed', `left ${name}`, `wave before ${zone}`], marks: [`cordoned ${name}`] },
    );
  }
  const because = { code: 'empty' as const, facts: { pods: staying(node), zone } };
  const after = list.under.has(`cordoned ${name}`)
    ? [`cordoned ${name}`]
    : ['closed', `left ${name}`, `wave before ${zone}`];
  const count = (yard.base.get(zone) ?? 0) + (yard.addedIn.get(zone) ?? 0) - (yard.liveIn.get(zone) ?? 0) + 1;
  const marks = [`released ${zone} ${count}`, `released now ${zone}`, 'released since'];
  appendStep(list, { kind: 'release', node: name, because }, { after, marks });
  releaseNode(yard, node);
}

/** Begins the next wave: what leaves its nodes waits for the nodes of the wave before, zone by zone or all together. */
export function beginWave(work: Work, wave: number, wholeNodes: boolean): void {
  const { list, yard } = work;
  list.wave = wave;
  const { zones } = yard.survey.fleet;
  const nowIn = (zone: string) => `released now ${zone}`;
  const everywhere = wholeNodes ? takeMarks(list, zones.map(nowIn)) : undefined;
  for (const zone of zones) {
    const before = wholeNodes ? everywhere : takeMarks(list, [nowIn(zone)]);
    if (before !== undefined) setMarks(list, `wave before ${zone}`, before);
  }
}

function staying(node: YardNode): number {
  return node.pods.size;
}

function moveFacts(work: Work, pod: YardPod): Facts {
  const { volumeBytes } = pod.pod;
  const volume = volumeBytes === undefined ? {} : { volumeBytes };
  if (pod.cluster === undefined || pod.member === undefined) return { role: 'pod', ...volume };
  const of = work.yard.survey.membersOf.get(pod.cluster.key)?.length ?? 0;
  return { role: roleNow(work, pod), ...volume, leaves: of - 1, of };
}

function roleNow(work: Work, pod: YardPod): string {
  if (isPrimary(work.yard, pod)) return 'primary';
  const cluster = pod.cluster?.key ?? '';
  if (work.yard.formerOf.get(cluster)?.has(pod)) return 'former primary';
  return roleWord(pod.member?.role ?? 'replica');
}

/** As many chains as evictions the budget allows at once: two moves of one chain never overlap. */
function budgetChains(work: Work, pod: YardPod): readonly string[] {
  const { cluster } = pod;
  const asPrimary = cluster === undefined || isPrimary(work.yard, pod);
  const labels = asPrimary ? pod.pod.labels : labelsAsReplica(pod.pod, cluster);
  return work.book.of(pod.pod, labels).map(({ budget, allowed }) => {
    const uses = work.budgetUses.get(budget.key) ?? 0;
    work.budgetUses.set(budget.key, uses + 1);
    return `budget ${budget.key} ${uses % Math.max(1, allowed)}`;
  });
}

/** A pod without a volume may land in any zone, and so meets an open fence in any of them. */
function zonesConcerned(yard: Yard, pod: YardPod, to: YardNode): readonly string[] {
  return pod.pod.volumeTerms.length > 0 ? [to.node.zone] : yard.survey.fleet.zones;
}
