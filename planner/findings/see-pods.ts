/**
 * Pods that an eviction would end for good, and sets that bring theirs back one by one.
 */
import type { Survey } from '../survey/survey.ts';
import type { Sight } from './sight.ts';

/** Pods that nothing would bring back. */
export function seeBarePods({ pods }: Survey, moving: Int32Array): readonly Sight[] {
  const sights: Sight[] = [];
  for (let place = 0; place < moving.length; place += 1) {
    const pod = moving[place] ?? -1;
    const object = pods.bare[pod] === 1 ? pods.all[pod] : undefined;
    if (object === undefined) continue;
    const fix = `kubectl -n ${object.namespace} delete pod ${object.name}`;
    sights.push({ subject: object.key, facts: { node: object.node ?? '' }, fix });
  }
  return sights;
}

/** https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#orderedready-pod-management */
export function seeOrderedReady({ pods: table }: Survey, moving: Int32Array): readonly Sight[] {
  const fix = 'podManagementPolicy: Parallel   (a set must be made anew for it)';
  const seen = new Set<number>();
  const sights: Sight[] = [];
  for (let place = 0; place < moving.length; place += 1) {
    const pod = moving[place] ?? -1;
    const set = table.orderedSet[pod] ?? -1;
    if (set < 0 || seen.has(set)) continue;
    const object = table.all[pod];
    if (object?.owner.kind !== 'StatefulSet') continue;
    seen.add(set);
    sights.push({ subject: `${object.namespace}/${object.owner.name}`, facts: {}, fix });
  }
  return sights;
}
