import { createDecoder, createEncoder, recordMemory } from '../btf/index.ts';
import { ArgumentError } from '../errors/index.ts';
import { keyForm, type MapForm, type TypeRef, valueForm } from '../spec/index.ts';

/**
 * Turns map keys or values into bytes and back.
 *
 * @typeParam In what is encoded, where that is another type.
 */
export interface Codec<T, In = T> {
  /** Bytes of one encoded value. */
  readonly size: number;
  encode(value: In): Uint8Array;
  /** @param bytes `size` bytes at a multiple of 8 in their buffer. */
  decode(bytes: Uint8Array): T;
}

/** Key of an `LPM_TRIE` without a BTF type: `data` counts from its first bit, `prefixlen` bits of it matter. */
export interface LpmKey {
  readonly prefixlen: number;
  readonly data: Uint8Array;
}

/** What has an fd: a map, a program. */
export interface HasFd {
  readonly fd: number;
}

/** Of the keys of a map of that type. */
export function keyCodec<K>(map: number, type: TypeRef | undefined, size: number | undefined): Codec<K> {
  return codecOf<K, K>(keyForm(map, type, size));
}

/** Of the values of a map of that type; of one CPU, in per-CPU maps. */
export function valueCodec<V, In>(
  map: number,
  type: TypeRef | undefined,
  size: number | undefined,
): Codec<V, In> {
  return codecOf<V, In>(valueForm(map, type, size));
}

function codecOf<T, In>(form: MapForm): Codec<T, In> {
  return untypedCodec(form) as unknown as Codec<T, In>;
}

function untypedCodec(form: MapForm): Codec<unknown> | Codec<LpmKey> | Codec<Uint8Array> | typeof OBJECTS {
  switch (form.form) {
    case 'typed':
      return typeCodec(form.type);
    case 'prefix':
      return lpmCodec(form.size);
    case 'object':
      return OBJECTS;
    case 'bytes':
      return bytesCodec(form.size);
  }
}

/** The values of all CPUs, as the kernel lays them out: each at a multiple of 8. */
export function perCpuCodec<V, In>(one: Codec<V, In>, cpus: number): Codec<V[], readonly In[]> {
  const stride = (one.size + 7) & ~7;
  return {
    size: stride * cpus,
    encode: (values) => {
      if (values.length !== cpus) {
        throw new ArgumentError({
          message: `${values.length} values for ${cpus} possible CPUs`,
          remedy: 'Give one value for each possible CPU.',
        });
      }
      const bytes = new Uint8Array(stride * cpus);
      for (const [cpu, value] of values.entries()) {
        bytes.set(checkSize('value', one.encode(value), one.size), cpu * stride);
      }
      return bytes;
    },
    decode: (bytes) =>
      Array.from({ length: cpus }, (_, cpu) =>
        one.decode(bytes.subarray(cpu * stride, cpu * stride + one.size)),
      ),
  };
}

/** The kernel reads as many bytes as the map says, whatever is behind a shorter buffer. @throws ArgumentError. */
export function checkSize(what: string, bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length === size) return bytes;
  throw new ArgumentError({
    message: `a ${what} of ${bytes.length} bytes where ${size} are needed`,
    remedy: `Give exactly ${size} bytes.`,
  });
}

function bytesCodec(size: number): Codec<Uint8Array> {
  return { size, encode: (value) => value, decode: (bytes) => bytes };
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

function lpmCodec(size: number): Codec<LpmKey> {
  return {
    size,
    encode: ({ prefixlen, data }) => {
      const bits = (size - 4) * 8;
      if (!(Number.isInteger(prefixlen) && prefixlen >= 0 && prefixlen <= bits)) {
        throw new ArgumentError({
          message: `a prefix of ${prefixlen} bits in a key of ${bits}`,
          remedy: `Give 0 to ${bits} bits.`,
        });
      }
      const bytes = new Uint8Array(size);
      bytes.set(word(prefixlen));
      bytes.set(checkSize('key', data, size - 4), 4);
      return bytes;
    },
    decode: (bytes) => ({ prefixlen: firstWord(bytes), data: bytes.slice(4) }),
  };
}

const OBJECTS: Codec<number, HasFd> = {
  size: 4,
  encode: (object) => {
    if (typeof object?.fd === 'number') return word(object.fd);
    throw new ArgumentError({
      message: `a value that is ${typeof object}, where a map or program is needed`,
      remedy: 'Give the BpfMap or BpfProgram itself. (An id is no fd.)',
    });
  },
  decode: firstWord,
};

/** A number of 32 bits as the kernel reads it: an index, an fd. */
export function word(number: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(number).buffer);
}

function firstWord(bytes: Uint8Array): number {
  return new Uint32Array(bytes.slice(0, 4).buffer)[0]!;
}
