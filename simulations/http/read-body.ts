/**
 * The bodies of requests that write: an object, or a patch by its content type.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply
 */
import type { Answer, HttpRequest } from './answer.ts';
import { decodeObject, type FieldValidation } from './decode-object.ts';
import { isJsonObject, type JsonObject, parseJson } from './json.ts';
import { jsonPatch, mergePatch, type Patched, strategicMergePatch } from './patch.ts';
import type { ResourceType } from './resources.ts';
import { badRequest, unsupportedMediaType } from './status.ts';

type ReadObject =
  | { readonly kind: 'object'; readonly object: JsonObject }
  | { readonly kind: 'refused'; readonly answer: Answer };

/** The object in a request's body; 400 when it is no JSON or of another kind. */
export function readObject(type: ResourceType, body: string): ReadObject {
  const parsed = parseJson(body);
  if (parsed === undefined || !isJsonObject(parsed.value)) {
    const message = `the object provided is unrecognized (must be of type ${type.kind}): ${jsonComplaint(body)}`;
    return { kind: 'refused', answer: badRequest(message) };
  }
  const kind = parsed.value.kind;
  if (kind !== undefined && kind !== type.kind) {
    const message = `${String(kind)} in version "${type.version}" cannot be handled as a ${type.kind}: no kind "${String(kind)}" is registered for version "${String(parsed.value.apiVersion)}" in scheme "pkg/api/legacyscheme/scheme.go:30"`;
    return { kind: 'refused', answer: badRequest(message) };
  }
  return { kind: 'object', object: parsed.value };
}

type DecodedBody =
  | { readonly kind: 'object'; readonly object: JsonObject; readonly warnings: readonly string[] }
  | { readonly kind: 'refused'; readonly answer: Answer };

/** The object in a request's body with its fields checked; 400 for those of a wrong type, and for unknown ones where they are refused. */
export function readDecoded(
  type: ResourceType,
  body: string,
  stored: JsonObject | undefined,
  validation: FieldValidation,
): DecodedBody {
  const read = readObject(type, body);
  if (read.kind === 'refused') return read;
  const decoded = decodeObject(type.kind, read.object, stored, validation);
  if (decoded.kind === 'decoded') return { ...decoded, kind: 'object' };
  const message = `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: ${decoded.complaint}`;
  return { kind: 'refused', answer: badRequest(message) };
}

type ReadPatch =
  | {
      readonly kind: 'patch';
      readonly apply: (object: unknown) => Patched;
      /** The patch as a complaint about its outcome shows it; undefined: it shows the outcome. */
      readonly shown: string | undefined;
    }
  | { readonly kind: 'refused'; readonly answer: Answer };

/** The patch of a request, by its content type. Server-side apply is no patch of this kind (apply-patch.ts). */
export function readPatch(request: HttpRequest): ReadPatch {
  const contentType = (request.headers['content-type'] ?? '').split(';')[0]?.trim();
  const apply = patchKind(contentType);
  if (apply === undefined) return { kind: 'refused', answer: unsupportedMediaType() };
  const body = parseJson(request.body);
  if (body === undefined)
    return { kind: 'refused', answer: badRequest(`error decoding patch: ${jsonComplaint(request.body)}`) };
  const isStrategic = contentType === 'application/strategic-merge-patch+json';
  return {
    kind: 'patch',
    apply: (object) => apply(object, body.value),
    shown: isStrategic ? shownAsGo(body.value) : undefined,
  };
}

function patchKind(
  contentType: string | undefined,
): ((object: unknown, patch: unknown) => Patched) | undefined {
  switch (contentType) {
    case 'application/merge-patch+json':
      return (object, patch) => ({ kind: 'patched', value: mergePatch(object, patch) });
    case 'application/strategic-merge-patch+json':
      return (object, patch) => ({ kind: 'patched', value: strategicMergePatch(object, patch) });
    case 'application/json-patch+json':
      return jsonPatch;
    default:
      return undefined;
  }
}

/** Go's words for JSON that ends too early; the most frequent complaint. */
function jsonComplaint(text: string): string {
  return text.trim() === '' || !/[}\]]\s*$/.test(text)
    ? 'unexpected end of JSON input'
    : `invalid character '${text.trim().charAt(0)}' looking for beginning of value`;
}

/** A map as Go prints one with %+v. */
function shownAsGo(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shownAsGo).join(' ')}]`;
  if (value === null) return '<nil>';
  if (!isJsonObject(value)) return String(value);
  const fields = Object.keys(value).sort();
  return `map[${fields.map((field) => `${field}:${shownAsGo(value[field])}`).join(' ')}]`;
}
