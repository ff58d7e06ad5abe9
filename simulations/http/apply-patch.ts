/**
 * PATCH by server-side apply: reads the applied object, and answers with the object as stored or with the conflicts.
 * https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go
 */
import { parse } from 'yaml';
import { kubernetesTime } from '../world/object-store.ts';
import type { World } from '../world/world.ts';
import type { Answer } from './answer.ts';
import { typeOfKind } from './api-fields.ts';
import { applyObject, type FieldConflict } from './apply-object.ts';
import { decodeObject } from './decode-object.ts';
import { shownPath } from './field-paths.ts';
import { isJsonObject, type JsonObject, parseJson } from './json.ts';
import type { Ownership, Writer } from './managed-fields.ts';
import { shownObject } from './read-objects.ts';
import { groupVersion, type Target, type WrittenPart } from './resources.ts';
import { applyConflict, badRequest, notFound, unsupportedMediaType, untypedApply } from './status.ts';
import { storeChange } from './store-change.ts';
import { storeFirst } from './store-first.ts';
import type { WriteOptions } from './write-options.ts';

export type Applying = {
  readonly world: World;
  readonly target: Target;
  readonly part: WrittenPart;
  readonly writer: Writer;
  readonly options: WriteOptions;
};

/** 200 with the object, 201 where there was none, 409 where others own what would change and the request does not force it. */
export function applyPatch(applying: Applying, body: string): Answer {
  const { world, target, part, writer, options } = applying;
  const { type, namespace, name } = target;
  const fieldType = typeOfKind(type.kind);
  if (fieldType === undefined) return unsupportedMediaType();
  const read = readApplied(applying, body);
  if (read.kind === 'refused') return read.answer;
  const current = world.store.get(type.kind, namespace, name);
  if (current === undefined && part === 'status') return notFound(type, name);
  const applied = writtenPart(read.object, applying);
  const outcome = applyObject({
    live: current === undefined ? namedObject(target) : shownObject(type, current),
    applied,
    type: fieldType,
    writer,
    time: kubernetesTime(world.nowMs()),
    force: options.force,
  });
  if (outcome.kind === 'conflicts') return conflictAnswer(outcome.conflicts);
  const { object, managedFields } = outcome;
  const decoded = decodeObject(type.kind, object, current, 'Ignore');
  const wanted = decoded.kind === 'decoded' ? decoded.object : object;
  if (current === undefined) return storeFirst(world, target, wanted, managedFields, options.dryRun);
  return storeChange(world, {
    target,
    part,
    current,
    wanted,
    dryRun: options.dryRun,
    ownershipsOf: () => managedFields,
  });
}

type ReadApplied =
  | { readonly kind: 'applied'; readonly object: JsonObject }
  | { readonly kind: 'refused'; readonly answer: Answer };

function readApplied({ target }: Applying, body: string): ReadApplied {
  const refuse = (message: string): ReadApplied => ({ kind: 'refused', answer: badRequest(message) });
  const object = parseBody(body);
  if (!isJsonObject(object)) return refuse('error decoding YAML: the body is no object');
  const { type, namespace, name } = target;
  const expected = groupVersion(type);
  if (object.apiVersion !== expected)
    return refuse(
      `Incorrect version specified in apply patch. Specified patch version: ${String(object.apiVersion ?? '')}, expected: ${expected}`,
    );
  if (object.kind !== type.kind)
    return refuse(`the kind of the object (${String(object.kind ?? '')}) is not ${type.kind}`);
  const metadata = isJsonObject(object.metadata) ? object.metadata : {};
  if (metadata.name !== undefined && metadata.name !== name)
    return refuse(
      `the name of the object (${String(metadata.name)}) does not match the name on the URL (${name})`,
    );
  if (metadata.managedFields !== undefined && metadata.managedFields !== null)
    return refuse('metadata.managedFields must be nil');
  const decoded = decodeObject(type.kind, object, undefined, 'Strict');
  if (decoded.kind === 'decoded') return { kind: 'applied', object };
  const where = `${namespace ?? ''}/${name}; ${expected}, Kind=${type.kind}`;
  return { kind: 'refused', answer: untypedApply(where, decoded.complaint) };
}

/** JSON is what most send; every YAML is read too. Undefined: neither. */
function parseBody(body: string): unknown {
  const json = parseJson(body);
  if (json !== undefined) return json.value;
  try {
    const yaml: unknown = parse(body);
    return yaml;
  } catch {
    return undefined;
  }
}

/** Without what this part may not write: it is neither changed nor owned. */
function writtenPart(object: JsonObject, { target, part }: Applying): JsonObject {
  const { status, ...rest } = object;
  if (part === 'status') return status === undefined ? {} : { status };
  return target.type.subresources.includes('status') ? rest : object;
}

function namedObject({ type, namespace, name }: Target): JsonObject {
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  return { apiVersion: groupVersion(type), kind: type.kind, metadata };
}

function conflictAnswer(conflicts: readonly FieldConflict[]): Answer {
  return applyConflict(
    conflicts.map(({ owner, path }) => ({ owner: shownOwner(owner), field: shownPath(path) })),
  );
}

/** https://github.com/kubernetes/apimachinery/blob/master/pkg/util/managedfields/internal/conflict.go */
function shownOwner({ manager, operation, apiVersion, subresource, time }: Ownership): string {
  const through = subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  const when = time === '' ? '' : ` at ${time}`;
  const how = operation === 'Update' ? ` using ${apiVersion}${when}` : '';
  return `${JSON.stringify(manager)}${through}${how}`;
}
