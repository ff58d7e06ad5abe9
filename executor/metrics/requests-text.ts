import type { RequestCounts } from '../kubernetes/count-requests.ts';
import { metricText } from './exposition.ts';

/**
 * Returns what this process has asked of the Kubernetes API of a fleet, for Prometheus. Verbs and resources are those of RBAC and of the
 * server's own audit log.
 */
export function requestsText(fleet: string, counts: RequestCounts): string {
  const samples = [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([asked, value]) => {
      const [verb = '', resource = ''] = asked.split(' ');
      return { labels: { fleet, verb, resource }, value };
    });
  return metricText(
    'switchyard_kubernetes_requests_total',
    'counter',
    'Requests sent to the Kubernetes API by this process. Stable.',
    samples,
  );
}
