import { beforeEach, describe, expect, it } from 'vitest';
import type { LineSink } from '../../../simulations/http/answer.ts';
import { joinAudience } from '../../../simulations/http/audience.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import type { StoreEvent } from '../../../simulations/world/object-store.ts';
import type { World } from '../../../simulations/world/world.ts';
import { fleetObjects, node, zone } from '../../fixtures/fleet.ts';

let world: World;
beforeEach(() => {
  world = createWorld({ objects: fleetObjects(zone('z1', node('n1'), node('n2'))).items });
});

type Listener = LineSink & { readonly heard: string[]; readonly sent: unknown[]; readonly close: () => void };

function listener(): Listener {
  const heard: string[] = [];
  const sent: unknown[] = [];
  const closing: (() => void)[] = [];
  return {
    heard,
    sent,
    close: () => {
      for (const one of closing) one();
    },
    send: (lines) => {
      sent.push(lines);
      const text = Buffer.from(lines).toString('utf8');
      heard.push(...text.split('\n').filter((one) => one !== ''));
    },
    sendInTurns: () => {},
    end: () => {},
    onClose: (then) => void closing.push(then),
  };
}

function cordon(name: string): void {
  world.store.update('Node', undefined, name, (draft) => {
    draft.spec = { ...draft.spec, unschedulable: true };
  });
}

const told = {
  kind: 'Node',
  key: 'nodes',
  lineOf: ({ type, object }: StoreEvent) => `${type} ${object.metadata.name}\n`,
};

describe('an audience', () => {
  it('is sent what happens at one moment together, the same bytes to all', async () => {
    const [one, other] = [listener(), listener()];
    joinAudience(world, told, one);
    joinAudience(world, told, other);
    cordon('n1');
    cordon('n2');
    await Promise.resolve();
    expect(one.heard).toEqual(['MODIFIED n1', 'MODIFIED n2']);
    expect(one.sent).toHaveLength(1);
    expect(other.sent[0]).toBe(one.sent[0]);
  });

  it('tells who comes in the middle of a moment only what comes after', async () => {
    const [one, other] = [listener(), listener()];
    joinAudience(world, told, one);
    cordon('n1');
    joinAudience(world, told, other);
    cordon('n2');
    await Promise.resolve();
    expect(one.heard).toEqual(['MODIFIED n1', 'MODIFIED n2']);
    expect(other.heard).toEqual(['MODIFIED n2']);
  });

  it('is told at once what waits when something else is to follow', () => {
    const one = listener();
    const tellWaiting = joinAudience(world, told, one);
    cordon('n1');
    expect(one.heard).toEqual([]);
    tellWaiting();
    expect(one.heard).toEqual(['MODIFIED n1']);
  });

  it('forgets who left, and begins anew with who comes after the last one', async () => {
    const [one, other] = [listener(), listener()];
    joinAudience(world, told, one);
    one.close();
    cordon('n1');
    await Promise.resolve();
    joinAudience(world, { ...told, lineOf: () => 'changed\n' }, other);
    cordon('n2');
    await Promise.resolve();
    expect(one.heard).toEqual([]);
    expect(other.heard).toEqual(['changed']);
  });
});
