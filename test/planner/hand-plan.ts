/**
 * Plans written by hand, one step after the other, for tests that must not lean on the planner.
 */

import type { BecauseCode } from '../../planner/codes.ts';
import { hashFleet } from '../../planner/hash/hash-fleet.ts';
import type { Fleet } from '../../planner/model.ts';
import type { CertificateEntry, DrainPlan, DrainRequest, Facts, Refusal, Step } from '../../planner/plan.ts';
import { readSnapshot } from '../../planner/read/read-snapshot.ts';
import type { KubernetesList } from '../fixtures/fleet-parts.ts';

type Draft = Step extends infer Each
  ? Each extends Step
    ? Omit<Each, 'id' | 'after' | 'wave' | 'because' | 'estimateSeconds'>
    : never
  : never;
export type HandStep = Draft & {
  readonly wave?: number;
  readonly facts?: Facts;
  readonly code?: BecauseCode;
};

/** The fleet behind these objects; a fleet that cannot be read is a mistake of the test. */
export function fleetOf(document: KubernetesList): Fleet {
  const reading = readSnapshot([{ file: 'fleet.json', document }]);
  if (reading.kind === 'bad-input') throw new Error(JSON.stringify(reading.problems));
  return reading.fleet;
}

export const fence = (node: string): HandStep => ({ kind: 'fence', node });
export const unfence = (node: string): HandStep => ({ kind: 'unfence', node });
export const cordon = (node: string): HandStep => ({ kind: 'cordon', node });
export const release = (node: string): HandStep => ({ kind: 'release', node });
export const addNode = (zone: string, replaces: string, k = 1): HandStep => ({
  kind: 'add-node',
  node: `new-${zone}-${k}`,
  zone,
  facts: { replaces, zone },
});
export const switchover = (cluster: string, from: string, to: string): HandStep => ({
  kind: 'switchover',
  cluster: `default/${cluster}`,
  from,
  to,
});

/** A move of a pod in the namespace default, with UID and cluster as the fleet has them. */
export function move(fleet: Fleet, name: string, from: string, to: string, outage = false): HandStep {
  const pod = fleet.pods.find((each) => each.key === `default/${name}`);
  const cluster = pod?.cluster ?? null;
  return {
    kind: 'move',
    pod: `default/${name}`,
    uid: pod?.uid ?? 'unknown',
    from,
    to,
    cluster,
    member: cluster === null ? null : name,
    outage,
  };
}

/**
 * A plan of these steps, each waiting for the one before. Counts are taken from the steps; bounds default to the values. As
 * each step waits for all before it, a wave ends with every release; the bound of waves is what drains one by one need.
 */
export function handPlan(
  fleet: Fleet,
  request: DrainRequest,
  steps: readonly HandStep[],
  more: {
    readonly surgeByZone?: Record<string, number>;
    readonly refusals?: readonly Refusal[];
    readonly bound?: number;
  } = {},
): DrainPlan {
  const releasesBefore = (index: number) =>
    steps.slice(0, index).filter((step) => step.kind === 'release').length;
  const placed = steps.map(({ wave, facts = {}, code = 'off-the-node', ...draft }, index) => ({
    ...draft,
    id: `s${index + 1}`,
    after: index === 0 ? [] : [`s${index}`],
    wave: wave ?? releasesBefore(index) + 1,
    because: { code, facts },
    estimateSeconds: 60,
  })) as readonly Step[];
  const count = (kind: Step['kind']) => placed.filter((step) => step.kind === kind).length;
  const switchovers = count('switchover');
  const outages = placed.filter((step) => step.kind === 'move' && step.outage).length;
  const waves = placed.reduce((most, step) => Math.max(most, step.wave), 0);
  const bound = more.bound ?? switchovers;
  return {
    apiVersion: 'switchyard.dev/v1',
    kind: 'DrainPlan',
    id: 'f'.repeat(64),
    request,
    snapshot: { hash: hashFleet(fleet), takenAt: fleet.takenAt ?? null },
    summary: {
      outages,
      switchovers,
      weightedSwitchovers: switchovers,
      moves: count('move'),
      waves,
      nodes: count('release'),
      surgeByZone: more.surgeByZone ?? {},
      expectedSeconds: { p50: 60 * placed.length, p95: 120 * placed.length },
      baselines: { naive: { switchovers: 0, clusters: {} } },
    },
    certificate: {
      outages: entry(outages, outages),
      switchovers: entry(bound, switchovers),
      waves: entry(mostReleasesInOneZone(fleet, placed), waves),
    },
    clusters: verdictsOf(fleet, request, placed),
    steps: placed,
    findings: [],
    refusals: more.refusals ?? [],
  };
}

function mostReleasesInOneZone(fleet: Fleet, steps: readonly Step[]): number {
  const zones = steps.flatMap((step) =>
    step.kind === 'release' ? [fleet.nodes.find((node) => node.name === step.node)?.zone] : [],
  );
  return Math.max(0, ...zones.map((zone) => zones.filter((other) => other === zone).length));
}

function entry(bound: number, value: number): CertificateEntry {
  return bound === value
    ? { bound, value, proved: true }
    : { bound, value, proved: false, gap: value - bound };
}

function verdictsOf(fleet: Fleet, request: DrainRequest, steps: readonly Step[]): DrainPlan['clusters'] {
  const drained = new Set(
    fleet.nodes
      .filter(
        (node) =>
          request.nodes.names?.includes(node.name) ||
          node.labels['lifecycle-status'] === 'decommission-pending',
      )
      .map((node) => node.name),
  );
  const keys = new Set(
    fleet.pods.flatMap((pod) => (pod.cluster && drained.has(pod.node ?? '') ? [pod.cluster] : [])),
  );
  return Object.fromEntries(
    [...keys].sort().map((key) => {
      const switchovers = steps.filter((step) => step.kind === 'switchover' && step.cluster === key).length;
      const outages = steps.filter(
        (step) => step.kind === 'move' && step.outage && step.cluster === key,
      ).length;
      return [
        key,
        {
          switchovers,
          outages,
          bound: switchovers,
          because: { code: 'primary-on-drained-node' as const, facts: {} },
        },
      ];
    }),
  );
}
