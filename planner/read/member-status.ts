/**
 * What Patroni writes about one member on its pod: the annotation `status`, a JSON text.
 * https://github.com/patroni/patroni/blob/v4.0.7/patroni/ha.py (Ha.touch_member)
 */
import { isOn, parseJson } from './patroni-state.ts';
import { asNumber, isObject, objectIn, textIn } from './raw-json.ts';
import type { Draft } from './reading.ts';

/** Every field undefined: not written. */
export type MemberStatus = {
  /** Something is written, and it cannot be read: it says nothing. */
  readonly unreadable: boolean;
  readonly role?: string;
  readonly state?: string;
  readonly timeline?: number;
  /** WAL position in bytes. */
  readonly position?: number;
  readonly nofailover: boolean;
  readonly failoverPriority?: number;
  readonly replicatefrom?: string;
  readonly nosync?: boolean;
};

/** Of a member on whose pod Patroni has not written yet. */
export const nothingWritten: MemberStatus = { unreadable: false, nofailover: false };

/** The member's own word, out of the text of the annotation. Tags: https://patroni.readthedocs.io/en/latest/yaml_configuration.html#tags */
export function readMemberStatus(text: string): MemberStatus {
  const status = parseJson(text);
  if (!isObject(status)) return { unreadable: true, nofailover: false };
  const tags = objectIn(status, 'tags');
  const failoverPriority = asNumber(tags.failover_priority);
  // Either tag forbids; where they contradict each other, Patroni's own rules differ by version, so the careful one holds.
  const nofailover = isOn(tags.nofailover) || (failoverPriority !== undefined && failoverPriority <= 0);
  const written: Draft<MemberStatus> = { unreadable: false, nofailover };
  const role = textIn(status, 'role');
  const state = textIn(status, 'state');
  const timeline = asNumber(status.timeline);
  const position = asNumber(status.xlog_location);
  const replicatefrom = textIn(tags, 'replicatefrom');
  const nosync = readNosync(tags.nosync, tags.sync_priority);
  if (role !== undefined) written.role = role;
  if (state !== undefined) written.state = state;
  if (timeline !== undefined) written.timeline = timeline;
  if (position !== undefined) written.position = position;
  if (failoverPriority !== undefined) written.failoverPriority = failoverPriority;
  if (replicatefrom !== undefined) written.replicatefrom = replicatefrom;
  if (nosync !== undefined) written.nosync = nosync;
  return written;
}

/** A sync_priority of zero or less is the later name of the same; again the careful one holds. */
function readNosync(nosync: unknown, syncPriority: unknown): boolean | undefined {
  const priority = asNumber(syncPriority);
  if (nosync === undefined && priority === undefined) return undefined;
  return isOn(nosync) || (priority !== undefined && priority <= 0);
}

/** Patroni before 4 writes `master`, as Spilo's label does to this day. */
export function isPrimaryRole(role: string | undefined): boolean {
  return role === 'primary' || role === 'master';
}

/** The leader of a standby cluster holds the lock and is no primary. */
export function isStandbyLeaderRole(role: string | undefined): boolean {
  return role === 'standby_leader';
}
