/**
 * A fleet as the page draws it: zones, nodes with their state, pods with role and movement. Pure.
 * Only what was observed is drawn as it stands; where a pod is expected next is marked as expected.
 */
import { FENCE_TAINT } from '../executor/marks.ts';
import type { Run } from '../executor/run.ts';
import type { DatabaseCluster, Fleet, FleetNode, Member, Pod } from '../planner/model.ts';
import type { DrainPlan } from '../planner/plan.ts';
import { type Course, courseOf } from './course.ts';
import { absentPod, type PodSign, signOf } from './pod-signs.ts';

export type NodeState =
  | 'to-be-drained'
  | 'fenced'
  | 'cordoned'
  | 'new'
  | 'released'
  | 'not-ready'
  | 'expected';

export type NodeCard = {
  readonly name: string;
  readonly zone: string;
  /** What the plan calls a node that came for it, where that is another name. */
  readonly planName: string | null;
  readonly states: readonly NodeState[];
  /** D F C N R ! in this order. */
  readonly letters: string;
  readonly words: string;
  readonly pods: readonly PodSign[];
  /** Pods that are no members, those in `pods` included; DaemonSet and mirror pods are not counted. */
  readonly otherPods: number;
};

export type ZoneColumn = {
  readonly name: string;
  /** The zone in a line, for where there is no room to draw it. */
  readonly words: string;
  readonly nodes: readonly NodeCard[];
};

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
    zones: zones.map((zone) =>
      zoneColumn(
        zone,
        cards.filter((card) => card.zone === zone).sort(byStateThenName),
        course.drained.size > 0,
      ),
    ),
    unplaced: (standing.get('') ?? []).map(draw),
  };

  function nodeCard(
    node: { name: string; zone: string },
    states: readonly NodeState[],
    pods: readonly Pod[],
  ) {
    const planName = course.planNames.get(node.name);
    const others = pods.filter((pod) => pod.cluster === undefined).length;
    const signs = pods.filter((pod) => drawOthers || pod.cluster !== undefined).map(draw);
    return {
      name: node.name,
      zone: node.zone,
      planName: planName === undefined || planName === node.name ? null : planName,
      states,
      letters: states.map((state) => letterOf[state]).join(''),
      words: nodeWords(node, states, signs, others),
      pods: signs.sort(byRoleThenName),
      otherPods: others,
    };
  }
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

/** Every cluster with its primary and where its members stand: the same as the picture, as a table. */
export function clusterRows(
  fleet: Fleet,
  shown: { readonly plan?: DrainPlan | undefined; readonly run?: Run | undefined } = {},
): readonly ClusterRow[] {
  const draw = signOf(fleet, courseOf(fleet, shown.plan, shown.run));
  const pods = new Map(fleet.pods.map((pod) => [pod.key, pod]));
  return fleet.clusters.map((cluster) => clusterRow(cluster, pods, draw));
}

function clusterRow(
  cluster: DatabaseCluster,
  pods: ReadonlyMap<string, Pod>,
  draw: (pod: Pod) => PodSign,
): ClusterRow {
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

function zoneColumn(name: string, nodes: readonly NodeCard[], isDrain: boolean): ZoneColumn {
  const inState = (state: NodeState, words: string) => {
    const found = nodes.filter((node) => node.states.includes(state)).length;
    return found === 0 ? [] : [`${found} ${words}`];
  };
  const primaries = nodes.flatMap((node) => node.pods).filter((pod) => pod.role === 'primary');
  const final = primaries.filter((pod) => pod.final).length;
  const words = [
    ...inState('to-be-drained', 'to be drained'),
    ...inState('new', 'new'),
    ...inState('expected', 'expected'),
    ...inState('released', 'released'),
    ...inState('not-ready', 'not ready'),
    primaries.length === 0
      ? 'no primary'
      : isDrain
        ? `◆ ${final} of ${primaries.length} final`
        : `◆ ${count(primaries.length, 'primary', 'primaries')}`,
  ];
  return { name, words: words.join(', '), nodes };
}

/** The fleet in a sentence: how much of it there is, and whether every cluster has a primary. */
export function sentence(fleet: Fleet): string {
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

function count(amount: number, noun: string, nouns = `${noun}s`): string {
  return `${amount} ${amount === 1 ? noun : nouns}`;
}
