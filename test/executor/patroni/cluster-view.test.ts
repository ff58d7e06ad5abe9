import { describe, expect, it } from 'vitest';
import {
  clusterSchema,
  configSchema,
  memberSchema,
  toPatroniView,
} from '../../../executor/patroni/cluster-view.ts';
import { recording } from '../answering-server.ts';

const body = (file: string) => recording('patroni', file).response.body;
const cluster = (file: string) => clusterSchema.parse(body(file));
const leader = (file: string) => memberSchema.parse(body(file));

describe('what a recorded cluster says', () => {
  it('names its leader, its timeline and who streams by the word of the leader', () => {
    const view = toPatroniView({
      cluster: cluster('003-leader-get-cluster'),
      leader: leader('002-leader-get-patroni'),
      config: configSchema.parse(body('004-leader-get-config')),
    });
    expect(view).toEqual({
      leader: 'acid-b-1',
      timeline: 2,
      paused: false,
      synchronous: false,
      members: [
        {
          name: 'acid-b-0',
          role: 'replica',
          state: 'running',
          lagBytes: 0,
          timeline: 2,
          nofailover: false,
          streaming: true,
        },
        {
          name: 'acid-b-1',
          role: 'leader',
          state: 'running',
          timeline: 2,
          nofailover: false,
          streaming: false,
        },
        {
          name: 'acid-b-2',
          role: 'replica',
          state: 'running',
          lagBytes: 0,
          timeline: 2,
          nofailover: false,
          streaming: true,
        },
      ],
    });
  });

  it('leaves nobody streaming where the leader did not speak, whatever the cluster calls running', () => {
    const view = toPatroniView({ cluster: cluster('003-leader-get-cluster') });
    expect(view.leader).toBe('acid-b-1');
    expect(view.members.filter((member) => member.streaming)).toEqual([]);
  });

  it('is paused when it says so', () => {
    expect(
      toPatroniView({ cluster: cluster('072-cluster-paused'), leader: leader('073-patroni-paused') }).paused,
    ).toBe(true);
  });

  it('knows when somebody has scheduled a switchover', () => {
    const view = (name: string) => toPatroniView({ cluster: cluster(name) });
    expect(view('062-cluster-with-scheduled-switchover').scheduledSwitchoverAt).toBe(
      '2026-11-22T23:01:01.669000+00:00',
    );
    expect(view('079-cluster-synchronous')).not.toHaveProperty('scheduledSwitchoverAt');
  });

  it('is synchronous with its sync standby', () => {
    const view = toPatroniView({ cluster: cluster('079-cluster-synchronous') });
    expect(view.synchronous).toBe(true);
    expect(view.members.map((member) => member.role)).toEqual(['replica', 'leader', 'sync-standby']);
  });

  it('tells how far a replica is behind', () => {
    const view = toPatroniView({ cluster: cluster('099-cluster-candidate-lagging') });
    expect(view.members.map((member) => member.lagBytes)).toEqual([19406800, 0, undefined]);
  });
});

describe('what must not be guessed', () => {
  const of = (...members: object[]) => clusterSchema.parse({ members });
  const a = { name: 'a', role: 'leader', state: 'running', timeline: 3 };
  const b = { name: 'b', role: 'replica', state: 'streaming', timeline: 3, lag: 0 };

  it('unknown lag stays unknown', () => {
    const view = toPatroniView({ cluster: of(a, { ...b, lag: 'unknown' }) });
    expect(view.members[1]).not.toHaveProperty('lagBytes');
  });

  it('two leaders are no leader', () => {
    expect(toPatroniView({ cluster: of(a, { ...b, role: 'leader' }) })).not.toHaveProperty('leader');
  });

  it('a leader that says of itself that it is a replica is no leader, and nobody streams', () => {
    const word = memberSchema.parse({
      role: 'replica',
      state: 'running',
      replication: [{ application_name: 'b', state: 'streaming' }],
    });
    const view = toPatroniView({ cluster: of(a, b), leader: word });
    expect(view).not.toHaveProperty('leader');
    expect(view.members.some((member) => member.streaming)).toBe(false);
  });

  it('a leader that says that it stops is not running, whatever it wrote last', () => {
    const word = memberSchema.parse({ role: 'primary', state: 'stopping' });
    const view = toPatroniView({ cluster: of(a, b), leader: word });
    expect(view.members.map(({ state }) => state)).toEqual(['stopping', 'streaming']);
  });

  it('a replica that catches up does not stream yet', () => {
    const word = memberSchema.parse({
      role: 'primary',
      state: 'running',
      replication: [{ application_name: 'b', state: 'catchup' }],
    });
    expect(toPatroniView({ cluster: of(a, b), leader: word }).members[1]?.streaming).toBe(false);
  });

  it('synchronous mode without a standby at the moment is still synchronous', () => {
    for (const synchronous_mode of [true, 'on', 'quorum']) {
      expect(toPatroniView({ cluster: of(a, b), config: { synchronous_mode } }).synchronous).toBe(true);
    }
    expect(toPatroniView({ cluster: of(a, b), config: { synchronous_mode: false } }).synchronous).toBe(false);
  });

  it.each([
    [{ nofailover: true }, true],
    [{ nofailover: 'true' }, true],
    [{ failover_priority: 0 }, true],
    [{ failover_priority: '0' }, true],
    [{ failover_priority: 1 }, false],
    [{ nofailover: false }, false],
    [{}, false],
  ])('tags %j: nofailover is %s', (tags, nofailover) => {
    expect(toPatroniView({ cluster: of(a, { ...b, tags }) }).members[1]?.nofailover).toBe(nofailover);
  });

  it.each([
    ['master', 'leader'],
    ['standby_leader', 'standby-leader'],
    ['quorum_standby', 'sync-standby'],
    ['uninitialized', 'unknown'],
  ])('the role %s is %s', (role, expected) => {
    expect(toPatroniView({ cluster: of({ ...b, role }) }).members[0]?.role).toBe(expected);
  });
});
