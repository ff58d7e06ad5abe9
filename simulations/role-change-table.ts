import type { RoleChange } from './world/answers.ts';

/** Role changes by cluster (`namespace/name`) and in all. */
export type Tally = { readonly clusters: Readonly<Record<string, number>>; readonly total: number };

/** Counts what really happened; clusters without a role change are listed with 0. */
export function tallyOf(changes: readonly Pick<RoleChange, 'cluster'>[], clusters: readonly string[]): Tally {
  const counts = new Map([...clusters].sort().map((cluster) => [cluster, 0]));
  for (const { cluster } of changes) counts.set(cluster, (counts.get(cluster) ?? 0) + 1);
  return { clusters: Object.fromEntries(counts), total: changes.length };
}

/** Role changes per cluster, naive beside planned. */
export function roleChangeTable(naive: Tally, planned: Tally & { readonly outages: number }): string {
  const names = [...new Set([...Object.keys(naive.clusters), ...Object.keys(planned.clusters)])].sort();
  const width = Math.max(...names.map((name) => name.length), 12);
  const row = (name: string, left: string | number, right: string | number): string =>
    `${name.padEnd(width)}  ${String(left).padStart(6)}  ${String(right).padStart(8)}`;
  return [
    row('role changes', 'naive', 'planned'),
    ...names.map((name) => row(name, naive.clusters[name] ?? 0, planned.clusters[name] ?? 0)),
    row('total', naive.total, planned.total),
    row('outages', '', planned.outages),
  ]
    .map((line) => line.trimEnd())
    .join('\n');
}
