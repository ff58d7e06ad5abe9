import { describe, expect, it } from 'vitest';
import { clusterRows, type FleetView, fleetView } from '../../api/fleet-view.ts';
import { FENCE_TAINT } from '../../executor/marks.ts';
import type { Run, StepState } from '../../executor/run.ts';
import type { Fleet } from '../../planner/model.ts';
import type { DrainPlan, Step } from '../../planner/plan.ts';
import { planDrain } from '../../planner/plan-drain.ts';
import { readSnapshot } from '../../planner/read/read-snapshot.ts';
import {
  cluster,
  clusterWith,
  daemonSet,
  deployment,
  drainRequest,
  fleetObjects,
  member,
  node,
  threeZones,
  zone,
} from '../fixtures/fleet.ts';
import type { FleetPart } from '../fixtures/fleet-parts.ts';

function fleet(...parts: FleetPart[]): Fleet {
  return read(fleetObjects(...parts));
}

function read(document: unknown): Fleet {
  const answer = readSnapshot([{ file: 'fleet', document }]);
  if (answer.kind === 'bad-input') throw new Error(JSON.stringify(answer.problems));
  return answer.fleet;
}

function talkPlan(): DrainPlan {
  const answer = planDrain(read(threeZones()), drainRequest());
  if (answer.kind === 'bad-input') throw new Error(JSON.stringify(answer.problems));
  return answer.plan;
}

/** A run in which the steps that fit are in that state and all others pending. */
function runOf(plan: DrainPlan, states: readonly [(step: Step) => boolean, StepState][], nodes = {}): Run {
  const steps = plan.steps.map((step) => {
    const state = states.find(([fits]) => fits(step))?.[1] ?? 'pending';
    return [step.id, { state }] as const;
  });
  return {
    id: 'r-1',
    planId: plan.id,
    fleet: 'prod',
    state: 'running',
    because: { code: 'running', facts: {} },
    requester: 'ci',
    approvals: [],
    counts: {
      planned: 3,
      done: 0,
      unplanned: 0,
      outages: 0,
      moves: 0,
      movesPlanned: 9,
      released: 0,
      nodes: 3,
    },
    nodes,
    steps: Object.fromEntries(steps),
  };
}

function card(view: FleetView, name: string) {
  const found = view.zones.flatMap((column) => column.nodes).find((each) => each.name === name);
  if (found === undefined) throw new Error(`no card ${name}`);
  return found;
}

const signs = (view: FleetView, name: string) =>
  card(view, name).pods.map((pod) => `${pod.sign} ${pod.name}`);
const fenced = [{ key: FENCE_TAINT, value: 'r-1', effect: 'NoSchedule' }];

describe('the view of a fleet without a plan', () => {
  it('draws roles as shapes: primary, sync standby, replica, other pods, and leaves out what stays with its node', () => {
    const view = fleetView(
      'prod',
      fleet(
        zone('z1', node('n1')),
        zone('z2', node('n2')),
        zone('z3', node('n3')),
        cluster(
          'acid-a',
          clusterWith({ synchronous: 'on' }),
          member('n1', 'primary'),
          member('n2', 'sync-standby'),
          member('n3'),
        ),
        deployment('web', { on: ['n1'] }),
        daemonSet('log-shipper'),
      ),
    );
    expect(signs(view, 'n1')[0]).toBe('◆ acid-a-0');
    expect(signs(view, 'n1')[1]).toMatch(/^· web-/);
    expect(signs(view, 'n1')).toHaveLength(2);
    expect(signs(view, 'n2')).toEqual(['● acid-a-1']);
    expect(signs(view, 'n3')).toEqual(['○ acid-a-2']);
    expect(view.sentence).toBe('3 nodes in 3 zones, 1 cluster with 3 members. All clusters have a primary.');
  });

  it('never takes unknown lag for caught up, nor Ready for streaming', () => {
    const view = fleetView(
      'prod',
      fleet(
        zone('z1', node('n1'), node('n2'), node('n3'), node('n4')),
        cluster(
          'acid-a',
          member('n1', 'primary'),
          member('n2', 'replica', { lag: null }),
          member('n3', 'replica', { lag: 50_000_000 }),
          member('n4', 'replica', { ready: false }),
        ),
      ),
    );
    expect(card(view, 'n2').pods[0]).toMatchObject({ sign: '○?', words: 'acid-a-1, replica, lag unknown' });
    for (const name of ['n3', 'n4']) expect(card(view, name).pods[0]?.sign, name).toBe('○~');
  });

  it('draws a replica that is Ready and does not run as one that does not stream', () => {
    const view = fleetView(
      'prod',
      fleet(
        zone('z1', node('n1'), node('n2'), node('n3')),
        cluster(
          'acid-a',
          member('n1', 'primary'),
          member('n2', 'replica', { state: 'start failed' }),
          member('n3', 'replica', { state: 'starting' }),
        ),
      ),
    );
    expect(card(view, 'n2').pods[0]).toMatchObject({
      sign: '○~',
      words: 'acid-a-1, replica, does not stream',
    });
    expect(card(view, 'n3').pods[0]).toMatchObject({ sign: '○~', words: 'acid-a-2, replica, catching up' });
  });

  it('says which clusters have no primary that is certain, and draws their claimants as unknown', () => {
    const claimed = fleet(
      zone('z1', node('n1'), node('n2')),
      cluster('acid-a', member('n1', 'primary'), member('n2', 'primary')),
    );
    const view = fleetView('prod', claimed);
    expect(view.sentence).toContain('Without a primary that is certain: default/acid-a.');
    expect(signs(view, 'n1')).toEqual(['? acid-a-0']);
    expect(clusterRows(claimed)[0]).toMatchObject({ primary: null, node: null });
  });

  it('gives each state of a node its letter and says it in words', () => {
    const view = fleetView(
      'prod',
      fleet(zone('z1', node('n1', { unschedulable: true, taints: fenced }), node('n2', { ready: false }))),
    );
    expect(card(view, 'n1')).toMatchObject({ letters: 'FC', words: 'n1, zone z1, fenced, cordoned' });
    expect(card(view, 'n2')).toMatchObject({ letters: '!', words: 'n2, zone z1, not ready' });
  });
});

describe('the view of a fleet during a run', () => {
  const plan = talkPlan();
  const isMoveOf = (name: string) => (step: Step) => step.kind === 'move' && step.member === name;
  const isAdd = (zoneName: string) => (step: Step) => step.kind === 'add-node' && step.zone === zoneName;

  it('marks nodes to be drained, and shows new nodes that have not come as expected and empty', () => {
    const view = fleetView('prod', read(threeZones()), { plan, run: runOf(plan, []) });
    expect(card(view, 'n1').letters).toBe('D');
    expect(card(view, 'new-z1-1')).toMatchObject({ states: ['expected'], pods: [], letters: '' });
    expect(view.zones[0]?.words).toBe('1 to be drained, 1 expected, ◆ 0 of 2 final');
  });

  it('shows the planned next primary before its switchover and not after', () => {
    const before = fleetView('prod', read(threeZones()), { plan, run: runOf(plan, []) });
    expect(signs(before, 'n2')).toContain('◇ acid-a-1');
    const done = runOf(plan, [[(step) => step.kind === 'switchover', 'done']]);
    const after = fleetView('prod', read(threeZones()), { plan, run: done });
    expect(signs(after, 'n2')).toContain('○ acid-a-1');
  });

  it('shows a replica that a step waits for to stream as no sound one, whatever its pod says', () => {
    const run = runOf(plan, [[isMoveOf('acid-a-1'), 'waiting']]);
    const move = plan.steps.find(isMoveOf('acid-a-1'));
    const waitingFor = { code: 'replica-not-streaming', subject: 'default/acid-a-1', facts: {} };
    const steps = { ...run.steps, [move?.id ?? '']: { state: 'waiting', waitingFor } } as Run['steps'];
    const waiting = fleetView('prod', read(threeZones()), { plan, run: { ...run, steps } });
    const sign = card(waiting, 'n2').pods.find(({ name }) => name === 'acid-a-1');
    expect(sign).toMatchObject({ motion: 'not-streaming', sign: '◇~', final: false });
    const over = fleetView('prod', read(threeZones()), { plan, run: { ...run, state: 'aborted', steps } });
    expect(card(over, 'n2').pods.find(({ name }) => name === 'acid-a-1')?.motion).toBe('standing');
  });

  it('shows an evicted member that is not back yet on the node where it is expected, and as expected', () => {
    const gone = read(threeZones());
    const without: Fleet = { ...gone, pods: gone.pods.filter((pod) => pod.name !== 'acid-a-1') };
    const run = runOf(plan, [[isMoveOf('acid-a-1'), 'waiting']]);
    const view = fleetView('prod', without, { plan, run });
    expect(card(view, 'new-z2-1').pods).toMatchObject([
      { name: 'acid-a-1', motion: 'expected', final: false },
    ]);
  });

  it('calls a pod final only when it stands on a node that is not drained and its move is done', () => {
    const moved = fleet(
      zone('z1', node('n1', { drain: true })),
      zone('z2', node('n2', { drain: true }), node('real-z2')),
      zone('z3', node('n3', { drain: true })),
      cluster('acid-a', member('n1', 'primary'), member('real-z2'), member('n3')),
    );
    const nodes = { 'new-z2-1': 'real-z2' };
    const waiting = runOf(
      plan,
      [
        [isAdd('z2'), 'done'],
        [isMoveOf('acid-a-1'), 'waiting'],
      ],
      nodes,
    );
    expect(card(fleetView('prod', moved, { plan, run: waiting }), 'real-z2').pods[0]?.final).toBe(false);
    const done = runOf(
      plan,
      [
        [isAdd('z2'), 'done'],
        [isMoveOf('acid-a-1'), 'done'],
      ],
      nodes,
    );
    const view = fleetView('prod', moved, { plan, run: done });
    expect(card(view, 'real-z2')).toMatchObject({
      letters: 'N',
      planName: 'new-z2-1',
      pods: [{ final: true }],
    });
    expect(card(view, 'n1').pods[0]?.final).toBe(false);
  });

  it('leaves a struck gap where a released node stood, first in its zone, so that nothing jumps', () => {
    const after = fleet(zone('z1', node('k1')), zone('z2', node('n2')), zone('z3', node('n3')));
    const run = runOf(plan, [[(step) => step.kind === 'release' && step.node === 'n1', 'done']]);
    const column = fleetView('prod', after, { plan, run }).zones[0];
    expect(column?.nodes.map((each) => [each.name, each.letters])).toEqual([
      ['n1', 'R'],
      ['k1', ''],
      ['new-z1-1', ''],
    ]);
  });
});
