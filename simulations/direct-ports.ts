/**
 * Face 1 of the simulated world: the executor's ports straight on it, without a network and without waiting. Everything
 * that is pure in the real adapters (views, names of answers) is theirs, so that the two faces differ in transport only.
 */
import { OutsideError } from '../executor/errors.ts';
import { volumesOn } from '../executor/kubernetes/attachments.ts';
import { eventBody } from '../executor/kubernetes/events.ts';
import { evictionBody, nameAnswer as nameEviction } from '../executor/kubernetes/evictions.ts';
import { withoutContents } from '../executor/kubernetes/fleet-objects.ts';
import { ownerInName } from '../executor/kubernetes/pods.ts';
import { toNodeView } from '../executor/kubernetes/translate.ts';
import {
  clusterSchema,
  configSchema,
  findLeader,
  memberSchema,
  toPatroniView,
} from '../executor/patroni/cluster-view.ts';
import { nameAnswer as nameSwitchover } from '../executor/patroni/switchover.ts';
import type {
  ActivityPort,
  Clock,
  EventPort,
  KubernetesObject,
  KubernetesPort,
  Ordinals,
  PatroniPort,
  PipelinePort,
  SwitchoverAnswer,
} from '../executor/ports.ts';
import { changeNode } from './change-node.ts';
import { changePod } from './change-pod.ts';
import { dropLease, holdLease, readNote } from './lease.ts';
import { podViews } from './pod-views.ts';
import type { PatroniAnswer, PatroniAnswerNow } from './world/answers.ts';
import { keyOf, type StoredObject } from './world/object-store.ts';
import { controllerOf, isTerminating, labelsOf } from './world/read-objects.ts';
import type { World } from './world/world.ts';

export type DirectPorts = {
  readonly kubernetes: KubernetesPort & EventPort;
  readonly patroni: PatroniPort;
  readonly pipeline: PipelinePort;
  readonly activity: ActivityPort;
  readonly clock: Clock;
};

/**
 * Who moves virtual time on while a switchover waits for its answer: the call itself, for callers that do one thing at a time; or
 * somebody else, while other calls go on.
 */
export type Waiting = 'moves-time' | 'lets-time-pass';

/** Returns ports on the world. Nothing but a waiting switchover takes time. */
export function directPorts(world: World, waiting: Waiting = 'moves-time'): DirectPorts {
  return {
    kubernetes: directKubernetes(world),
    patroni: directPatroni(world, waiting),
    pipeline: {
      wantNode: async (want) => world.wantNode(want),
      nodeReleased: async (node) => world.nodeReleased(node.name),
    },
    activity: directActivity(world),
    clock: { nowMs: () => world.nowMs() },
  };
}

function directActivity(world: World): ActivityPort {
  return {
    readActivity: async ({ namespace, cluster }) => {
      const activity = world.faults.activities.get(`${namespace}/${cluster}`);
      if (activity === 'no-answer') {
        const request = `GET ${namespace}/${cluster}`;
        throw new OutsideError({ code: 'timeout', target: 'check', request, message: 'no answer' });
      }
      const sinceMs = activity?.transactionSinceMs ?? world.nowMs();
      return {
        backupRunning: activity?.backupRunning ?? false,
        longestTransactionSeconds: (world.nowMs() - sinceMs) / 1_000,
      };
    },
  };
}

/** The kinds that planning reads, in the order of the real adapter. */
const FLEET_KINDS = [
  'Node',
  'Pod',
  'PersistentVolumeClaim',
  'PersistentVolume',
  'PodDisruptionBudget',
  'StatefulSet',
  'Endpoints',
  'ConfigMap',
  'CSINode',
];

function directKubernetes(world: World): DirectPorts['kubernetes'] {
  const { store } = world;
  const nodeView = onceEach(toNodeView);
  const podView = podViews();
  return {
    listFleetObjects: async () =>
      FLEET_KINDS.flatMap((kind) => store.list(kind).map((object) => withoutContents(object))),
    listNodes: async () => store.list('Node').map(nodeView),
    getNode: async (name) => viewOf(store.get('Node', undefined, name), nodeView),
    getPod: async (namespace, name) => viewOf(store.get('Pod', namespace, name), podView),
    listPods: async (query) => podsFor(world, query).map(podView),
    listAttachedVolumes: async (node) => volumesOn(store.list('VolumeAttachment'), node),
    getReplicas: async (owner) => {
      const found = store.get(owner.kind, owner.namespace, owner.name);
      return found === undefined || isTerminating(found) ? undefined : Number(found.spec?.replicas ?? 1);
    },
    getOrdinals: async ({ namespace, name }) => {
      const set = store.get('StatefulSet', namespace, name);
      return set !== undefined && isTerminating(set) ? undefined : ordinalsOf(set);
    },
    scaleStatefulSet: async (set) => {
      const before = ordinalsOf(store.get('StatefulSet', set.namespace, set.name));
      if (before === undefined) return 'gone';
      if (before.replicas !== (set.replicasBefore ?? before.replicas)) return 'conflict';
      if (before.first !== (set.firstOrdinalBefore ?? before.first)) return 'conflict';
      const scaled = store.update('StatefulSet', set.namespace, set.name, (draft) => {
        draft.spec.replicas = set.replicas;
        if (set.firstOrdinal !== undefined) draft.spec.ordinals = { start: set.firstOrdinal };
        draft.metadata.generation = (draft.metadata.generation ?? 1) + 1;
      });
      return scaled === undefined ? 'gone' : 'done';
    },
    changeNode: async (node, change) => changeNode(world, node, change),
    changePod: async (pod, change) => changePod(world, pod, change),
    evict: async (pod) => {
      const { namespace, name } = pod;
      const answer = world.evict(namespace, name, evictionBody(pod));
      const asked = `POST pods/${namespace}/${name}/eviction`;
      return nameEviction({ asked, status: answer.status, body: answer.body }, name);
    },
    holdLease: async (lease) => holdLease(world, lease),
    readNote: async () => readNote(world),
    dropLease: async (lease) => dropLease(world, lease),
    recordEvent: async (event) => {
      const { about } = event;
      const pod = about.kind === 'Pod' ? store.get('Pod', about.namespace, about.name) : undefined;
      const known = about.kind === 'Pod' && pod !== undefined ? { uid: pod.metadata.uid, ...about } : about;
      store.create(eventBody({ ...event, about: known }));
    },
  };
}

function ordinalsOf(set: StoredObject | undefined): Ordinals | undefined {
  if (set === undefined) return undefined;
  return { first: Number(set.spec?.ordinals?.start ?? 0), replicas: Number(set.spec?.replicas ?? 1) };
}

/** A stored object never changes, so what it looks like is worked out once. */
function onceEach<View>(translate: (object: KubernetesObject) => View): (object: StoredObject) => View {
  const views = new WeakMap<StoredObject, { readonly view: View }>();
  return (object) => {
    const known = views.get(object) ?? { view: translate(object) };
    views.set(object, known);
    return known.view;
  };
}

function viewOf<View>(
  object: StoredObject | undefined,
  translate: (object: StoredObject) => View,
): View | undefined {
  return object === undefined ? undefined : translate(object);
}

type PodQuery = Parameters<KubernetesPort['listPods']>[0];

function podsFor(world: World, query: PodQuery): readonly StoredObject[] {
  const wanted = Object.entries(query.labels ?? {});
  const found: StoredObject[] = [];
  for (const pod of candidatesFor(world, query, wanted[0])) {
    if (query.namespace !== undefined && pod.metadata.namespace !== query.namespace) continue;
    if (query.namedAfter !== undefined && !isNamedAfter(pod, query.namedAfter)) continue;
    if (wanted.every(([key, value]) => labelsOf(pod)[key] === value)) found.push(pod);
  }
  return found.sort((one, other) => (isBefore(one.metadata, other.metadata) ? -1 : 1));
}

function isNamedAfter(pod: StoredObject, owner: string): boolean {
  return ownerInName({ name: pod.metadata.name, ownerKind: controllerOf(pod)?.kind }) === owner;
}

type Metadata = StoredObject['metadata'];

/** In the order of their keys; most lists are of one namespace. */
function isBefore(one: Metadata, other: Metadata): boolean {
  if (one.namespace === other.namespace) return one.name < other.name;
  return keyOf(one.namespace, one.name) < keyOf(other.namespace, other.name);
}

/** The fewest pods that are sure to hold all wanted ones: the executor asks for one cluster's members among thousands. */
function candidatesFor(
  world: World,
  { node, namespace, namedAfter }: PodQuery,
  label: readonly [name: string, value: string] | undefined,
): Iterable<StoredObject> {
  if (node !== undefined) return world.pods.boundTo(node);
  const owner = namedAfter === undefined ? undefined : world.store.get('ReplicaSet', namespace, namedAfter);
  if (owner !== undefined) return world.pods.ownedBy(owner.metadata.uid);
  return label === undefined ? world.store.all('Pod') : world.pods.labelled(...label);
}

function directPatroni(world: World, waiting: Waiting): PatroniPort {
  return {
    readCluster: async (members) => {
      for (const member of members) {
        const cluster = clusterSchema.safeParse(get(world, member, '/cluster')).data;
        if (cluster === undefined) continue;
        const leader = members.find((one) => one.name === findLeader(cluster));
        if (leader === undefined) return toPatroniView({ cluster });
        return toPatroniView({
          cluster,
          leader: memberSchema.safeParse(get(world, leader, '/patroni')).data,
          config: configSchema.safeParse(get(world, leader, '/config')).data,
        });
      }
      throw new OutsideError({
        code: 'unreachable',
        target: 'patroni',
        request: 'GET /cluster',
        message: `no answer from ${members.map((member) => member.name).join(', ')}`,
      });
    },
    switchover: async (leader, candidate) => switchover(world, leader, candidate, waiting),
  };
}

type Address = { readonly name: string; readonly url: string };

/** Body of a 200; undefined: another answer, or none. */
function get(world: World, address: Address, path: string): unknown {
  const pod = podAt(world, address);
  if (pod === undefined) return undefined;
  const answer = world.patroniRequest(pod.namespace, pod.name, { method: 'GET', path });
  return answer.kind === 'answer' && answer.status === 200 ? answer.body : undefined;
}

/** The pod that listens at an address, as a network would find it: by the address, not by the name. */
function podAt(world: World, address: Address): { namespace: string; name: string } | undefined {
  const listens = (member: { namespace: string; name: string; ip: string } | undefined): boolean =>
    member !== undefined && world.patroniUrlOf(member) === `${address.url}/patroni`;
  // Nearly always the name is right, and only its namesakes need a look.
  for (const { members } of clustersNamed(world, address.name.slice(0, address.name.lastIndexOf('-')))) {
    const namesake = members.get(address.name);
    if (listens(namesake)) return namesake;
  }
  for (const { members } of world.clusters.values()) {
    for (const member of members.values()) if (listens(member)) return member;
  }
  return undefined;
}

type Cluster = World['clusters'] extends ReadonlyMap<string, infer Each> ? Each : never;
type Namesakes = { readonly count: number; readonly byScope: ReadonlyMap<string, readonly Cluster[]> };
const namesakesOf = new WeakMap<World, Namesakes>();

/** Clusters of all namespaces with this scope, after which members are named: a fleet has thousands, and each look asks several times. */
function clustersNamed(world: World, scope: string): readonly Cluster[] {
  const { clusters } = world;
  const known = namesakesOf.get(world);
  const namesakes =
    known?.count === clusters.size
      ? known
      : { count: clusters.size, byScope: Map.groupBy(clusters.values(), (cluster) => cluster.scope) };
  namesakesOf.set(world, namesakes);
  return namesakes.byScope.get(scope) ?? [];
}

/** Patroni gives up after 60 s at most with loop_wait 30; a switchover without an answer by then has none. */
const SWITCHOVER_ANSWER_MAX_MS = 75_000;

async function switchover(
  world: World,
  leader: Address,
  candidate: string,
  waiting: Waiting,
): Promise<SwitchoverAnswer> {
  const pod = podAt(world, leader);
  if (pod === undefined) return { kind: 'unknown', message: 'connection refused' };
  const body = { leader: leader.name, candidate };
  const answer = world.patroniRequest(pod.namespace, pod.name, { method: 'POST', path: '/switchover', body });
  if (answer.kind === 'no-answer') return { kind: 'unknown', message: 'no answer' };
  if (answer.kind === 'answer') return nameSwitchover(answer.status, String(answer.body), candidate);
  const late = waiting === 'moves-time' ? moveTimeUntil(world, answer) : await passTimeUntil(world, answer);
  if (late === undefined || late.kind === 'no-answer') return { kind: 'unknown', message: 'connection lost' };
  return nameSwitchover(late.status, String(late.body), candidate);
}

type Later = Extract<PatroniAnswer, { kind: 'later' }>;
type Late = PatroniAnswerNow | { readonly kind: 'no-answer' } | undefined;

function moveTimeUntil(world: World, answer: Later): Late {
  let settled: Late;
  answer.done((late) => {
    settled = late;
  });
  const deadlineMs = world.nowMs() + SWITCHOVER_ANSWER_MAX_MS;
  const seen = (): Late => settled;
  while (seen() === undefined) {
    const nextMs = world.clock.nextMs();
    if (nextMs === undefined || nextMs > deadlineMs) break;
    world.advanceTo(nextMs);
  }
  return seen();
}

function passTimeUntil(world: World, answer: Later): Promise<Late> {
  return new Promise((resolve) => {
    answer.done(resolve);
    world.clock.after(SWITCHOVER_ANSWER_MAX_MS, () => resolve(undefined));
  });
}
