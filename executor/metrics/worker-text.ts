/** What a worker tells Prometheus of itself and of the run of its fleet. No name of a cluster, pod, node, run or step is in it. */
import { isInFlight, type Lane } from '../record/lane.ts';
import type { RunFold } from '../record/run-fold.ts';
import { runStates, stepStates } from '../run.ts';
import { blockedCodes } from '../wait-codes.ts';
import { metricText as metric, type Sample } from './exposition.ts';
import { passOutcomes, passSubjects, type WorkerCounts } from './worker-counts.ts';

/** The 95th percentile of a step's duration is about twice its estimate, as in describe-run.ts. */
const SLOW_FACTOR = 2;

/** What the store says: the jobs of the queue by state, and the runs of the fleet that have not ended. */
export type StoreSeen = {
  readonly jobs: Readonly<Record<string, number>>;
  readonly runs: readonly RunFold[];
};

/** Returns the lines of a worker. `seen` undefined: the store does not answer, so that nothing is known of jobs and runs. */
export function workerText(
  fleet: string,
  counts: WorkerCounts,
  seen: StoreSeen | undefined,
  nowMs: number,
): string {
  return [
    ownText(fleet, counts),
    storeText(seen !== undefined),
    ...(seen === undefined ? [] : seenText(fleet, seen, nowMs)),
  ].join('');
}

/** Returns whether the store answered just now. */
export function storeText(answers: boolean): string {
  return metric(
    'switchyard_store_up',
    'gauge',
    '1: Redis answered when this was asked; 0: it did not, and what stands there is left out. Stable.',
    [{ labels: {}, value: Number(answers) }],
  );
}

function ownText(fleet: string, counts: WorkerCounts): string {
  const passes = passSubjects.flatMap((subject) =>
    passOutcomes.map((outcome) => ({
      labels: { fleet, subject, outcome },
      value: counts.passes(subject, outcome),
    })),
  );
  const { lastPassMs } = counts;
  const lastPass = lastPassMs === undefined ? [] : [{ labels: { fleet }, value: lastPassMs / 1_000 }];
  return [
    metric(
      'switchyard_executor_passes_total',
      'counter',
      'Passes of this worker: again, last or error. Stable.',
      passes,
    ),
    metric(
      'switchyard_executor_last_pass_timestamp_seconds',
      'gauge',
      'When a pass of this worker last ended without an error; absent: none has. Stable.',
      lastPass,
    ),
    metric(
      'switchyard_lease_held',
      'gauge',
      'This worker has found the Lease of the fleet to be held for its run. Stable.',
      [{ labels: { fleet }, value: Number(counts.holdsLease) }],
    ),
  ].join('');
}

function seenText(fleet: string, { jobs, runs }: StoreSeen, nowMs: number): readonly string[] {
  const lanes = runs.flatMap((run) => [...run.lanes.values()]);
  const count = (isMeant: (lane: Lane) => boolean) => lanes.filter(isMeant).length;
  const labelled = (name: string, value: string, of: number): Sample => ({
    labels: { fleet, [name]: value },
    value: of,
  });
  const isBlocked = (lane: Lane, code: string) =>
    isOpen(lane) && lane.wait?.kind === 'blocked' && lane.wait.because.code === code;
  const blocked = blockedCodes
    .map((code) =>
      labelled(
        'reason',
        code,
        count((lane) => isBlocked(lane, code)),
      ),
    )
    .filter(({ value }) => value > 0);
  return [
    metric(
      'switchyard_queue_jobs',
      'gauge',
      'Jobs of passes in the queue of the fleet, by state. May change.',
      Object.entries(jobs).map(([state, of]) => labelled('state', state, of)),
    ),
    metric(
      'switchyard_worker_runs',
      'gauge',
      'Runs of the fleet that have not ended, by state, as this worker reads them. Stable.',
      runStates.map((state) => labelled('state', state, runs.filter((run) => run.state === state).length)),
    ),
    metric(
      'switchyard_worker_steps',
      'gauge',
      'Steps of these runs by state. Stable.',
      stepStates.map((state) =>
        labelled(
          'state',
          state,
          count((lane) => lane.state === state),
        ),
      ),
    ),
    metric(
      'switchyard_steps_blocked',
      'gauge',
      'Steps that are not safe now, by reason; absent: none. Stable.',
      blocked,
    ),
    metric(
      'switchyard_step_overdue_seconds',
      'gauge',
      'How far the slowest step under way is beyond twice its estimate; 0: none is. Stable.',
      [{ labels: { fleet }, value: Math.max(0, ...runs.map((run) => overdueSeconds(run, nowMs))) }],
    ),
  ];
}

/** A step that only has to wait for its turn, or for its window, is not late. */
function overdueSeconds(run: RunFold, nowMs: number): number {
  let most = 0;
  if (run.state !== 'running') return most;
  for (const lane of run.lanes.values()) {
    const { wait, step } = lane;
    if (!isOpen(lane) || wait === undefined || wait.because.code === 'window-closed') continue;
    if (wait.kind === 'blocked' && !isInFlight(lane)) continue;
    most = Math.max(most, (nowMs - wait.sinceMs) / 1_000 - (step.estimateSeconds * SLOW_FACTOR) / run.speed);
  }
  return most;
}

function isOpen(lane: Lane): boolean {
  return lane.done === undefined;
}
