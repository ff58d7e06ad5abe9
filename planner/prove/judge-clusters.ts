/**
 * The verdict on each cluster concerned: what it pays, what it has to pay at least, and why.
 */
import type { BecauseCode } from '../codes.ts';
import type { ClusterVerdict, Facts } from '../plan.ts';
import type { Survey } from '../survey/survey.ts';
import { act, cause, logWidth } from '../yard/acts.ts';
import type { Yard } from '../yard/yard.ts';
import { whyTwice } from './why-twice.ts';

/** Switchovers and outages by cluster, as the acts of a plan make them. */
export type Counts = { readonly switchovers: Uint16Array; readonly outages: Uint16Array };

/** Returns what each cluster goes through. */
export function countInterruptions(yard: Yard): Counts {
  const { clusters, pods } = yard.survey;
  const switchovers = new Uint16Array(clusters.all.length);
  const outages = new Uint16Array(clusters.all.length);
  const { log } = yard;
  for (let entry = 0; entry < yard.logEnd; entry += logWidth) {
    const subject = log[entry + 1] ?? 0;
    if (log[entry] === act.switchover) switchovers[subject] = (switchovers[subject] ?? 0) + 1;
    if (log[entry] !== act.move || log[entry + 4] !== cause.nobodyCanSucceed) continue;
    const cluster = pods.cluster[subject] ?? -1;
    outages[cluster] = (outages[cluster] ?? 0) + 1;
  }
  return { switchovers, outages };
}

/** Returns the verdicts by cluster key for every cluster with a member on a node asked to be drained. */
export function judgeClusters(
  yard: Yard,
  counts: Counts,
  ofCluster: Uint8Array,
  isRefused: (node: number) => boolean,
): Readonly<Record<string, ClusterVerdict>> {
  const { clusters, nodes, pods } = yard.survey;
  const verdicts: Record<string, ClusterVerdict> = Object.create(null);
  const ofTwice = whyTwice(yard, moreThanOnce(counts.switchovers));
  const placeOf = (node: number): Facts => ({
    node: nodes.all[node]?.name ?? '',
    refused: node >= 0 && isRefused(node),
  });
  const shared = sharingVerdicts(placeOf);
  for (let cluster = 0; cluster < clusters.all.length; cluster += 1) {
    if (!isConcerned(yard.survey, cluster)) continue;
    const node = pods.node[clusters.primary[cluster] ?? -1] ?? -1;
    const switchovers = counts.switchovers[cluster] ?? 0;
    const outages = counts.outages[cluster] ?? 0;
    const bound = ofCluster[cluster] ?? 0;
    const code = codeOf(yard, cluster, switchovers, outages);
    const twice = code === 'primary-moves-first' ? ofTwice.get(cluster) : undefined;
    const because =
      code === 'no-successor' ? { code, facts: { ...placeOf(node), ...whyNobody(yard, cluster) } } : twice;
    verdicts[clusters.key[cluster] ?? ''] =
      because === undefined
        ? shared(node, code, switchovers, outages, bound)
        : { switchovers, outages, bound, because };
  }
  return verdicts;
}

function moreThanOnce(counts: Uint16Array): readonly number[] {
  const clusters: number[] = [];
  counts.forEach((count, cluster) => {
    if (count > 1) clusters.push(cluster);
  });
  return clusters;
}

function isConcerned({ clusters, pods, nodes }: Survey, cluster: number): boolean {
  const end = clusters.start[cluster + 1] ?? 0;
  for (let place = clusters.start[cluster] ?? 0; place < end; place += 1)
    if (nodes.asked[pods.node[clusters.members[place] ?? -1] ?? -1] === 1) return true;
  return false;
}

type Sharing = (
  node: number,
  code: BecauseCode,
  switchovers: number,
  outages: number,
  bound: number,
) => ClusterVerdict;

/** Most clusters with their primary on one node have the same verdict, and so one object. */
function sharingVerdicts(placeOf: (node: number) => Facts): Sharing {
  const ofNode = new Map<number, ClusterVerdict[]>();
  return (node, code, switchovers, outages, bound) => {
    const known = ofNode.get(node) ?? [];
    if (known.length === 0) ofNode.set(node, known);
    for (const each of known) {
      if (each.switchovers !== switchovers || each.outages !== outages || each.bound !== bound) continue;
      if (each.because.code === code) return each;
    }
    const verdict = { switchovers, outages, bound, because: { code, facts: placeOf(node) } };
    known.push(verdict);
    return verdict;
  };
}

function codeOf(yard: Yard, cluster: number, switchovers: number, outages: number): BecauseCode {
  const temporary = yard.survey.clusters.temporary[cluster] ?? -1;
  if (temporary >= 0 && (yard.at[temporary] ?? -1) >= 0) return 'temporary-successor';
  if (outages > 0) return 'no-successor';
  if (switchovers > 1) return 'primary-moves-first';
  return switchovers === 1 ? 'primary-on-drained-node' : 'primary-stays';
}

/** What keeps the other members from taking over: one reason where it is the same for all, `several` with each one's otherwise. */
function whyNobody({ survey }: Yard, cluster: number): Facts {
  const { clusters, pods } = survey;
  const members = clusters.members.subarray(clusters.start[cluster], clusters.start[cluster + 1]);
  const others = Array.from(members).filter((pod) => pod !== clusters.primary[cluster]);
  if (others.length === 0) return { why: 'single-member' };
  const reasons = others.map((pod) => clusters.reason[pod] ?? '');
  const names = others.map((pod, place) => `${pods.all[pod]?.name ?? ''}: ${reasons[place] ?? ''}`);
  return { why: new Set(reasons).size === 1 ? (reasons[0] ?? '') : 'several', members: names };
}
