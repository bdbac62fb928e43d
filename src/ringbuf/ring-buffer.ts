import type { Decoder } from '../btf/index.ts';
import { ArgumentError } from '../errors/index.ts';
import { MapType } from '../spec/index.ts';
import { closeFd, mapInfo, objectGet, openById } from '../sys/index.ts';
import { Consumer } from './consumer.ts';
import { cursorForm, formOf, type HeldRecord, heldForm } from './form.ts';
import { KernelPages } from './pages.ts';
import { queryRing, type RingPositions } from './query.ts';
import { register, unregister } from './registry.ts';
import { RingReader, type Shared } from './ring-reader.ts';
import type { RingStats } from './ring-stats.ts';
import { RingStream } from './ring-stream.ts';
import { type InWorkerOptions, WorkerRing } from './worker-ring.ts';

/** What the forms of one ring in the kernel share. */
interface KernelRing extends Shared<Consumer> {
  readonly pages: KernelPages;
  /** The worker that reads it, while there is one. */
  worker: WorkerRing<unknown> | undefined;
}

/** What a {@link RingBuffer} is made of. */
export interface RingBufferOptions<E> {
  /** For messages. Default: the map's name in the kernel. */
  readonly name?: string;
  /** Makes events of records. Without it events are bytes. */
  readonly decoder?: Decoder<E>;
  /** Reads how many records the program failed to place so far. */
  readonly dropped?: () => bigint;
}

/**
 * The consumer of a BPF ring buffer.
 *
 * Contract:
 * - An iterator publishes an item (gives its room back to the kernel) when the *next* one is asked for. A loop whose body
 *   throws or breaks leaves its record in the ring; the next reader gets it.
 * - A handler that throws consumes its record and ends the call.
 * - What was not published when the process dies is delivered again to the next consumer.
 * - `break` and abort do not close the ring; `close()` ends pending loops and polls.
 * - Pausing is not asking for more. What then overflows is dropped by the kernel, counted in
 *   {@link RingStats.dropped} where the program counts it, and announced on the diagnostics channel
 *   `ringtail:ring.dropped` ({@link RingDropped}).
 *
 * @example
 * ```ts
 * for await (const event of ring) console.log(event.pid);
 * ```
 */
export class RingBuffer<E> extends RingStream<E> implements Disposable {
  /** Events read in place through one cursor that moves from record to record: valid only inside the handler. */
  readonly cursor: RingReader<Readonly<E>>;
  /** The same ring as copies of its bytes. */
  readonly bytes: RingBuffer<Uint8Array>;
  /** The same records, each decoded or copied inside the handler if it asks for that. */
  readonly held: RingReader<HeldRecord<E>>;
  readonly #shared: KernelRing;
  readonly #decoder: Decoder<E> | undefined;

  private constructor(shared: KernelRing, decoder: Decoder<E> | undefined) {
    const { source } = shared;
    super(shared, formOf(source, decoder));
    this.#shared = shared;
    this.#decoder = decoder;
    this.held = new RingReader(shared, heldForm(source, decoder));
    if (decoder === undefined) {
      this.bytes = this as RingBuffer<unknown> as RingBuffer<Uint8Array>;
      this.cursor = this;
    } else {
      this.bytes = new RingBuffer<Uint8Array>(shared, undefined);
      this.cursor = new RingReader(shared, cursorForm(source, decoder));
    }
  }

  /**
   * Becomes the consumer of a ring whose fd somebody else owns and closes, after this.
   *
   * @throws BusyError when the ring has a consumer in this process; ArgumentError when the fd is no ring.
   */
  static open<E = Uint8Array>(fd: number, options: RingBufferOptions<E> = {}): RingBuffer<E> {
    return RingBuffer.#open(fd, options, () => {});
  }

  /**
   * Becomes the consumer of a ring pinned on a bpffs, where the one before left off. There must be no other: two
   * consumers of one ring in different processes steal each other's records, and nobody can tell.
   *
   * @param pin path, such as `/sys/fs/bpf/events`.
   * @throws BusyError, BpfSyscallError, PermissionError, ArgumentError.
   */
  static takeOver<E = Uint8Array>(pin: string, options: RingBufferOptions<E> = {}): RingBuffer<E> {
    return RingBuffer.#openOwn(objectGet(pin), options);
  }

  /**
   * {@link takeOver} of a ring by its id, such as one that a map of maps holds.
   *
   * @throws as takeOver; ids take CAP_SYS_ADMIN.
   */
  static takeOverId<E = Uint8Array>(id: number, options: RingBufferOptions<E> = {}): RingBuffer<E> {
    return RingBuffer.#openOwn(openById('MAP', id), options);
  }

  static #openOwn<E>(fd: number, options: RingBufferOptions<E>): RingBuffer<E> {
    try {
      return RingBuffer.#open(fd, options, () => closeFd(fd));
    } catch (error) {
      closeFd(fd);
      throw error;
    }
  }

  static #open<E>(fd: number, options: RingBufferOptions<E>, onClose: () => void): RingBuffer<E> {
    const info = mapInfo(fd, options.name === undefined ? `fd ${fd}` : `ring ${options.name}`);
    const name = options.name ?? info.name;
    if (info.type !== MapType.RINGBUF) {
      throw new ArgumentError({
        message: `map ${name} is of type ${info.type}, not BPF_MAP_TYPE_RINGBUF (${MapType.RINGBUF})`,
        remedy: 'Name a ring buffer; `bpftool map` lists the maps of this machine.',
      });
    }
    register(info.id, name, 'consumer');
    try {
      const pages = new KernelPages(fd, name, info.maxEntries);
      const consumer = new Consumer(name, pages);
      const close = (): void => {
        if (consumer.closed) return;
        try {
          shared.worker?.close();
          consumer.close();
        } finally {
          unregister(info.id);
          opened.delete(info.id);
          onClose();
        }
      };
      const shared: KernelRing = {
        source: consumer,
        pages,
        worker: undefined,
        mapId: info.id,
        dropped: options.dropped,
        announced: 0n,
        close,
      };
      const ring = new RingBuffer(shared, options.decoder);
      opened.set(info.id, ring);
      return ring;
    } catch (error) {
      unregister(info.id);
      throw error;
    }
  }

  /**
   * Lets a worker thread drain the ring into memory, from which it is read here: nothing is dropped while this thread is busy,
   * as long as the memory lasts. Until the WorkerRing is closed this RingBuffer cannot be read otherwise (BusyError), and
   * closing this one closes it.
   *
   * @see WorkerRing for what it costs: copied records are lost when the process dies before they are read.
   * @throws BusyError when somebody reads the ring; ArgumentError for a backlog of another size; BpfSyscallError, ClosedError.
   * @example
   * ```ts
   * using ring = object.rings.events.inWorker({ backlog: 256 * 1024 * 1024 });
   * for await (const batch of ring.batches()) await store(batch);
   * ```
   */
  inWorker(options: InWorkerOptions = {}): WorkerRing<E> {
    const shared = this.#shared;
    const { source, pages } = shared;
    source.claim('a worker thread');
    const onClose = (): void => {
      shared.worker = undefined;
      source.follow();
      source.release();
    };
    try {
      const parts = { shared, pages, decoder: this.#decoder, stats: () => this.stats(), onClose };
      const worker = WorkerRing.start<E>(parts, options);
      shared.worker = worker;
      return worker;
    } catch (error) {
      source.release();
      throw error;
    }
  }

  /** The map's id in the kernel. */
  get mapId(): number {
    return this.#shared.mapId;
  }

  /** Positions and counts of the moment. @throws ClosedError. */
  stats(): RingStats {
    const { source: consumer, dropped, worker } = this.#shared;
    consumer.assertOpen();
    if (worker !== undefined) consumer.follow();
    // The consumer's first: the producer's, read later, cannot be behind it.
    const consumerPosition = consumer.consumerPosition;
    const producerPosition = consumer.producerPosition;
    const { stalledSince } = consumer;
    return {
      size: consumer.size,
      available: Number(producerPosition - consumerPosition),
      consumerPosition,
      producerPosition,
      delivered: consumer.delivered,
      discarded: consumer.discarded,
      handlerMs: consumer.handlerTime.ms,
      ...(dropped === undefined ? {} : { dropped: dropped() }),
      ...(stalledSince === undefined ? {} : { stalledSince }),
    };
  }

  /** Asks the kernel's `bpf_ringbuf_query`; see {@link queryRing}. @throws ClosedError, PermissionError. */
  query(): RingPositions {
    this.#shared.source.assertOpen();
    return queryRing(this.#shared.pages.fd);
  }

  /** Ends pending loops and polls and unmaps the ring; its unread records stay. Idempotent. */
  close(): void {
    this.#shared.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** The consumers of this thread by map id. */
const opened = new Map<number, RingBuffer<unknown>>();

/** The consumer that this thread has of a ring, if it has one. */
export function consumerOf(mapId: number): Pick<RingBuffer<unknown>, 'stats'> | undefined {
  return opened.get(mapId);
}
