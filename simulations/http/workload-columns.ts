/** The columns of `kubectl get` for what brings pods back. */
import { ageColumn, type Column, column, fields, list, nameColumn, none, spec, status } from './column.ts';
import type { JsonObject } from './json.ts';

/** The columns of a kind of workload; undefined: it is none. */
export function workloadColumns(kind: string): readonly Column[] | undefined {
  switch (kind) {
    case 'StatefulSet':
      return [
        nameColumn,
        column('Ready', (set) => `${count(status(set).readyReplicas)}/${wantedOf(set)}`),
        ageColumn,
        ...containerColumns,
      ];
    case 'Deployment':
      return [
        nameColumn,
        column('Ready', (one) => `${count(status(one).readyReplicas)}/${wantedOf(one)}`),
        column('Up-to-date', (one) => count(status(one).updatedReplicas)),
        column('Available', (one) => count(status(one).availableReplicas)),
        ageColumn,
        ...containerColumns,
        selectorColumn,
      ];
    case 'ReplicaSet':
      return [
        nameColumn,
        number('Desired', wantedOf),
        number('Current', (one) => count(status(one).replicas)),
        number('Ready', (one) => count(status(one).readyReplicas)),
        ageColumn,
        ...containerColumns,
        selectorColumn,
      ];
    case 'DaemonSet':
      return daemonSetColumns;
    default:
      return undefined;
  }
}

const number = (name: string, cell: (object: JsonObject) => number) => column(name, cell, false, 'integer');
const count = (value: unknown) => Number(value ?? 0);
const wantedOf = (object: JsonObject) => Number(spec(object).replicas ?? 1);

const containerColumns: readonly Column[] = [
  column('Containers', (object) => containersOf(object, 'name'), true),
  column('Images', (object) => containersOf(object, 'image'), true),
];

const selectorColumn = column(
  'Selector',
  (object) => labelsShown(fields(spec(object).selector).matchLabels),
  true,
);

const daemonSetColumns: readonly Column[] = [
  nameColumn,
  number('Desired', (set) => count(status(set).desiredNumberScheduled)),
  number('Current', (set) => count(status(set).currentNumberScheduled)),
  number('Ready', (set) => count(status(set).numberReady)),
  number('Up-to-date', (set) => count(status(set).updatedNumberScheduled)),
  number('Available', (set) => count(status(set).numberAvailable)),
  column('Node Selector', (set) => labelsShown(fields(fields(spec(set).template).spec).nodeSelector)),
  ageColumn,
  ...containerColumns,
  selectorColumn,
];

function containersOf(object: JsonObject, field: 'name' | 'image'): string {
  const containers = list(fields(fields(spec(object).template).spec).containers);
  return containers.map((container) => String(container[field] ?? '')).join(',');
}

/** Labels as kubectl writes them. */
export function labelsShown(labels: unknown): string {
  const pairs = Object.entries(fields(labels)).map(([key, value]) => `${key}=${String(value)}`);
  return pairs.length === 0 ? none : pairs.sort().join(',');
}
