/** How the members of a real fleet are set up. Pure. */

/**
 * Patroni's dynamic configuration, the same for every cluster. Synchronous: of two equal replicas it is chance who wins Patroni's race,
 * and the standby that is named beforehand is the one a prediction can name too. `ttl` and `retry_timeout` are Patroni's own defaults:
 * nothing waits for either, and with less a busy machine is enough for a leader to step down. The loop is short so that a demo is.
 * https://patroni.readthedocs.io/en/latest/dynamic_configuration.html
 */
export const clusterSettings = {
  ttl: 30,
  loop_wait: 1,
  retry_timeout: 10,
  maximum_lag_on_failover: 33_554_432,
  synchronous_mode: true,
  postgresql: {
    use_pg_rewind: true,
    use_slots: true,
    parameters: {
      // Nobody pulls the plug of a demo's fleet: PostgreSQL and the machine go on living, so nothing depends on the disk.
      fsync: 'off',
      shared_buffers: '16MB',
      // A replica that has lost its leader sleeps this long between two tries, and is neither promoted nor turned to another leader
      // while it sleeps: the default of 5 s, or half a second, would be most of what a gap differs by.
      wal_retrieve_retry_interval: '100ms',
    },
  },
} as const;

export type MemberSettings = {
  readonly scope: string;
  readonly name: string;
  readonly namespace: string;
  readonly restPort: number;
  readonly postgresPort: number;
  readonly folders: { readonly postgresBin: string; readonly volume: string };
};

/** The configuration file of one member, as Patroni reads it (JSON is YAML). Labels are Spilo's, the context is that of our kubeconfig. */
export function memberSettings(member: MemberSettings): string {
  const { folders } = member;
  return JSON.stringify({
    scope: member.scope,
    name: member.name,
    restapi: {
      listen: `127.0.0.1:${member.restPort}`,
      connect_address: `127.0.0.1:${member.restPort}`,
    },
    // Of no use where nothing is written for good.
    watchdog: { mode: 'off' },
    kubernetes: {
      context: 'simulation',
      namespace: member.namespace,
      labels: { application: 'spilo' },
      scope_label: 'cluster-name',
      role_label: 'spilo-role',
      use_endpoints: true,
    },
    postgresql: {
      listen: `127.0.0.1:${member.postgresPort}`,
      connect_address: `127.0.0.1:${member.postgresPort}`,
      bin_dir: folders.postgresBin,
      data_dir: `${folders.volume}/data`,
      pgpass: `${folders.volume}/pgpass`,
      // On loopback, trusted: the data is gone when the demo ends.
      authentication: { superuser: { username: 'postgres' }, replication: { username: 'postgres' } },
      parameters: { unix_socket_directories: folders.volume },
    },
  });
}
