/**
 * Bodies in protobuf, as kubectl and client-go send them for the kinds that they know. Answers are JSON, which they take as well.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 * The wire format: https://protobuf.dev/programming-guides/encoding/
 */
import type { HttpRequest } from './answer.ts';
import { type FieldType, typeOfKind, wireFieldsOf } from './api-fields.ts';
import { isJsonObject, type JsonObject } from './json.ts';

/** Before every protobuf body: four bytes that no JSON begins with. */
const magic = 'k8s\u0000';

/** The request with its body in JSON; undefined when it is protobuf and cannot be read. */
export function withJsonBody(request: HttpRequest): HttpRequest | undefined {
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('application/vnd.kubernetes.protobuf')) return request;
  const headers = { ...request.headers, 'content-type': 'application/json' };
  if (request.body === '') return { ...request, headers };
  const object = readEnvelope(request.body);
  return object === undefined ? undefined : { ...request, headers, body: JSON.stringify(object) };
}

/** runtime.Unknown: 1 holds apiVersion (1) and kind (2), 2 the object. */
function readEnvelope(body: string): JsonObject | undefined {
  if (!body.startsWith(magic)) return undefined;
  try {
    const envelope = readMessage(Buffer.from(body.slice(magic.length), 'latin1'));
    const [apiVersion = '', kind = ''] = [1, 2].map((number) =>
      bytesOf(readMessage(bytesOf(envelope, 1)), number).toString('utf8'),
    );
    const type = typeOfKind(kind);
    if (type === undefined) return undefined;
    return { apiVersion, kind, ...readStruct(bytesOf(envelope, 2), type) };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A value on the wire: a whole number, or bytes. */
type Wire = bigint | Buffer;
type Message = ReadonlyMap<number, readonly Wire[]>;

/** The values by field number. Throws RangeError where the bytes end too early or are of no known wire type. */
function readMessage(bytes: Buffer): Message {
  const message = new Map<number, Wire[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at);
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const wireType = tag & 7;
    let value: Wire;
    if (wireType === 0) value = varint();
    else if (wireType === 2) {
      const length = Number(varint());
      if (at + length > bytes.length) throw new RangeError('cut off');
      value = bytes.subarray(at, at + length);
      at += length;
    } else throw new RangeError(`wire type ${wireType}`);
    message.set(tag >> 3, [...(message.get(tag >> 3) ?? []), value]);
  }
  return message;
}

/** The last value of a field, which is the one that counts; none: no bytes. */
function bytesOf(message: Message, number: number): Buffer {
  const value = message.get(number)?.at(-1);
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

function readStruct(bytes: Buffer, type: FieldType): JsonObject {
  const message = readMessage(bytes);
  const object: JsonObject = {};
  for (const { name, number, type: fieldType } of wireFieldsOf(type)) {
    const values = number === 0 ? undefined : message.get(number);
    if (values === undefined) continue;
    const value = readValues(values, fieldType);
    if (name === '-') Object.assign(object, value);
    else if (!(value === undefined || (fieldType.leftOutWhenEmpty && isEmpty(value)))) object[name] = value;
  }
  return object;
}

function isEmpty(value: unknown): boolean {
  return value === '' || value === 0 || value === false;
}

function readValues(values: readonly Wire[], type: FieldType): unknown {
  const { shape } = type;
  if (shape.kind === 'list') return values.map((value) => readValue(value, shape.of));
  if (shape.kind !== 'map') return readValue(values.at(-1) ?? 0n, type);
  return Object.fromEntries(
    values.filter(Buffer.isBuffer).map((entry) => {
      const message = readMessage(entry);
      return [bytesOf(message, 1).toString('utf8'), readMapValue(message.get(2)?.at(-1), shape.of)];
    }),
  );
}

/** A list in a map is a message of its own, with its values in field 1. */
function readMapValue(value: Wire | undefined, type: FieldType): unknown {
  const present = value ?? Buffer.alloc(0);
  if (type.shape.kind !== 'list' || !Buffer.isBuffer(present)) return readValue(present, type);
  return readValues(readMessage(present).get(1) ?? [], type);
}

function readValue(value: Wire, type: FieldType): unknown {
  if (!Buffer.isBuffer(value)) return type.name === 'bool' ? value !== 0n : Number(BigInt.asIntN(64, value));
  if (type.shape.kind === 'struct') return readStruct(value, type);
  switch (type.name) {
    case 'bytes':
      return value.toString('base64');
    case 'quantity':
      return bytesOf(readMessage(value), 1).toString('utf8');
    case 'time':
      return readTime(readMessage(value));
    case 'intOrString':
      return readIntOrString(readMessage(value));
    case 'any':
      return readAny(value);
    default:
      return value.toString('utf8');
  }
}

function numberOf(message: Message, number: number): number {
  const value = message.get(number)?.at(-1);
  return typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : 0;
}

/** Seconds (1) and nanoseconds (2) since the epoch; undefined: no time at all. */
function readTime(message: Message): string | undefined {
  if (message.size === 0) return undefined;
  const iso = new Date(numberOf(message, 1) * 1000).toISOString().slice(0, 19);
  const micros = Math.floor(numberOf(message, 2) / 1000);
  return micros === 0 ? `${iso}Z` : `${iso}.${String(micros).padStart(6, '0')}Z`;
}

function readIntOrString(message: Message): number | string {
  return numberOf(message, 1) === 0 ? numberOf(message, 2) : bytesOf(message, 3).toString('utf8');
}

/** RawExtension and FieldsV1 carry their JSON in field 1; what is no JSON is left out. */
function readAny(value: Buffer): unknown {
  try {
    const parsed: unknown = JSON.parse(bytesOf(readMessage(value), 1).toString('utf8'));
    return isJsonObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
