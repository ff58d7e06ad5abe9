/**
 * A value as bytes for hashing: equal values give equal bytes on every machine, different values different bytes. Equal means
 * equal as JSON with fields in any order; fields that are undefined are not there. Which equal objects are one object plays no part.
 *
 * A fleet repeats itself, and bytes are what hashing costs. So the encoding remembers what it has written: a text is written as
 * the part that differs from the text last written in the same place, the names of an object's fields only when they are new,
 * and a value of one of `sharedFields` as the number of the equal value that was there before. Whoever decodes knows all that,
 * from the bytes before; every list and every text says its length; hence no two values have the same bytes.
 */
import { compareText } from '../order.ts';
import { canonicalJson } from './canonical-json.ts';

/** Takes bytes: the first `length` of `bytes`, which are written over afterwards. */
export type Sink = (bytes: Uint8Array, length: number) => void;

/** Fields of which a whole fleet has few different values. */
const sharedFields: ReadonlySet<string> = new Set([
  'allocatable',
  'nodeSelector',
  'nodeTerms',
  'requests',
  'spread',
  'taints',
  'tolerations',
  'volumeTerms',
]);

/** Hands the bytes of the value over to `sink`, piece by piece. */
export function writeCanonically(value: unknown, sink: Sink): void {
  const writer: Writer = {
    sink,
    bytes: new Uint8Array(bufferBytes),
    length: 0,
    shapes: new Map(),
    parts: new Map(),
    partOf: new Map(),
  };
  writeValue(writer, newSlot(''), value);
  flush(writer);
}

type Writer = {
  readonly sink: Sink;
  readonly bytes: Uint8Array;
  length: number;
  /** Numbers of the sets of field names so far. */
  readonly shapes: Map<string, number>;
  /** Numbers of the values of shared fields so far, by content; and by reference, which only saves looking at the content. */
  readonly parts: Map<string, number>;
  readonly partOf: Map<object, number>;
};

/** A place in the value: a field of all objects in another place, or the entries of the lists there. */
type Slot = {
  /** The field is one of sharedFields. */
  readonly isShared: boolean;
  /** The text written last; and its code units, which are read faster than those of a string. */
  text: string;
  units: Uint16Array;
  /** The shared value written last: its number, and one of the equal objects. */
  part: number;
  partValue: object | undefined;
  /** Field names as met here, and the one met last: most objects in one place have the fields of the one before. */
  readonly layouts: Layout[];
  layout: Layout | undefined;
  readonly fields: Map<string, Slot>;
  entries: Slot | undefined;
};

type Layout = {
  /** In the order of the objects. */
  readonly keys: readonly string[];
  /** Values by the same index, of the object at hand: a second look into an object costs as much as the rest. */
  readonly values: unknown[];
  /** Indexes in the order of the sorted names, and the slot of each. */
  readonly order: readonly number[];
  readonly slots: readonly Slot[];
  /** Number of this set of names; undefined: it is new, and the names have to be written. */
  shape: number | undefined;
};

const bufferBytes = 1 << 15;
/** Of a code unit beyond ASCII. */
const unitBytesMax = 3;
const noUnits = new Uint16Array(0);
/** More than any single write needs, texts apart. */
const roomBytes = 32;
/** Orders of fields remembered in one place. */
const layoutsMax = 8;

const tag = {
  null: 0,
  false: 1,
  true: 2,
  sameText: 3,
  text: 4,
  whole: 5,
  number: 6,
  list: 7,
  object: 8,
  samePart: 9,
  part: 10,
};

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function newSlot(field: string): Slot {
  return {
    isShared: sharedFields.has(field),
    text: '',
    units: noUnits,
    part: -1,
    partValue: undefined,
    layouts: [],
    layout: undefined,
    fields: new Map(),
    entries: undefined,
  };
}

function writeValue(writer: Writer, slot: Slot, value: unknown): void {
  if (writer.length > bufferBytes - roomBytes) flush(writer);
  if (typeof value === 'string') writeText(writer, slot, value);
  else if (typeof value === 'number') writeNumber(writer, value);
  else if (value === true) writeByte(writer, tag.true);
  else if (value === false) writeByte(writer, tag.false);
  else if (Array.isArray(value)) writeList(writer, slot, value);
  else if (isFields(value)) writeObject(writer, slot, value);
  else writeByte(writer, tag.null);
}

function writeList(writer: Writer, slot: Slot, list: readonly unknown[]): void {
  writeByte(writer, tag.list);
  writeWhole(writer, list.length);
  slot.entries ??= newSlot('');
  // An iterator would be an object for each list.
  for (let index = 0; index < list.length; index += 1) writeValue(writer, slot.entries, list[index]);
}

function writeObject(writer: Writer, slot: Slot, value: Fields): void {
  const layout = layoutOf(writer, slot, value);
  const { values, order, slots } = layout;
  writeByte(writer, tag.object);
  if (layout.shape === undefined) writeNewShape(writer, layout);
  else writeWhole(writer, layout.shape);
  for (let index = 0; index < slots.length; index += 1) {
    const field = slots[index];
    const entry = values[order[index] ?? 0];
    if (field === undefined) continue;
    if (field.isShared && typeof entry === 'object' && entry !== null) writePart(writer, field, entry);
    else writeValue(writer, field, entry);
  }
}

function writeNewShape(writer: Writer, layout: Layout): void {
  const names = namesOf(layout);
  layout.shape = writer.shapes.size;
  writer.shapes.set(names, layout.shape);
  writeWhole(writer, layout.shape);
  writeText(writer, newSlot(''), names);
}

function namesOf({ keys, order }: Pick<Layout, 'keys' | 'order'>): string {
  return JSON.stringify(order.map((index) => keys[index]));
}

function writePart(writer: Writer, slot: Slot, value: object): void {
  if (writer.length > bufferBytes - roomBytes) flush(writer);
  if (slot.partValue === value) {
    writeByte(writer, tag.samePart);
    return;
  }
  slot.partValue = value;
  const known = writer.partOf.get(value);
  const content = known === undefined ? canonicalJson(value) : '';
  const part = known ?? writer.parts.get(content) ?? writer.parts.size;
  const isNew = part === writer.parts.size;
  if (isNew) writer.parts.set(content, part);
  if (known === undefined) writer.partOf.set(value, part);
  if (slot.part === part) {
    writeByte(writer, tag.samePart);
    return;
  }
  slot.part = part;
  writeByte(writer, tag.part);
  writeWhole(writer, part);
  if (isNew) writeValue(writer, slot, value);
}

/** The names of the value's fields, sorted, with a slot for each. */
function layoutOf(writer: Writer, slot: Slot, value: Fields): Layout {
  const { layout, layouts } = slot;
  if (layout !== undefined && hasLayout(layout, value)) return layout;
  for (let index = 0; index < layouts.length; index += 1) {
    const known = layouts[index];
    if (known === undefined || known === layout || !hasLayout(known, value)) continue;
    slot.layout = known;
    return known;
  }
  slot.layout = newLayout(writer, slot, value);
  return slot.layout;
}

function newLayout(writer: Writer, slot: Slot, value: Fields): Layout {
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  const order = [...keys.keys()].sort((a, b) => compareText(keys[a] ?? '', keys[b] ?? ''));
  const slots = order.map((index) => {
    const key = keys[index] ?? '';
    const field = slot.fields.get(key) ?? newSlot(key);
    slot.fields.set(key, field);
    return field;
  });
  const values = keys.map((key) => value[key]);
  const layout = { keys, values, order, slots, shape: writer.shapes.get(namesOf({ keys, order })) };
  if (slot.layouts.length === layoutsMax) slot.layouts.shift();
  slot.layouts.push(layout);
  return layout;
}

/** True where the object has just these fields, in this order; its values are then in the layout. */
function hasLayout({ keys, values }: Layout, value: Fields): boolean {
  let index = 0;
  for (const key in value) {
    const field = value[key];
    if (keys[index] !== key || field === undefined) return false;
    values[index] = field;
    index += 1;
  }
  return index === keys.length;
}

/** UTF-16 code units, lone halves of a pair included. */
function writeText(writer: Writer, slot: Slot, text: string): void {
  if (text === slot.text) {
    writeByte(writer, tag.sameText);
    return;
  }
  const same = sameStart(slot, text);
  writeByte(writer, tag.text);
  writeWhole(writer, same);
  writeWhole(writer, text.length - same);
  slot.text = text;
  if (slot.units.length < text.length) slot.units = grown(slot.units, text.length);
  const step = Math.floor((bufferBytes - roomBytes) / unitBytesMax);
  for (let from = same; from < text.length; from += step)
    writeUnits(writer, slot.units, text, from, Math.min(text.length, from + step));
}

/** The number of code units with which the text begins like the one before. */
function sameStart({ text: before, units }: Slot, text: string): number {
  const most = Math.min(text.length, before.length);
  for (let index = 0; index < most; index += 1) if (text.charCodeAt(index) !== units[index]) return index;
  return most;
}

function grown(units: Uint16Array, length: number): Uint16Array {
  const more = new Uint16Array(2 * length);
  more.set(units);
  return more;
}

/** Writes part of a text into the bytes and into `units`. */
function writeUnits(writer: Writer, units: Uint16Array, text: string, from: number, to: number): void {
  if (writer.length + (to - from) * unitBytesMax > bufferBytes - roomBytes) flush(writer);
  const { bytes } = writer;
  let { length } = writer;
  for (let index = from; index < to; index += 1) {
    const unit = text.charCodeAt(index);
    units[index] = unit;
    if (unit < 0x80) bytes[length++] = unit;
    else {
      bytes[length++] = 0x80 | (unit & 0x7f);
      bytes[length++] = 0x80 | ((unit >> 7) & 0x7f);
      bytes[length++] = unit >> 14;
    }
  }
  writer.length = length;
}

const float = new DataView(new ArrayBuffer(8));

function writeNumber(writer: Writer, number: number): void {
  if (Number.isSafeInteger(number) && number >= 0) {
    writeByte(writer, tag.whole);
    writeWhole(writer, number);
    return;
  }
  writeByte(writer, tag.number);
  float.setFloat64(0, number);
  for (let index = 0; index < 8; index += 1) writeByte(writer, float.getUint8(index));
}

/** Seven bits a byte, the lowest first; all bytes but the last have the eighth bit set. */
function writeWhole(writer: Writer, number: number): void {
  let rest = number;
  while (rest >= 0x80) {
    writeByte(writer, 0x80 | (rest % 0x80));
    rest = Math.floor(rest / 0x80);
  }
  writeByte(writer, rest);
}

function writeByte(writer: Writer, byte: number): void {
  writer.bytes[writer.length] = byte;
  writer.length += 1;
}

function flush(writer: Writer): void {
  writer.sink(writer.bytes, writer.length);
  writer.length = 0;
}
