/** A plan of a few steps for tests that store, start and watch runs without carrying them out. */
import type { DrainPlan, Step } from '../../planner/plan.ts';

const step = { wave: 1, because: { code: 'node-to-be-drained', facts: {} }, estimateSeconds: 1 } as const;

export function smallPlan(
  id: string,
  steps: readonly Step[] = [
    { ...step, id: 's1', kind: 'fence', node: 'n1', after: [] },
    { ...step, id: 's2', kind: 'cordon', node: 'n1', after: ['s1'] },
  ],
): DrainPlan {
  const proved = { bound: 0, value: 0, proved: true };
  return {
    apiVersion: 'switchyard.dev/v1',
    kind: 'DrainPlan',
    id,
    request: { apiVersion: 'switchyard.dev/v1', kind: 'DrainRequest', nodes: { names: ['n1'] } },
    snapshot: { hash: 'h', takenAt: null },
    summary: {
      outages: 0,
      switchovers: 0,
      weightedSwitchovers: 0,
      moves: 0,
      waves: 1,
      nodes: 1,
      surgeByZone: {},
      expectedSeconds: { p50: 60, p95: 120 },
      baselines: { naive: { switchovers: 0, clusters: {} } },
    },
    certificate: { outages: proved, switchovers: proved, waves: { bound: 1, value: 1, proved: true } },
    clusters: {},
    steps,
    findings: [],
    refusals: [],
  };
}
