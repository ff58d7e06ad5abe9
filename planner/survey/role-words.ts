/**
 * What a pod is, as a person says it; by number where there are thousands.
 */
import type { MemberRole } from '../model.ts';

export const roleWords: readonly string[] = [
  'pod',
  'primary',
  'former primary',
  'replica',
  'sync standby',
  'standby leader',
  'unknown',
];

const numberOf: Readonly<Record<MemberRole, number>> = {
  primary: roleWords.indexOf('primary'),
  replica: roleWords.indexOf('replica'),
  'sync-standby': roleWords.indexOf('sync standby'),
  'standby-leader': roleWords.indexOf('standby leader'),
  unknown: roleWords.indexOf('unknown'),
};

/** Returns the number of a member's role among `roleWords`. */
export function roleNumber(role: MemberRole): number {
  return numberOf[role];
}
