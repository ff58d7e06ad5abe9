/**
 * The queue of passes in BullMQ. A job is one pass over a step, or over a run, again and again until there is nothing left to
 * do; it carries nothing but two ids. Jobs may be lost or doubled without harm: the journal is the memory, and the worker adds
 * the jobs of live runs again and again.
 */
import { type ConnectionOptions, type JobsOptions, Queue } from 'bullmq';
import { z } from 'zod';
import type { Keys } from './keys.ts';

/** `step` undefined: a pass over the run itself. */
export const passSchema = z.object({ run: z.string(), step: z.string().optional() });
export type Pass = z.infer<typeof passSchema>;

/** Passes of one fleet: a worker is connected to the fleet that it serves, and takes no job of another. */
export function queueNameOf(fleet: string): string {
  return `passes-${fleet}`;
}

/** One job per step and run at any time. BullMQ refuses colons in an id, and ids that are numbers. */
export function jobIdOf(pass: Pass): string {
  return `${pass.run}.${pass.step ?? 'run'}`;
}

/** A job that has ended, well or badly, leaves its id free: it is added again as long as its run needs it. */
const jobOptions: JobsOptions = { removeOnComplete: true, removeOnFail: true, attempts: 1 };

/**
 * A pass over a run is the next that is begun, whoever waits: it is what notices a failover, renews the Lease and heeds a pause. A thousand
 * fences at the client-side rate limit keep passes over steps waiting for minutes. BullMQ takes jobs without a priority first, and those of
 * the same priority in their order. https://docs.bullmq.io/guide/jobs/prioritized
 */
export const priorities = {
  /** What was begun is looked at before anything else is begun: meanwhile a cluster is without a member, and waits to be seen whole again. */
  underWay: 1,
  notBegun: 2,
} as const;

/** Returns the queue of a fleet. */
export function openPassQueue(fleet: string, keys: Keys, connection: ConnectionOptions): Queue<Pass> {
  return new Queue<Pass>(queueNameOf(fleet), {
    connection,
    prefix: keys.queues,
    defaultJobOptions: jobOptions,
  });
}

/** Adds jobs for passes; those that are queued, delayed or under way already stay as they are. */
export async function addPasses(queue: Queue<Pass>, passes: readonly Pass[]): Promise<void> {
  if (passes.length === 0) return;
  await queue.addBulk(
    passes.map((pass) => {
      const jobId = jobIdOf(pass);
      return pass.step === undefined
        ? { name: 'run', data: pass, opts: { jobId } }
        : { name: 'step', data: pass, opts: { jobId, priority: priorities.notBegun } };
    }),
  );
}

/** Makes the job of a pass due now, if it sleeps; adds it, if there is none. One that is under way looks for itself. */
export async function hurryPass(queue: Queue<Pass>, pass: Pass): Promise<void> {
  const job = await queue.getJob(jobIdOf(pass));
  if (job === undefined) return addPasses(queue, [pass]);
  if (!(await job.isDelayed())) return;
  try {
    await job.promote();
  } catch {
    // It woke up by itself in between: that is what was wanted.
  }
}
