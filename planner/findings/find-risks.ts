/**
 * Findings: what is seen in the fleet that costs or risks something in this drain, each with a fix.
 */
import type { FindingCode } from '../codes.ts';
import type { Finding, Severity } from '../plan.ts';
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
  const budgets = seeBudgets(survey, pods);
  return [
    ...seeClusters(survey, concerned),
    ...gather('open-to-old-nodes', 'risks', seeOpenToOldNodes(survey, pods)),
    ...gather('budget-never-opens', 'stops', budgets.closed),
    ...gather('two-budgets', 'stops', budgets.doubled),
    ...gather('bare-pod', 'stops', seeBarePods(survey, pods)),
    ...gather('ordered-ready', 'note', seeOrderedReady(survey, pods)),
  ];
}

type Look = {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly look: (survey: Survey, cluster: number) => Sight | undefined;
};

const looks: readonly Look[] = [
  { code: 'single-member', severity: 'costs', look: seeSingleMember },
  { code: 'nofailover-everywhere', severity: 'costs', look: seeNoFailover },
  { code: 'strict-two-members', severity: 'costs', look: seeStrictPair },
  { code: 'unknown-lag', severity: 'risks', look: seeUnknownLag },
  { code: 'cascading-replica', severity: 'risks', look: seeCascading },
  { code: 'paused-cluster', severity: 'stops', look: seePaused },
  { code: 'no-anti-affinity', severity: 'risks', look: seeNoAntiAffinity },
];

/** Looks that see something of ordinary clusters as well; the others need not fetch those from memory. */
const looksAtAll: ReadonlySet<FindingCode> = new Set(['no-anti-affinity']);

/** Every cluster is fetched from memory once and looked at in all ways. */
function seeClusters(survey: Survey, concerned: readonly number[]): readonly Finding[] {
  const seen = looks.map((each): Look & { readonly sights: Sight[] } => ({ ...each, sights: [] }));
  const seenOfOrdinary = seen.filter(({ code }) => looksAtAll.has(code));
  const { ordinary } = survey.clusters;
  for (const cluster of concerned)
    for (const { look, sights } of ordinary[cluster] === 1 ? seenOfOrdinary : seen) {
      const sight = look(survey, cluster);
      if (sight !== undefined) sights.push(sight);
    }
  return seen.flatMap(({ code, severity, sights }) => gather(code, severity, sights));
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
  readonly pods: Int32Array;
  readonly concerned: readonly number[];
} {
  const pods = new Int32Array(table.all.length);
  let count = 0;
  const isConcerned = new Uint8Array(clusters.all.length);
  for (let pod = 0; pod < table.all.length; pod += 1) {
    const node = table.node[pod] ?? -1;
    if (node < 0 || table.stays[pod] === 1 || nodes.asked[node] !== 1) continue;
    pods[count] = pod;
    count += 1;
    const cluster = table.cluster[pod] ?? -1;
    if (cluster >= 0) isConcerned[cluster] = 1;
  }
  const concerned: number[] = [];
  for (let cluster = 0; cluster < isConcerned.length; cluster += 1)
    if (isConcerned[cluster] === 1) concerned.push(cluster);
  return { pods: pods.subarray(0, count), concerned };
}
