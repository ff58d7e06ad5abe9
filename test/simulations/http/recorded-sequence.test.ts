/**
 * All recorded requests from the first to the last, in their order, to one server: what a request finds is what those before it left.
 * Between them happens what happened when they were recorded: time went by, others evicted a pod or changed a budget.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import type { World } from '../../../simulations/world/world.ts';
import { manualClock } from './manual-clock.ts';
import { evictedMeanwhile, ownedBy, recordedBeginning, replacement } from './recorded-beginning.ts';
import { type Json, onlyTheKind, shape } from './recorded-shapes.ts';
import { recordedUsers, tokenOf } from './recorded-users.ts';
import { type Recording, recorded, recordedNames, replay } from './recordings.ts';
import { firstNames, toldOfLines, toldOfObject } from './told-of-object.ts';
import { translateNames } from './translate-names.ts';

/** Whose answers are not compared, each with its reason. They are sent all the same. */
const tolerated: Readonly<Record<string, string>> = {
  '105-pdb-create-invalid-422':
    'Go prints its own struct there; compared without it in write-objects.test.ts',
};

/** Lists of what is not recorded whole, or is not served: what they are is compared, not whom they name. */
const otherObjects =
  /^\/apis\?|\/namespaces\/(default|kube-node-lease)\/|storage\.k8s\.io|persistentvolumes|spec\.nodeName/;

const clock = manualClock();
let world: World;
let served: ServedWorld;
beforeAll(async () => {
  world = recordedBeginning();
  served = await serve();
});
afterAll(() => served.close());

const serve = () => serveWorld(world, { speed: 0, users: recordedUsers, clock });
const names = translateNames();
const pass = (ms: number): void => world.advanceTo(world.nowMs() + ms);

/** What happened between two requests, by the name of the second. */
const meanwhile: Readonly<Record<string, () => unknown>> = {
  // "one second later: the taint is there"
  '034-node-get-cordoned': () => pass(1_000),
  // The node controller was quick here.
  '057-apply-node-conflict-409': () => pass(200),
  '071-watch-pods-from-resourceversion-with-bookmark': () => callNow('1941'),
  '074-watch-nodes-cordon': () => callNow('1992'),
  // The disruption controller has counted again.
  '093-eviction-pdb-used-up-429': () => pass(500),
  '095-eviction-with-grace-0': () => createFree('free-86969874-fn7bz'),
  // "right after a PDB spec change, before the controller observed it"
  '096-eviction-pdb-not-observed-429-retry-after': () => {
    createFree('free-86969874-l4bj9');
    world.store.update('PodDisruptionBudget', 'rec', 'tight', (draft) => {
      draft.spec.minAvailable = 2;
      draft.metadata.generation = 2;
    });
  },
  '097-pdb-get-unhealthy-default': () => pass(1_000),
  '103-pod-get-unschedulable': () => {
    createPod('pending', { labels: { app: 'tight' } }, { nodeSelector: { no: 'where' } });
    pass(2_000);
  },
  '109-pod-delete-404': () => createFree('free-86969874-qv9x9'),
  // Somebody else asked for the first page of this list, which ended with the pod deleted last; "etcd was compacted, yet this API server answers from its cache snapshots".
  '140-pod-list-continue-after-compaction-200': async () => {
    const { request } = recorded('kubernetes/140-pod-list-continue-after-compaction-200');
    const first = await replay(served.kubernetesUrl, { ...request, query: 'limit=1' }, 'token-of-admin');
    const token = new URLSearchParams(request.query).get('continue') ?? '';
    names.call(token, String((first.body as { metadata: Json }).metadata.continue));
    world.store.compact();
  },
  // From here on the server is another one on the same store, freshly started.
  '141-pod-list-continue-expired-410': async () => {
    await served.close();
    served = await serve();
  },
};

/** What happened while a watch went on. */
const during: Readonly<Record<string, () => void>> = {
  '071-watch-pods-from-resourceversion-with-bookmark': () => {
    world.evict('rec', evictedMeanwhile, { metadata: { name: evictedMeanwhile, namespace: 'rec' } });
    createFree(replacement, { uid: '4c6c5703-8ce5-4b98-ae75-121c539d76b3' });
    pass(10_000);
  },
  '074-watch-nodes-cordon': () => {
    for (const unschedulable of [true, undefined]) {
      world.store.update('Node', undefined, 'old-z1', (draft) => {
        draft.spec = { ...draft.spec, unschedulable };
      });
      pass(1_000);
    }
  },
};

/** The version that requests call by a name which no answer gave them. */
function callNow(version: string): void {
  names.call(version, String(world.store.resourceVersion));
}

/** What the ReplicaSet controller brought, under the name that it had. */
function createFree(name: string, metadata: Json = {}): void {
  createPod(name, { labels: { app: 'free' }, ownerReferences: [ownedBy('free-86969874')], ...metadata }, {});
}

function createPod(name: string, metadata: Json, spec: Json): void {
  world.store.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name, namespace: 'rec', generation: 1 },
    spec: { containers: [{ name: 'main', image: 'none' }], terminationGracePeriodSeconds: 2, ...spec },
    status: { phase: 'Pending' },
  });
}

type Answer = Awaited<ReturnType<typeof replay>>;

/** Sends it; a watch is left to go on for its time. */
async function send(name: string, recording: Recording): Promise<Answer> {
  const request = names.translate(recording.request);
  if (recording.response.lines === undefined)
    return replay(served.kubernetesUrl, request, tokenOf(recording));
  const before = served.requests.length;
  const answering = replay(served.kubernetesUrl, request, tokenOf(recording));
  await expect.poll(() => served.requests[before]?.status).toBe(200);
  during[name]?.();
  const seconds = Number(new URLSearchParams(request.query).get('timeoutSeconds'));
  for (let second = 0; second <= seconds; second += 1) clock.advance(1_000);
  return answering;
}

/** By object, the version that the answer before told; on each side its own. */
const versions = { recorded: new Map<string, unknown>(), ours: new Map<string, unknown>() };

/** Whether the object has changed since it was last told of. */
function movedOn(side: Map<string, unknown>, body: unknown): string {
  if (typeof body !== 'object' || body === null || !('metadata' in body) || 'items' in body)
    return 'no object';
  const { kind, metadata } = body as Json & { metadata: Json };
  if (metadata.resourceVersion === undefined) return 'no version';
  const key = `${String(kind)} ${String(metadata.namespace)}/${String(metadata.name)}`;
  const before = side.get(key);
  side.set(key, metadata.resourceVersion);
  return before === undefined ? 'first' : before === metadata.resourceVersion ? 'same' : 'changed';
}

/** Counts of a budget are not masked here: the same evictions left the same pods. */
function causesOf(body: unknown): unknown {
  const { details } = (typeof body === 'object' && body !== null ? body : {}) as {
    details?: { causes?: Json[] };
  };
  return details?.causes?.filter(({ reason }) => reason === 'DisruptionBudget');
}

type Told = {
  readonly status: number;
  readonly headers: (name: string) => string | undefined;
  readonly body: unknown;
};

function told(name: string, { status, headers, body }: Told, side: Map<string, unknown>, path: string): Json {
  return {
    status,
    ...Object.fromEntries(
      ['content-type', 'retry-after', 'warning'].map((header) => [header, headers(header)]),
    ),
    ...(onlyTheKind.has(name) ? {} : { shape: shape(body) }),
    causes: causesOf(body),
    object: toldOfObject(body),
    moved: movedOn(side, body),
    names: otherObjects.test(path) ? undefined : firstNames(body),
  };
}

describe('the simulated API server, sent all recorded requests in their order,', () => {
  const all = recordedNames('kubernetes');
  it('has been told which answers need not be the same', () => {
    const known = [...Object.keys(tolerated), ...Object.keys(meanwhile), ...Object.keys(during)];
    expect(known.filter((name) => !all.includes(name))).toEqual([]);
    expect(all.length).toBe(145);
  });

  // One after the other, and on one server: a test of these means nothing without those before it.
  for (const name of all) {
    it(`answers ${name} as the real one did`, async () => {
      const recording = recorded(`kubernetes/${name}`);
      await meanwhile[name]?.();
      const answer = await send(name, recording);
      const { response, request } = recording;
      names.learn(response.body, answer.body);
      const path = `${request.path}?${decodeURIComponent(request.query)}`;
      const ours = { ...answer, headers: (header: string) => answer.headers.get(header) ?? undefined };
      const theirs = {
        ...response,
        body: response.body,
        headers: (header: string) => response.headers[header],
      };
      const [got, wanted] = [
        told(name, response.lines === undefined ? ours : { ...ours, body: undefined }, versions.ours, path),
        told(name, theirs, versions.recorded, path),
      ];
      if (tolerated[name] !== undefined) return;
      expect(got).toEqual(wanted);
      if (response.lines !== undefined)
        expect(toldOfLines(answer.text)).toEqual(toldOfLines(response.lines.join('\n')));
    });
  }
});
