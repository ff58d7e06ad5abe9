import { describe, expect, it } from 'vitest';
import { hashFleet } from '../../planner/hash/hash-fleet.ts';
import { readSnapshot } from '../../planner/read/read-snapshot.ts';
import {
  budget,
  cluster,
  deployment,
  fleetObjects,
  member,
  node,
  raw,
  threeZones,
  zone,
} from '../fixtures/fleet.ts';
import type { KubernetesList } from '../fixtures/fleet-parts.ts';
import { loadNamedFleets, loadRandomFleets, loadSnapshot } from '../fixtures/load.ts';
import { object } from '../fixtures/objects.ts';
import { fleetOf, readList, readListWithFindings } from '../fixtures/read.ts';

const without = (list: KubernetesList, ...kinds: string[]): KubernetesList => ({
  ...list,
  items: list.items.filter((each) => !kinds.includes(each.kind)),
});

describe('recorded fleets', () => {
  it('three zones: a member of each cluster in each zone, every fact where it was recorded', () => {
    const { fleet, findings } = readListWithFindings(loadSnapshot('three-zones').fleet);
    expect(findings).toEqual([]);
    expect(fleet).toMatchObject({ takenAt: '2026-11-22T22:23:00Z', zones: ['z1', 'z2', 'z3'] });
    expect(fleet.nodes[0]).toMatchObject({
      name: 'old-z1',
      zone: 'z1',
      ready: true,
      unschedulable: false,
      allocatable: { cpu: 16_000, memory: 68_719_476_736, pods: 110 },
    });
    const nodeOf = new Map(fleet.pods.map((pod) => [pod.key, pod.node]));
    expect(fleet.clusters.map(({ key, primary }) => [key, nodeOf.get(`default/${primary}`)])).toEqual([
      ['default/acid-a', 'old-z1'],
      ['default/acid-b', 'old-z1'],
      ['default/acid-c', 'old-z2'],
    ]);
    expect(fleet.pods.find(({ name }) => name === 'acid-a-0')).toMatchObject({
      uid: '53bb4afc-eeb3-497b-85fb-86caa7e9206f',
      requests: { cpu: 100, memory: 268_435_456, pods: 1 },
      nodeTerms: [{ labels: [{ key: 'lifecycle-status', operator: 'In', values: ['ready'] }] }],
      podAntiAffinity: [{ topologyKey: 'topology.kubernetes.io/zone' }],
      volumeBytes: 10_737_418_240,
      phase: 'Running',
      ready: true,
      cluster: 'default/acid-a',
    });
    expect(fleet.budgets.find(({ name }) => name === 'postgres-acid-a-pdb')).toMatchObject({
      minAvailable: 1,
      disruptionsAllowed: 0,
      currentHealthy: 1,
      expectedPods: 1,
    });
  });

  it('twelve and a hundred nodes: every cluster has three members and one primary, nothing is contradictory', () => {
    for (const [name, nodes, clusters] of [
      ['twelve', 12, 12],
      ['hundred', 100, 400],
    ] as const) {
      const { fleet, findings } = readListWithFindings(loadSnapshot(name).fleet);
      expect(findings, name).toEqual([]);
      expect([fleet.nodes.length, fleet.clusters.length], name).toEqual([nodes, clusters]);
      expect(
        fleet.clusters.filter((each) => each.primary === undefined || each.members.length !== 3),
      ).toEqual([]);
    }
  });

  it('a dump of 26 MB is read in a few times what JSON.parse takes for it', () => {
    const { fleet } = loadSnapshot('hundred');
    const text = JSON.stringify(fleet);
    // The best of three, both in one run: the machine may be busy with other tests.
    const bestOf = (work: () => unknown): number =>
      Math.min(
        ...[1, 2, 3].map(() => {
          const started = performance.now();
          work();
          return performance.now() - started;
        }),
      );
    const parsing = bestOf(() => JSON.parse(text));
    const reading = bestOf(() => readSnapshot([{ file: 'hundred.json', document: fleet }]));
    expect(reading / parsing).toBeLessThan(15);
  });

  it('the tiny fleets are read without a complaint', () => {
    const tiny = [...loadNamedFleets(), ...loadRandomFleets()];
    expect(tiny).toHaveLength(60);
    for (const { name, fleet } of tiny) {
      const answer = readSnapshot([{ file: name, document: fleet }]);
      expect(answer, name).toMatchObject({ kind: 'fleet', findings: [] });
    }
  });
});

describe('what is missing is said', () => {
  const missing = (...kinds: string[]) =>
    readListWithFindings(without(threeZones(), ...kinds)).findings.map(({ code, count, examples }) => [
      code,
      count,
      examples,
    ]);

  it('nothing, where nothing is missing', () => {
    expect(missing()).toEqual([]);
  });

  it('kinds that something in the snapshot asks for', () => {
    expect(missing('PodDisruptionBudget')).toEqual([['kind-missing', 1, ['PodDisruptionBudget']]]);
    expect(missing('StatefulSet')).toEqual([['kind-missing', 1, ['StatefulSet']]]);
    expect(missing('Endpoints')).toEqual([['kind-missing', 1, ['Endpoints']]]);
    expect(missing('PersistentVolume', 'PodDisruptionBudget').map(([code, count]) => [code, count])).toEqual([
      ['kind-missing', 2],
      ['no-persistent-volumes', 9],
    ]);
    expect(missing('Pod', 'PodDisruptionBudget')).toEqual([['kind-missing', 1, ['Pod']]]);
  });

  it('the zone of a node', () => {
    const list = fleetObjects(zone('z1', node('n1'), node('n2')));
    const second = list.items.find((each) => each.metadata.name === 'n2' && each.kind === 'Node');
    delete second?.metadata.labels['topology.kubernetes.io/zone'];
    const { fleet, findings } = readListWithFindings(list);
    expect(fleet.zones).toEqual(['(none)', 'z1']);
    expect(findings.find(({ code }) => code === 'no-zone-label')).toMatchObject({
      subject: 'n2',
      fix: 'kubectl label node n2 topology.kubernetes.io/zone=ZONE',
    });
  });
});

describe('nodes and budgets', () => {
  it('taints, cordon and readiness are read', () => {
    const { nodes } = fleetOf(
      zone(
        'z1',
        node('n1', {
          taints: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }],
          unschedulable: true,
        }),
        node('n2', { ready: false }),
      ),
    );
    expect(nodes).toMatchObject([
      { taints: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }], unschedulable: true, ready: true },
      { taints: [], unschedulable: false, ready: false },
    ]);
  });

  it('limits of budgets are numbers or percentages; a missing selector selects nothing, an empty one everything', () => {
    const { budgets } = fleetOf(
      zone('z1', node('n1')),
      deployment('web', { on: ['n1'] }),
      budget('a', { labels: { app: 'web' }, maxUnavailable: '50%' }),
      budget('b', { labels: {}, minAvailable: 1 }),
      raw(
        object(
          'policy/v1',
          'PodDisruptionBudget',
          { name: 'c', namespace: 'default' },
          { spec: { minAvailable: '2' } },
        ),
      ),
    );
    expect(budgets).toMatchObject([
      { key: 'default/a', maxUnavailable: '50%', expectedPods: 1 },
      { key: 'default/b', minAvailable: 1, selector: [] },
      { key: 'default/c', minAvailable: 2 },
    ]);
    expect(budgets[2]).not.toHaveProperty('selector');
    expect(budgets[2]).not.toHaveProperty('disruptionsAllowed');
  });

  it('a limit that is neither is refused with its path', () => {
    const list = fleetObjects(
      zone('z1', node('n1')),
      raw(
        object(
          'policy/v1',
          'PodDisruptionBudget',
          { name: 'c', namespace: 'default' },
          { spec: { maxUnavailable: 'half' } },
        ),
      ),
    );
    expect(readSnapshot([{ file: 'f.json', document: list }])).toMatchObject({
      kind: 'bad-input',
      problems: [{ file: 'f.json', field: 'items[2].spec.maxUnavailable', found: '"half"' }],
    });
  });
});

describe('hostile input changes nothing but itself', () => {
  it('__proto__ and constructor are labels like any other', () => {
    const text = JSON.stringify(
      fleetObjects(zone('z1', node('n1')), cluster('acid-a', member('n1', 'primary'))),
    );
    const hostile = JSON.parse(
      text
        .replaceAll('"labels":{"', '"labels":{"__proto__":"polluted","constructor":"x","')
        .replaceAll('"requests":{"', '"requests":{"__proto__":"5","toString":"1","'),
    );
    const { fleet } = readListWithFindings(hostile);
    expect(Object.hasOwn(fleet.nodes[0]?.labels ?? {}, '__proto__')).toBe(true);
    expect(Object.entries(fleet.pods[0]?.requests ?? {})).toContainEqual(['__proto__', 5]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(hashFleet(fleet)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('names like __proto__ for objects, scopes and namespaces', () => {
    const text = JSON.stringify(
      fleetObjects(zone('z1', node('n1')), cluster('acid-a', member('n1', 'primary'), member(undefined))),
    );
    const hostile = JSON.parse(
      text.replaceAll('acid-a', '__proto__').replaceAll('"default"', '"constructor"'),
    );
    expect(readList(hostile).clusters[0]).toMatchObject({
      key: 'constructor/__proto__',
      primary: '__proto__-0',
    });
  });

  it('a label of 100 kB and owners in a circle', () => {
    const list = fleetObjects(
      zone('z1', node('n1', { labels: { long: 'x'.repeat(100_000) } })),
      deployment('web', { on: ['n1'] }),
    );
    for (const each of list.items)
      if (each.kind === 'ReplicaSet')
        each.metadata.ownerReferences = [{ kind: 'ReplicaSet', name: each.metadata.name, controller: true }];
    expect(readList(list).nodes[0]?.labels.long).toHaveLength(100_000);
  });

  it('arrays a hundred thousand deep are refused, not followed', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    expect(readSnapshot([{ file: 'deep.json', document: deep }]).kind).toBe('bad-input');
  });

  it('any field of any object may be of another type: it is read or refused, and never thrown at', () => {
    const list = fleetObjects(
      zone('z1', node('n1', { volumesMax: 3, taints: [{ key: 'a', effect: 'NoSchedule' }] })),
      cluster('acid-a', member('n1', 'primary'), member('n1')),
      deployment('web', { on: ['n1'], budget: { maxUnavailable: 1 } }),
    );
    let tried = 0;
    for (const nonsense of [null, 7, [null], {}, '{"role":{}}'])
      for (const place of placesIn(list.items)) {
        const restore = replaceAt(list.items, place, nonsense);
        expect(() => readSnapshot([{ file: 'f', document: list }]), place.join('.')).not.toThrow();
        restore();
        tried += 1;
      }
    expect(tried).toBeGreaterThan(1000);
  });
});

/** Paths of all fields. */
function placesIn(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) => {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    return [here, ...placesIn(entry, here)];
  });
}

/** Returns what puts the former value back. */
function replaceAt(root: object, path: readonly (string | number)[], replacement: unknown): () => void {
  const parent = path.slice(0, -1).reduce<object>((current, key) => Reflect.get(current, key), root);
  const last = path.at(-1) ?? '';
  const former = Reflect.get(parent, last);
  Reflect.set(parent, last, replacement);
  return () => Reflect.set(parent, last, former);
}
