/**
 * Holds: marks on the pod of a primary that Karpenter and the Cluster Autoscaler respect. With them neither of the two takes a node
 * away under that pod of its own free will.
 */
import { z } from 'zod';
import { HOLD_BEFORE, HOLD_LABEL, HOLD_WORDS } from '../marks.ts';
import type { FleetMirror, KubernetesPort, PodChangeAnswer } from '../ports.ts';
import { getObject, isMissing } from './objects.ts';
import { type Rest, statusMessage, unexpected } from './rest.ts';
import { parseAs } from './translate.ts';

type HeldPod = Parameters<KubernetesPort['changePod']>[0];
type PodChange = Parameters<KubernetesPort['changePod']>[1];
type Texts = Readonly<Record<string, string>>;

const texts = z.record(z.string(), z.string()).nullish();
const podSchema = z.object({
  metadata: z.object({ uid: z.string(), resourceVersion: z.string(), labels: texts, annotations: texts }),
});
const beforeSchema = z.record(z.string(), z.string().nullable());

/** One version of a pod, as far as a hold looks at it. */
type PodVersion = {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels: Texts;
  readonly annotations: Texts;
};

/**
 * Puts the hold on the pod or takes it off. Returns `done` also where it is so already; `gone`: there is no such pod any more;
 * `conflict`: somebody changed it in between; `forbidden`: the API server does not let us. A version that `mirror` shows spares the
 * look at the pod: the PATCH names it, and the server refuses it where it is an old one.
 */
export async function changePod(
  rest: Rest,
  pod: HeldPod,
  change: PodChange,
  mirror?: FleetMirror,
): Promise<PodChangeAnswer> {
  const shown = await shownBy(mirror, pod);
  if (shown !== undefined && isAsLookedAt(shown, pod)) {
    const patch = holdPatch(shown, change);
    // That nothing is to be done is not believed: the mirror may lag behind.
    const answer = patch === 'already-so' ? undefined : await sendPatch(rest, pod, shown, patch);
    const isSure = answer?.kind !== 'conflict' || pod.resourceVersion !== undefined;
    if (answer !== undefined && isSure) return answer;
  }
  const found = await getObject(rest, pathOf(pod), pod.name);
  if (found === undefined) return { kind: 'gone' };
  const { labels, annotations, ...version } = parseAs(podSchema, found).metadata;
  if (version.uid !== pod.uid) return { kind: 'gone' };
  if (!isAsLookedAt(version, pod)) return { kind: 'conflict' };
  const read = { ...version, labels: labels ?? {}, annotations: annotations ?? {} };
  const patch = holdPatch(read, change);
  return patch === 'already-so' ? { kind: 'done' } : sendPatch(rest, pod, read, patch);
}

async function shownBy(mirror: FleetMirror | undefined, pod: HeldPod): Promise<PodVersion | undefined> {
  if (mirror?.isCurrent(['Pod']) !== true) return undefined;
  const shown = await mirror.getPod(pod.namespace, pod.name);
  if (shown?.resourceVersion === undefined) return undefined;
  const { uid, resourceVersion, labels, holdNotes } = shown;
  return { uid, resourceVersion, labels, annotations: holdNotes ?? {} };
}

function isAsLookedAt(version: Pick<PodVersion, 'uid' | 'resourceVersion'>, pod: HeldPod): boolean {
  return (
    version.uid === pod.uid &&
    (pod.resourceVersion === undefined || version.resourceVersion === pod.resourceVersion)
  );
}

async function sendPatch(
  rest: Rest,
  pod: HeldPod,
  { uid, resourceVersion }: PodVersion,
  patch: HoldPatch,
): Promise<PodChangeAnswer> {
  const body = { metadata: { uid, resourceVersion, ...patch } };
  const answer = await rest.send({ method: 'PATCH', path: pathOf(pod), body });
  if (answer.status === 200) return { kind: 'done' };
  if (answer.status === 409) return { kind: 'conflict' };
  if (answer.status === 403 || answer.status === 422)
    return { kind: 'forbidden', message: statusMessage(answer) ?? '' };
  if (isMissing(answer, pod.name)) return { kind: 'gone' };
  throw unexpected(answer);
}

function pathOf({ namespace, name }: HeldPod): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
}

export type HoldPatch = {
  readonly labels: Readonly<Record<string, string | null>>;
  readonly annotations: Readonly<Record<string, string | null>>;
};

/** Pure: the merge patch of labels and annotations that makes the change. */
export function holdPatch(
  pod: { readonly labels: Texts; readonly annotations: Texts },
  change: PodChange,
): HoldPatch | 'already-so' {
  const heldBy = pod.labels[HOLD_LABEL];
  if (change.kind === 'unhold-pod') return heldBy === change.run ? takeOff(pod.annotations) : 'already-so';
  if (heldBy === change.run) return 'already-so';
  // The hold of an earlier run is taken over with what it remembers: the Lease says that no other run is at work.
  const labels = { [HOLD_LABEL]: change.run };
  return heldBy === undefined ? putOn(labels, pod.annotations) : { labels, annotations: {} };
}

/**
 * A value that holds already is somebody else's: it is not touched, and stays when we go. One that does not hold is remembered. Karpenter
 * takes a duration too, which counts from the start of the pod and may be over before the run is.
 */
function putOn(labels: HoldPatch['labels'], found: Texts): HoldPatch {
  const ours = Object.entries(HOLD_WORDS).filter(([key, value]) => found[key] !== value);
  const before = Object.fromEntries(ours.map(([key]) => [key, found[key] ?? null]));
  return {
    labels,
    annotations: { ...Object.fromEntries(ours), [HOLD_BEFORE]: JSON.stringify(before) },
  };
}

/** Former values come back, except where somebody has written another one since. */
function takeOff(found: Texts): HoldPatch {
  const restored = Object.entries(readBefore(found[HOLD_BEFORE])).filter(([key]) =>
    Object.entries(HOLD_WORDS).some(([ours, value]) => ours === key && found[key] === value),
  );
  return {
    labels: { [HOLD_LABEL]: null },
    annotations: { ...Object.fromEntries(restored), [HOLD_BEFORE]: null },
  };
}

/** Where somebody made it unreadable, nothing is known to be ours but our own two marks. */
function readBefore(written: string | undefined): Readonly<Record<string, string | null>> {
  if (written === undefined) return {};
  try {
    return beforeSchema.safeParse(JSON.parse(written)).data ?? {};
  } catch {
    return {};
  }
}
