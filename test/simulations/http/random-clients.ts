/** Clients that ask one API server at random, several at once, and write down what they were answered. All that they want follows from a seed. */
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import { createRandom, type Random } from '../../../simulations/world/random.ts';
import type { World } from '../../../simulations/world/world.ts';
import { deployment, fleetObjects, node, zone } from '../../fixtures/fleet.ts';
import { ask } from './ask.ts';
import { manualClock } from './manual-clock.ts';
import { type Line, type Watcher, watcherOf } from './watcher.ts';

export const budgetOfWeb = { pods: 6, minAvailable: 4 };

const configMaps = '/api/v1/namespaces/random/configmaps';
const pods = '/api/v1/namespaces/default/pods';
const nodes = '/api/v1/nodes';
export const collections = [configMaps, pods, nodes];

/** A request to write, and its answer. */
export type Act = {
  readonly client: number;
  readonly verb: 'create' | 'patch' | 'put' | 'delete' | 'evict';
  readonly collection: string;
  readonly name: string;
  /** resourceVersion that the request named as the one to change; undefined: none. */
  readonly expected: number | undefined;
  readonly status: number;
  /** resourceVersion of the object in the answer; undefined: it has none. */
  readonly version: number | undefined;
};

/** Items of a list that was read in pages, and the versions that the pages named. */
export type Listed = {
  readonly collection: string;
  readonly items: readonly Line['object'][];
  readonly versions: ReadonlySet<string>;
};

export type Round = {
  readonly acts: readonly Act[];
  readonly lists: readonly Listed[];
  /** Told everything from the first version on, one of each collection. */
  readonly references: readonly Watcher[];
  /** Came, left and came back. */
  readonly watchers: readonly Watcher[];
  /** What each collection held before the first request and after the last, by name. */
  readonly before: ReadonlyMap<string, ReadonlyMap<string, Line['object']>>;
  readonly after: ReadonlyMap<string, ReadonlyMap<string, Line['object']>>;
};

type Stage = {
  readonly world: World;
  readonly served: ServedWorld;
  readonly clock: ReturnType<typeof manualClock>;
  readonly acts: Act[];
  readonly lists: Listed[];
  readonly watchers: Watcher[];
  /** Objects as clients have last seen them, possibly long ago. */
  readonly seen: Map<string, Line['object'] & { [field: string]: unknown }>;
  written: number;
};

/** Lets so many clients ask so often, and waits until every watcher was told the last change. */
export async function playRound(seed: number, clients: number, requestsEach: number): Promise<Round> {
  const stage = await openStage();
  const { served } = stage;
  try {
    const before = await contents(served);
    const from = stage.world.store.resourceVersion;
    const references = collections.map((collection) =>
      watcherOf(served.kubernetesUrl, { collection, from, timeoutSeconds: 10_000_000 }),
    );
    await Promise.all(references.map((reference) => reference.connect()));
    await Promise.all(
      Array.from({ length: clients }, (_, client) =>
        play(stage, client, requestsEach, createRandom(seed).fork(`${client}`)),
      ),
    );
    await finish(stage, references);
    const after = await contents(served);
    return { acts: stage.acts, lists: stage.lists, references, watchers: stage.watchers, before, after };
  } finally {
    await served.close();
  }
}

async function openStage(): Promise<Stage> {
  const { minAvailable } = budgetOfWeb;
  const fleet = fleetObjects(
    zone('z1', node('n1'), node('n2'), node('n3')),
    deployment('web', { on: ['n1', 'n1', 'n2', 'n2', 'n3', 'n3'], budget: { minAvailable } }),
  );
  const world = createWorld({ objects: fleet.items });
  world.advanceTo(world.nowMs() + 10_000);
  const clock = manualClock();
  const served = await serveWorld(world, { speed: 0, clock });
  return { world, served, clock, acts: [], lists: [], watchers: [], seen: new Map(), written: 0 };
}

/** One more change of each collection, which every watcher hears of last. */
async function finish(stage: Stage, references: readonly Watcher[]): Promise<void> {
  const { served, watchers } = stage;
  await Promise.all(watchers.map((watcher) => watcher.connect()));
  const ends = new Map<string, string>();
  for (const [collection, name] of [
    [configMaps, 'last'],
    [pods, stage.world.store.list('Pod')[0]?.metadata.name ?? ''],
    [nodes, 'n1'],
  ] as const) {
    const body = { metadata: { name, labels: { color: 'red', last: 'yes' } } };
    const answer =
      collection === configMaps
        ? await ask(served, 'POST', collection, { body })
        : await ask(served, 'PATCH', `${collection}/${name}`, { body });
    ends.set(collection, String(answer.body.metadata.resourceVersion));
  }
  for (const watcher of [...references, ...watchers])
    await toldOf(watcher, ends.get(watcher.collection) ?? '');
}

/** Rejects when the watcher does not hear of that version for long; what came instead is judged elsewhere. */
async function toldOf(watcher: Watcher, version: string): Promise<void> {
  const limitMs = performance.now() + 5000;
  while (!watcher.segments.at(-1)?.lines.some(({ object }) => object.metadata?.resourceVersion === version)) {
    if (watcher.segments.at(-1)?.lines.at(-1)?.type === 'ERROR') await watcher.connect();
    if (performance.now() > limitMs)
      throw new Error(`a watch of ${watcher.collection} never told of ${version}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function contents(served: ServedWorld): Promise<Map<string, Map<string, Line['object']>>> {
  const all = new Map<string, Map<string, Line['object']>>();
  for (const collection of collections) {
    const { body } = await ask(served, 'GET', collection);
    const items = body.items as Line['object'][];
    all.set(collection, new Map(items.map((item) => [item.metadata.name, item])));
  }
  return all;
}

async function play(stage: Stage, client: number, requests: number, random: Random): Promise<void> {
  for (let done = 0; done < requests; done += 1) await actOnce(stage, client, random);
}

/** The acts by how often they are drawn, of a hundred. */
const shares: readonly (readonly [
  number,
  (stage: Stage, client: number, random: Random) => Promise<void>,
])[] = [
  [14, create],
  [16, patch],
  [16, put],
  [10, remove],
  [16, evict],
  [4, list],
  [4, patchNode],
  [8, async ({ world }, _, random) => world.advanceTo(world.nowMs() + random.between(100, 4000))],
  [2, async ({ clock }, _, random) => clock.advance(random.between(1, 70) * 1000)],
  [9, watchOrLeave],
  [1, async ({ world }) => world.store.compact()],
];

function actOnce(stage: Stage, client: number, random: Random): Promise<void> {
  let drawn = random.next() * 100;
  const [, act] = shares.find(([share]) => {
    drawn -= share;
    return drawn < 0;
  }) ?? [0, patch];
  return act(stage, client, random);
}

const mapName = (random: Random) => `map-${random.between(1, 5)}`;

/** Every write writes something that was never there, so that each changes the object. */
function contentOf(stage: Stage, random: Random) {
  stage.written += 1;
  return {
    data: { count: String(stage.written) },
    labels: { color: random.next() < 0.5 ? 'red' : 'blue' },
  };
}

async function create(stage: Stage, client: number, random: Random): Promise<void> {
  const name = mapName(random);
  const { data, labels } = contentOf(stage, random);
  await write(stage, { client, verb: 'create', collection: configMaps, name }, 'POST', configMaps, {
    metadata: { name, labels },
    data,
  });
}

async function patch(stage: Stage, client: number, random: Random): Promise<void> {
  const name = mapName(random);
  const { data, labels } = contentOf(stage, random);
  const expected = random.next() < 0.4 ? seenVersion(stage, name) : undefined;
  const resourceVersion = expected === undefined ? {} : { resourceVersion: String(expected) };
  const act = { client, verb: 'patch', collection: configMaps, name, expected } as const;
  await write(stage, act, 'PATCH', `${configMaps}/${name}`, {
    metadata: { labels, ...resourceVersion },
    data,
  });
}

async function patchNode(stage: Stage, client: number, random: Random): Promise<void> {
  const name = `n${random.between(1, 3)}`;
  const { labels, data } = contentOf(stage, random);
  const act = { client, verb: 'patch', collection: nodes, name } as const;
  await write(stage, act, 'PATCH', `${nodes}/${name}`, { metadata: { labels: { ...labels, ...data } } });
}

async function put(stage: Stage, client: number, random: Random): Promise<void> {
  const name = mapName(random);
  const seen = stage.seen.get(name);
  if (seen === undefined) return;
  const { data, labels } = contentOf(stage, random);
  const act = {
    client,
    verb: 'put',
    collection: configMaps,
    name,
    expected: seenVersion(stage, name),
  } as const;
  await write(stage, act, 'PUT', `${configMaps}/${name}`, {
    ...seen,
    metadata: { ...seen.metadata, labels },
    data,
  });
}

async function remove(stage: Stage, client: number, random: Random): Promise<void> {
  const name = mapName(random);
  const expected = random.next() < 0.7 ? seenVersion(stage, name) : undefined;
  const body = expected === undefined ? {} : { preconditions: { resourceVersion: String(expected) } };
  const act = { client, verb: 'delete', collection: configMaps, name, expected } as const;
  await write(stage, act, 'DELETE', `${configMaps}/${name}`, body);
}

async function evict(stage: Stage, client: number, random: Random): Promise<void> {
  const there = stage.world.store.list('Pod', 'default');
  const pod = there[random.between(0, there.length - 1)];
  if (pod === undefined) return;
  const { name, uid } = pod.metadata;
  const act = { client, verb: 'evict', collection: pods, name } as const;
  await write(stage, act, 'POST', `${pods}/${name}/eviction`, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name },
    deleteOptions: { preconditions: { uid } },
  });
}

function seenVersion(stage: Stage, name: string): number | undefined {
  const version = stage.seen.get(name)?.metadata.resourceVersion;
  return version === undefined ? undefined : Number(version);
}

async function write(
  stage: Stage,
  act: Omit<Act, 'status' | 'version' | 'expected'> & { readonly expected?: number | undefined },
  method: string,
  path: string,
  body: unknown,
): Promise<void> {
  const answer = await ask(stage.served, method, path, { body });
  const isObject = answer.body.kind !== 'Status';
  const version = isObject ? Number(answer.body.metadata.resourceVersion) : undefined;
  if (isObject)
    stage.seen.set(act.name, answer.body as unknown as Line['object'] & { [field: string]: unknown });
  stage.acts.push({ expected: undefined, ...act, status: answer.status, version });
}

/** Reads a collection two by two, while others write. */
async function list(stage: Stage, _client: number, random: Random): Promise<void> {
  const collection = collections[random.between(0, collections.length - 1)] ?? nodes;
  const items: Line['object'][] = [];
  const versions = new Set<string>();
  let next = '';
  do {
    const { status, body } = await ask(stage.served, 'GET', `${collection}?limit=2&continue=${next}`);
    // Compacted meanwhile: a client begins again.
    if (status === 410) return;
    items.push(...(body.items as Line['object'][]));
    versions.add(String(body.metadata.resourceVersion));
    next = String(body.metadata.continue ?? '');
  } while (next !== '');
  stage.lists.push({ collection, items, versions });
}

async function watchOrLeave(stage: Stage, _client: number, random: Random): Promise<void> {
  const { watchers, served, world } = stage;
  const known = watchers[random.between(0, 7)];
  if (known !== undefined) return random.next() < 0.5 ? known.leave() : known.connect();
  const collection = collections[random.between(0, collections.length - 1)] ?? nodes;
  const isSelected = collection === configMaps && random.next() < 0.5;
  const isFromVersion = random.next() < 0.6;
  const watcher = watcherOf(served.kubernetesUrl, {
    collection,
    timeoutSeconds: random.between(5, 300),
    ...(isSelected ? { labelSelector: 'color=red' } : {}),
    ...(isFromVersion ? { from: world.store.resourceVersion - random.between(0, 20) } : {}),
  });
  watchers.push(watcher);
  await watcher.connect();
}
