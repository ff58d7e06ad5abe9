/** What can go wrong in the world, settable at any time. Undefined and empty: nothing does. */
export type SwitchoverLie =
  /** 503 "status unknown" although the switchover happens. */
  | 'unknown-but-done'
  /** 503 "status unknown", and the switchover happens in a later loop of Patroni. */
  | 'unknown-but-late'
  /** 503 "status unknown", and nothing happens. */
  | 'unknown-not-done'
  /** The connection breaks although the switchover happens. */
  | 'no-answer-but-done'
  /** 200, but another replica won. */
  | 'other-target'
  /** 503 "Switchover failed", and nothing happens. */
  | 'failed';

export type Activity = {
  readonly backupRunning: boolean;
  /** When the longest transaction began; undefined: none is open. */
  readonly transactionSinceMs?: number;
};

export class Faults {
  volumeAttachSeconds: number | undefined;
  volumeDetachSeconds: number | undefined;
  /** Zones in which no wanted node ever appears; '*' means all. */
  readonly nodesNeverCome = new Set<string>();
  /** Zone wanted -> zone in which the node really appears. */
  readonly nodesComeIn = new Map<string, string>();
  /** `namespace/pod` of replicas whose WAL receiver is frozen. Use World.freezeReplica to set. */
  readonly frozenReplicas = new Set<string>();
  /** `namespace/pod` of members that are running but never stream after their next start. */
  readonly neverStream = new Set<string>();
  /** `namespace/pod` of members whose Patroni does not answer. */
  readonly silentPatroni = new Set<string>();
  /** What goes on in clusters (`namespace/scope`), as whoever stands beside them says; 'no-answer': he says nothing. */
  readonly activities = new Map<string, Activity | 'no-answer'>();
  /** StatefulSets, ReplicaSets and their like bring nothing back. */
  controllersAway = false;
  /** How much longer leaders of a cluster (`namespace/scope`) take to stop for a switchover, in seconds: a last checkpoint writes all that is not on disk yet. */
  readonly stopSeconds = new Map<string, number>();
  /** Lies for the next switchovers of a cluster (`namespace/scope`), first one first. */
  readonly switchoverLies = new Map<string, SwitchoverLie[]>();

  /** The lie for the switchover that is asked now, if one is set; it is used up. */
  takeLie(cluster: string): SwitchoverLie | undefined {
    return this.switchoverLies.get(cluster)?.shift();
  }
}
