import { afterEach, describe, expect, it } from 'vitest';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import type { World } from '../../../simulations/world/world.ts';
import { recordedLease, recordedWorld } from './recorded-fleet.ts';
import { type Json, onlyTheKind, ownSpec, shape } from './recorded-shapes.ts';
import { recordedUsers, tokenOf } from './recorded-users.ts';
import { recorded, recordedNames, replay } from './recordings.ts';

/** Recordings whose answers mean nothing without the requests before them: recorded-sequence.test.ts sends all in their order. */
const onlyInSequence: Readonly<Record<string, string>> = {
  '065-pod-list-continue': 'continues with a token of an earlier answer',
  '071-watch-pods-from-resourceversion-with-bookmark': 'a watch that goes on while something happens',
  '072-watch-pods-send-initial-events': 'a watch that goes on for its time',
  '073-watch-resourceversion-1-still-served': 'a watch, compared line by line',
  '074-watch-nodes-cordon': 'a watch that goes on while something happens',
  '143-watch-resourceversion-too-old-410': 'compared line by line, in watch.test.ts too',
  '144-watch-resourceversion-1-too-old-410': 'compared line by line, in watch.test.ts too',
  '145-watch-resourceversion-in-future': 'compared in watch.test.ts too',
  '140-pod-list-continue-after-compaction-200': 'continues with a token of an earlier answer',
  '142-pod-list-exact-resourceversion-compacted-410':
    'names a version of that server; in lists.test.ts with one of this world',
  '105-pdb-create-invalid-422':
    'compared without the message, in write-objects.test.ts: Go prints its own struct there',
};

/** What has to have happened before a request gets the recorded answer. */
const before: Readonly<Record<string, () => World>> = {
  '049-patch-conflicting-resourceversion-409': cordoned,
  '050-put-conflicting-resourceversion-409': cordoned,
  '036-uncordon-merge-patch-null': cordoned,
  '035-cordon-merge-patch-again-noop': cordoned,
  '034-node-get-cordoned': cordoned,
  '038-uncordon-strategic-merge-patch-false': cordoned,
  '040-uncordon-json-patch-remove': cordoned,
  '053-node-annotation-remove': () =>
    changed('Node', undefined, 'old-z1', (node) => {
      node.metadata.annotations = { ...node.metadata.annotations, 'steering/test': '1' };
      node.spec = { ...node.spec, taints: [{ key: 'steering', value: 'draining', effect: 'NoSchedule' }] };
    }),
  '055-node-status-strategic-patch': () =>
    changed('Node', undefined, 'old-z1', (node) => {
      node.status = { ...node.status, conditions: [{ type: 'Ready', status: 'True', reason: 'Test' }] };
    }),
  '090-pod-get-terminating': () => {
    const world = recordedWorld();
    world.evict('rec', 'free-86969874-7lrrw', eviction('free-86969874-7lrrw'));
    return world;
  },
  '091-eviction-of-terminating-pod': () => {
    const world = recordedWorld();
    world.evict('rec', 'free-86969874-7lrrw', eviction('free-86969874-7lrrw'));
    return world;
  },
  '093-eviction-pdb-used-up-429': () => {
    const world = recordedWorld();
    world.evict('rec', 'roomy-b7bfc578-589r2', eviction('roomy-b7bfc578-589r2'));
    // Long enough for the disruption controller to have counted again.
    world.advanceTo(world.nowMs() + 1_000);
    return world;
  },
  '096-eviction-pdb-not-observed-429-retry-after': () =>
    changed('PodDisruptionBudget', 'rec', 'tight', (budget) => {
      budget.metadata.generation = 2;
    }),
  '112-lease-create-exists-409': () => recordedWorld((objects) => [...objects, recordedLease('2135')]),
  '113-lease-update-ok': () => recordedWorld((objects) => [...objects, recordedLease('2135')]),
  '114-lease-update-conflict-409': () => recordedWorld((objects) => [...objects, recordedLease('2143')]),
  '115-lease-update-without-resourceversion': () =>
    recordedWorld((objects) => [...objects, recordedLease('2143')]),
  '116-lease-bad-time-400': () => recordedWorld((objects) => [...objects, recordedLease('2143')]),
  '117-lease-delete': () => recordedWorld((objects) => [...objects, recordedLease('2143')]),
};

function eviction(name: string) {
  return { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'rec' } };
}

function changed(...change: Parameters<World['store']['update']>): World {
  const world = recordedWorld();
  world.store.update(...change);
  return world;
}

function cordoned(): World {
  return changed('Node', undefined, 'old-z1', (node) => {
    node.spec = { ...node.spec, unschedulable: true };
  });
}

/** Recordings whose requests have to be sent first. */
const sentBefore: Readonly<Record<string, readonly string[]>> = {
  '057-apply-node-conflict-409': ['056-apply-node-unschedulable'],
  '058-apply-node-force': ['056-apply-node-unschedulable'],
};

let served: ServedWorld | undefined;
afterEach(async () => {
  await served?.close();
  served = undefined;
});

describe('the simulated API server answers as the real one did', () => {
  const names = recordedNames('kubernetes');
  it('to every recorded request that is not named, with a reason, as one of a sequence', () => {
    expect(Object.keys(onlyInSequence).filter((name) => !names.includes(name))).toEqual([]);
    expect(Object.keys(before).filter((name) => !names.includes(name))).toEqual([]);
    expect(names.length - Object.keys(onlyInSequence).length).toBeGreaterThan(95);
  });

  for (const name of names.filter((each) => onlyInSequence[each] === undefined)) {
    it(`to ${name}`, async () => {
      const recording = recorded(`kubernetes/${name}`);
      served = await serveWorld(before[name]?.() ?? recordedWorld(), { speed: 0, users: recordedUsers });
      for (const earlier of sentBefore[name] ?? []) {
        const sent = recorded(`kubernetes/${earlier}`);
        await replay(served.kubernetesUrl, sent.request, tokenOf(sent));
      }
      const answer = await replay(served.kubernetesUrl, recording.request, tokenOf(recording));
      expect({ status: answer.status, body: answer.status >= 400 ? answer.body : '' }).toMatchObject({
        status: recording.response.status,
      });
      expect(answer.headers.get('content-type')).toBe(recording.response.headers['content-type']);
      expect(answer.headers.get('retry-after') ?? undefined).toBe(recording.response.headers['retry-after']);
      expect(answer.headers.get('warning') ?? undefined).toBe(recording.response.headers.warning);
      if (!onlyTheKind.has(name)) expect(shape(answer.body)).toEqual(shape(recording.response.body));
    });
  }
});

describe('the changes that recorded patches make', () => {
  async function patched(name: string): Promise<Json & { spec: Json; status: Json; metadata: Json }> {
    served = await serveWorld(before[name]?.() ?? recordedWorld(), { speed: 0 });
    const answer = await replay(served.kubernetesUrl, recorded(`kubernetes/${name}`).request);
    return answer.body as Json & { spec: Json; status: Json; metadata: Json };
  }
  const was = (name: string) =>
    recorded(`kubernetes/${name}`).response.body as Json & { spec: Json; status: Json; metadata: Json };

  for (const name of [
    '033-cordon-merge-patch',
    '036-uncordon-merge-patch-null',
    '037-cordon-strategic-merge-patch',
    '039-cordon-json-patch',
    '040-uncordon-json-patch-remove',
    '046-cordon-dry-run',
    '052-node-annotate-and-taint',
    '053-node-annotation-remove',
  ]) {
    it(`leave the spec and the annotations of ${name} as recorded`, async () => {
      const body = await patched(name);
      const expected = was(name);
      expect(ownSpec(body.spec)).toEqual(ownSpec(expected.spec));
      expect(body.metadata.annotations).toEqual(expected.metadata.annotations);
    });
  }

  it('give applied fields to whom the recordings give them', async () => {
    served = await serveWorld(recordedWorld(), { speed: 0 });
    for (const name of ['056-apply-node-unschedulable', '058-apply-node-force']) {
      const { request } = recorded(`kubernetes/${name}`);
      const { body } = await replay(served.kubernetesUrl, request);
      const applied = ((body as { metadata: { managedFields: Json[] } }).metadata.managedFields ?? [])
        .filter(({ operation }) => operation === 'Apply')
        .map(({ time: _time, ...entry }) => entry);
      const manager = new URLSearchParams(request.query).get('fieldManager');
      expect(applied).toEqual([
        {
          manager,
          operation: 'Apply',
          apiVersion: 'v1',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:spec': { 'f:unschedulable': {} } },
        },
      ]);
      expect(ownSpec((body as { spec: Json }).spec)).toEqual(ownSpec(was(name).spec));
    }
  });

  for (const name of ['054-node-status-merge-patch', '055-node-status-strategic-patch']) {
    it(`leave the conditions of ${name} as recorded, and the spec untouched`, async () => {
      const body = await patched(name);
      const types = (object: Json & { status: Json }) =>
        (object.status.conditions as Json[]).map(({ type, status, reason }) => ({ type, status, reason }));
      expect(types(body)).toEqual(types(was(name)));
      expect(body.spec).toEqual(was(name).spec);
    });
  }

  it('give no new resourceVersion when nothing changes', async () => {
    served = await serveWorld(cordoned(), { speed: 0 });
    const request = recorded('kubernetes/035-cordon-merge-patch-again-noop').request;
    const first = (await replay(served.kubernetesUrl, request)).body as Json & { metadata: Json };
    const second = (await replay(served.kubernetesUrl, request)).body as Json & { metadata: Json };
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  it('leave the world alone in a dry run', async () => {
    const world = recordedWorld();
    served = await serveWorld(world, { speed: 0 });
    const version = world.store.resourceVersion;
    await replay(served.kubernetesUrl, recorded('kubernetes/046-cordon-dry-run').request);
    await replay(served.kubernetesUrl, recorded('kubernetes/078-eviction-dry-run-201').request);
    await replay(served.kubernetesUrl, recorded('kubernetes/079-eviction-dry-run-query').request);
    expect(world.store.resourceVersion).toBe(version);
    expect(world.store.get('Node', undefined, 'old-z1')?.spec.unschedulable).toBeUndefined();
  });
});
