/** What of a recorded answer has to be the same on every server. */

export type Json = { readonly [field: string]: unknown };

/** A message without versions, UIDs, times and objects in full, which differ from server to server; all its other words count. */
export function words(message: unknown): string {
  return String(message)
    .replace(/Invalid value: "\{.*\}": /, 'Invalid value: <object>: ')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<uid>')
    .replace(/uid-of-[a-z0-9-]+/g, '<uid>')
    .replace(/\d+/g, '<number>');
}

function statusShape(body: Json): Json {
  const { kind, apiVersion, status, reason, code, message, details } = body;
  return { kind, apiVersion, status, reason, code, message: words(message), details: withoutUid(details) };
}

function withoutUid(details: unknown): unknown {
  if (typeof details !== 'object' || details === null) return details;
  const { uid: _uid, causes, ...rest } = details as Json & { causes?: readonly Json[] };
  if (causes === undefined) return rest;
  return { ...rest, causes: causes.map((cause) => ({ ...cause, message: words(cause.message) })) };
}

/** Status with its reason, causes and words; of other answers what they are and, of lists, how they are written. */
export function shape(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  const { kind, apiVersion, metadata, items } = body as Json & { metadata?: Json; items?: readonly Json[] };
  if (kind === 'Status') return statusShape(body as Json);
  if (items === undefined) return { kind, apiVersion, name: metadata?.name, namespace: metadata?.namespace };
  return { kind, apiVersion, itemsHaveKind: items.some((one) => 'kind' in one) };
}

/** Documents whose own words are compared elsewhere or are the build's. */
export const onlyTheKind: ReadonlySet<string> = new Set(['001-version', '003-livez-verbose']);

/** The taint of the node controller comes in a second write of its own. */
export function ownSpec(spec: Json): Json {
  const taints = (spec.taints as Json[] | undefined)?.filter(
    (taint) => taint.key !== 'node.kubernetes.io/unschedulable',
  );
  const { taints: _taints, ...rest } = spec;
  return taints === undefined || taints.length === 0 ? rest : { ...rest, taints: taints.map(withoutTime) };
}

function withoutTime(taint: Json): Json {
  const { timeAdded: _time, ...rest } = taint;
  return rest;
}
