import { HOST_LITTLE_ENDIAN } from '../btf/memory.ts';
import { native } from './native.ts';

const encoder = new TextEncoder();

/**
 * One `union bpf_attr` (or another struct that goes to the kernel), filled field by field.
 *
 * It holds on to every buffer whose address it contains: keep the Attr reachable until the call has returned.
 */
export class Attr {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #referenced: Uint8Array[] = [];

  /**
   * @param size bytes; the kernel takes a shorter union than its own and refuses non-zero bytes in a longer one. Or
   *   the bytes of a struct that came from the kernel, to read it.
   */
  constructor(size: number | Uint8Array) {
    this.bytes = typeof size === 'number' ? new Uint8Array(size) : size;
    this.#view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  }

  u16(offset: number, value: number): this {
    this.#view.setUint16(offset, value, HOST_LITTLE_ENDIAN);
    return this;
  }

  u32(offset: number, value: number): this {
    this.#view.setUint32(offset, value, HOST_LITTLE_ENDIAN);
    return this;
  }

  u64(offset: number, value: bigint | number): this {
    this.#view.setBigUint64(offset, BigInt.asUintN(64, BigInt(value)), HOST_LITTLE_ENDIAN);
    return this;
  }

  /** The address of `bytes`, or a null pointer. */
  pointer(offset: number, bytes: Uint8Array | undefined): this {
    if (bytes === undefined) return this;
    this.#referenced.push(bytes);
    return this.u64(offset, native().addressOf(bytes));
  }

  /** The address of a NUL-terminated copy of `text`. */
  string(offset: number, text: string): this {
    return this.pointer(offset, encoder.encode(`${text}\0`));
  }

  /** The address of an array of u64. */
  u64Array(offset: number, values: readonly (bigint | number)[]): this {
    const words = BigUint64Array.from(values, (value) => BigInt.asUintN(64, BigInt(value)));
    return this.pointer(offset, new Uint8Array(words.buffer));
  }

  /** The address of an array of addresses of NUL-terminated texts. */
  stringArray(offset: number, texts: readonly string[]): this {
    const bytes = encoder.encode(texts.map((text) => `${text}\0`).join(''));
    this.#referenced.push(bytes);
    let at = native().addressOf(bytes);
    const addresses = texts.map((text) => {
      const address = at;
      at += BigInt(Buffer.byteLength(text)) + 1n;
      return address;
    });
    return this.u64Array(offset, addresses);
  }

  /** An object name (`char[16]`, NUL included): cut to 15 bytes, what the kernel forbids replaced by `_`. */
  name(offset: number, name: string): this {
    this.bytes.set(encoder.encode(name.replace(/[^A-Za-z0-9_.]/g, '_').slice(0, 15)), offset);
    return this;
  }

  readU16(offset: number): number {
    return this.#view.getUint16(offset, HOST_LITTLE_ENDIAN);
  }

  readU32(offset: number): number {
    return this.#view.getUint32(offset, HOST_LITTLE_ENDIAN);
  }

  readU64(offset: number): bigint {
    return this.#view.getBigUint64(offset, HOST_LITTLE_ENDIAN);
  }

  /** A NUL-padded name of 16 bytes. */
  readName(offset: number): string {
    return cString(this.bytes, offset, 16);
  }
}

/** The text before the first NUL of a fixed-size array of `char`. */
export function cString(bytes: Uint8Array, offset: number, size: number): string {
  const slice = bytes.subarray(offset, offset + size);
  const end = slice.indexOf(0);
  return Buffer.from(end < 0 ? slice : slice.subarray(0, end)).toString('utf8');
}
