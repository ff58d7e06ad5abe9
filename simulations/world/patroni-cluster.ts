/**
 * What the simulated world knows of one Patroni cluster and its members.
 */

export type MemberState = {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  ip: string;
  state: 'starting' | 'running' | 'stopping' | 'stopped';
  role: 'uninitialized' | 'primary' | 'replica' | 'demoted';
  timeline: number | undefined;
  /** Start of its PostgreSQL. */
  startedMs: number;
  ready: boolean;
  /** Since when the leader lists it as streaming; undefined: it does not. */
  streamsSinceMs: number | undefined;
  /** WAL position at `positionAtMs`; it moves on from there only while it streams. */
  positionBytes: number;
  positionAtMs: number;
  tags: Readonly<Record<string, unknown>>;
  /** What its `status` annotation says, which is what GET /cluster shows. */
  published: {
    state: string;
    role: MemberState['role'];
    timeline?: number | undefined;
    positionBytes?: number | undefined;
  };
  /** Its role label is written (or removed) with the next publication. Undefined: no label. */
  roleLabel: string | undefined;
  /** What its Patroni was asked to do and is doing; one thing at a time. */
  task?: { readonly kind: 'restart' | 'reinitialize' } | undefined;
};

export type ClusterState = {
  /** namespace/scope */
  readonly key: string;
  readonly namespace: string;
  readonly scope: string;
  readonly members: Map<string, MemberState>;
  /** Holder of the leader lock; undefined: nobody. */
  leader: string | undefined;
  /** Who held it last. */
  lastLeader: string | undefined;
  timeline: number;
  history: (readonly [number, number, string, string, string])[];
  // biome-ignore lint/suspicious/noExplicitAny: Patroni's dynamic configuration, any JSON.
  config: Record<string, any>;
  walBytes: number;
  walAtMs: number;
  writing: boolean;
  publishedBytes: number;
  acquiredMs: number;
  transitions: number;
  syncStandbys: string[];
  switchover:
    | { leader: string; candidate: string | undefined; done: ((leader: string | undefined) => void)[] }
    | undefined;
  /** A switchover for later; the leader of then carries it out. */
  scheduled?:
    | { readonly leader: string; readonly candidate: string | undefined; readonly atMs: number }
    | undefined;
  leaderlessSinceMs: number | undefined;
  /** What a volume remembers of a member whose pod is gone. */
  readonly disks: Map<string, { positionBytes: number; timeline: number }>;
  /** Tags of members whose pod is gone: they stand in its configuration and come back with it. */
  readonly tags: Map<string, MemberState['tags']>;
  readonly roleLabel: string;
  readonly primaryValue: string;
  readonly version: string;
  readonly store: 'Endpoints' | 'ConfigMap';
  readonly systemId: string;
};
