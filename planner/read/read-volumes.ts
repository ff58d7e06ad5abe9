/**
 * Where a pod's volumes hold it: node affinity of bound PersistentVolumes, and how many volumes a node can attach.
 */
import type { FleetNode, NodeSelectorTerm, Pod } from '../model.ts';
import { readNodeSelectorTerms } from '../rules/selector.ts';
import { parseQuantity } from './quantity.ts';
import { at, listAt, numberAt, textAt, textsByKeyAt } from './raw-json.ts';
import { type FoundObject, note, type Reading } from './reading.ts';

const zoneLabels = ['topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/zone'];

/** Volume plugins that Kubernetes has moved to CSI drivers: they count against the driver's limit. */
const driverOfFormerPlugin: Readonly<Record<string, string>> = {
  awsElasticBlockStore: 'ebs.csi.aws.com',
  gcePersistentDisk: 'pd.csi.storage.gke.io',
  azureDisk: 'disk.csi.azure.com',
  cinder: 'cinder.csi.openstack.org',
};

type Volumes = {
  readonly claims: ReadonlyMap<string, FoundObject>;
  readonly volumes: ReadonlyMap<string, FoundObject>;
  /** Drivers for which a CSINode gives a limit. */
  readonly limited: ReadonlySet<string>;
};

/** Claims by `namespace/name`, volumes by name, and the drivers whose attachments are counted. */
export function indexVolumes(
  claims: readonly FoundObject[],
  volumes: readonly FoundObject[],
  csiNodes: readonly FoundObject[],
): Volumes {
  const limits = csiNodes.flatMap((each) => [...attachLimits(each).keys()]);
  return {
    claims: new Map(claims.map((claim) => [`${claim.namespace}/${claim.name}`, claim])),
    volumes: new Map(volumes.map((volume) => [volume.name, volume])),
    limited: new Set(limits),
  };
}

/**
 * The pod with the terms of its volumes, their size, and one attachment per volume of a limited driver.
 * A claim whose volume is not in the snapshot pins the pod to the zone of its node, and is noted.
 */
export function withVolumes(
  reading: Reading,
  pod: Pod,
  json: unknown,
  node: FleetNode | undefined,
  index: Volumes,
): Pod {
  const claimNames = claimNamesOf(pod, json);
  if (claimNames.length === 0) return pod;
  const terms: (readonly NodeSelectorTerm[])[] = [];
  const requests: Record<string, number> = Object.assign(Object.create(null), pod.requests);
  const sizes: number[] = [];
  for (const claimName of claimNames) {
    const claim = index.claims.get(`${pod.namespace}/${claimName}`)?.json;
    const volume = index.volumes.get(textAt(claim, 'spec', 'volumeName') ?? '')?.json;
    const size = sizeOf(claim, volume);
    if (size !== undefined) sizes.push(size);
    if (volume === undefined) {
      terms.push(...zoneOfNode(reading, pod, node));
      continue;
    }
    terms.push(...volumeTerms(volume));
    const driver = driverOf(volume);
    if (driver !== undefined && index.limited.has(driver)) {
      const resource = attachResource(driver);
      requests[resource] = (requests[resource] ?? 0) + 1;
    }
  }
  const volumeBytes = sizes.length === 0 ? {} : { volumeBytes: sizes.reduce((sum, size) => sum + size, 0) };
  const ended = pod.phase === 'Succeeded' || pod.phase === 'Failed';
  return { ...pod, volumeTerms: terms, ...volumeBytes, ...(ended ? {} : { requests }) };
}

/**
 * Nodes with the attach limits of their CSINode. A node whose driver names no limit has none: without this it would look like
 * a node that cannot attach anything.
 */
export function withAttachLimits(
  nodes: readonly FleetNode[],
  csiNodes: readonly FoundObject[],
  index: Volumes,
): readonly FleetNode[] {
  if (index.limited.size === 0) return nodes;
  const limitsOf = new Map(csiNodes.map((each) => [each.name, attachLimits(each)]));
  return nodes.map((node) => {
    const allocatable: Record<string, number> = Object.assign(Object.create(null), node.allocatable);
    for (const driver of [...index.limited].sort())
      allocatable[attachResource(driver)] = limitsOf.get(node.name)?.get(driver) ?? Number.MAX_SAFE_INTEGER;
    return { ...node, allocatable };
  });
}

function attachResource(driver: string): string {
  return `attachable-volumes-csi-${driver}`;
}

function attachLimits(csiNode: FoundObject): ReadonlyMap<string, number> {
  const limits = new Map<string, number>();
  for (const driver of listAt(csiNode.json, 'spec', 'drivers')) {
    const name = textAt(driver, 'name');
    const count = numberAt(driver, 'allocatable', 'count');
    if (name !== undefined && count !== undefined && count >= 0) limits.set(name, Math.floor(count));
  }
  return limits;
}

/** Claims by name; a generic ephemeral volume has a claim named after pod and volume. */
function claimNamesOf(pod: Pod, json: unknown): readonly string[] {
  return listAt(json, 'spec', 'volumes').flatMap((volume) => {
    const claimName = textAt(volume, 'persistentVolumeClaim', 'claimName');
    if (claimName !== undefined) return [claimName];
    return at(volume, 'ephemeral') === undefined ? [] : [`${pod.name}-${textAt(volume, 'name') ?? ''}`];
  });
}

/** nodeAffinity, and the zone labels that volumes carried before it: `a__b` means either zone. */
function volumeTerms(volume: unknown): readonly (readonly NodeSelectorTerm[])[] {
  const affinity = readNodeSelectorTerms(at(volume, 'spec', 'nodeAffinity', 'required'));
  if (affinity !== undefined) return [affinity];
  const labels = textsByKeyAt(volume, 'metadata', 'labels');
  return zoneLabels.flatMap((key) => {
    const zones = labels[key];
    return zones === undefined ? [] : [zoneTerm(key, zones.split('__'))];
  });
}

function zoneTerm(key: string, zones: readonly string[]): readonly NodeSelectorTerm[] {
  return [{ labels: [{ key, operator: 'In', values: zones }], fields: [] }];
}

function zoneOfNode(
  reading: Reading,
  pod: Pod,
  node: FleetNode | undefined,
): readonly (readonly NodeSelectorTerm[])[] {
  note(reading, 'no-persistent-volumes', pod.key, {
    severity: 'note',
    fix: 'kubectl get nodes,pods,pvc,pv,pdb,statefulsets,endpoints,configmaps -A -o json',
  });
  const key = zoneLabels.find((label) => node !== undefined && Object.hasOwn(node.labels, label));
  const zone = key === undefined ? undefined : node?.labels[key];
  return key === undefined || zone === undefined ? [] : [zoneTerm(key, [zone])];
}

function driverOf(volume: unknown): string | undefined {
  const driver = textAt(volume, 'spec', 'csi', 'driver');
  if (driver !== undefined) return driver;
  const plugin = Object.keys(driverOfFormerPlugin).find((name) => at(volume, 'spec', name) !== undefined);
  return plugin === undefined ? undefined : driverOfFormerPlugin[plugin];
}

/** Bytes; what was given counts more than what was asked for. */
function sizeOf(claim: unknown, volume: unknown): number | undefined {
  const written =
    textAt(claim, 'status', 'capacity', 'storage') ??
    textAt(volume, 'spec', 'capacity', 'storage') ??
    textAt(claim, 'spec', 'resources', 'requests', 'storage');
  return written === undefined ? undefined : parseQuantity(written, 'whole', 'up');
}
