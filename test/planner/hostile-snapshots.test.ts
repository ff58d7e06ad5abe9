import { describe, expect, it } from 'vitest';
import { hashFleet } from '../../planner/hash/hash-fleet.ts';
import { readSnapshot, type SnapshotSource } from '../../planner/read/read-snapshot.ts';
import { matchesLabels } from '../../planner/rules/selector.ts';

type Json = Record<string, unknown>;

const node = (name: string, more: Json = {}): Json => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { 'topology.kubernetes.io/zone': 'z1' } },
  status: {
    allocatable: { cpu: '16', memory: '64Gi', pods: '110' },
    conditions: [{ type: 'Ready', status: 'True' }],
  },
  ...more,
});

const pod = (name: string, spec: Json = {}, metadata: Json = {}): Json => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', uid: `uid-${name}`, ...metadata },
  spec: { nodeName: 'n1', containers: [{ name: 'c', resources: { requests: { cpu: '10m' } } }], ...spec },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
});

function read(...items: readonly Json[]) {
  return readSnapshot([{ file: 'f.json', document: { apiVersion: 'v1', kind: 'List', items } }]);
}

function fleetOf(...items: readonly Json[]) {
  const answer = read(...items);
  if (answer.kind === 'bad-input') throw new Error(JSON.stringify(answer.problems[0]));
  return answer.fleet;
}

/** Seconds of a list of so many pods, which is made while it is read and never there as a whole. */
function secondsFor(pods: number): number {
  const each = 1000;
  function* sources(): Generator<SnapshotSource> {
    yield { file: 'nodes.json', document: [node('n1')] };
    for (let first = 0; first < pods; first += each) {
      const items = Array.from({ length: each }, (_, index) =>
        pod(`p-${first + index}`, {}, { labels: { app: `a-${first}`, index: String(index) } }),
      );
      yield { file: 'pods.json', document: { kind: 'PodList', items }, firstIndex: first };
    }
  }
  const started = performance.now();
  const answer = readSnapshot(sources());
  const seconds = (performance.now() - started) / 1000;
  if (answer.kind === 'bad-input') throw new Error('refused');
  expect(answer.fleet.pods).toHaveLength(pods);
  expect(new Set(answer.fleet.pods.map(({ requests }) => requests)).size).toBe(1);
  return seconds;
}

describe('much of something takes time and memory in proportion', { timeout: 60_000 }, () => {
  it('pods: four times as many take about four times as long', () => {
    secondsFor(5000);
    const some = Math.min(secondsFor(20_000), secondsFor(20_000));
    // A quadratic reader would take sixteen times as long; the machine may be busy with other tests.
    expect(secondsFor(80_000)).toBeLessThan(Math.max(1, some * 10));
  });

  it('containers, init containers, volumes, tolerations and ownerReferences of one pod', () => {
    const many = <Entry>(make: (index: number) => Entry) =>
      Array.from({ length: 50_000 }, (_, index) => make(index));
    const { pods } = fleetOf(
      node('n1'),
      pod(
        'p',
        {
          containers: many((index) => ({ name: `c${index}`, resources: { requests: { cpu: '1m' } } })),
          initContainers: many(() => ({ restartPolicy: 'Always', resources: { requests: { cpu: '1m' } } })),
          tolerations: many((index) => ({ key: `k${index}`, operator: 'Exists' })),
          volumes: many((index) => ({ name: `v${index}`, emptyDir: {} })),
        },
        { ownerReferences: many((index) => ({ kind: 'Pod', name: `p${index}` })) },
      ),
    );
    expect(pods[0]).toMatchObject({ owner: { kind: 'none' }, requests: { cpu: 100_000, pods: 1 } });
  });

  it('a selector with a hundred thousand values, asked a hundred thousand times', () => {
    const values = Array.from({ length: 100_000 }, (_, index) => `v${index}`);
    const selector = [{ key: 'app', operator: 'In', values } as const];
    let found = 0;
    for (let index = 0; index < 100_000; index += 1)
      if (matchesLabels(selector, { app: `v${index * 2}` })) found += 1;
    expect(found).toBe(50_000);
  });

  it('claims of one pod, the same one named again and again', () => {
    const volumes = Array.from({ length: 20_000 }, (_, index) => ({
      name: `v${index}`,
      persistentVolumeClaim: { claimName: `c${index % 10_000}` },
    }));
    expect(fleetOf(node('n1'), pod('p', { volumes })).pods[0]?.volumeTerms).toHaveLength(1);
  });

  it('quantities with thousands of digits, and problems by the thousand', () => {
    const cpu = `1e${'9'.repeat(100_000)}`;
    const pods = Array.from({ length: 5000 }, (_, index) =>
      pod(`p${index}`, { containers: [{ resources: { requests: { cpu, memory: '9'.repeat(100_000) } } }] }),
    );
    const answer = read(node('n1'), ...pods);
    expect(answer.kind === 'bad-input' && answer.problems.length).toBe(50);
    expect(answer.kind === 'bad-input' && answer.problems[0]?.found.length).toBeLessThan(100);
  });
});

describe('nothing is followed without an end', () => {
  it('a list that holds itself, as YAML can say it', () => {
    const items: unknown[] = [];
    const list = { kind: 'List', items };
    for (let index = 0; index < 50; index += 1) items.push(list);
    expect(readSnapshot([{ file: 'f.yaml', document: list }]).kind).toBe('bad-input');
  });

  it('objects a hundred thousand levels deep where a part of a pod is expected', () => {
    const deep = () => JSON.parse(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`);
    const parts = (): Json => ({
      tolerations: [deep()],
      nodeSelector: deep(),
      affinity: {
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [deep()] } },
        podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [deep()] },
      },
      topologySpreadConstraints: [deep()],
      containers: [{ resources: { requests: deep() } }],
    });
    const answer = read(node('n1'), pod('a', parts()), pod('b', parts()));
    expect(answer).toMatchObject({
      kind: 'bad-input',
      problems: [{ field: 'items[1].spec.containers[0].resources.requests.a', found: 'an object' }, {}],
    });
  });
});

describe('absurd values are refused in one line or mean what they say', () => {
  it.each(['1e400', '-5', '999999999999Ei', 'NaN', 'Infinity', '1e19', '9007199254740993', '', ' 1'])(
    'nobody can ask for %j',
    (cpu) => {
      const answer = read(
        node('n1'),
        pod('p', { containers: [{ resources: { requests: { memory: cpu } } }] }),
      );
      expect(answer).toMatchObject({
        kind: 'bad-input',
        problems: [{ field: 'items[1].spec.containers[0].resources.requests.memory' }],
      });
    },
  );

  it('sums stay exact numbers, whatever many containers ask for', () => {
    const containers = Array.from({ length: 9 }, () => ({ resources: { requests: { memory: '8191Ti' } } }));
    expect(fleetOf(node('n1'), pod('p', { containers })).pods[0]?.requests.memory).toBe(
      Number.MAX_SAFE_INTEGER,
    );
  });

  it('a node offers no more than can be counted', () => {
    const { nodes } = fleetOf(node('n1', { status: { allocatable: { memory: '16Ei', cpu: '1e18' } } }));
    expect(nodes[0]?.allocatable).toEqual({ cpu: Number.MAX_SAFE_INTEGER, memory: Number.MAX_SAFE_INTEGER });
  });

  it('WAL positions beyond exact numbers say nothing: differences of them would be invented', () => {
    const member = (name: string, role: string, position: unknown): Json =>
      pod(
        name,
        {},
        {
          labels: { application: 'spilo', 'cluster-name': 'a', 'spilo-role': role },
          annotations: { status: JSON.stringify({ role, state: 'running', xlog_location: position }) },
        },
      );
    const { clusters } = fleetOf(
      node('n1'),
      member('a-0', 'master', 2 ** 60),
      member('a-1', 'replica', String(2 ** 60 - 1)),
      member('a-2', 'replica', 'Infinity'),
    );
    expect(clusters[0]?.members.map(({ lagBytes }) => lagBytes)).toEqual([0, undefined, undefined]);
  });

  it('names that are empty, numbers, or look like the key of another object', () => {
    for (const name of ['', 5, null, {}, 'a/b'])
      expect(read(node('n1'), pod('p', {}, { name }))).toMatchObject({
        kind: 'bad-input',
        problems: [{ field: 'items[1].metadata.name' }],
      });
    expect(read(node('n1'), pod('c', {}, { namespace: 'a/b' }))).toMatchObject({
      problems: [{ field: 'items[1].metadata.namespace' }],
    });
  });

  it('numbers where texts are expected, and texts where numbers are', () => {
    const { pods } = fleetOf(
      node('n1'),
      pod(
        'p',
        {
          nodeSelector: { disk: 5 },
          tolerations: [{ key: 7, operator: 'Exists' }, 'all', null],
          topologySpreadConstraints: [
            { topologyKey: 3, maxSkew: '-2', minDomains: JSON.parse('1e400'), labelSelector: {} },
          ],
        },
        { labels: { app: 1, ok: 'yes' }, uid: 12 },
      ),
    );
    expect(pods[0]).toMatchObject({
      uid: 'default/p',
      labels: { ok: 'yes' },
      nodeSelector: {},
      spread: [{ topologyKey: '', maxSkew: 1, minDomains: 1 }],
    });
  });
});

describe('names that mean something to JavaScript are names like any other', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];

  it.each(names)('%s as node, zone, namespace, label, taint, resource, annotation, scope, owner', (name) => {
    const keyed = (value: unknown): unknown =>
      JSON.parse(`{${JSON.stringify(name)}: ${JSON.stringify(value)}}`);
    const named = (): Json => ({
      ...pod('x', {
        nodeName: name,
        nodeSelector: keyed('x'),
        containers: [{ name, resources: { requests: keyed('1') } }],
      }),
      metadata: {
        name: `${name}-0`,
        namespace: name,
        labels: { application: 'spilo', 'cluster-name': name, 'spilo-role': 'master' },
        annotations: keyed('x'),
        ownerReferences: [{ kind: name, name, uid: name, controller: true }],
      },
    });
    const fleet = fleetOf(
      node(name, {
        metadata: { name, labels: { ...(keyed('x') as Json), 'topology.kubernetes.io/zone': name } },
        spec: { taints: [{ key: name, value: name, effect: 'NoSchedule' }] },
        status: { allocatable: keyed('2') },
      }),
      named(),
      pod('bare', { nodeName: name }),
    );
    const found = fleet.pods.find((each) => each.name !== 'bare');
    expect(fleet.zones).toEqual([name]);
    expect(fleet.clusters[0]).toMatchObject({ key: `${name}/${name}`, primary: `${name}-0` });
    expect(Object.keys(found?.requests ?? {})).toContain(name);
    expect(Object.hasOwn(found?.nodeSelector ?? {}, name)).toBe(true);
    expect(found?.owner).toMatchObject({ kind: 'other', ownerKind: name });
    expect(fleet.nodes[0]?.allocatable[name]).toBe(2);
    // What is not there is not inherited either.
    const bare = fleet.pods.find((each) => each.name === 'bare');
    for (const record of [bare?.labels, bare?.nodeSelector, bare?.requests])
      for (const each of names) expect(record?.[each]).toBeUndefined();
    expect(({} as Json).x).toBeUndefined();
    expect(hashFleet(fleet)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('lone halves of a letter are told apart', () => {
    const hashes = ['\ud800', '\udbff', '\udc00', '\ufffd'].map((half) =>
      hashFleet(fleetOf(node('n1'), pod('p', {}, { labels: { a: half } }))),
    );
    expect(new Set(hashes).size).toBe(4);
  });
});
