import { describe, expect, it } from 'vitest';
import { describeProblem } from '../../planner/read/describe-problem.ts';
import { readSnapshot } from '../../planner/read/read-snapshot.ts';
import { type KubernetesObject, threeZones } from '../fixtures/fleet.ts';

const whole = threeZones();

function read(...documents: unknown[]) {
  return readSnapshot(documents.map((document, index) => ({ file: `${index}.json`, document })));
}

/** The lines a person would see. */
function lines(...documents: unknown[]): string[] {
  const answer = read(...documents);
  return answer.kind === 'fleet' ? [] : answer.problems.map(describeProblem);
}

function ofKind(kind: string): KubernetesObject[] {
  return whole.items.filter((object) => object.kind === kind);
}

describe('the forms in which kubectl prints objects', () => {
  const asList = read(whole);

  it('a List', () => {
    expect(asList).toMatchObject({ kind: 'fleet', fleet: { zones: ['z1', 'z2', 'z3'] } });
  });

  it('several files, each a typed list whose entries do not name their kind', () => {
    const kinds = [...new Set(whole.items.map((object) => object.kind))];
    const typed = kinds.map((kind) => ({
      apiVersion: 'v1',
      kind: `${kind}List`,
      items: ofKind(kind).map(({ kind: _, apiVersion: __, ...object }) => object),
    }));
    expect(read(...typed)).toEqual(asList);
  });

  it('single objects, as a stream of documents with an empty one among them', () => {
    expect(read([null, ...whole.items])).toEqual(asList);
  });

  it('a List in a List', () => {
    expect(read({ apiVersion: 'v1', kind: 'List', items: [whole] })).toEqual(asList);
  });

  it('kinds that are not read are passed over, also a Node of some other API group', () => {
    const foreign = [
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } },
      { apiVersion: 'infra.example/v1', kind: 'Node', metadata: { name: 'n1' }, spec: { taints: 'none' } },
      { apiVersion: 'example/v1', kind: 'IPAllowList', metadata: { name: 'x' } },
      { apiVersion: 'example/v1', kind: 'Nameless' },
    ];
    expect(read({ ...whole, items: [...whole.items, ...foreign] })).toEqual(asList);
  });
});

describe('bad input is refused in one line that names the file, the field and what was expected', () => {
  it('a List without nodes', () => {
    expect(lines({ ...whole, items: ofKind('PersistentVolume') })).toEqual([
      '0.json: no Node among 9 objects; expected what `kubectl get nodes,pods,pvc,pv,pdb,statefulsets,endpoints,configmaps -A -o json` prints',
    ]);
  });

  it('nothing at all', () => {
    expect(lines()).toHaveLength(1);
    expect(lines([])[0]).toContain('no Kubernetes objects');
    expect(lines({ apiVersion: 'v1', kind: 'List', items: [] })[0]).toContain('no Kubernetes objects');
  });

  it('something else than Kubernetes objects', () => {
    expect(lines('hello')).toContain(
      '0.json: "hello"; expected a Kubernetes object or List, as kubectl prints it',
    );
    expect(lines({ apiVersion: 'v1', kind: 'List', items: [...whole.items, 5] })).toEqual([
      `0.json: items[${whole.items.length}]: 5; expected a Kubernetes object or List, as kubectl prints it`,
    ]);
    expect(lines({ apiVersion: 'v1', kind: 'List', items: 'none' })[0]).toBe(
      '0.json: items: "none"; expected the objects of the List',
    );
  });

  it('two objects of one kind and name, in one file or in two', () => {
    const pod = ofKind('Pod')[0];
    expect(lines({ ...whole, items: [...whole.items, pod] })).toEqual([
      `0.json: items[${whole.items.length}].metadata.name: Pod default/acid-a-0 a second time (first: items[${whole.items.indexOf(pod as KubernetesObject)}]); expected each object once`,
    ]);
    expect(lines(whole, pod)[0]).toContain('1.json: metadata.name: Pod default/acid-a-0 a second time');
  });

  it('a second object is told with the place of the first, whatever pages, lists and empty documents lie between', () => {
    const named = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
    const list = (...items: unknown[]) => ({ apiVersion: 'v1', kind: 'List', items });
    const answer = readSnapshot([
      { file: 'a.json', document: whole },
      { file: 'b.json', document: list(named('b0'), named('b1')) },
      { file: 'b.json', document: list(named('b2'), null, named('b4')), firstIndex: 2 },
      { file: 'c.json', document: [named('c0'), list(named('c1'), named('c2')), null, named('c3')] },
      { file: 'd.json', document: named('d') },
      { file: 'e.json', document: list(...['b1', 'b2', 'b4', 'c0', 'c2', 'c3', 'd'].map(named)) },
    ]);
    const told = answer.kind === 'fleet' ? [] : answer.problems.map(({ found }) => found);
    expect(told.filter((found) => found.includes('a second time'))).toEqual([
      'ConfigMap default/b1 a second time (first: items[1] of b.json)',
      'ConfigMap default/b2 a second time (first: items[2] of b.json)',
      'ConfigMap default/b4 a second time (first: items[4] of b.json)',
      'ConfigMap default/c0 a second time (first: [0] of c.json)',
      'ConfigMap default/c2 a second time (first: [1].items[1] of c.json)',
      'ConfigMap default/c3 a second time (first: [3] of c.json)',
      'ConfigMap default/d a second time (first: d.json)',
    ]);
  });

  it('an object without namespace and one in namespace default are the same', () => {
    const pod = structuredClone(ofKind('Pod')[0] as KubernetesObject);
    delete pod.metadata.namespace;
    expect(lines(whole, pod)[0]).toContain('Pod default/acid-a-0 a second time');
  });

  it('a pod on a node that is not there', () => {
    const items = whole.items.filter((object) => !(object.kind === 'Node' && object.metadata.name === 'n3'));
    const found = lines({ ...whole, items });
    expect(found).toHaveLength(3);
    expect(found[0]).toMatch(
      /^0\.json: items\[\d+\]\.spec\.nodeName: "n3" \(pod default\/acid-a-2\); expected a node of the same snapshot$/,
    );
  });

  it('an object of a kind that is read, without a name', () => {
    expect(lines(whole, { apiVersion: 'v1', kind: 'Pod', metadata: {} })).toEqual([
      '1.json: metadata.name: nothing; expected the name of the Pod',
    ]);
  });

  it('a quantity that is none', () => {
    const items = structuredClone(whole.items);
    const node = items.find((object) => object.kind === 'Node') as KubernetesObject;
    node.status = { allocatable: { cpu: '16 cores', memory: '-1Gi' } };
    expect(lines({ ...whole, items })).toEqual([
      '0.json: items[0].status.allocatable.cpu: "16 cores"; expected a Kubernetes quantity of zero or more, such as 500m, 4 or 64Gi',
      '0.json: items[0].status.allocatable.memory: "-1Gi"; expected a Kubernetes quantity of zero or more, such as 500m, 4 or 64Gi',
    ]);
  });
});
