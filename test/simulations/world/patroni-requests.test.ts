import { beforeEach, describe, expect, it } from 'vitest';
import type { World } from '../../../simulations/world/world.ts';
import { cluster, member, node, zone } from '../../fixtures/fleet.ts';
import { ask, evict, labelOf, pass, post, streaming, worldOf } from './worlds.ts';

const zones = [zone('z1', node('n1')), zone('z2', node('n2')), zone('z3', node('n3'))];

/** Parts of what /cluster and /patroni say. */
type Told = {
  readonly scheduled_switchover?: unknown;
  readonly members?: readonly { readonly name: string; readonly state: string }[];
  readonly xlog?: { readonly location: number };
};

let world: World;
beforeEach(() => {
  world = worldOf([...zones, cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3'))]);
});

const inSeconds = (seconds: number): string => new Date(world.nowMs() + seconds * 1000).toISOString();
const schedule = (seconds: number, more = {}) =>
  post(world, 'acid-a-0', '/switchover', {
    leader: 'acid-a-0',
    candidate: 'acid-a-1',
    scheduled_at: inSeconds(seconds),
    ...more,
  });
const told = (member: string, path: string) => ask(world, member, path)?.body as Told | undefined;
const shown = (): unknown => told('acid-a-2', '/cluster')?.scheduled_switchover;
const cancel = () => world.patroniRequest('default', 'acid-a-2', { method: 'DELETE', path: '/switchover' });

describe('a scheduled switchover', () => {
  it('is shown, noted where Patroni notes it, and done at its time', () => {
    expect(schedule(60)).toMatchObject({ status: 202, body: 'Switchover scheduled' });
    expect(shown()).toMatchObject({ from: 'acid-a-0', to: 'acid-a-1' });
    const noted = world.store.get('Endpoints', 'default', 'acid-a-failover')?.metadata.annotations;
    expect(noted).toMatchObject({ leader: 'acid-a-0', member: 'acid-a-1' });
    expect(noted?.scheduled_at).toMatch(/^\d{4}-.*\+00:00$/);
    pass(world, 59);
    expect(world.roleChanges).toEqual([]);
    pass(world, 2);
    expect(world.roleChanges).toEqual([]);
    expect(shown()).toMatchObject({ from: 'acid-a-0' });
    pass(world, 2);
    expect(world.roleChanges).toMatchObject([{ to: 'acid-a-1', kind: 'switchover' }]);
    expect(shown()).toBeUndefined();
  });

  it('is not done once it is taken back, nor by a leader that it does not name', () => {
    schedule(60);
    expect(cancel()).toMatchObject({ status: 200, body: 'scheduled switchover deleted' });
    expect(cancel()).toMatchObject({ status: 404 });
    pass(world, 70);
    expect(world.roleChanges).toEqual([]);
    schedule(60, { leader: 'acid-a-2' });
    pass(world, 70);
    expect(world.roleChanges).toEqual([]);
  });

  it('gives way to one that is done meanwhile, and to a later word', () => {
    schedule(60);
    schedule(30, { candidate: 'acid-a-2' });
    pass(world, 40);
    expect(world.roleChanges).toMatchObject([{ to: 'acid-a-2' }]);
    pass(world, 60);
    expect(world.roleChanges).toHaveLength(1);
  });

  it('comes to nothing where the candidate is too far behind', () => {
    world.freezeReplica('default', 'acid-a-1', true);
    schedule(600);
    pass(world, 700);
    expect(world.roleChanges).toEqual([]);
    expect(shown()).toBeUndefined();
  });
});

describe('a restart by request', () => {
  it('of a replica takes two seconds, in which it is not ready', () => {
    const answer = world.patroniRequest('default', 'acid-a-1', {
      method: 'POST',
      path: '/restart',
      body: {},
    });
    expect(answer.kind).toBe('later');
    let said: unknown;
    if (answer.kind === 'later') answer.done((late) => (said = late));
    pass(world, 1);
    expect(ask(world, 'acid-a-1', '/readiness')?.status).toBe(503);
    expect(streaming(world, 'acid-a-0')).toEqual(['acid-a-2']);
    expect(post(world, 'acid-a-1', '/restart', {})).toMatchObject({
      status: 503,
      body: 'restart already in progress',
    });
    pass(world, 4);
    expect(said).toMatchObject({ status: 200, body: 'restarted successfully' });
    expect(streaming(world, 'acid-a-0')).toEqual(['acid-a-1', 'acid-a-2']);
    expect(ask(world, 'acid-a-1', '/readiness')?.status).toBe(200);
  });

  it('of the primary leaves it the primary, on the same timeline, and writes stand still meanwhile', () => {
    const bytes = () => told('acid-a-0', '/patroni')?.xlog?.location;
    const before = bytes() ?? 0;
    expect(post(world, 'acid-a-0', '/restart', { role: 'primary' })).toMatchObject({ status: 200 });
    expect(bytes()).toBeLessThan(before + world.durations.walBytesPerSecond);
    pass(world, 5);
    expect(bytes()).toBeGreaterThan(before + 2 * world.durations.walBytesPerSecond);
    expect(world.roleChanges).toEqual([]);
    expect(labelOf(world, 'acid-a-0', 'spilo-role')).toBe('master');
    expect(streaming(world, 'acid-a-0')).toEqual(['acid-a-1', 'acid-a-2']);
  });

  it.each([
    [{ role: 'replica' }, 503, 'restart conditions are not satisfied'],
    [{ role: 'king' }, 400, 'PostgreSQL role should be either primary, replica, or standby_leader'],
    [{ colour: 'red' }, 400, 'Unknown filter for the scheduled restart: colour'],
    [{ schedule: '2030-01-01T00:00:00Z' }, 501, 'scheduled restarts are not part of this simulation'],
  ])('%j of the primary is refused', (body, status, text) => {
    expect(post(world, 'acid-a-0', '/restart', body)).toMatchObject({ status, body: text });
    expect(ask(world, 'acid-a-0', '/primary')?.status).toBe(200);
  });

  it('of a pod that is gone before it is done is never answered', () => {
    const answer = world.patroniRequest('default', 'acid-a-1', { method: 'POST', path: '/restart' });
    let said: unknown;
    if (answer.kind === 'later') answer.done((late) => (said = late));
    evict(world, 'acid-a-1');
    pass(world, 30);
    expect(said).toEqual({ kind: 'no-answer' });
  });

  it('of a primary that hands over meanwhile is over with that', () => {
    const answer = world.patroniRequest('default', 'acid-a-0', { method: 'POST', path: '/restart' });
    if (answer.kind === 'later') answer.done(() => {});
    const wanted = { leader: 'acid-a-0', candidate: 'acid-a-1' };
    expect(post(world, 'acid-a-0', '/switchover', wanted)).toMatchObject({ status: 200 });
    pass(world, 30);
    expect(streaming(world, 'acid-a-1')).toEqual(['acid-a-0', 'acid-a-2']);
    expect(post(world, 'acid-a-0', '/restart', {})).toMatchObject({ status: 200 });
  });
});

describe('a replica that is reinitialized', () => {
  it('is no good candidate until it has been copied, and streams then', () => {
    expect(post(world, 'acid-a-1', '/reinitialize', {})).toMatchObject({
      status: 200,
      body: 'reinitialize started',
    });
    expect(post(world, 'acid-a-1', '/reinitialize', {})).toMatchObject({
      status: 503,
      body: 'reinitialize already in progress',
    });
    const wanted = { leader: 'acid-a-0', candidate: 'acid-a-1' };
    expect(post(world, 'acid-a-0', '/switchover', wanted)).toMatchObject({ status: 412 });
    pass(world, 11);
    expect(told('acid-a-0', '/cluster')?.members?.find(({ name }) => name === 'acid-a-1')?.state).toBe(
      'creating replica',
    );
    pass(world, 30);
    expect(streaming(world, 'acid-a-0')).toEqual(['acid-a-1', 'acid-a-2']);
    expect(ask(world, 'acid-a-1', '/replica')?.status).toBe(200);
    expect(post(world, 'acid-a-0', '/switchover', wanted)).toMatchObject({ status: 200 });
  });

  it('is never the leader', () => {
    expect(post(world, 'acid-a-0', '/reinitialize', {})).toMatchObject({
      status: 503,
      body: 'I am the leader, can not reinitialize',
    });
  });
});

it('a failover by request is refused', () => {
  expect(post(world, 'acid-a-0', '/failover', { leader: 'acid-a-0' })).toMatchObject({ status: 400 });
  expect(post(world, 'acid-a-0', '/failover', { candidate: 'acid-a-1' })).toMatchObject({ status: 501 });
  pass(world, 30);
  expect(world.roleChanges).toEqual([]);
});
