import assert from 'node:assert/strict';
import { createDecoder } from '../../../src/btf/index.ts';
import { BpfMap, type BpfObject, load, type RingTypes } from '../../../src/kernel/index.ts';
import { RingBuffer } from '../../../src/ringbuf/index.ts';
import type { ObjectSpec, ProgramSpec } from '../../../src/spec/index.ts';
import {
  CONTEXT,
  dynptr,
  output,
  PAYLOAD_SIZE,
  query,
  reserve,
  type Sample,
  sampleType,
} from './programs.ts';

/** Flags of one record. */
export interface SendOptions {
  readonly flags?: number;
  readonly size?: number;
  readonly discard?: boolean;
  readonly producer?: number;
  /** The program that sends it. */
  readonly by?: string;
}

export const PAGE = 4096;

/** Rings of a page, to be watched. */
export function manyRings(count: number): BpfMap[] {
  return Array.from({ length: count }, (_, i) =>
    BpfMap.create({ name: `ring${i}`, type: 'RINGBUF', maxEntries: PAGE }),
  );
}

/** A ring of samples, and programs that write to it when told to. */
export class Producer {
  readonly object: BpfObject<RingTypes<{ ring: Sample }>>;

  private constructor(object: BpfObject<RingTypes<{ ring: Sample }>>) {
    this.object = object;
  }

  static async create(
    size: number = PAGE,
    programs: readonly ProgramSpec[] = [reserve(), output()],
  ): Promise<Producer> {
    return new Producer(await load<{ ring: Sample }>(producerSpec(size, programs)));
  }

  /** One whose ring says nothing of what is in its records. */
  static async untyped(): Promise<Producer> {
    const { maps, ...rest } = producerSpec(PAGE, [reserve(), output()]);
    return new Producer(await load({ ...rest, maps: maps.map(({ event: _, ...map }) => map) }));
  }

  get ring(): RingBuffer<Sample> {
    return this.object.rings.ring;
  }

  /** Runs a program once. @returns what the helper said: 0, or less where it failed. */
  send(sequence: number, options: SendOptions = {}): number {
    const context = new DataView(new ArrayBuffer(CONTEXT.length));
    context.setUint32(0, options.producer ?? 0, true);
    context.setUint32(4, sequence, true);
    context.setBigUint64(CONTEXT.flags, BigInt(options.flags ?? 0), true);
    context.setUint32(CONTEXT.size, options.size ?? 8, true);
    context.setUint32(CONTEXT.discard, options.discard ? 1 : 0, true);
    const bytes = new Uint8Array(context.buffer);
    this.object.programs[options.by ?? 'reserve']!.run({ ctx: bytes });
    return Number(context.getBigInt64(CONTEXT.result, true));
  }

  /** Sends records with the sequence numbers `from` to `to - 1`, each of which must find room. */
  sendRange(from: number, to: number, options: SendOptions = {}): void {
    for (let sequence = from; sequence < to; sequence++) assert.equal(this.send(sequence, options), 0);
  }

  /** Sends one record of `size` bytes, too short for a sample if below 8. */
  sendBytes(size: number, sequence = 0, flags = 0): number {
    return this.send(sequence, { by: 'output', size, flags });
  }

  /** Another consumer of the ring, after {@link ring} was closed. */
  reopen(): RingBuffer<Sample> {
    const { btf, id } = sampleType();
    return RingBuffer.open(this.object.maps['ring']!.fd, { decoder: createDecoder<Sample>(btf, id) });
  }

  async close(): Promise<void> {
    await this.object.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The object of a {@link Producer}: the ring, and whatever its programs use. */
export function producerSpec(size: number, programs: readonly ProgramSpec[]): ObjectSpec {
  return {
    name: 'producer',
    license: 'Dual BSD/GPL',
    maps: [
      { name: 'ring', type: 'RINGBUF', maxEntries: size, event: sampleType(), dropCounter: 'dropped' },
      { name: 'dropped', type: 'PERCPU_ARRAY', keySize: 4, valueSize: 8, maxEntries: 1 },
      { name: 'payload', type: 'ARRAY', keySize: 4, valueSize: PAYLOAD_SIZE, maxEntries: 1 },
    ],
    programs,
  };
}

/** All programs that send or ask. */
export function allPrograms(): ProgramSpec[] {
  return [reserve(), output(), dynptr(), query()];
}

/** Sequence numbers of a batch, or of what a call delivered. */
export function sequences(samples: Iterable<Sample>): number[] {
  return Array.from(samples, (sample) => sample.sequence);
}

/** The numbers `from` to `to - 1`. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** Takes what is there now. */
export function takeAll(ring: RingBuffer<Sample>): number[] {
  const taken: number[] = [];
  ring.consume((sample) => void taken.push(sample.sequence));
  return taken;
}
