/**
 * Findings: what is seen in the fleet that costs or risks something in this drain, each with a fix.
 */

import type { FindingCode } from '../codes.ts';
import type { DatabaseCluster } from '../model.ts';
import { compareText } from '../order.ts';
import type { Facts, Finding, Severity } from '../plan.ts';
import type { Survey } from '../survey/survey.ts';

type Sight = { readonly subject: string; readonly facts: Facts; readonly fix?: string };

/** At most this many subjects are named where many are alike. */
const examplesMax = 5;

/** Returns the findings about everything that stands on the nodes to be drained, one for each code. */
export function findRisks(survey: Survey): readonly Finding[] {
  const { nodes, pods: table } = survey;
  const pods: number[] = [];
  const concerned = new Set<number>();
  table.node.forEach((node, pod) => {
    if (node < 0 || table.stays[pod] === 1 || nodes.asked[node] !== 1) return;
    pods.push(pod);
    const cluster = table.cluster[pod] ?? -1;
    if (cluster >= 0) concerned.add(cluster);
  });
  const clusters = survey.clusters.all.filter((_, cluster) => concerned.has(cluster));
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
      [...concerned].flatMap((cluster) => seeNoAntiAffinity(survey, cluster)),
    ),
    ...gather('budget-never-opens', 'stops', seeClosedBudgets(survey, pods)),
    ...gather(
      'two-budgets',
      'stops',
      pods.flatMap((pod) => seeTwoBudgets(survey, pod)),
    ),
    ...gather(
      'bare-pod',
      'stops',
      pods.flatMap((pod) => seeBarePod(survey, pod)),
    ),
    ...gather('ordered-ready', 'note', seeOrderedReady(survey, pods)),
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

function seeNoAntiAffinity(survey: Survey, number: number): readonly Sight[] {
  const { clusters, pods, nodes, relations } = survey;
  const members = clusters.members.subarray(clusters.start[number], clusters.start[number + 1]);
  if (members.length < 2) return [];
  // Members in zones of their own cannot meet on a node: their volumes keep them apart.
  const zones = new Set(Array.from(members, (pod) => nodes.zone[pods.node[pod] ?? -1]));
  if (zones.size === members.length && members.every((pod) => pods.bound[pod] === 1)) return [];
  const keepsOff = (pod: number) => {
    const ids = relations.ids.subarray(relations.start[pod], relations.start[pod + 1]);
    return ids.some((id) => {
      const relation = relations.all[id];
      if (relation?.kind !== 'apart') return false;
      return relation.picked.some((other) => other !== pod && pods.cluster[other] === number);
    });
  };
  if (members.every(keepsOff)) return [];
  const fix = 'required podAntiAffinity over kubernetes.io/hostname   (Zalando: enable_pod_antiaffinity)';
  return [{ subject: clusters.all[number]?.key ?? '', facts: { members: members.length }, fix }];
}

/** The budget of the primary is a feature: it opens once the role has moved. So is one that nothing expects a pod of. */
function seeClosedBudgets(survey: Survey, pods: readonly number[]): readonly Sight[] {
  const { budgets } = survey;
  const closed = new Map<number, Sight>();
  for (const pod of pods) {
    for (const number of budgetsLater(survey, pod)) {
      const budget = budgets.all[number];
      const [guarded, allowed] = [budgets.picked[number] ?? 0, budgets.allowed[number] ?? 0];
      if (budget === undefined || allowed >= 1 || guarded === 0 || budget.expectedPods === 0) continue;
      const fix = `kubectl -n ${budget.namespace} describe pdb ${budget.name}`;
      closed.set(number, { subject: budget.key, facts: { pods: guarded, allowed }, fix });
    }
  }
  return [...closed.values()];
}

function seeTwoBudgets(survey: Survey, pod: number): readonly Sight[] {
  const found = budgetsLater(survey, pod);
  if (found.length < 2) return [];
  const budgets = found.map((number) => survey.budgets.all[number]?.key ?? '');
  const fix = `delete one of them, or narrow a selector: ${budgets.join(', ')}`;
  return [{ subject: survey.pods.all[pod]?.key ?? '', facts: { budgets }, fix }];
}

function seeBarePod({ pods }: Survey, pod: number): readonly Sight[] {
  const object = pods.all[pod];
  if (object?.owner.kind !== 'none') return [];
  const fix = `kubectl -n ${object.namespace} delete pod ${object.name}`;
  return [{ subject: object.key, facts: { node: object.node ?? '' }, fix }];
}

function seeOrderedReady({ pods: table }: Survey, pods: readonly number[]): readonly Sight[] {
  const seen = new Set<number>();
  return pods.flatMap((pod) => {
    const set = table.orderedSet[pod] ?? -1;
    const object = table.all[pod];
    if (set < 0 || seen.has(set) || object?.owner.kind !== 'StatefulSet') return [];
    seen.add(set);
    const fix = 'podManagementPolicy: Parallel   (a set must be made anew for it)';
    return [{ subject: `${object.namespace}/${object.owner.name}`, facts: {}, fix }];
  });
}

/** Budgets of a pod once no member of its cluster that has to leave is primary. */
function budgetsLater({ budgets, pods, clusters }: Survey, pod: number): readonly number[] {
  const cluster = pods.cluster[pod] ?? -1;
  return cluster < 0 ? budgets.ofPod(pod) : budgets.ofReplica(pod, clusters.all[cluster]?.scope ?? '');
}
