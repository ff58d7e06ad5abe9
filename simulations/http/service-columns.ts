/** The columns of `kubectl get` for namespaces, services, leases, events and what is stored by name. */
import {
  ageColumn,
  type Column,
  column,
  fields,
  list,
  metadata,
  nameColumn,
  none,
  shownAge,
  spec,
  status,
  text,
} from './column.ts';
import type { JsonObject } from './json.ts';
import { labelsShown } from './workload-columns.ts';

/** The columns of such a kind; undefined: a name and an age are all that is shown. */
export function serviceColumns(kind: string): readonly Column[] | undefined {
  switch (kind) {
    case 'Namespace':
      return [nameColumn, column('Status', (one) => text(status(one).phase, '')), ageColumn];
    case 'ConfigMap':
      return [nameColumn, column('Data', entriesOf), ageColumn];
    case 'Lease':
      return [nameColumn, column('Holder', (lease) => text(spec(lease).holderIdentity, '')), ageColumn];
    case 'Service':
      return [
        nameColumn,
        column('Type', (service) => text(spec(service).type, 'ClusterIP')),
        column('Cluster-IP', (service) => text(spec(service).clusterIP)),
        column('External-IP', (service) => text(spec(service).externalName)),
        column('Port(s)', portsOf),
        ageColumn,
        column('Selector', (service) => labelsShown(spec(service).selector), true),
      ];
    case 'Endpoints':
      return [nameColumn, column('Endpoints', endpointsOf), ageColumn];
    case 'Event':
      return eventColumns;
    default:
      return undefined;
  }
}

const eventColumns: readonly Column[] = [
  column('Last Seen', (event, nowMs) => shownAge(event.lastTimestamp ?? event.eventTime ?? undefined, nowMs)),
  column('Type', (event) => text(event.type, '')),
  column('Reason', (event) => text(event.reason, '')),
  column('Object', (event) => {
    const { kind, name } = fields(event.involvedObject);
    return `${String(kind ?? '').toLowerCase()}/${String(name ?? '')}`;
  }),
  column('Subobject', (event) => text(fields(event.involvedObject).fieldPath, ''), true),
  column('Source', (event) => text(fields(event.source).component ?? event.reportingComponent, ''), true),
  column('Message', (event) => text(event.message, '').trim()),
  column(
    'First Seen',
    (event, nowMs) => shownAge(event.firstTimestamp ?? event.eventTime ?? undefined, nowMs),
    true,
  ),
  column('Count', (event) => Number(event.count ?? 1), true, 'integer'),
  column('Name', (event) => text(metadata(event).name, ''), true),
];

function entriesOf(map: JsonObject): number {
  return Object.keys(fields(map.data)).length + Object.keys(fields(map.binaryData)).length;
}

function portsOf(service: JsonObject): string {
  const ports = list(spec(service).ports).map(({ port, nodePort, protocol }) => {
    const outside = nodePort === undefined || nodePort === 0 ? '' : `:${String(nodePort)}`;
    return `${String(port)}${outside}/${String(protocol ?? 'TCP')}`;
  });
  return ports.length === 0 ? none : ports.join(',');
}

/** The first three, and how many more there are. */
function endpointsOf(endpoints: JsonObject): string {
  const all = list(endpoints.subsets).flatMap((subset) => {
    const addresses = list(subset.addresses).map(({ ip }) => String(ip));
    const ports = list(subset.ports).map(({ port }) => String(port));
    return ports.length === 0
      ? addresses
      : ports.flatMap((port) => addresses.map((address) => `${address}:${port}`));
  });
  if (all.length === 0) return none;
  return all.length <= 3 ? all.join(',') : `${all.slice(0, 3).join(',')} + ${all.length - 3} more...`;
}
