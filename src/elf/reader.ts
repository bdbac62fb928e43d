import { ObjectFormatError } from '../errors/index.ts';

/** Numbers of a file in its byte order, each read checked against the file's end. */
export class Reader {
  readonly bytes: Uint8Array;
  /** What errors call the file. */
  readonly name: string;
  readonly littleEndian: boolean;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, name: string, littleEndian: boolean) {
    // Not a Buffer, whose slice() does not copy.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.name = name;
    this.littleEndian = littleEndian;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(at: number): number {
    return this.#view.getUint8(at);
  }

  u16(at: number): number {
    return this.#view.getUint16(at, this.littleEndian);
  }

  u32(at: number): number {
    return this.#view.getUint32(at, this.littleEndian);
  }

  /** Exact below 2^53, which no file offset and no address of user space exceeds; rounded above. */
  u64(at: number): number {
    const [low, high] = this.littleEndian
      ? [this.u32(at), this.u32(at + 4)]
      : [this.u32(at + 4), this.u32(at)];
    return high * 2 ** 32 + low;
  }

  s64(at: number): bigint {
    return this.#view.getBigInt64(at, this.littleEndian);
  }

  /**
   * Checks that a range lies within the file.
   *
   * @param field where in the file its place is written, for the error.
   * @throws ObjectFormatError.
   */
  range(what: string, field: number, offset: number, size: number): void {
    if (offset + size <= this.bytes.length) return;
    throw this.error(field, `${what} that ends by byte ${this.bytes.length}, not ${offset} + ${size}`);
  }

  /** An error at an offset in the file, or at its end for what would lie behind that. */
  error(offset: number, expected: string): ObjectFormatError {
    return new ObjectFormatError({ what: this.name, offset: Math.min(offset, this.bytes.length), expected });
  }
}
