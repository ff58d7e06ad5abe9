/**
 * The example of the talk "PostgreSQL on Kubernetes at Zalando" (FOSDEM 2020): three old nodes in three zones, clusters A and
 * B with their primary on the first, C on the second. Decommissioned one after another they fail over 3, 2 and 2 times.
 */
import type { DrainRequest } from '../../planner/plan.ts';
import { type FleetObject, node, nodeAgents, webDeployment } from './build-fleet.ts';
import { spiloCluster } from './spilo-cluster.ts';

const n1 = { node: 'n1', zone: 'z1' };
const n2 = { node: 'n2', zone: 'z2' };
const n3 = { node: 'n3', zone: 'z3' };

/** The objects of the fleet, as kubectl would print them. `synchronous`: each cluster has one synchronous standby, the first replica. */
export function threeZones(options: { readonly synchronous?: boolean } = {}): readonly FleetObject[] {
  const { synchronous = false } = options;
  const labels = { 'lifecycle-status': 'decommission-pending' };
  return [
    ...[n1, n2, n3].flatMap(({ node: name, zone }) => node({ name, zone, labels })),
    ...spiloCluster({ name: 'acid-a', members: [n1, n2, n3], primary: 0, synchronous }),
    ...spiloCluster({ name: 'acid-b', members: [n1, n3, n2], primary: 0, synchronous }),
    ...spiloCluster({ name: 'acid-c', members: [n1, n2, n3], primary: 1, synchronous }),
    ...webDeployment(['n1', 'n2', 'n3']),
    ...nodeAgents(['n1', 'n2', 'n3']),
  ];
}

/** What the pipeline asks for: all nodes that are to be decommissioned, one replacement at a time in each zone. */
export const threeZonesRequest: DrainRequest = {
  apiVersion: 'switchyard.dev/v1',
  kind: 'DrainRequest',
  nodes: { selector: 'lifecycle-status=decommission-pending' },
  // The members stand on nodes with this label only, and the nodes to be replaced have lost it.
  replacement: { labels: { 'lifecycle-status': 'ready' } },
  surge: { default: 1 },
};
