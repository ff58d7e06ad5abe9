/**
 * The member that a cluster gets for a time where the request wants it and nobody else may take over.
 */
import type { DatabaseCluster, Pod } from '../model.ts';
import type { ResolvedRequest } from '../read/resolve-request.ts';
import { type Candidacy, possibleSuccessors } from '../rules/choose-candidate.ts';
import type { Relation } from '../rules/relations.ts';
import type { YardPod } from './survey.ts';

/** Returns the pod of that member: like the primary's, on a volume of its own, named with the next ordinal; undefined: none may come. */
export function temporaryPod(
  cluster: DatabaseCluster,
  podNamed: ReadonlyMap<string, { readonly pod: Pod }>,
  candidacies: readonly Candidacy[],
  request: ResolvedRequest,
): Pod | undefined {
  const setting = request.clusters[cluster.key];
  if (setting?.singleMember !== 'scale-out' || setting.switchover === 'never') return undefined;
  if (possibleSuccessors(candidacies, () => true).length > 0) return undefined;
  const member = cluster.members.find((each) => each.name === cluster.primary);
  const primary = podNamed.get(member?.pod ?? '')?.pod;
  if (primary === undefined) return undefined;
  const base = primary.name.replace(/-\d+$/, '');
  const ordinals = cluster.members.map((each) => Number(/-(\d+)$/.exec(each.name)?.[1] ?? 0));
  const name = `${base}-${Math.max(0, ...ordinals) + 1}`;
  const { node: _stands, volumeBytes: _bytes, ...pod } = primary;
  return { ...pod, key: `${pod.namespace}/${name}`, name, uid: '', volumeTerms: [] };
}

/** Returns that member, which keeps the distance from other pods that `relations` ask for. */
export function temporaryMember(primary: YardPod, pod: Pod, relations: readonly Relation[]): YardPod {
  return {
    ...primary,
    pod,
    member: { name: pod.name, pod: pod.key, role: 'replica', nofailover: false },
    relations,
    chains: [...primary.chains, `pod ${pod.key}`],
  };
}
