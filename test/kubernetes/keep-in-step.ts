/**
 * Keeps a simulated world in step with an API server that knows nothing of it: what clients did there is taken over into the world, and
 * what the world's controllers, kubelets and Patronis did since is given to the server. So a simulated fleet stands behind any API server.
 */
import { keyOf, type NewObject, type StoredObject } from '../../simulations/world/object-store.ts';
import type { World } from '../../simulations/world/world.ts';
import type { ApiAnswer, ApiClient } from './api-client.ts';
import { isJson, type Json, mergeDiff, mergePatch } from './merge-diff.ts';

/** Owners and claims come before what names them. */
const places = {
  Node: '/api/v1/nodes',
  CSINode: '/apis/storage.k8s.io/v1/csinodes',
  Deployment: '/apis/apps/v1/namespaces/*/deployments',
  ReplicaSet: '/apis/apps/v1/namespaces/*/replicasets',
  StatefulSet: '/apis/apps/v1/namespaces/*/statefulsets',
  DaemonSet: '/apis/apps/v1/namespaces/*/daemonsets',
  PodDisruptionBudget: '/apis/policy/v1/namespaces/*/poddisruptionbudgets',
  PersistentVolumeClaim: '/api/v1/namespaces/*/persistentvolumeclaims',
  PersistentVolume: '/api/v1/persistentvolumes',
  ConfigMap: '/api/v1/namespaces/*/configmaps',
  Pod: '/api/v1/namespaces/*/pods',
  Endpoints: '/api/v1/namespaces/*/endpoints',
  VolumeAttachment: '/apis/storage.k8s.io/v1/volumeattachments',
} as const;

export type Kind = keyof typeof places;
export const allKinds = Object.keys(places) as readonly Kind[];

/** What clients of a fleet change: marks, evictions, replicas, and with an eviction the counts of a budget. */
export const kindsThatClientsChange: readonly Kind[] = [
  'Node',
  'Pod',
  'StatefulSet',
  'ReplicaSet',
  'PodDisruptionBudget',
];

const withoutStatus: ReadonlySet<Kind> = new Set(['CSINode', 'ConfigMap', 'Endpoints']);

export type Step = {
  /** Takes over what was done at the server; how many objects that were. */
  readonly take: () => Promise<number>;
  /** Gives the server what was done in the world. Throws where the server refuses something. */
  readonly give: () => Promise<void>;
  /** Takes away from the server what was given to it. */
  readonly clear: () => Promise<void>;
};

/** One object as both sides last had it. */
type Common = { readonly server: ServerObject; readonly world: StoredObject };
type ServerObject = Json & { readonly metadata: StoredObject['metadata'] };

type Sides = {
  readonly world: World;
  readonly client: ApiClient;
  /** By kind and key. */
  readonly common: Map<string, Common>;
  readonly changed: Set<string>;
  /** The server gives its own UIDs; by the world's. */
  readonly uids: Map<string, string>;
};

/** Begins with nothing in common: all that is in the world is given at the next `give`, all `watched` of the server taken at the next `take`. */
export function keepInStep(
  world: World,
  client: ApiClient,
  { watched = kindsThatClientsChange }: { readonly watched?: readonly Kind[] } = {},
): Step {
  const sides: Sides = { world, client, common: new Map(), changed: new Set(), uids: new Map() };
  for (const kind of allKinds)
    for (const { metadata } of world.store.list(kind))
      sides.changed.add(idOf(kind, metadata.namespace, metadata.name));
  world.store.onEvent(({ object }) => {
    const { kind, metadata } = object;
    if (isKind(kind)) sides.changed.add(idOf(kind, metadata.namespace, metadata.name));
  });
  return {
    take: () => takeAll(sides, watched),
    give: () => giveAll(sides),
    clear: () => clearAll(sides),
  };
}

function isKind(kind: string): kind is Kind {
  return kind in places;
}

function idOf(kind: Kind, namespace: string | undefined, name: string): string {
  return `${kind} ${keyOf(namespace, name)}`;
}

function readId(id: string): { kind: Kind; namespace: string | undefined; name: string } {
  const [, kind = '', namespace = '', name = ''] = /^(\S+) ([^/]*)\/(.*)$/.exec(id) ?? [];
  if (!isKind(kind)) throw new Error(`no kind: ${id}`);
  return { kind, namespace: namespace === '' ? undefined : namespace, name };
}

function pathOf(id: string, subresource?: string): string {
  const { kind, namespace, name } = readId(id);
  const end = subresource === undefined ? '' : `/${subresource}`;
  return `${places[kind].replace('*', namespace ?? 'default')}/${encodeURIComponent(name)}${end}`;
}

async function takeAll(sides: Sides, watched: readonly Kind[]): Promise<number> {
  const taken = await Promise.all(watched.map((kind) => takeKind(sides, kind)));
  return taken.reduce((sum, one) => sum + one, 0);
}

async function takeKind(sides: Sides, kind: Kind): Promise<number> {
  const answer = await sides.client.send('GET', places[kind].replace('/namespaces/*', ''));
  if (answer.status !== 200) throw refused(`list ${kind}`, answer);
  const items = (answer.body as { items: readonly ServerObject[] }).items;
  const there = new Set<string>();
  let taken = 0;
  for (const item of items) {
    const id = idOf(kind, item.metadata.namespace, item.metadata.name);
    there.add(id);
    if (takeObject(sides, id, item)) taken += 1;
  }
  for (const id of sides.common.keys()) {
    if (readId(id).kind !== kind || there.has(id)) continue;
    takeLoss(sides, id);
    taken += 1;
  }
  return taken;
}

/** True where there was something to take over. */
function takeObject(sides: Sides, id: string, now: ServerObject): boolean {
  const known = sides.common.get(id);
  if (known?.server.metadata.uid === now.metadata.uid) {
    if (known.server.metadata.resourceVersion === now.metadata.resourceVersion) return false;
    takeChange(sides, id, known, now);
    return true;
  }
  if (known !== undefined) takeLoss(sides, id);
  const { world, common, changed } = sides;
  // Something of that name that is not given yet: giving it will tell.
  if (changed.has(id)) return false;
  const { managedFields: _owned, ...metadata } = now.metadata;
  const created = world.store.create({ ...now, kind: readId(id).kind, metadata } as unknown as NewObject);
  common.set(id, { server: now, world: created.object });
  changed.delete(id);
  return true;
}

function takeLoss(sides: Sides, id: string): void {
  const { world, common, changed } = sides;
  const { kind, namespace, name } = readId(id);
  const lost = common.get(id)?.world.metadata.uid;
  common.delete(id);
  if (world.store.get(kind, namespace, name)?.metadata.uid !== lost) return;
  world.store.remove(kind, namespace, name);
  changed.delete(id);
}

function takeChange(sides: Sides, id: string, known: Common, now: ServerObject): void {
  const { world, common, changed } = sides;
  const { kind, namespace, name } = readId(id);
  const patch = mergeDiff(shared(known.server), shared(now));
  const isDue = changed.has(id);
  const current = world.store.get(kind, namespace, name);
  if (current === undefined || current.metadata.uid !== known.world.metadata.uid) return;
  common.set(id, { server: now, world: patched(known.world, patch) });
  const stored = world.store.update(kind, namespace, name, (draft) => {
    Object.assign(draft, patched(draft, patch));
    if (now.metadata.generation !== undefined) draft.metadata.generation = now.metadata.generation;
  });
  if (kind === 'Pod' && stored !== undefined) takeDeletion(world, stored, known.server, now);
  const after = world.store.get(kind, namespace, name);
  if (isDue || after === undefined) return;
  // What was taken over need not be given back.
  changed.delete(id);
  common.set(id, { server: now, world: after });
}

/** A pod that was evicted or deleted at the server is terminating; the world's kubelet stops it. */
function takeDeletion(world: World, pod: StoredObject, before: ServerObject, now: ServerObject): void {
  if (before.metadata.deletionTimestamp !== undefined || now.metadata.deletionTimestamp === undefined) return;
  const conditions: readonly Json[] = pod.status?.conditions ?? [];
  if (conditions.some(({ reason }) => reason === 'EvictionByEvictionAPI')) world.noteEviction(pod);
  const gracePeriodSeconds = now.metadata.deletionGracePeriodSeconds;
  world.deletePod(pod.metadata.namespace ?? '', pod.metadata.name, { gracePeriodSeconds });
}

/** What both sides write; the rest of metadata is each side's own. Conditions by their type, for different writers write different ones. */
function shared(object: Json & { metadata?: unknown }): Json {
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = object;
  const { labels = {}, annotations = {} } = isJson(metadata) ? metadata : {};
  return { spec: {}, ...rest, ...byType(rest), metadata: { labels, annotations } };
}

function byType({ status }: Json): { readonly status: Json } {
  if (!isJson(status)) return { status: {} };
  if (!Array.isArray(status.conditions)) return { status };
  const conditions = Object.fromEntries(status.conditions.map((one: Json) => [String(one.type), one]));
  return { status: { ...status, conditions } };
}

function patched(object: StoredObject, patch: Json | undefined): StoredObject {
  if (patch === undefined) return object;
  const { status, ...whole } = mergePatch({ ...object, ...byType(object) }, patch);
  if (!isJson(status) || Object.keys(status).length === 0) return whole as StoredObject;
  const conditions = isJson(status.conditions) ? { conditions: Object.values(status.conditions) } : {};
  const complete: Json = { ...whole, status: { ...status, ...conditions } };
  return complete as StoredObject;
}

/** Clients may be quicker: what was refused for a stale version is given again on what was taken since. */
const roundsMax = 10;

async function giveAll(sides: Sides): Promise<void> {
  for (let round = 0; round < roundsMax && sides.changed.size > 0; round += 1) {
    const due = [...sides.changed];
    sides.changed.clear();
    const ofKind = (kind: Kind) => due.filter((id) => readId(id).kind === kind);
    for (const kind of allKinds.toReversed())
      await Promise.all(ofKind(kind).map((id) => giveLoss(sides, id)));
    for (const kind of allKinds) await Promise.all(ofKind(kind).map((id) => giveObject(sides, id)));
  }
  if (sides.changed.size > 0) throw new Error(`not in step after ${roundsMax} rounds: ${[...sides.changed]}`);
}

async function giveLoss({ world, client, common }: Sides, id: string): Promise<void> {
  const { kind, namespace, name } = readId(id);
  const known = common.get(id);
  if (known === undefined) return;
  if (world.store.get(kind, namespace, name)?.metadata.uid === known.world.metadata.uid) return;
  const preconditions = { uid: known.server.metadata.uid };
  const answer = await client.send('DELETE', pathOf(id), { gracePeriodSeconds: 0, preconditions });
  if (![200, 202, 404, 409].includes(answer.status)) throw refused(`delete ${id}`, answer);
  common.delete(id);
}

async function giveObject(sides: Sides, id: string): Promise<void> {
  const { kind, namespace, name } = readId(id);
  const object = sides.world.store.get(kind, namespace, name);
  if (object === undefined) return;
  const known = sides.common.get(id) ?? (await giveFirst(sides, id, object));
  sides.common.set(id, known);
  const patch = mergeDiff(given(known.world), given(object));
  const server = patch === undefined ? known.server : await givePatch(sides, id, known.server, patch);
  if (server === 'conflict') {
    sides.changed.add(id);
    const read = await sides.client.send('GET', pathOf(id));
    if (read.status === 200) takeObject(sides, id, read.body as ServerObject);
    else takeLoss(sides, id);
    return;
  }
  sides.common.set(id, { server, world: object });
  if (kind === 'Pod') await giveDeletion(sides, id, object, server);
}

/** Creates the object without its status, which the server takes only afterwards. */
async function giveFirst(sides: Sides, id: string, object: StoredObject): Promise<Common> {
  const { status: _status, ...rest } = object;
  const { name, namespace, labels, ownerReferences, generateName } = object.metadata;
  const annotations = { ...object.metadata.annotations, ...notesOfBinding(object) };
  const metadata = { name, namespace, labels, annotations, ownerReferences, generateName };
  const body = withServerUids(sides, { ...rest, metadata });
  const { client, uids } = sides;
  const answer = await client.send('POST', pathOf(id).replace(/\/[^/]+$/, ''), body);
  if (answer.status !== 201) throw refused(`create ${id}`, answer);
  const server = answer.body as ServerObject;
  uids.set(object.metadata.uid, server.metadata.uid);
  return { server, world: rest as StoredObject };
}

/**
 * A claim is bound only where the volume controller says that it has finished; kube-scheduler places no pod with another.
 * https://github.com/kubernetes/kubernetes/blob/master/pkg/scheduler/framework/plugins/volumebinding/binder.go (isPVCFullyBound)
 */
function notesOfBinding({ kind, spec }: StoredObject): Readonly<Record<string, string>> {
  const isBound = kind === 'PersistentVolumeClaim' && spec?.volumeName !== undefined;
  return isBound ? { 'pv.kubernetes.io/bind-completed': 'yes' } : {};
}

/** Lists go as a whole. */
function given(object: StoredObject): Json {
  const { apiVersion: _version, kind: _kind, metadata, status = {}, spec = {}, ...rest } = object;
  const { labels = {}, annotations = {} } = metadata;
  return { ...rest, spec, status, metadata: { labels, annotations } };
}

/** The object as the server has it then; 'conflict': somebody else has written meanwhile. */
async function givePatch(
  sides: Sides,
  id: string,
  before: ServerObject,
  patch: Json,
): Promise<ServerObject | 'conflict'> {
  const { kind } = readId(id);
  const { status, ...others } = patch;
  const { node, main } = kind === 'Pod' ? withoutBinding(others) : { node: undefined, main: others };
  let server = before;
  const send = async (path: string, part: Json): Promise<boolean> => {
    const metadata = { ...(isJson(part.metadata) ? part.metadata : {}) };
    const { resourceVersion } = server.metadata;
    const body = withServerUids(sides, { ...part, metadata: { ...metadata, resourceVersion } });
    const answer = await sides.client.send('PATCH', path, body);
    // Gone meanwhile: the next look tells.
    if (answer.status === 409 || answer.status === 404) return false;
    if (answer.status !== 200) throw refused(`patch ${path} with ${JSON.stringify(body)}`, answer);
    server = answer.body as ServerObject;
    return true;
  };
  if (node !== undefined) {
    const bound = await bind(sides.client, id, node);
    if (bound === undefined) return 'conflict';
    server = bound;
  }
  if (Object.keys(main).length > 0 && !(await send(pathOf(id), main))) return 'conflict';
  const hasStatus = isJson(status) && !withoutStatus.has(kind);
  if (hasStatus && !(await send(pathOf(id, 'status'), { status }))) return 'conflict';
  return server;
}

/** A pod gets its node by a binding and by nothing else. */
function withoutBinding(patch: Json): { readonly node: unknown; readonly main: Json } {
  if (!isJson(patch.spec) || patch.spec.nodeName === undefined) return { node: undefined, main: patch };
  const { nodeName, ...spec } = patch.spec;
  const { spec: _spec, ...others } = patch;
  return { node: nodeName, main: Object.keys(spec).length === 0 ? others : { ...others, spec } };
}

/** The pod as it is when it has its node; undefined: it is gone. Another scheduler may have been quicker. */
async function bind(client: ApiClient, id: string, node: unknown): Promise<ServerObject | undefined> {
  const target = { apiVersion: 'v1', kind: 'Node', name: node };
  const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name: readId(id).name }, target };
  const answer = await client.send('POST', pathOf(id, 'binding'), body);
  if (![201, 404, 409].includes(answer.status)) throw refused(`bind ${id}`, answer);
  const read = await client.send('GET', pathOf(id));
  return read.status === 200 ? (read.body as ServerObject) : undefined;
}

/** A controller of the world deleted it: so does the server, which gives its kubelet the same time. */
async function giveDeletion(
  { client, common }: Sides,
  id: string,
  object: StoredObject,
  server: ServerObject,
): Promise<void> {
  if (object.metadata.deletionTimestamp === undefined || server.metadata.deletionTimestamp !== undefined)
    return;
  const gracePeriodSeconds = object.metadata.deletionGracePeriodSeconds;
  const preconditions = { uid: server.metadata.uid };
  const answer = await client.send('DELETE', pathOf(id), { gracePeriodSeconds, preconditions });
  if (answer.status !== 200) throw refused(`delete ${id}`, answer);
  common.set(id, { server: answer.body as ServerObject, world: object });
}

function withServerUids(sides: Sides, body: Json): Json {
  return JSON.parse(JSON.stringify(body), (_field, value: unknown) =>
    typeof value === 'string' ? (sides.uids.get(value) ?? value) : value,
  );
}

async function clearAll({ client, common }: Sides): Promise<void> {
  for (const kind of allKinds.toReversed()) {
    const ids = [...common.keys()].filter((id) => readId(id).kind === kind);
    const answers = await Promise.all(
      ids.map((id) => client.send('DELETE', pathOf(id), { gracePeriodSeconds: 0 })),
    );
    for (const answer of answers)
      if (![200, 202, 404].includes(answer.status)) throw refused(`clear ${kind}`, answer);
  }
  common.clear();
}

function refused(what: string, answer: ApiAnswer): Error {
  return new Error(`${what}: answered ${answer.status} ${JSON.stringify(answer.body).slice(0, 600)}`);
}
