import { describe, expect, it } from 'vitest';
import { parseDrainPlan } from '../../../executor/formats/drain-plan.ts';
import { parseRun } from '../../../executor/formats/run.ts';
import type { Run } from '../../../executor/run.ts';
import type { DrainPlan } from '../../../planner/plan.ts';
import { describeProblem } from '../../../planner/read/describe-problem.ts';
import { drainRequest } from '../../fixtures/fleet.ts';

const step = {
  after: [],
  wave: 1,
  because: { code: 'primary-must-move', facts: { lagBytes: 0 } },
  estimateSeconds: 3,
} as const;

const plan: DrainPlan = {
  apiVersion: 'switchyard.dev/v1',
  kind: 'DrainPlan',
  id: 'f00d',
  request: drainRequest(),
  snapshot: { hash: 'cafe', takenAt: null },
  summary: {
    outages: 0,
    switchovers: 1,
    weightedSwitchovers: 2.5,
    moves: 1,
    waves: 1,
    nodes: 1,
    surgeByZone: { z1: 1 },
    expectedSeconds: { p50: 60, p95: 120 },
    baselines: { naive: { switchovers: 2, clusters: { 'default/acid-a': 2 } } },
  },
  certificate: {
    outages: { bound: 0, value: 0, proved: true },
    switchovers: { bound: 1, value: 2.5, proved: false, gap: 1.5, because: 'LB1' },
    waves: { bound: 1, value: 1, proved: true },
  },
  clusters: { 'default/acid-a': { switchovers: 1, outages: 0, bound: 1, because: step.because } },
  steps: [
    { ...step, id: 's1', kind: 'fence', node: 'n1' },
    { ...step, id: 's2', kind: 'unfence', node: 'n1' },
    { ...step, id: 's3', kind: 'add-node', node: 'new-z1-1', zone: 'z1' },
    {
      ...step,
      id: 's4',
      kind: 'move',
      after: ['s3'],
      pod: 'default/acid-a-1',
      uid: 'u1',
      from: 'n1',
      to: 'new-z1-1',
      cluster: 'default/acid-a',
      member: 'acid-a-1',
      outage: false,
    },
    {
      ...step,
      id: 's5',
      kind: 'switchover',
      cluster: 'default/acid-a',
      from: 'acid-a-0',
      to: 'acid-a-1',
      window: 'Sat 02:00-04:00 Europe/Berlin',
    },
    { ...step, id: 's6', kind: 'scale-out', cluster: 'default/acid-a', member: 'acid-a-2', node: 'n1' },
    { ...step, id: 's7', kind: 'scale-in', cluster: 'default/acid-a', member: 'acid-a-2', node: 'n1' },
    { ...step, id: 's8', kind: 'cordon', node: 'n1' },
    { ...step, id: 's9', kind: 'release', node: 'n1' },
  ],
  findings: [
    {
      code: 'single-member',
      severity: 'costs',
      subject: 'default/acid-b',
      count: 1,
      examples: ['default/acid-b'],
      facts: {},
      fix: 'x',
    },
  ],
  refusals: [
    { code: 'no-room', severity: 'stops', node: 'n2', pods: ['default/web-1'], facts: { short: ['cpu'] } },
  ],
};

function complaints(value: unknown): string[] {
  const answer = parseDrainPlan(value, 'plan.json');
  return answer.kind === 'plan' ? [] : answer.problems.map(describeProblem);
}

describe('a DrainPlan from outside', () => {
  it('comes through as it was, with every kind of step', () => {
    const sent = JSON.parse(JSON.stringify(plan));
    expect(parseDrainPlan(sent, 'plan.json')).toEqual({ kind: 'plan', plan: sent });
  });

  it('fields that a later version adds are left out', () => {
    const answer = parseDrainPlan({ ...plan, novelty: 1 }, 'plan.json');
    expect(answer.kind === 'plan' && Object.hasOwn(answer.plan, 'novelty')).toBe(false);
  });

  it('a wrong step is told with its place', () => {
    const [first, ...others] = plan.steps;
    expect(complaints({ ...plan, steps: [{ ...first, kind: 'teleport' }, ...others] })).toEqual([
      'plan.json: steps[0].kind: "teleport"; expected a step of kind fence, unfence, add-node, move, switchover, scale-out, scale-in, cordon or release',
    ]);
    expect(complaints({ ...plan, steps: [{ ...first, after: 's0', wave: 0 }] })).toEqual([
      'plan.json: steps[0].after: "s0"; expected a list of step ids',
      'plan.json: steps[0].wave: 0; expected a whole number of 1 or more',
    ]);
  });

  it('a window that nobody can read is told with its place', () => {
    const steps = plan.steps.filter(({ id }) => id === 's5').map((each) => ({ ...each, window: 'at night' }));
    expect(complaints({ ...plan, steps })).toEqual([
      'plan.json: steps[0].window: "at night"; expected a window such as Sat 02:00-04:00 Europe/Berlin',
    ]);
  });

  it('parts that are missing are named', () => {
    const { certificate: _, ...rest } = plan;
    expect(complaints(rest)).toEqual(['plan.json: certificate: nothing; expected an object']);
  });

  it('a misspelt field in the request it carries is an error still', () => {
    expect(complaints({ ...plan, request: { ...plan.request, serge: 1 } })[0]).toContain(
      'request.serge: an unknown field',
    );
  });

  it.each([null, 'plan', [], {}])('%j is no plan', (value) => {
    expect(complaints(value).length).toBeGreaterThan(0);
  });
});

describe('a Run from outside', () => {
  const run: Run = {
    id: 'r1',
    planId: 'f00d',
    fleet: 'demo',
    state: 'running',
    because: { code: 'started', facts: {} },
    requester: 'pipeline',
    approvals: [{ by: 'ann', at: '2026-11-22T22:00:00Z' }],
    counts: {
      planned: 1,
      done: 0,
      unplanned: 0,
      outages: 0,
      moves: 0,
      movesPlanned: 1,
      released: 0,
      nodes: 1,
    },
    nodes: { 'new-z1-1': 'ip-10-0-0-9' },
    steps: {
      s1: {
        state: 'waiting',
        waitingFor: { code: 'x', subject: 'y', facts: {} },
        onDeadline: 'pause',
        attempts: 2,
      },
    },
  };

  it('comes through as it was', () => {
    expect(parseRun(JSON.parse(JSON.stringify(run)), 'run.json')).toEqual({ kind: 'run', run });
  });

  it('an unknown state is told with what is known', () => {
    const answer = parseRun({ ...run, state: 'blocked' }, 'run.json');
    expect(answer.kind === 'bad-input' && answer.problems.map(describeProblem)).toEqual([
      'run.json: state: "blocked"; expected waiting-for-approval, waiting-for-window, running, pausing, paused, halted, aborting, finished, aborted, rejected, expired',
    ]);
  });
});
