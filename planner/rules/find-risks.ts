/**
 * Findings: what is seen in the fleet that costs or risks something in this drain, each with a fix.
 */

import type { FindingCode } from '../codes.ts';
import type { DatabaseCluster } from '../model.ts';
import { compareText } from '../order.ts';
import type { Facts, Finding, Severity } from '../plan.ts';
import type { Survey, YardPod } from '../schedule/survey.ts';
import { type BudgetBook, labelsAsReplica } from './budget.ts';

type Sight = { readonly subject: string; readonly facts: Facts; readonly fix?: string };

/** At most this many subjects are named where many are alike. */
const examplesMax = 5;

/** Returns the findings about everything that stands on the nodes to be drained, one for each code. */
export function findRisks(survey: Survey, book: BudgetBook): readonly Finding[] {
  const drained = new Set(survey.request.drained);
  const pods = survey.pods.filter((pod) => !pod.stays && drained.has(pod.pod.node ?? ''));
  const keys = new Set(pods.flatMap((pod) => (pod.cluster === undefined ? [] : [pod.cluster.key])));
  const clusters = survey.fleet.clusters.filter((cluster) => keys.has(cluster.key));
  return [
    ...gather(
      'single-member',
      'costs',
      clusters.flatMap((cluster) => seeSingleMember(survey, cluster)),
    ),
    ...gather('unknown-lag', 'risks', clusters.flatMap(seeUnknownLag)),
    ...gather('paused-cluster', 'stops', clusters.flatMap(seePaused)),
    ...gather(
      'no-anti-affinity',
      'risks',
      clusters.flatMap((cluster) => seeNoAntiAffinity(survey, cluster)),
    ),
    ...gather('budget-never-opens', 'stops', seeClosedBudgets(pods, book)),
    ...gather(
      'two-budgets',
      'stops',
      pods.flatMap((pod) => seeTwoBudgets(pod, book)),
    ),
    ...gather('bare-pod', 'stops', pods.flatMap(seeBarePod)),
    ...gather('ordered-ready', 'note', seeOrderedReady(pods)),
  ];
}

/** Returns findings with those of one code and severity drawn together, in a fixed order. */
export function mergeFindings(findings: readonly Finding[]): readonly Finding[] {
  const known = new Set<string>();
  return findings.filter((finding) => {
    const key = `${finding.code} ${finding.subject}`;
    if (known.has(key)) return false;
    known.add(key);
    return true;
  });
}

function gather(code: FindingCode, severity: Severity, sights: readonly Sight[]): readonly Finding[] {
  const sorted = [...sights].sort((a, b) => compareText(a.subject, b.subject));
  const [first] = sorted;
  if (first === undefined) return [];
  const examples = sorted.slice(0, examplesMax).map((sight) => sight.subject);
  return [{ code, severity, count: sorted.length, examples, ...first }];
}

function seeSingleMember(survey: Survey, cluster: DatabaseCluster): readonly Sight[] {
  if (cluster.members.length !== 1) return [];
  const chosen = survey.request.clusters[cluster.key]?.singleMember ?? 'restart';
  const fix =
    chosen === 'scale-out' ? {} : { fix: '"singleMember": "scale-out"   (one temporary member, no outage)' };
  return [{ subject: cluster.key, facts: { singleMember: chosen }, ...fix }];
}

function seeUnknownLag(cluster: DatabaseCluster): readonly Sight[] {
  const members = cluster.members.filter(
    (member) => member.name !== cluster.primary && member.lagBytes === undefined,
  );
  if (members.length === 0) return [];
  const names = members.map((member) => member.name);
  const fix = `kubectl -n ${cluster.namespace} exec ${names[0] ?? ''} -- patronictl list`;
  return [{ subject: cluster.key, facts: { members: names }, fix }];
}

function seePaused(cluster: DatabaseCluster): readonly Sight[] {
  if (!cluster.paused) return [];
  const member = cluster.primary ?? cluster.members[0]?.name ?? '';
  const fix = `kubectl -n ${cluster.namespace} exec ${member} -- patronictl resume`;
  return [{ subject: cluster.key, facts: {}, fix }];
}

function seeNoAntiAffinity(survey: Survey, cluster: DatabaseCluster): readonly Sight[] {
  const members = survey.membersOf.get(cluster.key) ?? [];
  if (members.length < 2) return [];
  const keptApart = members.every((pod) =>
    pod.relations.some(
      (relation) =>
        relation.kind === 'apart' &&
        members.some((other) => other !== pod && relation.picked.has(other.pod.key)),
    ),
  );
  // Members in zones of their own cannot meet on a node: their volumes keep them apart.
  const zones = new Set(members.map((pod) => survey.nodeOf.get(pod.pod.node ?? '')?.zone));
  const bound = members.every((pod) => pod.pod.volumeTerms.length > 0) && zones.size === members.length;
  if (keptApart || bound) return [];
  const fix = 'required podAntiAffinity over kubernetes.io/hostname   (Zalando: enable_pod_antiaffinity)';
  return [{ subject: cluster.key, facts: { members: members.length }, fix }];
}

/** The budget of the primary is a feature: it opens once the role has moved. So is one that nothing expects a pod of. */
function seeClosedBudgets(pods: readonly YardPod[], book: BudgetBook): readonly Sight[] {
  const closed = new Map<string, Sight>();
  for (const pod of pods) {
    for (const { budget, allowed, pods: guarded } of book.of(pod.pod, labelsLater(pod))) {
      if (allowed >= 1 || guarded.length === 0 || budget.expectedPods === 0) continue;
      const fix = `kubectl -n ${budget.namespace} describe pdb ${budget.name}`;
      closed.set(budget.key, { subject: budget.key, facts: { pods: guarded.length, allowed }, fix });
    }
  }
  return [...closed.values()];
}

function seeTwoBudgets(pod: YardPod, book: BudgetBook): readonly Sight[] {
  const budgets = book.of(pod.pod, labelsLater(pod)).map((each) => each.budget.key);
  if (budgets.length < 2) return [];
  const fix = `delete one of them, or narrow a selector: ${budgets.join(', ')}`;
  return [{ subject: pod.pod.key, facts: { budgets }, fix }];
}

function seeBarePod(pod: YardPod): readonly Sight[] {
  if (pod.pod.owner.kind !== 'none') return [];
  const fix = `kubectl -n ${pod.pod.namespace} delete pod ${pod.pod.name}`;
  return [{ subject: pod.pod.key, facts: { node: pod.pod.node ?? '' }, fix }];
}

function seeOrderedReady(pods: readonly YardPod[]): readonly Sight[] {
  const sets = new Map<string, Sight>();
  for (const { pod } of pods) {
    if (pod.owner.kind !== 'StatefulSet' || !pod.owner.orderedReady) continue;
    const subject = `${pod.namespace}/${pod.owner.name}`;
    const fix = 'podManagementPolicy: Parallel   (a set must be made anew for it)';
    sets.set(subject, { subject, facts: {}, fix });
  }
  return [...sets.values()];
}

function labelsLater(pod: YardPod): Readonly<Record<string, string>> {
  return pod.cluster === undefined ? pod.pod.labels : labelsAsReplica(pod.pod, pod.cluster);
}
