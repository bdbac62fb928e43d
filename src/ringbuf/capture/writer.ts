import { extractType, HOST_LITTLE_ENDIAN } from '../../btf/index.ts';
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

/**
 * Makes the bytes of a capture, in the order of this machine. Where they go is the caller's business.
 *
 * @example
 * ```ts
 * const writer = new CaptureWriter(info);
 * file.writeSync(writer.begin());
 * for await (const items of tap.items()) file.writeSync(writer.add(items, process.hrtime.bigint()));
 * file.writeSync(writer.end());
 * ```
 */
export class CaptureWriter {
  readonly #info: CaptureInfo;
  #records = 0n;
  #crc = 0;

  constructor(info: CaptureInfo) {
    this.#info = info;
  }

  /** What the file begins with. @throws ArgumentError for a type that no event has. */
  begin(): Uint8Array {
    const { event } = this.#info;
    const header = new Uint8Array(FILE_HEADER_SIZE);
    header.set(MAGIC);
    const view = new DataView(header.buffer);
    view.setUint32(8, ORDER, HOST_LITTLE_ENDIAN);
    view.setUint32(12, VERSION, HOST_LITTLE_ENDIAN);
    const parts = [header, this.#ring()];
    if (event !== undefined) {
      const { bytes, id } = extractType(event.btf, event.id);
      const type = block(Block.TYPE, TYPE_SIZE + bytes.length);
      type.view.setUint32(0, id, HOST_LITTLE_ENDIAN);
      type.payload.set(bytes, TYPE_SIZE);
      parts.push(type.bytes);
    }
    return this.#summed(parts);
  }

  /** The blocks of what a tap saw. @param monotonicTime when it saw it, in nanoseconds. */
  add(items: readonly TapItem[], monotonicTime: bigint): Uint8Array {
    const time = monotonicTime - this.#info.monotonicTime;
    const parts = items.map((item) => {
      const isRecord = item.kind === 'record';
      const { bytes, view, payload } = isRecord
        ? block(Block.RECORD, RECORD_SIZE + item.bytes.length)
        : block(Block.GAP, GAP_SIZE);
      view.setBigUint64(0, time, HOST_LITTLE_ENDIAN);
      view.setBigUint64(8, item.position, HOST_LITTLE_ENDIAN);
      if (isRecord) {
        this.#records++;
        payload.set(item.bytes, RECORD_SIZE);
      } else {
        const records = item.records === undefined ? UNKNOWN : BigInt(item.records);
        view.setBigUint64(16, item.bytes, HOST_LITTLE_ENDIAN);
        view.setBigUint64(24, records, HOST_LITTLE_ENDIAN);
      }
      return bytes;
    });
    return this.#summed(parts);
  }

  /** What the file ends with; one without it was cut short. */
  end(): Uint8Array {
    const { bytes, view } = block(Block.END, END_SIZE);
    view.setBigUint64(0, this.#records, HOST_LITTLE_ENDIAN);
    view.setUint32(8, this.#crc, HOST_LITTLE_ENDIAN);
    return bytes;
  }

  #ring(): Uint8Array {
    const { name, mapId, size, kernel, wallTime, monotonicTime } = this.#info;
    const encoder = new TextEncoder();
    const texts = [name, kernel].map((text) => encoder.encode(text));
    const { bytes, view, payload } = block(Block.RING, RING_SIZE + texts[0]!.length + texts[1]!.length);
    view.setBigUint64(0, wallTime, HOST_LITTLE_ENDIAN);
    view.setBigUint64(8, monotonicTime, HOST_LITTLE_ENDIAN);
    view.setBigUint64(16, BigInt(size), HOST_LITTLE_ENDIAN);
    view.setUint32(24, mapId, HOST_LITTLE_ENDIAN);
    view.setUint32(28, texts[0]!.length, HOST_LITTLE_ENDIAN);
    view.setUint32(32, texts[1]!.length, HOST_LITTLE_ENDIAN);
    payload.set(texts[0]!, RING_SIZE);
    payload.set(texts[1]!, RING_SIZE + texts[0]!.length);
    return bytes;
  }

  #summed(parts: readonly Uint8Array[]): Uint8Array {
    const bytes = Buffer.concat(parts);
    this.#crc = crc32(bytes, this.#crc);
    return bytes;
  }
}

function block(kind: number, length: number): { bytes: Uint8Array; view: DataView; payload: Uint8Array } {
  const bytes = new Uint8Array(BLOCK_HEADER_SIZE + padded(length));
  const header = new DataView(bytes.buffer);
  header.setUint32(0, kind, HOST_LITTLE_ENDIAN);
  header.setUint32(4, length, HOST_LITTLE_ENDIAN);
  return {
    bytes,
    view: new DataView(bytes.buffer, BLOCK_HEADER_SIZE),
    payload: bytes.subarray(BLOCK_HEADER_SIZE),
  };
}
