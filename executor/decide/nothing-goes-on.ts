/**
 * Pure: the last guard before a primary is interrupted. A switchover, and an eviction in place, end every connection to it: a backup
 * that runs through it and a long transaction begin anew. So both are left to end, where it is configured how to see them
 * (docs/decisions/0010-backups-and-long-transactions.md).
 */
import type { BlockedCode } from '../wait-codes.ts';
import { blocked, type Decision } from './decision.ts';
import { firstBlocked, type Guard } from './guards.ts';
import type { ActivitySeen, Seen } from './seen.ts';

export type Interrupting = Extract<Seen, { kind: 'switchover' | 'member-move' }>;

/** Returns true where the decision is an act that interrupts a primary. Only then it is asked what goes on there. */
export function interruptsPrimary(seen: Seen, decision: Decision): seen is Interrupting {
  return (
    decision.kind === 'act' &&
    (seen.kind === 'switchover' || (seen.kind === 'member-move' && seen.step.outage))
  );
}

const activityCodes: ReadonlySet<string> = new Set<BlockedCode>([
  'backup-running',
  'transaction-running',
  'check-unanswered',
]);

/** Returns true for the code of a wait that comes of here: all else was well. */
export function isActivity(code: string): boolean {
  return activityCodes.has(code);
}

/** Nothing that was asked about goes on in the cluster. Whoever was asked and gave no answer has not said so. */
export function nothingGoesOn({ cluster, activity }: Interrupting): Guard {
  return activity === undefined
    ? undefined
    : firstBlocked(
        () => noBackupPod(cluster.key, activity),
        () => checkSaysNothing(cluster.key, activity),
      );
}

function noBackupPod(subject: string, { backupPods = [] }: ActivitySeen): Guard {
  return backupPods.length === 0 ? undefined : blocked('backup-running', subject, { pods: backupPods });
}

function checkSaysNothing(subject: string, { check }: ActivitySeen): Guard {
  if (check === undefined) {
    return undefined;
  }
  if ('why' in check) {
    return blocked('check-unanswered', subject, { why: check.why });
  }
  const { backupRunning, longestTransactionSeconds: longestSeconds, limitSeconds } = check;
  if (backupRunning) {
    return blocked('backup-running', subject);
  }
  return longestSeconds > limitSeconds
    ? blocked('transaction-running', subject, { longestSeconds, limitSeconds })
    : undefined;
}
