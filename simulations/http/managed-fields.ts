/**
 * metadata.managedFields: which field belongs to whom, kept at every write that comes in over HTTP.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 *
 * What the world itself writes (its kubelets, controllers and Patronis) belongs to nobody: those writes go past this face.
 */
import { typeOfKind } from './api-fields.ts';
import { differences, type FieldSet, isBelow, readFields, writeFields } from './field-paths.ts';
import { isJsonObject, type JsonObject, sameJson } from './json.ts';

/** Who writes, and through which part of the object. */
export type Writer = {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** '' for the object itself. */
  readonly subresource: string;
};

/** One entry of managedFields. */
export type Ownership = Writer & { readonly time: string; readonly fields: FieldSet };

/** Belong to the server, or say which object it is. */
const nobodys = ['f:apiVersion', 'f:kind', 'f:metadata', 'f:status', 'f:spec'];
const nobodysMetadata = [
  ...['name', 'namespace', 'uid', 'resourceVersion', 'generation', 'creationTimestamp', 'selfLink'],
  ...['deletionTimestamp', 'deletionGracePeriodSeconds', 'managedFields'],
].map((field) => ['f:metadata', `f:${field}`].join('\u0000'));
const neverOwned: ReadonlySet<string> = new Set([...nobodys, ...nobodysMetadata]);

/** The set without fields that nobody owns. */
export function ownable(fields: FieldSet): Set<string> {
  return new Set(
    [...fields].filter(
      (path) => !neverOwned.has(path) && !nobodysMetadata.some((above) => isBelow(path, above)),
    ),
  );
}

/** True where two writers are one entry of managedFields. */
export function isSameWriter(one: Writer, other: Writer): boolean {
  return (
    one.manager === other.manager &&
    one.operation === other.operation &&
    one.apiVersion === other.apiVersion &&
    one.subresource === other.subresource
  );
}

/** Who owns what in an object; none for one without managedFields. */
export function readOwnerships(object: { readonly metadata?: unknown }): readonly Ownership[] {
  const metadata: JsonObject = isJsonObject(object.metadata) ? object.metadata : {};
  const entries = Array.isArray(metadata.managedFields) ? metadata.managedFields.filter(isJsonObject) : [];
  return entries.map((entry) => ({
    manager: String(entry.manager ?? 'unknown'),
    operation: entry.operation === 'Apply' ? 'Apply' : 'Update',
    apiVersion: String(entry.apiVersion ?? ''),
    subresource: String(entry.subresource ?? ''),
    time: String(entry.time ?? ''),
    fields: readFields(entry.fieldsV1),
  }));
}

/** managedFields in the order of a real server: what is applied first, then by time and name. Those who own nothing are left out. */
export function writeOwnerships(ownerships: readonly Ownership[]): JsonObject[] {
  const key = ({ operation, time, manager, apiVersion, subresource }: Ownership) =>
    [operation, time, manager, apiVersion, subresource].join('\u0000');
  return ownerships
    .filter(({ fields }) => fields.size > 0)
    .sort((one, other) => (key(one) < key(other) ? -1 : 1))
    .map(({ manager, operation, apiVersion, subresource, time, fields }) => ({
      manager,
      operation,
      apiVersion,
      ...(time === '' ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: writeFields(fields),
      ...(subresource === '' ? {} : { subresource }),
    }));
}

/** Go's structs are there before their first field is set. */
const emptyObject: JsonObject = { metadata: {}, spec: {}, status: {} };

/** What is not in `taken` any more. */
export function without(fields: FieldSet, taken: FieldSet): Set<string> {
  return new Set([...fields].filter((path) => !taken.has(path)));
}

/**
 * managedFields after `writer` has made `after` of `before` (undefined: created it) in an ordinary write, which takes over what it
 * changes. Undefined where nothing is changed, and for kinds whose fields are not known.
 */
export function afterUpdate(
  before: JsonObject | undefined,
  after: JsonObject,
  writer: Writer,
  time: string,
): JsonObject[] | undefined {
  const type = typeOfKind(String(after.kind));
  if (type === undefined || sameJson(before, after)) return undefined;
  const ownerships = ownershipsBefore(before ?? {}, after);
  const { changed, removed } = differences(before ?? emptyObject, after, type);
  const taken = ownable(changed);
  const mine = ownerships.find((one) => isSameWriter(one, writer));
  const others = ownerships
    .filter((one) => one !== mine)
    .map((one) => ({ ...one, fields: without(without(one.fields, changed), removed) }));
  const fields = new Set([...without(mine?.fields ?? new Set<string>(), removed), ...taken]);
  const own = { ...writer, time: taken.size > 0 ? time : (mine?.time ?? time), fields };
  return writeOwnerships([...others, own]);
}

/** A client may take all ownership away with `managedFields: [{}]`; one that sends none keeps what is there. */
function ownershipsBefore(before: JsonObject, after: JsonObject): readonly Ownership[] {
  const metadata: JsonObject = isJsonObject(after.metadata) ? after.metadata : {};
  const sent = metadata.managedFields;
  const isReset = Array.isArray(sent) && sent.length === 1 && Object.keys(sent[0] ?? {}).length === 0;
  return isReset ? [] : readOwnerships(before);
}
