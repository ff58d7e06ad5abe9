/**
 * Findings: what is seen in the fleet that costs or risks something in this drain, each with a fix.
 */
import type { Finding } from '../plan.ts';
import type { Survey } from '../survey/survey.ts';
import { seeClosedBudgets, seeTwoBudgets } from './see-budgets.ts';
import {
  seeCascading,
  seeNoFailover,
  seePaused,
  seeSingleMember,
  seeStrictPair,
  seeUnknownLag,
} from './see-clusters.ts';
import { seeNoAntiAffinity, seeOpenToOldNodes } from './see-placement.ts';
import { seeBarePods, seeOrderedReady } from './see-pods.ts';
import { gather, type Sight } from './sight.ts';

/** Returns the findings about everything that stands on the nodes to be drained, one for each code. */
export function findRisks(survey: Survey): readonly Finding[] {
  const { pods, concerned } = whatMoves(survey);
  const each = (look: (survey: Survey, cluster: number) => readonly Sight[]) =>
    concerned.flatMap((cluster) => look(survey, cluster));
  return [
    ...gather('single-member', 'costs', each(seeSingleMember)),
    ...gather('nofailover-everywhere', 'costs', each(seeNoFailover)),
    ...gather('strict-two-members', 'costs', each(seeStrictPair)),
    ...gather('unknown-lag', 'risks', each(seeUnknownLag)),
    ...gather('cascading-replica', 'risks', each(seeCascading)),
    ...gather('paused-cluster', 'stops', each(seePaused)),
    ...gather('no-anti-affinity', 'risks', each(seeNoAntiAffinity)),
    ...gather('open-to-old-nodes', 'risks', seeOpenToOldNodes(survey, pods)),
    ...gather('budget-never-opens', 'stops', seeClosedBudgets(survey, pods)),
    ...gather('two-budgets', 'stops', seeTwoBudgets(survey, pods)),
    ...gather('bare-pod', 'stops', seeBarePods(survey, pods)),
    ...gather('ordered-ready', 'note', seeOrderedReady(survey, pods)),
  ];
}

/** Returns findings with each subject named once under a code, in the order given. */
export function mergeFindings(findings: readonly Finding[]): readonly Finding[] {
  const known = new Set<string>();
  return findings.filter((finding) => {
    const key = `${finding.code} ${finding.subject}`;
    if (known.has(key)) return false;
    known.add(key);
    return true;
  });
}

/** Pods that have to leave their node, and clusters with a member among them, both in the order of their numbers. */
function whatMoves({ nodes, pods: table, clusters }: Survey): {
  readonly pods: readonly number[];
  readonly concerned: readonly number[];
} {
  const pods: number[] = [];
  const isConcerned = new Uint8Array(clusters.all.length);
  table.node.forEach((node, pod) => {
    if (node < 0 || table.stays[pod] === 1 || nodes.asked[node] !== 1) return;
    pods.push(pod);
    const cluster = table.cluster[pod] ?? -1;
    if (cluster >= 0) isConcerned[cluster] = 1;
  });
  return {
    pods,
    concerned: clusters.all.flatMap((_, cluster) => (isConcerned[cluster] === 1 ? [cluster] : [])),
  };
}
