/**
 * What Patroni writes about one member on its pod: the annotation `status`, a JSON text.
 * https://github.com/patroni/patroni/blob/v4.0.7/patroni/ha.py (Ha.touch_member)
 */
import { isOn, parseJson } from './patroni-state.ts';
import { at, isObject, numberAt, textAt } from './raw-json.ts';
import { note, type Reading } from './reading.ts';

/** Every field undefined: not written. */
export type MemberStatus = {
  readonly role?: string;
  readonly state?: string;
  readonly timeline?: number;
  /** WAL position in bytes. */
  readonly position?: number;
  readonly nofailover: boolean;
  readonly failoverPriority?: number;
};

/** The member's own word; an annotation that cannot be read is noted and says nothing. */
export function readMemberStatus(reading: Reading, pod: string, json: unknown): MemberStatus {
  const text = textAt(json, 'metadata', 'annotations', 'status');
  if (text === undefined) return { nofailover: false };
  const status = parseJson(text);
  if (!isObject(status)) {
    note(reading, 'unreadable-member-status', pod, { severity: 'risks' });
    return { nofailover: false };
  }
  const role = textAt(status, 'role');
  const state = textAt(status, 'state');
  const timeline = numberAt(status, 'timeline');
  const position = numberAt(status, 'xlog_location');
  const failoverPriority = numberAt(status, 'tags', 'failover_priority');
  return {
    ...(role === undefined ? {} : { role }),
    ...(state === undefined ? {} : { state }),
    ...(timeline === undefined ? {} : { timeline }),
    ...(position === undefined ? {} : { position }),
    // Either tag forbids; where they contradict each other, Patroni's own rules differ by version, so the careful one holds.
    nofailover:
      isOn(at(status, 'tags', 'nofailover')) || (failoverPriority !== undefined && failoverPriority <= 0),
    ...(failoverPriority === undefined ? {} : { failoverPriority }),
  };
}

/** Patroni before 4 writes `master`, as Spilo's label does to this day. */
export function isPrimaryRole(role: string | undefined): boolean {
  return role === 'primary' || role === 'master';
}

/** The leader of a standby cluster holds the lock and is no primary. */
export function isStandbyLeaderRole(role: string | undefined): boolean {
  return role === 'standby_leader';
}
