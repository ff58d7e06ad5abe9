/** What the world's rules read out of raw Kubernetes objects. Pure; a missing field reads as Kubernetes' default. */
import type { StoredObject } from './object-store.ts';

export type Labels = Readonly<Record<string, string>>;

/** Labels of an object; none: empty. */
export function labelsOf(object: StoredObject): Labels {
  return object.metadata.labels ?? {};
}

/** Annotations of an object; none: empty. */
export function annotationsOf(object: StoredObject): Labels {
  return object.metadata.annotations ?? {};
}

/** The ownerReference with `controller: true`, or the only one there is. */
export function controllerOf(
  object: StoredObject,
): { kind: string; name: string; uid: string; apiVersion: string } | undefined {
  const owners = object.metadata.ownerReferences ?? [];
  return owners.find((owner) => owner.controller === true) ?? owners[0];
}

/** Node a pod is bound to; undefined: not scheduled. */
export function nodeNameOf(pod: StoredObject): string | undefined {
  const name: unknown = pod.spec?.nodeName;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** Phase of a pod; Pending where none is written. */
export function phaseOf(pod: StoredObject): string {
  return String(pod.status?.phase ?? 'Pending');
}

/** Succeeded or Failed: nothing of the pod runs any more. */
export function hasEnded(pod: StoredObject): boolean {
  return phaseOf(pod) === 'Succeeded' || phaseOf(pod) === 'Failed';
}

/** Its deletion was asked for and is not finished. */
export function isTerminating(object: StoredObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** A static pod of its node's kubelet. */
export function isMirror(pod: StoredObject): boolean {
  return annotationsOf(pod)['kubernetes.io/config.mirror'] !== undefined;
}

/** DaemonSet and mirror pods, and those that have ended, do not keep a node from being released. */
export function staysOnItsNode(pod: StoredObject): boolean {
  return isMirror(pod) || hasEnded(pod) || controllerOf(pod)?.kind === 'DaemonSet';
}

export type Condition = {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  observedGeneration?: number;
};

/** One condition by type; undefined: not written. */
export function conditionOf(object: StoredObject, type: string): Condition | undefined {
  const conditions: readonly Condition[] = object.status?.conditions ?? [];
  return conditions.find((condition) => condition.type === type);
}

/** Condition Ready of a pod or node is True. */
export function isReady(object: StoredObject): boolean {
  return conditionOf(object, 'Ready')?.status === 'True';
}

/** Sets a condition in place; the transition time changes only with the status. */
export function setCondition(
  object: StoredObject,
  condition: Condition & { lastTransitionTime: string },
): void {
  object.status ??= {};
  const conditions: Condition[] = object.status.conditions ?? [];
  const index = conditions.findIndex((one) => one.type === condition.type);
  const before = conditions[index];
  if (before === undefined) {
    object.status.conditions = [...conditions, condition];
    return;
  }
  const since = before.status === condition.status ? before.lastTransitionTime : condition.lastTransitionTime;
  conditions[index] = { ...condition, ...(since === undefined ? {} : { lastTransitionTime: since }) };
  object.status.conditions = conditions;
}

/** Zone of a node; empty: it has no zone label. */
export function zoneOf(node: StoredObject): string {
  const labels = labelsOf(node);
  return labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? '';
}

export type Requirement = { key: string; operator: string; values?: readonly string[] };
export type LabelSelector = {
  matchLabels?: Labels | null;
  matchExpressions?: readonly Requirement[] | null;
};

/** A LabelSelector: missing selects nothing, empty selects everything. */
export function selects(selector: LabelSelector | undefined | null, labels: Labels): boolean {
  if (selector === undefined || selector === null) return false;
  const { matchLabels, matchExpressions } = selector;
  // A plain loop: scheduler and budgets ask this of every pod.
  for (const key in matchLabels) if (labels[key] !== matchLabels[key]) return false;
  return (matchExpressions ?? []).every((one) => meets(one, labels));
}

/** One requirement of a label selector or of a node selector term. */
export function meets(requirement: Requirement, labels: Labels): boolean {
  const value = labels[requirement.key];
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/**
 * A quantity as a plain number, e.g. 100m -> 0.1 and 1Gi -> 1073741824. Throws on text that is none.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function quantity(text: unknown): number {
  if (typeof text === 'number') return text;
  const known = typeof text === 'string' ? quantities.get(text) : undefined;
  if (known !== undefined) return known;
  const amount = readQuantity(text);
  if (quantities.size >= quantitiesMax) quantities.clear();
  quantities.set(String(text), amount);
  return amount;
}

/** A fleet has few of them, each thousands of times. */
const quantities = new Map<string, number>();
const quantitiesMax = 10_000;

function readQuantity(text: unknown): number {
  const match = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([numkMGTPE]i?|)$/.exec(String(text));
  const factor = SUFFIXES[match?.[2] ?? ''];
  if (match === null || factor === undefined) throw new Error(`not a quantity: ${String(text)}`);
  return Number(match[1]) * factor;
}

export type Amounts = Readonly<Record<string, number>>;
const requestsBySpec = new WeakMap<object, Amounts>();

/**
 * Effective requests of a pod: the larger of its containers' sum (with restartable init containers) and its init
 * containers' peak, plus overhead and `pods: 1`. Remembered per stored spec, which never changes and outlives Patroni's notes.
 * https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
 */
export function requestsOf(pod: StoredObject): Amounts {
  const spec: object = pod.spec ?? {};
  const known = requestsBySpec.get(spec);
  if (known !== undefined) return known;
  const sidecars: Record<string, number> = {};
  const peak: Record<string, number> = {};
  for (const container of pod.spec?.initContainers ?? []) {
    const own = container.resources?.requests ?? {};
    if (container.restartPolicy === 'Always') addAmounts(sidecars, own);
    const together = { ...sidecars };
    if (container.restartPolicy !== 'Always') addAmounts(together, own);
    for (const [name, amount] of Object.entries(together)) peak[name] = Math.max(peak[name] ?? 0, amount);
  }
  const sum = { ...sidecars };
  for (const container of pod.spec?.containers ?? []) addAmounts(sum, container.resources?.requests ?? {});
  for (const [name, amount] of Object.entries(peak)) sum[name] = Math.max(sum[name] ?? 0, amount);
  addAmounts(sum, pod.spec?.overhead ?? {});
  const requests = { ...sum, pods: 1 };
  requestsBySpec.set(spec, requests);
  return requests;
}

function addAmounts(sum: Record<string, number>, amounts: Readonly<Record<string, unknown>>): void {
  for (const [name, amount] of Object.entries(amounts)) sum[name] = (sum[name] ?? 0) + quantity(amount);
}

/** Names of the claims that a pod mounts (generic ephemeral volumes included). */
export function claimNamesOf(pod: StoredObject): readonly string[] {
  const names: string[] = [];
  for (const volume of pod.spec?.volumes ?? []) {
    const claim: unknown = volume.persistentVolumeClaim?.claimName;
    if (typeof claim === 'string') names.push(claim);
    if (volume.ephemeral !== undefined) names.push(`${pod.metadata.name}-${volume.name}`);
  }
  return names;
}
