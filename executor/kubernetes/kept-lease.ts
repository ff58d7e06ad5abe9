/**
 * Remembers for a while that the Lease is held. Every act and every pass asks for it, many times a second, and whoever respects
 * leases cannot have taken it: it was written at most a quarter of its duration before it was found to be ours, and is
 * trusted for another quarter. Renewals go on all the while.
 */
import type { Clock, KubernetesPort } from '../ports.ts';

type LeaseCalls = Pick<KubernetesPort, 'holdLease' | 'dropLease'>;

/** A lease that was found to be ours is asked for again after this share of its duration. */
const TRUSTED_SHARE = 1 / 4;

/** Returns the same calls, of which those to hold a lease that is held cost nothing. */
export function rememberLease(calls: LeaseCalls, clock: Clock): LeaseCalls {
  let held: { readonly by: string; readonly askedMs: number; readonly note: string | undefined } | undefined;
  return {
    async holdLease(lease) {
      const { holder, durationSeconds, sinceMs } = lease;
      const note = lease.note ?? (held?.by === holder ? held.note : undefined);
      const nowMs = clock.nowMs();
      const isTrusted =
        held?.by === holder &&
        held.note === note &&
        nowMs >= held.askedMs &&
        nowMs - held.askedMs < durationSeconds * 1_000 * TRUSTED_SHARE &&
        held.askedMs > (sinceMs ?? Number.NEGATIVE_INFINITY);
      if (isTrusted) return { kind: 'held' };
      held = undefined;
      const answer = await calls.holdLease(lease);
      // Counted from before the question: what was found is as old as that.
      if (answer.kind === 'held') held = { by: holder, askedMs: nowMs, note };
      return answer;
    },
    async dropLease(lease) {
      held = undefined;
      await calls.dropLease(lease);
    },
  };
}
