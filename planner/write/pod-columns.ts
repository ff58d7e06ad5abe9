/**
 * What steps say of pods, column by column. The pods of one node lie far apart in memory: read here in the order of their numbers,
 * they cost a fraction of what they would in the order of the steps.
 */
import { roleWord } from '../survey/abilities.ts';
import type { Survey } from '../survey/survey.ts';

export type PodColumns = {
  readonly key: readonly string[];
  readonly name: readonly string[];
  readonly uid: readonly string[];
  /** Number of the size of its volumes among `volumes`. */
  readonly volume: Int32Array;
  /** Sizes in bytes; undefined: none or unknown. */
  readonly volumes: readonly (number | undefined)[];
  /** Number of its role among `roleWords`, as it was at the start. */
  readonly role: Uint8Array;
};

/** Roles as a person says them. */
export const roleWords: readonly string[] = [
  'pod',
  'primary',
  'former primary',
  'replica',
  'sync standby',
  'standby leader',
  'unknown',
];

/** Returns the columns of all pods of the survey. */
export function podColumns(survey: Survey): PodColumns {
  const { all } = survey.pods;
  const key = new Array<string>(all.length);
  const name = new Array<string>(all.length);
  const uid = new Array<string>(all.length);
  const volume = new Int32Array(all.length);
  const numberOf = new Map<number | undefined, number>();
  for (let pod = 0; pod < all.length; pod += 1) {
    const object = all[pod];
    if (object === undefined) continue;
    key[pod] = object.key;
    name[pod] = object.name;
    uid[pod] = object.uid;
    const known = numberOf.get(object.volumeBytes);
    volume[pod] = known ?? numberOf.size;
    if (known === undefined) numberOf.set(object.volumeBytes, numberOf.size);
  }
  return { key, name, uid, volume, volumes: [...numberOf.keys()], role: rolesOf(survey) };
}

/** Temporary members come as replicas. */
function rolesOf({ pods, clusters }: Survey): Uint8Array {
  const [ofPods, ofReplicas] = [roleWords.indexOf('pod'), roleWords.indexOf('replica')];
  const role = new Uint8Array(pods.all.length);
  for (let pod = 0; pod < role.length; pod += 1)
    role[pod] = (pods.cluster[pod] ?? -1) < 0 ? ofPods : ofReplicas;
  for (let place = 0; place < clusters.members.length; place += 1) {
    const pod = clusters.members[place] ?? -1;
    const member = clusters.all[clusters.ofMember[place] ?? -1]?.members[clusters.memberOf[pod] ?? -1];
    if (member !== undefined) role[pod] = roleWords.indexOf(roleWord(member.role));
  }
  return role;
}
