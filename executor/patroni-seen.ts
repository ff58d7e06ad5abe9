/**
 * What Patroni said when it was last asked about a cluster, and when that is still good enough to go on waiting: nothing changed
 * on the pods of the cluster since, on which Patroni itself writes its state, and it was not too long ago.
 */
import type { PatroniView, PodView } from './ports.ts';
import type { Eyes } from './sight.ts';

/** By `namespace/scope`. It saves asking and decides nothing. */
export type PatroniSeen = Map<
  string,
  { readonly sign: string; readonly atMs: number; readonly view: PatroniView }
>;

/** Clusters remembered at a time; then all are asked again. */
const CLUSTERS_MAX = 20_000;

/** Returns the same eyes, which remember what Patroni says. `sinceMs`: what was said before is not good enough. */
export function rememberingEyes(eyes: Eyes, seen: PatroniSeen, nowMs: () => number, sinceMs: number): Eyes {
  return {
    ...eyes,
    async readCluster(cluster, members) {
      const sign = signOf(cluster.pods);
      const known = seen.get(cluster.key);
      if (known?.sign === sign && known.atMs > sinceMs && known.atMs <= nowMs()) {
        return known.view;
      }
      // From before the question: what is said is at least as young.
      const atMs = nowMs();
      seen.delete(cluster.key);
      const view = await eyes.readCluster(cluster, members);
      if (seen.size >= CLUSTERS_MAX) {
        seen.clear();
      }
      seen.set(cluster.key, { sign, atMs, view });
      return view;
    },
  };
}

function signOf(pods: readonly PodView[]): string {
  return pods.map(({ name, uid, resourceVersion }) => `${name} ${uid} ${resourceVersion ?? ''}`).join('\n');
}
