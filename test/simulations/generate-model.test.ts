import { describe, expect, it } from 'vitest';
import type { Fleet, FleetNode, Pod, Requirement } from '../../planner/model.ts';
import { suits } from '../../planner/survey/placement-kinds.ts';
import type { ModelWanted } from '../../simulations/fleets/fleet-wanted.ts';
import { generateModel } from '../../simulations/fleets/generate-model.ts';
import { planOf } from '../planner/plan-of.ts';

type Resource = 'cpu' | 'memory' | 'pods';

function amount(bearers: readonly (Pod | FleetNode)[], resource: Resource): number {
  return bearers.reduce(
    (sum, each) => sum + (('requests' in each ? each.requests : each.allocatable)[resource] ?? 0),
    0,
  );
}

/** Share of each resource that the pods of a zone ask for. */
function utilisation(fleet: Fleet, zone: string): Readonly<Record<Resource, number>> {
  const nodes = fleet.nodes.filter((node) => node.zone === zone);
  const names = new Set(nodes.map((node) => node.name));
  const pods = fleet.pods.filter((pod) => names.has(pod.node ?? ''));
  const share = (resource: Resource) => amount(pods, resource) / amount(nodes, resource);
  return { cpu: share('cpu'), memory: share('memory'), pods: share('pods') };
}

function picks(selector: readonly Requirement[], pod: Pod): boolean {
  return selector.every(({ key, values }) => values.includes(pod.labels[key] ?? ''));
}

/** What the scheduler would not have done, as sentences. */
function wrongPlaces(fleet: Fleet): readonly string[] {
  const nodeOf = new Map(fleet.nodes.map((node) => [node.name, node]));
  const podsOn = Map.groupBy(fleet.pods, (pod) => pod.node ?? '');
  const overfull = fleet.nodes.flatMap((node) =>
    (['cpu', 'memory', 'pods'] as const)
      .filter((resource) => amount(podsOn.get(node.name) ?? [], resource) > (node.allocatable[resource] ?? 0))
      .map((resource) => `${node.name}: ${resource}`),
  );
  const misplaced = fleet.pods.flatMap((pod) => {
    const node = nodeOf.get(pod.node ?? '');
    if (node === undefined) return [`${pod.key} is nowhere`];
    // What a label says today was said otherwise when the pod came.
    const then = { ...node, labels: { ...node.labels, 'lifecycle-status': 'ready' } };
    const near = (podsOn.get(node.name) ?? []).filter((other) => other !== pod);
    const apart = pod.podAntiAffinity.every(({ selector }) => !near.some((other) => picks(selector, other)));
    return suits(pod, then) && apart && spreads(fleet, nodeOf, pod) ? [] : [`${pod.key} on ${node.name}`];
  });
  return [...overfull, ...misplaced];
}

function spreads(fleet: Fleet, nodeOf: ReadonlyMap<string, FleetNode>, pod: Pod): boolean {
  return pod.spread.every(({ topologyKey, selector, maxSkew }) => {
    const counts = new Map(fleet.nodes.map((node) => [node.labels[topologyKey] ?? '', 0]));
    for (const other of fleet.pods) {
      if (other.namespace !== pod.namespace || !picks(selector, other)) continue;
      const domain = nodeOf.get(other.node ?? '')?.labels[topologyKey] ?? '';
      counts.set(domain, (counts.get(domain) ?? 0) + 1);
    }
    return Math.max(...counts.values()) - Math.min(...counts.values()) <= maxSkew;
  });
}

function share<Entry>(entries: readonly Entry[], holds: (entry: Entry) => boolean): number {
  return entries.filter(holds).length / entries.length;
}

describe('models of fleets from a seed', () => {
  it('are the same ones every time, and others for another seed', () => {
    const wanted = { seed: 3, nodes: 12 };
    expect(generateModel(wanted)).toEqual(generateModel(wanted));
    expect(generateModel({ ...wanted, seed: 4 })).not.toEqual(generateModel(wanted));
  });

  for (const bound of ['cpu', 'memory', 'mixed'] as const)
    for (const aim of [0.6, 0.9, 0.97])
      it(`ask for ${aim} of the scarcer resource in every zone (${bound}), and no more than there is of anything`, () => {
        const { fleet } = generateModel({
          seed: 5,
          nodes: 66,
          bound,
          utilisation: aim,
          readyLabel: aim > 0.9,
        });
        for (const [index, zone] of fleet.zones.entries()) {
          const found = utilisation(fleet, zone);
          const scarce = bound === 'mixed' ? (index % 2 === 0 ? 'cpu' : 'memory') : bound;
          expect(Math.abs(found[scarce] - aim), zone).toBeLessThan(0.003);
          expect(found[scarce === 'cpu' ? 'memory' : 'cpu'], zone).toBeLessThan(aim * 0.85);
        }
        expect(wrongPlaces(fleet)).toEqual([]);
      });

  it('can be of one to five zones, with as few nodes as there are zones', () => {
    for (const zones of [1, 2, 3, 4, 5]) {
      expect(wrongPlaces(generateModel({ seed: 6, nodes: 40, zones, utilisation: 0.9 }).fleet)).toEqual([]);
      expect(generateModel({ seed: 6, nodes: zones, zones }).fleet.zones).toHaveLength(zones);
    }
  });

  it('have about 32 pods a node, nodes of several sizes and ratios, and some of them dedicated', () => {
    const { fleet } = generateModel({ seed: 7, nodes: 300 });
    expect(fleet.pods.length / 300).toBeGreaterThan(30);
    expect(fleet.pods.length / 300).toBeLessThan(35);
    const types = new Set(fleet.nodes.map((node) => node.labels['node.kubernetes.io/instance-type']));
    expect([...types].sort()).toEqual(['m16', 'm32', 'm48', 'r16', 'r32', 'r48']);
    expect(share(fleet.nodes, (node) => node.taints.length > 0)).toBeCloseTo(0.06, 2);
    expect(fleet.clusters.length).toBeGreaterThan(2_900);
  });

  it('have clusters of one to five members with the tags, rules and modes that are met in practice', () => {
    const { fleet } = generateModel({ seed: 8, nodes: 300 });
    const sized = (members: number) => share(fleet.clusters, (cluster) => cluster.members.length === members);
    const shares = [1, 2, 3, 4, 5].map((members) => Math.round(sized(members) * 100));
    for (const [index, wanted] of [8, 22, 60, 5, 5].entries())
      expect(Math.abs((shares[index] ?? 0) - wanted)).toBeLessThanOrEqual(2);
    const members = fleet.clusters.flatMap((cluster) => cluster.members);
    expect(share(members, (member) => member.nofailover)).toBeCloseTo(0.013, 2);
    expect(share(fleet.clusters, (cluster) => cluster.synchronous !== 'off')).toBeCloseTo(0.05, 1);
    const pods = fleet.pods.filter((pod) => pod.cluster !== undefined);
    expect(share(pods, (pod) => pod.podAntiAffinity.length === 0)).toBeCloseTo(0.15, 1);
    expect(share(pods, (pod) => pod.spread.length > 0)).toBeGreaterThan(0.03);
    expect(share(pods, (pod) => pod.owner.kind === 'StatefulSet' && pod.owner.orderedReady)).toBeCloseTo(
      0.1,
      1,
    );
    const stateless = fleet.pods.filter((pod) => pod.owner.kind === 'ReplicaSet');
    const cpu = amount(stateless, 'cpu') / amount(fleet.pods, 'cpu');
    expect(cpu).toBeGreaterThan(0.1);
    expect(cpu).toBeLessThan(0.18);
  });

  it('drain the share of every zone that is wanted', () => {
    const { fleet, request } = generateModel({ seed: 9, nodes: 30, drained: 0.6 });
    expect(request.nodes).toEqual({ selector: 'lifecycle-status=decommission-pending' });
    for (const zone of fleet.zones) {
      const nodes = fleet.nodes.filter((node) => node.zone === zone);
      expect(share(nodes, (node) => node.labels['lifecycle-status'] === 'decommission-pending')).toBe(0.6);
    }
  });

  it('leave one node of each zone empty where a fleet without surge shall be emptied', () => {
    const { fleet, request } = generateModel({
      seed: 10,
      nodes: 66,
      utilisation: 0.9,
      spareNodes: true,
      surge: 0,
    });
    const used = new Set(fleet.pods.filter((pod) => pod.owner.kind !== 'DaemonSet').map((pod) => pod.node));
    const empty = fleet.nodes.filter((node) => !used.has(node.name));
    expect(empty.map((node) => node.zone).sort()).toEqual(fleet.zones);
    expect(request.surge).toEqual({ default: 0 });
    expect(wrongPlaces(fleet)).toEqual([]);
  });

  it('can be planned, and the plan is right', () => {
    const { fleet, request } = generateModel({ seed: 11, nodes: 12, readyLabel: true });
    expect(planOf(fleet, request).refusals).toEqual([]);
  });

  it('are refused where no such fleet is possible', () => {
    expect(() => generateModel({ seed: 1, nodes: 2, zones: 3 })).toThrow(RangeError);
    expect(() => generateModel({ seed: 1, nodes: 6, zones: 6 })).toThrow(RangeError);
    expect(() => generateModel({ seed: 1, nodes: 3, utilisation: 1 })).toThrow(RangeError);
    expect(() => generateModel({ seed: 1, nodes: 3, drained: 0 })).toThrow(RangeError);
    const full: ModelWanted = { seed: 1, nodes: 12, utilisation: 0.9, spareNodes: true };
    expect(() => generateModel(full)).toThrow(RangeError);
  });
});
