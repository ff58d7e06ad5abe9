/**
 * What happens without a plan: nodes are drained one after the other in zone and name order, each replaced by a fresh one,
 * and a primary's cluster fails over to whoever has streamed longest. The FOSDEM 2020 talk counts 3, 2 and 2 this way.
 */
import type { Survey } from '../schedule/survey.ts';
import { longestStreamingFirst, type Rotation, rotate, turnsByZone } from './rotate-cluster.ts';

/** Returns the role changes of that rotation over these nodes, in all and by cluster with a member on one of them. */
export function naiveRotation(survey: Survey, drained: ReadonlySet<string>): Rotation {
  const { fleet, podOf } = survey;
  const nodeOf = (pod: string) => podOf.get(pod)?.pod.node;
  return rotate(fleet.clusters, turnsByZone(fleet.nodes, drained), nodeOf, longestStreamingFirst);
}
