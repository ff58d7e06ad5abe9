import type { RequestCounts } from '../kubernetes/count-requests.ts';
import { systemClock } from '../system-clock.ts';
import { requestsText } from './requests-text.ts';
import { serveMetrics } from './serve-metrics.ts';
import type { WorkerCounts } from './worker-counts.ts';
import { type StoreSeen, workerText } from './worker-text.ts';

/**
 * Serves what a worker counts; undefined: nobody wants to read it. `seeStore` is asked each time: what stands in Redis, undefined while it does not
 * answer. Throws where the port is taken, and has closed the outside then: nothing may be open.
 */
export async function openMetrics(
  { metricsPort, fleet }: { readonly metricsPort?: number | undefined; readonly fleet: string },
  outside: { readonly requestCounts: RequestCounts; close(): Promise<void> },
  counts: WorkerCounts,
  seeStore: () => Promise<StoreSeen | undefined>,
): Promise<{ close(): Promise<void> } | undefined> {
  if (metricsPort === undefined) return undefined;
  const render = async () =>
    workerText(fleet, counts, await seeStore(), systemClock.nowMs()) +
    requestsText(fleet, outside.requestCounts);
  try {
    return await serveMetrics(metricsPort, render);
  } catch (error) {
    await outside.close();
    throw error;
  }
}
