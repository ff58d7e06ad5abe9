import { describe, expect, it } from 'vitest';
import { exampleRequest } from '../../api/example-request.ts';
import { fleetView } from '../../api/fleet-view.ts';
import { leftOnFleet } from '../../api/leftovers.ts';
import { FENCE_TAINT } from '../../executor/marks.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import { readSnapshot } from '../../planner/read/read-snapshot.ts';
import { addNode, doneLine, foldOf, nodeStep, planOf, runId, switchover } from '../executor/runs.ts';
import { cluster, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';

function fleetOf(...parts: Parameters<typeof fleetObjects>) {
  const read = readSnapshot([{ file: 'fleet', document: fleetObjects(...parts) }]);
  if (read.kind === 'bad-input') throw new Error(JSON.stringify(read.problems));
  return read.fleet;
}

const fence = (run: string) => [{ key: FENCE_TAINT, value: run, effect: 'NoSchedule' }];
const plan = planOf([
  addNode('a1', 'new-z1-1', 'z1'),
  addNode('a2', 'new-z2-1', 'z2'),
  switchover('s1', 'acid-a-0', 'acid-a-1'),
  nodeStep('release', 'r1', 'n1'),
]);
const lines = [
  ['a1', { kind: 'bound', planNode: 'new-z1-1', node: 'ip-1' }],
  doneLine('a1'),
  [
    'a2',
    { kind: 'waiting', because: { code: 'waiting-for-node', facts: { subject: 'new-z2-1' } }, deadlineMs: 0 },
  ],
] as const;
const fleet = fleetOf(
  zone('z1', node('n1', { drain: true, taints: fence(runId) }), node('ip-1')),
  zone('z2', node('n2', { taints: fence('run-0') })),
  cluster('acid-a', member('n1', 'primary'), member('n2')),
);

describe('what a run has left on its fleet', () => {
  it('is said while it stands still and after its abort, and only its own is', () => {
    const run = describeRun(foldOf(plan, [...lines]));
    const words =
      'fences of this run on n1; new nodes that came for it: ip-1; asked for and not seen yet: new-z2-1.';
    expect(leftOnFleet(fleet, { ...run, state: 'halted' }, plan)).toBe(`On the fleet: ${words}`);
    expect(leftOnFleet(fleet, { ...run, state: 'aborted' }, plan)).toBe(`Left on the fleet: ${words}`);
    expect(leftOnFleet(fleet, run, plan)).toBeUndefined();
    const later = { ...run, state: 'aborted' as const, nodes: {}, earlierNodes: ['ip-1'] };
    expect(leftOnFleet(fleet, later, plan)).toContain('came for it: ip-1; asked for');
  });
});

describe('the map of a run that was aborted', () => {
  it('expects nobody any more: no node, no next primary, and nothing is to be drained', () => {
    const run = describeRun(foldOf(plan, [...lines]));
    const shown = (state: 'running' | 'aborted') =>
      JSON.stringify(fleetView('prod', fleet, { plan, run: { ...run, state } }));
    expect(shown('running')).toContain('expected');
    expect(shown('running')).toContain('candidate');
    expect(shown('running')).toContain('to-be-drained');
    expect(shown('aborted')).not.toMatch(/expected|candidate|to-be-drained/);
  });
});

describe('the request that is shown as an example', () => {
  it('gives new nodes the label that pods ask for and the marked nodes do not have', () => {
    expect(exampleRequest(fleet)).not.toHaveProperty('replacement');
    const ready = { key: 'lifecycle-status', operator: 'In' as const, values: ['ready'] };
    const pods = fleet.pods.map((pod) => ({ ...pod, nodeTerms: [{ labels: [ready], fields: [] }] }));
    expect(exampleRequest({ ...fleet, pods }).replacement).toEqual({
      labels: { 'lifecycle-status': 'ready' },
    });
  });
});
