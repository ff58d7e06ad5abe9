/** Builders for tests of the executor: small plans by hand, journals in short, views of pods, nodes and Patroni. */

import type { Memory } from '../../executor/decide/decision.ts';
import type { Act, RunEvent } from '../../executor/journal.ts';
import { realPace } from '../../executor/limits.ts';
import type { JournalEntry, NodeView, PatroniMember, PatroniView, PodView } from '../../executor/ports.ts';
import { foldRun } from '../../executor/record/fold-run.ts';
import type { RunFold } from '../../executor/record/run-fold.ts';
import type { ClusterSight } from '../../executor/sight.ts';
import type {
  AddNodeStep,
  DrainPlan,
  DrainRequest,
  FenceStep,
  MoveStep,
  ReleaseStep,
  Step,
  SwitchoverStep,
} from '../../planner/plan.ts';

const base = {
  wave: 1,
  because: { code: 'node-to-be-drained', facts: {} },
  estimateSeconds: 10,
} as const;

export function nodeStep(
  kind: 'fence' | 'unfence' | 'cordon' | 'release',
  id: string,
  node: string,
  after: string[] = [],
): FenceStep | ReleaseStep | Extract<Step, { kind: 'unfence' | 'cordon' }> {
  return { ...base, kind, id, node, after };
}

export function addNode(id: string, node: string, zone: string): AddNodeStep {
  return { ...base, kind: 'add-node', id, node, zone, after: [] };
}

export function memberMove(id: string, member: string, more: Partial<MoveStep> = {}): MoveStep {
  return {
    ...base,
    kind: 'move',
    id,
    pod: `default/${member}`,
    uid: `uid-${member}`,
    from: 'n1',
    to: 'new-z1-1',
    cluster: 'default/acid-a',
    member,
    outage: false,
    after: [],
    ...more,
  };
}

export function podMove(id: string, pod: string, more: Partial<MoveStep> = {}): MoveStep {
  return { ...memberMove(id, pod), cluster: null, member: null, ...more };
}

export function switchover(id: string, from: string, to: string, after: string[] = []): SwitchoverStep {
  return { ...base, kind: 'switchover', id, cluster: 'default/acid-a', from, to, after };
}

export function planOf(steps: readonly Step[], request: Partial<DrainRequest> = {}): DrainPlan {
  const proved = { bound: 0, value: 0, proved: true };
  return {
    apiVersion: 'switchyard.dev/v1',
    kind: 'DrainPlan',
    id: 'plan-1',
    request: { apiVersion: 'switchyard.dev/v1', kind: 'DrainRequest', nodes: { names: ['n1'] }, ...request },
    snapshot: { hash: 'hash', takenAt: null },
    summary: {
      outages: 0,
      switchovers: 1,
      weightedSwitchovers: 1,
      moves: 1,
      waves: 1,
      nodes: 1,
      surgeByZone: {},
      expectedSeconds: { p50: 60, p95: 120 },
      baselines: { naive: { switchovers: 1, clusters: {} } },
    },
    certificate: { outages: proved, switchovers: proved, waves: proved },
    clusters: {},
    steps,
    findings: [],
    refusals: [],
  };
}

export const runId = 'run-1';
export const startMs = Date.UTC(2026, 10, 23, 8);

/** A journal line in short: lane, event, and optionally seconds after the start. */
export type Line = readonly [lane: string, event: RunEvent, atSeconds?: number];

export const created: Line = [
  'run',
  { kind: 'created', plan: 'plan-1', fleet: 'prod', requester: 'anna', needsApproval: false },
];
export const started: Line = ['run', { kind: 'started', nodeUids: ['uid-n1', 'uid-n2'], leaders: {} }];

/** The run started on these nodes of a world. */
export function startedOn(nodes: readonly NodeView[]): Line {
  return ['run', { kind: 'started', nodeUids: nodes.map((node) => node.uid), leaders: {} }];
}

export function entriesOf(lines: readonly Line[]): readonly JournalEntry[] {
  return lines.map(([lane, event, atSeconds = 0], index) => ({
    sequence: index + 1,
    lane,
    atMs: startMs + atSeconds * 1_000,
    by: 'worker-1',
    event,
  }));
}

/** The fold of a started run with these further lines. */
export function foldOf(plan: DrainPlan, lines: readonly Line[] = []): RunFold {
  return foldRun(plan, runId, entriesOf([created, started, ...lines]));
}

/** What `decide` remembers about step `id` after these lines, so many seconds after the start. */
export function memoryOf(fold: RunFold, id: string, atSeconds = 0): Memory {
  const lane = fold.lanes.get(id);
  if (lane === undefined) {
    throw new Error(`no step ${id}`);
  }
  return { fold, lane, pace: realPace, nowMs: startMs + atSeconds * 1_000 };
}

export function actLine(lane: string, act: Act, atSeconds = 0): Line {
  return [lane, { kind: 'act', act }, atSeconds];
}

export function answerLine(
  lane: string,
  act: Act['kind'],
  answer: string,
  atSeconds = 0,
  facts: Extract<RunEvent, { kind: 'answer' }>['facts'] = {},
): Line {
  return [lane, { kind: 'answer', act, answer, facts }, atSeconds];
}

export function doneLine(
  lane: string,
  facts: Extract<RunEvent, { kind: 'done' }>['facts'] = {},
  atSeconds = 0,
): Line {
  return [lane, { kind: 'done', facts }, atSeconds];
}

export function nodeView(name: string, more: Partial<NodeView> = {}): NodeView {
  return {
    name,
    uid: `uid-${name}`,
    resourceVersion: '7',
    zone: 'z1',
    labels: {},
    unschedulable: false,
    ready: true,
    createdAtMs: startMs,
    ...more,
  };
}

export function podView(name: string, node: string | undefined, more: Partial<PodView> = {}): PodView {
  return {
    namespace: 'default',
    name,
    uid: `uid-${name}`,
    labels: { 'cluster-name': 'acid-a', 'spilo-role': 'replica' },
    ...(node === undefined ? {} : { node }),
    ready: node !== undefined,
    terminating: false,
    phase: 'Running',
    ownerKind: 'StatefulSet',
    stays: false,
    patroniUrl: `http://${name}:8008`,
    ...more,
  };
}

export function patroniMember(name: string, more: Partial<PatroniMember> = {}): PatroniMember {
  return {
    name,
    role: 'replica',
    state: 'streaming',
    lagBytes: 0,
    timeline: 4,
    nofailover: false,
    streaming: true,
    ...more,
  };
}

/** acid-a with acid-a-0 as primary on n1, acid-a-1 on k1, acid-a-2 on k2: whole, on timeline 4. */
export function clusterSight(
  more: {
    readonly pods?: readonly PodView[];
    readonly leader?: string | undefined;
    readonly timeline?: number | undefined;
    readonly paused?: boolean;
    readonly scheduledSwitchoverAt?: string;
    readonly synchronous?: boolean;
    readonly members?: readonly PatroniMember[];
  } = {},
): ClusterSight {
  const leader = 'leader' in more ? more.leader : 'acid-a-0';
  const timeline = 'timeline' in more ? more.timeline : 4;
  const names = ['acid-a-0', 'acid-a-1', 'acid-a-2'];
  const members =
    more.members ??
    names.map((name) =>
      name === leader
        ? patroniMember(name, { role: 'leader', state: 'running', streaming: false, ...timelineOf(timeline) })
        : patroniMember(name, timelineOf(timeline)),
    );
  const patroni: PatroniView = {
    ...(leader === undefined ? {} : { leader }),
    ...timelineOf(timeline),
    paused: more.paused ?? false,
    ...(more.scheduledSwitchoverAt === undefined
      ? {}
      : { scheduledSwitchoverAt: more.scheduledSwitchoverAt }),
    synchronous: more.synchronous ?? false,
    members,
  };
  const places = ['n1', 'k1', 'k2'];
  const pods =
    more.pods ??
    names.map((name, index) =>
      podView(name, places[index], {
        labels: { 'cluster-name': 'acid-a', 'spilo-role': name === leader ? 'master' : 'replica' },
      }),
    );
  return { key: 'default/acid-a', namespace: 'default', pods, patroni };
}

/** The same pods with one replaced by name. */
export function withPod(sight: ClusterSight, pod: PodView): ClusterSight {
  return { ...sight, pods: sight.pods.map((each) => (each.name === pod.name ? pod : each)) };
}

/** The same Patroni view with one member changed. */
export function withMember(sight: ClusterSight, name: string, change: Partial<PatroniMember>): ClusterSight {
  const members = sight.patroni.members.map((each) => (each.name === name ? { ...each, ...change } : each));
  return { ...sight, patroni: { ...sight.patroni, members } };
}

/** The same Patroni view in which that member's lag is not known. */
export function withUnknownLag(sight: ClusterSight, name: string): ClusterSight {
  const members = sight.patroni.members.map((each) => {
    const { lagBytes: _, ...rest } = each;
    return each.name === name ? rest : each;
  });
  return { ...sight, patroni: { ...sight.patroni, members } };
}

function timelineOf(timeline: number | undefined): { timeline?: number } {
  return timeline === undefined ? {} : { timeline };
}
