import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeCanonically } from '../../planner/hash/canonical-bytes.ts';
import { canonicalJson } from '../../planner/hash/canonical-json.ts';
import { hashFleet } from '../../planner/hash/hash-fleet.ts';
import type { Fleet } from '../../planner/model.ts';
import {
  budget,
  cluster,
  clusterWith,
  daemonSet,
  deployment,
  fleetObjects,
  member,
  mirrorPod,
  node,
  statefulSet,
  threeZones,
  zone,
} from '../fixtures/fleet.ts';
import { fleetOf, readList } from '../fixtures/read.ts';

function bytesOf(value: unknown): string {
  let text = '';
  writeCanonically(value, (bytes, length) => {
    text += Buffer.from(bytes.subarray(0, length)).toString('hex');
  });
  return text;
}

/** A fleet with every field of the model somewhere in it. */
function everyField(): Fleet {
  const fleet = fleetOf(
    zone('z1', node('n1', { volumesMax: 9, taints: [{ key: 'a', effect: 'NoSchedule' }] }), node('n2')),
    cluster('acid-a', clusterWith({ volume: '1Gi' }), member('n1', 'primary'), member('n2')),
    deployment('web', {
      on: ['n1', 'n2'],
      spec: {
        nodeSelector: { disk: 'ssd' },
        tolerations: [{ key: 'a', operator: 'Equal', value: 'b', effect: 'NoExecute' }],
        topologySpreadConstraints: [
          {
            topologyKey: 'topology.kubernetes.io/zone',
            maxSkew: 1,
            labelSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['x', 'y'] }] },
            nodeAffinityPolicy: 'Ignore',
            nodeTaintsPolicy: 'Honor',
          },
        ],
      },
    }),
    statefulSet('queue', { on: ['n1'], volume: '1Gi' }),
    daemonSet('agent'),
    mirrorPod('kube-proxy-n1', 'n1'),
    budget('web', { labels: { app: 'web' }, maxUnavailable: '50%' }),
  );
  const [first, ...others] = fleet.clusters;
  if (first === undefined) throw new Error('no cluster');
  const members = first.members.map((each) => ({
    ...each,
    lagBytes: 5,
    failoverPriority: 3,
    replicatefrom: 'acid-a-0',
    nosync: true,
  }));
  return { ...fleet, clusters: [{ ...first, synchronousNodeCount: 2, members }, ...others] };
}

describe('the hash of a fleet', () => {
  it('is the same for the same objects in another order', () => {
    const list = threeZones();
    const shuffled = { ...list, items: [...list.items].reverse() };
    expect(hashFleet(readList(shuffled))).toBe(hashFleet(readList(list)));
  });

  it('is the same whether equal parts are one object or not, and in whatever order fields were set', () => {
    const fleet = everyField();
    expect(hashFleet(structuredClone(fleet))).toBe(hashFleet(fleet));
    expect(hashFleet(turned(fleet))).toBe(hashFleet(fleet));
  });

  it('takes a field that is undefined for one that is not there', () => {
    const fleet = everyField();
    const pods = fleet.pods.map((pod) => ({ ...pod, node: pod.node, unheardOf: undefined }));
    expect(hashFleet({ ...fleet, pods } as Fleet)).toBe(hashFleet(fleet));
  });

  it('is another one after any change of any field: altered, removed, added, doubled, moved', () => {
    const fleet = everyField();
    const hashes = new Map([[hashFleet(fleet), 'nothing']]);
    const changes = [...changesOf(fleet)];
    for (const { what, changed } of changes) {
      const hash = hashFleet(changed as Fleet);
      expect(hashes.get(hash), what).toBeUndefined();
      hashes.set(hash, what);
    }
    expect(changes.length).toBeGreaterThan(1000);
  });
});

describe('canonical bytes', () => {
  const key = fc.constantFrom('a', 'b', '10', '9', 'x"y', '__proto__', 'requests', 'spread', 'owner');
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 5 }),
    fc.constantFrom('', 'a', 'ab', '\ud800', '\udc00', '\ufffd', '\0', '1'),
  );
  const leaf = fc.oneof(text, fc.integer(), fc.maxSafeInteger(), fc.boolean(), fc.constant(null));
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    ),
  }));

  it('are equal where canonical JSON is, and only there', () => {
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(value, (any) => {
        const json = canonicalJson(any);
        const bytes = bytesOf(any);
        expect(seen.get(bytes) ?? json).toBe(json);
        expect(bytesOf(structuredClone(any))).toBe(bytes);
        seen.set(bytes, json);
      }),
      { numRuns: 20_000, seed: 1 },
    );
    expect(seen.size).toBe(new Set(seen.values()).size);
  });

  it('of texts longer than any buffer', () => {
    const long = 'x\u20ac'.repeat(100_000);
    expect(bytesOf([long])).not.toBe(bytesOf([`${long}x`]));
    expect(bytesOf([long, long.slice(1)])).toBe(bytesOf([long, long.slice(1)]));
    // Three bytes for the sign, one for the letter; a few for tags and lengths.
    expect(bytesOf([long]).length / 2).toBeLessThan(4 * 100_000 + 20);
  });
});

/** The same value, the fields of its objects in opposite order. */
function turned<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(turned) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, entry]) => [key, turned(entry)]),
  ) as Value;
}

/** Every value in `value` altered, removed, doubled or moved, one at a time; and every object with one more field. */
function* changesOf(value: unknown, path = ''): Generator<{ what: string; changed: unknown }> {
  if (Array.isArray(value)) {
    yield { what: `${path}[] more`, changed: [...value, null] };
    const [first, second] = value;
    if (second !== undefined && canonicalJson(first) !== canonicalJson(second))
      yield { what: `${path}[] moved`, changed: [second, first, ...value.slice(2)] };
    for (const [index, entry] of value.entries()) {
      yield { what: `${path}[${index}] doubled`, changed: value.toSpliced(index, 0, entry) };
      // One of two equal neighbours less is the same wherever it is taken from.
      if (index === 0 || canonicalJson(value[index - 1]) !== canonicalJson(entry))
        yield { what: `${path}[${index}] less`, changed: value.toSpliced(index, 1) };
      for (const { what, changed } of changesOf(entry, `${path}[${index}]`))
        yield { what, changed: value.with(index, changed) };
    }
  } else if (typeof value === 'object' && value !== null) {
    yield { what: `${path} more`, changed: { ...value, unheardOf: path } };
    for (const [key, entry] of Object.entries(value)) {
      const { [key]: _, ...rest } = value as Record<string, unknown>;
      yield { what: `${path}.${key} less`, changed: rest };
      for (const { what, changed } of changesOf(entry, `${path}.${key}`))
        yield { what, changed: { ...value, [key]: changed } };
    }
  } else if (typeof value === 'string') yield { what: path, changed: `${value}\u2028` };
  else if (typeof value === 'number') yield { what: path, changed: value === 0 ? 2 ** 40 : -value };
  else if (typeof value === 'boolean') yield { what: path, changed: !value };
}

it('a fleet is hashed once', () => {
  const fleet = readList(fleetObjects(zone('z1', node('n1'))));
  const hash = hashFleet(fleet);
  expect(hashFleet(fleet)).toBe(hash);
});
