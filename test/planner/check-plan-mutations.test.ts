/**
 * One plan after the other broken in one way that a sentence names, and caught with the code that says so. A way of breaking
 * a plan that leaves it right does not belong here.
 */
import { describe, expect, it } from 'vitest';
import { type ViolationCode, violationCodes } from '../../planner/check/check-codes.ts';
import { checkPlan } from '../../planner/check/check-plan.ts';
import { explainViolation } from '../../planner/explain/explain-violation.ts';
import { hashFleet } from '../../planner/hash/hash-fleet.ts';
import type { DatabaseCluster, Fleet, FleetNode, Member, Pod } from '../../planner/model.ts';
import type { CertificateEntry, DrainPlan, DrainRequest, Step } from '../../planner/plan.ts';
import {
  barePod,
  budget,
  cluster,
  clusterWith,
  daemonSet,
  deployment,
  drainRequest,
  fleetObjects,
  job,
  member,
  mirrorPod,
  node,
  statefulSet,
  zone,
} from '../fixtures/fleet.ts';
import {
  addNode,
  cordon,
  fence,
  fleetOf,
  type HandStep,
  handPlan,
  move,
  release,
  switchover,
  unfence,
} from './hand-plan.ts';

/** A plan with the fleet it is for. */
type Case = { readonly plan: DrainPlan; readonly fleet: Fleet };
/** What a violation is expected to say: its code, and for steps in no order the reason why they need one. */
type Expected = Exclude<ViolationCode, 'not-ordered'> | `not-ordered: ${string}`;
type Row = readonly [sentence: string, expected: Expected, broken: Case];

// The plans that are broken below. Each of them is right.

/** Two members on two nodes to be drained, each with a replacement, one node after the other. */
function pair(
  request: Partial<DrainRequest> = {},
  options: Parameters<typeof clusterWith>[0] = {},
  replica: Parameters<typeof member>[2] = {},
  role: 'replica' | 'sync-standby' = 'replica',
): Case {
  const fleet = fleetOf(
    fleetObjects(
      zone('z1', node('n1', { drain: true })),
      zone('z2', node('n2', { drain: true })),
      cluster('acid-a', clusterWith(options), member('n1', 'primary'), member('n2', role, replica)),
      daemonSet('agent'),
    ),
  );
  const steps = [
    fence('n1'),
    fence('n2'),
    addNode('z2', 'n2'),
    move(fleet, 'acid-a-1', 'n2', 'new-z2-1'),
    switchover('acid-a', 'acid-a-0', 'acid-a-1'),
    cordon('n2'),
    release('n2'),
    addNode('z1', 'n1'),
    move(fleet, 'acid-a-0', 'n1', 'new-z1-1'),
    cordon('n1'),
    release('n1'),
  ];
  const plan = handPlan(fleet, drainRequest(request), steps, { surgeByZone: { z1: 1, z2: 1 } });
  return { fleet, plan };
}

/** Three members whose replica on the one node to be drained goes to a kept node: nobody is moved before it. */
function trio(
  spare: Parameters<typeof member>[2] = {},
  options: Parameters<typeof clusterWith>[0] = {},
): Case {
  const fleet = fleetOf(
    fleetObjects(
      zone('z1', node('n1', { drain: true }), node('k1')),
      zone('z2', node('k2')),
      zone('z3', node('k3')),
      cluster(
        'acid-a',
        clusterWith(options),
        member('n1'),
        member('k2', 'primary'),
        member('k3', 'replica', spare),
      ),
    ),
  );
  const steps = [fence('n1'), move(fleet, 'acid-a-0', 'n1', 'k1'), cordon('n1'), release('n1')];
  return { fleet, plan: handPlan(fleet, drainRequest(), steps) };
}

/** The primary on the one node to be drained, its replica on a kept one: a switchover before anybody has moved. */
function handover(
  replica: Parameters<typeof member>[2] = {},
  options: Parameters<typeof clusterWith>[0] = {},
  role: 'replica' | 'sync-standby' = 'replica',
  request: Partial<DrainRequest> = {},
): Case {
  const fleet = fleetOf(
    fleetObjects(
      zone('z1', node('n1', { drain: true }), node('k1')),
      zone('z2', node('k2')),
      cluster('acid-a', clusterWith(options), member('n1', 'primary'), member('k2', role, replica)),
    ),
  );
  const steps = [
    fence('n1'),
    switchover('acid-a', 'acid-a-0', 'acid-a-1'),
    move(fleet, 'acid-a-0', 'n1', 'k1'),
    cordon('n1'),
    release('n1'),
  ];
  return { fleet, plan: handPlan(fleet, drainRequest(request), steps) };
}

/** A single member that is restarted. */
function single(request: Partial<DrainRequest> = {}): Case {
  const fleet = fleetOf(
    fleetObjects(
      zone('z1', node('n1', { drain: true }), node('k1')),
      cluster('acid-a', clusterWith({ primaryBudget: 0 }), member('n1', 'primary')),
    ),
  );
  const steps = [fence('n1'), move(fleet, 'acid-a-0', 'n1', 'k1', true), cordon('n1'), release('n1')];
  return { fleet, plan: handPlan(fleet, drainRequest(request), steps) };
}

/** A single member that hands over to a temporary one and is taken away. */
function scaled(): Case {
  const fleet = fleetOf(
    fleetObjects(
      zone('z1', node('n1', { drain: true }), node('k1')),
      cluster('acid-a', member('n1', 'primary')),
    ),
  );
  const steps: HandStep[] = [
    fence('n1'),
    { kind: 'scale-out', cluster: 'default/acid-a', member: 'acid-a-1', node: 'k1' },
    switchover('acid-a', 'acid-a-0', 'acid-a-1'),
    { kind: 'scale-in', cluster: 'default/acid-a', member: 'acid-a-0', node: 'n1' },
    cordon('n1'),
    release('n1'),
  ];
  return { fleet, plan: handPlan(fleet, drainRequest({ singleMember: 'scale-out' }), steps) };
}

/** The same, but the primary is neither the first nor the last pod of its set: it cannot be taken away for good. */
function middle(): Case {
  const never = { tags: { nofailover: true } };
  const fleet = fleetOf(
    fleetObjects(
      zone('z1', node('n1', { drain: true }), node('k1')),
      zone('z2', node('k2'), node('k3')),
      cluster(
        'acid-a',
        member('k2', 'replica', never),
        member('n1', 'primary'),
        member('k3', 'replica', never),
      ),
    ),
  );
  const steps: HandStep[] = [
    fence('n1'),
    scaleOut('acid-a-3', 'k1'),
    switchover('acid-a', 'acid-a-1', 'acid-a-3'),
    { kind: 'scale-in', cluster: 'default/acid-a', member: 'acid-a-1', node: 'n1' },
    cordon('n1'),
    release('n1'),
  ];
  return { fleet, plan: handPlan(fleet, drainRequest({ singleMember: 'scale-out' }), steps) };
}

/** One pod of a deployment goes to a kept node; what the node offers and the pod asks for is up to each test. */
function web(
  target: Parameters<typeof node>[1] = {},
  pod: Partial<Parameters<typeof deployment>[1]> = {},
  ...more: Parameters<typeof fleetObjects>
): Case {
  const fleet = fleetOf(
    fleetObjects(
      zone('z1', node('n1', { drain: true }), node('k1', target)),
      deployment('web', { on: ['n1'], cpu: '1', memory: '4Gi', ...pod }),
      ...more,
    ),
  );
  const name = fleet.pods.find((each) => each.name.startsWith('web'))?.name ?? '';
  const steps = [fence('n1'), move(fleet, name, 'n1', 'k1'), cordon('n1'), release('n1')];
  return { fleet, plan: handPlan(fleet, drainRequest(), steps) };
}

/** Two pods of one deployment under a budget, evicted one after the other. */
function webs(allowed: { maxUnavailable: number | string } = { maxUnavailable: 1 }): Case {
  const fleet = fleetOf(
    fleetObjects(
      zone('z1', node('n1', { drain: true }), node('k1')),
      deployment('web', { on: ['n1', 'n1', 'k1'], budget: allowed }),
    ),
  );
  const [first = '', second = ''] = fleet.pods.filter((pod) => pod.node === 'n1').map((pod) => pod.name);
  const steps = [
    fence('n1'),
    move(fleet, first, 'n1', 'k1'),
    move(fleet, second, 'n1', 'k1'),
    cordon('n1'),
    release('n1'),
  ];
  return { fleet, plan: handPlan(fleet, drainRequest(), steps) };
}

/** Without an extra node a pod is parked on a node that is drained next. */
function parked(request: Partial<DrainRequest> = {}): Case {
  const fleet = fleetOf(
    fleetObjects(
      zone(
        'z1',
        node('n1', { drain: true, cpu: '2' }),
        node('n2', { drain: true, cpu: '2' }),
        node('k1', { cpu: '2' }),
      ),
      deployment('web', { on: ['n1'], cpu: '2' }),
      deployment('app', { on: ['n2'], cpu: '2' }),
    ),
  );
  const on = (name: string) => fleet.pods.find((pod) => pod.node === name)?.name ?? '';
  const [parking, leaving] = [on('n1'), on('n2')];
  const steps = [
    fence('n1'),
    fence('n2'),
    move(fleet, leaving, 'n2', 'k1'),
    unfence('n2'),
    move(fleet, parking, 'n1', 'n2'),
    fence('n2'),
    cordon('n1'),
    release('n1'),
    addNode('z1', 'n1'),
    move(fleet, parking, 'n2', 'new-z1-1'),
    cordon('n2'),
    release('n2'),
  ];
  return { fleet, plan: handPlan(fleet, drainRequest({ surge: { default: 0 }, ...request }), steps) };
}

/** Whole nodes, one after the other. */
function wholeNodes(): Case {
  const fleet = fleetOf(
    fleetObjects(
      zone('z1', node('n1', { drain: true }), node('n2', { drain: true }), node('k1')),
      deployment('web', { on: ['n1'] }),
      deployment('app', { on: ['n2'] }),
    ),
  );
  const on = (name: string) => fleet.pods.find((pod) => pod.node === name)?.name ?? '';
  const steps = [
    fence('n1'),
    fence('n2'),
    move(fleet, on('n1'), 'n1', 'k1'),
    cordon('n1'),
    release('n1'),
    move(fleet, on('n2'), 'n2', 'k1'),
    cordon('n2'),
    release('n2'),
  ];
  return { fleet, plan: handPlan(fleet, drainRequest({ mode: 'whole-nodes' }), steps) };
}

/** A node that cannot be emptied beside one that can. */
function refused(): Case {
  const fleet = fleetOf(
    fleetObjects(
      zone('z1', node('n1', { drain: true }), node('n2', { drain: true }), node('k1')),
      deployment('web', { on: ['n1'] }),
      deployment('app', { on: ['n2'] }),
    ),
  );
  const name = fleet.pods.find((pod) => pod.node === 'n1')?.name ?? '';
  const steps = [fence('n1'), move(fleet, name, 'n1', 'k1'), cordon('n1'), release('n1')];
  const refusal = { code: 'no-room', severity: 'stops', node: 'n2', pods: [], facts: {} } as const;
  return { fleet, plan: handPlan(fleet, drainRequest(), steps, { refusals: [refusal] }) };
}

/** A cluster with a window, which its switchover names. */
function inWindow(): Case {
  const window = 'Sat 02:00-04:00 Europe/Berlin';
  const base = handover({}, {}, 'replica', { clusters: { 'default/acid-a': { window } } });
  return set(base, 's2', { window });
}

// Ways of breaking them.

function steps(base: Case, change: (all: readonly Step[]) => readonly Step[]): Case {
  return { ...base, plan: { ...base.plan, steps: change(base.plan.steps) } };
}

/** Some fields of one step changed, whatever they are. */
function set(base: Case, id: string, fields: Record<string, unknown>): Case {
  return steps(base, (all) => all.map((step) => (step.id === id ? ({ ...step, ...fields } as Step) : step)));
}

/** A step left out; who waited for it waits for what it waited for. */
function drop(base: Case, id: string): Case {
  const gone = base.plan.steps.find((step) => step.id === id);
  return steps(base, (all) =>
    all
      .filter((step) => step !== gone)
      .map((step) =>
        step.after.includes(id)
          ? { ...step, after: [...step.after.filter((each) => each !== id), ...(gone?.after ?? [])] }
          : step,
      ),
  );
}

/** Another step behind the one of that id, which everything after it waits for. */
function insert(base: Case, id: string, extra: HandStep): Case {
  const place = base.plan.steps.findIndex((step) => step.id === id);
  const before = base.plan.steps[place];
  if (before === undefined) throw new Error(`no step ${id}`);
  const { because, wave } = before;
  const added = { because, wave, estimateSeconds: 1, ...extra, id: 'extra', after: [id] } as Step;
  return steps(base, (all) => [
    ...all.slice(0, place + 1),
    added,
    ...all
      .slice(place + 1)
      .map((step) => ({ ...step, after: step.after.map((each) => (each === id ? 'extra' : each)) })),
  ]);
}

/** The step of one id brought behind that of another; each waits for the one before it again, waves as they were by place. */
function bring(base: Case, id: string, behind: string | undefined): Case {
  const moved = base.plan.steps.filter((step) => step.id === id);
  const others = base.plan.steps.filter((step) => step.id !== id);
  const place = behind === undefined ? 0 : others.findIndex((step) => step.id === behind) + 1;
  const order = [...others.slice(0, place), ...moved, ...others.slice(place)];
  let wave = 1;
  return steps(base, () =>
    order.map((step, index) => {
      const own = wave;
      if (step.kind === 'release') wave += 1;
      return { ...step, after: order.slice(Math.max(0, index - 1), index).map((each) => each.id), wave: own };
    }),
  );
}

function on(base: Case, change: (fleet: Fleet) => Fleet): Case {
  const fleet = change(base.fleet);
  return { fleet, plan: { ...base.plan, snapshot: { ...base.plan.snapshot, hash: hashFleet(fleet) } } };
}

const ofMember = (base: Case, name: string, fields: Partial<Member>): Case =>
  on(base, (fleet) => ({
    ...fleet,
    clusters: fleet.clusters.map((each) => ({
      ...each,
      members: each.members.map((one) => (one.name === name ? { ...one, ...fields } : one)),
    })),
  }));
const ofCluster = (base: Case, fields: Partial<DatabaseCluster>): Case =>
  on(base, (fleet) => ({ ...fleet, clusters: fleet.clusters.map((each) => ({ ...each, ...fields })) }));
const ofPod = (base: Case, name: string, fields: Partial<Pod>): Case =>
  on(base, (fleet) => ({
    ...fleet,
    pods: fleet.pods.map((pod) => (pod.name.startsWith(name) ? { ...pod, ...fields } : pod)),
  }));
const ofNode = (base: Case, name: string, fields: Partial<FleetNode>): Case =>
  on(base, (fleet) => ({
    ...fleet,
    nodes: fleet.nodes.map((each) => (each.name === name ? { ...each, ...fields } : each)),
  }));

function asked(base: Case, request: Partial<DrainRequest>): Case {
  return { ...base, plan: { ...base.plan, request: { ...base.plan.request, ...request } } };
}

function said(base: Case, change: (plan: DrainPlan) => Partial<DrainPlan>): Case {
  return { ...base, plan: { ...base.plan, ...change(base.plan) } };
}

const summary = (base: Case, fields: Partial<DrainPlan['summary']>): Case =>
  said(base, (plan) => ({ summary: { ...plan.summary, ...fields } }));
const certificate = (base: Case, field: 'outages' | 'switchovers' | 'waves', entry: CertificateEntry): Case =>
  said(base, (plan) => ({ certificate: { ...plan.certificate, [field]: entry } }));

function verdict(base: Case, fields: Partial<DrainPlan['clusters'][string]>): Case {
  return said(base, (plan) => ({
    clusters: Object.fromEntries(
      Object.entries(plan.clusters).map(([key, each]) => [key, { ...each, ...fields }]),
    ),
  }));
}

const moveOf = (base: Case, name: string, from: string, to: string, outage = false): HandStep => {
  const found = base.fleet.pods.find((pod) => pod.name.startsWith(name))?.name ?? name;
  return move(base.fleet, found, from, to, outage);
};

const apart = (app: string, topologyKey = 'kubernetes.io/hostname') => ({
  selector: [{ key: 'app', operator: 'In' as const, values: [app] }],
  namespaces: ['default'],
  topologyKey,
});
const inZone = (zoneName: string) => [
  {
    labels: [{ key: 'topology.kubernetes.io/zone', operator: 'In' as const, values: [zoneName] }],
    fields: [],
  },
];
const zoneSpread = (more: object = {}) => ({
  topologyKey: 'topology.kubernetes.io/zone',
  maxSkew: 1,
  minDomains: 1,
  selector: [{ key: 'app', operator: 'In' as const, values: ['web'] }],
  ...more,
});

/** Two pods of a kind in one zone, none in the other, whose only node is closed to them by what `kept2` says. */
function spreading(kept2: Partial<FleetNode>, pod: Partial<Pod>): Case {
  const base = web({}, { on: ['n1', 'k1'] }, zone('z2', node('k2')));
  return ofNode(ofPod(base, 'web', pod), 'k2', kept2);
}

const taint = { key: 'db', value: '', effect: 'NoSchedule' as const };
const ssd = { nodeSelector: { disk: 'ssd' } };
const withDisks = (base: Case): Case =>
  ['n1', 'k1'].reduce(
    (all, name) => ofNode(all, name, { labels: { ...labelsOf(all, name), disk: 'ssd' } }),
    base,
  );

function allocatableOf(base: Case, name: string): FleetNode['allocatable'] {
  return base.fleet.nodes.find((each) => each.name === name)?.allocatable ?? {};
}

/** A node that takes so many volumes, and a pod that brings so many. */
function withVolumes(base: Case, most: number, brought: number): Case {
  const name = 'attachable-volumes-csi-ebs.csi.aws.com';
  const node = ofNode(base, 'k1', { allocatable: { ...allocatableOf(base, 'k1'), [name]: most } });
  const requests = base.fleet.pods.find((pod) => pod.name.startsWith('web'))?.requests ?? {};
  return ofPod(node, 'web', { requests: { ...requests, [name]: brought } });
}

function labelsOf(base: Case, name: string): FleetNode['labels'] {
  return base.fleet.nodes.find((each) => each.name === name)?.labels ?? {};
}

/** One extra node for the whole region. */
const oneExtra = () => pair({ surge: { default: 1, total: 1 } });
const never = { 'default/acid-a': { switchover: 'never' as const } };
const tight = () => web({ cpu: '1', memory: '4Gi', pods: 1 }, {});
const strict = () => handover({}, { synchronous: 'strict' }, 'sync-standby');

const rows: readonly Row[] = [
  // the document
  ['a plan of another version', 'header-wrong', said(pair(), () => ({ apiVersion: 'v2' as never }))],
  ['a document of another kind', 'header-wrong', said(pair(), () => ({ kind: 'Run' as never }))],
  ['a plan without an id', 'header-wrong', said(pair(), () => ({ id: '' }))],
  ['a selector nobody can read', 'request-unusable', asked(pair(), { nodes: { selector: 'a in (b' } })],
  [
    'a plan for another snapshot',
    'snapshot-differs',
    said(pair(), () => ({ snapshot: { hash: '0', takenAt: null } })),
  ],
  ['a fleet that has changed since', 'snapshot-differs', { ...pair(), fleet: trio().fleet }],
  ['two steps of one name', 'step-id-repeated', set(pair(), 's2', { id: 's1', after: [] })],
  ['a step that waits for nobody there', 'after-unknown', set(pair(), 's4', { after: ['s3', 's99'] })],
  ['a step that waits for a later one', 'after-unknown', set(pair(), 's4', { after: ['s3', 's9'] })],
  ['a step that waits for itself', 'after-unknown', set(pair(), 's4', { after: ['s3', 's4'] })],
  ['an id that counts with a zero in front', 'after-unknown', set(pair(), 's4', { after: ['s03'] })],
  ['a wave before the first', 'wave-out-of-order', set(pair(), 's1', { wave: 0 })],
  ['half a wave', 'wave-out-of-order', set(pair(), 's11', { wave: 2.5 })],
  ['a wave that goes backwards', 'wave-out-of-order', set(pair(), 's9', { wave: 1 })],
  [
    'two nodes passed off as one wave',
    'wave-not-together',
    steps(pair(), (all) => all.map((step) => ({ ...step, wave: 1 }))),
  ],
  [
    'a new node that waits for a release of its own wave',
    'wave-not-together',
    set(pair(), 's8', { wave: 1 }),
  ],
  ['a release drawn into the next wave', 'wave-not-together', set(pair(), 's7', { wave: 2 })],
  ['a step that lasts less than nothing', 'estimate-wrong', set(pair(), 's4', { estimateSeconds: -1 })],
  [
    'a step that lasts for ever',
    'estimate-wrong',
    set(pair(), 's4', { estimateSeconds: Number.POSITIVE_INFINITY }),
  ],
  [
    'a step whose duration is no number',
    'estimate-wrong',
    set(pair(), 's4', { estimateSeconds: Number.NaN }),
  ],
  // references
  ['a fence on a node of nowhere', 'node-unknown', set(pair(), 's1', { node: 'n9' })],
  ['a cordon on a node of nowhere', 'node-unknown', set(pair(), 's6', { node: 'n9' })],
  ['a release of a node of nowhere', 'node-unknown', set(pair(), 's7', { node: 'n9' })],
  ['a move to a node of nowhere', 'node-unknown', set(pair(), 's4', { to: 'n9' })],
  [
    'a request that names a node of nowhere',
    'node-unknown',
    asked(pair(), { nodes: { names: ['n1', 'n2', 'n9'] } }),
  ],
  ['a node released twice', 'node-gone', insert(pair(), 's7', release('n2'))],
  ['a cordon on a node that is gone', 'node-gone', insert(pair(), 's7', cordon('n2'))],
  ['a move to a node that is gone', 'node-gone', set(pair(), 's9', { to: 'n2' })],
  ['a move of a pod of nowhere', 'pod-unknown', set(pair(), 's4', { pod: 'default/acid-a-9' })],
  ['a move of a pod with another UID', 'pod-replaced', set(pair(), 's4', { uid: 'another' })],
  ['a move from where the pod does not stand', 'pod-elsewhere', set(pair(), 's4', { from: 'n1' })],
  ['a move made twice', 'pod-elsewhere', insert(pair(), 's4', moveOf(pair(), 'acid-a-1', 'n2', 'new-z2-1'))],
  ['a scale-in on another node', 'pod-elsewhere', set(scaled(), 's4', { node: 'k1' })],
  [
    'a switchover in a cluster of nowhere',
    'cluster-unknown',
    set(pair(), 's5', { cluster: 'default/acid-z' }),
  ],
  [
    'a scale-out of a cluster of nowhere',
    'cluster-unknown',
    set(scaled(), 's2', { cluster: 'default/acid-z' }),
  ],
  [
    'a verdict on a cluster of nowhere',
    'cluster-unknown',
    said(pair(), (plan) => ({
      clusters: {
        ...plan.clusters,
        'default/acid-z': {
          switchovers: 0,
          outages: 0,
          bound: 0,
          because: { code: 'primary-stays', facts: {} },
        },
      },
    })),
  ],
  [
    'a member passed off as some other pod',
    'member-mismatch',
    set(pair(), 's4', { cluster: null, member: null }),
  ],
  ['a pod passed off as another member', 'member-mismatch', set(pair(), 's4', { member: 'acid-a-0' })],
  ['a scale-in of a member of nowhere', 'member-mismatch', set(scaled(), 's4', { member: 'acid-a-9' })],
  ['a new node in a zone of nowhere', 'zone-unknown', set(pair(), 's3', { zone: 'z9' })],
  ['a new node with the name of an old one', 'node-name-taken', set(pair(), 's3', { node: 'n2' })],
  ['a new node with the name of another new one', 'node-name-taken', set(pair(), 's8', { node: 'new-z2-1' })],
  // holding nodes
  ['a fence on a kept node', 'not-to-be-drained', insert(web(), 's1', fence('k1'))],
  ['a cordon on a kept node', 'not-to-be-drained', insert(web(), 's3', cordon('k1'))],
  ['a release of a kept node', 'not-to-be-drained', set(trio(), 's4', { node: 'k2' })],
  [
    'a refusal of a node that nobody asked for',
    'not-to-be-drained',
    said(refused(), ({ refusals }) => ({ refusals: refusals.map((each) => ({ ...each, node: 'k1' })) })),
  ],
  ['a fence on a refused node', 'refused-node-touched', insert(refused(), 's1', fence('n2'))],
  [
    'a pod moved off a refused node',
    'refused-node-touched',
    insert(refused(), 's2', moveOf(refused(), 'app', 'n2', 'k1')),
  ],
  ['a pod moved onto a refused node', 'refused-node-touched', set(refused(), 's2', { to: 'n2' })],
  ['a fence on a fenced node', 'fenced-already', insert(pair(), 's2', fence('n2'))],
  ['an unfence where no fence stands', 'not-fenced', bring(parked(), 's4', 's1')],
  ['a node opened where parking is forbidden', 'parking-forbidden', asked(parked(), { parking: false })],
  [
    'a pod parked where parking is forbidden',
    'parking-forbidden',
    drop(asked(parked(), { parking: false }), 's4'),
  ],
  ['a cordon under a primary', 'cordon-under-primary', bring(pair(), 's10', 's3')],
  [
    'a cordon before the switchover away from its node',
    'cordon-under-primary',
    bring(handover(), 's4', 's1'),
  ],
  ['a fence left on a new node', 'fence-left', insert(pair(), 's11', fence('new-z1-1'))],
  // moves
  ['a DaemonSet pod moved', 'pod-stays', insert(pair(), 's4', moveOf(pair(), 'agent', 'n1', 'new-z2-1'))],
  [
    'a mirror pod moved',
    'pod-stays',
    (() => {
      const base = web({}, {}, mirrorPod('etcd', 'n1'));
      return insert(base, 's2', moveOf(base, 'etcd', 'n1', 'k1'));
    })(),
  ],
  ['a pod moved that has ended', 'pod-stays', ofPod(web(), 'web', { phase: 'Succeeded' })],
  [
    'a pod moved that nobody makes again',
    'pod-would-not-return',
    (() => {
      const base = web({}, {}, barePod('lone', 'n1'));
      return insert(base, 's2', moveOf(base, 'lone', 'n1', 'k1'));
    })(),
  ],
  [
    'a pod moved off a kept node',
    'moved-off-kept-node',
    (() => {
      const base = web({}, {}, job('once', 'k1'), zone('z2', node('k2')));
      return insert(base, 's2', moveOf(base, 'once', 'k1', 'k2'));
    })(),
  ],
  ['a target that is not ready', 'target-not-ready', ofNode(web(), 'k1', { ready: false })],
  ['a target that somebody has cordoned', 'target-closed', ofNode(web(), 'k1', { unschedulable: true })],
  ['parking on a node whose fence stands', 'target-closed', drop(parked(), 's4')],
  [
    'too little CPU',
    'no-room',
    ofNode(tight(), 'k1', { allocatable: { ...allocatableOf(tight(), 'k1'), cpu: 999 } }),
  ],
  [
    'too little memory',
    'no-room',
    ofNode(tight(), 'k1', { allocatable: { ...allocatableOf(tight(), 'k1'), memory: 1 } }),
  ],
  [
    'one pod too many',
    'no-room',
    ofNode(tight(), 'k1', { allocatable: { ...allocatableOf(tight(), 'k1'), pods: 0 } }),
  ],
  ['one volume too many', 'no-room', withVolumes(tight(), 1, 2)],
  [
    'a resource that the node does not have at all',
    'no-room',
    ofPod(web(), 'web', { requests: { cpu: 1000, pods: 1, 'nvidia.com/gpu': 1 } }),
  ],
  [
    'a pod that DaemonSets leave no room for',
    'no-room',
    web({ cpu: '1' }, {}, daemonSet('agent', { cpu: '100m' })),
  ],
  ['a replacement smaller than what it replaces', 'no-room', asked(pair(), { replacement: { cpu: '100m' } })],
  ['a volume of another zone', 'placement-rule', ofPod(web(), 'web', { volumeTerms: [inZone('z2')] })],
  [
    'a volume that is local to its node',
    'placement-rule',
    ofPod(web(), 'web', {
      volumeTerms: [
        [{ labels: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['n1'] }], fields: [] }],
      ],
    }),
  ],
  ['a member moved to another zone than its volume', 'placement-rule', set(handover(), 's3', { to: 'k2' })],
  ['a taint that the pod does not tolerate', 'placement-rule', ofNode(web(), 'k1', { taints: [taint] })],
  [
    'a toleration of another effect',
    'placement-rule',
    ofPod(ofNode(web(), 'k1', { taints: [taint] }), 'web', {
      tolerations: [{ key: 'db', operator: 'Exists', value: '', effect: 'NoExecute' }],
    }),
  ],
  ['a node selector that the node does not meet', 'placement-rule', ofPod(web(), 'web', ssd)],
  [
    'a node affinity that the node does not meet',
    'placement-rule',
    ofPod(web(), 'web', {
      nodeTerms: [{ labels: [{ key: 'disk', operator: 'Exists', values: [] }], fields: [] }],
    }),
  ],
  ['a node affinity without terms', 'placement-rule', ofPod(web(), 'web', { nodeTerms: [] })],
  [
    'anti-affinity of the pod',
    'placement-rule',
    ofPod(web({}, {}, deployment('cache', { on: ['k1'] })), 'web', { podAntiAffinity: [apart('cache')] }),
  ],
  [
    'anti-affinity of a pod that is there',
    'placement-rule',
    ofPod(web({}, {}, deployment('cache', { on: ['k1'] })), 'cache', { podAntiAffinity: [apart('web')] }),
  ],
  [
    'anti-affinity over a zone',
    'placement-rule',
    ofPod(web({}, {}, deployment('cache', { on: ['k1'] })), 'cache', {
      podAntiAffinity: [apart('web', 'topology.kubernetes.io/zone')],
    }),
  ],
  [
    'anti-affinity that names no single label',
    'placement-rule',
    ofPod(web({}, {}, deployment('cache', { on: ['k1'] })), 'cache', {
      podAntiAffinity: [{ ...apart('web'), selector: [{ key: 'app', operator: 'Exists', values: [] }] }],
    }),
  ],
  [
    'anti-affinity over all namespaces',
    'placement-rule',
    ofPod(web({}, {}, deployment('cache', { on: ['k1'], namespace: 'other' })), 'web', {
      podAntiAffinity: [{ ...apart('cache'), namespaces: 'all' }],
    }),
  ],
  [
    'affinity to a pod that is elsewhere',
    'placement-rule',
    ofPod(web({}, {}, zone('z2', node('k2')), deployment('cache', { on: ['k2'] })), 'web', {
      podAffinity: [apart('cache')],
    }),
  ],
  [
    'topology spread over zones',
    'placement-rule',
    ofPod(spreading({}, {}), 'web', { spread: [zoneSpread()] }),
  ],
  [
    'topology spread that counts a tainted zone',
    'placement-rule',
    ofPod(spreading({ taints: [taint] }, { spread: [zoneSpread({ nodeTaintsPolicy: 'Honor' })] }), 'web', {
      spread: [zoneSpread({ nodeTaintsPolicy: 'Ignore' })],
    }),
  ],
  [
    'topology spread that counts a zone outside the node selector',
    'placement-rule',
    withDisks(spreading({}, { ...ssd, spread: [zoneSpread({ nodeAffinityPolicy: 'Ignore' })] })),
  ],
  [
    'topology spread with fewer domains than asked for',
    'placement-rule',
    ofPod(spreading({ taints: [taint] }, {}), 'web', {
      spread: [zoneSpread({ nodeTaintsPolicy: 'Honor', minDomains: 2 })],
    }),
  ],
  [
    'a node to be drained that is never fenced',
    'drained-node-open',
    drop(web({}, {}, zone('z2', node('n2', { drain: true }))), 's1'),
  ],
  ['a fence that comes after the first move', 'drained-node-open', bring(parked(), 's2', 's3')],
  ['a fence that is not put back after parking', 'drained-node-open', drop(parked(), 's6')],
  ['a node opened before the move it is not meant for', 'drained-node-open', bring(parked(), 's4', 's2')],
  ['a primary moved without a switchover', 'primary-moved', drop(pair(), 's5')],
  ['a primary moved before its switchover', 'primary-moved', bring(pair(), 's5', 's9')],
  ['an outage not said to be one', 'primary-moved', set(single(), 's2', { outage: false })],
  [
    'an outage where somebody could take over',
    'outage-avoidable',
    set(drop(handover(), 's2'), 's3', { outage: true }),
  ],
  ['an outage of a replica', 'outage-not-of-primary', set(pair(), 's4', { outage: true })],
  ['an outage of a pod of no cluster', 'outage-not-of-primary', set(web(), 's2', { outage: true })],
  ['an outage where the request says skip', 'outage-not-wanted', asked(single(), { singleMember: 'skip' })],
  [
    'an outage where the request skips the cluster',
    'outage-not-wanted',
    asked(single(), { clusters: { 'default/acid-a': { singleMember: 'skip' } } }),
  ],
  [
    'a member moved while another is not ready',
    'second-member-unavailable',
    ofPod(trio(), 'acid-a-2', { ready: false }),
  ],
  [
    'a member moved while another does not run',
    'second-member-unavailable',
    ofMember(trio(), 'acid-a-2', { state: 'stopped' }),
  ],
  [
    'a member moved while another is on its way out',
    'second-member-unavailable',
    ofPod(trio(), 'acid-a-2', { terminating: true }),
  ],
  ['an eviction that the budget forbids', 'budget-overdrawn', webs({ maxUnavailable: 0 })],
  [
    'an eviction that a percentage forbids',
    'budget-overdrawn',
    ofPod(webs({ maxUnavailable: '34%' }), 'web', { ready: false }),
  ],
  [
    'an outage that the budget of the primary forbids',
    'budget-overdrawn',
    on(single(), (fleet) => ({
      ...fleet,
      budgets: fleet.budgets.map((each) => ({ ...each, minAvailable: 1 })),
    })),
  ],
  [
    'a budget whose owner wants more than there is',
    'budget-overdrawn',
    on(webs(), (fleet) => ({
      ...fleet,
      budgets: fleet.budgets.map((each) => ({ ...each, expectedPods: 5 })),
    })),
  ],
  [
    'a budget over every pod of the namespace',
    'budget-overdrawn',
    on(web(), (fleet) => ({
      ...fleet,
      budgets: [
        {
          key: 'default/all',
          namespace: 'default',
          name: 'all',
          selector: [],
          minAvailable: 1,
          alwaysAllowUnhealthy: false,
        },
      ],
    })),
  ],
  [
    'a pod under two budgets',
    'two-budgets',
    web(
      {},
      {},
      budget('one', { labels: { app: 'web' }, maxUnavailable: 1 }),
      budget('two', { labels: { app: 'web' }, maxUnavailable: 1 }),
    ),
  ],
  [
    'a set that waits for a lower ordinal',
    'ordered-set-broken',
    ofPod(pair({}, { orderedReady: true }), 'acid-a-0', { ready: false }),
  ],
  [
    'a node begun before the one before is empty',
    'one-node-at-a-time',
    (() => {
      const base = web(
        {},
        { on: ['n1', 'n1'] },
        zone('z2', node('n2', { drain: true })),
        deployment('app', { on: ['n2'] }),
      );
      return asked(insert(base, 's2', moveOf(base, 'app', 'n2', 'k1')), { mode: 'whole-nodes' });
    })(),
  ],
  // switchovers and temporary members
  [
    'a switchover from a member that is not the primary',
    'not-the-primary',
    set(pair(), 's5', { from: 'acid-a-1', to: 'acid-a-0' }),
  ],
  [
    'a switchover made twice',
    'not-the-primary',
    insert(handover(), 's2', switchover('acid-a', 'acid-a-0', 'acid-a-1')),
  ],
  ['a switchover to nobody', 'candidate-not-eligible', set(pair(), 's5', { to: 'acid-a-9' })],
  ['a switchover to the primary itself', 'candidate-not-eligible', set(pair(), 's5', { to: 'acid-a-0' })],
  [
    'a candidate with nofailover',
    'candidate-not-eligible',
    ofMember(handover(), 'acid-a-1', { nofailover: true }),
  ],
  [
    'a candidate of failover priority 0',
    'candidate-not-eligible',
    ofMember(handover(), 'acid-a-1', { failoverPriority: 0 }),
  ],
  [
    'a candidate that does not run',
    'candidate-not-eligible',
    ofMember(handover(), 'acid-a-1', { state: 'starting' }),
  ],
  [
    'a candidate whose pod is not ready',
    'candidate-not-eligible',
    ofPod(handover(), 'acid-a-1', { ready: false }),
  ],
  [
    'a candidate whose pod is on its way out',
    'candidate-not-eligible',
    ofPod(handover(), 'acid-a-1', { terminating: true }),
  ],
  ['a candidate whose lag nobody knows', 'candidate-not-eligible', handover({ lag: null })],
  ['a candidate far behind', 'candidate-not-eligible', handover({ lag: 99_999_999 })],
  [
    'a candidate one byte too far behind',
    'candidate-not-eligible',
    ofCluster(ofMember(handover(), 'acid-a-1', { lagBytes: 1001 }), { maximumLagBytes: 1000 }),
  ],
  [
    'a candidate on another timeline',
    'candidate-not-eligible',
    ofMember(handover(), 'acid-a-1', { timeline: 77 }),
  ],
  ['a candidate of a paused cluster', 'candidate-not-eligible', ofCluster(handover(), { paused: true })],
  [
    'a candidate where the request says never',
    'candidate-not-eligible',
    asked(handover(), { clusters: never }),
  ],
  [
    'a candidate that is no sync standby',
    'candidate-not-eligible',
    ofMember(strict(), 'acid-a-1', { role: 'replica' }),
  ],
  [
    'a candidate that becomes none when replication is synchronous',
    'candidate-not-eligible',
    ofCluster(handover(), { synchronous: 'on' }),
  ],
  [
    'a candidate with nosync, before anybody has moved',
    'candidate-not-eligible',
    ofMember(strict(), 'acid-a-1', { nosync: true }),
  ],
  [
    'a candidate with nosync, after members have moved',
    'candidate-not-eligible',
    ofMember(ofCluster(pair(), { synchronous: 'on' }), 'acid-a-1', { nosync: true }),
  ],
  [
    'a candidate that streams from another replica',
    'candidate-not-eligible',
    ofMember(cascade(), 'acid-a-1', { replicatefrom: 'acid-a-2' }),
  ],
  [
    'a switchover away from a kept node',
    'switchover-pointless',
    insert(trio(), 's2', switchover('acid-a', 'acid-a-1', 'acid-a-2')),
  ],
  [
    'a switchover back when all is done',
    'switchover-pointless',
    insert(handover(), 's5', switchover('acid-a', 'acid-a-1', 'acid-a-0')),
  ],
  [
    'a member moved of a cluster with two claimants',
    'cluster-contradicts-itself',
    ofCluster(trio(), { claimants: ['acid-a-1', 'acid-a-2'] }),
  ],
  [
    'a switchover of a cluster without a primary',
    'cluster-contradicts-itself',
    ofCluster(handover(), { claimants: ['acid-a-0', 'acid-a-1'] }),
  ],
  ['a switchover without its window', 'window-missing', set(inWindow(), 's2', { window: undefined })],
  [
    'a switchover in another window',
    'window-missing',
    set(inWindow(), 's2', { window: 'Sun 02:00-04:00 Europe/Berlin' }),
  ],
  [
    'a window that the request has and the plan does not know of',
    'window-missing',
    asked(handover(), { clusters: { 'default/acid-a': { window: 'Sat 02:00-04:00' } } }),
  ],
  [
    'an outage without its window',
    'window-missing',
    asked(single(), { clusters: { 'default/acid-a': { window: 'Sat 02:00-04:00' } } }),
  ],
  [
    'a temporary member that the request does not want',
    'scale-out-not-wanted',
    asked(scaled(), { singleMember: 'restart' }),
  ],
  [
    'a temporary member where somebody could take over',
    'scale-out-not-wanted',
    asked(insert(handover(), 's1', scaleOut('acid-a-2', 'k1')), { singleMember: 'scale-out' }),
  ],
  ['a member taken away from the middle of its set', 'not-first-or-last', middle()],
  [
    'a temporary member with the name of another',
    'member-name-taken',
    set(scaled(), 's2', { member: 'acid-a-0' }),
  ],
  [
    'two temporary members of one name',
    'member-name-taken',
    insert(scaled(), 's2', scaleOut('acid-a-1', 'k1')),
  ],
  ['a temporary member on a node of nowhere', 'node-unknown', set(scaled(), 's2', { node: 'n9' })],
  [
    'a temporary member beside the primary it relieves',
    'placement-rule',
    set(bring(scaled(), 's2', undefined), 's2', { node: 'n1' }),
  ],
  [
    'a member taken away that no temporary one replaces',
    'scale-in-without-scale-out',
    insert(handover(), 's2', { kind: 'scale-in', cluster: 'default/acid-a', member: 'acid-a-0', node: 'n1' }),
  ],
  ['a primary taken away', 'primary-removed', drop(scaled(), 's3')],
  ['a temporary member that stays', 'temporary-member-left', drop(scaled(), 's4')],
  // extra nodes and releases
  ['one extra node too many in a zone', 'surge-exceeded', insert(pair(), 's3', addNode('z2', 'n2', 2))],
  ['one extra node where none is allowed', 'surge-exceeded', asked(pair(), { surge: { default: 0 } })],
  [
    'one extra node where the zone has none',
    'surge-exceeded',
    asked(pair(), { surge: { default: 1, perZone: { z2: 0 } } }),
  ],
  ['one extra node too many in all', 'surge-exceeded', bring(oneExtra(), 's8', 's3')],
  [
    'a new node more than a zone may get',
    'too-many-new-nodes',
    asked(pair(), { limits: { maxNewNodesPerZone: 0 } }),
  ],
  [
    'a new node more than this zone may get',
    'too-many-new-nodes',
    asked(pair(), { limits: { maxNewNodesPerZone: { z1: 0 } } }),
  ],
  [
    'two nodes of a zone in one wave',
    'too-many-drains',
    steps(parked(), (all) => all.map((step) => ({ ...step, wave: 1 }))),
  ],
  [
    'two whole nodes in one wave',
    'too-many-drains',
    asked(
      steps(wholeNodes(), (all) => all.map((step) => ({ ...step, wave: 1 }))),
      { limits: { parallelDrainsPerZone: 5 } },
    ),
  ],
  ['a release before the last pod has left', 'release-not-empty', bring(pair(), 's11', 's8')],
  ['a pod that is never moved', 'release-not-empty', drop(pair(), 's9')],
  ['a pod moved onto a node after it was emptied', 'release-not-empty', set(parked(), 's10', { to: 'n2' })],
  ['a release of an open node', 'release-not-closed', drop(drop(web(), 's1'), 's3')],
  ['a node that is never released', 'drained-node-forgotten', drop(pair(), 's11')],
  ['a refusal that is gone', 'drained-node-forgotten', said(refused(), () => ({ refusals: [] }))],
  [
    'a node both refused and released',
    'refused-and-released',
    said(web(), () => ({
      refusals: [{ code: 'no-room', severity: 'stops', node: 'n1', pods: [], facts: {} }],
    })),
  ],
  // all other orders
  [
    'two moves of a cluster in no order',
    'not-ordered: same cluster',
    set(set(pair(), 's8', { after: ['s2'] }), 's9', { after: ['s8'] }),
  ],
  [
    'a switchover that does not wait for its candidate',
    'not-ordered: same cluster',
    set(pair(), 's5', { after: ['s3'] }),
  ],
  ['two moves of an ordered set in no order', 'not-ordered: same ordered set', looseSet()],
  [
    'two moves of a pod in no order',
    'not-ordered: same pod',
    set(set(parked(), 's9', { after: ['s2'] }), 's10', { after: ['s9', 's4'] }),
  ],
  [
    'two evictions under a budget of one in no order',
    'not-ordered: same budget',
    set(webs(), 's3', { after: ['s1'] }),
  ],
  [
    'a move that does not wait for its new node',
    'not-ordered: new node',
    set(pair(), 's4', { after: ['s1', 's2'] }),
  ],
  [
    'a move that does not wait for a fence',
    'not-ordered: fence first',
    set(twoOpen(), 's3', { after: ['s1'] }),
  ],
  [
    'a cordon that does not wait for the fence',
    'not-ordered: same node',
    set(set(web(), 's3', { after: [] }), 's4', { after: ['s3', 's2'] }),
  ],
  [
    'a release that does not wait for its cordon',
    'not-ordered: same node',
    set(pair(), 's11', { after: ['s9'] }),
  ],
  [
    'parking that does not wait for the opening',
    'not-ordered: parking',
    set(parked(), 's5', { after: ['s3'] }),
  ],
  [
    'a fence that does not wait for the parking',
    'not-ordered: parking',
    set(parked(), 's6', { after: ['s4'] }),
  ],
  [
    'an opening that another move may meet',
    'not-ordered: open for parking',
    set(parked(), 's4', { after: ['s2'] }),
  ],
  [
    'a move that may meet an opening before it',
    'not-ordered: open for parking',
    set(lateMove(), 's7', { after: ['s2'] }),
  ],
  [
    'a cordon that does not wait for the primary to leave',
    'not-ordered: primary first',
    set(set(handover(), 's4', { after: ['s1'] }), 's5', { after: ['s4', 's3'] }),
  ],
  [
    'a release that does not wait for a pod to leave',
    'not-ordered: empty first',
    set(pair(), 's10', { after: ['s8', 's5', 's2'] }),
  ],
  [
    'a move into room that another one has still to free',
    'not-ordered: room for cpu',
    set(parked(), 's4', { after: ['s2'] }),
  ],
  [
    'a pod that may meet one that repels it',
    'not-ordered: anti-affinity',
    ofPod(set(parked(), 's4', { after: ['s2'] }), 'web', { podAntiAffinity: [apart('app')] }),
  ],
  [
    'a new node that does not wait for a release',
    'not-ordered: surge',
    set(oneZone(), 's6', { after: ['s3'] }),
  ],
  [
    'a new node of another zone that does not wait for a release',
    'not-ordered: surge',
    set(set(oneExtra(), 's8', { after: ['s5'] }), 's9', { after: ['s8', 's5'] }),
  ],
  [
    'a node begun while another is being emptied',
    'not-ordered: one node at a time',
    set(wholeNodes(), 's6', { after: ['s2'] }),
  ],
  // what the plan says about itself
  ['a switchover hidden', 'summary-wrong', summary(pair(), { switchovers: 0 })],
  ['a weighted switchover hidden', 'summary-wrong', summary(pair(), { weightedSwitchovers: 0 })],
  [
    'weights that the request does not give',
    'summary-wrong',
    asked(pair(), { clusters: { 'default/acid-a': { weight: 5 } } }),
  ],
  ['an outage hidden', 'summary-wrong', summary(single(), { outages: 0 })],
  ['a move hidden', 'summary-wrong', summary(pair(), { moves: 1 })],
  ['a wave hidden', 'summary-wrong', summary(pair(), { waves: 1 })],
  ['a node invented', 'summary-wrong', summary(pair(), { nodes: 3 })],
  ['an extra node hidden', 'summary-wrong', summary(pair(), { surgeByZone: { z1: 1 } })],
  ['an extra node invented', 'summary-wrong', summary(web(), { surgeByZone: { z1: 1 } })],
  [
    'an end that comes sooner in the worse case',
    'summary-wrong',
    summary(pair(), { expectedSeconds: { p50: 60, p95: 30 } }),
  ],
  [
    'a baseline that is no sum of its clusters',
    'summary-wrong',
    summary(pair(), { baselines: { naive: { switchovers: 7, clusters: { 'default/acid-a': 2 } } } }),
  ],
  [
    'fewer switchovers certified than made',
    'certificate-wrong',
    certificate(pair(), 'switchovers', { bound: 0, value: 0, proved: true }),
  ],
  [
    'a bound of switchovers too low',
    'certificate-wrong',
    certificate(pair(), 'switchovers', { bound: 0, value: 1, proved: false, gap: 1 }),
  ],
  [
    'a bound above the value',
    'certificate-wrong',
    certificate(pair(), 'switchovers', { bound: 2, value: 1, proved: false, gap: -1 }),
  ],
  [
    'a proof of what is not proved',
    'certificate-wrong',
    certificate(twice(), 'switchovers', { bound: 1, value: 2, proved: true }),
  ],
  [
    'no proof of what is proved',
    'certificate-wrong',
    certificate(pair(), 'outages', { bound: 0, value: 0, proved: false, gap: 0 }),
  ],
  [
    'a gap of another size',
    'certificate-wrong',
    certificate(twice(), 'switchovers', { bound: 1, value: 2, proved: false, gap: 2 }),
  ],
  [
    'a gap left out',
    'certificate-wrong',
    certificate(twice(), 'switchovers', { bound: 1, value: 2, proved: false }),
  ],
  [
    'two switchovers passed off as the least',
    'certificate-wrong',
    certificate(twice(), 'switchovers', { bound: 2, value: 2, proved: true }),
  ],
  [
    'two switchovers passed off as the least by an order that was never tried',
    'certificate-wrong',
    certificate(twice(), 'switchovers', {
      bound: 2,
      value: 2,
      proved: true,
      because: 'order-of-whole-nodes',
    }),
  ],
  [
    'two switchovers put down to the first released node where each zone may have one',
    'certificate-wrong',
    certificate(twice(), 'switchovers', { bound: 2, value: 2, proved: true, because: 'first-released-node' }),
  ],
  [
    'an outage certified as none',
    'certificate-wrong',
    certificate(single(), 'outages', { bound: 0, value: 0, proved: true }),
  ],
  [
    'an outage passed off as avoidable',
    'certificate-wrong',
    certificate(single(), 'outages', { bound: 0, value: 1, proved: false, gap: 1 }),
  ],
  [
    'a bound of waves too high',
    'certificate-wrong',
    certificate(pair(), 'waves', { bound: 2, value: 2, proved: true }),
  ],
  [
    'a bound of waves too high, put down to room',
    'certificate-wrong',
    certificate(pair(), 'waves', { bound: 2, value: 2, proved: true, because: 'room' }),
  ],
  [
    'a bound of waves too high, put down to few parked pods',
    'certificate-wrong',
    certificate(pair(), 'waves', { bound: 2, value: 2, proved: true, because: 'room-with-few-parked' }),
  ],
  [
    'a bound of waves too low',
    'certificate-wrong',
    certificate(parked(), 'waves', { bound: 1, value: 2, proved: false, gap: 1 }),
  ],
  [
    'a bound that is no number',
    'certificate-wrong',
    certificate(pair(), 'switchovers', { bound: Number.NaN, value: 1, proved: false, gap: Number.NaN }),
  ],
  ['fewer switchovers in a verdict', 'verdict-wrong', verdict(pair(), { switchovers: 0, bound: 0 })],
  ['an outage in a verdict that never was', 'verdict-wrong', verdict(pair(), { outages: 1 })],
  ['a verdict whose bound is above its cost', 'verdict-wrong', verdict(pair(), { bound: 3 })],
  ['a verdict left out', 'verdict-wrong', said(pair(), () => ({ clusters: {} }))],
];

function scaleOut(name: string, onto: string): HandStep {
  return { kind: 'scale-out', cluster: 'default/acid-a', member: name, node: onto };
}

/** The primary on a node to be drained, two replicas on kept nodes. */
function cascade(): Case {
  const fleet = fleetOf(
    fleetObjects(
      zone('z1', node('n1', { drain: true }), node('k1')),
      zone('z2', node('k2')),
      zone('z3', node('k3')),
      cluster('acid-a', member('n1', 'primary'), member('k2'), member('k3')),
    ),
  );
  const all = [
    fence('n1'),
    switchover('acid-a', 'acid-a-0', 'acid-a-1'),
    move(fleet, 'acid-a-0', 'n1', 'k1'),
    cordon('n1'),
    release('n1'),
  ];
  return { fleet, plan: handPlan(fleet, drainRequest(), all) };
}

/** The primary goes first, so that the cluster changes primary twice where once would do. */
function twice(): Case {
  const { fleet, plan } = pair();
  const all = [
    fence('n1'),
    fence('n2'),
    addNode('z1', 'n1'),
    switchover('acid-a', 'acid-a-0', 'acid-a-1'),
    move(fleet, 'acid-a-0', 'n1', 'new-z1-1'),
    cordon('n1'),
    release('n1'),
    switchover('acid-a', 'acid-a-1', 'acid-a-0'),
    addNode('z2', 'n2'),
    move(fleet, 'acid-a-1', 'n2', 'new-z2-1'),
    cordon('n2'),
    release('n2'),
  ];
  return { fleet, plan: handPlan(fleet, plan.request, all, { surgeByZone: { z1: 1, z2: 1 }, bound: 1 }) };
}

/** Two nodes of one zone, one after the other, each with a replacement. */
function oneZone(): Case {
  const fleet = fleetOf(
    fleetObjects(
      zone('z1', node('n1', { drain: true }), node('n2', { drain: true })),
      deployment('web', { on: ['n1'] }),
    ),
  );
  const name = fleet.pods[0]?.name ?? '';
  const all = [
    fence('n1'),
    fence('n2'),
    addNode('z1', 'n1'),
    cordon('n2'),
    release('n2'),
    addNode('z1', 'n2', 2),
    move(fleet, name, 'n1', 'new-z1-2'),
    cordon('n1'),
    release('n1'),
  ];
  return { fleet, plan: handPlan(fleet, drainRequest(), all, { surgeByZone: { z1: 1 } }) };
}

/** A node with a pod and an empty one beside it. */
function twoOpen(): Case {
  const fleet = fleetOf(
    fleetObjects(
      zone('z1', node('n1', { drain: true }), node('n2', { drain: true }), node('k1')),
      deployment('web', { on: ['n1'] }),
    ),
  );
  const name = fleet.pods[0]?.name ?? '';
  const all = [
    fence('n1'),
    fence('n2'),
    move(fleet, name, 'n1', 'k1'),
    cordon('n1'),
    release('n1'),
    cordon('n2'),
    release('n2'),
  ];
  return { fleet, plan: handPlan(fleet, drainRequest(), all) };
}

/** A pod is parked, and another one moves after that. */
function lateMove(): Case {
  const fleet = fleetOf(
    fleetObjects(
      zone('z1', node('n1', { drain: true }), node('n2', { drain: true }), node('k1')),
      deployment('web', { on: ['n1'] }),
      deployment('app', { on: ['n1'] }),
    ),
  );
  const [app = '', parkedPod = ''] = fleet.pods.map((pod) => pod.name);
  const all = [
    fence('n1'),
    fence('n2'),
    unfence('n2'),
    move(fleet, parkedPod, 'n1', 'n2'),
    fence('n2'),
    cordon('n1'),
    move(fleet, app, 'n1', 'k1'),
    release('n1'),
    move(fleet, parkedPod, 'n2', 'k1'),
    cordon('n2'),
    release('n2'),
  ];
  return { fleet, plan: handPlan(fleet, drainRequest(), all) };
}

/** An ordered set of no cluster, two pods of which move. */
function looseSet(): Case {
  const fleet = fleetOf(
    fleetObjects(
      zone('z1', node('n1', { drain: true }), node('k1')),
      statefulSet('s', { on: ['n1', 'n1'], orderedReady: true }),
    ),
  );
  const all = [
    fence('n1'),
    move(fleet, 's-0', 'n1', 'k1'),
    move(fleet, 's-1', 'n1', 'k1'),
    cordon('n1'),
    release('n1'),
  ];
  const base = { fleet, plan: handPlan(fleet, drainRequest(), all) };
  return set(set(base, 's3', { after: ['s1'] }), 's4', { after: ['s2', 's3'] });
}

const right: readonly (readonly [string, Case])[] = [
  ['two members on two nodes', pair()],
  ['the same under one extra node in all', oneExtra()],
  ['a replica moved', trio()],
  ['a primary handed over', handover()],
  ['a primary handed over to a sync standby', strict()],
  ['a primary handed over to one of two', cascade()],
  ['a member restarted', single()],
  ['a temporary member', scaled()],
  ['a pod moved', web()],
  ['two pods moved under a budget', webs()],
  ['a pod parked', parked()],
  ['a pod parked before another moves', lateMove()],
  ['whole nodes', wholeNodes()],
  ['a refused node', refused()],
  ['a switchover in its window', inWindow()],
  ['a cluster that changes primary twice', twice()],
  ['two nodes of one zone', oneZone()],
  ['an empty node beside another', twoOpen()],
  ['a pod that just fits', tight()],
  ['volumes that just fit', withVolumes(tight(), 2, 2)],
  [
    'a zone left out of the spread by its taint',
    spreading({ taints: [taint] }, { spread: [zoneSpread({ nodeTaintsPolicy: 'Honor' })] }),
  ],
  [
    'a zone left out of the spread by the node selector',
    withDisks(spreading({}, { ...ssd, spread: [zoneSpread()] })),
  ],
  [
    'a member that streams from the primary by name',
    ofMember(handover(), 'acid-a-1', { replicatefrom: 'acid-a-0' }),
  ],
  [
    'a member that streams from one that is gone',
    ofMember(handover(), 'acid-a-1', { replicatefrom: 'acid-a-9' }),
  ],
  ['a sync standby chosen anew after a move', ofCluster(pair(), { synchronous: 'on' })],
];

describe('every plan below is right as it is', () => {
  it.each(right)('%s', (_name, { plan, fleet }) => {
    expect(checkPlan(plan, fleet).map(explainViolation)).toEqual([]);
  });
});

describe('a plan is caught that has', () => {
  it.each(rows)('%s: %s', (_sentence, expected, { plan, fleet }) => {
    const found = checkPlan(plan, fleet).map(({ code, facts }) =>
      code === 'not-ordered' ? `${code}: ${String(facts.why)}` : code,
    );
    expect(found).toContain(expected);
  });

  it('at least a hundred things wrong with it, each of them in words of its own', () => {
    expect(new Set(rows.map(([sentence]) => sentence)).size).toBe(rows.length);
    expect(rows.length).toBeGreaterThanOrEqual(100);
  });

  it('every code there is', () => {
    const caught = new Set(rows.map(([, expected]) => expected.split(':')[0]));
    expect(violationCodes.filter((code) => !caught.has(code))).toEqual([]);
  });
});
