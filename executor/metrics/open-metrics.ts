import type { RequestCounts } from '../kubernetes/count-requests.ts';
import { requestsText } from './requests-text.ts';
import { serveMetrics } from './serve-metrics.ts';

/**
 * Serves what a worker counts; undefined: nobody wants to read it. Throws where the port is taken, and has closed the outside then: nothing
 * may be open.
 */
export async function openMetrics(
  { metricsPort, fleet }: { readonly metricsPort?: number | undefined; readonly fleet: string },
  outside: { readonly requestCounts: RequestCounts; close(): Promise<void> },
): Promise<{ close(): Promise<void> } | undefined> {
  if (metricsPort === undefined) return undefined;
  try {
    return await serveMetrics(metricsPort, () => requestsText(fleet, outside.requestCounts));
  } catch (error) {
    await outside.close();
    throw error;
  }
}
