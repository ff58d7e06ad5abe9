import { describe, expect, it } from 'vitest';
import type { Fleet, Pod } from '../../planner/model.ts';
import type { DrainRequest, Finding } from '../../planner/plan.ts';
import { readSnapshot } from '../../planner/read/read-snapshot.ts';
import { type FleetWanted, generateFleet } from '../../simulations/generate-fleet.ts';
import { planOf } from '../planner/plan-of.ts';

function read(wanted: FleetWanted): { fleet: Fleet; findings: readonly Finding[]; request: DrainRequest } {
  const { list, request } = generateFleet(wanted);
  const answer = readSnapshot([{ file: 'generated', document: list }]);
  if (answer.kind === 'bad-input') throw new Error(JSON.stringify(answer.problems));
  return { fleet: answer.fleet, findings: answer.findings, request };
}

function generated(wanted: FleetWanted): Fleet {
  return read(wanted).fleet;
}

function usedOn(fleet: Fleet, resource: string): Map<string, number> {
  const used = new Map<string, number>();
  for (const pod of fleet.pods)
    used.set(pod.node ?? '', (used.get(pod.node ?? '') ?? 0) + (pod.requests[resource] ?? 0));
  return used;
}

function zonesOf(fleet: Fleet, pods: readonly Pod[]): readonly (string | undefined)[] {
  return pods.map((pod) => fleet.nodes.find((node) => node.name === pod.node)?.zone);
}

describe('fleets from a seed', () => {
  it('are the same ones every time, and others for another seed', () => {
    const wanted = { seed: 7, nodes: 12 };
    const text = JSON.stringify(generateFleet(wanted));
    expect(JSON.stringify(generateFleet(wanted))).toBe(text);
    expect(JSON.stringify(generateFleet({ ...wanted, seed: 8 }))).not.toBe(text);
  });

  it('have about ten clusters and 32 pods a node, on nodes of several sizes', () => {
    const fleet = generated({ seed: 1, nodes: 60 });
    expect(fleet.zones).toEqual(['z1', 'z2', 'z3']);
    expect(fleet.clusters).toHaveLength(600);
    expect(fleet.pods.length / 60).toBeGreaterThan(29);
    expect(fleet.pods.length / 60).toBeLessThan(35);
    expect(new Set(fleet.nodes.map((node) => node.allocatable.cpu)).size).toBeGreaterThan(1);
    const sizes = new Set(fleet.clusters.map((cluster) => cluster.members.length));
    expect([...sizes].sort()).toEqual([1, 2, 3, 4, 5]);
    expect(fleet.clusters.some(({ members }) => members.some((member) => member.nofailover))).toBe(true);
    expect(fleet.clusters.every((cluster) => cluster.primary !== undefined)).toBe(true);
  });

  it('have the members of a cluster in zones of their own while zones last, and never two on one node', () => {
    const fleet = generated({ seed: 2, nodes: 30, zones: 5 });
    for (const cluster of fleet.clusters) {
      const pods = fleet.pods.filter((pod) => pod.cluster === cluster.key);
      expect(new Set(zonesOf(fleet, pods)).size).toBe(pods.length);
    }
    const narrow = generated({ seed: 2, nodes: 30, zones: 2 });
    for (const cluster of narrow.clusters) {
      const pods = narrow.pods.filter((pod) => pod.cluster === cluster.key);
      expect(new Set(pods.map((pod) => pod.node)).size).toBe(pods.length);
    }
  });

  it.each([0.5, 0.7, 0.9])(
    'ask for %f of the CPU of all nodes, and of no node for more than it has',
    (utilisation) => {
      const fleet = generated({ seed: 3, nodes: 45, utilisation });
      const all = fleet.nodes.reduce((sum, node) => sum + (node.allocatable.cpu ?? 0), 0);
      const used = usedOn(fleet, 'cpu');
      const share = [...used.values()].reduce((sum, each) => sum + each, 0) / all;
      expect(Math.abs(share - utilisation)).toBeLessThan(0.04);
      for (const resource of ['cpu', 'memory', 'pods']) {
        const usedOfResource = usedOn(fleet, resource);
        const over = fleet.nodes.filter(
          (node) => (usedOfResource.get(node.name) ?? 0) > (node.allocatable[resource] ?? 0),
        );
        expect(over).toEqual([]);
      }
    },
  );

  it('drain all nodes or the share that is asked for', () => {
    const count = (drained: number) =>
      generated({ seed: 4, nodes: 60, drained }).nodes.filter(
        (node) => node.labels['lifecycle-status'] === 'decommission-pending',
      ).length;
    expect(count(1)).toBe(60);
    expect(count(0)).toBe(0);
    expect(count(0.5)).toBeGreaterThan(15);
    expect(count(0.5)).toBeLessThan(45);
  });

  it('can be planned: nothing refused, one switchover for each primary that has a successor', () => {
    const { fleet, findings, request } = read({ seed: 5, nodes: 30 });
    expect(findings.filter((finding) => finding.severity === 'stops')).toEqual([]);
    const plan = planOf(fleet, request);
    expect(plan.refusals).toEqual([]);
    expect(plan.certificate.outages.proved).toBe(true);
    expect(plan.certificate.switchovers.proved).toBe(true);
    expect(plan.summary.nodes).toBe(30);
  });

  it('are refused where the counts make no fleet', () => {
    expect(() => generateFleet({ seed: 1, nodes: 2, zones: 3 })).toThrow(RangeError);
    expect(() => generateFleet({ seed: 1, nodes: 3, utilisation: 1.5 })).toThrow(RangeError);
  });
});
