/**
 * The last question before a primary is interrupted, asked only when all else is well: does anything go on in the cluster that would be
 * broken off? Asked of the servers themselves, never of a mirror.
 */
import { matchesLabels } from '../planner/rules/selector.ts';
import type { RunContext } from './contexts.ts';
import type { Decision } from './decide/decision.ts';
import { type Interrupting, interruptsPrimary } from './decide/nothing-goes-on.ts';
import type { ActivitySeen, Seen } from './decide/seen.ts';
import { OutsideError } from './errors.ts';
import { freshEyes, listLabelled } from './observe.ts';
import type { Checks } from './ports.ts';

/**
 * Returns what was seen together with what goes on; undefined: nothing is to be asked. Throws OutsideError where the pods cannot be
 * listed; a check without an answer is something seen.
 */
export async function askWhatGoesOn(
  ctx: RunContext,
  seen: Seen,
  decision: Decision,
): Promise<Interrupting | undefined> {
  const { checks } = ctx.ports;
  const asksNobody = checks?.activity === undefined && checks?.backupLabels === undefined;
  if (asksNobody || !interruptsPrimary(seen, decision)) {
    return undefined;
  }
  const backupPods = await listBackups(ctx, checks, seen.cluster.key);
  const check = await askCheck(checks, seen.cluster);
  return {
    ...seen,
    activity: {
      ...(backupPods === undefined ? {} : { backupPods }),
      ...(check === undefined ? {} : { check }),
    },
  };
}

/** Pods of backups that have not ended, by name; undefined: it is not configured how to know them. */
async function listBackups(
  ctx: RunContext,
  { backupLabels }: Checks,
  cluster: string,
): Promise<readonly string[] | undefined> {
  if (backupLabels === undefined) {
    return undefined;
  }
  const pods = await listLabelled(ctx, cluster, freshEyes(ctx));
  return pods
    .filter(({ labels, phase }) => matchesLabels(backupLabels, labels) && !hasEnded(phase))
    .map(({ name }) => name)
    .toSorted();
}

/** https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase: of `Unknown` nobody knows that it has. */
function hasEnded(phase: string): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

async function askCheck(
  { activity, longestTransactionSeconds: limitSeconds }: Checks,
  { key, namespace, patroni }: Interrupting['cluster'],
): Promise<ActivitySeen['check']> {
  if (activity === undefined) {
    return undefined;
  }
  const names = { namespace, cluster: key.slice(namespace.length + 1), member: patroni.leader ?? '' };
  try {
    return { ...(await activity.readActivity(names)), limitSeconds };
  } catch (error) {
    if (error instanceof OutsideError) {
      return { why: error.message };
    }
    throw error;
  }
}
