/** What is asked of the API server for a hold, where a mirror shows the pod as it is, as it was, or not at all. */
import { describe, expect, it } from 'vitest';
import { changePod } from '../../../executor/kubernetes/holds.ts';
import type { Rest, RestAnswer, RestRequest } from '../../../executor/kubernetes/rest.ts';
import { toPodView } from '../../../executor/kubernetes/translate.ts';
import { HOLD_BEFORE, HOLD_LABEL } from '../../../executor/marks.ts';
import type { FleetMirror } from '../../../executor/ports.ts';

type Texts = Record<string, string | null>;
type Metadata = { uid: string; resourceVersion: string; labels: Texts; annotations: Texts };

const disrupt = 'karpenter.sh/do-not-disrupt';
const evict = 'cluster-autoscaler.kubernetes.io/safe-to-evict';
const key = { namespace: 'default', name: 'a-0', uid: 'u' };
const asLookedAt = { ...key, resourceVersion: '7' };
const hold = { kind: 'hold-pod', run: 'r1' } as const;
const unhold = { kind: 'unhold-pod', run: 'r1' } as const;

const plain = (): Metadata => ({ uid: 'u', resourceVersion: '7', labels: {}, annotations: {} });
const held = (): Metadata => ({
  ...plain(),
  labels: { [HOLD_LABEL]: 'r1' },
  annotations: {
    [disrupt]: 'true',
    [evict]: 'false',
    [HOLD_BEFORE]: `{"${disrupt}":null,"${evict}":"true"}`,
  },
});

/** The one pod of an API server, and the methods by which it was asked. */
function servePod(metadata: Metadata, refuse?: { readonly status: number }) {
  const asked: string[] = [];
  const send = async ({ method, body }: RestRequest): Promise<RestAnswer> => {
    asked.push(method);
    const answer = (status: number, said: unknown = {}) => ({ asked: method, status, body: said });
    if (method === 'GET') return answer(200, { metadata: structuredClone(metadata) });
    if (refuse !== undefined) return answer(refuse.status);
    const patch = (body as { metadata: Metadata }).metadata;
    if (patch.uid !== metadata.uid || patch.resourceVersion !== metadata.resourceVersion) return answer(409);
    for (const field of ['labels', 'annotations'] as const) {
      const changed = Object.entries({ ...metadata[field], ...patch[field] });
      metadata[field] = Object.fromEntries(changed.filter(([, value]) => value !== null));
    }
    metadata.resourceVersion = String(Number(metadata.resourceVersion) + 1);
    return answer(200);
  };
  return { metadata, asked, rest: { send } as unknown as Rest };
}

/** A mirror that shows this pod, and is current unless told otherwise. */
function showing(metadata: Metadata, isCurrent = true): FleetMirror {
  const pod = { metadata: { namespace: 'default', name: 'a-0', ...metadata }, spec: {}, status: {} };
  const view = toPodView(structuredClone(pod));
  return { isCurrent: () => isCurrent, getPod: async () => view } as unknown as FleetMirror;
}

describe('a hold on a pod that a mirror shows', () => {
  it('is set and taken off with one request each, and what stood there before comes back', async () => {
    const { metadata, asked, rest } = servePod({ ...plain(), annotations: { [evict]: 'true', other: 'x' } });
    expect(await changePod(rest, asLookedAt, hold, showing(metadata))).toEqual({ kind: 'done' });
    expect(metadata.labels).toEqual({ [HOLD_LABEL]: 'r1' });
    expect(metadata.annotations).toMatchObject({ [disrupt]: 'true', [evict]: 'false', other: 'x' });
    expect(await changePod(rest, key, unhold, showing(metadata))).toEqual({ kind: 'done' });
    expect(metadata).toMatchObject({ labels: {}, annotations: { [evict]: 'true', other: 'x' } });
    expect(metadata.annotations).not.toHaveProperty([disrupt]);
    expect(asked).toEqual(['PATCH', 'PATCH']);
  });

  it('is a conflict where the pod is another version by now, and nothing is overwritten', async () => {
    const { metadata, asked, rest } = servePod({
      ...plain(),
      resourceVersion: '8',
      annotations: { [evict]: 'true' },
    });
    expect(await changePod(rest, asLookedAt, hold, showing(plain()))).toEqual({ kind: 'conflict' });
    expect([metadata.labels, metadata.annotations, asked]).toEqual([{}, { [evict]: 'true' }, ['PATCH']]);
  });

  it('comes off by a look at the pod where the mirror shows an old version', async () => {
    const { metadata, asked, rest } = servePod({ ...held(), resourceVersion: '9' });
    expect(await changePod(rest, key, unhold, showing(held()))).toEqual({ kind: 'done' });
    expect([metadata.labels, metadata.annotations]).toEqual([{}, { [evict]: 'true' }]);
    expect(asked).toEqual(['PATCH', 'GET', 'PATCH']);
  });

  it.each([
    ['shows no hold yet', plain(), true],
    ['shows another pod of that name', { ...held(), uid: 'another' }, true],
    ['is not current', held(), false],
  ])('comes off by a look at the pod where the mirror %s', async (_, shown, isCurrent) => {
    const { metadata, asked, rest } = servePod(held());
    expect(await changePod(rest, key, unhold, showing(shown, isCurrent))).toEqual({ kind: 'done' });
    expect([metadata.labels, asked]).toEqual([{}, ['GET', 'PATCH']]);
  });

  it('is not taken for set because an old version of the pod bears it', async () => {
    const { metadata, asked, rest } = servePod(plain());
    expect(await changePod(rest, asLookedAt, hold, showing(held()))).toEqual({ kind: 'done' });
    expect([metadata.labels, asked]).toEqual([{ [HOLD_LABEL]: 'r1' }, ['GET', 'PATCH']]);
  });

  it('is asked for once where it is forbidden', async () => {
    const { asked, rest } = servePod(plain(), { status: 403 });
    expect(await changePod(rest, asLookedAt, hold, showing(plain()))).toMatchObject({ kind: 'forbidden' });
    expect(asked).toEqual(['PATCH']);
  });
});
