/**
 * A fleet as the page draws it: zones, nodes with their state, pods with role and movement. Pure.
 * Only what was observed is drawn as it stands; where a pod is expected next is marked as expected.
 */
import { FENCE_TAINT } from '../executor/marks.ts';
import type { Run } from '../executor/run.ts';
import type { DatabaseCluster, Fleet, FleetNode, Member, Pod } from '../planner/model.ts';
import type { DrainPlan, MoveStep, Step } from '../planner/plan.ts';

export type NodeState =
  | 'to-be-drained'
  | 'fenced'
  | 'cordoned'
  | 'new'
  | 'released'
  | 'not-ready'
  | 'expected';

export type PodSign = {
  /** `namespace/name`: stays the same for a StatefulSet pod that comes back, so that its way can be shown. */
  readonly key: string;
  readonly name: string;
  readonly cluster: string | null;
  readonly role: 'primary' | 'candidate' | 'sync-standby' | 'replica' | 'unknown' | 'other';
  /** Sign with its marks: ◆ ◇ ● ○ ? · then ~ for catching up and * for final. */
  readonly sign: string;
  readonly final: boolean;
  /** standing; leaving: its move is under way; expected: not there yet; catching-up: there, not yet of use. */
  readonly motion: 'standing' | 'leaving' | 'expected' | 'catching-up';
  /** Everything above in words. */
  readonly words: string;
};

export type NodeCard = {
  readonly name: string;
  readonly zone: string;
  readonly states: readonly NodeState[];
  /** D F C N R ! in this order. */
  readonly letters: string;
  readonly words: string;
  readonly pods: readonly PodSign[];
  /** Pods that are no members, those in `pods` included; DaemonSet and mirror pods are not counted. */
  readonly otherPods: number;
};

export type ZoneColumn = { readonly name: string; readonly nodes: readonly NodeCard[] };

export type ClusterRow = {
  readonly key: string;
  readonly name: string;
  /** Null: no member, or several, claim to be primary. */
  readonly primary: string | null;
  readonly node: string | null;
  readonly members: readonly {
    readonly name: string;
    readonly node: string | null;
    readonly words: string;
  }[];
};

export type FleetView = {
  readonly fleet: string;
  readonly sentence: string;
  readonly zones: readonly ZoneColumn[];
  readonly clusters: readonly ClusterRow[];
  /** Pods without a node that no step expects anywhere. */
  readonly unplaced: readonly PodSign[];
};

/** Above this many nodes, pods that are no members are counted and not drawn one by one. */
const OTHER_PODS_DRAWN_NODES_MAX = 30;

const letterOf: Readonly<Record<NodeState, string>> = {
  'to-be-drained': 'D',
  fenced: 'F',
  cordoned: 'C',
  new: 'N',
  released: 'R',
  'not-ready': '!',
  expected: '',
};

/** What a run knows beyond the fleet, looked up often while drawing. */
type Course = {
  readonly drained: ReadonlySet<string>;
  readonly released: ReadonlySet<string>;
  /** Zone of each node of a drain, also after it is gone. */
  readonly zoneOf: ReadonlyMap<string, string>;
  /** Real names of nodes that came for the plan, and of those still expected. */
  readonly came: ReadonlySet<string>;
  readonly expected: readonly { readonly name: string; readonly zone: string }[];
  /** The open move of each pod key: not done yet. */
  readonly moves: ReadonlyMap<
    string,
    { readonly step: MoveStep; readonly begun: boolean; readonly to: string }
  >;
  /** `cluster member` of each switchover still to come. */
  readonly candidates: ReadonlySet<string>;
};

/** The view of a fleet, with the plan and run shown on it where there are any. */
export function fleetView(
  name: string,
  fleet: Fleet,
  shown: { readonly plan?: DrainPlan | undefined; readonly run?: Run | undefined } = {},
): FleetView {
  const course = courseOf(fleet, shown.plan, shown.run);
  const draw = signOf(fleet, course);
  const drawOthers = fleet.nodes.length <= OTHER_PODS_DRAWN_NODES_MAX;
  const standing = podsByNode(fleet, course);
  const cards = [
    ...fleet.nodes.map((node) => nodeCard(node, statesOf(node, course), standing.get(node.name) ?? [])),
    ...ghosts(fleet, course).map((ghost) => nodeCard(ghost, ghost.states, standing.get(ghost.name) ?? [])),
  ];
  const zones = [...new Set([...fleet.zones, ...cards.map((card) => card.zone)])].sort();
  return {
    fleet: name,
    sentence: sentence(fleet),
    zones: zones.map((zone) => ({
      name: zone,
      nodes: cards.filter((card) => card.zone === zone).sort(byStateThenName),
    })),
    clusters: fleet.clusters.map((cluster) => clusterRow(cluster, fleet, draw)),
    unplaced: (standing.get('') ?? []).map(draw),
  };

  function nodeCard(
    node: { name: string; zone: string },
    states: readonly NodeState[],
    pods: readonly Pod[],
  ) {
    const others = pods.filter((pod) => pod.cluster === undefined).length;
    const signs = pods.filter((pod) => drawOthers || pod.cluster !== undefined).map(draw);
    return {
      name: node.name,
      zone: node.zone,
      states,
      letters: states.map((state) => letterOf[state]).join(''),
      words: nodeWords(node, states, signs, others),
      pods: signs.sort(byRoleThenName),
      otherPods: others,
    };
  }
}

function courseOf(fleet: Fleet, plan: DrainPlan | undefined, run: Run | undefined): Course {
  const steps = plan?.steps ?? [];
  const isDone = (step: Step) => ['done', 'skipped'].includes(run?.steps[step.id]?.state ?? 'pending');
  const isBegun = (step: Step) =>
    ['acting', 'waiting', 'failed'].includes(run?.steps[step.id]?.state ?? 'pending');
  const added = steps.flatMap((step) => (step.kind === 'add-node' ? [step] : []));
  const present = new Set(fleet.nodes.map((node) => node.name));
  const realName = (node: string) => run?.nodes[node] ?? node;
  const moves = steps.flatMap((step) => (step.kind === 'move' && !isDone(step) ? [step] : []));
  const drained = steps.flatMap((step) => (step.kind === 'release' ? [step.node] : []));
  return {
    drained: new Set(drained),
    released: new Set(
      steps.flatMap((step) => (step.kind === 'release' && isDone(step) ? [realName(step.node)] : [])),
    ),
    zoneOf: zonesOfDrained(steps),
    came: new Set(added.map((step) => realName(step.node)).filter((node) => present.has(node))),
    expected:
      run === undefined
        ? []
        : added
            .filter((step) => !present.has(realName(step.node)))
            .map((step) => ({ name: step.node, zone: step.zone })),
    // The first open move of a pod that moves twice is the one under way.
    moves: new Map(
      moves
        .toReversed()
        .map((step) => [step.pod, { step, begun: isBegun(step), to: realName(step.to) }] as const),
    ),
    candidates: new Set(
      steps.flatMap((step) =>
        step.kind === 'switchover' && !isDone(step) ? [`${step.cluster} ${step.to}`] : [],
      ),
    ),
  };
}

/** A released node is gone from the fleet; fence steps name the zone where the planner wrote it down. */
function zonesOfDrained(steps: readonly Step[]): ReadonlyMap<string, string> {
  return new Map(
    steps.flatMap((step) => {
      const zone = 'node' in step ? step.because.facts.zone : undefined;
      return 'node' in step && typeof zone === 'string' ? [[step.node, zone] as const] : [];
    }),
  );
}

/** Nodes that are not in the fleet but belong in the picture: those expected, and the gap a released one leaves. */
function ghosts(fleet: Fleet, course: Course) {
  const present = new Set(fleet.nodes.map((node) => node.name));
  const gone = [...course.released].filter((name) => !present.has(name));
  return [
    ...course.expected.map((node) => ({ ...node, states: ['expected'] as readonly NodeState[] })),
    ...gone.flatMap((name) => {
      const zone = course.zoneOf.get(name);
      return zone === undefined ? [] : [{ name, zone, states: ['released'] as readonly NodeState[] }];
    }),
  ];
}

function statesOf(node: FleetNode, course: Course): readonly NodeState[] {
  const released = course.released.has(node.name);
  const states: (NodeState | false)[] = [
    course.drained.has(node.name) && !released && 'to-be-drained',
    node.taints.some((taint) => taint.key === FENCE_TAINT) && !released && 'fenced',
    node.unschedulable && !released && 'cordoned',
    course.came.has(node.name) && 'new',
    released && 'released',
    !node.ready && 'not-ready',
  ];
  return states.filter((state) => state !== false);
}

/** Pods that can be moved, by the node they stand on; one on its way by the node it is expected on; else under ''. */
function podsByNode(fleet: Fleet, course: Course): ReadonlyMap<string, readonly Pod[]> {
  const drawn = fleet.pods.filter(
    (pod) =>
      pod.owner.kind !== 'DaemonSet' &&
      pod.owner.kind !== 'mirror' &&
      pod.phase !== 'Succeeded' &&
      pod.phase !== 'Failed',
  );
  const byNode = Map.groupBy(drawn, (pod) => pod.node ?? course.moves.get(pod.key)?.to ?? '');
  const present = new Set(drawn.map((pod) => pod.key));
  // Between its eviction and its return a pod of a StatefulSet does not exist: only the plan still knows it.
  for (const { step, begun, to } of course.moves.values()) {
    if (!begun || present.has(step.pod) || step.member === null) continue;
    byNode.set(to, [...(byNode.get(to) ?? []), absentPod(step)]);
  }
  return byNode;
}

function absentPod(step: MoveStep): Pod {
  const [namespace = '', name = ''] = step.pod.split('/');
  return {
    key: step.pod,
    namespace,
    name,
    uid: '',
    labels: {},
    owner: { kind: 'none' },
    requests: {},
    nodeSelector: {},
    volumeTerms: [],
    tolerations: [],
    podAffinity: [],
    podAntiAffinity: [],
    spread: [],
    phase: 'Pending',
    ready: false,
    terminating: false,
    ...(step.cluster === null ? {} : { cluster: step.cluster }),
  };
}

const plainSign: Readonly<Record<PodSign['role'], string>> = {
  primary: '◆',
  candidate: '◇',
  'sync-standby': '●',
  replica: '○',
  unknown: '?',
  other: '·',
};

const roleWord: Readonly<Record<PodSign['role'], string>> = {
  primary: 'primary',
  candidate: 'replica, planned next primary',
  'sync-standby': 'sync standby',
  replica: 'replica',
  unknown: 'role unknown',
  other: 'other pod',
};

const motionWord: Readonly<Record<PodSign['motion'], string>> = {
  standing: '',
  leaving: 'being moved',
  expected: 'expected here, not there yet',
  'catching-up': 'catching up',
};

function signOf(fleet: Fleet, course: Course): (pod: Pod) => PodSign {
  const clusters = new Map(fleet.clusters.map((cluster) => [cluster.key, cluster]));
  return (pod) => {
    const cluster = pod.cluster === undefined ? undefined : clusters.get(pod.cluster);
    const member = cluster?.members.find((candidate) => candidate.pod === pod.key);
    const role = pod.cluster === undefined ? 'other' : roleOf(cluster, member, course);
    const motion = motionOf(pod, cluster, member, course);
    const final =
      course.drained.size > 0 &&
      motion === 'standing' &&
      pod.node !== undefined &&
      !course.drained.has(pod.node) &&
      !course.moves.has(pod.key);
    const marks = `${motion === 'catching-up' ? '~' : ''}${final ? '*' : ''}`;
    return {
      key: pod.key,
      name: pod.name,
      cluster: pod.cluster ?? null,
      role,
      sign: `${plainSign[role]}${marks}`,
      final,
      motion,
      words: [pod.name, roleWord[role], motionWord[motion], final ? 'final' : '']
        .filter((word) => word !== '')
        .join(', '),
    };
  };
}

function roleOf(
  cluster: DatabaseCluster | undefined,
  member: Member | undefined,
  course: Course,
): PodSign['role'] {
  if (cluster === undefined || member === undefined) return 'unknown';
  if (cluster.primary === member.name) return 'primary';
  if (cluster.claimants.includes(member.name)) return 'unknown';
  if (course.candidates.has(`${cluster.key} ${member.name}`)) return 'candidate';
  return member.role === 'sync-standby' ? 'sync-standby' : member.role === 'unknown' ? 'unknown' : 'replica';
}

/** Ready is not streaming: a member counts as standing only when it streams and its lag is known and within the limit. */
function motionOf(
  pod: Pod,
  cluster: DatabaseCluster | undefined,
  member: Member | undefined,
  course: Course,
): PodSign['motion'] {
  if (pod.node === undefined) return 'expected';
  const move = course.moves.get(pod.key);
  if (pod.terminating) return 'leaving';
  if (cluster === undefined || member === undefined) {
    if (pod.ready) return 'standing';
    return pod.cluster === undefined
      ? pod.node === move?.step.from
        ? 'standing'
        : 'catching-up'
      : 'catching-up';
  }
  if (!pod.ready) return 'catching-up';
  if (cluster.primary === member.name) return 'standing';
  const caughtUp = member.lagBytes !== undefined && member.lagBytes <= cluster.maximumLagBytes;
  const starting = member.state === 'starting' || member.state === 'creating replica';
  return caughtUp && !starting ? 'standing' : 'catching-up';
}

function clusterRow(cluster: DatabaseCluster, fleet: Fleet, draw: (pod: Pod) => PodSign): ClusterRow {
  const pods = new Map(fleet.pods.map((pod) => [pod.key, pod]));
  const nodeOf = (member: Member | undefined) =>
    (member === undefined ? undefined : pods.get(member.pod)?.node) ?? null;
  const primary = cluster.members.find((member) => member.name === cluster.primary);
  return {
    key: cluster.key,
    name: cluster.scope,
    primary: primary?.name ?? null,
    node: nodeOf(primary),
    members: cluster.members.map((member) => {
      const pod = pods.get(member.pod);
      return {
        name: member.name,
        node: nodeOf(member),
        words: pod === undefined ? member.role : draw(pod).words,
      };
    }),
  };
}

function sentence(fleet: Fleet): string {
  const members = fleet.clusters.reduce((sum, cluster) => sum + cluster.members.length, 0);
  const without = fleet.clusters
    .filter((cluster) => cluster.primary === undefined)
    .map((cluster) => cluster.key);
  const primaries =
    without.length === 0
      ? 'All clusters have a primary.'
      : `Without a primary that is certain: ${without.slice(0, 3).join(', ')}${without.length > 3 ? ` and ${without.length - 3} more` : ''}.`;
  return `${count(fleet.nodes.length, 'node')} in ${count(fleet.zones.length, 'zone')}, ${count(fleet.clusters.length, 'cluster')} with ${count(members, 'member')}. ${primaries}`;
}

function nodeWords(
  node: { readonly name: string; readonly zone: string },
  states: readonly NodeState[],
  signs: readonly PodSign[],
  others: number,
): string {
  const roles = (['primary', 'sync-standby', 'candidate', 'replica', 'unknown'] as const).flatMap((role) => {
    const found = signs.filter((sign) => sign.role === role).length;
    return found === 0 ? [] : [`${found} ${role.replace('-', ' ')}`];
  });
  const rest = others === 0 ? [] : [count(others, 'other pod')];
  const words = states.map((state) => state.replaceAll('-', ' '));
  return [node.name, `zone ${node.zone}`, ...words, ...roles, ...rest].join(', ');
}

/** To be drained first, then kept, then new; nothing is sorted anew while a run is on. */
function byStateThenName(left: NodeCard, right: NodeCard): number {
  return rank(left) - rank(right) || left.name.localeCompare(right.name, 'en', { numeric: true });
}

function rank(card: NodeCard): number {
  if (card.states.includes('to-be-drained') || card.states.includes('released')) return 0;
  return card.states.includes('new') || card.states.includes('expected') ? 2 : 1;
}

/** Members first, sorted by name and not by role: a switchover swaps signs and moves nobody. */
function byRoleThenName(left: PodSign, right: PodSign): number {
  return Number(left.role === 'other') - Number(right.role === 'other') || left.key.localeCompare(right.key);
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}
