import type { BtfNewType } from '../../btf/index.ts';
import { Btf, BtfBuilder, createEncoder } from '../../btf/index.ts';
import type { TypeRef } from '../../spec/index.ts';

/** What a reader found in a full ring: all readers of a work must find the same. */
export interface Drained {
  readonly records: number;
  /** Sum, modulo 2^32, of what the work says is read of each record. */
  readonly sum: number;
  /**
   * CPU time of the whole process, garbage collector included: what other processes of the machine took meanwhile
   * does not count.
   */
  readonly nanoseconds: number;
}

/** Drains the ring once; only the draining itself is timed. */
export type Drain = () => Drained;

/** What is in the ring, what is read of it, and by whom. */
export interface DrainWork {
  /** One word, which peers' programs know it by. */
  readonly name: string;
  /** One line for the report: the records, and what is read of each. */
  readonly title: string;
  /** The records that fill the ring, over and over: a power of two of them, all of one size. */
  readonly records: readonly Uint8Array[];
  /**
   * What a reader adds to its sum for each of `records`. Not to be called in the process of a reader: V8 would learn that
   * events come in two forms, and look at the form of each record's.
   */
  readonly values: () => readonly number[];
  /** Readers in TypeScript, by name: each opens its way of reading on a ring's fd. */
  readonly readers: Readonly<Record<string, (fd: number) => Drain>>;
  /** Readers of peers: the name of each is the peer's, with a word behind it where a peer has several. */
  readonly peers: readonly string[];
  /** Whether it is measured in the quick form as well. */
  readonly quick: boolean;
}

/** Members of a struct, one after another, without padding between them. */
export type Members = (b: BtfBuilder) => readonly { name: string; type: number; size: number }[];

/** The type of a struct. */
export function structOf(name: string, members: Members): TypeRef {
  const b = new BtfBuilder();
  let size = 0;
  const placed = members(b).map((member) => {
    const bitOffset = size * 8;
    size += member.size;
    return { name: member.name, type: member.type, bitOffset, bitSize: 0 };
  });
  const struct: BtfNewType = { kind: 'struct', name, size, members: placed };
  const id = b.add(struct);
  return { btf: Btf.parse(b.build(), { name: `bench ${name}` }), id };
}

/** Encodes each event as a record. */
export function encodeAll<E>({ btf, id }: TypeRef, events: readonly E[]): Uint8Array[] {
  const encode = createEncoder<E>(btf, id);
  return events.map((event) => encode(event));
}

/** The 32-bit word at `offset` of a record. */
export function wordAt(record: Uint8Array, offset: number): number {
  return (
    record[offset]! | (record[offset + 1]! << 8) | (record[offset + 2]! << 16) | (record[offset + 3]! << 24)
  );
}
