import type { Pod, Toleration } from '../model.ts';
import { readNodeSelectorTerms } from '../rules/selector.ts';
import { type MemberStatus, readMemberStatus } from './member-status.ts';
import { readAffinityTerms, readSpread } from './pod-neighbours.ts';
import { type ReadOwner, readOwner } from './pod-owner.ts';
import { podRequests } from './pod-requests.ts';
import {
  asObject,
  isObject,
  type JsonObject,
  listIn,
  newRecord,
  objectIn,
  textIn,
  textsByKey,
} from './raw-json.ts';
import { hasCondition, isEffect } from './read-node.ts';
import { heldByNothing, type PodVolume, readPodVolumes } from './read-volumes.ts';
import type { Draft, FoundObject, Place, Reading } from './reading.ts';

/** A pod before the other objects have been looked at, on which its owner, its volumes and its cluster depend. */
export type ReadPod = {
  readonly pod: Draft<Pod>;
  readonly place: Place;
  readonly volumes: readonly PodVolume[];
  /** What Patroni has written on it; undefined: nothing. */
  readonly status: MemberStatus | undefined;
};

/** The pod with all that its own object says. `ownerOf` is that of the whole reading. */
export function readPod(reading: Reading, found: FoundObject, ownerOf: ReadOwner): ReadPod {
  const { json, namespace, name, key, place } = found;
  const metadata = objectIn(json, 'metadata');
  const spec = objectIn(json, 'spec');
  const status = objectIn(json, 'status');
  const affinity = objectIn(spec, 'affinity');
  const labels = readLabels(reading, metadata.labels);
  const node = textIn(spec, 'nodeName');
  const phase = readPhase(status.phase, node);
  const neighbours = { reading, namespace, labels };
  const pod: Draft<Pod> = {
    key,
    namespace,
    name,
    // Objects written by hand have no UID; the name is then the only identity there is.
    uid: textIn(metadata, 'uid') ?? key,
    labels,
    owner: readOwner(metadata, namespace, ownerOf),
    requests: podRequests(reading, found, phase === 'Succeeded' || phase === 'Failed'),
    nodeSelector: readNodeSelector(reading, spec.nodeSelector),
    volumeTerms: heldByNothing,
    tolerations: readTolerations(reading, spec),
    podAffinity: readAffinityTerms(affinity, 'podAffinity', neighbours),
    podAntiAffinity: readAffinityTerms(affinity, 'podAntiAffinity', neighbours),
    spread: readSpread(spec, neighbours),
    phase,
    ready: hasCondition(status, 'Ready'),
    terminating: textIn(metadata, 'deletionTimestamp') !== undefined,
  };
  if (node !== undefined) pod.node = node;
  const nodeTerms = readNodeTerms(reading, affinity);
  if (nodeTerms !== undefined) pod.nodeTerms = nodeTerms;
  const annotation = textIn(objectIn(metadata, 'annotations'), 'status');
  return {
    pod,
    place,
    volumes: readPodVolumes(name, spec),
    status: annotation === undefined ? undefined : readMemberStatus(annotation),
  };
}

/**
 * The labels, those of the pod before where they are the same; else with its texts for the labels in which both agree: pods of
 * one workload follow each other in a dump and differ in a role or a number.
 */
function readLabels(reading: Reading, written: unknown): Pod['labels'] {
  const before = reading.labels;
  const labels = newRecord<string>();
  let count = 0;
  let same = 0;
  if (isObject(written))
    for (const key of Object.keys(written)) {
      const text = written[key];
      if (typeof text !== 'string') continue;
      const known = before[key];
      labels[key] = text === known ? known : text;
      count += 1;
      if (text === known) same += 1;
    }
  if (same === count && count === Object.keys(before).length) return before;
  reading.labels = labels;
  return labels;
}

function readPhase(phase: unknown, node: string | undefined): Pod['phase'] {
  switch (phase) {
    case 'Pending':
    case 'Running':
    case 'Succeeded':
    case 'Failed':
    case 'Unknown':
      return phase;
    default:
      return node === undefined ? 'Pending' : 'Unknown';
  }
}

const anyNode: Pod['nodeSelector'] = Object.freeze(newRecord<string>());

function readNodeSelector(reading: Reading, selector: unknown): Pod['nodeSelector'] {
  if (selector === undefined || selector === null) return anyNode;
  return reading.share.nodeSelector(selector, () => {
    const texts = textsByKey(selector);
    const keys = Object.keys(texts);
    if (keys.length === 0) return anyNode;
    const sorted = newRecord<string>();
    for (const key of keys.sort()) sorted[key] = texts[key] ?? '';
    return sorted;
  });
}

function readNodeTerms(reading: Reading, affinity: JsonObject): Pod['nodeTerms'] {
  const required = objectIn(affinity, 'nodeAffinity').requiredDuringSchedulingIgnoredDuringExecution;
  const terms = asObject(required);
  if (terms !== required) return undefined;
  return reading.share.nodeTerms(terms, () => readNodeSelectorTerms(terms) ?? []);
}

const toleratesNothing: readonly Toleration[] = Object.freeze([]);

/** Operators beyond Equal and Exists are left out: what is not understood tolerates nothing. */
function readTolerations(reading: Reading, spec: JsonObject): readonly Toleration[] {
  const tolerations = listIn(spec, 'tolerations');
  if (tolerations.length === 0) return toleratesNothing;
  return reading.share.tolerations(tolerations, () => tolerations.flatMap(readToleration));
}

function readToleration(toleration: unknown): readonly Toleration[] {
  const written = asObject(toleration);
  const operator = written.operator ?? 'Equal';
  if (operator !== 'Equal' && operator !== 'Exists') return [];
  const key = textIn(written, 'key');
  const effect = textIn(written, 'effect');
  if (effect !== undefined && !isEffect(effect)) return [];
  if (key === undefined && operator === 'Equal') return [];
  return [
    {
      ...(key === undefined ? {} : { key }),
      operator,
      value: textIn(written, 'value') ?? '',
      ...(effect === undefined ? {} : { effect }),
    },
  ];
}
