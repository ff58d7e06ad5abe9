import { describe, expect, it } from 'vitest';
import { ObjectStore } from '../../../simulations/world/object-store.ts';

function emptyStore(options: { readonly isWatched?: boolean } = {}): ObjectStore {
  let uids = 0;
  return new ObjectStore({
    ...options,
    nowMs: () => Date.UTC(2026, 10, 23),
    newUid: () => {
      uids += 1;
      return `uid-${uids}`;
    },
  });
}

const lease = (name: string, holder = 'a') => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name, namespace: 'default' },
  spec: { holder },
});

describe('the object store', () => {
  it('gives each write the next resourceVersion, and a new object a UID and a time', () => {
    const store = emptyStore();
    const first = store.create(lease('one')).object;
    const second = store.create(lease('two')).object;
    expect(first.metadata).toMatchObject({ uid: 'uid-1', creationTimestamp: '2026-11-23T00:00:00Z' });
    expect(Number(second.metadata.resourceVersion)).toBe(Number(first.metadata.resourceVersion) + 1);
    expect(store.create(lease('one')).kind).toBe('exists');
  });

  it('keeps no history where nobody watches: a watch from an older version is answered as expired, one from now goes on', () => {
    const store = emptyStore({ isWatched: false });
    const start = store.resourceVersion;
    store.create(lease('one'));
    expect(store.watchFrom(start)).toEqual({ kind: 'expired' });
    expect(store.watchFrom(store.resourceVersion)).toEqual({ kind: 'events', events: [] });
  });

  it('refuses a replacement that was made from an older version, and keeps what is stored', () => {
    const store = emptyStore();
    const seen = store.create(lease('one')).object;
    store.update('Lease', 'default', 'one', (draft) => {
      draft.spec.holder = 'b';
    });
    const answer = store.replace({ ...seen, spec: { holder: 'c' } });
    expect(answer.kind).toBe('conflict');
    expect(store.get('Lease', 'default', 'one')?.spec.holder).toBe('b');
  });

  it('never changes an object that was handed out', () => {
    const store = emptyStore();
    const seen = store.create(lease('one')).object;
    store.update('Lease', 'default', 'one', (draft) => {
      draft.spec.holder = 'b';
    });
    expect(seen.spec.holder).toBe('a');
  });

  it('changes a status without copying the rest, writes nothing where it is the same, and leaves what was handed out as it was', () => {
    const store = emptyStore();
    const seen = store.create({ ...lease('one'), status: { phase: 'Pending' } }).object;
    const running = store.updateStatus('Lease', 'default', 'one', (draft) => {
      draft.status.phase = 'Running';
    });
    expect(running?.status).toEqual({ phase: 'Running' });
    expect(running?.spec).toBe(seen.spec);
    expect(running?.metadata.resourceVersion).not.toBe(seen.metadata.resourceVersion);
    expect(seen.status).toEqual({ phase: 'Pending' });
    const again = store.updateStatus('Lease', 'default', 'one', (draft) => {
      draft.status = { phase: 'Running' };
    });
    expect(again).toBe(running);
  });

  it('writes nothing when nothing changed', () => {
    const store = emptyStore();
    const seen = store.create(lease('one')).object;
    const events: string[] = [];
    store.onEvent((event) => events.push(event.type));
    store.update('Lease', 'default', 'one', (draft) => {
      draft.spec.holder = 'a';
    });
    expect(store.get('Lease', 'default', 'one')?.metadata.resourceVersion).toBe(
      seen.metadata.resourceVersion,
    );
    expect(events).toEqual([]);
  });

  it('says of an event whether anything but annotations changed, and spares controllers those where nothing else did', () => {
    const store = emptyStore();
    store.create(lease('one'));
    const seen: boolean[] = [];
    store.onEvent(({ onlyNotes }) => seen.push(onlyNotes));
    const changes: unknown[] = [];
    store.onChange(({ object }) => changes.push(object.metadata.labels));
    store.updateNotes('Lease', 'default', 'one', () => ({ annotations: { optime: '8' } }));
    store.updateNotes('Lease', 'default', 'one', () => ({ labels: { role: 'a' } }));
    store.updateNotes('Lease', 'default', 'one', ({ labels }) => ({ labels: { ...labels } }));
    expect(seen).toEqual([true, false]);
    expect(changes, 'controllers hear of nothing but the label').toEqual([{ role: 'a' }]);
    expect(store.get('Lease', 'default', 'one')).toMatchObject({
      metadata: { labels: { role: 'a' }, annotations: { optime: '8' } },
      spec: { holder: 'a' },
    });
  });

  it('replays to a watch all that came after its version, and answers expired after a compaction', () => {
    const store = emptyStore();
    const start = store.resourceVersion;
    store.create(lease('one'));
    store.update('Lease', 'default', 'one', (draft) => {
      draft.spec.holder = 'b';
    });
    store.remove('Lease', 'default', 'one');
    const watched = store.watchFrom(start);
    expect(watched.kind === 'events' && watched.events.map((event) => event.type)).toEqual([
      'ADDED',
      'MODIFIED',
      'DELETED',
    ]);
    store.compact();
    expect(store.watchFrom(start).kind).toBe('expired');
    expect(store.watchFrom(store.resourceVersion)).toEqual({ kind: 'events', events: [] });
  });

  it('lists by namespace and name', () => {
    const store = emptyStore();
    for (const name of ['b', 'a', 'c']) store.create(lease(name));
    store.create({ ...lease('a'), metadata: { name: 'z', namespace: 'another' } });
    expect(store.list('Lease').map((one) => one.metadata.name)).toEqual(['z', 'a', 'b', 'c']);
    expect(store.list('Lease', 'another')).toHaveLength(1);
  });
});
