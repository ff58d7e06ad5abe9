import { describe, expect, it } from 'vitest';
import type { World } from '../../../simulations/world/world.ts';
import { budget, cluster, clusterWith, deployment, member, node, zone } from '../../fixtures/fleet.ts';
import { recorded } from '../http/recordings.ts';
import { evict, pass, worldOf } from './worlds.ts';

/** Three web pods on three nodes with a budget of two. */
function webWorld(): World {
  return worldOf([
    zone('z1', node('n1'), node('n2'), node('n3')),
    deployment('web', { on: ['n1', 'n2', 'n3'], budget: { minAvailable: 2 } }),
  ]);
}

function names(world: World): string[] {
  return world.store.list('Pod').map((pod) => pod.metadata.name);
}

describe('evictions in the world', () => {
  it('answer 201 with the Status a real server sends', () => {
    const world = webWorld();
    const [name = ''] = names(world);
    const answer = world.evict('default', name, { metadata: { name } });
    const real = recorded('kubernetes/092-eviction-pdb-allows-201').response;
    expect(answer).toEqual({ status: real.status, body: real.body });
    expect(world.store.get('Pod', 'default', name)?.metadata.deletionTimestamp).toBeDefined();
  });

  it('are refused with 429 when the budget is used up, in the words of a real server', () => {
    const world = webWorld();
    const [first = '', second = ''] = names(world);
    evict(world, first);
    const answer = world.evict('default', second, { metadata: { name: second } });
    expect(answer.status).toBe(429);
    expect(answer.headers).toBeUndefined();
    const real = recorded('kubernetes/093-eviction-pdb-used-up-429').response.body;
    const inWords = JSON.stringify(answer.body)
      .replace('budget web', 'budget roomy')
      .replace('has 3', 'has 2');
    expect(JSON.parse(inWords)).toEqual(real);
  });

  it('are refused with Retry-After while the controller has not seen a changed budget', () => {
    const world = webWorld();
    const [name = ''] = names(world);
    const [pdb] = world.store.list('PodDisruptionBudget');
    world.store.update('PodDisruptionBudget', 'default', String(pdb?.metadata.name), (draft) => {
      draft.metadata.generation = 2;
    });
    const answer = world.evict('default', name, { metadata: { name } });
    expect(answer.status).toBe(429);
    expect(answer.headers).toEqual({ 'Retry-After': '10' });
    expect(answer.body.details.retryAfterSeconds).toBe(10);
    pass(world, 1);
    expect(evict(world, name)).toBe(201);
  });

  it('fail with 500 when two budgets select the pod', () => {
    const world = worldOf([
      zone('z1', node('n1')),
      deployment('web', { on: ['n1'], labels: { app: 'web' } }),
      budget('one', { labels: { app: 'web' }, maxUnavailable: 1 }),
      budget('two', { labels: { app: 'web' }, maxUnavailable: 1 }),
    ]);
    const [name = ''] = names(world);
    const answer = world.evict('default', name, { metadata: { name } });
    const real = recorded('kubernetes/084-eviction-two-pdbs-500').response;
    expect(answer).toEqual({ status: real.status, body: real.body });
  });

  it('of a pod that was replaced under its old name answer 409 and touch nothing', () => {
    const world = webWorld();
    const [name = ''] = names(world);
    const answer = world.evict('default', name, {
      metadata: { name },
      deleteOptions: { preconditions: { uid: 'another' } },
    });
    expect([answer.status, answer.body.reason]).toEqual([409, 'Conflict']);
    expect(answer.body.message).toContain('the UID in the precondition (another) does not match');
    expect(world.store.get('Pod', 'default', name)?.metadata.deletionTimestamp).toBeUndefined();
  });

  it('of a missing pod answer 404; with dryRun they answer alike and do nothing; repeated they answer 201 and count once', () => {
    const world = webWorld();
    const [name = ''] = names(world);
    expect(evict(world, 'nobody')).toBe(404);
    expect(world.evict('default', name, { metadata: { name } }, { dryRun: 'All' }).status).toBe(201);
    expect(world.evictions).toEqual([]);
    expect(evict(world, name)).toBe(201);
    expect(evict(world, name)).toBe(201);
    expect(world.evictions).toHaveLength(1);
  });

  it('never take a primary that its budget guards', () => {
    const world = worldOf([
      zone('z1', node('n1'), node('n2')),
      cluster('acid-a', clusterWith({}), member('n1', 'primary'), member('n2')),
    ]);
    expect(evict(world, 'acid-a-0')).toBe(429);
    expect(evict(world, 'acid-a-1')).toBe(201);
  });

  it('bring a StatefulSet pod back under its name with another UID, and a ReplicaSet pod under another name', () => {
    const world = worldOf([
      zone('z1', node('n1'), node('n2')),
      cluster('acid-a', member('n1', 'primary'), member('n2')),
      deployment('web', { on: ['n1'] }),
    ]);
    const uid = world.store.get('Pod', 'default', 'acid-a-1')?.metadata.uid;
    const web = names(world).find((name) => name.startsWith('web')) ?? '';
    evict(world, 'acid-a-1');
    evict(world, web);
    pass(world, 60);
    expect(world.store.get('Pod', 'default', 'acid-a-1')?.metadata.uid).not.toBe(uid);
    const after = names(world).filter((name) => name.startsWith('web'));
    expect(after).toHaveLength(1);
    expect(after).not.toContain(web);
  });
});
