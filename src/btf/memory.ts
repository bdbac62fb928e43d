import { ArgumentError } from '../errors/index.ts';

/**
 * Typed-array views of one region, from which generated decoders read. Element `i` of each lies at byte
 * `i * BYTES_PER_ELEMENT` of the region.
 */
export interface RecordMemory {
  readonly bytes: Uint8Array;
  readonly i16: Int16Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly i64: BigInt64Array;
  readonly u64: BigUint64Array;
  readonly view: DataView;
}

/**
 * Makes the views of a region: the data area of a ring, or a buffer with one value.
 *
 * @param byteOffset where the region starts in `buffer`: a multiple of 8.
 * @param byteLength size of the region in bytes, less than 4 GiB so that offsets fit 32 bits.
 * @throws ArgumentError when the region is not aligned, too long, or not inside the buffer.
 */
export function recordMemory(buffer: ArrayBufferLike, byteOffset: number, byteLength: number): RecordMemory {
  const inside =
    Number.isInteger(byteLength) && byteLength >= 0 && byteOffset + byteLength <= buffer.byteLength;
  if (!(Number.isInteger(byteOffset / 8) && byteOffset >= 0 && inside && byteLength < 2 ** 32)) {
    throw new ArgumentError({
      message: `no record memory of ${byteLength} bytes at byte ${byteOffset} of a buffer of ${buffer.byteLength}`,
      remedy: 'Give an offset that is a multiple of 8 and a length below 4 GiB that ends within the buffer.',
    });
  }
  const length = (size: number) => Math.floor(byteLength / size);
  return {
    bytes: new Uint8Array(buffer, byteOffset, byteLength),
    i16: new Int16Array(buffer, byteOffset, length(2)),
    u16: new Uint16Array(buffer, byteOffset, length(2)),
    i32: new Int32Array(buffer, byteOffset, length(4)),
    u32: new Uint32Array(buffer, byteOffset, length(4)),
    i64: new BigInt64Array(buffer, byteOffset, length(8)),
    u64: new BigUint64Array(buffer, byteOffset, length(8)),
    view: new DataView(buffer, byteOffset, byteLength),
  };
}

/** Whether this machine keeps the low byte first; typed arrays read in its order. */
export const HOST_LITTLE_ENDIAN: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
