import { createDecoder, createEncoder, recordMemory } from '../btf/index.ts';
import type { TypeRef } from '../spec/index.ts';

/** Turns map keys or values into bytes and back. */
export interface Codec<T> {
  /** Bytes of one encoded value. */
  readonly size: number;
  encode(value: T): Uint8Array;
  /** @param bytes `size` bytes at a multiple of 8 in their buffer. */
  decode(bytes: Uint8Array): T;
}

/** Bytes as they are. */
export function bytesCodec(size: number): Codec<Uint8Array> {
  return { size, encode: (value) => value, decode: (bytes) => bytes };
}

/**
 * Values of a BTF type where there is one that values have, else bytes. The global data of an object (`DATASEC`) is
 * bytes too: it is read and written by variable.
 */
export function codecOf<T>(type: TypeRef | undefined, size = 0): Codec<T> {
  const isValue = type !== undefined && type.btf.type(type.id).kind !== 'datasec';
  return isValue ? typeCodec<T>(type) : (bytesCodec(size) as Codec<unknown> as Codec<T>);
}

function typeCodec<T>({ btf, id }: TypeRef): Codec<T> {
  const decoder = createDecoder<T>(btf, id);
  const encode = createEncoder<T>(btf, id);
  return {
    size: decoder.size,
    encode: (value) => encode(value),
    decode: (bytes) =>
      decoder.decode(
        recordMemory(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length),
        0,
        bytes.length,
      ),
  };
}
