/**
 * The run service over a journal in memory: the same fold and the same legal moves as the one in Redis, without workers.
 * Tests write what a worker would have written through `write`.
 */
import type { RunEvent } from '../../executor/journal.ts';
import { rejectionOf } from '../../executor/may-approve.ts';
import type { Clock, JournalEntry } from '../../executor/ports.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import { foldRun } from '../../executor/record/fold-run.ts';
import type { RunFold } from '../../executor/record/run-fold.ts';
import { hasEnded, nextRunState } from '../../executor/record/run-states.ts';
import { summarizePlan } from '../../executor/redis/summaries.ts';
import type { Run } from '../../executor/run.ts';
import type { RunService, ServiceRefusal, StoredPlan } from '../../executor/run-service.ts';

export type MemoryRunService = RunService & {
  /** Appends an entry as a worker would. */
  write(run: string, lane: string, event: RunEvent, by?: string): void;
  /** Has a whole run as it was carried out elsewhere. */
  keep(run: string, planId: string, entries: readonly JournalEntry[]): void;
};

export function memoryRunService(clock: Clock): MemoryRunService {
  const plans = new Map<string, StoredPlan>();
  const runs = new Map<string, { readonly planId: string; readonly entries: JournalEntry[] }>();
  const keys = new Map<string, string>();
  let wake = Promise.withResolvers<void>();

  function write(run: string, lane: string, event: RunEvent, by = 'w-1'): void {
    const entries = runs.get(run)?.entries;
    if (entries === undefined) throw new Error(`no run ${run}`);
    entries.push({ sequence: entries.length + 1, lane, atMs: clock.nowMs(), by, event });
    wake.resolve();
    wake = Promise.withResolvers<void>();
  }

  function foldOf(id: string): RunFold | undefined {
    const kept = runs.get(id);
    const plan = plans.get(kept?.planId ?? '')?.plan;
    return kept === undefined || plan === undefined ? undefined : foldRun(plan, id, kept.entries);
  }

  function folded(id: string): Run | undefined {
    const fold = foldOf(id);
    return fold === undefined ? undefined : describeRun(fold);
  }

  function decided(id: string, event: RunEvent, by: string): Run | ServiceRefusal {
    const run = folded(id);
    if (run === undefined) return { kind: 'refused', code: 'unknown-run', message: `There is no run ${id}.` };
    if (nextRunState(run.state, event) === undefined) {
      return {
        kind: 'refused',
        code: 'wrong-state',
        message: `The run is ${run.state}. Nothing was changed.`,
      };
    }
    write(id, 'run', event, by);
    return folded(id) ?? run;
  }

  return {
    write,
    keep: (run, planId, entries) => void runs.set(run, { planId, entries: [...entries] }),
    savePlan: async (stored) => void plans.set(stored.plan.id, stored),
    getPlan: async (id) => plans.get(id),
    listPlans: async () => [...plans.values()].map(summarizePlan),
    startRun: async ({ planId, requester, needsApproval, approvals, approvalMs, idempotencyKey }) => {
      const before = idempotencyKey === undefined ? undefined : folded(keys.get(idempotencyKey) ?? '');
      if (before !== undefined) return before;
      const stored = plans.get(planId);
      if (stored === undefined) throw new Error(`no plan ${planId}`);
      const busy = [...runs.keys()]
        .map(folded)
        .find((run) => run?.fleet === stored.fleet && !hasEnded(run.state));
      if (busy !== undefined) {
        return {
          kind: 'refused',
          code: 'fleet-busy',
          message: `Run ${busy.id} is under way on ${stored.fleet}.`,
        };
      }
      const id = `r-${runs.size + 1}`;
      runs.set(id, { planId, entries: [] });
      if (idempotencyKey !== undefined) keys.set(idempotencyKey, id);
      write(
        id,
        'run',
        {
          kind: 'created',
          plan: planId,
          fleet: stored.fleet,
          requester,
          needsApproval: needsApproval || approvals === 'wave',
          ...(approvals === undefined ? {} : { approvals }),
          ...(approvalMs === undefined ? {} : { approvalMs }),
        },
        requester,
      );
      const run = folded(id);
      if (run === undefined) throw new Error('a run that was just created has no fold');
      return run;
    },
    listRuns: async () => [...runs.keys()].map(folded).filter((run) => run !== undefined),
    getRun: async (id) => folded(id),
    readJournal: async (id, after = 0, countMax) =>
      (runs.get(id)?.entries ?? []).slice(after, countMax === undefined ? undefined : after + countMax),
    lastSequence: async (id) => runs.get(id)?.entries.length ?? 0,
    async *follow(id, after, signal) {
      let last = after;
      const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      while (!signal.aborted) {
        const more = wake.promise;
        for (const entry of runs.get(id)?.entries.slice(last) ?? []) {
          last = entry.sequence;
          yield entry;
        }
        const run = folded(id);
        if (run === undefined || hasEnded(run.state)) return;
        await Promise.race([more, aborted]);
      }
    },
    countNews: async () => ({ 'kubernetes-events told': 3 }),
    approve: async (id, by, { planId, wave, comment }) =>
      decided(
        id,
        {
          kind: 'approved',
          plan: planId,
          ...(wave === undefined ? {} : { wave }),
          ...(comment === undefined ? {} : { comment }),
        },
        by,
      ),
    reject: async (id, by, comment) => {
      const fold = foldOf(id);
      const event: RunEvent | ServiceRefusal =
        fold === undefined ? { kind: 'rejected' } : rejectionOf(fold, comment);
      return event.kind === 'refused' ? event : decided(id, event, by);
    },
    pause: async (id, by) => decided(id, { kind: 'pause-asked' }, by),
    resume: async (id, by) => decided(id, { kind: 'resumed' }, by),
    abort: async (id, by) => decided(id, { kind: 'abort-asked' }, by),
  };
}
