/** What was true of a cluster when a pass asked its Patroni: what it could have known, and no more. */
import { realPace } from '../../executor/limits.ts';
import {
  type ClusterState,
  isAvailable,
  isNofailover,
  type MemberState,
} from '../../simulations/world/patroni-state.ts';
import type { Stage } from './stage.ts';

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
};

/** Remembers the truth about the cluster of these members. */
export function lookOf(stage: Stage, looks: Looks, members: readonly { readonly name: string }[]): void {
  for (const cluster of stage.world.clusters.values())
    if (members.some(({ name }) => cluster.members.has(name)))
      looks.set(cluster.key, truthAbout(stage, cluster));
}

/** Returns what is true of the cluster now. */
export function truthAbout({ world }: Stage, cluster: ClusterState): Look {
  const members = [...cluster.members.values()];
  const available = members.filter((member) => isAvailable(world, cluster, member));
  const away = members.filter((member) => !available.includes(member)).map(({ name }) => name);
  const tagged = members.filter(isNofailover).map(({ name }) => name);
  return {
    atMs: world.nowMs(),
    leader: cluster.leader,
    unavailable: new Set([...away, ...missing(world, cluster)]),
    nofailover: new Set(tagged),
    behind: new Set(members.filter((member) => isFarBehind(cluster, member)).map(({ name }) => name)),
    able: new Set(available.map(({ name }) => name).filter((name) => !tagged.includes(name))),
    timeline: cluster.timeline,
    paused: cluster.config.pause === true,
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
  const names = Array.from({ length: wanted }, (_, index) => `${cluster.scope}-${first + index}`);
  return names.filter((name) => !cluster.members.has(name));
}
