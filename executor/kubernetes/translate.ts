/**
 * Pure: a Kubernetes object as the API server sends it -> the NodeView or PodView that the executor decides on.
 */
import { z } from 'zod';
import { OutsideError } from '../errors.ts';
import { CORDON_MARK, FENCE_TAINT, HOLD_BEFORE, HOLD_WORDS, RELEASE_MARK } from '../marks.ts';
import type { KubernetesObject, NodeView, PodView } from '../ports.ts';
import { otherDrainerOf } from './other-drainers.ts';

const texts = z.record(z.string(), z.string()).nullish();
const conditions = z
  .array(z.object({ type: z.string(), status: z.string(), message: z.string().nullish() }))
  .nullish();

const taintSchema = z.object({ key: z.string(), value: z.string().nullish(), effect: z.string() }).loose();

const nodeSchema = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string(),
    resourceVersion: z.string(),
    creationTimestamp: z.string(),
    deletionTimestamp: z.string().nullish(),
    labels: texts,
    annotations: texts,
  }),
  spec: z
    .object({
      unschedulable: z.boolean().nullish(),
      providerID: z.string().nullish(),
      taints: z.array(taintSchema).nullish(),
    })
    .nullish(),
  status: z.object({ conditions }).nullish(),
});

const ownerSchema = z.object({
  apiVersion: z.string().nullish(),
  kind: z.string(),
  uid: z.string(),
  controller: z.boolean().nullish(),
});

const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    resourceVersion: z.string().nullish(),
    deletionTimestamp: z.string().nullish(),
    deletionGracePeriodSeconds: z.number().nullish(),
    finalizers: z.array(z.string()).nullish(),
    labels: texts,
    annotations: texts,
    ownerReferences: z.array(ownerSchema).nullish(),
  }),
  spec: z.object({ nodeName: z.string().nullish() }).nullish(),
  status: z.object({ phase: z.string().nullish(), podIP: z.string().nullish(), conditions }).nullish(),
});

/** Patroni's REST API port where nothing else is said: https://patroni.readthedocs.io/en/latest/yaml_configuration.html#rest-api */
const PATRONI_PORT = 8008;

/** Returns the view of one node; throws OutsideError `unexpected-answer` when it is no node. A node without zone label has the zone ''. */
export function toNodeView(object: KubernetesObject): NodeView {
  const { metadata, spec, status } = parseAs(nodeSchema, object);
  const labels = metadata.labels ?? {};
  const fence = (spec?.taints ?? []).find((taint) => isFence(taint));
  const cordonedBy = metadata.annotations?.[CORDON_MARK];
  const releasedBy = metadata.annotations?.[RELEASE_MARK];
  const drainedByOther = otherDrainerOf({
    taints: spec?.taints ?? [],
    labels,
    annotations: metadata.annotations ?? {},
    isBeingDeleted: typeof metadata.deletionTimestamp === 'string',
  });
  return {
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    zone: labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? '',
    labels,
    unschedulable: spec?.unschedulable === true,
    ready: isTrue(status?.conditions, 'Ready'),
    createdAtMs: Date.parse(metadata.creationTimestamp),
    ...(spec?.providerID ? { providerId: spec.providerID } : {}),
    ...(fence === undefined ? {} : { fencedBy: fence.value ?? '' }),
    ...(cordonedBy === undefined ? {} : { cordonedBy }),
    ...(releasedBy === undefined ? {} : { releasedBy }),
    ...(drainedByOther === undefined ? {} : { drainedByOther }),
  };
}

/** Returns the view of one pod; throws OutsideError `unexpected-answer` when it is no pod. */
export function toPodView(object: KubernetesObject): PodView {
  const { metadata, spec, status } = parseAs(podSchema, object);
  const owners = metadata.ownerReferences ?? [];
  const owner = owners.find((reference) => reference.controller === true) ?? owners[0];
  const phase = status?.phase ?? 'Unknown';
  const published = readPublished(metadata.annotations?.status);
  const patroniUrl = findPatroniUrl(published?.api_url, status?.podIP ?? undefined);
  const scheduled = status?.conditions?.find((condition) => condition.type === 'PodScheduled');
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    ...(metadata.resourceVersion ? { resourceVersion: metadata.resourceVersion } : {}),
    labels: metadata.labels ?? {},
    ...(spec?.nodeName ? { node: spec.nodeName } : {}),
    ready: isTrue(status?.conditions, 'Ready'),
    terminating: metadata.deletionTimestamp !== undefined && metadata.deletionTimestamp !== null,
    ...heldBy(metadata),
    phase,
    ...ownedBy(owner),
    stays:
      owner?.kind === 'DaemonSet' ||
      metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined ||
      phase === 'Succeeded' ||
      phase === 'Failed',
    ...(scheduled?.status === 'False' ? { unschedulableBecause: scheduled.message ?? '' } : {}),
    ...holdNotes(metadata.annotations ?? {}),
    ...(published === undefined ? {} : { patroniSays: saidBy(published) }),
    ...(patroniUrl === undefined ? {} : { patroniUrl }),
  };
}

/**
 * The API group of a custom resource is a domain with a dot; those of Kubernetes whose objects own pods have none.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
 */
function ownedBy(
  owner: z.infer<typeof ownerSchema> | undefined,
): Pick<PodView, 'ownerKind' | 'ownerUid' | 'ownerIsCustom'> {
  if (owner === undefined) return {};
  const [group] = (owner.apiVersion ?? '').split('/');
  const isCustom = group?.includes('.') === true;
  return {
    ownerKind: owner.kind,
    ownerUid: owner.uid,
    ...(isCustom ? { ownerIsCustom: true } : {}),
  };
}

/**
 * The kubelet ends a deletion with a grace period of 0; what then is still there waits for its finalizers.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/
 */
function heldBy({
  deletionGracePeriodSeconds,
  finalizers,
}: z.infer<typeof podSchema>['metadata']): Pick<PodView, 'heldBy'> {
  const isHeld = deletionGracePeriodSeconds === 0 && finalizers?.length;
  return isHeld ? { heldBy: finalizers } : {};
}

const holdKeys: ReadonlySet<string> = new Set([...Object.keys(HOLD_WORDS), HOLD_BEFORE]);

function holdNotes(annotations: Readonly<Record<string, string>>): Pick<PodView, 'holdNotes'> {
  const notes = Object.entries(annotations).filter(([key]) => holdKeys.has(key));
  return notes.length === 0 ? {} : { holdNotes: Object.fromEntries(notes) };
}

/** A taint as Kubernetes has it; fields of others (timeAdded) are kept when the list is written back. */
export type RawTaint = z.infer<typeof taintSchema>;

/** Returns the taints of a node object as they are; throws OutsideError `unexpected-answer` when it is no node. */
export function readTaints(object: KubernetesObject): readonly RawTaint[] {
  return parseAs(nodeSchema, object).spec?.taints ?? [];
}

/** True for our fence, whichever run put it there. */
export function isFence(taint: RawTaint): boolean {
  return taint.key === FENCE_TAINT && taint.effect === 'NoSchedule';
}

/**
 * Base URL of a member's Patroni: `api_url` of the `status` annotation that Patroni writes on its own pod, without the
 * path; else the pod's address. Undefined: not written and no address yet.
 */
function findPatroniUrl(written: string | undefined, podIp: string | undefined): string | undefined {
  if (written !== undefined) return written.replace(/\/patroni\/?$/, '');
  if (podIp === undefined) return undefined;
  return podIp.includes(':') ? `http://[${podIp}]:${PATRONI_PORT}` : `http://${podIp}:${PATRONI_PORT}`;
}

/** What Patroni writes about a member on its pod: https://github.com/patroni/patroni/blob/master/patroni/dcs/kubernetes.py (touch_member) */
const publishedSchema = z.object({
  api_url: z.string().optional(),
  state: z.unknown().optional(),
  role: z.unknown().optional(),
  timeline: z.unknown().optional(),
});

function readPublished(annotation: string | undefined): z.infer<typeof publishedSchema> | undefined {
  if (annotation === undefined) return undefined;
  try {
    const published = publishedSchema.safeParse(JSON.parse(annotation));
    return published.success ? published.data : undefined;
  } catch {
    return undefined;
  }
}

/** Without the position, which changes all the time. */
function saidBy({ state, role, timeline }: z.infer<typeof publishedSchema>): string {
  return [state, role, timeline].map((word) => String(word ?? '')).join(' ');
}

/** Returns the part of the object that the schema names; throws OutsideError naming the field that is not as Kubernetes has it. */
export function parseAs<Schema extends z.ZodType>(schema: Schema, object: KubernetesObject): z.infer<Schema> {
  const parsed = schema.safeParse(object);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new OutsideError({
    code: 'unexpected-answer',
    target: 'kubernetes',
    request: `read ${object.kind ?? 'object'}`,
    message: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not as expected'}`,
  });
}

function isTrue(list: z.infer<typeof conditions>, type: string): boolean {
  return list?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
}
