import { describe, expect, it } from 'vitest';
import { type Bytes, listInParts, NotInParts } from '../../bin/list-in-parts.ts';

function bytesOf(text: string): Bytes {
  const buffer = Buffer.from(text);
  return {
    size: buffer.length,
    read: (into, offset, length, position) => buffer.copy(into, offset, position, position + length),
  };
}

const item = (index: number, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `p-${index}`, labels: { '}': '{', text: '\n        },\n        {"' } },
  spec: { containers: [{ name: 'c' }, {}, []] },
  ...more,
});
const items = Array.from({ length: 3000 }, (_, index) => item(index));
const kubectl = (list: readonly unknown[], kind = 'List') =>
  JSON.stringify({ apiVersion: 'v1', items: list, kind, metadata: { resourceVersion: '' } }, null, 4);

/** The list put together again; undefined where it is not read in parts. */
function whole(text: string): { items: unknown[]; parts: number; fields: unknown } | undefined {
  const parts = listInParts('f.json', bytesOf(text));
  if (parts === undefined) return undefined;
  const all: unknown[] = [];
  let count = 0;
  let fields: unknown;
  for (const { document, firstIndex } of parts) {
    const { items: some, ...others } = document as { items: unknown[] };
    expect(firstIndex).toBe(all.length);
    all.push(...some);
    fields = others;
    count += 1;
  }
  return { items: all, parts: count, fields };
}

describe('a large List in parts', () => {
  it('holds the same objects in the same order, as kubectl prints them', () => {
    const read = whole(kubectl(items));
    expect(read?.items).toEqual(items);
    expect(read?.fields).toEqual({ apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' } });
    expect(read?.parts).toBeGreaterThan(5);
  });

  it('also indented otherwise, and with the items last, as a snapshot is printed', () => {
    for (const indent of [1, 2, '\t'])
      expect(
        whole(JSON.stringify({ apiVersion: 'v1', kind: 'PodList', metadata: {}, items }, null, indent))
          ?.items,
      ).toEqual(items);
  });

  it('with an object that is larger than a part, and texts of several bytes a letter wherever a part ends', () => {
    const large = items.with(1500, item(1500, { data: { blob: '\u20ac\ud83d\ude00'.repeat(100_000) } }));
    expect(whole(kubectl(large))?.items).toEqual(large);
    for (let shift = 0; shift < 8; shift += 1) {
      const moved = [
        item(0, { shift: 'x'.repeat(shift) }),
        ...items.map((each) => ({ ...each, a: '\u20ac\u00fc' })),
      ];
      expect(whole(kubectl(moved))?.items).toEqual(moved);
    }
  });

  it('not a small one, one without line breaks, something else, or two fields named items', () => {
    const text = kubectl(items);
    expect(whole(kubectl(items.slice(0, 2)))).toBeUndefined();
    expect(whole(JSON.stringify({ kind: 'List', items }))).toBeUndefined();
    expect(whole(JSON.stringify(items, null, 4))).toBeUndefined();
    expect(whole(`\ufeff${text}`)).toBeUndefined();
    expect(whole(`${text.slice(0, -2)},\n    "items": []\n}`)).toBeUndefined();
  });

  it('a file that was cut off or is broken halfway has to be read as a whole, which says what is wrong', () => {
    const text = kubectl(items);
    expect(whole(text.slice(0, text.length / 2))).toBeUndefined();
    for (const broken of [
      `${text}${text}`,
      text.replace('"p-1500"', '"p-1500'),
      text.replace('"p-1500"', '"p-1500"}'),
      text.replace('"p-1500"', '"p-1500\0"'),
      text.replace('"name": "p-1500"', '"name": "p-1500"\n        },\n        {'),
    ])
      expect(() => whole(broken)).toThrow(NotInParts);
  });

  it('a file that became shorter meanwhile is not waited for', () => {
    const bytes = bytesOf(kubectl(items));
    const parts = listInParts('f.json', {
      size: bytes.size,
      read: (into, offset, length, position) =>
        length === 4096 ? bytes.read(into, offset, length, position) : 0,
    });
    expect(() => [...(parts ?? [])]).toThrow(NotInParts);
  });
});
