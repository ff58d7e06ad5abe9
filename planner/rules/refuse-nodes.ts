/**
 * Nodes that cannot be emptied whatever the order: said before anything is planned, and left completely alone.
 */

import type { RefusalCode } from '../codes.ts';
import { catchUpSeconds, moveSeconds, switchoverSeconds, windowHorizonDays } from '../limits.ts';
import type { DatabaseCluster, FleetNode, Pod } from '../model.ts';
import type { Facts, Refusal } from '../plan.ts';
import { ability } from '../survey/abilities.ts';
import { type BudgetNumbers, noBudget } from '../survey/budget-numbers.ts';
import type { Survey } from '../survey/survey.ts';
import { labelsAsked } from './labels-asked.ts';
import { matchesNodeTerms } from './selector.ts';
import { nextOpeningFor } from './window.ts';

type Refused = { readonly reason: Reason; readonly pods: string[] };

type Reason = { readonly code: RefusalCode; readonly facts: Facts; readonly fix: string };

/** Returns the refusals that no order of steps can avoid, one for each node and reason, by node name. */
export function refuseNodes(survey: Survey): readonly Refusal[] {
  const { nodes, pods } = survey;
  const fits = fitsSomewhere(survey);
  const held = heldByVolumes(survey);
  const states = clusterStates(survey);
  const byNode: (Map<string, Refused> | undefined)[] = [];
  const ofNode = nodes.all.map(reasonOfNode);
  for (let pod = 0; pod < pods.node.length; pod += 1) {
    const number = pods.node[pod] ?? -1;
    if (number < 0 || nodes.asked[number] !== 1 || pods.stays[pod] === 1) continue;
    const reason =
      ofNode[number] ??
      reasonOfPod(survey, states, pod) ??
      (fits(pod) ? undefined : (held(pod, number) ?? fitsNowhere(survey, pod, number)));
    if (reason === undefined) continue;
    const refused = byNode[number] ?? new Map<string, Refused>();
    byNode[number] = refused;
    const key = `${reason.code} ${reason.fix}`;
    const known = refused.get(key);
    if (known === undefined) refused.set(key, { reason, pods: [pods.key[pod] ?? ''] });
    else known.pods.push(pods.key[pod] ?? '');
  }
  return nodes.all.flatMap((node, number) =>
    [...(byNode[number]?.values() ?? [])].map(
      ({ reason, pods: keys }): Refusal => ({ ...reason, severity: 'stops', node: node.name, pods: keys }),
    ),
  );
}

/**
 * Returns refusals of the nodes whose primary could only be succeeded by members that this plan leaves where they are, and
 * about which too little is known: a later plan may find them caught up. `isDrained` says which nodes the plan empties.
 */
export function refuseWithoutCandidate(
  survey: Survey,
  isDrained: (node: number) => boolean,
): readonly Refusal[] {
  const refusals: Refusal[] = [];
  survey.clusters.all.forEach((cluster, number) => {
    if (lacksCandidate(survey, number, isDrained)) refusals.push(withoutCandidate(survey, cluster, number));
  });
  return refusals;
}

/** Whether the primary has to leave and all who may succeed it are doubtful and stay where they are. */
function lacksCandidate(
  { clusters, pods }: Survey,
  cluster: number,
  isDrained: (node: number) => boolean,
): boolean {
  const node = pods.node[clusters.primary[cluster] ?? -1] ?? -1;
  if (node < 0 || !isDrained(node)) return false;
  const end = clusters.start[cluster + 1] ?? 0;
  let isAnybodyDoubtful = false;
  for (let place = clusters.start[cluster] ?? 0; place < end; place += 1) {
    const pod = clusters.members[place] ?? -1;
    if (clusters.ability[pod] === ability.now) return false;
    if (clusters.ability[pod] !== ability.afterMove) continue;
    if (isDrained(pods.node[pod] ?? -1)) return false;
    isAnybodyDoubtful = true;
  }
  return isAnybodyDoubtful;
}

function withoutCandidate(
  { clusters, pods, nodes }: Survey,
  cluster: DatabaseCluster,
  number: number,
): Refusal {
  const members = clusters.members.subarray(clusters.start[number], clusters.start[number + 1]);
  const doubtful = Array.from(members)
    .filter((pod) => clusters.ability[pod] === ability.afterMove)
    .map((pod) => `${pods.name[pod] ?? ''}: ${clusters.reason[pod] ?? ''}`);
  const primary = clusters.primary[number] ?? -1;
  const [key, name] = [pods.key[primary] ?? '', pods.name[primary] ?? ''];
  const fix = `${patronictl(cluster, name, 'list')}   (plan again when one of them streams and is close enough)`;
  const facts = { cluster: cluster.key, members: doubtful };
  const node = nodes.all[pods.node[primary] ?? -1]?.name ?? '';
  return { code: 'no-candidate-now', severity: 'stops', node, pods: [key], facts, fix };
}

function reasonOfNode(node: FleetNode): Reason | undefined {
  if (node.ready) return undefined;
  const fix = `kubectl describe node ${node.name}   (bring it back, or force its pods away by hand)`;
  return { code: 'node-not-ready', facts: {}, fix };
}

/** The pod itself is fetched from memory only where something is against it. */
function reasonOfPod(survey: Survey, { unhealthy, lone }: ClusterStates, pod: number): Reason | undefined {
  const { clusters, budgets } = survey;
  if (survey.pods.bare[pod] === 1) return reasonOfBarePod(survey.pods.all[pod]);
  const number = survey.pods.cluster[pod] ?? -1;
  const cluster = clusters.all[number];
  if (cluster === undefined)
    return letsGo(budgets, pod) ? undefined : reasonOfBudgets(survey, budgets.ofPod(pod), pod);
  if (clusters.movable[number] !== 1) return reasonOfCluster(cluster, survey.pods.name[pod] ?? '');
  const away = unhealthy.get(number);
  if (away !== undefined && (away.length > 1 || away[0] !== pod))
    return secondUnavailable(survey, cluster, away, pod);
  if (clusters.primary[number] === pod) {
    const isLone = lone[number] === 1;
    const tooShort = windowTooShort(survey, number, isLone);
    if (tooShort !== undefined) return tooShort;
    if (isLone) return reasonOfLonePrimary(survey, number, pod);
  }
  return letsGo(budgets, pod) ? undefined : reasonOfBudgets(survey, budgets.ofReplica(pod, cluster), pod);
}

/** Most pods are under no budget, or under one that lets a pod go now. */
function letsGo({ only, allowed }: BudgetNumbers, pod: number): boolean {
  const budget = only[pod] ?? noBudget;
  return budget === noBudget || (budget >= 0 && (allowed[budget] ?? 0) >= 1);
}

function reasonOfBarePod(pod: Pod | undefined): Reason | undefined {
  if (pod === undefined) return undefined;
  const fix = `kubectl -n ${pod.namespace} delete pod ${pod.name}   (nothing would bring it back)`;
  return { code: 'bare-pod', facts: { pod: pod.key }, fix };
}

type ClusterStates = {
  /** Pods of members that are not available now, by cluster; the few clusters that have none such are left out. */
  readonly unhealthy: ReadonlyMap<number, readonly number[]>;
  /** By cluster, 1: nobody may succeed the primary, now or later. */
  readonly lone: Uint8Array;
};

function clusterStates({ clusters }: Survey): ClusterStates {
  const { members, ofMember } = clusters;
  const unhealthy = new Map<number, number[]>();
  const lone = new Uint8Array(clusters.all.length).fill(1);
  for (let place = 0; place < members.length; place += 1) {
    const pod = members[place] ?? -1;
    const number = ofMember[place] ?? -1;
    if (clusters.ability[pod] !== ability.never) lone[number] = 0;
    if (clusters.unhealthy[pod] === 0) continue;
    const known = unhealthy.get(number);
    if (known === undefined) unhealthy.set(number, [pod]);
    else known.push(pod);
  }
  return { unhealthy, lone };
}

/** What is against the move of any member. */
function reasonOfCluster(cluster: DatabaseCluster, name: string): Reason | undefined {
  const { claimants } = cluster;
  if (claimants.length > 1) {
    const fix = patronictl(cluster, name, 'list');
    return { code: 'two-primaries', facts: { cluster: cluster.key, claimants }, fix };
  }
  if (cluster.primary === undefined) {
    const fix = patronictl(cluster, name, 'list');
    return { code: 'no-primary', facts: { cluster: cluster.key }, fix };
  }
  if (!cluster.paused) return undefined;
  // While paused Patroni does not start PostgreSQL in a pod that comes up, so a moved member would not come back:
  // https://patroni.readthedocs.io/en/latest/pause.html
  const fix = patronictl(cluster, name, 'resume');
  return { code: 'paused-cluster', facts: { cluster: cluster.key }, fix };
}

function secondUnavailable(
  survey: Survey,
  cluster: DatabaseCluster,
  unhealthy: readonly number[],
  pod: number,
): Reason {
  const { name } = survey.pods;
  const members = unhealthy.filter((other) => other !== pod).map((other) => name[other] ?? '');
  const facts = { cluster: cluster.key, members };
  return { code: 'member-not-healthy', facts, fix: patronictl(cluster, name[pod] ?? '', 'list') };
}

function patronictl({ namespace }: DatabaseCluster, pod: string, command: string): string {
  return `kubectl -n ${namespace} exec ${pod} -- patronictl ${command}`;
}

/** A primary whose interruption fits into no opening of its window would keep a run waiting for ever. */
function windowTooShort(survey: Survey, cluster: number, restarts: boolean): Reason | undefined {
  const setting = survey.clusters.settings[cluster];
  if (setting?.parsedWindow === undefined) return undefined;
  const { takenAt } = survey.fleet;
  const from = takenAt === undefined ? 0 : Date.parse(takenAt) / 1000;
  const seconds = restarts ? moveSeconds + catchUpSeconds : switchoverSeconds;
  if (nextOpeningFor(setting.parsedWindow, seconds, from, windowHorizonDays) !== undefined) return undefined;
  const { key = '' } = survey.clusters.all[cluster] ?? {};
  const { window = '' } = setting;
  const facts = { cluster: key, window, seconds, days: windowHorizonDays };
  return { code: 'window-too-short', facts, fix: `a longer "window" for ${key}, or none` };
}

/** A primary that nobody can succeed: what is to become of it is the request's word. */
function reasonOfLonePrimary(survey: Survey, cluster: number, pod: number): Reason | undefined {
  const { clusters, budgets } = survey;
  const { key = '' } = clusters.all[cluster] ?? {};
  const setting = clusters.settings[cluster];
  const facts = {
    cluster: key,
    members: (clusters.start[cluster + 1] ?? 0) - (clusters.start[cluster] ?? 0),
  };
  if (setting?.switchover === 'never' && setting.singleMember !== 'restart') {
    const fix = `"switchover": "allowed" or "singleMember": "restart" for ${key}`;
    return { code: 'switchover-never', facts, fix };
  }
  if (setting?.singleMember === 'skip') {
    const fix = `"singleMember": "scale-out" (one temporary member, no outage) or "restart" (one outage) for ${key}`;
    return { code: 'single-member-skip', facts, fix };
  }
  if (setting?.singleMember === 'scale-out') return undefined;
  const own = budgets.ofPod(pod);
  const closed = own.find((budget) => (budgets.allowed[budget] ?? 0) < 1);
  const budget = budgets.all[closed ?? -1];
  if (own.length <= 1 && budget !== undefined) {
    const { name, namespace } = budget;
    const fix = `kubectl -n ${namespace} patch pdb ${name} --type merge -p '{"spec":{"minAvailable":0}}'   (for as long as the restart takes), or "singleMember": "scale-out"`;
    return { code: 'budget-forbids-restart', facts: { ...facts, budget: budget.key }, fix };
  }
  return reasonOfBudgets(survey, own, pod);
}

/** The eviction API answers an error to a pod under two budgets: https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/ */
function reasonOfBudgets(survey: Survey, found: readonly number[], number: number): Reason | undefined {
  const { budgets, pods } = survey;
  if (found.length === 0) return undefined;
  if (found.length > 1) {
    const names = found.map((budget) => budgets.all[budget]?.key ?? '');
    const fix = `delete one of them, or narrow a selector: ${names.join(', ')}`;
    return { code: 'two-budgets', facts: { pod: pods.key[number] ?? '', budgets: names }, fix };
  }
  const only = found[0] ?? -1;
  const budget = budgets.all[only];
  const allowed = budgets.allowed[only] ?? 0;
  if (budget === undefined || allowed >= 1) return undefined;
  const pod = pods.all[number];
  if (pod === undefined || pod.phase === 'Pending' || pod.terminating) return undefined;
  if (!pod.ready && (budget.alwaysAllowUnhealthy || allowed >= 0)) return undefined;
  const { key, name, namespace } = budget;
  const fix = `kubectl -n ${namespace} describe pdb ${name}   (it allows no eviction: bring its pods up, add one, or lower minAvailable)`;
  return {
    code: 'budget-never-opens',
    facts: { budget: key, pods: budgets.picked[only] ?? 0, allowed },
    fix,
  };
}

/** Whether a pod could stand on a kept node or a replacement if nothing else did; alike rules are asked about once. */
function fitsSomewhere(survey: Survey): (pod: number) => boolean {
  const { nodes, pods, sizes, kinds, asks, width } = survey;
  const keptKinds = new Set<number>();
  nodes.kind.forEach((kind, node) => {
    if (nodes.asked[node] !== 1) keptKinds.add(kind);
  });
  const hasRoom = (ask: number, size: number) => {
    for (let r = 0; r < width; r += 1) {
      const wanted = asks[ask * width + r] ?? 0;
      if (wanted > 0 && wanted > (sizes.room[size * width + r] ?? 0)) return false;
    }
    return true;
  };
  const brought = sizesBrought(survey);
  /** By rule the replacements that suit it, whatever their room; 'kept': a node that stays suits it. */
  const places: ('kept' | readonly number[] | undefined)[] = [];
  const placesOf = (rule: number) => {
    for (const kind of keptKinds) if (kinds.fits(rule, kind)) return 'kept';
    return brought.filter((size) => kinds.fits(rule, sizes.kind[size] ?? 0));
  };
  const fits = (pod: number) => {
    const rule = pods.rule[pod] ?? 0;
    const found = places[rule] ?? placesOf(rule);
    places[rule] = found;
    if (found === 'kept') return true;
    for (const size of found) if (hasRoom(pods.ask[pod] ?? 0, size)) return true;
    return false;
  };
  return (pod) => {
    if (fits(pod)) return true;
    // A temporary member that takes over for good, in any zone, leaves nothing to be put anywhere.
    const cluster = pods.cluster[pod] ?? -1;
    const temporary = survey.clusters.temporary[cluster] ?? -1;
    return temporary >= 0 && survey.clusters.primary[cluster] === pod && fits(temporary);
  };
}

/** A volume that can be attached to this node and to no other, neither a kept one nor its replacement, never leaves it. */
function heldByVolumes({ nodes, pods, sizes }: Survey): (number: number, home: number) => Reason | undefined {
  const kept = nodes.all.filter((_, other) => nodes.asked[other] !== 1);
  return (number, home) => {
    const pod = pods.all[number];
    const node = nodes.all[home];
    const replacement = sizes.example[sizes.ofNode[home] ?? -1];
    if (node === undefined || pod === undefined) return undefined;
    const isHeld = pod.volumeTerms.some(
      (terms) =>
        matchesNodeTerms(terms, node) &&
        (replacement === undefined || !matchesNodeTerms(terms, replacement)) &&
        !kept.some((other) => matchesNodeTerms(terms, other)),
    );
    if (!isHeld) return undefined;
    const move =
      pod.cluster === undefined
        ? 'copy the data of its pods elsewhere by hand'
        : 'add a member on another node, then remove this one';
    const facts = { pod: pod.key, node: node.name };
    return { code: 'local-volume', facts, fix: `${move}; or leave ${node.name} out of "nodes"` };
  };
}

/** Replacements that may ever be brought: a zone without surge gets one once a node of it is gone. */
function sizesBrought({ sizes, request, fleet }: Survey): readonly number[] {
  const limits = request.limits.maxNewNodesPerZone;
  const brought: number[] = [];
  for (let size = 0; size < sizes.count; size += 1)
    if (limits?.[fleet.zones[sizes.zone[size] ?? 0] ?? ''] !== 0) brought.push(size);
  return brought;
}

function fitsNowhere(survey: Survey, number: number, home: number): Reason | undefined {
  const pod = survey.pods.all[number];
  const node = survey.nodes.all[home];
  if (pod === undefined || node === undefined) return undefined;
  const lacking = lackingLabels(survey, pod, node);
  const fix =
    lacking === undefined
      ? `"replacement" with the size, labels and taints that ${pod.key} needs in ${node.zone}`
      : `"replacement": {"labels": ${lacking}}`;
  return { code: 'pod-fits-nowhere', facts: { pod: pod.key, zone: node.zone }, fix };
}

/**
 * The labels that the pod asks for and a replacement would not have, as JSON; undefined: none, or not said in one way only. The
 * commonest case: nodes carry their lifecycle in a label, and a replacement is like the node replaced, its mark included.
 */
function lackingLabels(survey: Survey, pod: Pod, node: FleetNode): string | undefined {
  const brought = { ...node.labels, ...survey.request.replacement[node.zone]?.labels };
  const lacking = labelsAsked(pod).filter(([key, value]) => brought[key] !== value);
  if (lacking.length === 0) return undefined;
  const pairs = lacking.map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `{${[...new Set(pairs)].sort().join(', ')}}`;
}
