import { afterEach, describe, expect, it } from 'vitest';
import { connectKubernetes, type KubernetesOptions } from '../../../executor/kubernetes/index.ts';
import { readLiveFleet } from '../../../executor/read-fleet.ts';
import { defaultPresets } from '../../../planner/read/member-presets.ts';
import { type Answer, type Asked, recordedAnswer, recording, serveAnswers } from '../answering-server.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const nowMs = Date.UTC(2026, 10, 23, 12);

async function connect(answer: (asked: Asked) => Answer, options: Partial<KubernetesOptions> = {}) {
  const server = await serveAnswers(answer);
  const kubernetes = connectKubernetes({
    server: server.url,
    clock: { nowMs: () => nowMs },
    // Servers that hang make a test wait this long; a machine with much to do needs some of it to answer at all.
    requestDeadlineMs: 2_000,
    ...options,
  });
  open.push(server, kubernetes);
  return { server, kubernetes };
}

const status = (code: number, reason: string, name: string): Answer => ({
  status: code,
  body: { kind: 'Status', status: 'Failure', reason, message: `${name}: ${reason}`, details: { name }, code },
});

/** One node that takes merge patches of its top fields, as far as marks need it. */
function nodeServer(spec: Record<string, unknown>, annotations: Record<string, string> = {}) {
  const patches: unknown[] = [];
  const answer = (asked: Asked): Answer => {
    if (asked.method === 'PATCH') {
      patches.push(JSON.parse(asked.body));
      return { status: 200, body: {} };
    }
    const metadata = {
      name: 'n1',
      uid: 'u',
      resourceVersion: '7',
      creationTimestamp: '2026-01-01T00:00:00Z',
      annotations,
    };
    return { status: 200, body: { kind: 'Node', metadata, spec, status: {} } };
  };
  return { patches, answer };
}

describe('the same GETs', () => {
  it('are one request while they wait for their turn, and one more for whoever asks after it was sent', async () => {
    const { answer } = nodeServer({});
    const { kubernetes, server } = await connect(answer, { limits: { perSecond: 10, burst: 1 } });
    const ask = () => kubernetes.getNode('n1');
    const nodes = await Promise.all([ask(), ask()]);
    expect(nodes.map((node) => node?.name)).toEqual(['n1', 'n1']);
    expect(server.asked).toHaveLength(1);
    await Promise.all([ask(), ask(), ask()]);
    expect(server.asked).toHaveLength(2);
  });

  it('of another name are requests of their own', async () => {
    const { kubernetes, server } = await connect(nodeServer({}).answer, {
      limits: { perSecond: 10, burst: 1 },
    });
    await Promise.all(['n1', 'n2', 'n3'].map((name) => kubernetes.getNode(name)));
    expect(server.asked).toHaveLength(3);
  });
});

describe('changes of a node', () => {
  const n1 = { name: 'n1', resourceVersion: '7' };
  const foreign = { key: 'dedicated', value: 'db', effect: 'NoSchedule', timeAdded: '2026-01-01T00:00:00Z' };

  it('a fence adds one taint to those of others and carries the resourceVersion that was looked at', async () => {
    const { patches, answer } = nodeServer({ taints: [foreign] });
    const { kubernetes, server } = await connect(answer);
    expect(await kubernetes.changeNode(n1, { kind: 'fence', run: 'run-1' })).toBe('done');
    expect(patches).toEqual([
      {
        metadata: { resourceVersion: '7' },
        spec: { taints: [foreign, { key: 'switchyard.dev/drain', value: 'run-1', effect: 'NoSchedule' }] },
      },
    ]);
    expect(server.asked.at(-1)?.headers['content-type']).toBe('application/merge-patch+json');
  });

  it('what is so already is done without a patch', async () => {
    const ours = { key: 'switchyard.dev/drain', value: 'run-1', effect: 'NoSchedule' };
    const { patches, answer } = nodeServer({ taints: [ours] });
    const { kubernetes } = await connect(answer);
    expect(await kubernetes.changeNode(n1, { kind: 'fence', run: 'run-1' })).toBe('done');
    expect(patches).toEqual([]);
  });

  it('the fence that an earlier run left is taken over, not doubled', async () => {
    const { patches, answer } = nodeServer({
      taints: [{ key: 'switchyard.dev/drain', value: 'run-0', effect: 'NoSchedule' }],
    });
    const { kubernetes } = await connect(answer);
    await kubernetes.changeNode(n1, { kind: 'fence', run: 'run-1' });
    expect(patches).toMatchObject([{ spec: { taints: [{ value: 'run-1' }] } }]);
  });

  it('a fence of another run is not taken off', async () => {
    const { patches, answer } = nodeServer({
      taints: [{ key: 'switchyard.dev/drain', value: 'run-2', effect: 'NoSchedule' }],
    });
    const { kubernetes } = await connect(answer);
    expect(await kubernetes.changeNode(n1, { kind: 'unfence', run: 'run-1' })).toBe('done');
    expect(patches).toEqual([]);
  });

  it('unfencing leaves the taints of others', async () => {
    const ours = { key: 'switchyard.dev/drain', value: 'run-1', effect: 'NoSchedule' };
    const { patches, answer } = nodeServer({ taints: [ours, foreign] });
    const { kubernetes } = await connect(answer);
    await kubernetes.changeNode(n1, { kind: 'unfence', run: 'run-1' });
    expect(patches).toEqual([{ metadata: { resourceVersion: '7' }, spec: { taints: [foreign] } }]);
  });

  it('a cordon of ours is marked; a cordon of somebody else is left to them', async () => {
    const free = nodeServer({});
    const one = await connect(free.answer);
    await one.kubernetes.changeNode(n1, { kind: 'cordon', run: 'run-1' });
    expect(free.patches).toEqual([
      {
        metadata: { resourceVersion: '7', annotations: { 'switchyard.dev/cordoned-by': 'run-1' } },
        spec: { unschedulable: true },
      },
    ]);
    const theirs = nodeServer({ unschedulable: true });
    const two = await connect(theirs.answer);
    expect(await two.kubernetes.changeNode(n1, { kind: 'cordon', run: 'run-1' })).toBe('done');
    expect(await two.kubernetes.changeNode(n1, { kind: 'uncordon', run: 'run-1' })).toBe('done');
    expect(theirs.patches).toEqual([]);
  });

  it('a node that changed since it was looked at is a conflict, and nothing is sent', async () => {
    const { patches, answer } = nodeServer({});
    const { kubernetes } = await connect(answer);
    const stale = { name: 'n1', resourceVersion: '6' };
    expect(await kubernetes.changeNode(stale, { kind: 'cordon', run: 'run-1' })).toBe('conflict');
    expect(patches).toEqual([]);
  });

  it('a change between our look and our patch is a conflict, as a real API server says it', async () => {
    const { answer } = nodeServer({});
    const { kubernetes } = await connect((asked) =>
      asked.method === 'PATCH'
        ? recordedAnswer('kubernetes', '049-patch-conflicting-resourceversion-409')
        : answer(asked),
    );
    expect(await kubernetes.changeNode(n1, { kind: 'cordon', run: 'run-1' })).toBe('conflict');
  });

  it('a node that is not there is gone', async () => {
    const { kubernetes } = await connect(() => status(404, 'NotFound', 'n1'));
    expect(await kubernetes.changeNode(n1, { kind: 'fence', run: 'run-1' })).toBe('gone');
    expect(await kubernetes.getNode('n1')).toBeUndefined();
  });
});

describe('requests', () => {
  it('an eviction carries the UID as precondition', async () => {
    const { kubernetes, server } = await connect(() => ({ status: 201, body: { kind: 'Status' } }));
    expect(await kubernetes.evict({ namespace: 'default', name: 'acid-a-0', uid: 'u-1' })).toEqual({
      kind: 'evicted',
    });
    expect(server.asked[0]).toMatchObject({
      method: 'POST',
      path: '/api/v1/namespaces/default/pods/acid-a-0/eviction',
    });
    expect(JSON.parse(server.asked[0]?.body ?? '')).toMatchObject({
      deleteOptions: { preconditions: { uid: 'u-1' } },
    });
  });

  it('pods are asked for by label and by node', async () => {
    const { kubernetes, server } = await connect(() => ({ status: 200, body: { items: [] } }));
    await kubernetes.listPods({
      namespace: 'default',
      labels: { application: 'spilo', 'cluster-name': 'acid-a' },
      node: 'n1',
    });
    expect(server.asked[0]?.path).toBe('/api/v1/namespaces/default/pods');
    expect(server.asked[0]?.query.get('labelSelector')).toBe('application=spilo,cluster-name=acid-a');
    expect(server.asked[0]?.query.get('fieldSelector')).toBe('spec.nodeName=n1');
  });

  it('a long list is read page by page to its end', async () => {
    const page = recording('kubernetes', '027-node-list').response.body as { items: readonly unknown[] };
    const { kubernetes } = await connect((asked) => ({
      status: 200,
      body:
        asked.query.get('continue') === null
          ? { ...page, metadata: { continue: 'c' } }
          : { items: page.items },
    }));
    expect(await kubernetes.listNodes()).toHaveLength(page.items.length * 2);
  });

  it('connections are used again', async () => {
    const { kubernetes, server } = await connect(() => ({ status: 200, body: { items: [] } }));
    for (let i = 0; i < 20; i += 1) await kubernetes.listNodes();
    expect(server.asked).toHaveLength(20);
    expect(server.connections()).toBeLessThan(5);
  });

  it('replicas of an owner default to one, and an owner that is gone has none', async () => {
    const { kubernetes } = await connect((asked) =>
      asked.path.endsWith('/web')
        ? { status: 200, body: { metadata: { resourceVersion: '1' }, spec: {} } }
        : status(404, 'NotFound', 'gone'),
    );
    expect(await kubernetes.getReplicas({ kind: 'ReplicaSet', namespace: 'default', name: 'web' })).toBe(1);
    expect(
      await kubernetes.getReplicas({ kind: 'StatefulSet', namespace: 'default', name: 'gone' }),
    ).toBeUndefined();
  });

  it('an owner that is being deleted counts as gone: it brings no pod back any more', async () => {
    const deletionTimestamp = '2026-11-23T08:00:00Z';
    const leaving = { metadata: { resourceVersion: '1', deletionTimestamp }, spec: { replicas: 1 } };
    const { kubernetes } = await connect(() => ({ status: 200, body: leaving }));
    const set = { namespace: 'default', name: 'acid-a-c' };
    expect(await kubernetes.getReplicas({ kind: 'StatefulSet', ...set })).toBeUndefined();
    expect(await kubernetes.getOrdinals(set)).toBeUndefined();
  });

  it('a StatefulSet gets replicas and first ordinal in one change with its resourceVersion', async () => {
    const { kubernetes, server } = await connect(() => ({
      status: 200,
      body: { metadata: { resourceVersion: '9' }, spec: { replicas: 1 } },
    }));
    const scaled = await kubernetes.scaleStatefulSet({
      namespace: 'default',
      name: 'solo',
      replicas: 1,
      firstOrdinal: 1,
    });
    expect(scaled).toBe('done');
    expect(JSON.parse(server.asked[1]?.body ?? '')).toEqual({
      metadata: { resourceVersion: '9' },
      spec: { replicas: 1, ordinals: { start: 1 } },
    });
  });
});

describe('failures of the outside', () => {
  it.each<[string, Answer, string]>([
    ['no answer in time', 'hang', 'timeout'],
    ['a closed connection', 'drop', 'unreachable'],
    ['a server error', { status: 503, body: 'oops' }, 'server-error'],
    [
      'throttling',
      { status: 429, body: { kind: 'Status', message: 'slow down' }, headers: { 'retry-after': '3' } },
      'throttled',
    ],
    ['missing rights', recordedAnswer('kubernetes', '018-forbidden-403-list-nodes'), 'not-allowed'],
    ['a bad token', recordedAnswer('kubernetes', '016-unauthorized-401-bad-token'), 'not-allowed'],
    ['no JSON', { status: 200, body: '<html>' }, 'unexpected-answer'],
  ])('%s', async (_name, answer, code) => {
    const { kubernetes } = await connect(() => answer);
    await expect(kubernetes.listNodes()).rejects.toMatchObject({
      name: 'OutsideError',
      code,
      target: 'kubernetes',
    });
  });

  it('throttling says when to come back', async () => {
    const { kubernetes } = await connect(() => ({ status: 429, body: {}, headers: { 'retry-after': '3' } }));
    await expect(kubernetes.getNode('n1')).rejects.toMatchObject({ retryAfterMs: 3000 });
  });

  it('their message names the request and no header', async () => {
    const { kubernetes } = await connect(() => ({
      status: 503,
      body: { message: 'etcd is away' },
      headers: { 'x-secret': 'hidden' },
    }));
    await expect(kubernetes.getNode('n1')).rejects.toThrow(
      'kubernetes: GET /api/v1/nodes/n1: 503 etcd is away',
    );
  });

  it('a kubeconfig without the context is refused at once', () => {
    const kubeconfig = JSON.stringify({ clusters: [], users: [], contexts: [], 'current-context': '' });
    expect(() => connectKubernetes({ kubeconfig, context: 'prod' })).toThrow('has no context "prod"');
  });
});

describe('the objects for a snapshot', () => {
  it('carry their kinds and no contents of ConfigMaps, env values or managedFields', async () => {
    const { kubernetes, server } = await connect((asked) => {
      const metadata = {
        name: 'x',
        namespace: 'default',
        managedFields: [{}],
        annotations: { config: '{}' },
      };
      if (asked.path.endsWith('/configmaps'))
        return { status: 200, body: { items: [{ metadata, data: { password: 'p' } }] } };
      if (asked.path.endsWith('/pods')) {
        return {
          status: 200,
          body: {
            items: [{ metadata, spec: { containers: [{ name: 'c', env: [{ name: 'P', value: 'p' }] }] } }],
          },
        };
      }
      return { status: 200, body: { items: [] } };
    });
    expect(await kubernetes.listFleetObjects()).toEqual([
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'x', namespace: 'default', annotations: { config: '{}' } },
      },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'x', namespace: 'default', annotations: { config: '{}' } },
        spec: { containers: [{ name: 'c' }] },
      },
    ]);
    expect(server.asked.map((asked) => asked.path).filter((path) => path.includes('secret'))).toEqual([]);
  });

  it('of a leader that writes while they are listed show no lag', async () => {
    let position = 0;
    const cluster = { 'cluster-name': 'acid-a', application: 'spilo' };
    const member = (name: string, role: string) => ({
      metadata: {
        name,
        namespace: 'default',
        uid: name,
        labels: { ...cluster, 'spilo-role': role },
        annotations: {
          status: JSON.stringify({ role, state: 'running', xlog_location: position, timeline: 1 }),
        },
      },
      spec: { nodeName: 'n1', containers: [{ name: 'c' }] },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    });
    const { kubernetes } = await connect(({ path }) => {
      // A GiB of WAL for each list: far more than any lag limit.
      position += 2 ** 30;
      const lock = {
        name: 'acid-a',
        namespace: 'default',
        labels: cluster,
        annotations: { leader: 'acid-a-0', optime: String(position), renewTime: '2026-01-01T00:00:00Z' },
      };
      const items = path.endsWith('/pods')
        ? [member('acid-a-0', 'master'), member('acid-a-1', 'replica')]
        : path.endsWith('/endpoints')
          ? [{ metadata: lock }]
          : path.endsWith('/nodes')
            ? [{ metadata: { name: 'n1', uid: 'n1', labels: {} }, spec: {}, status: { allocatable: {} } }]
            : [];
      return { status: 200, body: { items } };
    });
    const live = await readLiveFleet(kubernetes, defaultPresets);
    const members = live.kind === 'fleet' ? live.fleet.clusters.flatMap((each) => each.members) : [];
    expect(members.map(({ name, lagBytes }) => [name, lagBytes])).toEqual([
      ['acid-a-0', 0],
      ['acid-a-1', 0],
    ]);
  });

  it('are not given at all when one kind cannot be listed', async () => {
    const { kubernetes } = await connect((asked) =>
      asked.path.endsWith('/poddisruptionbudgets')
        ? status(403, 'Forbidden', '')
        : { status: 200, body: { items: [] } },
    );
    await expect(kubernetes.listFleetObjects()).rejects.toMatchObject({ code: 'not-allowed' });
  });
});
