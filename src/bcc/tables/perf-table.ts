import { createDecoder } from '../../btf/index.ts';
import { ArgumentError } from '../../errors/index.ts';
import type { BpfMap } from '../../kernel/index.ts';
import { type HeldRecord, PerfBuffer, type PerfStats, type RingBufferGroup } from '../../ringbuf/index.ts';
import type { MapSpec } from '../../spec/index.ts';
import { decodeEvent } from './event.ts';
import type { RingCallback } from './ring-table.ts';
import { MapTable } from './table.ts';

/** Options of {@link PerfTable.openPerfBuffer}. */
export interface PerfBufferOptions {
  /** Pages of memory for each CPU, a power of two; 8 unless told, as in BCC. */
  readonly pageCnt?: number;
  /** Is told how many samples were lost since it was told last, after the poll that learned of it. */
  readonly lostCb?: (lost: number) => void;
  /** Samples on one CPU after which the reader is woken; 1 unless told. */
  readonly wakeupEvents?: number;
}

/** A table that `BPF_PERF_OUTPUT` declares. */
export class PerfTable<E> extends MapTable<Uint8Array, Uint8Array> {
  readonly #group: RingBufferGroup;
  #buffer: PerfBuffer<E> | undefined;
  #lostCb: ((lost: number) => void) | undefined;
  #told = 0;

  /** @internal */
  constructor(spec: MapSpec, map: BpfMap, group: RingBufferGroup) {
    super(spec, map);
    this.#group = group;
  }

  /**
   * Opens a buffer for each CPU: from now on `BPF.perfBufferPoll()` and `BPF.perfBufferConsume()` call `callback` with
   * each sample and the CPU that it was taken on.
   *
   * @throws BusyError when it is open already; ArgumentError for an option that cannot be; PermissionError,
   *   BpfSyscallError.
   */
  openPerfBuffer(callback: RingCallback<E, number>, options: PerfBufferOptions = {}): void {
    const { name, event } = this.spec;
    const buffer = PerfBuffer.open<E>(this.map.fd, {
      name,
      pages: options.pageCnt ?? 8,
      ...(options.wakeupEvents === undefined ? {} : { wakeupEvents: options.wakeupEvents }),
      ...(event === undefined ? {} : { decoder: createDecoder<E>(event.btf, event.id) }),
    });
    this.#buffer = buffer;
    this.#lostCb = options.lostCb;
    this.#group.add(buffer.held, (data) => callback(buffer.cpu, data, data.length));
  }

  /** The sample as an object, of the type that the program submits. @throws as `RingTable.event`. */
  event(data: HeldRecord<E> | Uint8Array): E {
    return decodeEvent(this.spec, data);
  }

  /** Counts since it was opened. @throws ArgumentError before. */
  stats(): PerfStats {
    return this.#opened().stats();
  }

  /** Samples that the kernel had no room for, as far as it has told. @throws ArgumentError before it is open. */
  get lost(): bigint {
    return BigInt(this.#opened().stats().lost);
  }

  #opened(): PerfBuffer<E> {
    if (this.#buffer !== undefined) return this.#buffer;
    throw new ArgumentError({
      message: `perf buffer ${this.name} is not open`,
      remedy: `Call b.get('${this.name}').openPerfBuffer(callback) first.`,
    });
  }

  /** Tells of losses since it told last. @internal */
  tellLost(): void {
    if (this.#buffer === undefined || this.#lostCb === undefined) return;
    const { lost } = this.#buffer.stats();
    const more = lost - this.#told;
    this.#told = lost;
    if (more > 0) this.#lostCb(more);
  }

  /** @internal */
  close(): void {
    this.#buffer?.close();
  }
}
