/** What the API counts, for Prometheus. */
import { metricText as metric, type Sample } from '../executor/metrics/exposition.ts';
import { type RunSummary, runStates } from '../executor/run.ts';

/**
 * What became of a delivery of the cluster-upgrade webhook. `stale`: its time is more than five minutes off; `refused`: signed, and not to be
 * done; `failed`: Redis, the fleet or we ourselves did not answer as we should.
 */
export const webhookOutcomes = [
  'accepted',
  'duplicate',
  'bad-signature',
  'stale',
  'refused',
  'failed',
] as const;
export type WebhookOutcome = (typeof webhookOutcomes)[number];

/** Counts requests and deliveries; everything about runs is computed from the runs themselves when asked, so that it survives a restart. */
export class Metrics {
  readonly #requests = new Map<string, { readonly labels: Sample['labels']; count: number }>();

  readonly #webhooks = new Map<WebhookOutcome, number>();

  countWebhook(outcome: WebhookOutcome): void {
    this.#webhooks.set(outcome, (this.#webhooks.get(outcome) ?? 0) + 1);
  }

  countRequest(method: string, route: string, status: number): void {
    const labels = { method, route, status_class: `${Math.floor(status / 100)}xx` };
    const key = JSON.stringify(labels);
    const counted = this.#requests.get(key) ?? { labels, count: 0 };
    counted.count += 1;
    this.#requests.set(key, counted);
  }

  /** What this process counts itself. */
  renderOwn(version: string): string {
    const requests = [...this.#requests.values()].map(({ labels, count }) => ({ labels, value: count }));
    const webhooks = webhookOutcomes.map((outcome) => ({
      labels: { outcome },
      value: this.#webhooks.get(outcome) ?? 0,
    }));
    return [
      metric('switchyard_build_info', 'gauge', 'Version of this server. Stable.', [
        { labels: { version }, value: 1 },
      ]),
      metric(
        'switchyard_webhooks_total',
        'counter',
        'Deliveries of the cluster-upgrade webhook by what became of them. Stable.',
        webhooks,
      ),
      metric('switchyard_http_requests_total', 'counter', 'Answered HTTP requests. May change.', requests),
    ].join('');
  }
}

/** What the store says: `runs` are all runs that are kept, `news` how often what was told to whom (RunService.countNews). */
export function storedText(runs: readonly RunSummary[], news: Readonly<Record<string, number>>): string {
  const fleets = [...new Set(runs.map((run) => run.fleet))].sort();
  const perFleet = (value: (run: RunSummary) => number): readonly Sample[] =>
    fleets.map((fleet) => ({
      labels: { fleet },
      value: sum(runs.filter((run) => run.fleet === fleet).map(value)),
    }));
  return [
    metric('switchyard_runs', 'gauge', 'Runs by state. Stable.', runsByState(fleets, runs)),
    metric(
      'switchyard_switchovers_planned_total',
      'counter',
      'Switchovers of all runs that were started, as planned. Stable.',
      perFleet((run) => (run.startedAt === undefined ? 0 : run.counts.planned)),
    ),
    metric(
      'switchyard_switchovers_total',
      'counter',
      'Switchovers carried out by runs and seen done. Stable.',
      perFleet((run) => run.counts.done),
    ),
    metric(
      'switchyard_unplanned_role_changes_total',
      'counter',
      'Role changes during runs that were not ours. Stable.',
      perFleet((run) => run.counts.unplanned),
    ),
    metric(
      'switchyard_outages_total',
      'counter',
      'Primaries restarted with nobody to take over. Stable.',
      perFleet((run) => run.counts.outages),
    ),
    metric(
      'switchyard_nodes_released_total',
      'counter',
      'Nodes emptied and handed back. Stable.',
      perFleet((run) => run.counts.released),
    ),
    metric(
      'switchyard_news_total',
      'counter',
      'Events and notices of runs: told, attempts that failed, dropped for good. Stable.',
      Object.entries(news).map(([name, value]) => {
        const [channel = '', outcome = ''] = name.split(' ');
        return { labels: { channel, outcome }, value };
      }),
    ),
  ].join('');
}

function runsByState(fleets: readonly string[], runs: readonly RunSummary[]): readonly Sample[] {
  return fleets.flatMap((fleet) =>
    runStates.map((state) => ({
      labels: { fleet, state },
      value: runs.filter((run) => run.fleet === fleet && run.state === state).length,
    })),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
