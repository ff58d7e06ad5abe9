/**
 * Looks after runs that Redis has lost, journal and all: found by the note at the Lease of their fleet, they are created again and
 * go on by a plan for what is left.
 */

import type { Redis } from 'ioredis';
import type { MemberPresets } from '../../planner/read/member-presets.ts';
import type { RunNote } from '../formats/run-note.ts';
import type { Pace } from '../limits.ts';
import type { KubernetesPort } from '../ports.ts';
import { findNote, planRecovery } from '../recover-run.ts';
import { systemClock } from '../system-clock.ts';
import { appendEntry, readRunHead } from './append-entry.ts';
import { createRun } from './create-run.ts';
import type { Keys } from './keys.ts';
import { savePlan } from './plan-store.ts';

export type Restorer = {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly kubernetes: KubernetesPort;
  readonly fleet: string;
  /** Name of the worker, as it stands in the journal. */
  readonly worker: string;
  readonly pace: Pace;
  readonly memberPresets: MemberPresets;
};

/** When a run was first missed, by its id. */
export type Missed = Map<string, number>;

/**
 * Returns the id of the run that has not let go of the fleet and does not renew its Lease, restored where Redis has lost it: a pass over it
 * goes on or lets go, and no other run begins before. Undefined: there is none, or it is not missed for long enough: acts of the lost run may still
 * be under way. Throws where it cannot be restored now, an OutsideError where Redis or the fleet does not answer.
 */
export async function restoreLostRun(restorer: Restorer, missed: Missed): Promise<string | undefined> {
  const { redis, keys, kubernetes, fleet, pace } = restorer;
  const note = await findNote(kubernetes, fleet);
  if (note === undefined || (await readRunHead(redis, keys, note.run)) !== undefined) {
    missed.clear();
    return note?.run;
  }
  const nowMs = systemClock.nowMs();
  const sinceMs = missed.get(note.run) ?? nowMs;
  missed.set(note.run, sinceMs);
  if (nowMs - sinceMs < pace.switchoverSettleMs) {
    return undefined;
  }
  await restore(restorer, note);
  return note.run;
}

async function restore(
  { redis, keys, kubernetes, worker, memberPresets }: Restorer,
  note: RunNote,
): Promise<void> {
  const recovered = await planRecovery(kubernetes, note, memberPresets);
  if (recovered === undefined) {
    throw new Error(`run ${note.run} is lost and not found again: the fleet cannot be read`);
  }
  const { plan, liveByZone, abortBecause } = recovered;
  const { run, fleet, requester } = note;
  const atMs = systemClock.nowMs();
  await savePlan(redis, keys, { plan, fleet, requester, madeAt: new Date(atMs).toISOString() });
  const created = await createRun(redis, keys, {
    run,
    plan: plan.id,
    fleet,
    requester,
    needsApproval: note.needsApproval || abortBecause !== undefined,
    approvals: abortBecause === undefined ? note.approvals : undefined,
    idempotencyKey: undefined,
    atMs,
    recovered: { by: worker, liveByZone },
  });
  if (created.kind === 'fleet-busy') {
    throw new Error(`run ${run} is lost and not found again: run ${created.by} is under way`);
  }
  if (created.kind === 'created' && abortBecause !== undefined) {
    const event = {
      kind: 'abort-asked',
      comment: `found again after its journal was lost: ${abortBecause}`,
    } as const;
    await appendEntry(redis, keys, run, { lane: 'run', after: 1, by: worker, atMs, event });
  }
}
