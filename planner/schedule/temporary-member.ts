import type { Survey, YardPod } from './survey.ts';

/** Returns the member that a cluster gets for a time: as large as the primary, on a volume of its own, named with the next ordinal. */
export function temporaryMember(survey: Survey, primary: YardPod): YardPod {
  const names = (survey.membersOf.get(primary.cluster?.key ?? '') ?? []).map((each) => each.pod.name);
  const base = primary.pod.name.replace(/-\d+$/, '');
  const ordinals = names.map((name) => Number(/-(\d+)$/.exec(name)?.[1] ?? 0));
  const name = `${base}-${Math.max(0, ...ordinals) + 1}`;
  const { node: _stands, volumeBytes: _bytes, ...pod } = primary.pod;
  const key = `${pod.namespace}/${name}`;
  return {
    ...primary,
    pod: { ...pod, key, name, uid: '', volumeTerms: [] },
    member: { name, pod: key, role: 'replica', nofailover: false },
    relations: [],
    chains: [...primary.chains, `pod ${key}`],
  };
}
