/**
 * What a plan says about itself, against what the walk has counted.
 */

import type { CertificateEntry, ClusterVerdict } from '../plan.ts';
import type { Bounds } from './check-bounds.ts';
import type { NumberedCluster } from './check-model.ts';
import { violate, type Walk } from './check-state.ts';
import { countOf } from './check-step-list.ts';

/** Notes every number of summary, certificate and verdicts that differs. To be called when the walk is over. */
export function checkTotals(walk: Walk, bounds: Bounds): void {
  const counted = {
    outages: weighted(walk, walk.outages),
    switchovers: weighted(walk, walk.switchovers),
    waves: lastWave(walk),
  };
  checkSummary(walk, counted);
  checkCertificate(walk, counted, bounds);
  checkVerdicts(walk);
}

/** What a plan costs, interruptions weighted. */
type Counted = { readonly outages: number; readonly switchovers: number; readonly waves: number };

function lastWave({ steps }: Walk): number {
  let last = 0;
  for (let place = 0; place < steps.waves.length; place += 1) last = Math.max(last, steps.waves[place] ?? 0);
  return last;
}

function checkSummary(walk: Walk, { switchovers, waves }: Counted): void {
  const { steps } = walk;
  const { summary } = walk.plan;
  const counted = {
    outages: walk.outages.reduce((all, each) => all + each, 0),
    switchovers: countOf(steps, 'switchover'),
    weightedSwitchovers: switchovers,
    moves: countOf(steps, 'move'),
    waves,
    nodes: countOf(steps, 'release'),
  };
  for (const [field, number] of Object.entries(counted)) {
    const said = new Map(Object.entries(summary)).get(field);
    if (said !== number) violate(walk, 'summary-wrong', null, { field, said: String(said), counted: number });
  }
  const zones = new Set([...walk.peakExtra.keys(), ...Object.keys(summary.surgeByZone)]);
  for (const zone of zones) {
    const said = Object.hasOwn(summary.surgeByZone, zone) ? (summary.surgeByZone[zone] ?? 0) : 0;
    const extra = walk.peakExtra.get(zone) ?? 0;
    if (said !== extra)
      violate(walk, 'summary-wrong', null, { field: `surgeByZone.${zone}`, said, counted: extra });
  }
  const { p50, p95 } = summary.expectedSeconds;
  if (!(p50 >= 0 && p95 >= p50))
    violate(walk, 'summary-wrong', null, { field: 'expectedSeconds', said: `${p50} and ${p95}`, counted: 0 });
  const naive = summary.baselines.naive;
  // A list of the values of ten thousand keys takes several times as long as one of the keys.
  let total = 0;
  const keys = Object.keys(naive.clusters);
  for (let at = 0; at < keys.length; at += 1) total += naive.clusters[keys[at] ?? ''] ?? 0;
  if (total !== naive.switchovers)
    violate(walk, 'summary-wrong', null, {
      field: 'baselines.naive',
      said: naive.switchovers,
      counted: total,
    });
}

/** The sum of a count of each cluster, weighted. */
function weighted(walk: Walk, counts: Int32Array): number {
  const { clusters, request } = walk;
  let total = 0;
  for (let at = 0; at < clusters.length; at += 1) {
    const cluster = clusters[at];
    if (cluster !== undefined) total += (counts[cluster.number] ?? 0) * request.weightOf(cluster);
  }
  return total;
}

/** Values are counted by the walk, bounds by check-bounds.ts. */
function checkCertificate(walk: Walk, counted: Counted, bounds: Bounds): void {
  const { outages, switchovers, waves } = walk.plan.certificate;
  checkEntry(walk, 'outages', outages, counted.outages);
  checkEntry(walk, 'switchovers', switchovers, counted.switchovers);
  checkEntry(walk, 'waves', waves, counted.waves);
  const ranges = [
    ['outages', outages.bound, bounds.outages, mostOutages(walk, bounds)],
    ['switchovers', switchovers.bound, bounds.switchovers, mostSwitchovers(walk, bounds)],
    ['waves', waves.bound, bounds.wavesByCount, bounds.wavesByRoom],
  ] as const;
  for (const [field, bound, least, most] of ranges)
    if (!(bound >= least && bound <= most))
      violate(walk, 'certificate-wrong', null, {
        field: `${field}.bound`,
        said: bound,
        counted: bound < least ? least : most,
      });
}

/**
 * The highest bound that can be true: what each cluster costs on its own, and what the first node to be given back costs on
 * top. Where somebody says to have tried everything, that is taken for true in fleets so small that it can be.
 */
function mostSwitchovers(walk: Walk, bounds: Bounds): number {
  const { because, value } = walk.plan.certificate.switchovers;
  if (because === 'exhaustive-search' && bounds.triesEverything) return value;
  if (because === 'order-of-whole-nodes' && bounds.triesAllOrders) return value;
  return bounds.switchovers + bounds.either + bounds.firstRelease;
}

function mostOutages(walk: Walk, bounds: Bounds): number {
  const { outages, switchovers } = walk.plan.certificate;
  const tried = switchovers.because === 'exhaustive-search' && bounds.triesEverything;
  return tried ? outages.value : bounds.outages + bounds.either;
}

function checkEntry(walk: Walk, name: string, entry: CertificateEntry, counted: number): void {
  const { bound, value, proved, gap } = entry;
  if (value !== counted)
    violate(walk, 'certificate-wrong', null, { field: `${name}.value`, said: value, counted });
  if (bound > value)
    violate(walk, 'certificate-wrong', null, { field: `${name}.bound`, said: bound, counted: value });
  if (proved !== (bound === value))
    violate(walk, 'certificate-wrong', null, {
      field: `${name}.proved`,
      said: proved,
      counted: value - bound,
    });
  if (gap !== (proved ? undefined : value - bound))
    violate(walk, 'certificate-wrong', null, {
      field: `${name}.gap`,
      said: gap ?? 'none',
      counted: value - bound,
    });
}

/** Every cluster with a member on a node to be emptied has a verdict, and it says what the walk has counted. */
function checkVerdicts(walk: Walk): void {
  const { clusters } = walk.plan;
  const keys = Object.keys(clusters);
  const named = clustersNamed(walk, keys);
  const haveVerdict = new Uint8Array(walk.numbered.clusters.length);
  named.forEach((cluster) => {
    if (cluster !== undefined) haveVerdict[cluster.number] = 1;
  });
  walk.onEmptied.forEach(({ number, cluster }) => {
    if (haveVerdict[number] !== 1) {
      const facts = { cluster: cluster.key, field: 'missing', said: 'nothing', counted: 1 };
      violate(walk, 'verdict-wrong', null, facts);
    }
  });
  keys.forEach((key, index) => {
    const cluster = named[index];
    const verdict = clusters[key];
    if (cluster === undefined) violate(walk, 'cluster-unknown', null, { cluster: key });
    else if (verdict !== undefined) checkVerdict(walk, cluster, verdict);
  });
}

/** Verdicts nearly always stand in the order of the fleet: then the cluster after the one before is meant. */
function clustersNamed(
  { numbered }: Walk,
  keys: readonly string[],
): readonly (NumberedCluster | undefined)[] {
  let following = 0;
  return keys.map((key) => {
    const likely = numbered.clusters[following];
    const cluster = likely?.cluster.key === key ? likely : numbered.clusterNamed.get(key);
    following = (cluster?.number ?? following) + 1;
    return cluster;
  });
}

function checkVerdict(walk: Walk, { number, cluster }: NumberedCluster, verdict: ClusterVerdict): void {
  const { key } = cluster;
  const switchovers = walk.switchovers[number] ?? 0;
  const outages = walk.outages[number] ?? 0;
  const wrong = (field: string, said: number, counted: number) =>
    violate(walk, 'verdict-wrong', null, { cluster: key, field, said, counted });
  if (verdict.switchovers !== switchovers) wrong('switchovers', verdict.switchovers, switchovers);
  if (verdict.outages !== outages) wrong('outages', verdict.outages, outages);
  if (verdict.bound > verdict.switchovers + verdict.outages) wrong('bound', verdict.bound, switchovers);
}
