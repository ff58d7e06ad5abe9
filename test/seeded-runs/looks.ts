/** What was true of a cluster when a pass asked its Patroni: what it could have known, and no more. */
import { realPace } from '../../executor/limits.ts';
import type { ClusterState, MemberState } from '../../simulations/world/patroni-cluster.ts';
import { isAvailable, isNofailover } from '../../simulations/world/patroni-state.ts';
import type { Vagueness } from './keep-back.ts';
import type { Stage } from './stage.ts';

/** A stale read shows what was so at most so long before. */
export const staleMostMs = 5_000;

/** By the cluster's key. */
export type Looks = Map<string, Look>;
export type Look = {
  readonly atMs: number;
  readonly leader: string | undefined;
  readonly unavailable: ReadonlySet<string>;
  readonly nofailover: ReadonlySet<string>;
  /** Patroni itself calls them far behind. */
  readonly behind: ReadonlySet<string>;
  readonly able: ReadonlySet<string>;
  readonly timeline: number;
  readonly paused: boolean;
  /** When a switchover comes that somebody has asked for beforehand. */
  readonly scheduledMs: number | undefined;
  /** What Patroni kept back. */
  readonly vague: Vagueness | undefined;
};

/** Remembers the truth about the cluster of these members, and returns what Patroni keeps back of it. */
export function lookOf(
  stage: Stage,
  looks: Looks,
  members: readonly { readonly name: string }[],
): Vagueness | undefined {
  let vague: Vagueness | undefined;
  for (const cluster of stage.world.clusters.values())
    if (members.some(({ name }) => cluster.members.has(name))) {
      vague = stage.vague.get(cluster.key);
      looks.set(cluster.key, truthAbout(stage, cluster));
    }
  return vague;
}

/** Returns what is true of the cluster now. */
export function truthAbout({ world, vague }: Stage, cluster: ClusterState): Look {
  const unavailable = new Set(missing(world, cluster));
  const nofailover = new Set<string>();
  const behind = new Set<string>();
  const able = new Set<string>();
  for (const member of cluster.members.values()) {
    const isThere = isAvailable(world, cluster, member);
    const isTagged = isNofailover(member);
    if (!isThere) unavailable.add(member.name);
    if (isTagged) nofailover.add(member.name);
    if (isFarBehind(cluster, member)) behind.add(member.name);
    if (isThere && !isTagged) able.add(member.name);
  }
  const paused = cluster.config.pause === true;
  const scheduledMs = cluster.scheduled?.atMs;
  const { leader, timeline } = cluster;
  return {
    atMs: world.nowMs(),
    leader,
    unavailable,
    nofailover,
    behind,
    able,
    timeline,
    paused,
    scheduledMs,
    vague: vague.get(cluster.key),
  };
}

function isFarBehind({ publishedBytes }: ClusterState, { published }: MemberState): boolean {
  return publishedBytes - (published.positionBytes ?? publishedBytes) > 2 * realPace.lagLimitBytes;
}

/** Members whose pod does not exist. */
function missing(world: Stage['world'], cluster: ClusterState): readonly string[] {
  const set = world.store.get('StatefulSet', cluster.namespace, cluster.scope);
  if (set === undefined) return [];
  const first = Number(set.spec?.ordinals?.start ?? 0);
  const wanted = Number(set.spec?.replicas ?? 1);
  const names: string[] = [];
  for (let ordinal = first; ordinal < first + wanted; ordinal += 1) {
    const name = `${cluster.scope}-${ordinal}`;
    if (!cluster.members.has(name)) names.push(name);
  }
  return names;
}
