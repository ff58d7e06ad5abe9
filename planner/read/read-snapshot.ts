/**
 * What kubectl printed -> Fleet. Where each fact is found: docs, "Snapshot"; every reader beside this file takes one kind.
 */

import type { Fleet, FleetNode, Pod } from '../model.ts';
import { sortedBy } from '../order.ts';
import type { Finding, InputProblem } from '../plan.ts';
import { type CollectedObjects, collectObjects, type SnapshotSource } from './collect-objects.ts';
import { defaultPresets, type MemberPresets } from './member-presets.ts';
import { noteMissingKinds } from './missing-kinds.ts';
import { indexStateObjects } from './patroni-state.ts';
import { at, show, textAt } from './raw-json.ts';
import { readBudget } from './read-budget.ts';
import { readClusters } from './read-clusters.ts';
import { readNode } from './read-node.ts';
import { readPod } from './read-pod.ts';
import { indexVolumes, withAttachLimits, withVolumes } from './read-volumes.ts';
import { complain, type FoundObject, findingsOf, newReading, type Reading } from './reading.ts';
import { takenAt } from './taken-at.ts';

export type { SnapshotSource } from './collect-objects.ts';

export type SnapshotAnswer =
  | { readonly kind: 'fleet'; readonly fleet: Fleet; readonly findings: readonly Finding[] }
  | { readonly kind: 'bad-input'; readonly problems: readonly InputProblem[] };

/**
 * Reads parsed files into a fleet, with findings for what is missing or contradictory. Refuses (`bad-input`) input without
 * nodes, two objects of one kind and name, a pod on a node that is not there, and quantities that cannot be read.
 */
export function readSnapshot(
  sources: readonly SnapshotSource[],
  presets: MemberPresets = defaultPresets,
): SnapshotAnswer {
  const reading = newReading();
  const objects = collectObjects(reading, sources);
  if (objects.of('Node').length === 0) refuseWithoutNodes(reading, sources, objects);
  const fleet = readFleet(reading, objects, presets);
  return reading.problems.length > 0
    ? { kind: 'bad-input', problems: reading.problems }
    : { kind: 'fleet', fleet, findings: findingsOf(reading) };
}

function refuseWithoutNodes(
  reading: Reading,
  sources: readonly SnapshotSource[],
  objects: CollectedObjects,
): void {
  reading.problems.push({
    code: 'no-nodes',
    file: sources[0]?.file ?? 'snapshot',
    field: '',
    found: objects.count === 0 ? 'no Kubernetes objects' : `no Node among ${objects.count} objects`,
    expected: 'what `kubectl get nodes,pods,pvc,pv,pdb,statefulsets,endpoints,configmaps -A -o json` prints',
  });
}

function readFleet(reading: Reading, objects: CollectedObjects, presets: MemberPresets): Fleet {
  const csiNodes = objects.of('CSINode');
  const volumes = indexVolumes(objects.of('PersistentVolumeClaim'), objects.of('PersistentVolume'), csiNodes);
  const unlimited = objects.of('Node').map((found) => readNode(reading, found));
  const nodes = sortedBy(withAttachLimits(unlimited, csiNodes, volumes), (node) => node.name);
  const nodeByName = new Map(nodes.map((node) => [node.name, node]));
  const surroundings = { orderedReady: orderedReadySets(objects.of('StatefulSet')) };
  const found = sortedBy(objects.of('Pod'), (each) => `${each.namespace}/${each.name}`);
  const pods = found.map((each) => {
    const pod = readPod(reading, each, surroundings);
    const node = nodeByName.get(pod.node ?? '');
    refuseUnknownNode(reading, each, pod, node);
    return { pod: withVolumes(reading, pod, each.json, node, volumes), json: each.json };
  });
  const stateObjects = indexStateObjects(objects.of('Endpoints'), objects.of('ConfigMap'));
  const { clusters, clusterOfPod } = readClusters(reading, pods, stateObjects, presets);
  const budgets = objects.of('PodDisruptionBudget').map((each) => readBudget(reading, each));
  noteMissingKinds(reading, objects, { pods: pods.map(({ pod }) => pod), members: clusterOfPod.size });
  const newest = takenAt(objects);
  return {
    ...(newest === undefined ? {} : { takenAt: newest }),
    zones: [...new Set(nodes.map((node) => node.zone))].sort(),
    nodes,
    pods: pods.map(({ pod }) => withCluster(pod, clusterOfPod.get(pod.key))),
    clusters,
    budgets: sortedBy(budgets, (budget) => budget.key),
  };
}

function withCluster(pod: Pod, cluster: string | undefined): Pod {
  return cluster === undefined ? pod : { ...pod, cluster };
}

function orderedReadySets(sets: readonly FoundObject[]): ReadonlyMap<string, boolean> {
  return new Map(
    sets.map(({ namespace, name, json }) => [
      `${namespace}/${name}`,
      textAt(json, 'spec', 'podManagementPolicy') !== 'Parallel',
    ]),
  );
}

function refuseUnknownNode(
  reading: Reading,
  found: FoundObject,
  pod: Pod,
  node: FleetNode | undefined,
): void {
  if (pod.node === undefined || node !== undefined) return;
  complain(reading, found, 'spec.nodeName', {
    code: 'pod-on-unknown-node',
    found: `${show(at(found.json, 'spec', 'nodeName'))} (pod ${pod.key})`,
    expected: 'a node of the same snapshot',
  });
}
