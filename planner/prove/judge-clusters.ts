/**
 * The verdict on each cluster concerned: what it pays, what it has to pay at least, and why.
 */
import type { BecauseCode } from '../codes.ts';
import type { DatabaseCluster } from '../model.ts';
import type { Because, ClusterVerdict } from '../plan.ts';
import type { Found } from '../schedule/search-plan.ts';
import type { Survey } from '../schedule/survey.ts';

/** Returns the verdicts by cluster key for every cluster with a member on a node asked to be drained. */
export function judgeClusters(survey: Survey, found: Found): Readonly<Record<string, ClusterVerdict>> {
  const asked = new Set(survey.request.drained);
  const verdicts: Record<string, ClusterVerdict> = {};
  for (const cluster of survey.fleet.clusters) {
    const members = survey.membersOf.get(cluster.key) ?? [];
    if (!members.some((pod) => asked.has(pod.pod.node ?? ''))) continue;
    const { work } = found.attempt;
    verdicts[cluster.key] = {
      switchovers: work.switchovers.get(cluster.key) ?? 0,
      outages: work.outages.get(cluster.key) ?? 0,
      bound: found.bounds.ofCluster.get(cluster.key) ?? 0,
      because: reason(survey, cluster, found),
    };
  }
  return verdicts;
}

function reason(survey: Survey, cluster: DatabaseCluster, found: Found): Because<BecauseCode> {
  const { work } = found.attempt;
  const primary = (survey.membersOf.get(cluster.key) ?? []).find((pod) => pod.pod.name === cluster.primary);
  const node = primary?.pod.node ?? '';
  const refused = found.refusals.some((refusal) => refusal.node === node);
  const facts = { node, refused };
  if (work.yard.temporary.has(cluster.key)) return { code: 'temporary-successor', facts };
  if ((work.outages.get(cluster.key) ?? 0) > 0) return { code: 'no-successor', facts };
  const switchovers = work.switchovers.get(cluster.key) ?? 0;
  if (switchovers > 1) return { code: 'primary-moves-first', facts };
  return { code: switchovers === 1 ? 'primary-on-drained-node' : 'primary-stays', facts };
}
