import { describe, expect, it } from 'vitest';
import type { Pod } from '../../planner/model.ts';
import { generateModel } from '../../simulations/fleets/generate-model.ts';
import { planOf } from '../planner/plan-of.ts';
import { carryOut, requestForRest, surprise, thirdOf } from './carry-out.ts';

describe('a plan carried out on a model', () => {
  const { fleet, request } = generateModel({ seed: 4, nodes: 12, utilisation: 0.6, scaleOut: 0 });
  const plan = planOf(fleet, request);

  it('ends with the nodes, places and primaries that the plan says', () => {
    const end = carryOut(fleet, plan, plan.steps);
    expect(end.nodes.every((node) => node.labels['lifecycle-status'] === 'ready')).toBe(true);
    const lasting = (pods: readonly Pod[]) => pods.filter((pod) => pod.owner.kind !== 'DaemonSet').length;
    expect(lasting(end.pods)).toBe(lasting(fleet.pods));
    expect(end.pods.length - lasting(end.pods)).toBe(end.nodes.length * 2);
    const names = new Set(end.nodes.map((node) => node.name));
    expect(end.pods.every((pod) => names.has(pod.node ?? ''))).toBe(true);
    for (const cluster of end.clusters) {
      const primaries = cluster.members.filter((member) => member.role === 'primary');
      expect(primaries.map((member) => member.name)).toEqual([cluster.primary]);
    }
  });

  it('leaves a fleet in between that can be planned on, for no more switchovers than are left', () => {
    const steps = plan.steps.slice(0, thirdOf(plan));
    const done = steps.filter((step) => step.kind === 'switchover').length;
    const now = carryOut(fleet, plan, steps);
    const rest = planOf(now, requestForRest(request, fleet, now));
    expect(done).toBeGreaterThan(0);
    expect(rest.refusals).toEqual([]);
    expect(done + rest.summary.switchovers).toBeLessThanOrEqual(plan.summary.switchovers + 1);
  });

  it('can be surprised by a pod on another node than planned', () => {
    const steps = plan.steps.slice(0, thirdOf(plan));
    const now = carryOut(fleet, plan, steps);
    const other = surprise(now, plan, steps);
    const moved = other.pods.filter((pod, index) => pod.node !== now.pods[index]?.node);
    expect(moved).toHaveLength(1);
    expect(planOf(other, requestForRest(request, fleet, other)).steps.length).toBeGreaterThan(0);
  });
});
