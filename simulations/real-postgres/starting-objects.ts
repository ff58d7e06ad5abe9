/** The demo's fleet a moment before its database pods start: bound to their nodes, nothing running in them yet. */
import type { FleetObject } from '../scenarios/build-fleet.ts';
import { threeZones } from '../scenarios/three-zones.ts';
import { clusterSettings } from './member-settings.ts';

/** One cluster as the fleet was drawn up. */
export type WantedCluster = {
  readonly key: string;
  readonly namespace: string;
  readonly scope: string;
  /** In the order in which they start: who is to lead, then who is to be its synchronous standby, then the rest. */
  readonly members: readonly string[];
};

// biome-ignore lint/suspicious/noExplicitAny: raw Kubernetes objects.
type Raw = any;

/** Returns the clusters of the fleet, in the order of their names. */
export function wantedClusters(): readonly WantedCluster[] {
  const members = threeZones().filter(isMember) as readonly Raw[];
  const scopes = [...new Set(members.map((pod) => String(pod.metadata.labels['cluster-name'])))].toSorted();
  return scopes.map((scope) => {
    const own = members.filter((pod) => pod.metadata.labels['cluster-name'] === scope);
    const leads = (pod: Raw): boolean => pod.metadata.labels['spilo-role'] === 'master';
    const inOrder = [...own.filter(leads), ...own.filter((pod) => !leads(pod))];
    const namespace = String(own[0]?.metadata.namespace);
    return {
      key: `${namespace}/${scope}`,
      namespace,
      scope,
      members: inOrder.map((pod) => pod.metadata.name),
    };
  });
}

/**
 * Returns the objects of a fleet with these clusters; `systemId` is that of the database in all volumes. Patroni writes locks, roles and
 * states itself.
 */
export function startingObjects(
  systemId: string,
  clusters: readonly WantedCluster[],
): readonly FleetObject[] {
  const scopes = new Set([undefined, ...clusters.map(({ scope }) => scope)]);
  return threeZones({ synchronous: true }).flatMap((object: Raw): readonly FleetObject[] => {
    if (!scopes.has(object.metadata.labels?.['cluster-name'])) return [];
    if (isMember(object)) return [notStarted(object)];
    if (object.kind !== 'Endpoints') return [object];
    if (!object.metadata.name.endsWith('-config')) return [];
    const annotations = { config: JSON.stringify(clusterSettings), initialize: systemId };
    return [{ ...object, metadata: { ...object.metadata, annotations } }];
  });
}

function isMember(object: Raw): boolean {
  return object.kind === 'Pod' && object.metadata.labels?.['cluster-name'] !== undefined;
}

function notStarted(pod: Raw): FleetObject {
  const { 'spilo-role': _role, ...labels } = pod.metadata.labels;
  const { annotations: _status, ...metadata } = pod.metadata;
  const conditions = pod.status.conditions.filter(({ type }: { type: string }) => type === 'PodScheduled');
  return { ...pod, metadata: { ...metadata, labels }, status: { phase: 'Pending', conditions } };
}
