/**
 * What steps say of pods, column by column.
 */
import { roleWord } from '../survey/abilities.ts';
import type { PodTable, Survey } from '../survey/survey.ts';
import { secondsToMove } from './estimate.ts';

export type PodColumns = Pick<PodTable, 'key' | 'name' | 'uid' | 'volume' | 'volumes'> & {
  /** By size of volumes, how long the move of a member takes. */
  readonly seconds: readonly number[];
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
  const { key, name, uid, volume, volumes } = survey.pods;
  const seconds = volumes.map((bytes) => secondsToMove(true, bytes));
  return { key, name, uid, volume, volumes, seconds, role: rolesOf(survey) };
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
