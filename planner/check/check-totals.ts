/**
 * What a plan says about itself, against what the walk has counted.
 */

import type { DatabaseCluster, Member } from '../model.ts';
import type { CertificateEntry } from '../plan.ts';
import { contradictsItself } from './check-members.ts';
import { type ClusterState, isToBeEmptied, violate, type Walk } from './check-state.ts';

/** Nobody can try every order of more nodes than that. */
const everyOrderNodesMax = 8;

/** Notes every number of summary, certificate and verdicts that differs. To be called when the walk is over. */
export function checkTotals(walk: Walk): void {
  checkSummary(walk);
  checkCertificate(walk);
  checkVerdicts(walk);
}

function checkSummary(walk: Walk): void {
  const { summary, steps } = walk.plan;
  const count = (kind: string) => steps.filter((step) => step.kind === kind).length;
  const counted = {
    outages: sum(walk, (state) => state.outages),
    switchovers: count('switchover'),
    weightedSwitchovers: sum(walk, (state) => state.switchovers * weightOf(walk, state)),
    moves: count('move'),
    waves: steps.reduce((most, step) => Math.max(most, step.wave), 0),
    nodes: count('release'),
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
  const total = Object.values(naive.clusters).reduce((all, each) => all + each, 0);
  if (total !== naive.switchovers)
    violate(walk, 'summary-wrong', null, {
      field: 'baselines.naive',
      said: naive.switchovers,
      counted: total,
    });
}

function sum(walk: Walk, of: (state: ClusterState) => number): number {
  let total = 0;
  for (const state of walk.clusters.values()) total += of(state);
  return total;
}

function weightOf(walk: Walk, state: ClusterState): number {
  return walk.request.weightOf(state.cluster.key);
}

/**
 * Bounds are recounted from the start of the walk. A cluster whose primary stands on a node to be emptied costs one
 * switchover where somebody can take over now, one outage where nobody ever can, and one of the two where a replica has
 * still to prove itself (its lag is unknown, it does not run). A bound of switchovers above that is one that sees more than
 * single clusters (the first node to be emptied under little surge); it is accepted up to the value, which the walk has counted, and only where
 * there can be such a thing.
 */
function checkCertificate(walk: Walk): void {
  const { outages, switchovers, waves } = walk.plan.certificate;
  const bounds = countBounds(walk);
  checkEntry(
    walk,
    'outages',
    outages,
    sum(walk, (state) => state.outages * weightOf(walk, state)),
  );
  checkEntry(
    walk,
    'switchovers',
    switchovers,
    sum(walk, (state) => state.switchovers * weightOf(walk, state)),
  );
  checkEntry(
    walk,
    'waves',
    waves,
    walk.plan.steps.reduce((most, step) => Math.max(most, step.wave), 0),
  );
  const ranges = [
    ['outages', outages.bound, bounds.outagesSurely, mostOutages(walk, bounds)],
    ['switchovers', switchovers.bound, bounds.switchoversSurely, mostSwitchovers(walk, bounds)],
    ['waves', waves.bound, bounds.waves, waves.value],
  ] as const;
  for (const [field, bound, least, most] of ranges)
    if (bound < least || bound > most)
      violate(walk, 'certificate-wrong', null, { field: `${field}.bound`, said: bound, counted: least });
}

/**
 * The highest bound that can be true. Before the first node is given back, one extra node at most leaves some zone without a
 * final place, and whole nodes leave their neighbours: then what has to go first may pay twice. With two extra nodes or more
 * nothing but the clusters one by one is held against a plan.
 */
function mostSwitchovers(walk: Walk, bounds: ReturnType<typeof countBounds>): number {
  const { request, fleet, plan } = walk;
  const surge = fleet.zones.reduce((sum, zone) => sum + request.surgeOf(zone), 0);
  const isTight = request.wholeNodes || Math.min(surge, request.surgeTotal ?? surge) <= 1;
  const { value } = plan.certificate.switchovers;
  if (triedEveryOrder(walk)) return value;
  return isTight ? value : Math.min(value, bounds.switchoversSurely + bounds.outagesPerhaps);
}

function mostOutages(walk: Walk, bounds: ReturnType<typeof countBounds>): number {
  return triedEveryOrder(walk) ? walk.plan.certificate.outages.value : bounds.outagesPerhaps;
}

/** A drain whose every order can be tried has bounds that no count of clusters shows; they are believed of small ones only. */
function triedEveryOrder(walk: Walk): boolean {
  const emptied = [...walk.request.drained].filter((node) => isToBeEmptied(walk, node));
  return (
    walk.plan.certificate.switchovers.because === 'exhaustive-search' && emptied.length <= everyOrderNodesMax
  );
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

function countBounds(walk: Walk): {
  outagesSurely: number;
  outagesPerhaps: number;
  switchoversSurely: number;
  waves: number;
} {
  let [outagesSurely, outagesPerhaps, switchoversSurely] = [0, 0, 0];
  const nodeOf = new Map(walk.fleet.pods.map((pod) => [pod.key, pod.node]));
  for (const state of walk.clusters.values()) {
    const { cluster } = state;
    const primary = cluster.members.find((member) => member.name === cluster.primary);
    const node = nodeOf.get(primary?.pod ?? '');
    if (contradictsItself(state) || node === undefined || !isToBeEmptied(walk, node)) continue;
    const weight = walk.request.weightOf(cluster.key);
    const mayChange = !cluster.paused && walk.request.maySwitch(cluster.key);
    const others = cluster.members.filter((member) => member.name !== cluster.primary);
    if (mayChange && others.some((member) => couldLeadNow(walk, cluster, member)))
      switchoversSurely += weight;
    else if (mayChange && others.some((member) => !neverLeads(member))) outagesPerhaps += weight;
    // A temporary member takes over where that is wished and possible.
    else if (mayChange && walk.request.singleMemberOf(cluster.key) === 'scale-out') outagesPerhaps += weight;
    else {
      outagesSurely += weight;
      outagesPerhaps += weight;
    }
  }
  return { outagesSurely, outagesPerhaps, switchoversSurely, waves: countWaves(walk) };
}

function neverLeads(member: Member): boolean {
  return member.nofailover || member.failoverPriority === 0;
}

function couldLeadNow(walk: Walk, cluster: DatabaseCluster, member: Member): boolean {
  const pod = walk.pods.get(member.pod)?.pod;
  const running = member.state === undefined || member.state === 'running' || member.state === 'streaming';
  const healthy = pod?.ready === true && !pod.terminating && pod.phase === 'Running' && running;
  const near = member.lagBytes !== undefined && member.lagBytes <= cluster.maximumLagBytes;
  const primary = cluster.members.find((each) => each.name === cluster.primary);
  const known = member.timeline !== undefined && primary?.timeline !== undefined;
  return healthy && near && !neverLeads(member) && !(known && member.timeline !== primary.timeline);
}

/** No zone empties more nodes in a wave than it may drain at once. */
function countWaves(walk: Walk): number {
  const inZone = new Map<string, number>();
  for (const node of walk.fleet.nodes)
    if (isToBeEmptied(walk, node.name)) inZone.set(node.zone, (inZone.get(node.zone) ?? 0) + 1);
  return Math.max(0, ...[...inZone.values()].map((nodes) => Math.ceil(nodes / walk.request.drainsPerZone)));
}

/** Every cluster with a member on a node to be emptied has a verdict, and it says what the walk has counted. */
function checkVerdicts(walk: Walk): void {
  const verdicts = new Map(Object.entries(walk.plan.clusters));
  const touched = new Set(
    walk.fleet.pods.flatMap((pod) =>
      pod.cluster !== undefined && pod.node !== undefined && isToBeEmptied(walk, pod.node)
        ? [pod.cluster]
        : [],
    ),
  );
  for (const key of touched)
    if (!verdicts.has(key) && walk.clusters.has(key))
      violate(walk, 'verdict-wrong', null, { cluster: key, field: 'missing', said: 'nothing', counted: 1 });
  for (const [key, verdict] of verdicts) {
    const state = walk.clusters.get(key);
    if (state === undefined) {
      violate(walk, 'cluster-unknown', null, { cluster: key });
      continue;
    }
    for (const field of ['switchovers', 'outages'] as const)
      if (verdict[field] !== state[field])
        violate(walk, 'verdict-wrong', null, {
          cluster: key,
          field,
          said: verdict[field],
          counted: state[field],
        });
    if (verdict.bound > verdict.switchovers + verdict.outages)
      violate(walk, 'verdict-wrong', null, {
        cluster: key,
        field: 'bound',
        said: verdict.bound,
        counted: state.switchovers,
      });
  }
}
