/**
 * What is proved about a plan, and why nobody can do with less.
 */

import type { CertificateEntry, ClusterVerdict, DrainPlan } from '../plan.ts';
import { explainBecause } from './explain-because.ts';
import { counted, listed } from './explain-words.ts';

/** Clusters above their own minimum whose reason is told beside the certificate; the table of clusters has them all. */
const reasonsMax = 5;

/** `proved minimal`, or `not proved minimal: at most 2 too many`. */
export function explainProof(entry: CertificateEntry): string {
  if (entry.proved) return 'proved minimal';
  return `not proved minimal: at most ${entry.gap ?? entry.value - entry.bound} too many`;
}

/**
 * The certificate, a line each for outages, switchovers and waves, then the argument. Weighted where it differs from the
 * plain count, and then called so.
 */
export function explainCertificate(plan: DrainPlan): readonly string[] {
  const { certificate, summary } = plan;
  const weighted = isWeighted(plan) ? ' (weighted)' : '';
  const line = (name: string, entry: CertificateEntry, note: string) =>
    `${name}${note}: ${entry.value}, no plan can do with fewer than ${entry.bound}: ${explainProof(entry)}`;
  return [
    line('outages', certificate.outages, weightedOutages(plan) ? ' (weighted)' : ''),
    line('switchovers', certificate.switchovers, weighted),
    line('waves', certificate.waves, ''),
    ...argument(plan, summary.switchovers),
  ];
}

/** True where weights make the certificate's switchovers another number than the count. */
export function isWeighted(plan: DrainPlan): boolean {
  return plan.summary.weightedSwitchovers !== plan.summary.switchovers;
}

/** True where weights make the certificate's outages another number than the count. */
export function weightedOutages(plan: DrainPlan): boolean {
  return plan.certificate.outages.value !== plan.summary.outages;
}

function argument(plan: DrainPlan, switchovers: number): readonly string[] {
  if (switchovers === 0 && plan.certificate.switchovers.bound === 0) return [];
  const once = keysWhere(plan, (verdict) => verdict.bound > 0 && verdict.outages === 0);
  const lines: string[] = [];
  if (once.length > 0)
    lines.push(
      `${listed(once)} ${once.length === 1 ? 'has its' : 'have their'} primary on a node to be drained and somebody who can take over: each must change primary at least once`,
    );
  const above = keysWhere(plan, (verdict) => verdict.switchovers > verdict.bound);
  if (above.length > 0) lines.push(`above their own minimum: ${listed(above)}`);
  for (const key of above.slice(0, reasonsMax)) {
    const because = plan.clusters[key]?.because;
    if (because !== undefined) lines.push(`${key}: ${explainBecause(because)}`);
  }
  const sum = Object.values(plan.clusters).reduce((total, verdict) => total + verdict.bound, 0);
  const more = plan.certificate.switchovers.bound - sum;
  if (!isWeighted(plan) && more > 0) {
    const { because = '' } = plan.certificate.switchovers;
    const why = Object.hasOwn(reasonsOfMore, because) ? `: ${reasonsOfMore[because]}` : '';
    lines.push(`${counted(more, 'switchover')} more ${more === 1 ? 'is' : 'are'} unavoidable${why}`);
  }
  return lines;
}

/** By what gives the bound. */
const reasonsOfMore: Readonly<Record<string, string>> = {
  'exhaustive-search': 'every order was tried',
  'first-released-node':
    'whichever nodes are emptied first in their zones, somebody on them has nobody final yet',
  'order-of-whole-nodes':
    'in whatever order the nodes are emptied, somebody stands on one that goes before all who could take over',
};

function keysWhere(plan: DrainPlan, holds: (verdict: ClusterVerdict) => boolean): readonly string[] {
  return Object.entries(plan.clusters)
    .filter(([, verdict]) => holds(verdict))
    .map(([key]) => key);
}
