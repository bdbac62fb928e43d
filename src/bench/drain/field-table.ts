import type { Cursor, Decoder, RecordMemory } from '../../btf/index.ts';

/** One row of the table. */
export type Field =
  | { readonly name: string; readonly kind: 'u32' | 'u64'; readonly offset: number }
  | { readonly name: string; readonly kind: 'text'; readonly offset: number; readonly length: number };

/** `struct exec` (exec.ts) as a table to be walked. */
export const EXEC_FIELDS: readonly Field[] = [
  { name: 'time', kind: 'u64', offset: 0 },
  { name: 'pid', kind: 'u32', offset: 8 },
  { name: 'ppid', kind: 'u32', offset: 12 },
  { name: 'comm', kind: 'text', offset: 16, length: 16 },
  { name: 'filename', kind: 'text', offset: 32, length: 32 },
];

const utf8 = new TextDecoder();

/**
 * The yardstick for decoding: the way most readers of binary records are written. It walks a table of fields, reads
 * numbers through a DataView and texts through a TextDecoder. It reads in place, from the same drain as the
 * generated decoder, so that nothing but the decoding differs.
 */
export function fieldTableDecoder<E>(fields: readonly Field[], size: number): Decoder<E> {
  const decode = (memory: RecordMemory, offset: number): E => {
    const event: Record<string, unknown> = {};
    for (const field of fields) event[field.name] = readField(memory, offset, field);
    return event as E;
  };
  const createCursor = (memory: RecordMemory): Cursor<E> => {
    let at = 0;
    return {
      get value() {
        return decode(memory, at);
      },
      moveTo: (offset) => {
        at = offset;
      },
    };
  };
  return { size, decode, createCursor };
}

function readField({ view, bytes }: RecordMemory, offset: number, field: Field): unknown {
  const at = offset + field.offset;
  switch (field.kind) {
    case 'u32':
      return view.getUint32(at, true);
    case 'u64':
      return view.getBigUint64(at, true);
    case 'text': {
      const text = bytes.subarray(at, at + field.length);
      const end = text.indexOf(0);
      return utf8.decode(end < 0 ? text : text.subarray(0, end));
    }
  }
}
