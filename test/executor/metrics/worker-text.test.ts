import { describe, expect, it } from 'vitest';
import { WorkerCounts } from '../../../executor/metrics/worker-counts.ts';
import { workerText } from '../../../executor/metrics/worker-text.ts';
import type { KubernetesPort } from '../../../executor/ports.ts';
import { foldOf, type Line, memberMove, planOf, startMs, switchover } from '../runs.ts';

const clockAt = (seconds: number) => ({ nowMs: () => startMs + seconds * 1_000 });
const jobs = { wait: 0, prioritized: 2, active: 1, delayed: 7 };

/** A member that was evicted and is not ready since, and a switchover that may not begin. Both steps are estimated at ten seconds. */
const plan = planOf([memberMove('s1', 'acid-a-1'), switchover('s2', 'acid-a-0', 'acid-a-2')]);
const lines: readonly Line[] = [
  ['s1', { kind: 'waiting', because: { code: 'pod-not-ready', facts: {} }, deadlineMs: startMs + 9e6 }, 0],
  ['s2', { kind: 'blocked', because: { code: 'cluster-busy', facts: {} }, deadlineMs: startMs + 9e6 }, 0],
];

function textAt(seconds: number, counts = new WorkerCounts(clockAt(seconds))): string {
  return workerText('prod', counts, { jobs, runs: [foldOf(plan, lines)] }, startMs + seconds * 1_000);
}

describe('what a worker tells Prometheus', () => {
  it('of its passes and of the Lease, from what it has counted itself', async () => {
    const counts = new WorkerCounts(clockAt(5));
    counts.countPass({}, 'again');
    counts.countPass({ step: 's1' }, 'again');
    counts.countPass({ step: 's1' }, 'error');
    const lease = { holder: 'r', durationSeconds: 60 };
    const calls = counts.watchLease<Pick<KubernetesPort, 'holdLease' | 'dropLease'>>({
      holdLease: async () => ({ kind: 'held' as const }),
      dropLease: async () => {},
    });
    expect(textAt(5, counts)).toContain('switchyard_lease_held{fleet="prod"} 0\n');
    await calls.holdLease(lease);
    const text = textAt(5, counts);
    expect(text).toContain(
      'switchyard_executor_passes_total{fleet="prod",subject="run",outcome="again"} 1\n',
    );
    expect(text).toContain(
      'switchyard_executor_passes_total{fleet="prod",subject="step",outcome="error"} 1\n',
    );
    expect(text).toContain('switchyard_executor_passes_total{fleet="prod",subject="run",outcome="last"} 0\n');
    expect(text).toContain(
      `switchyard_executor_last_pass_timestamp_seconds{fleet="prod"} ${startMs / 1_000 + 5}\n`,
    );
    expect(text).toContain('switchyard_lease_held{fleet="prod"} 1\n');
    await calls.dropLease({ holder: 'r' });
    expect(textAt(5, counts)).toContain('switchyard_lease_held{fleet="prod"} 0\n');
  });

  it('of runs, steps and jobs, and of blocked steps by their reason', () => {
    const text = textAt(10);
    expect(text).toContain('switchyard_worker_runs{fleet="prod",state="running"} 1\n');
    expect(text).toContain('switchyard_worker_runs{fleet="prod",state="halted"} 0\n');
    expect(text).toContain('switchyard_worker_steps{fleet="prod",state="waiting"} 1\n');
    expect(text).toContain('switchyard_steps_blocked{fleet="prod",reason="cluster-busy"} 1\n');
    expect(text).toContain('switchyard_queue_jobs{fleet="prod",state="delayed"} 7\n');
    expect(text).toContain('switchyard_store_up 1\n');
  });

  it('of the slowest step, once it takes longer than twice its estimate; one that waits for its turn is not late', () => {
    expect(textAt(15)).toContain('switchyard_step_overdue_seconds{fleet="prod"} 0\n');
    expect(textAt(700)).toContain('switchyard_step_overdue_seconds{fleet="prod"} 680\n');
    const turn = foldOf(plan, lines.slice(1));
    const text = workerText('prod', new WorkerCounts(clockAt(0)), { jobs, runs: [turn] }, startMs + 9e5);
    expect(text).toContain('switchyard_step_overdue_seconds{fleet="prod"} 0\n');
  });

  it('of nothing that stands in Redis while that does not answer', () => {
    const text = workerText('prod', new WorkerCounts(clockAt(0)), undefined, startMs);
    expect(text).toContain('switchyard_store_up 0\n');
    expect(text).toContain('switchyard_executor_passes_total');
    expect(text).not.toMatch(/worker_runs|queue_jobs|last_pass_timestamp_seconds\{/);
  });
});
