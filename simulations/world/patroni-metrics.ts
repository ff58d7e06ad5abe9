/**
 * GET /metrics of one member, as recorded from Patroni 3.0.2.
 * https://github.com/patroni/patroni/blob/master/patroni/api.py (do_GET_metrics)
 */

import type { ClusterState, MemberState } from './patroni-cluster.ts';
import { positionOf } from './patroni-state.ts';
import type { World } from './world.ts';

type Metric = readonly [name: string, type: 'gauge' | 'counter', help: string, value: string | number];

/** Returns the text that Prometheus reads. */
export function metricsText(world: World, cluster: ClusterState, member: MemberState): string {
  const lines = metricsOf(world, cluster, member).flatMap(([name, type, help, value]) => {
    // Patroni 3.0.2 puts a space behind this one.
    const space = name === 'patroni_postgres_server_version' ? ' ' : '';
    return [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      `${name}${space}{scope="${cluster.scope}"} ${value}`,
    ];
  });
  return `${lines.join('\n')}\n`;
}

function metricsOf(world: World, cluster: ClusterState, member: MemberState): readonly Metric[] {
  const runs = member.state === 'running';
  const leads = member.role === 'primary' && cluster.leader === member.name;
  const follows = runs && member.role === 'replica';
  const isSync = Boolean(cluster.config.synchronous_mode) && cluster.syncStandbys.includes(member.name);
  const bytes = positionOf(world, cluster, member);
  const started = runs ? (member.startedMs / 1000).toFixed(6) : 0;
  return [
    ['patroni_version', 'gauge', 'Patroni semver without periods.', digitsOf(cluster.version)],
    ['patroni_postgres_running', 'gauge', 'Value is 1 if Postgres is running, 0 otherwise.', Number(runs)],
    ['patroni_postmaster_start_time', 'gauge', 'Epoch seconds since Postgres started.', started],
    ['patroni_master', 'gauge', 'Value is 1 if this node is the leader, 0 otherwise.', Number(leads)],
    ['patroni_primary', 'gauge', 'Value is 1 if this node is the leader, 0 otherwise.', Number(leads)],
    [
      'patroni_xlog_location',
      'counter',
      'Current location of the Postgres transaction log, 0 if this node is not the leader.',
      runs && leads ? bytes : 0,
    ],
    ['patroni_standby_leader', 'gauge', 'Value is 1 if this node is the standby_leader, 0 otherwise.', 0],
    ['patroni_replica', 'gauge', 'Value is 1 if this node is a replica, 0 otherwise.', Number(follows)],
    [
      'patroni_sync_standby',
      'gauge',
      'Value is 1 if this node is a sync standby replica, 0 otherwise.',
      Number(follows && isSync),
    ],
    [
      'patroni_xlog_received_location',
      'counter',
      'Current location of the received Postgres transaction log, 0 if this node is not a replica.',
      follows ? bytes : 0,
    ],
    [
      'patroni_xlog_replayed_location',
      'counter',
      'Current location of the replayed Postgres transaction log, 0 if this node is not a replica.',
      follows ? bytes : 0,
    ],
    [
      'patroni_xlog_replayed_timestamp',
      'gauge',
      'Current timestamp of the replayed Postgres transaction log, 0 if null.',
      0,
    ],
    ['patroni_xlog_paused', 'gauge', 'Value is 1 if the Postgres xlog is paused, 0 otherwise.', 0],
    [
      'patroni_postgres_server_version',
      'gauge',
      'Version of Postgres (if running), 0 otherwise.',
      runs ? 150_020 : 0,
    ],
    [
      'patroni_cluster_unlocked',
      'gauge',
      'Value is 1 if the cluster is unlocked, 0 if locked.',
      Number(cluster.leader === undefined),
    ],
    // The sentence is Patroni's own, though it tells of something else.
    ['patroni_failsafe_mode_is_active', 'gauge', 'Value is 1 if the cluster is unlocked, 0 if locked.', 0],
    [
      'patroni_postgres_timeline',
      'counter',
      'Postgres timeline of this node (if running), 0 otherwise.',
      runs ? (member.timeline ?? 0) : 0,
    ],
    [
      'patroni_dcs_last_seen',
      'gauge',
      'Epoch timestamp when DCS was last contacted successfully by Patroni.',
      Math.floor(world.nowMs() / 1000),
    ],
    ['patroni_pending_restart', 'gauge', 'Value is 1 if the node needs a restart, 0 otherwise.', 0],
    [
      'patroni_is_paused',
      'gauge',
      'Value is 1 if auto failover is disabled, 0 otherwise.',
      Number(cluster.config.pause === true),
    ],
  ];
}

/** 3.0.2 is 030002. */
function digitsOf(version: string): string {
  return version
    .split('.')
    .map((part) => part.padStart(2, '0'))
    .join('');
}
