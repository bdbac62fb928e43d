import { ObjectFormatError } from '../errors/index.ts';
import { HEADER_SIZE, MAGIC, VERSION } from './wire.ts';

/** Where the sections of a BTF blob lie: offsets in bytes from its start. */
export interface Header {
  readonly littleEndian: boolean;
  readonly types: number;
  readonly typesEnd: number;
  readonly strings: number;
  readonly stringsEnd: number;
}

/**
 * Reads and checks the header; the magic number tells the byte order. A header longer than ours belongs to a
 * later version and is accepted, as libbpf's `btf_parse_hdr` does.
 *
 * @throws ObjectFormatError
 */
export function parseHeader(bytes: Uint8Array, what: string): Header {
  const fail = (offset: number, expected: string) => new ObjectFormatError({ what, offset, expected });
  if (bytes.length < HEADER_SIZE) throw fail(bytes.length, `a BTF header of ${HEADER_SIZE} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = view.getUint16(0, true) === MAGIC;
  if (!littleEndian && view.getUint16(0, false) !== MAGIC) throw fail(0, 'the BTF magic number 0xeb9f');
  if (bytes[2] !== VERSION) throw fail(2, `BTF version ${VERSION}, not ${bytes[2]}`);
  if (bytes[3] !== 0) throw fail(3, `no flags, not 0x${bytes[3]!.toString(16)}`);

  const u32 = (offset: number) => view.getUint32(offset, littleEndian);
  const headerSize = u32(4);
  if (headerSize < HEADER_SIZE || headerSize > bytes.length) {
    throw fail(4, `a header length of ${HEADER_SIZE} to ${bytes.length}, not ${headerSize}`);
  }
  const section = (field: number, called: string): [number, number] => {
    const start = headerSize + u32(field);
    const end = start + u32(field + 4);
    if (end > bytes.length)
      throw fail(field, `a ${called} section that ends by byte ${bytes.length}, not ${end}`);
    return [start, end];
  };
  const [types, typesEnd] = section(8, 'type');
  const [strings, stringsEnd] = section(16, 'string');
  if ((types - headerSize) % 4 !== 0) throw fail(8, 'a type section at a multiple of 4');
  if ((typesEnd - types) % 4 !== 0) throw fail(12, 'a type section of whole words');
  return { littleEndian, types, typesEnd, strings, stringsEnd };
}
