/**
 * Who the primary is, by three witnesses that may contradict each other: the role label, the member's own status annotation
 * and the leader lock. The planner must never guess: acting on the wrong primary is an outage.
 *
 * A crashed primary keeps its label (and its last status) while the next one is already labelled, so two labels may be one
 * stale label or two primaries. A dump cannot tell which; hence any two claimants are a contradiction. One claimant is the
 * primary if nobody else holds the lock and
 *   - it holds the lock, and its label or status does not deny it alone, or
 *   - nobody is known to hold the lock, and neither its label nor its status denies it.
 */
import { isPrimaryRole, isStandbyLeaderRole } from './member-status.ts';

export type Witnesses = {
  readonly name: string;
  /** Value of the role label; undefined: not there, as for some seconds after a switchover. */
  readonly label: string | undefined;
  /** Role in the status annotation; undefined: not written. */
  readonly status: string | undefined;
};

export type PrimaryVerdict = {
  readonly primary?: string;
  /** Sorted. */
  readonly claimants: readonly string[];
  /** Undefined where there is a primary, and for standby clusters, which have none by design. */
  readonly contradiction?: 'two-primaries' | 'no-primary';
};

/** `lockHolders`: see PatroniState; undefined where no lock was found. */
export function choosePrimary(
  members: readonly Witnesses[],
  lockHolders: readonly string[] | undefined,
): PrimaryVerdict {
  const standbyLeaders = new Set(members.filter(leadsStandbyCluster).map((member) => member.name));
  const claiming = members.filter((member) => isPrimaryRole(member.label) || isPrimaryRole(member.status));
  const locking = (lockHolders ?? []).filter((holder) => !standbyLeaders.has(holder));
  const claimants = [...new Set([...claiming.map((member) => member.name), ...locking])].sort();
  const [only] = claimants;
  if (only === undefined)
    return standbyLeaders.size > 0 ? { claimants } : { claimants, contradiction: 'no-primary' };
  if (claimants.length > 1) return { claimants, contradiction: 'two-primaries' };
  const member = members.find((each) => each.name === only);
  if (member === undefined || standbyLeaders.size > 0 || !isBelieved(member, lockHolders))
    return { claimants, contradiction: 'no-primary' };
  return { primary: only, claimants };
}

function leadsStandbyCluster(member: Witnesses): boolean {
  return (
    isStandbyLeaderRole(member.status) || (member.status === undefined && isStandbyLeaderRole(member.label))
  );
}

/** `member` is the only claimant. */
function isBelieved(member: Witnesses, lockHolders: readonly string[] | undefined): boolean {
  const words = [member.label, member.status].filter((role) => role !== undefined);
  const confirmed = words.some(isPrimaryRole);
  const denied = words.some((role) => !isPrimaryRole(role));
  if (lockHolders === undefined) return confirmed && !denied;
  return lockHolders.includes(member.name) && (confirmed || !denied);
}
