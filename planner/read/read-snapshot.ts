/**
 * What kubectl printed -> Fleet. Where each fact is found: docs, "Snapshot"; every reader beside this file takes one kind.
 */

import type { DisruptionBudget, Fleet, FleetNode } from '../model.ts';
import { sortedBy } from '../order.ts';
import type { Finding, InputProblem } from '../plan.ts';
import { type Collected, collectObjects, type SnapshotSource } from './collect-objects.ts';
import { defaultPresets, type MemberPresets } from './member-presets.ts';
import { noteMissingKinds } from './missing-kinds.ts';
import { keepState, type StateObjects } from './patroni-state.ts';
import { newOwners, type ReadOwner, settleOrders } from './pod-owner.ts';
import { objectIn, show } from './raw-json.ts';
import { readBudget } from './read-budget.ts';
import { readClusters } from './read-clusters.ts';
import { readNode } from './read-node.ts';
import { type ReadPod, readPod } from './read-pod.ts';
import {
  addVolumes,
  limitedDrivers,
  readAttachLimits,
  readClaim,
  readVolume,
  type Volumes,
  withAttachLimits,
} from './read-volumes.ts';
import { complain, type FoundObject, findingsOf, newReading, type Reading } from './reading.ts';
import { type Newest, noteTimes } from './taken-at.ts';

export type { SnapshotSource } from './collect-objects.ts';

export type SnapshotAnswer =
  | { readonly kind: 'fleet'; readonly fleet: Fleet; readonly findings: readonly Finding[] }
  | { readonly kind: 'bad-input'; readonly problems: readonly InputProblem[] };

export type SnapshotReader = {
  /** Reads one document; of it nothing is kept but texts. */
  take(source: SnapshotSource): void;
  /** What all of them say together. */
  answer(): SnapshotAnswer;
};

/**
 * Reads parsed files into a fleet, with findings for what is missing or contradictory. Refuses (`bad-input`) input without
 * nodes, two objects of one kind and name, a pod on a node that is not there, and quantities that cannot be read.
 * Of a source nothing is kept but texts: `sources` may parse one document after the other.
 */
export function readSnapshot(
  sources: Iterable<SnapshotSource>,
  presets: MemberPresets = defaultPresets,
): SnapshotAnswer {
  const reader = openSnapshot(presets);
  for (const source of sources) reader.take(source);
  return reader.answer();
}

/** The same for documents that come one by one, such as the pages of a live fleet: no two of them need be there at a time. */
export function openSnapshot(presets: MemberPresets = defaultPresets): SnapshotReader {
  const reading = newReading();
  const parts = newParts();
  const collector = collectObjects(reading, (kind, found) => readObject(reading, parts, kind, found));
  return {
    take: collector.take,
    answer() {
      if (parts.nodes.length === 0) refuseWithoutNodes(reading, collector.collected());
      const fleet = joinParts(reading, parts, presets);
      return reading.problems.length > 0
        ? { kind: 'bad-input', problems: reading.problems }
        : { kind: 'fleet', fleet, findings: findingsOf(reading) };
    },
  };
}

/** What has been read of single objects. */
type Parts = {
  readonly kinds: Set<string>;
  readonly nodes: FleetNode[];
  readonly pods: ReadPod[];
  readonly budgets: DisruptionBudget[];
  readonly owners: ReadOwner;
  /** podManagementPolicy by `namespace/name` of the set. */
  readonly orderedReady: Map<string, boolean>;
  readonly volumes: Volumes;
  readonly state: StateObjects;
  readonly newest: Newest;
};

function newParts(): Parts {
  return {
    kinds: new Set(),
    nodes: [],
    pods: [],
    budgets: [],
    owners: newOwners(),
    orderedReady: new Map(),
    volumes: { claims: new Map(), volumes: new Map(), limits: new Map() },
    state: { endpoints: new Map(), configMaps: new Map() },
    newest: { at: undefined },
  };
}

function readObject(reading: Reading, parts: Parts, kind: string, found: FoundObject): void {
  const { key, json } = found;
  parts.kinds.add(kind);
  switch (kind) {
    case 'Node':
      noteTimes(parts.newest, json);
      parts.nodes.push(readNode(reading, found));
      return;
    case 'Pod':
      noteTimes(parts.newest, json);
      parts.pods.push(readPod(reading, found, parts.owners));
      return;
    case 'PersistentVolumeClaim':
      parts.volumes.claims.set(key, readClaim(found));
      return;
    case 'PersistentVolume':
      parts.volumes.volumes.set(key, readVolume(reading, found));
      return;
    case 'CSINode':
      parts.volumes.limits.set(key, readAttachLimits(found));
      return;
    case 'Endpoints':
      noteTimes(parts.newest, json);
      keepState(parts.state.endpoints, found);
      return;
    case 'ConfigMap':
      noteTimes(parts.newest, json);
      keepState(parts.state.configMaps, found);
      return;
    case 'StatefulSet':
      parts.orderedReady.set(key, objectIn(json, 'spec').podManagementPolicy !== 'Parallel');
      return;
    case 'PodDisruptionBudget':
      parts.budgets.push(readBudget(reading, found));
      return;
  }
}

function refuseWithoutNodes(reading: Reading, { count, firstFile }: Collected): void {
  reading.problems.push({
    code: 'no-nodes',
    file: firstFile ?? 'snapshot',
    field: '',
    found: count === 0 ? 'no Kubernetes objects' : `no Node among ${count} objects`,
    expected: 'what `kubectl get nodes,pods,pvc,pv,pdb,statefulsets,endpoints,configmaps -A -o json` prints',
  });
}

/** What objects say about each other, when all of them have been read. */
function joinParts(reading: Reading, parts: Parts, presets: MemberPresets): Fleet {
  const limited = limitedDrivers(parts.volumes);
  const nodes = sortedBy(parts.nodes, (node) => node.name).map((node) =>
    withAttachLimits(reading, node, parts.volumes, limited),
  );
  const nodeByName = new Map(nodes.map((node) => [node.name, node]));
  settleOrders(parts.owners, parts.orderedReady);
  const found = sortedBy(parts.pods, ({ pod }) => pod.key);
  for (const each of found) {
    const node = nodeByName.get(each.pod.node ?? '');
    if (node !== undefined) each.pod.node = node.name;
    else refuseUnknownNode(reading, each);
    addVolumes(reading, each, node, parts.volumes, limited);
  }
  const clusters = readClusters(reading, found, parts.state, presets);
  const pods = found.map(({ pod }) => pod);
  noteMissingKinds(reading, parts.kinds, { pods, clusters });
  return {
    ...(parts.newest.at === undefined ? {} : { takenAt: parts.newest.at }),
    zones: [...new Set(nodes.map((node) => node.zone))].sort(),
    nodes,
    pods,
    clusters,
    budgets: sortedBy(parts.budgets, (budget) => budget.key),
  };
}

function refuseUnknownNode(reading: Reading, { pod, place }: ReadPod): void {
  if (pod.node === undefined) return;
  complain(reading, place, 'spec.nodeName', {
    code: 'pod-on-unknown-node',
    found: `${show(pod.node)} (pod ${pod.key})`,
    expected: 'a node of the same snapshot',
  });
}
