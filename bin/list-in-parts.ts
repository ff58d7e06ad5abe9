/**
 * A large List as kubectl prints it, parsed some objects at a time: the text of a dump of a thousand nodes is more than Node
 * keeps in one string at five times that size, and takes longer to make room for than to read.
 *
 * kubectl indents, so that an item of the list ends and the next begins with the same bytes everywhere, and no text within
 * JSON can hold them: there a newline is written as \n. A file that looks like this and is not is noticed, because some part
 * of it is then no JSON; whoever reads it has to begin again with the whole file.
 */

import type { Source } from './source.ts';
/** The file is no List that can be parsed in parts. Some parts may have been handed out. */
export class NotInParts extends Error {}

/** Bytes of a file by position; fewer than asked for only at its end. */
export type Bytes = {
  readonly size: number;
  read(into: Uint8Array, offset: number, length: number, position: number): number;
};

/** Small enough that the engine makes the text of a part where short-lived objects are, without asking the system for memory. */
const partBytes = 64 * 1024;
/** An item may be larger than a part: it is read into room twice as large, up to this. */
const itemBytesMax = 256 * 1024 * 1024;
/** What stands around the items: kubectl writes less than 200 bytes. */
const frameBytes = 4096;

/** Undefined where the file does not begin and end as an indented List does. Throws NotInParts while it is iterated. */
export function listInParts(file: string, bytes: Bytes): Iterable<Source> | undefined {
  const frame = frameOf(bytes);
  return frame === undefined ? undefined : parts(file, bytes, frame);
}

type Frame = {
  /** Fields of the list but its items. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly from: number;
  readonly to: number;
  /** The end of an item, a comma, and the beginning of the next; the comma is `comma` bytes behind its beginning. */
  readonly between: Buffer;
  readonly comma: number;
};

function frameOf(bytes: Bytes): Frame | undefined {
  if (bytes.size < 2 * frameBytes) return undefined;
  const head = textAt(bytes, 0);
  const opened = /^\{\s*(?:"(?:apiVersion|kind|metadata)":[^[]*)?"items":\s*\[(\n[ \t]+)\{\s/.exec(head);
  if (opened === null) return undefined;
  const newline = opened[1] ?? '\n';
  const from = opened[0].lastIndexOf('[') + 1;
  const tail = textAt(bytes, bytes.size - frameBytes);
  const closed = tail.lastIndexOf(`${newline}}\n`);
  if (closed < 0) return undefined;
  const end = closed + newline.length + 1;
  // Of two fields of one name the last one counts.
  if (tail.includes('"items"', end)) return undefined;
  const fields = parse(`${head.slice(0, from)}${tail.slice(end)}`);
  if (typeof fields !== 'object' || fields === null) return undefined;
  const { items, ...others } = fields as Readonly<Record<string, unknown>>;
  if (!Array.isArray(items) || items.length > 0) return undefined;
  return {
    fields: others,
    from,
    to: bytes.size - frameBytes + end,
    between: Buffer.from(`${newline}},${newline}{`),
    comma: newline.length + 1,
  };
}

/** One byte is one character: positions in the text are positions in the file. */
function textAt(bytes: Bytes, position: number): string {
  const buffer = Buffer.alloc(frameBytes);
  bytes.read(buffer, 0, frameBytes, position);
  return buffer.toString('latin1');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const openBracket = 0x5b;
const closeBracket = 0x5d;

function* parts(file: string, bytes: Bytes, frame: Frame): Generator<Source> {
  const { fields, from, to, between, comma } = frame;
  let buffer = Buffer.alloc(partBytes);
  let firstIndex = 0;
  let position = from;
  // Byte 0 stands for the bracket before the first item, or the comma before a later one.
  let filled = 1;
  while (position < to || filled > 1) {
    const room = Math.min(buffer.length - 1 - filled, to - position);
    const got = bytes.read(buffer, filled, room, position);
    if (got < room) throw new NotInParts();
    position += got;
    filled += got;
    const last = position === to ? filled : buffer.subarray(0, filled).lastIndexOf(between) + comma;
    if (last < comma) {
      buffer = larger(buffer);
      continue;
    }
    const behind = buffer[last] ?? 0;
    buffer[0] = openBracket;
    buffer[last] = closeBracket;
    const items = parse(buffer.toString('utf8', 0, last + 1));
    if (!Array.isArray(items)) throw new NotInParts();
    yield { file, document: { ...fields, items }, firstIndex };
    firstIndex += items.length;
    buffer[last] = behind;
    if (position === to) return;
    buffer.copyWithin(0, last, filled);
    filled -= last;
  }
}

function larger(buffer: Buffer): Buffer<ArrayBuffer> {
  if (buffer.length * 2 > itemBytesMax) throw new NotInParts();
  const twice = Buffer.alloc(buffer.length * 2);
  buffer.copy(twice);
  return twice;
}
