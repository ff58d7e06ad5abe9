/**
 * Nodes that cannot be emptied whatever the order: said before anything is planned, and left completely alone.
 */

import type { RefusalCode } from '../codes.ts';
import type { DatabaseCluster, FleetNode } from '../model.ts';
import type { Facts, Refusal } from '../plan.ts';
import { openWork } from '../schedule/empty-nodes.ts';
import { fitsSomewhere } from '../schedule/find-place.ts';
import type { Survey, YardPod } from '../schedule/survey.ts';
import { type BudgetBook, type BudgetCount, labelsAsReplica } from './budget.ts';
import { isHealthy, laterSuccessors, possibleSuccessors } from './choose-candidate.ts';

type Reason = { readonly code: RefusalCode; readonly facts: Facts; readonly fix: string };

/** Returns the refusals that no order of steps can avoid, one for each node and reason, by node name. */
export function refuseNodes(survey: Survey, book: BudgetBook): readonly Refusal[] {
  const drained = new Set(survey.request.drained);
  const work = openWork(survey, book, drained, new Set());
  const others = survey.fleet.nodes.filter((each) => drained.has(each.name));
  const refusals: Refusal[] = [];
  for (const name of survey.request.drained) {
    const node = survey.nodeOf.get(name);
    if (node === undefined) continue;
    const leaving = (survey.podsOn.get(name) ?? []).filter((pod) => !pod.stays);
    // Its own replacement is the likeliest place, so it is looked at first.
    const sizes = [node, ...others].filter((each) => mayBringLike(survey, each));
    const byReason = new Map<string, { reason: Reason; pods: string[] }>();
    for (const pod of leaving) {
      const reason =
        reasonOfNode(node) ??
        reasonOfPod(survey, book, pod) ??
        (fitsSomewhere(work, pod, sizes) ? undefined : fitsNowhere(survey, pod, node));
      if (reason === undefined) continue;
      const key = `${reason.code} ${reason.fix}`;
      const known = byReason.get(key) ?? { reason, pods: [] };
      known.pods.push(pod.pod.key);
      byReason.set(key, known);
    }
    for (const { reason, pods } of byReason.values())
      refusals.push({ ...reason, severity: 'stops', node: name, pods });
  }
  return refusals;
}

/**
 * Returns refusals of the nodes whose primary could only be succeeded by members that this plan leaves where they are, and
 * about which too little is known: a later plan may find them caught up.
 */
export function refuseWithoutCandidate(survey: Survey, drained: ReadonlySet<string>): readonly Refusal[] {
  return survey.fleet.clusters.flatMap((cluster): readonly Refusal[] => {
    const primary = (survey.membersOf.get(cluster.key) ?? []).find((pod) => pod.pod.name === cluster.primary);
    const node = primary?.pod.node;
    if (primary === undefined || node === undefined || !drained.has(node)) return [];
    const all = candidacies(survey, cluster);
    const later = laterSuccessors(all);
    if (later.length === 0 || possibleSuccessors(all, (name) => drained.has(name)).length > 0) return [];
    const members = later.map((each) => `${each.member.name}: ${each.reason ?? ''}`);
    const list = `kubectl -n ${cluster.namespace} exec ${primary.pod.name} -- patronictl list`;
    const fix = `${list}   (plan again when one of them streams and is close enough)`;
    const facts = { cluster: cluster.key, members };
    return [{ code: 'no-candidate-now', severity: 'stops', node, pods: [primary.pod.key], facts, fix }];
  });
}

/** Whether replacements like this node may ever be brought: a zone without surge gets one once a node of it is gone. */
function mayBringLike(survey: Survey, node: FleetNode): boolean {
  return survey.request.limits.maxNewNodesPerZone?.[node.zone] !== 0;
}

function reasonOfNode(node: FleetNode): Reason | undefined {
  if (node.ready) return undefined;
  const fix = `kubectl describe node ${node.name}   (bring it back, or force its pods away by hand)`;
  return { code: 'node-not-ready', facts: {}, fix };
}

function reasonOfPod(survey: Survey, book: BudgetBook, pod: YardPod): Reason | undefined {
  if (pod.pod.owner.kind === 'none') {
    const fix = `kubectl -n ${pod.pod.namespace} delete pod ${pod.pod.name}   (nothing would bring it back)`;
    return { code: 'bare-pod', facts: { pod: pod.pod.key }, fix };
  }
  if (pod.cluster === undefined || pod.member === undefined)
    return reasonOfBudgets(book.of(pod.pod, pod.pod.labels), pod);
  const ofCluster = reasonOfCluster(survey, pod.cluster, pod);
  if (ofCluster !== undefined) return ofCluster;
  if (
    pod.member.name === pod.cluster.primary &&
    possibleSuccessors(candidacies(survey, pod.cluster), () => true).length === 0
  ) {
    return reasonOfLonePrimary(survey, book, pod.cluster, pod);
  }
  return reasonOfBudgets(book.of(pod.pod, labelsAsReplica(pod.pod, pod.cluster)), pod);
}

function reasonOfCluster(survey: Survey, cluster: DatabaseCluster, pod: YardPod): Reason | undefined {
  const facts = { cluster: cluster.key };
  const list = `kubectl -n ${cluster.namespace} exec ${pod.pod.name} -- patronictl list`;
  if (cluster.claimants.length > 1) {
    return { code: 'two-primaries', facts: { ...facts, claimants: cluster.claimants }, fix: list };
  }
  if (cluster.primary === undefined) return { code: 'no-primary', facts, fix: list };
  // While paused Patroni does not start PostgreSQL in a pod that comes up, so a moved member would not come back:
  // https://patroni.readthedocs.io/en/latest/pause.html
  if (cluster.paused) {
    const fix = `kubectl -n ${cluster.namespace} exec ${pod.pod.name} -- patronictl resume`;
    return { code: 'paused-cluster', facts, fix };
  }
  const window = survey.request.clusters[cluster.key]?.window;
  if (window !== undefined && pod.member?.name === cluster.primary) {
    // Safer than an interruption at a time at which somebody asked for none.
    const fix = `take the window of ${cluster.key} out of the request, or leave this node for a run inside the window`;
    return { code: 'window-not-heeded', facts: { ...facts, window }, fix };
  }
  const unhealthy = (survey.membersOf.get(cluster.key) ?? []).filter(
    (other) => other !== pod && other.member !== undefined && !isHealthy(other.member, other.pod),
  );
  if (unhealthy.length === 0) return undefined;
  const members = unhealthy.map((other) => other.pod.name);
  return { code: 'member-not-healthy', facts: { ...facts, members }, fix: list };
}

/** A primary that nobody can succeed: what is to become of it is the request's word. */
function reasonOfLonePrimary(
  survey: Survey,
  book: BudgetBook,
  cluster: DatabaseCluster,
  pod: YardPod,
): Reason | undefined {
  const setting = survey.request.clusters[cluster.key];
  const all = candidacies(survey, cluster);
  const facts = { cluster: cluster.key, members: all.length };
  const never = setting?.switchover === 'never';
  if (never && setting.singleMember !== 'restart') {
    const fix = `"switchover": "allowed" or "singleMember": "restart" for ${cluster.key}`;
    return { code: 'switchover-never', facts, fix };
  }
  if (setting?.singleMember === 'skip') {
    const fix = `"singleMember": "scale-out" (one temporary member, no outage) or "restart" (one outage) for ${cluster.key}`;
    return { code: 'single-member-skip', facts, fix };
  }
  if (setting?.singleMember === 'scale-out') return undefined;
  const budgets = book.of(pod.pod, pod.pod.labels);
  const closed = budgets.find((each) => each.allowed < 1);
  if (budgets.length <= 1 && closed !== undefined) {
    const { key, name, namespace } = closed.budget;
    const fix = `kubectl -n ${namespace} patch pdb ${name} --type merge -p '{"spec":{"minAvailable":0}}'   (for as long as the restart takes), or "singleMember": "scale-out"`;
    return { code: 'budget-forbids-restart', facts: { ...facts, budget: key }, fix };
  }
  return reasonOfBudgets(budgets, pod);
}

/** The eviction API answers an error to a pod under two budgets: https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/ */
function reasonOfBudgets(budgets: readonly BudgetCount[], pod: YardPod): Reason | undefined {
  if (budgets.length > 1) {
    const names = budgets.map((each) => each.budget.key);
    const fix = `delete one of them, or narrow a selector: ${names.join(', ')}`;
    return { code: 'two-budgets', facts: { pod: pod.pod.key, budgets: names }, fix };
  }
  const [only] = budgets;
  if (only === undefined || only.allowed >= 1 || pod.pod.phase === 'Pending' || pod.pod.terminating)
    return undefined;
  if (!pod.pod.ready && (only.budget.alwaysAllowUnhealthy || only.allowed >= 0)) return undefined;
  const { key, name, namespace } = only.budget;
  const fix = `kubectl -n ${namespace} describe pdb ${name}   (it allows no eviction: bring its pods up, add one, or lower minAvailable)`;
  return {
    code: 'budget-never-opens',
    facts: { budget: key, pods: only.pods.length, allowed: only.allowed },
    fix,
  };
}

function fitsNowhere(survey: Survey, pod: YardPod, node: FleetNode): Reason {
  const lacking = lackingLabels(survey, pod, node);
  const fix =
    lacking === undefined
      ? `"replacement" with the size, labels and taints that ${pod.pod.key} needs in ${node.zone}`
      : `"replacement": {"labels": ${lacking}}`;
  return { code: 'pod-fits-nowhere', facts: { pod: pod.pod.key, zone: node.zone }, fix };
}

/**
 * The labels that the pod asks for and a replacement would not have, as JSON; undefined: none, or not said in one way only. The
 * commonest case: nodes carry their lifecycle in a label, and a replacement is like the node replaced, its mark included.
 */
function lackingLabels(survey: Survey, pod: YardPod, node: FleetNode): string | undefined {
  const brought = { ...node.labels, ...survey.request.replacement[node.zone]?.labels };
  const { nodeSelector, nodeTerms = [] } = pod.pod;
  const [term, ...otherTerms] = nodeTerms;
  const exact = (term?.labels ?? []).filter(
    ({ operator, values }) => operator === 'In' && values.length === 1,
  );
  const wanted = [
    ...Object.entries(nodeSelector),
    ...(otherTerms.length > 0 ? [] : exact.map(({ key, values }) => [key, values[0] ?? ''] as const)),
  ];
  const lacking = wanted.filter(([key, value]) => brought[key] !== value);
  if (lacking.length === 0) return undefined;
  const pairs = lacking.map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `{${[...new Set(pairs)].sort().join(', ')}}`;
}

function candidacies(survey: Survey, cluster: DatabaseCluster) {
  return survey.candidacies.get(cluster.key) ?? [];
}
