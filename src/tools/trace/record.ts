import { Btf, BtfBuilder, type BtfMember } from '../../btf/index.ts';
import type { TypeRef } from '../../spec/index.ts';
import { type ArrayField, type Field, MAX_TEXT } from './field.ts';

/** A value as events have it: text as string, arrays of bytes as bytes, 64 bits as bigint, `time` as Date. */
export type TraceValue =
  | number
  | bigint
  | boolean
  | string
  | Date
  | Uint8Array
  | readonly (number | bigint)[];

/** Values by the names of their fields, in the order asked for. */
export type TraceEvent = Readonly<Record<string, TraceValue>>;

/** Where a field's value lies in a record. */
export interface Slot<F extends Field = Field> {
  readonly field: F;
  /** Of the value; of a text outside of the fixed part, of its length as u32. */
  readonly offset: number;
  /** Most bytes of a text, NUL included; else the value's bytes. */
  readonly size: number;
  /** Its member in the record's struct. */
  readonly member: string;
}

/** A record as programs write it and decoders read it. */
export interface RecordLayout {
  /** In the order asked for. */
  readonly slots: readonly Slot[];
  /** Bytes before the texts. */
  readonly fixedSize: number;
  /** Most bytes in all. */
  readonly maxSize: number;
  /** Its struct, with a member for each slot, and `texts` behind them. */
  readonly type: TypeRef;
}

/** The member with the texts of a record. */
const TEXTS = 'texts';

/** What fits a per-CPU value: the kernel's `PCPU_MIN_UNIT_SIZE`. */
const MAX_RECORD = 32 * 1024;

/**
 * Lays out a record whose texts come one behind the other after the fixed part, each with its NUL and as long as it is. The longest
 * are cut, where otherwise the record could outgrow a per-CPU value.
 */
export function streamLayout(fields: readonly Field[]): RecordLayout {
  const { slots: fixed, size: fixedSize } = place(fields, () => 4);
  const texts = fields.filter((field) => field.kind === 'text');
  const share = Math.floor((MAX_RECORD - fixedSize) / Math.max(1, texts.length));
  const slots = fixed.map((slot) =>
    slot.field.kind === 'text' ? { ...slot, size: Math.min(valueSize(slot.field), share) } : slot,
  );
  const maxSize = slots.reduce((sum, { field, size }) => sum + (field.kind === 'text' ? size : 0), fixedSize);
  const type = recordType(fixedSize, (b) => {
    const u32 = b.int('u32', 4);
    const members = slots.map((slot) => memberOf(b, slot, () => u32));
    return [...members, member(TEXTS, array(b, b.int('u8', 1), 0), fixedSize)];
  });
  return { slots, fixedSize, maxSize, type };
}

/** Longest text in the key of a map, NUL included. */
const KEY_TEXT = 256;

/** Lays out a record of constant size, as the key of a map must be: texts are char arrays. */
export function keyLayout(fields: readonly Field[]): RecordLayout {
  const { slots, size } = place(fields, (field) => Math.min(valueSize(field), KEY_TEXT));
  const type = recordType(size, (b) => {
    const char = b.int('char', 1, 'char');
    return slots.map((slot) => memberOf(b, slot, () => array(b, char, slot.size)));
  });
  return { slots, fixedSize: size, maxSize: size, type };
}

/** Makes events of decoded records. */
export function eventReader(
  { slots }: RecordLayout,
  wallClock: (ns: bigint) => Date,
): (record: DecodedRecord) => TraceEvent {
  return (record) => {
    let start = 0;
    const entries = slots.map(({ field, member: name }): [string, TraceValue] => {
      const value = record[name]!;
      if (field.kind === 'int' && field.shownAs === 'time') return [field.name, wallClock(value as bigint)];
      if (field.kind !== 'text' || typeof value === 'string') return [field.name, value];
      const end = start + (value as number);
      const text = decoder.decode((record[TEXTS] as Uint8Array).subarray(start, Math.max(start, end - 1)));
      start = end;
      return [field.name, text];
    });
    return Object.fromEntries(entries);
  };
}

/** A record as the ring's decoder gives it: values by member, texts as their lengths, and behind them in {@link TEXTS}. */
export type DecodedRecord = Readonly<Record<string, TraceValue>>;

const decoder = new TextDecoder();

/** Bytes of a value in the fixed part of a record. */
function valueSize(field: Field): number {
  switch (field.kind) {
    case 'int':
      return field.size;
    case 'array':
      return field.element.size * field.count;
    case 'text':
      return Math.min(field.size + 1, MAX_TEXT);
  }
}

/** Gives each field its place, in their order, as C would. */
function place(
  fields: readonly Field[],
  textSize: (field: Field) => number,
): { slots: readonly Slot[]; size: number } {
  let end = 0;
  const taken = new Set([TEXTS]);
  const slots = fields.map((field) => {
    const align = field.kind === 'int' ? field.size : field.kind === 'array' ? field.element.size : 4;
    const offset = Math.ceil(end / align) * align;
    const size = field.kind === 'text' ? textSize(field) : valueSize(field);
    end = offset + size;
    return { field, offset, size, member: memberName(field, taken) };
  });
  return { slots, size: Math.ceil(end / 8) * 8 };
}

function recordType(size: number, membersOf: (b: BtfBuilder) => BtfMember[]): TypeRef {
  const b = new BtfBuilder();
  const id = b.add({ kind: 'struct', name: 'trace_record', members: membersOf(b), size });
  return { btf: Btf.parse(b.build(), { name: 'trace' }), id };
}

/** An identifier like the field's name, for others see it, that is not taken. */
function memberName({ name }: Field, taken: Set<string>): string {
  let free = name.replace(/\W+/g, '_');
  while (taken.has(free)) free += '_';
  taken.add(free);
  return free;
}

function memberOf(b: BtfBuilder, { field, offset, member: name }: Slot, text: () => number): BtfMember {
  switch (field.kind) {
    case 'text':
      return member(name, text(), offset);
    case 'array':
      return member(name, array(b, int(b, field.element), field.count), offset);
    case 'int':
      return member(
        name,
        field.shownAs === 'bool' ? b.int('bool', field.size, 'bool') : int(b, field),
        offset,
      );
  }
}

function member(name: string, type: number, offset: number): BtfMember {
  return { name, type, bitOffset: offset * 8, bitSize: 0 };
}

function int(b: BtfBuilder, { size, signed }: ArrayField['element']): number {
  return b.int(`${signed ? 's' : 'u'}${size * 8}`, size, signed ? 'signed' : undefined);
}

function array(b: BtfBuilder, type: number, count: number): number {
  return b.add({ kind: 'array', type, indexType: b.int('u32', 4), count });
}
