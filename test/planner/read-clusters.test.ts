import { describe, expect, it } from 'vitest';
import type { DatabaseCluster } from '../../planner/model.ts';
import { customPreset } from '../../planner/read/member-presets.ts';
import { readSnapshot } from '../../planner/read/read-snapshot.ts';
import {
  cluster,
  clusterWith,
  deployment,
  fleetObjects,
  member,
  node,
  raw,
  zone,
} from '../fixtures/fleet.ts';
import type { FleetPart, KubernetesList } from '../fixtures/fleet-parts.ts';
import { object } from '../fixtures/objects.ts';
import { readList, readListWithFindings } from '../fixtures/read.ts';

const zones = [zone('z1', node('n1')), zone('z2', node('n2')), zone('z3', node('n3'))];
const listOf = (...parts: FleetPart[]) => fleetObjects(...zones, ...parts);
const read = (...parts: FleetPart[]) => readListWithFindings(listOf(...parts));

function only(list: KubernetesList): DatabaseCluster {
  const [first, ...others] = readList(list).clusters;
  if (first === undefined || others.length > 0) throw new Error('expected one cluster');
  return first;
}

describe('members of Patroni clusters', () => {
  it('are found by labels, sorted by name, and their pods name the cluster', () => {
    const { fleet } = read(
      cluster('acid-b', member('n1', 'primary')),
      cluster('acid-a', clusterWith({ namespace: 'payments' }), member('n2'), member('n1', 'primary')),
      deployment('web', { on: ['n1'] }),
    );
    expect(fleet.clusters.map(({ key }) => key)).toEqual(['default/acid-b', 'payments/acid-a']);
    expect(fleet.clusters[1]).toMatchObject({
      scope: 'acid-a',
      namespace: 'payments',
      primary: 'acid-a-1',
      members: [
        { name: 'acid-a-0', pod: 'payments/acid-a-0', role: 'replica' },
        { name: 'acid-a-1', pod: 'payments/acid-a-1', role: 'primary' },
      ],
    });
    expect(fleet.pods.map((pod) => pod.cluster)).toEqual([
      'default/acid-b',
      undefined,
      'payments/acid-a',
      'payments/acid-a',
    ]);
  });

  it('Spilo labels a primary `master`, Patroni 4 says `primary`: both are understood', () => {
    for (const primaryLabel of ['master', 'primary'] as const)
      for (const status of ['master', 'primary'])
        expect(
          only(
            listOf(
              cluster(
                'acid-a',
                clusterWith({ primaryLabel }),
                member('n1', 'primary', { status }),
                member('n2'),
              ),
            ),
          ),
        ).toMatchObject({ primary: 'acid-a-0', members: [{ role: 'primary' }, { role: 'replica' }] });
  });

  it("plain Patroni's labels are known, and other labels by a custom preset", () => {
    const relabelled = (scope: string, role: string, application: string) => {
      const text = JSON.stringify(listOf(cluster('acid-a', member('n1', 'primary'), member('n2'))))
        .replaceAll('"cluster-name"', JSON.stringify(scope))
        .replaceAll('"spilo-role"', JSON.stringify(role))
        .replaceAll('"application":"spilo"', `"application":"${application}"`);
      return [{ file: 'fleet.json', document: JSON.parse(text) }];
    };
    expect(readSnapshot(relabelled('cluster-name', 'role', 'patroni'))).toMatchObject({
      fleet: { clusters: [{ key: 'default/acid-a', primary: 'acid-a-0' }] },
    });
    const own = relabelled('pg/scope', 'pg/role', 'db');
    // Without it nothing is a cluster, and that a Patroni was seen is said.
    expect(readSnapshot(own)).toMatchObject({
      fleet: { clusters: [] },
      findings: [{ code: 'unrecognised-member', count: 2, subject: 'default/acid-a-0' }],
    });
    const preset = customPreset({ scopeLabel: 'pg/scope', roleLabel: 'pg/role' });
    expect(readSnapshot(own, [preset])).toMatchObject({
      fleet: { clusters: [{ key: 'default/acid-a', primary: 'acid-a-0' }] },
    });
  });

  it('a custom preset does not take a pooler with the scope label for a member', () => {
    const list = listOf(
      cluster('acid-a', member('n1', 'primary')),
      deployment('pooler', { on: ['n2'], labels: { 'cluster-name': 'acid-a' } }),
    );
    const preset = customPreset({ scopeLabel: 'cluster-name', roleLabel: 'spilo-role' });
    expect(readSnapshot([{ file: 'fleet.json', document: list }], [preset])).toMatchObject({
      fleet: { clusters: [{ members: [{ name: 'acid-a-0' }] }] },
    });
  });
});

describe('lag, timeline and tags of members', () => {
  it('lag is the distance to the leader in bytes, and unknown where no position is written', () => {
    const { members } = only(
      listOf(
        cluster(
          'acid-a',
          member('n1', 'primary'),
          member('n2', 'replica', { lag: 4096 }),
          member('n3', 'replica', { lag: null }),
        ),
      ),
    );
    expect(members.map((each) => each.lagBytes)).toEqual([0, 4096, undefined]);
  });

  it('a replica that was seen later than its leader is not behind', () => {
    const { members } = only(
      listOf(cluster('acid-a', member('n1', 'primary'), member('n2', 'replica', { lag: -500 }))),
    );
    expect(members[1]?.lagBytes).toBe(0);
  });

  it("without the lock's position the leader's own is taken, without both the lag is unknown", () => {
    const parts = (position: number | null) =>
      only(
        listOf(
          cluster(
            'acid-a',
            clusterWith({ keptIn: 'nowhere' }),
            member('n1', 'primary', { lag: position }),
            member('n2', 'replica', { lag: 100 }),
          ),
        ),
      ).members[1]?.lagBytes;
    expect(parts(0)).toBe(100);
    expect(parts(null)).toBeUndefined();
  });

  it('nofailover comes from the tag or from priority 0', () => {
    const tagged = (tags: Record<string, unknown>) =>
      only(listOf(cluster('acid-a', member('n1', 'primary'), member('n2', 'replica', { tags })))).members[1];
    expect(tagged({ nofailover: true })).toMatchObject({ nofailover: true });
    expect(tagged({ failover_priority: 0 })).toMatchObject({ nofailover: true, failoverPriority: 0 });
    expect(tagged({ failover_priority: 3 })).toMatchObject({ nofailover: false, failoverPriority: 3 });
    expect(tagged({ nofailover: false, failover_priority: 0 })).toMatchObject({ nofailover: true });
    expect(tagged({ clonefrom: true })).toMatchObject({ nofailover: false });
  });

  it('whom it streams from and whether it can be synchronous come from tags, where they are set', () => {
    const tagged = (tags: Record<string, unknown>) =>
      only(listOf(cluster('acid-a', member('n1', 'primary'), member('n2', 'replica', { tags })))).members[1];
    expect(tagged({ replicatefrom: 'acid-a-2', nosync: true })).toMatchObject({
      replicatefrom: 'acid-a-2',
      nosync: true,
    });
    expect(tagged({ nosync: 'false' })).toMatchObject({ nosync: false });
    expect(tagged({ sync_priority: 0 })).toMatchObject({ nosync: true });
    expect(tagged({ sync_priority: 2 })).toMatchObject({ nosync: false });
    for (const tags of [{}, { replicatefrom: '' }, { replicatefrom: 5 }]) {
      expect(tagged(tags)).not.toHaveProperty('replicatefrom');
      expect(tagged(tags)).not.toHaveProperty('nosync');
    }
  });

  it('state and timeline are what the member wrote', () => {
    expect(
      only(
        listOf(
          cluster(
            'acid-a',
            member('n1', 'primary'),
            member('n2', 'replica', { state: 'streaming', timeline: 7 }),
          ),
        ),
      ).members[1],
    ).toMatchObject({ state: 'streaming', timeline: 7 });
  });

  it('a status that cannot be read is a finding, and the member is known by its label alone', () => {
    const list = listOf(cluster('acid-a', member('n1', 'primary'), member('n2')));
    for (const each of list.items)
      if (each.kind === 'Pod' && each.metadata.name === 'acid-a-1')
        each.metadata.annotations = { status: '{"role":' };
    const { fleet, findings } = readListWithFindings(list);
    expect(fleet.clusters[0]?.members[1]).toMatchObject({ role: 'replica', nofailover: false });
    expect(fleet.clusters[0]?.members[1]?.lagBytes).toBeUndefined();
    expect(findings).toMatchObject([
      { code: 'unreadable-member-status', subject: 'default/acid-a-1', count: 1 },
    ]);
  });
});

describe("Patroni's configuration", () => {
  const settings = (options: Parameters<typeof clusterWith>[0]) =>
    only(
      listOf(
        cluster(
          'acid-a',
          clusterWith(options),
          member('n1', 'primary'),
          member('n2', 'sync-standby'),
          member('n3'),
        ),
      ),
    );

  it('defaults: running, asynchronous, one mebibyte of lag', () => {
    expect(settings({})).toMatchObject({ paused: false, synchronous: 'off', maximumLagBytes: 1_048_576 });
  });

  it.each(['Endpoints', 'ConfigMap'] as const)('is read from %s', (keptIn) => {
    expect(settings({ keptIn, paused: true, maximumLag: 33_554_432, synchronous: 'strict' })).toMatchObject({
      primary: 'acid-a-0',
      paused: true,
      synchronous: 'strict',
      maximumLagBytes: 33_554_432,
      members: [{ role: 'primary' }, { role: 'sync-standby' }, { role: 'replica' }],
    });
  });

  it('synchronous modes', () => {
    expect(settings({ synchronous: 'on' }).synchronous).toBe('on');
    expect(settings({ synchronous: 'quorum' }).synchronous).toBe('quorum');
  });

  it('how many standbys are kept synchronous; strict mode keeps one in any case', () => {
    const counted = (synchronous: 'on' | 'strict', count: unknown) => {
      const list = listOf(
        cluster('acid-a', clusterWith({ synchronous }), member('n1', 'primary'), member('n2')),
      );
      for (const each of list.items) {
        if (each.metadata.name !== 'acid-a-config') continue;
        const annotations = each.metadata.annotations as Record<string, string>;
        annotations.config = JSON.stringify({
          ...JSON.parse(annotations.config ?? ''),
          synchronous_node_count: count,
        });
      }
      return only(list).synchronousNodeCount;
    };
    expect(counted('on', 2)).toBe(2);
    expect(counted('on', '3')).toBe(3);
    expect(counted('on', 0)).toBe(0);
    expect(counted('strict', 0)).toBe(1);
    expect(counted('on', 'many')).toBeUndefined();
    expect(settings({ synchronous: 'on' })).not.toHaveProperty('synchronousNodeCount');
  });

  it('a sync standby of another leader is a replica, and so is one where no mode is set', () => {
    const list = listOf(
      cluster(
        'acid-a',
        clusterWith({ synchronous: 'on' }),
        member('n1', 'primary'),
        member('n2', 'sync-standby'),
      ),
    );
    for (const each of list.items)
      if (each.metadata.name === 'acid-a-sync')
        each.metadata.annotations = { leader: 'acid-a-1', sync_standby: 'acid-a-1' };
    expect(only(list).members[1]?.role).toBe('replica');
    expect(settings({}).members[1]?.role).toBe('replica');
  });

  it('an Endpoints object of a service says nothing about the lock', () => {
    const { fleet, findings } = read(
      cluster('acid-a', clusterWith({ keptIn: 'nowhere' }), member('n1', 'primary'), member('n2')),
      raw(object('v1', 'Endpoints', { name: 'acid-a', namespace: 'default' }, {})),
    );
    expect(fleet.clusters[0]?.primary).toBe('acid-a-0');
    expect(findings).toEqual([]);
  });
});

describe('contradictions about the primary', () => {
  it('two members labelled primary: no primary, both are claimants, and a finding that stops', () => {
    const { fleet, findings } = read(
      cluster('acid-a', member('n1', 'primary'), member('n2', 'replica', { label: 'master' }), member('n3')),
    );
    expect(fleet.clusters[0]).toMatchObject({
      claimants: ['acid-a-0', 'acid-a-1'],
      members: [{ role: 'unknown' }, { role: 'unknown' }, { role: 'replica' }],
    });
    expect(fleet.clusters[0]?.primary).toBeUndefined();
    expect(findings).toMatchObject([
      {
        code: 'two-primaries',
        severity: 'stops',
        subject: 'default/acid-a',
        count: 1,
        facts: { claimants: ['acid-a-0', 'acid-a-1'] },
      },
    ]);
  });

  it('many clusters without a primary are one finding with a count and examples', () => {
    const { findings } = read(
      ...Array.from({ length: 8 }, (_, index) =>
        cluster(`acid-${index}`, clusterWith({ leader: null }), member('n1')),
      ),
    );
    expect(findings).toMatchObject([
      {
        code: 'no-primary',
        count: 8,
        subject: 'default/acid-0',
        examples: ['default/acid-0', 'default/acid-1', 'default/acid-2', 'default/acid-3', 'default/acid-4'],
      },
    ]);
  });

  it('just after a switchover the former primary has no role label: the new one is still the one primary', () => {
    expect(
      only(
        listOf(
          cluster(
            'acid-a',
            member('n1', 'replica', { label: null, status: 'demoted', state: 'stopped' }),
            member('n2', 'primary'),
          ),
        ),
      ),
    ).toMatchObject({
      primary: 'acid-a-1',
      members: [{ role: 'replica', state: 'stopped' }, { role: 'primary' }],
    });
  });
});
