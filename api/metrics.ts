/** What the API counts, for Prometheus. */
import { metricText as metric, type Sample } from '../executor/metrics/exposition.ts';
import { type RunSummary, runStates } from '../executor/run.ts';

/** Counts requests; everything about runs is computed from the runs themselves when asked, so that it survives a restart. */
export class Metrics {
  readonly #requests = new Map<string, { readonly labels: Sample['labels']; count: number }>();

  countRequest(method: string, route: string, status: number): void {
    const labels = { method, route, status_class: `${Math.floor(status / 100)}xx` };
    const key = JSON.stringify(labels);
    const counted = this.#requests.get(key) ?? { labels, count: 0 };
    counted.count += 1;
    this.#requests.set(key, counted);
  }

  /** The whole exposition; `runs` are all runs that are kept, `news` how often what was told to whom (RunService.countNews). */
  render(version: string, runs: readonly RunSummary[], news: Readonly<Record<string, number>> = {}): string {
    const fleets = [...new Set(runs.map((run) => run.fleet))].sort();
    const perFleet = (value: (run: RunSummary) => number): readonly Sample[] =>
      fleets.map((fleet) => ({
        labels: { fleet },
        value: sum(runs.filter((run) => run.fleet === fleet).map(value)),
      }));
    const requests = [...this.#requests.values()].map(({ labels, count }) => ({ labels, value: count }));
    return [
      metric('switchyard_build_info', 'gauge', 'Version of this server. Stable.', [
        { labels: { version }, value: 1 },
      ]),
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
      metric('switchyard_http_requests_total', 'counter', 'Answered HTTP requests. May change.', requests),
    ].join('');
  }
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
