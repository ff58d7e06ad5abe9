import { describe, expect, it } from 'vitest';
import { cluster, clusterWith, member, node, zone } from '../../fixtures/fleet.ts';
import { recorded } from '../http/recordings.ts';
import { ask, evict, labelOf, nodeOf, pass, streaming, switchOver, worldOf } from './worlds.ts';

const zones = [zone('z1', node('n1'), node('n4')), zone('z2', node('n2')), zone('z3', node('n3'))];

function threeMembers(options: Parameters<typeof clusterWith>[0] = {}) {
  return worldOf([
    ...zones,
    cluster('acid-a', clusterWith(options), member('n1', 'primary'), member('n2'), member('n3')),
  ]);
}

describe('a switchover in the world', () => {
  it('is answered after about two seconds, moves the role and begins a timeline', () => {
    const world = threeMembers();
    const askedMs = world.nowMs();
    const timeline = world.clusters.get('default/acid-a')?.timeline ?? 0;
    const answer = switchOver(world, 'acid-a-0', { leader: 'acid-a-0', candidate: 'acid-a-1' });
    expect(answer).toMatchObject({ status: 200, body: 'Successfully switched over to "acid-a-1"' });
    expect(world.nowMs() - askedMs).toBeGreaterThan(1900);
    expect(world.nowMs() - askedMs).toBeLessThan(2300);
    expect(world.roleChanges).toMatchObject([
      {
        cluster: 'default/acid-a',
        from: 'acid-a-0',
        to: 'acid-a-1',
        kind: 'switchover',
        timeline: timeline + 1,
      },
    ]);
    expect(labelOf(world, 'acid-a-1', 'spilo-role')).toBe('master');
  });

  it('leaves the old primary without a role label, and not streaming, for about ten seconds', () => {
    const world = threeMembers();
    switchOver(world, 'acid-a-0', { leader: 'acid-a-0', candidate: 'acid-a-1' });
    pass(world, 6);
    expect(ask(world, 'acid-a-0', '/readiness')?.status).toBe(200);
    expect(labelOf(world, 'acid-a-0', 'spilo-role')).toBeUndefined();
    expect(streaming(world, 'acid-a-1')).toEqual(['acid-a-2']);
    pass(world, 6);
    expect(labelOf(world, 'acid-a-0', 'spilo-role')).toBe('replica');
    expect(streaming(world, 'acid-a-1')).toEqual(['acid-a-0', 'acid-a-2']);
  });

  it.each([
    ['049-switchover-wrong-leader', { leader: 'acid-a-1', candidate: 'acid-a-2' }],
    ['051-switchover-leader-missing', { candidate: 'acid-a-1' }],
    ['052-switchover-candidate-nonexistent', { leader: 'acid-a-0', candidate: 'nope' }],
    ['053-switchover-candidate-is-leader', { leader: 'acid-a-0', candidate: 'acid-a-0' }],
  ])('says no as recorded: %s', (file, body) => {
    const world = threeMembers();
    const real = recorded(`patroni/${file}`).response;
    expect(switchOver(world, 'acid-a-0', body)).toMatchObject({ status: real.status, body: real.body });
    pass(world, 30);
    expect(world.roleChanges).toEqual([]);
  });

  it('to a replica that lags further than allowed is answered 503 and changes nothing', () => {
    const world = threeMembers({ maximumLag: 1_048_576 });
    world.freezeReplica('default', 'acid-a-1', true);
    pass(world, 60);
    expect(ask(world, 'acid-a-1', '/readiness')?.status).toBe(200);
    expect(streaming(world, 'acid-a-0')).toEqual(['acid-a-2']);
    const answer = switchOver(world, 'acid-a-0', { leader: 'acid-a-0', candidate: 'acid-a-1' });
    expect(answer).toMatchObject({ status: 503, body: 'Switchover failed' });
    expect(world.roleChanges).toEqual([]);
  });

  it('tells the loser of two requests at once who won instead', () => {
    const world = threeMembers();
    const bodies = ['acid-a-1', 'acid-a-2'].map((candidate) => ({ leader: 'acid-a-0', candidate }));
    const said: unknown[] = [];
    for (const body of bodies) {
      const answer = world.patroniRequest('default', 'acid-a-0', {
        method: 'POST',
        path: '/switchover',
        body,
      });
      if (answer.kind === 'later')
        answer.done((late) => said.push(late.kind === 'answer' ? late.body : late));
    }
    pass(world, 5);
    expect(said.sort()).toEqual([
      'Successfully switched over to "acid-a-1"',
      'Switched over to "acid-a-1" instead of "acid-a-2"',
    ]);
    expect(world.roleChanges).toHaveLength(1);
  });

  it('goes only to a sync standby in synchronous mode', () => {
    const world = worldOf([
      ...zones,
      cluster(
        'acid-a',
        clusterWith({ synchronous: 'on' }),
        member('n1', 'primary'),
        member('n2', 'sync-standby'),
        member('n3'),
      ),
    ]);
    expect(switchOver(world, 'acid-a-0', { leader: 'acid-a-0', candidate: 'acid-a-2' })).toMatchObject({
      status: 412,
      body: 'candidate name does not match with sync_standby',
    });
    expect(switchOver(world, 'acid-a-0', { leader: 'acid-a-0', candidate: 'acid-a-1' })).toMatchObject({
      status: 200,
    });
  });

  it('to a synchronous standby that no longer receives anything loses nothing that was acknowledged', () => {
    const world = worldOf([
      ...zones,
      cluster(
        'acid-a',
        clusterWith({ synchronous: 'on' }),
        member('n1', 'primary'),
        member('n2', 'sync-standby'),
      ),
    ]);
    world.freezeReplica('default', 'acid-a-1', true);
    // The leader would name nobody in its next loop, and acknowledge alone, if it were not handing over by then.
    pass(world, 1);
    expect(switchOver(world, 'acid-a-0', { leader: 'acid-a-0', candidate: 'acid-a-1' })).toMatchObject({
      status: 200,
    });
    expect(world.violations).toEqual([]);
    // The former primary follows and is named when that is over.
    pass(world, 60);
    expect(world.clusters.get('default/acid-a')?.syncStandbys).toEqual(['acid-a-0']);
  });

  it('that comes late does not come when the candidate is no synchronous standby any more', () => {
    const world = worldOf([
      ...zones,
      cluster(
        'acid-a',
        clusterWith({ synchronous: 'on' }),
        member('n1', 'primary'),
        member('n2', 'sync-standby'),
      ),
    ]);
    world.faults.switchoverLies.set('default/acid-a', ['unknown-but-late']);
    switchOver(world, 'acid-a-0', { leader: 'acid-a-0', candidate: 'acid-a-1' });
    world.freezeReplica('default', 'acid-a-1', true);
    pass(world, 60);
    expect(world.roleChanges).toEqual([]);
    expect(world.violations).toEqual([]);
  });

  it('has a member with the tag nofailover as sync standby only while there is no other', () => {
    const world = worldOf([
      ...zones,
      cluster(
        'acid-a',
        clusterWith({ synchronous: 'on' }),
        member('n1', 'primary'),
        member('n2', 'sync-standby'),
        member('n3', 'replica', { tags: { nofailover: true } }),
      ),
    ]);
    const standbys = (): readonly string[] => world.clusters.get('default/acid-a')?.syncStandbys ?? [];
    const sinceStart: string[] = [];
    world.store.onEvent(() => {
      const [now = 'nobody'] = standbys();
      if (sinceStart.at(-1) !== now) sinceStart.push(now);
    });
    world.deletePod('default', 'acid-a-1');
    world.advanceTo(world.nowMs() + 120_000);
    expect(sinceStart).toContain('acid-a-2');
    expect(standbys()).toEqual(['acid-a-1']);
  });

  it.each([
    ['unknown-but-done', 503, 1],
    ['unknown-not-done', 503, 0],
    ['failed', 503, 0],
    ['other-target', 200, 1],
  ] as const)('can lie: %s', (lie, status, changes) => {
    const world = threeMembers();
    world.faults.switchoverLies.set('default/acid-a', [lie]);
    const answer = switchOver(world, 'acid-a-0', { leader: 'acid-a-0', candidate: 'acid-a-1' });
    expect(answer).toMatchObject({ status });
    expect(world.roleChanges).toHaveLength(changes);
    if (lie === 'other-target') expect(world.roleChanges[0]?.to).toBe('acid-a-2');
  });

  it('takes as long as the leader takes to stop, and nobody is told what comes of it', () => {
    const world = threeMembers();
    world.faults.stopSeconds.set('default/acid-a', 40);
    const answer = switchOver(world, 'acid-a-0', { leader: 'acid-a-0', candidate: 'acid-a-1' });
    expect(answer).toMatchObject({ status: 503, body: 'Switchover status unknown' });
    const cluster = world.clusters.get('default/acid-a');
    expect([cluster?.leader, cluster?.members.get('acid-a-0')?.state]).toEqual(['acid-a-0', 'stopping']);
    pass(world, 45);
    expect(world.roleChanges).toMatchObject([{ from: 'acid-a-0', to: 'acid-a-1', kind: 'switchover' }]);
    expect(world.violations).toEqual([]);
  });
});

describe('a member in the world', () => {
  it('is Ready before it streams, and a switchover to it then is accepted and discards WAL', () => {
    // Spilo's maximum_lag_on_failover: what the replica missed meanwhile stays below it.
    const world = threeMembers({ maximumLag: 33_554_432 });
    world.faults.neverStream.add('default/acid-a-1');
    expect(evict(world, 'acid-a-1')).toBe(201);
    pass(world, 60);
    expect(ask(world, 'acid-a-1', '/readiness')?.status).toBe(200);
    expect(streaming(world, 'acid-a-0')).toEqual(['acid-a-2']);
    const answer = switchOver(world, 'acid-a-0', { leader: 'acid-a-0', candidate: 'acid-a-1' });
    expect(answer).toMatchObject({ status: 200 });
    expect(world.violations.map((one) => one.code)).toContain('wal-discarded');
  });

  it('does not start while its cluster is paused, and starts when that is over', () => {
    const world = threeMembers();
    const config = world.clusters.get('default/acid-a')?.config ?? {};
    config.pause = true;
    expect(evict(world, 'acid-a-1')).toBe(201);
    pass(world, 120);
    expect(streaming(world, 'acid-a-0')).toEqual(['acid-a-2']);
    config.pause = false;
    pass(world, 60);
    expect(streaming(world, 'acid-a-0')).toEqual(['acid-a-1', 'acid-a-2']);
  });

  it('that leads and is deleted gives its lock back at once: the longest running replica takes over in a few seconds', () => {
    const world = threeMembers();
    evict(world, 'acid-a-1');
    pass(world, 90);
    world.deletePod('default', 'acid-a-0');
    pass(world, 5);
    expect(world.roleChanges).toMatchObject([{ from: 'acid-a-0', to: 'acid-a-2', kind: 'failover' }]);
    pass(world, 60);
    expect(streaming(world, 'acid-a-2')).toEqual(['acid-a-0', 'acid-a-1']);
    expect(world.outages).toEqual([]);
  });

  it('that leads and dies with its node is replaced only when its lock has run out, and keeps its label until then', () => {
    const world = threeMembers();
    world.crashNode('n1');
    pass(world, 15);
    expect(world.roleChanges).toEqual([]);
    expect(world.patroniRequest('default', 'acid-a-0', { method: 'GET', path: '/cluster' }).kind).toBe(
      'no-answer',
    );
    pass(world, 15);
    expect(world.roleChanges).toMatchObject([{ from: 'acid-a-0', kind: 'failover' }]);
    expect(labelOf(world, 'acid-a-0', 'spilo-role')).toBe('master');
    pass(world, 60);
    const conditions: unknown = world.store.get('Node', undefined, 'n1')?.status.conditions;
    expect(conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'Unknown' }));
  });

  it('without any other is an outage while it restarts, and leads again after it', () => {
    const world = worldOf([...zones, cluster('acid-a', member('n1', 'primary'))]);
    world.deletePod('default', 'acid-a-0');
    pass(world, 10);
    expect(world.outages).toMatchObject([{ cluster: 'default/acid-a' }]);
    expect(world.outages[0]?.toMs).toBeUndefined();
    pass(world, 60);
    expect(world.outages[0]?.toMs).toBeGreaterThan(world.outages[0]?.fromMs ?? 0);
    expect(world.roleChanges).toEqual([]);
    expect(labelOf(world, 'acid-a-0', 'spilo-role')).toBe('master');
  });

  it('that is new fills its volume from where the leader stands, however long that has been writing', () => {
    const world = threeMembers();
    pass(world, 600);
    world.store.update('StatefulSet', 'default', 'acid-a', (draft) => {
      draft.spec.replicas = 4;
    });
    const cluster = world.clusters.get('default/acid-a');
    for (let second = 0; second < 60 && cluster?.members.get('acid-a-3') === undefined; second += 1)
      pass(world, 1);
    const written = (cluster?.walBytes ?? 0) + 600 * world.durations.walBytesPerSecond;
    expect(cluster?.members.get('acid-a-3')?.positionBytes).toBeGreaterThanOrEqual(written);
  });

  it('of a paused cluster is not succeeded by itself; somebody leads again once that is over', () => {
    const world = threeMembers({ paused: true });
    world.deletePod('default', 'acid-a-0');
    pass(world, 60);
    expect(world.roleChanges).toEqual([]);
    const cluster = world.clusters.get('default/acid-a');
    expect(cluster?.leader).toBeUndefined();
    if (cluster !== undefined) cluster.config.pause = false;
    pass(world, 60);
    expect(cluster?.leader).toBeDefined();
  });
});

describe('what can go wrong in the world', () => {
  it('a switchover whose status is unknown may still take place in a later loop', () => {
    const world = threeMembers();
    world.faults.switchoverLies.set('default/acid-a', ['unknown-but-late']);
    const answer = switchOver(world, 'acid-a-0', { leader: 'acid-a-0', candidate: 'acid-a-1' });
    expect(answer).toMatchObject({ status: 503 });
    expect(world.roleChanges).toEqual([]);
    pass(world, 40);
    expect(world.roleChanges).toMatchObject([{ to: 'acid-a-1', kind: 'switchover' }]);
  });

  it('a member keeps its tags when its pod comes back, and comes back late while controllers are away', () => {
    const world = worldOf([
      ...zones,
      cluster('acid-a', member('n1', 'primary'), member('n2', 'replica', { tags: { nofailover: true } })),
    ]);
    world.faults.controllersAway = true;
    evict(world, 'acid-a-1');
    pass(world, 60);
    expect(nodeOf(world, 'acid-a-1')).toBeUndefined();
    world.faults.controllersAway = false;
    pass(world, 60);
    expect(world.memberOf('default', 'acid-a-1')?.member.tags).toMatchObject({ nofailover: true });
  });
});

describe('positions that Patroni publishes in every loop', () => {
  const parts = [...zones, cluster('acid-a', clusterWith({}), member('n1', 'primary'), member('n2'))];
  /** What stands on the leader's Endpoints at each of these seconds after the start, where somebody comes to look. */
  const seenAt = (seconds: readonly number[], isWatched: boolean): readonly unknown[] => {
    const world = worldOf(parts, { isWatched });
    const seen: unknown[] = [];
    for (const second of seconds)
      world.clock.after(second * 1000, () => {
        const { annotations } = world.store.get('Endpoints', 'default', 'acid-a')?.metadata ?? {};
        const status = world.store.get('Pod', 'default', 'acid-a-1')?.metadata.annotations?.status;
        seen.push([annotations?.optime, annotations?.renewTime, status]);
      });
    pass(world, 100);
    return seen;
  };

  it('are the same for whoever looks when something happens, where nobody watches', () => {
    const seconds = [3, 11, 47, 48, 90];
    const watched = seenAt(seconds, true);
    expect(new Set(watched.map((one) => JSON.stringify(one))).size).toBe(4);
    expect(seenAt(seconds, false)).toEqual(watched);
  });

  it('are not written where nobody can see them', () => {
    const [watched, alone] = [worldOf(parts), worldOf(parts, { isWatched: false })];
    for (const world of [watched, alone]) {
      world.clock.after(200_000, () => {});
      pass(world, 60);
    }
    expect(alone.store.resourceVersion).toBeLessThan(watched.store.resourceVersion - 10);
  });
});
