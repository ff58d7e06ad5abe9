import { describe, expect, it } from 'vitest';
import { jsonPatch, mergePatch, strategicMergePatch } from '../../../simulations/http/patch.ts';

describe('a merge patch', () => {
  // The table of https://www.rfc-editor.org/rfc/rfc7396#appendix-A
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('of %j with %j gives %j', (target, patch, expected) => {
    const kept = structuredClone(target);
    expect(mergePatch(target, patch)).toEqual(expected);
    expect(target).toEqual(kept);
  });
});

describe('a strategic merge patch', () => {
  it('replaces taints whole, as they have no merge key', () => {
    const node = { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } };
    const patch = { spec: { taints: [{ key: 'b', effect: 'NoSchedule' }] } };
    expect(strategicMergePatch(node, patch)).toEqual(patch);
  });

  it('merges conditions by type and keeps the others', () => {
    const node = {
      status: {
        conditions: [
          { type: 'Ready', status: 'True', reason: 'x' },
          { type: 'DiskPressure', status: 'False' },
        ],
      },
    };
    const patch = { status: { conditions: [{ type: 'DiskPressure', status: 'True' }] } };
    expect(strategicMergePatch(node, patch)).toEqual({
      status: {
        conditions: [
          { type: 'Ready', status: 'True', reason: 'x' },
          { type: 'DiskPressure', status: 'True' },
        ],
      },
    });
  });

  it('removes one of a keyed list by $patch: delete', () => {
    const pod = { spec: { containers: [{ name: 'a' }, { name: 'b' }] } };
    const patch = { spec: { containers: [{ name: 'a', $patch: 'delete' }] } };
    expect(strategicMergePatch(pod, patch)).toEqual({ spec: { containers: [{ name: 'b' }] } });
  });

  it('adds to finalizers and removes from them by its directive', () => {
    const object = { metadata: { finalizers: ['a', 'b'] } };
    expect(strategicMergePatch(object, { metadata: { finalizers: ['b', 'c'] } })).toEqual({
      metadata: { finalizers: ['a', 'b', 'c'] },
    });
    expect(
      strategicMergePatch(object, { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } }),
    ).toEqual({ metadata: { finalizers: ['b'] } });
  });

  it('leaves no directive behind', () => {
    const pod = { spec: { containers: [{ name: 'a' }] } };
    const patch = {
      spec: {
        $setElementOrder: 1,
        '$setElementOrder/containers': [{ name: 'a' }],
        containers: [{ name: 'a', image: 'x' }],
      },
    };
    expect(strategicMergePatch(pod, patch)).toEqual({ spec: { containers: [{ name: 'a', image: 'x' }] } });
  });

  it('removes a field by null and a map by $patch: delete', () => {
    const object = { metadata: { labels: { a: '1', b: '2' }, annotations: { c: '3' } } };
    expect(
      strategicMergePatch(object, { metadata: { labels: { a: null }, annotations: { $patch: 'delete' } } }),
    ).toEqual({ metadata: { labels: { b: '2' } } });
  });
});

describe('a JSON patch', () => {
  it.each([
    [{ a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    [{ a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
    [{ a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
    [{ a: [1, 2] }, [{ op: 'replace', path: '/a/0', value: 9 }], { a: [9, 2] }],
    [{ a: [1, 2] }, [{ op: 'remove', path: '/a/0' }], { a: [2] }],
    [{ 'x/y': 1 }, [{ op: 'remove', path: '/x~1y' }], {}],
    [{ a: 1 }, [{ op: 'move', from: '/a', path: '/b' }], { b: 1 }],
    [{ a: { c: 1 } }, [{ op: 'copy', from: '/a', path: '/b' }], { a: { c: 1 }, b: { c: 1 } }],
    [
      { a: 1 },
      [
        { op: 'test', path: '/a', value: 1 },
        { op: 'replace', path: '/a', value: 2 },
      ],
      { a: 2 },
    ],
    [{ a: null }, [{ op: 'replace', path: '/a', value: 1 }], { a: 1 }],
  ])('on %j of %j gives %j', (target, operations, expected) => {
    expect(jsonPatch(target, operations)).toEqual({ kind: 'patched', value: expected });
  });

  it.each([
    [[{ op: 'test', path: '/a', value: 2 }]],
    [[{ op: 'remove', path: '/b' }]],
    [[{ op: 'replace', path: '/b', value: 1 }]],
    [[{ op: 'add', path: '/b/c', value: 1 }]],
    [[{ op: 'move', from: '/b', path: '/c' }]],
    [[{ op: 'nothing', path: '/a' }]],
    [{ op: 'add' }],
  ])('with %j cannot be applied', (operations) => {
    expect(jsonPatch({ a: 1 }, operations)).toEqual({ kind: 'not-applicable' });
  });

  it('is applied in full or not at all, and never to what it was given', () => {
    const target = { a: 1 };
    jsonPatch(target, [
      { op: 'add', path: '/b', value: 2 },
      { op: 'test', path: '/a', value: 0 },
    ]);
    expect(target).toEqual({ a: 1 });
  });
});
