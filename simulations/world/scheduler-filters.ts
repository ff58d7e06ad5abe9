/**
 * kube-scheduler's default filters, as far as they decide where database pods and their neighbours may stand.
 * https://kubernetes.io/docs/reference/scheduling/config/#scheduling-plugins
 * Each filter answers undefined (the node passes) or the reason that the scheduler prints.
 */
import type { StoredObject } from './object-store.ts';
import { nodeMatches, taintsOf, tolerates, wantsNode } from './pod-on-node.ts';
import { claimNamesOf, isReady, quantity, requestsOf } from './read-objects.ts';
import { type Neighbours, passesAffinity, passesSpread } from './scheduler-topology.ts';
import type { World } from './world.ts';

/** First reason why the pod may not stand on the node; undefined: it may. */
export function whyNot(
  world: World,
  pod: StoredObject,
  node: StoredObject,
  neighbours: () => Neighbours,
): string | undefined {
  return (
    nodeTakesPods(pod, node) ??
    taintsTolerated(pod, node) ??
    nodeAffinityHolds(pod, node) ??
    volumesReachable(world, pod, node) ??
    fits(world, pod, node) ??
    attachable(world, pod, node) ??
    passesAffinity(neighbours(), pod, node) ??
    passesSpread(neighbours(), pod, node)
  );
}

function nodeTakesPods(pod: StoredObject, node: StoredObject): string | undefined {
  const cordon = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
  if (node.spec?.unschedulable === true && !tolerates(pod, cordon)) return 'node(s) were unschedulable';
  const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
  if (!isReady(node) && !tolerates(pod, notReady)) return 'node(s) were not ready';
  return undefined;
}

function taintsTolerated(pod: StoredObject, node: StoredObject): string | undefined {
  const taint = taintsOf(node).find((one) => one.effect !== 'PreferNoSchedule' && !tolerates(pod, one));
  if (taint === undefined) return undefined;
  return `node(s) had untolerated taint(s) {${taint.key}: ${taint.value ?? ''}}`;
}

function nodeAffinityHolds(pod: StoredObject, node: StoredObject): string | undefined {
  return wantsNode(pod, node) ? undefined : "node(s) didn't match Pod's node affinity/selector";
}

function volumesReachable(world: World, pod: StoredObject, node: StoredObject): string | undefined {
  for (const name of claimNamesOf(pod)) {
    const volumeName = claimOf(world, pod, name)?.spec?.volumeName;
    if (volumeName === undefined) continue;
    const volume = world.store.get('PersistentVolume', undefined, String(volumeName));
    const required = volume?.spec?.nodeAffinity?.required;
    if (required !== undefined && !nodeMatches(required.nodeSelectorTerms ?? [], node)) {
      return "node(s) didn't match PersistentVolume's node affinity";
    }
  }
  return undefined;
}

function claimOf(world: World, pod: StoredObject, name: string): StoredObject | undefined {
  return world.store.get('PersistentVolumeClaim', pod.metadata.namespace, name);
}

/** First claim of the pod that does not exist; such a pod fits nowhere. */
export function missingClaimOf(world: World, pod: StoredObject): string | undefined {
  return claimNamesOf(pod).find((name) => claimOf(world, pod, name) === undefined);
}

function fits(world: World, pod: StoredObject, node: StoredObject): string | undefined {
  const used = world.loads.of(node.metadata.name).requests;
  for (const [name, amount] of Object.entries(requestsOf(pod))) {
    if (amount === 0) continue;
    const allocatable = quantity(node.status?.allocatable?.[name] ?? 0);
    // A tenth of a milli-unit absorbs the rounding of binary fractions.
    if ((used[name] ?? 0) + amount > allocatable + 1e-4) {
      return name === 'pods' ? 'Too many pods' : `Insufficient ${name}`;
    }
  }
  return undefined;
}

/** Volumes that a node can hold, where its CSINode names a limit. */
function attachable(world: World, pod: StoredObject, node: StoredObject): string | undefined {
  const wanted = claimNamesOf(pod).length;
  if (wanted === 0) return undefined;
  const drivers: readonly { allocatable?: { count?: number } }[] =
    world.store.get('CSINode', undefined, node.metadata.name)?.spec?.drivers ?? [];
  const limits = drivers.flatMap((driver) => driver.allocatable?.count ?? []);
  if (limits.length === 0) return undefined;
  return world.loads.of(node.metadata.name).claims + wanted > Math.min(...limits)
    ? 'node(s) exceed max volume count'
    : undefined;
}
