/** How many members a cluster should have, by its StatefulSets: of those with one for each member, and of those whose set is gone. */
import { expect, it } from 'vitest';
import type { RunContext } from '../../executor/contexts.ts';
import { decide } from '../../executor/decide/decide.ts';
import type { Decision } from '../../executor/decide/decision.ts';
import { seenOf } from '../../executor/decide/seen-of.ts';
import { findUnrest } from '../../executor/find-unrest.ts';
import { realPace } from '../../executor/limits.ts';
import { setsOf } from '../../executor/new-plan.ts';
import { observe } from '../../executor/observe.ts';
import type { KubernetesPort, PodView } from '../../executor/ports.ts';
import { foldRun } from '../../executor/record/fold-run.ts';
import { atHand } from '../../executor/record/read-fold.ts';
import type { RunFold } from '../../executor/record/run-fold.ts';
import type { Eyes } from '../../executor/sight.ts';
import { explainWait } from '../../planner/explain/explain-wait.ts';
import type { ScaleInStep, ScaleOutStep, Step } from '../../planner/plan.ts';
import { directPorts } from '../../simulations/direct-ports.ts';
import { createMemoryJournal } from '../../simulations/memory-journal.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import { cluster, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';
import { readList } from '../fixtures/read.ts';
import {
  actLine,
  answerLine,
  clusterSight,
  created,
  doneLine,
  entriesOf,
  type Line,
  memberMove,
  memoryOf,
  nodeStep,
  nodeView,
  patroniMember,
  planOf,
  podView,
  runId,
  startMs,
  switchover,
} from './runs.ts';

const step = memberMove('m1', 'acid-a-c-0');
const memberPod = (name: string, on: string) =>
  podView(name, on, { labels: { application: 'spilo', 'cluster-name': 'acid-a', 'spilo-role': 'replica' } });
const pods = [memberPod('acid-a-a-0', 'k0'), memberPod('acid-a-b-0', 'k1'), memberPod('acid-a-c-0', 'n1')];

/** A set whose only pod is gone wants it all the same. */
function membersOf(there: typeof pods, set: string): number {
  return Math.max(1, there.filter(({ name }) => name.startsWith(`${set}-`)).length);
}

const sets = { 'default/acid-a': ['acid-a-a', 'acid-a-b', 'acid-a-c'] };
const started: Line = ['run', { kind: 'started', leaders: { 'default/acid-a': 'acid-a-a-0' }, sets }];

/** What is decided about acid-a-c-0 where these pods are there, and Patroni lists their members alone. */
async function decisionWith(
  there: typeof pods,
  about: Step = step,
  others: readonly Step[] = [],
  lines: readonly Line[] = [],
  gone: (set: string) => boolean = () => false,
): Promise<Decision> {
  const plan = planOf([nodeStep('fence', 'f1', 'n1'), ...others, about, nodeStep('release', 'r1', 'n1')]);
  const fold = foldRun(plan, runId, entriesOf([created, started, doneLine('f1'), ...lines]));
  return decisionOn(fold, about, there, gone);
}

async function decisionOn(
  fold: RunFold,
  about: Step,
  there: typeof pods,
  gone: (set: string) => boolean,
): Promise<Decision> {
  const { ctx, eyes } = lookAt(fold, there, gone);
  const sight = await observe(ctx, fold, about, eyes);
  return decide(seenOf(sight, fold), memoryOf(fold, about.id, 10));
}

/** A worker and its eyes, for whom these pods are there, and Patroni lists their members alone. */
function lookAt(
  { plan }: RunFold,
  there: typeof pods,
  gone: (set: string) => boolean,
): { readonly ctx: RunContext; readonly eyes: Eyes } {
  const members = there.map(({ name }) =>
    patroniMember(name, name === 'acid-a-a-0' ? { role: 'leader', state: 'running', streaming: false } : {}),
  );
  const { patroni } = clusterSight({ leader: 'acid-a-a-0', members });
  const { clock, ...ports } = directPorts(createWorld({ objects: [] }));
  const kubernetes: KubernetesPort = {
    ...ports.kubernetes,
    listPods: async () => there,
    getNode: async (name) => nodeView(name, { fencedBy: runId }),
    getReplicas: async ({ name }) => (gone(name) ? undefined : membersOf(there, name)),
    getOrdinals: async ({ name }) => ({ first: 0, replicas: membersOf(there, name) }),
  };
  const readCluster = async () => patroni;
  const journal = createMemoryJournal();
  const ctx = {
    ports: { ...ports, journal, kubernetes, patroni: { ...ports.patroni, readCluster } },
    firstPlan: atHand(plan),
    runId,
    worker: 'w1',
    pace: realPace,
    clock,
  };
  return { ctx, eyes: { kubernetes, readCluster } };
}

it('evict no member while the pod of another one does not exist, and its set with no trace', async () => {
  expect(await decisionWith(pods)).toMatchObject({ kind: 'act' });
  expect(await decisionWith(pods.filter(({ name }) => name !== 'acid-a-b-0'))).toMatchObject({
    because: { code: 'member-unavailable', facts: { why: 'a pod is missing', pods: 2, wanted: 3 } },
  });
});

it('give up no member by scaling while the pod of one of another set does not exist', async () => {
  const leave: ScaleInStep = {
    kind: 'scale-in',
    id: 's1',
    cluster: 'default/acid-a',
    member: 'acid-a-c-0',
    node: 'n1',
    wave: 1,
    because: { code: 'temporary-member', facts: {} },
    estimateSeconds: 60,
    after: [],
  };
  const came: ScaleOutStep = { ...leave, kind: 'scale-out', id: 's0', member: 'acid-a-c-1' };
  const scaled = { kind: 'scale', namespace: 'default', name: 'acid-a-c', replicas: 2 } as const;
  const lines = [actLine('s0', scaled), answerLine('s0', 'scale', 'done'), doneLine('s0')];
  const there = [...pods, memberPod('acid-a-c-1', 'k2')];
  expect(await decisionWith(there, leave, [came], lines)).toMatchObject({ kind: 'act' });
  const without = there.filter(({ name }) => name !== 'acid-a-b-0');
  expect(await decisionWith(without, leave, [came], lines)).toMatchObject({
    because: { code: 'member-unavailable', facts: { why: 'a pod is missing', pods: 3, wanted: 4 } },
  });
});

/** As the garbage collector leaves them where their set was deleted with `--cascade=orphan`. */
function orphaned({ ownerKind: _, ...pod }: PodView): PodView {
  return pod;
}

const because = { code: 'plan-invalid', facts: {} };

const anySet = (): boolean => true;

it('evict no member whose set is gone, for nobody would bring it back', async () => {
  const facts = { subject: 'default/acid-a', setGone: 'default/acid-a-c' };
  const unavailable = { code: 'member-unavailable', facts };
  expect(explainWait(unavailable)).toBe(
    'StatefulSet default/acid-a-c of default/acid-a is gone, and no pod of it would come back; no member of that cluster is taken away meanwhile',
  );
  const isGone = (set: string): boolean => set === 'acid-a-c';
  const there = pods.map((pod) => (pod.name === 'acid-a-c-0' ? orphaned(pod) : pod));
  expect(await decisionWith(there, step, [], [], isGone)).toMatchObject({ because: unavailable });
  // Nor another one meanwhile, or one after the other is lost for good.
  const another = memberMove('m1', 'acid-a-b-0');
  expect(await decisionWith(there, another, [], [], isGone)).toMatchObject({ because: unavailable });
  const without = there.slice(0, 2);
  expect(await decisionWith(without, another, [], [], isGone)).toMatchObject({ because: unavailable });
  // Operators make it anew, and it takes over the pod that was left.
  expect(await decisionWith(pods)).toMatchObject({ kind: 'act' });
});

const failover = { cluster: 'default/acid-a', from: 'acid-a-c-0', to: 'acid-a-a-0', facts: {} };

it('go on to count by a new plan where a set is gone with its pod, of which the fleet shows no trace', async () => {
  const isGone = (set: string): boolean => set === 'acid-a-c';
  const another = memberMove('m1', 'acid-a-b-0');
  const plan = planOf([another, nodeStep('release', 'r1', 'n1')]);
  const replanned: Line = [
    'run',
    {
      kind: 'replanned',
      plan: 'plan-2',
      needsApproval: false,
      nodeUids: [],
      leaders: { 'default/acid-a': 'acid-a-a-0' },
      sets: { 'default/acid-a': ['acid-a-a', 'acid-a-b'] },
      facts: {},
    },
  ];
  const entries = entriesOf([created, started, ['run', { kind: 'halted', because }], replanned]);
  const fold = foldRun(plan, runId, entries, new Map([['plan-2', { ...plan, id: 'plan-2' }]]));
  const [again] = fold.plan.steps;
  if (again === undefined) throw new Error('no step');
  expect(again.id).toBe('p2.m1');
  expect(await decisionOn(fold, again, pods.slice(0, 2), isGone)).toMatchObject({
    because: { code: 'member-unavailable' },
  });
  expect(await decisionOn(fold, again, pods, () => false)).toMatchObject({ kind: 'act' });
});

it('let no new plan be made while a set is gone in a cluster that others have changed', async () => {
  const plan = planOf([memberMove('m1', 'acid-a-b-0'), nodeStep('release', 'r1', 'n1')]);
  const lines: readonly Line[] = [
    ['run', { kind: 'unplanned', ...failover }],
    ['run', { kind: 'halted', because }],
  ];
  const fold = foldRun(plan, runId, entriesOf([created, started, ...lines]));
  const unrest = (gone: (set: string) => boolean) =>
    findUnrest(lookAt(fold, gone('acid-a-c') ? pods.slice(0, 2) : pods, gone).ctx, fold);
  expect(await unrest((set) => set === 'acid-a-c')).toMatchObject({
    code: 'cluster-not-whole',
    facts: { subject: 'default/acid-a', setGone: 'default/acid-a-c' },
  });
  expect(await unrest(() => false)).toBeUndefined();
});

it('miss a set also after somebody has resumed the run: whoever does so for another reason may not know of it', async () => {
  const facts = { subject: 'default/acid-a', setGone: 'default/acid-a-c' };
  const missed: Line = [
    'm1',
    { kind: 'blocked', because: { code: 'member-unavailable', facts }, deadlineMs: startMs + 9e6 },
  ];
  const resumed: Line = ['run', { kind: 'resumed' }];
  const tooLong: Line = [
    'run',
    {
      kind: 'halted',
      because: { code: 'deadline-passed', facts: { ...facts, waitedFor: 'member-unavailable', step: 'm1' } },
    },
  ];
  const another = memberMove('m1', 'acid-a-b-0');
  const isGone = (set: string): boolean => set === 'acid-a-c';
  for (const lines of [[missed], [missed, tooLong, resumed]]) {
    expect(await decisionWith(pods.slice(0, 2), another, [], lines, isGone)).toMatchObject({
      because: { code: 'member-unavailable', facts },
    });
  }
});

it('tell of a pod that is missing without saying that its cluster is unavailable, which is up', () => {
  const facts = { subject: 'default/acid-a', why: 'a pod is missing', pods: 2, wanted: 3 };
  expect(explainWait({ code: 'member-unavailable', facts })).toBe(
    'a member of default/acid-a is unavailable: a pod is missing; two members of a cluster must never be at once',
  );
});

it('interrupt no primary whose set is gone', async () => {
  const handOver = switchover('s1', 'acid-a-a-0', 'acid-a-b-0');
  expect(await decisionWith(pods, handOver)).toMatchObject({ kind: 'act' });
  expect(await decisionWith(pods.map(orphaned), handOver, [], [], anySet)).toMatchObject({
    because: { code: 'member-unavailable' },
  });
});

it('evict members of sets of another kind, which are asked for in vain, and of no set at all', async () => {
  const byKruise = pods.map((pod): PodView => ({ ...pod, ownerIsCustom: true }));
  expect(await decisionWith(byKruise, step, [], [], anySet)).toMatchObject({ kind: 'act' });
  const byOperator = byKruise.map((pod): PodView => ({ ...pod, ownerKind: 'Cluster' }));
  expect(await decisionWith(byOperator, step, [], [], anySet)).toMatchObject({ kind: 'act' });
  // A Deployment for each member, as another operator has them.
  const byDeployments = pods.map((pod): PodView => ({ ...pod, ownerKind: 'ReplicaSet' }));
  expect(await decisionWith(byDeployments, step, [], [], anySet)).toMatchObject({ kind: 'act' });
});

it('are remembered by their sets when the run begins; those of one set are not', () => {
  const objects = fleetObjects(
    zone('z1', node('n1'), node('n2'), node('n3')),
    cluster('acid-a', member('n1', 'primary'), member('n2')),
    cluster('acid-b', member('n3', 'primary')),
  );
  const fleet = readList(objects);
  expect(setsOf(fleet, { 'default/acid-a': 'acid-a-0' })).toEqual({});
  const [acidA, acidB] = fleet.clusters;
  if (acidA === undefined || acidB === undefined) throw new Error('no clusters');
  const joined = { ...acidA, members: [...acidA.members, ...acidB.members] };
  expect(setsOf({ ...fleet, clusters: [joined] }, { 'default/acid-a': 'acid-a-0' })).toEqual({
    sets: { 'default/acid-a': ['acid-a', 'acid-b'] },
  });
  expect(setsOf({ ...fleet, clusters: [joined] }, {})).toEqual({});
});
