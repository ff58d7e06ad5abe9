/**
 * Findings: what is seen in the fleet that costs or risks something in this drain, each with a fix.
 */
import type { Finding } from '../plan.ts';
import type { Survey } from '../survey/survey.ts';
import { seeBudgets } from './see-budgets.ts';
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
  const each = (look: (survey: Survey, cluster: number) => Sight | undefined) => {
    const sights: Sight[] = [];
    for (const cluster of concerned) {
      const sight = look(survey, cluster);
      if (sight !== undefined) sights.push(sight);
    }
    return sights;
  };
  const budgets = seeBudgets(survey, pods);
  return [
    ...gather('single-member', 'costs', each(seeSingleMember)),
    ...gather('nofailover-everywhere', 'costs', each(seeNoFailover)),
    ...gather('strict-two-members', 'costs', each(seeStrictPair)),
    ...gather('unknown-lag', 'risks', each(seeUnknownLag)),
    ...gather('cascading-replica', 'risks', each(seeCascading)),
    ...gather('paused-cluster', 'stops', each(seePaused)),
    ...gather('no-anti-affinity', 'risks', each(seeNoAntiAffinity)),
    ...gather('open-to-old-nodes', 'risks', seeOpenToOldNodes(survey, pods)),
    ...gather('budget-never-opens', 'stops', budgets.closed),
    ...gather('two-budgets', 'stops', budgets.doubled),
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
  for (let pod = 0; pod < table.all.length; pod += 1) {
    const node = table.node[pod] ?? -1;
    if (node < 0 || table.stays[pod] === 1 || nodes.asked[node] !== 1) continue;
    pods.push(pod);
    const cluster = table.cluster[pod] ?? -1;
    if (cluster >= 0) isConcerned[cluster] = 1;
  }
  const concerned: number[] = [];
  isConcerned.forEach((concerns, cluster) => {
    if (concerns === 1) concerned.push(cluster);
  });
  return { pods, concerned };
}
