import type { Decoder } from '../btf/index.ts';
import { ArgumentError, BpfSyscallError } from '../errors/index.ts';
import { MapType } from '../spec/index.ts';
import { mapDelete, mapInfo, mapUpdate, onlineCpus } from '../sys/index.ts';
import { cursorForm, formOf, type HeldRecord, heldForm } from './form.ts';
import { PerfSource } from './perf-source.ts';
import { register, unregister } from './registry.ts';
import { positive, RingReader, type Shared } from './ring-reader.ts';
import { RingStream } from './ring-stream.ts';

/** Pages of each CPU's ring unless told otherwise: 256 KiB where pages are 4 KiB. */
const DEFAULT_PAGES = 64;

/** What a {@link PerfBuffer} is made of. */
export interface PerfBufferOptions<E> {
  /** For messages. Default: the map's name in the kernel. */
  readonly name?: string;
  /** Makes events of samples. Without it events are bytes. */
  readonly decoder?: Decoder<E>;
  /** Pages of memory for each CPU: a power of two. Default 64. */
  readonly pages?: number;
  /** Samples on one CPU after which the reader is woken: more are cheaper and come later. Default 1. */
  readonly wakeupEvents?: number;
}

/** Counts of a perf buffer. */
export interface PerfStats {
  /** Samples handed to handlers and loops. */
  readonly delivered: number;
  /** Samples that the kernel had no room for, as far as was read: it tells with the next sample on that CPU. */
  readonly lost: number;
  /** The same by CPU, of those that lost any. */
  readonly lostByCpu: ReadonlyMap<number, number>;
}

/**
 * The reader of a `PERF_EVENT_ARRAY`, into which programs write with `bpf_perf_event_output`: one ring for each CPU
 * that is online when it is opened. For programs from before the ring buffer (Linux 5.8), which is cheaper and keeps order.
 *
 * Contract: that of {@link RingBuffer}. Besides,
 * - samples that are there together are handed out by time; of those that are not, a later one may come first;
 * - the bytes of a sample may end with up to 7 bytes of padding, as the kernel gives them;
 * - losses are counted ({@link PerfStats.lost}) and announced on the channel `ringtail:ring.dropped`.
 *
 * @example
 * ```ts
 * const buffer = PerfBuffer.open(object.maps.events.fd, { decoder });
 * for await (const event of buffer) console.log(buffer.cpu, event);
 * ```
 */
export class PerfBuffer<E> extends RingStream<E> implements Disposable {
  /** Events read through one cursor that moves from sample to sample: valid only inside the handler. */
  readonly cursor: RingReader<Readonly<E>>;
  /** The same samples as copies of their bytes. */
  readonly bytes: PerfBuffer<Uint8Array>;
  /** The same records, each decoded or copied inside the handler if it asks for that. */
  readonly held: RingReader<HeldRecord<E>>;
  readonly #shared: Shared<PerfSource>;

  private constructor(shared: Shared<PerfSource>, decoder: Decoder<E> | undefined) {
    const { source } = shared;
    super(shared, formOf(source, decoder));
    this.#shared = shared;
    this.held = new RingReader(shared, heldForm(source, decoder));
    if (decoder === undefined) {
      this.bytes = this as PerfBuffer<unknown> as PerfBuffer<Uint8Array>;
      this.cursor = this;
    } else {
      this.bytes = new PerfBuffer<Uint8Array>(shared, undefined);
      this.cursor = new RingReader(shared, cursorForm(source, decoder));
    }
  }

  /**
   * Opens a ring for each CPU and puts it into the map, whose fd somebody else owns and closes, after this
   * [`perf_buffer__new`]. Another reader of the map, in whatever process, gets no more samples.
   *
   * @throws ArgumentError when the fd is no such map, or for an option that cannot be; BusyError when it has a
   *   reader in this process; PermissionError, BpfSyscallError.
   */
  static open<E = Uint8Array>(fd: number, options: PerfBufferOptions<E> = {}): PerfBuffer<E> {
    const info = mapInfo(fd, options.name === undefined ? `fd ${fd}` : `perf buffer ${options.name}`);
    const name = options.name ?? info.name;
    if (info.type !== MapType.PERF_EVENT_ARRAY) {
      throw new ArgumentError({
        message: `map ${name} is of type ${info.type}, not BPF_MAP_TYPE_PERF_EVENT_ARRAY (${MapType.PERF_EVENT_ARRAY})`,
        remedy: 'Name an array of perf events; ring buffers are read with RingBuffer.',
      });
    }
    const pages = checkPages(name, options.pages ?? DEFAULT_PAGES);
    const wakeupEvents = positive('wakeupEvents', options.wakeupEvents ?? 1);
    register(info.id, name, 'consumer');
    let source: PerfSource | undefined;
    try {
      const cpus = onlineCpus().filter((cpu) => cpu < info.maxEntries);
      source = new PerfSource(name, { cpus, pages, wakeupEvents });
      for (const ring of source.parts) mapUpdate(fd, `map ${name}`, word(ring.cpu), word(ring.fd));
      return new PerfBuffer(sharedOf(source, fd, info.id), options.decoder);
    } catch (error) {
      source?.close();
      unregister(info.id);
      throw error;
    }
  }

  /** The map's id in the kernel. */
  get mapId(): number {
    return this.#shared.mapId;
  }

  /** CPU of the event that was handed out last; -1 before the first one. */
  get cpu(): number {
    return this.#shared.source.cpu;
  }

  /** When the program wrote the event that was handed out last: nanoseconds of CLOCK_MONOTONIC (`bpf_ktime_get_ns`). */
  get time(): number {
    return this.#shared.source.time;
  }

  /** Counts of the moment. @throws ClosedError. */
  stats(): PerfStats {
    const { source } = this.#shared;
    source.assertOpen();
    const { delivered, lost, parts } = source;
    const losing = parts.filter((ring) => ring.lost > 0);
    return { delivered, lost, lostByCpu: new Map(losing.map((ring) => [ring.cpu, ring.lost])) };
  }

  /** Ends pending loops and polls, takes the rings out of the map and unmaps them, with what is unread. Idempotent. */
  close(): void {
    this.#shared.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function sharedOf(source: PerfSource, fd: number, mapId: number): Shared<PerfSource> {
  const close = (): void => {
    if (source.closed) return;
    try {
      const what = `map ${source.name}`;
      if (isMap(fd, mapId)) for (const ring of source.parts) mapDelete(fd, what, word(ring.cpu));
    } finally {
      source.close();
      unregister(mapId);
    }
  };
  return { source, mapId, dropped: () => BigInt(source.lost), announced: 0n, close };
}

/** Where the fd was closed before us the rings have left the map already, and its number may be another map's now. */
function isMap(fd: number, mapId: number): boolean {
  try {
    return mapInfo(fd, `fd ${fd}`).id === mapId;
  } catch (error) {
    if (error instanceof BpfSyscallError) return false;
    throw error;
  }
}

function checkPages(name: string, pages: number): number {
  if (Number.isInteger(pages) && pages > 0 && pages <= 2 ** 18 && (pages & (pages - 1)) === 0) return pages;
  throw new ArgumentError({
    message: `perf buffer ${name}: ${pages} pages`,
    remedy: `Give a power of two up to ${2 ** 18}.`,
  });
}

function word(number: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(number).buffer);
}
