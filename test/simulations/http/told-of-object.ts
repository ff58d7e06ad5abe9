/** What an answer says of the state of an object, as far as requests and controllers made it; the rest is the lab's. */
import { type Json, words } from './recorded-shapes.ts';

type Condition = {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
};
type Told = Json & {
  readonly kind: string;
  readonly metadata: Json & { readonly annotations?: Json };
  readonly spec?: Json & { readonly taints?: readonly { readonly key: string }[] };
  readonly status?: Json & { readonly conditions?: readonly Condition[] };
};

/** Of Nodes, Pods, budgets, Leases and scales; undefined for what is no object of these. */
export function toldOfObject(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('kind' in body)) return undefined;
  const { kind, metadata, spec = {}, status = {} } = body as Told;
  const conditions = status.conditions ?? [];
  switch (kind) {
    case 'Node':
      return {
        unschedulable: spec.unschedulable === true,
        taints: (spec.taints ?? []).map(({ key }) => key),
        annotation: metadata.annotations?.['steering/test'],
        conditions: conditions.map(({ type, status: is, reason }) => `${type} ${is} ${reason}`),
      };
    case 'Pod':
      return {
        isTerminating: metadata.deletionTimestamp !== undefined,
        grace: metadata.deletionGracePeriodSeconds,
        phase: status.phase,
        isReady: conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
        disruption: conditions.find(({ type }) => type === 'DisruptionTarget')?.reason,
        unschedulable: conditions
          .filter(({ type, status: is }) => type === 'PodScheduled' && is === 'False')
          .map(({ reason, message }) => `${reason} ${words(message)}`),
      };
    case 'PodDisruptionBudget':
      return {
        generation: metadata.generation,
        ...counts(status),
        why: conditions.map(({ reason }) => reason),
      };
    case 'Lease':
      return spec;
    case 'StatefulSet':
    case 'Scale':
      return { replicas: spec.replicas };
    default:
      return undefined;
  }
}

function counts(status: Json): Json {
  const { observedGeneration, disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods } = status;
  return { observedGeneration, disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods };
}

type Line = {
  readonly type: string;
  readonly object: Told & { readonly code?: number; readonly message?: string };
};

/**
 * What the lines of a watch say of each object, one after the other. Of a pod: whether it has a node, is ready, or terminates. Lines that say
 * nothing else than the one before are left out: the kubelet of the recordings wrote a pod's status in more steps.
 */
export function toldOfLines(text: string): Readonly<Record<string, readonly string[]>> {
  const told: Record<string, string[]> = {};
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const { type, object } = JSON.parse(line) as Line;
    const about = String(object.metadata?.name ?? type);
    const list = told[about] ?? [];
    told[about] = list;
    const said =
      `${type} ${type === 'ERROR' ? `${object.code} ${words(object.message)}` : stateOf(object)}`.trim();
    if (list.at(-1) !== said) list.push(said);
  }
  return told;
}

function stateOf({ kind, metadata, spec = {}, status = {} }: Told): string {
  if (kind === 'Node')
    return [
      spec.unschedulable === true ? 'cordoned' : 'open',
      ...(spec.taints ?? []).map(({ key }) => key),
    ].join(' ');
  if (metadata.deletionTimestamp !== undefined) return 'terminating';
  const isReady =
    status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
  return [...(spec.nodeName === undefined ? [] : ['bound']), ...(isReady ? ['ready'] : [])].join(' ');
}

/** Of a list: the first two that it names, for the recordings hold no more, and whether it goes on; undefined for what is no list. */
export function firstNames(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('items' in body)) return undefined;
  const { items, metadata } = body as { items: readonly Told[]; metadata: Json };
  return {
    first: items.slice(0, 2).map((item) => item.metadata.name),
    goesOn: metadata.continue !== undefined,
  };
}
