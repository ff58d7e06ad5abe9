/**
 * An object as the API server reads it into its Go types: unknown fields are dropped and reported, wrong types refused, empty
 * values left out where Go leaves them out.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation
 */
import { type FieldType, fieldsOfType, typeOfKind } from './api-fields.ts';
import { isJsonObject, type JsonObject, sameJson } from './json.ts';

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export type Decoded =
  | { readonly kind: 'decoded'; readonly object: JsonObject; readonly warnings: readonly string[] }
  /** In Go's words. */
  | { readonly kind: 'refused'; readonly complaint: string };

/**
 * Decodes `object` of `kind`. What `stored` has as well is neither unknown nor left out: a dump may come from a newer cluster, and
 * what is not changed stays. Kinds that are not in the table are taken as they are.
 */
export function decodeObject(
  kind: string,
  object: JsonObject,
  stored: JsonObject | undefined,
  validation: FieldValidation,
): Decoded {
  const type = typeOfKind(kind);
  if (type === undefined) return { kind: 'decoded', object, warnings: [] };
  const found: Findings = { unknown: [], wrong: undefined };
  const decoded = decode(object, stored, type, { struct: '', path: '' }, found);
  if (found.wrong !== undefined) return { kind: 'refused', complaint: found.wrong };
  const unknown = found.unknown.map((path) => `unknown field "${path}"`);
  if (validation === 'Strict' && unknown.length > 0)
    return { kind: 'refused', complaint: `strict decoding error: ${unknown.join(', ')}` };
  return {
    kind: 'decoded',
    object: isJsonObject(decoded) ? decoded : object,
    warnings: validation === 'Warn' ? unknown : [],
  };
}

type Findings = { readonly unknown: string[]; wrong: string | undefined };
type Place = { readonly struct: string; readonly path: string };

function decode(value: unknown, stored: unknown, type: FieldType, place: Place, found: Findings): unknown {
  if (value === null) return value;
  const { shape } = type;
  if (!hasShape(value, type)) {
    found.wrong ??= complaint(value, type, place);
    return value;
  }
  switch (shape.kind) {
    case 'plain':
      return value;
    case 'list':
      return Array.isArray(value)
        ? value.map((each, index) =>
            decode(each, at(stored, index), shape.of, { ...place, path: `${place.path}[${index}]` }, found),
          )
        : value;
    case 'map':
      return decodeFields(value, (name) =>
        decode(member(value, name), member(stored, name), shape.of, below(place, name), found),
      );
    case 'struct':
      return decodeStruct(value, stored, type, place, found);
  }
}

function decodeStruct(
  value: unknown,
  stored: unknown,
  type: FieldType,
  place: Place,
  found: Findings,
): unknown {
  const fields = fieldsOfType(type);
  const struct = type.name.replace(/^v1\./, '');
  return decodeFields(value, (name) => {
    const field = fields.get(name);
    const present = member(value, name);
    const wasThere = member(stored, name);
    if (field !== undefined) {
      const decoded = decode(present, wasThere, field, { ...below(place, name), struct }, found);
      const isLeftOut = field.leftOutWhenEmpty && isEmpty(decoded) && !sameJson(decoded, wasThere);
      return isLeftOut ? undefined : decoded;
    }
    if (wasThere !== undefined) return present;
    found.unknown.push(below(place, name).path);
    return undefined;
  });
}

function decodeFields(value: unknown, decodeField: (name: string) => unknown): JsonObject {
  const decoded: JsonObject = {};
  for (const name of Object.keys(isJsonObject(value) ? value : {})) {
    const field = decodeField(name);
    if (field !== undefined) decoded[name] = field;
  }
  return decoded;
}

function member(value: unknown, name: string): unknown {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function at(value: unknown, index: number): unknown {
  return Array.isArray(value) ? value[index] : undefined;
}

function below(place: Place, name: string): Place {
  return { ...place, path: place.path === '' ? name : `${place.path}.${name}` };
}

function hasShape(value: unknown, { name, shape }: FieldType): boolean {
  switch (shape.kind) {
    case 'list':
      return Array.isArray(value);
    case 'map':
    case 'struct':
      return isJsonObject(value);
    case 'plain':
      if (name === 'string' || name === 'bytes') return typeof value === 'string';
      if (name === 'bool') return typeof value === 'boolean';
      return !/^(u?int|float)\d*$/.test(name) || typeof value === 'number';
  }
}

/** https://pkg.go.dev/encoding/json#UnmarshalTypeError */
function complaint(value: unknown, type: FieldType, { struct, path }: Place): string {
  const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return `json: cannot unmarshal ${kind} into Go struct field ${struct}.${path} of type ${type.name}`;
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isJsonObject(value)) return Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false || value === null;
}
