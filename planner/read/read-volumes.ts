/**
 * Where a pod's volumes hold it: node affinity of bound PersistentVolumes, and how many volumes a node can attach.
 */
import type { FleetNode, NodeSelectorTerm, Pod } from '../model.ts';
import { readNodeSelectorTerms } from '../rules/selector.ts';
import { parseQuantity } from './quantity.ts';
import {
  asNumber,
  asObject,
  isObject,
  type JsonObject,
  listIn,
  newRecord,
  objectIn,
  textIn,
  textsByKey,
} from './raw-json.ts';
import { type Draft, type FoundObject, note, type Reading } from './reading.ts';

const zoneLabels = ['topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/zone'];

/**
 * Volume plugins that Kubernetes has moved to CSI drivers: they count against the driver's limit.
 * https://kubernetes.io/docs/concepts/storage/volumes/#csi-migration
 */
const driverOfFormerPlugin: Readonly<Record<string, string>> = {
  awsElasticBlockStore: 'ebs.csi.aws.com',
  gcePersistentDisk: 'pd.csi.storage.gke.io',
  azureDisk: 'disk.csi.azure.com',
  cinder: 'cinder.csi.openstack.org',
};

/** All terms of a volume must hold. */
type VolumeTerms = Pod['volumeTerms'];

type ReadClaim = { readonly volume?: string; readonly givenBytes?: number; readonly askedBytes?: number };
type ReadVolume = { readonly terms: VolumeTerms; readonly driver?: string; readonly bytes?: number };

/** What the volumes of a pod need to be looked up. */
export type Volumes = {
  /** By `namespace/name`. */
  readonly claims: Map<string, ReadClaim>;
  readonly volumes: Map<string, ReadVolume>;
  /** Number of attachments by driver, by node, as its CSINode says. */
  readonly limits: Map<string, ReadonlyMap<string, number>>;
};

/** A volume of a pod of which more is known elsewhere, or that has to be attached. */
export type PodVolume =
  | { readonly kind: 'claim'; readonly claim: string }
  | { readonly kind: 'inline'; readonly driver: string };

/** Of a pod without volumes, and of a volume that can go anywhere. */
export const heldByNothing: VolumeTerms = Object.freeze([]);

const none: readonly PodVolume[] = Object.freeze([]);

/** Claims by name, each once; a generic ephemeral volume has a claim named after pod and volume. */
export function readPodVolumes(pod: string, spec: JsonObject): readonly PodVolume[] {
  let found: PodVolume[] | undefined;
  for (const each of listIn(spec, 'volumes')) {
    const volume = readPodVolume(pod, asObject(each));
    if (volume === undefined) continue;
    found ??= [];
    // A volume that is mounted twice is attached once.
    if (
      volume.kind === 'inline' ||
      !found.some((other) => other.kind === 'claim' && other.claim === volume.claim)
    )
      found.push(volume);
  }
  return found ?? none;
}

function readPodVolume(pod: string, volume: JsonObject): PodVolume | undefined {
  if (volume.persistentVolumeClaim !== undefined) {
    const claim = textIn(objectIn(volume, 'persistentVolumeClaim'), 'claimName');
    if (claim !== undefined) return { kind: 'claim', claim };
  }
  if (volume.ephemeral !== undefined)
    return { kind: 'claim', claim: `${pod}-${textIn(volume, 'name') ?? ''}` };
  const driver = driverOfPlugin(volume);
  return driver === undefined ? undefined : { kind: 'inline', driver };
}

/** The claim's volume, and its size as given and as asked for. */
export function readClaim({ json }: FoundObject): ReadClaim {
  const claim: Draft<ReadClaim> = {};
  const spec = objectIn(json, 'spec');
  const volume = textIn(spec, 'volumeName');
  const given = bytesOf(objectIn(objectIn(json, 'status'), 'capacity'));
  const asked = bytesOf(objectIn(objectIn(spec, 'resources'), 'requests'));
  if (volume !== undefined) claim.volume = volume;
  if (given !== undefined) claim.givenBytes = given;
  if (asked !== undefined) claim.askedBytes = asked;
  return claim;
}

function bytesOf(amounts: JsonObject): number | undefined {
  return parseQuantity(amounts.storage, 'whole', 'up');
}

/** A PersistentVolume: where it holds its pod, and what attaches it. */
export function readVolume(reading: Reading, { json }: FoundObject): ReadVolume {
  const spec = objectIn(json, 'spec');
  const volume: Draft<ReadVolume> = { terms: volumeTerms(reading, json, spec) };
  const driver = textIn(objectIn(spec, 'csi'), 'driver') ?? driverOfPlugin(spec);
  if (driver !== undefined) volume.driver = driver;
  const bytes = bytesOf(objectIn(spec, 'capacity'));
  if (bytes !== undefined) volume.bytes = bytes;
  return volume;
}

/** nodeAffinity, and the zone labels that volumes carried before it: `a__b` means either zone. */
function volumeTerms(reading: Reading, json: JsonObject, spec: JsonObject): VolumeTerms {
  const { required } = objectIn(spec, 'nodeAffinity');
  if (isObject(required))
    return reading.share.volumeTerms(required, () => [readNodeSelectorTerms(required) ?? []]);
  const labels = textsByKey(objectIn(json, 'metadata').labels);
  const zones = zoneLabels.flatMap((key) => {
    const zone = labels[key];
    return zone === undefined ? [] : [zoneTerm(key, zone.split('__'))];
  });
  return zones.length === 0 ? heldByNothing : reading.share.volumeTerms(zones, () => zones);
}

function zoneTerm(key: string, zones: readonly string[]): readonly NodeSelectorTerm[] {
  return [{ labels: [{ key, operator: 'In', values: zones }], fields: [] }];
}

function driverOfPlugin(spec: JsonObject): string | undefined {
  for (const plugin of Object.keys(driverOfFormerPlugin))
    if (spec[plugin] !== undefined) return driverOfFormerPlugin[plugin];
  return undefined;
}

/** Attach limits of a CSINode by driver; a driver that names none has none. */
export function readAttachLimits({ json }: FoundObject): ReadonlyMap<string, number> {
  const limits = new Map<string, number>();
  for (const driver of listIn(objectIn(json, 'spec'), 'drivers')) {
    const name = textIn(asObject(driver), 'name');
    const count = asNumber(objectIn(asObject(driver), 'allocatable').count);
    if (name !== undefined && count !== undefined && count >= 0) limits.set(name, Math.floor(count));
  }
  return limits;
}

/** Drivers for which some node has a limit, sorted. */
export function limitedDrivers(index: Volumes): readonly string[] {
  return [...new Set([...index.limits.values()].flatMap((limits) => [...limits.keys()]))].sort();
}

/**
 * The node with the attach limits of its CSINode. A node whose driver names no limit has none: without this it would look like
 * a node that cannot attach anything.
 */
export function withAttachLimits(
  reading: Reading,
  node: FleetNode,
  index: Volumes,
  limited: readonly string[],
): FleetNode {
  if (limited.length === 0) return node;
  const limits = limited.map((driver) => index.limits.get(node.name)?.get(driver) ?? Number.MAX_SAFE_INTEGER);
  const allocatable = reading.share.allocatable([node.allocatable, limits], () => {
    const amounts: Record<string, number> = Object.assign(newRecord<number>(), node.allocatable);
    for (const [place, driver] of limited.entries())
      amounts[attachResource(driver)] = limits[place] ?? Number.MAX_SAFE_INTEGER;
    return amounts;
  });
  return { ...node, allocatable };
}

function attachResource(driver: string): string {
  return `attachable-volumes-csi-${driver}`;
}

/**
 * Gives the pod the terms of its volumes, their size, and one attachment per volume of a limited driver. A claim whose volume
 * is not in the snapshot pins the pod to the zone of its node, and is noted. A volume that several pods of one node share is
 * attached once and counted for each of them: too much, never too little.
 */
export function addVolumes(
  reading: Reading,
  { pod, volumes }: { readonly pod: Draft<Pod>; readonly volumes: readonly PodVolume[] },
  node: FleetNode | undefined,
  index: Volumes,
  limited: readonly string[],
): void {
  if (volumes.length === 0) return;
  const terms: VolumeTerms[] = [];
  const drivers: string[] = [];
  let bytes: number | undefined;
  for (const each of volumes) {
    const claim = each.kind === 'claim' ? index.claims.get(`${pod.namespace}/${each.claim}`) : undefined;
    const volume = claim?.volume === undefined ? undefined : index.volumes.get(claim.volume);
    const size = claim?.givenBytes ?? volume?.bytes ?? claim?.askedBytes;
    if (size !== undefined) bytes = Math.min(Number.MAX_SAFE_INTEGER, (bytes ?? 0) + size);
    if (each.kind === 'claim') terms.push(volume?.terms ?? zoneOfNode(reading, pod, node));
    const driver = each.kind === 'inline' ? each.driver : volume?.driver;
    if (driver !== undefined && limited.includes(driver)) drivers.push(driver);
  }
  if (bytes !== undefined) pod.volumeBytes = bytes;
  pod.volumeTerms = allTerms(reading, terms);
  if (drivers.length > 0 && pod.phase !== 'Succeeded' && pod.phase !== 'Failed')
    addAttachments(reading, pod, drivers);
}

/** Volumes that hold the pod alike, as volumes of one zone do, hold it once. */
function allTerms(reading: Reading, terms: readonly VolumeTerms[]): VolumeTerms {
  const [first, ...others] = new Set(terms);
  if (first === undefined) return heldByNothing;
  if (others.length === 0) return first.length === 0 ? heldByNothing : first;
  const all = [first, ...others].flat();
  return reading.share.volumeTerms(all, () => all);
}

function addAttachments(reading: Reading, pod: Draft<Pod>, drivers: readonly string[]): void {
  const { requests } = pod;
  pod.requests = reading.share.requests([requests, drivers], () => {
    const counts = new Map<string, number>();
    for (const driver of drivers) counts.set(driver, (counts.get(driver) ?? 0) + 1);
    const amounts: Record<string, number> = Object.assign(newRecord<number>(), requests);
    for (const driver of [...counts.keys()].sort()) amounts[attachResource(driver)] = counts.get(driver) ?? 0;
    return amounts;
  });
}

function zoneOfNode(reading: Reading, pod: Pod, node: FleetNode | undefined): VolumeTerms {
  note(reading, 'no-persistent-volumes', pod.key, {
    severity: 'note',
    fix: 'kubectl get nodes,pods,pvc,pv,pdb,statefulsets,endpoints,configmaps -A -o json',
  });
  const key = zoneLabels.find((label) => node !== undefined && Object.hasOwn(node.labels, label));
  const zone = key === undefined ? undefined : node?.labels[key];
  if (key === undefined || zone === undefined) return heldByNothing;
  return reading.share.volumeTerms([key, zone], () => [zoneTerm(key, [zone])]);
}
