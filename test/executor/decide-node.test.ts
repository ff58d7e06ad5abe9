import { describe, expect, it } from 'vitest';
import { decide } from '../../executor/decide/decide.ts';
import type { Decision } from '../../executor/decide/decision.ts';
import { seenOf } from '../../executor/decide/seen-of.ts';
import { realPace } from '../../executor/limits.ts';
import type { NodeView } from '../../executor/ports.ts';
import type { Sight } from '../../executor/sight.ts';
import type { CordonStep, FenceStep, ReleaseStep, Step, UnfenceStep } from '../../planner/plan.ts';
import {
  actLine,
  addNode,
  answerLine,
  foldOf,
  type Line,
  memoryOf,
  nodeView,
  planOf,
  podView,
  runId,
} from './runs.ts';

const base = {
  wave: 1,
  because: { code: 'empty', facts: {} },
  estimateSeconds: 1,
  after: [],
  id: 's1',
  node: 'n1',
} as const;
const fence: FenceStep = { ...base, kind: 'fence' };
const unfence: UnfenceStep = { ...base, kind: 'unfence' };
const cordon: CordonStep = { ...base, kind: 'cordon' };
const release: ReleaseStep = { ...base, kind: 'release' };
const settleSeconds = realPace.actSettleMs / 1_000;

function nameOf(decision: Decision): string {
  switch (decision.kind) {
    case 'wait':
      return decision.because.code;
    case 'halt':
      return `halt ${decision.because.code}`;
    case 'answer':
      return `answer ${decision.answer}`;
    case 'act':
      return `act ${decision.act.kind}`;
    default:
      return decision.kind;
  }
}

function decideOn(
  sight: Sight,
  lines: readonly Line[] = [],
  atSeconds = 1,
  steps: readonly Step[] = [sight.step],
): Decision {
  return decide(sight, memoryOf(foldOf(planOf(steps), lines), sight.step.id, atSeconds));
}

describe('a fence', () => {
  const seen = (node: NodeView | undefined): Sight => ({ kind: 'fence', step: fence, node });
  it('is set with the resourceVersion that was seen', () => {
    expect(decideOn(seen(nodeView('n1')))).toEqual({
      kind: 'act',
      act: { kind: 'fence', node: 'n1', resourceVersion: '7' },
    });
  });
  it('that stands already is done, and that of an earlier run is taken over', () => {
    expect(nameOf(decideOn(seen(nodeView('n1', { fencedBy: runId }))))).toBe('done');
    expect(nameOf(decideOn(seen(nodeView('n1', { fencedBy: 'run-0' }))))).toBe('act fence');
  });
  it('on a node that is gone halts the run', () => {
    expect(nameOf(decideOn(seen(undefined)))).toBe('halt node-gone');
  });
  it('without answer is looked for before it is set again', () => {
    const open = actLine('s1', { kind: 'fence', node: 'n1', resourceVersion: '7' }, 1);
    expect(nameOf(decideOn(seen(nodeView('n1')), [open], settleSeconds))).toBe('act-settling');
    expect(nameOf(decideOn(seen(nodeView('n1')), [open], settleSeconds + 1))).toBe('answer seen-not-done');
    expect(nameOf(decideOn(seen(nodeView('n1', { fencedBy: runId })), [open]))).toBe('done');
  });
  it('that met a conflict is set anew on what is there now', () => {
    const lines = [
      actLine('s1', { kind: 'fence', node: 'n1', resourceVersion: '6' }),
      answerLine('s1', 'fence', 'conflict'),
    ];
    expect(decideOn(seen(nodeView('n1')), lines)).toMatchObject({ act: { resourceVersion: '7' } });
  });
  it('that met several in a row waits a little first, and not after anything else was answered', () => {
    const met = (answer: string) => [
      actLine('s1', { kind: 'fence', node: 'n1', resourceVersion: '6' }),
      answerLine('s1', 'fence', answer),
    ];
    const lines = ['conflict', 'withdrawn', 'conflict', 'conflict', 'conflict'].flatMap(met);
    expect(decideOn(seen(nodeView('n1')), lines)).toMatchObject({
      because: {
        code: 'outside-trouble',
        facts: { message: 'conflict: n1 was changed in between 4 times in a row' },
      },
    });
    expect(nameOf(decideOn(seen(nodeView('n1')), lines, 4))).toBe('act fence');
    const after = ['conflict', 'conflict', 'seen-not-done', 'conflict'].flatMap(met);
    expect(nameOf(decideOn(seen(nodeView('n1')), after))).toBe('act fence');
  });
});

describe('taking a fence off', () => {
  const seen = (node: NodeView | undefined): Sight => ({ kind: 'unfence', step: unfence, node });
  it('takes off our own and leaves that of another run', () => {
    expect(nameOf(decideOn(seen(nodeView('n1', { fencedBy: runId }))))).toBe('act unfence');
    expect(nameOf(decideOn(seen(nodeView('n1', { fencedBy: 'run-0' }))))).toBe('done');
    expect(nameOf(decideOn(seen(nodeView('n1'))))).toBe('done');
    expect(nameOf(decideOn(seen(undefined)))).toBe('halt node-gone');
  });
});

describe('a cordon', () => {
  const seen = (node: NodeView | undefined, primaries: readonly string[] = []): Sight => ({
    kind: 'cordon',
    step: cordon,
    node,
    primaries,
  });
  it('is set when no primary stands on the node, and never while one does', () => {
    expect(nameOf(decideOn(seen(nodeView('n1'))))).toBe('act cordon');
    expect(decideOn(seen(nodeView('n1'), ['default/acid-a-0']))).toMatchObject({
      wait: 'blocked',
      because: { code: 'primary-on-node', facts: { primaries: ['default/acid-a-0'] } },
    });
  });
  it('of somebody else serves, and is not called ours', () => {
    expect(decideOn(seen(nodeView('n1', { unschedulable: true })))).toEqual({
      kind: 'done',
      facts: { ours: false },
    });
    const ours = nodeView('n1', { unschedulable: true, cordonedBy: runId });
    expect(decideOn(seen(ours))).toEqual({ kind: 'done', facts: { ours: true } });
  });
});

describe('a wanted node', () => {
  const step = addNode('a1', 'new-z1-1', 'z1');
  const start = [nodeView('n1'), nodeView('n2', { zone: 'z2' })];
  const seen = (...more: readonly NodeView[]): Sight => ({
    kind: 'add-node',
    step,
    nodes: [...start, ...more],
  });
  const asked = [
    actLine('a1', { kind: 'want-node', planNode: 'new-z1-1', zone: 'z1' }, 1),
    answerLine('a1', 'want-node', 'done', 1),
  ];

  it('is asked for once, and then waited for', () => {
    expect(nameOf(decideOn(seen()))).toBe('act want-node');
    expect(nameOf(decideOn(seen(), asked))).toBe('waiting-for-node');
  });
  it('is asked for again where the pipeline did not answer: the same key asks for the same node', () => {
    const failed = [asked[0], answerLine('a1', 'want-node', 'failed', 1)].filter(
      (line) => line !== undefined,
    );
    expect(nameOf(decideOn(seen(), failed))).toBe('act want-node');
  });
  it('is the first Ready and open one of its zone that was not there at the start, whoever brought it', () => {
    const later = nodeView('x2', { createdAtMs: 9_000_000_000_000 });
    expect(decideOn(seen(later, nodeView('x1')))).toEqual({ kind: 'bind', planNode: 'new-z1-1', node: 'x1' });
  });
  it.each([
    ['not Ready', { ready: false }],
    ['cordoned', { unschedulable: true }],
    ['fenced', { fencedBy: 'run-0' }],
  ])('is not one that is %s', (_, more) => {
    expect(nameOf(decideOn(seen(nodeView('x1', more)), asked))).toBe('waiting-for-node');
  });
  it('in another zone is noticed at once, unless another step wants one there', () => {
    const stray = nodeView('x1', { zone: 'z2' });
    expect(decideOn(seen(stray), asked)).toMatchObject({
      wait: 'blocked',
      because: { code: 'new-node-in-wrong-zone', facts: { node: 'x1', zone: 'z2', wantedZone: 'z1' } },
    });
    const other = addNode('a2', 'new-z2-1', 'z2');
    expect(nameOf(decideOn(seen(stray), asked, 1, [step, other]))).toBe('waiting-for-node');
  });
  it('serves one step only: the first that took it', () => {
    const other = addNode('a2', 'new-z1-2', 'z1');
    const lines: readonly Line[] = [
      ['a2', { kind: 'bound', planNode: 'new-z1-2', node: 'x1' }],
      ['a1', { kind: 'bound', planNode: 'new-z1-1', node: 'x1' }],
    ];
    const fold = foldOf(planOf([step, other]), lines);
    expect(Object.fromEntries(fold.bound)).toEqual({ 'new-z1-2': 'x1' });
    expect(nameOf(decide(seen(nodeView('x1')), memoryOf(fold, 'a1')))).toBe('act want-node');
  });
  it('is left to the step that asked for it; a further one serves who has not asked', () => {
    const other = addNode('a2', 'new-z1-2', 'z1');
    const both = [step, other];
    const askedByOther = [
      actLine('a2', { kind: 'want-node', planNode: 'new-z1-2', zone: 'z1' }, 1),
      answerLine('a2', 'want-node', 'done', 1),
    ];
    expect(nameOf(decideOn(seen(nodeView('x1')), askedByOther, 1, both))).toBe('act want-node');
    expect(decideOn(seen(nodeView('x1'), nodeView('x2')), askedByOther, 1, both)).toMatchObject({
      kind: 'bind',
      node: 'x2',
    });
    const bothAsked = [...asked, ...askedByOther];
    expect(decideOn(seen(nodeView('x1')), bothAsked, 1, both)).toMatchObject({ kind: 'bind', node: 'x1' });
  });
  it('is decided on a few, however many come: what is seen stands in the journal of each step', () => {
    const come = Array.from({ length: 300 }, (_, index) =>
      nodeView(`x${index}`, { createdAtMs: 9_000 - index, zone: index % 3 === 0 ? 'z9' : 'z1' }),
    );
    const nodesSeen = (lines: readonly Line[], nodes: readonly NodeView[]) => {
      const kept = seenOf(seen(...nodes), foldOf(planOf([step, addNode('a2', 'new-z1-2', 'z1')]), lines));
      return kept.kind === 'add-node' ? kept.nodes.map(({ name }) => name) : [];
    };
    const askedByOther = [actLine('a2', { kind: 'want-node', planNode: 'new-z1-2', zone: 'z1' }, 1)];
    expect(nodesSeen(asked, come)).toEqual(['x299']);
    expect(nodesSeen(askedByOther, come)).toEqual(['x299', 'x298']);
    const stray = come.filter(({ zone }) => zone === 'z9');
    expect(nodesSeen(asked, stray)).toEqual(['x0']);
    const bound: Line = ['a1', { kind: 'bound', planNode: 'new-z1-1', node: 'x7' }];
    expect(nodesSeen([...asked, bound], come)).toEqual(['x7']);
  });
  it('that was taken and is gone again halts the run', () => {
    const bound: Line = ['a1', { kind: 'bound', planNode: 'new-z1-1', node: 'x1' }];
    expect(nameOf(decideOn(seen(), [bound]))).toBe('halt node-gone');
    expect(decideOn(seen(nodeView('x1')), [bound])).toEqual({ kind: 'done', facts: { node: 'x1' } });
  });
});

describe('a release', () => {
  const closed = nodeView('n1', { unschedulable: true });
  const seen = (
    node: NodeView | undefined,
    pods: Extract<Sight, { kind: 'release' }>['pods'] = [],
    volumes: readonly string[] = [],
  ): Sight => ({ kind: 'release', step: release, node, pods, volumes });
  it('waits until every volume is detached, but not once the pipeline was told', () => {
    expect(decideOn(seen(closed, [], ['pvc-1']))).toMatchObject({
      wait: 'waiting',
      because: { code: 'volume-still-attached', facts: { subject: 'n1', volumes: ['pvc-1'], count: 1 } },
    });
    const marked = { ...closed, releasedBy: runId };
    expect(nameOf(decideOn(seen(marked, [], ['pvc-1'])))).toBe('volume-still-attached');
    const told = [
      actLine('s1', { kind: 'node-released', node: 'n1' }),
      answerLine('s1', 'node-released', 'done'),
    ];
    expect(nameOf(decideOn(seen(marked, [], ['pvc-1']), told))).toBe('done');
  });
  it('is not said of another machine that has come under the same name', () => {
    expect(nameOf(decideOn(seen({ ...closed, uid: 'uid-reinstalled' })))).toBe('halt node-gone');
  });
  it('waits until nothing is left but pods that stay', () => {
    expect(
      decideOn(seen(closed, [podView('acid-a-0', 'n1'), podView('ds', 'n1', { stays: true })])),
    ).toMatchObject({
      because: { code: 'node-not-empty', facts: { pods: ['default/acid-a-0'], count: 1 } },
    });
    const leaving = podView('acid-a-0', 'n1', { terminating: true });
    expect(nameOf(decideOn(seen(closed, [leaving])))).toBe('node-not-empty');
  });
  it('never happens on an open node', () => {
    expect(nameOf(decideOn(seen(nodeView('n1'))))).toBe('fence-missing');
  });
  it('marks the node first, then tells the pipeline, then is done', () => {
    expect(nameOf(decideOn(seen(closed)))).toBe('act mark-released');
    const marked = { ...closed, releasedBy: runId, providerId: 'aws:///i-1' };
    expect(decideOn(seen(marked))).toMatchObject({
      act: { kind: 'node-released', node: 'n1', providerId: 'aws:///i-1' },
    });
    const told = [
      actLine('s1', { kind: 'node-released', node: 'n1' }),
      answerLine('s1', 'node-released', 'done'),
    ];
    expect(nameOf(decideOn(seen(marked), told))).toBe('done');
  });
  it('is told again where the pipeline did not answer', () => {
    const marked = { ...closed, releasedBy: runId };
    const told = [
      actLine('s1', { kind: 'node-released', node: 'n1' }),
      answerLine('s1', 'node-released', 'failed'),
    ];
    expect(nameOf(decideOn(seen(marked), told))).toBe('act node-released');
  });
  it('of a node that is gone is done', () => {
    expect(nameOf(decideOn(seen(undefined)))).toBe('done');
  });
});
