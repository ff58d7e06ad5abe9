import { describe, expect, it } from 'vitest';
import { startChecker } from '../../simulations/checker.ts';
import type { World } from '../../simulations/world/world.ts';
import { cluster, clusterWith, deployment, member, node, zone } from '../fixtures/fleet.ts';
import { evict, pass, worldOf } from './world/worlds.ts';

/** Three members without a budget that would stop a careless drain. */
function carelessWorld(): World {
  const world = worldOf([
    zone('z1', node('n1')),
    zone('z2', node('n2')),
    zone('z3', node('n3')),
    cluster(
      'acid-a',
      clusterWith({ primaryBudget: null }),
      member('n1', 'primary'),
      member('n2'),
      member('n3'),
    ),
    deployment('web', { on: ['n3'] }),
  ]);
  startChecker(world, { surgeDefault: 1, movesPerMemberMax: 1 });
  return world;
}

function codes(world: World): string[] {
  return world.violations.map((violation) => violation.code);
}

describe('the checker', () => {
  it('says nothing when one replica is moved and the next one waits for it', () => {
    const world = carelessWorld();
    evict(world, 'acid-a-1');
    pass(world, 90);
    evict(world, 'acid-a-2');
    pass(world, 90);
    expect(codes(world)).toEqual([]);
  });

  it('catches two members that are away together, also when the first is Ready and does not stream yet', () => {
    const world = carelessWorld();
    world.faults.neverStream.add('default/acid-a-1');
    evict(world, 'acid-a-1');
    pass(world, 90);
    evict(world, 'acid-a-2');
    expect(codes(world)).toEqual(['two-members-unavailable']);
  });

  it('catches a primary that is evicted while others could take over', () => {
    const world = carelessWorld();
    evict(world, 'acid-a-0');
    expect(codes(world)).toEqual(['primary-evicted']);
  });

  it('catches a member that is moved twice', () => {
    const world = carelessWorld();
    evict(world, 'acid-a-1');
    pass(world, 90);
    evict(world, 'acid-a-1');
    expect(codes(world)).toEqual(['evicted-too-often']);
  });

  it('catches one node more than the surge allows, and counts a released node no more', () => {
    const world = carelessWorld();
    world.wantNode({ key: 'one', zone: 'z1', labels: {} });
    pass(world, 120);
    expect(codes(world)).toEqual([]);
    world.wantNode({ key: 'two', zone: 'z1', labels: {} });
    pass(world, 120);
    expect(codes(world)).toEqual(['surge-exceeded']);
  });

  it('catches a node that is released while something still runs on it', () => {
    const world = carelessWorld();
    world.nodeReleased('n3');
    expect(codes(world)).toEqual(['released-node-not-empty']);
  });
});
