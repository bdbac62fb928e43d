import { Btf } from '../../btf/index.ts';
import { ObjectFormatError, RingtailError } from '../../errors/index.ts';
import type { TapItem } from '../ring-tap.ts';
import {
  BLOCK_HEADER_SIZE,
  Block,
  type CaptureInfo,
  crc32,
  END_SIZE,
  FILE_HEADER_SIZE,
  GAP_SIZE,
  MAGIC,
  ORDER,
  padded,
  RECORD_SIZE,
  RING_SIZE,
  TYPE_SIZE,
  UNKNOWN,
  VERSION,
} from './format.ts';

/** Longest block of a kind, in bytes; of one that is not known, and of records once the ring's size is. */
const LONGEST: Readonly<Record<number, number>> = {
  [Block.RING]: 4096,
  [Block.TYPE]: 1 << 24,
  [Block.GAP]: GAP_SIZE,
  [Block.END]: END_SIZE,
};
const LONGEST_UNKNOWN = 1 << 24;
const LARGEST_RING = 2 ** 31;

/** A record or gap of a capture, and when the tap saw it: nanoseconds of `CLOCK_MONOTONIC`. */
export type CapturedItem = TapItem & { readonly time: bigint };

/** A capture: what it says about its ring, and its records as they are read. */
export interface Capture {
  readonly info: CaptureInfo;
  /** To be read once. @throws ObjectFormatError behind the last record that is whole. */
  readonly items: AsyncGenerator<CapturedItem, void, undefined>;
}

interface RawBlock {
  readonly kind: number;
  /** Of the payload in the file. */
  readonly offset: number;
  readonly view: DataView;
  readonly bytes: Uint8Array;
  /** CRC-32 of the file before it. */
  readonly sumBefore: number;
}

/**
 * Reads a capture as its bytes come, in memory bounded by its largest record.
 *
 * @param chunks the file's bytes.
 * @param name of the file, for errors.
 * @throws ObjectFormatError where it is no capture, or what it says about its ring is damaged.
 */
export async function readCapture(chunks: AsyncIterable<Uint8Array>, name: string): Promise<Capture> {
  const reader = new CaptureReader(chunks[Symbol.asyncIterator](), name);
  const info = await reader.readInfo();
  return { info, items: reader.items() };
}

class CaptureReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #name: string;
  #littleEndian = true;
  #parts: Uint8Array[] = [];
  #size = 0;
  /** Bytes of the file before what is in `#parts`. */
  #offset = 0;
  #crc = 0;
  #ringSize = 0;
  #started = 0n;
  /** A block that was read and belongs to the records. */
  #first: RawBlock | undefined;

  constructor(chunks: AsyncIterator<Uint8Array>, name: string) {
    this.#chunks = chunks;
    this.#name = name;
  }

  async readInfo(): Promise<CaptureInfo> {
    const header = await this.#take(FILE_HEADER_SIZE, 'a file header of 16 bytes');
    if (!MAGIC.every((byte, i) => header.getUint8(i) === byte)) throw this.#error(0, 'a capture of ringtail');
    this.#littleEndian = header.getUint32(8, true) === ORDER;
    if (header.getUint32(8, this.#littleEndian) !== ORDER) throw this.#error(8, 'a byte order');
    const version = header.getUint32(12, this.#littleEndian);
    if (version !== VERSION) throw this.#error(12, `version ${VERSION} of the format, not ${version}`);
    const ring = await this.#block();
    if (ring?.kind !== Block.RING) throw this.#error(FILE_HEADER_SIZE, 'the block that tells of the ring');
    const info = this.#ring(ring);
    const type = await this.#block();
    if (type?.kind === Block.TYPE) return { ...info, event: this.#type(type) };
    this.#first = type;
    return info;
  }

  async *items(): AsyncGenerator<CapturedItem, void, undefined> {
    let records = 0n;
    for (;;) {
      const block = this.#first ?? (await this.#block());
      this.#first = undefined;
      if (block === undefined)
        throw this.#error(this.#offset, 'the block that ends a capture: it was cut short');
      const { kind, view, bytes, offset } = block;
      const u64 = (at: number): bigint => view.getBigUint64(at, this.#littleEndian);
      if (kind === Block.RECORD) {
        this.#atLeast(block, RECORD_SIZE);
        records++;
        const payload = bytes.slice(RECORD_SIZE);
        yield { kind: 'record', time: this.#started + u64(0), position: u64(8), bytes: payload };
      } else if (kind === Block.GAP) {
        this.#atLeast(block, GAP_SIZE);
        const known = u64(24);
        if (known !== UNKNOWN && known > BigInt(Number.MAX_SAFE_INTEGER)) {
          throw this.#error(offset + 24, 'a number of records');
        }
        yield {
          kind: 'gap',
          time: this.#started + u64(0),
          position: u64(8),
          bytes: u64(16),
          records: known === UNKNOWN ? undefined : Number(known),
        };
      } else if (kind === Block.END) {
        this.#atLeast(block, END_SIZE);
        if (u64(0) !== records) throw this.#error(offset, `${u64(0)} records before it, not ${records}`);
        if (view.getUint32(12, this.#littleEndian) !== 0) throw this.#error(offset + 12, 'zeros');
        if (view.getUint32(8, this.#littleEndian) !== block.sumBefore)
          throw this.#error(offset + 8, 'the checksum of the file');
        return;
      }
    }
  }

  #ring(block: RawBlock): CaptureInfo {
    this.#atLeast(block, RING_SIZE);
    const { view, bytes, offset } = block;
    const u32 = (at: number): number => view.getUint32(at, this.#littleEndian);
    const size = view.getBigUint64(16, this.#littleEndian);
    const [nameLength, kernelLength] = [u32(28), u32(32)];
    if (size === 0n || size > LARGEST_RING)
      throw this.#error(offset + 16, `a ring of at most ${LARGEST_RING} bytes`);
    if (RING_SIZE + nameLength + kernelLength > bytes.length) {
      throw this.#error(offset + 28, `names of ${bytes.length - RING_SIZE} bytes`);
    }
    const text = (at: number, length: number): string =>
      new TextDecoder().decode(bytes.subarray(at, at + length));
    this.#ringSize = Number(size);
    this.#started = view.getBigUint64(8, this.#littleEndian);
    return {
      name: text(RING_SIZE, nameLength),
      mapId: u32(24),
      size: this.#ringSize,
      kernel: text(RING_SIZE + nameLength, kernelLength),
      wallTime: view.getBigUint64(0, this.#littleEndian),
      monotonicTime: this.#started,
    };
  }

  #type(block: RawBlock): CaptureInfo['event'] {
    this.#atLeast(block, TYPE_SIZE);
    try {
      const btf = Btf.parse(block.bytes.slice(TYPE_SIZE), { name: `${this.#name}: type of the events` });
      const id = block.view.getUint32(0, this.#littleEndian);
      btf.sizeof(id);
      return { btf, id };
    } catch (cause) {
      if (!(cause instanceof RingtailError)) throw cause;
      throw this.#error(block.offset, `the type of the events (${cause.message})`, cause);
    }
  }

  /** The next block; undefined at the end of the file. */
  async #block(): Promise<RawBlock | undefined> {
    const sumBefore = this.#crc;
    if (!(await this.#has(1))) return undefined;
    const at = this.#offset;
    const header = await this.#take(BLOCK_HEADER_SIZE, 'a block of 8 bytes or more');
    const kind = header.getUint32(0, this.#littleEndian);
    const length = header.getUint32(4, this.#littleEndian);
    const longest = kind === Block.RECORD ? RECORD_SIZE + this.#ringSize : (LONGEST[kind] ?? LONGEST_UNKNOWN);
    if (length > longest) throw this.#error(at + 4, `a block of at most ${longest} bytes, not ${length}`);
    const offset = this.#offset;
    const view = await this.#take(padded(length), `${padded(length)} bytes of a block`);
    return { kind, offset, view, bytes: new Uint8Array(view.buffer, view.byteOffset, length), sumBefore };
  }

  #atLeast({ bytes, offset }: RawBlock, size: number): void {
    if (bytes.length < size)
      throw this.#error(offset, `a block of ${size} bytes or more, not ${bytes.length}`);
  }

  async #has(size: number): Promise<boolean> {
    while (this.#size < size) {
      const { value, done } = await this.#chunks.next();
      if (done) return false;
      this.#parts.push(value);
      this.#size += value.length;
    }
    return true;
  }

  async #take(size: number, expected: string): Promise<DataView> {
    if (!(await this.#has(size))) {
      throw this.#error(this.#offset + this.#size, `${expected}: it was cut short`);
    }
    // Put together only when all of it is there: many small chunks cost no more than few.
    const all = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
    const taken = all.subarray(0, size);
    this.#parts = [all.subarray(size)];
    this.#size -= size;
    this.#offset += size;
    this.#crc = crc32(taken, this.#crc);
    return new DataView(taken.buffer, taken.byteOffset, size);
  }

  #error(offset: number, expected: string, cause?: unknown): ObjectFormatError {
    return new ObjectFormatError({ what: this.#name, offset, expected, cause });
  }
}
