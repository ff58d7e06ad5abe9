import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import { cluster, fleetObjects, member, node, zone } from '../../fixtures/fleet.ts';
import { ask } from './ask.ts';

const pod = '/api/v1/namespaces/default/pods/acid-a-1';

let served: ServedWorld;
beforeEach(async () => {
  const { items } = fleetObjects(
    zone('z1', node('n1')),
    cluster('acid-a', member('n1', 'primary'), member(undefined)),
  );
  served = await serveWorld(createWorld({ objects: items, controllers: [] }), { speed: 0 });
});
afterEach(() => served.close());

function bind(path: string, name: unknown) {
  const target = { apiVersion: 'v1', kind: 'Node', name };
  const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'acid-a-1' }, target };
  return ask(served, 'POST', `${path}/binding`, { body });
}

describe('binding a pod', () => {
  it('gives it its node, the zone of that and the condition that says so', async () => {
    expect(await bind(pod, 'n1')).toMatchObject({ status: 201, body: { status: 'Success' } });
    const { body } = await ask(served, 'GET', pod);
    expect(body.spec.nodeName).toBe('n1');
    expect(body.metadata.labels).toMatchObject({ 'topology.kubernetes.io/zone': 'z1' });
    expect(body.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'PodScheduled', status: 'True' }),
    );
  });

  it('is refused where it has a node already, and gives it no other', async () => {
    await bind(pod, 'n1');
    const { status, body } = await bind(pod, 'n2');
    expect(status).toBe(409);
    expect(body.message).toBe(
      'Operation cannot be fulfilled on pods/binding "acid-a-1": pod acid-a-1 is already assigned to node "n1"',
    );
    expect((await ask(served, 'GET', pod)).body.spec.nodeName).toBe('n1');
  });

  it('is refused for a pod that is not there, and without a node', async () => {
    expect((await bind('/api/v1/namespaces/default/pods/nobody', 'n1')).status).toBe(404);
    expect((await bind(pod, undefined)).status).toBe(400);
  });
});
