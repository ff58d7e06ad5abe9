/**
 * The fields of every kind that is served, with their types and with what server-side apply has to know about them.
 *
 * api-fields.json has a line for each Go struct of https://github.com/kubernetes/api at v0.36.2 that a served kind reaches, with its
 * JSON fields as `name:number:type`, the number being that of the protobuf message:
 *
 *     string, bool, int32, ...     a plain value; `time`, `quantity`, `intOrString` and `any` are not looked into
 *     NodeSpec                     a struct; =ObjectReference is owned as a whole
 *     []Taint                      a list owned as a whole; [type]NodeCondition one merged by that key, [=]string a set
 *     {}string                     a map by names; {=}string one that is owned as a whole
 *     ... ?                        left out when it is empty (omitempty of a field that is no pointer)
 *     -:2:VolumeSource             protobuf field 2 holds fields that in JSON are the struct's own
 */
import table from './api-fields.json' with { type: 'json' };

export type FieldType = {
  /** Of Go, as complaints name it. */
  readonly name: string;
  readonly leftOutWhenEmpty: boolean;
  readonly shape:
    | { readonly kind: 'plain' }
    | { readonly kind: 'struct'; readonly isWhole: boolean }
    | { readonly kind: 'map'; readonly isWhole: boolean; readonly of: FieldType }
    /** `keys`: undefined for a list that is owned as a whole, empty for a set. */
    | { readonly kind: 'list'; readonly keys: readonly string[] | undefined; readonly of: FieldType };
};

export type Fields = ReadonlyMap<string, FieldType>;

const lines: Readonly<Record<string, string>> = table;
const read = new Map<string, Fields>();

/** The fields of a Go struct, which for a kind is named like it; undefined for one that is not in the table. */
export function fieldsOf(struct: string): Fields | undefined {
  const known = read.get(struct);
  if (known !== undefined) return known;
  const line = Object.hasOwn(lines, struct) ? lines[struct] : undefined;
  if (line === undefined) return undefined;
  const fields = new Map(
    line
      .split(' ')
      .map(readField)
      .filter(({ name }) => name !== '-')
      .map(({ name, type }) => [name, type]),
  );
  read.set(struct, fields);
  return fields;
}

/** A field of a protobuf message; the name is '-' where its own fields are those of the message around it. */
export type WireField = { readonly name: string; readonly number: number; readonly type: FieldType };

/** The fields of a Go struct as a protobuf message; none for one that is not in the table. */
export function wireFieldsOf(type: FieldType): readonly WireField[] {
  const line = lines[type.name.replace(/^v1\./, '')] ?? '';
  return line.split(' ').map(readField);
}

/** A type of the table for a kind as a whole. */
export function typeOfKind(kind: string): FieldType | undefined {
  return fieldsOf(kind) === undefined ? undefined : readType(kind);
}

function readField(text: string): WireField {
  const [name = '', number = '', type = ''] = text.split(':');
  return { name, number: Number(number), type: readType(type) };
}

function readType(text: string): FieldType {
  const leftOutWhenEmpty = text.endsWith('?');
  const bare = leftOutWhenEmpty ? text.slice(0, -1) : text;
  const list = /^\[([^\]]*)\](.*)$/.exec(bare);
  if (list !== null) {
    const [, how = '', rest = ''] = list;
    const of = readType(rest);
    const keys = how === '' ? undefined : how === '=' ? [] : how.split(',');
    return { name: `[]${of.name}`, leftOutWhenEmpty, shape: { kind: 'list', keys, of } };
  }
  const map = /^\{(=?)\}(.*)$/.exec(bare);
  if (map !== null) {
    const of = readType(map[2] ?? '');
    const isWhole = map[1] === '=';
    return { name: `map[string]${of.name}`, leftOutWhenEmpty, shape: { kind: 'map', isWhole, of } };
  }
  const isWhole = bare.startsWith('=');
  const name = isWhole ? bare.slice(1) : bare;
  if (!Object.hasOwn(lines, name)) return { name, leftOutWhenEmpty, shape: { kind: 'plain' } };
  return { name: `v1.${name}`, leftOutWhenEmpty, shape: { kind: 'struct', isWhole } };
}

/** The fields of a type that is a struct of the table. */
export function fieldsOfType(type: FieldType): Fields {
  return fieldsOf(type.name.replace(/^v1\./, '')) ?? new Map();
}
