import type { Decoder } from '../btf/index.ts';
import { Consumer } from './consumer.ts';
import { cursorForm, formOf, type HeldRecord, heldForm } from './form.ts';
import type { KernelPages } from './pages.ts';
import { RingReader, type Shared } from './ring-reader.ts';
import type { RingStats } from './ring-stats.ts';
import { RingStream } from './ring-stream.ts';
import { RingThread } from './ring-thread.ts';
import type { Head } from './source.ts';
import { checkPeriod } from './wait.ts';

/** Options of {@link RingBuffer.inWorker}. */
export interface InWorkerOptions {
  /**
   * Most bytes of records that the worker holds: a power of two, no less than the ring's size. Memory is taken when it is
   * first filled. Default: 64 MiB, or the ring's size if that is more.
   */
  readonly backlog?: number;
}

/** State of a ring that a worker drains. Positions and `available` are those of the ring in the kernel. */
export interface WorkerRingStats extends RingStats {
  /** Bytes that the worker has copied and nobody has read yet, with the records' headers. */
  readonly backlog: number;
  /** Most bytes that it may hold. */
  readonly backlogSize: number;
}

const DEFAULT_BACKLOG = 64 * 1024 * 1024;

/** What a {@link WorkerRing} is made of. @internal */
export interface WorkerRingParts<E> {
  /** Of the ring in the kernel, whose source nobody else reads meanwhile. */
  readonly shared: Shared<Consumer>;
  readonly pages: KernelPages;
  readonly decoder: Decoder<E> | undefined;
  readonly stats: () => RingStats;
  /** Called once, when the worker has left the ring: it may be read otherwise again. */
  readonly onClose: () => void;
}

/**
 * A ring that a worker thread keeps draining while this thread is busy with other things. The worker copies records out of the
 * ring once, into memory that both threads share; here they are read there, in each of the ways of a RingBuffer, in their
 * order, none twice.
 *
 * What differs from a RingBuffer:
 * - Once copied, a record is no longer in the kernel's ring. When the process dies, or the WorkerRing is closed, **copied records
 *   that were not read are lost** (up to {@link InWorkerOptions.backlog} bytes of them); a RingBuffer would leave them for the
 *   next reader. {@link stop} before `close()` loses nothing.
 * - When the backlog is full the worker waits, the ring fills, and the kernel drops, which is counted as always.
 * - An event arrives later: two threads are woken, one by the other (suite `latency` of `ringtail bench`).
 * - An idle worker wakes once a second.
 */
export class WorkerRing<E> extends RingStream<E> implements Disposable {
  /** Events read in place through one cursor that moves from record to record: valid only inside the handler. */
  readonly cursor: RingReader<Readonly<E>>;
  /** The same records as copies of their bytes. */
  readonly bytes: RingStream<Uint8Array>;
  /** The same records, each decoded or copied inside the handler if it asks for that. */
  readonly held: RingReader<HeldRecord<E>>;
  readonly #source: BacklogConsumer;
  readonly #parts: WorkerRingParts<E>;

  private constructor(parts: WorkerRingParts<E>, shared: Shared<BacklogConsumer>) {
    const { source } = shared;
    const { decoder } = parts;
    super(shared, formOf(source, decoder));
    this.#source = source;
    this.#parts = parts;
    this.held = new RingReader(shared, heldForm(source, decoder));
    this.bytes = new RingStream(shared, formOf<Uint8Array>(source, undefined));
    this.cursor = decoder === undefined ? this : new RingReader(shared, cursorForm(source, decoder));
  }

  /** @internal */
  static start<E>(parts: WorkerRingParts<E>, options: InWorkerOptions): WorkerRing<E> {
    const { shared, pages } = parts;
    const { name, size } = shared.source;
    const thread = new RingThread(name, pages, options.backlog ?? Math.max(DEFAULT_BACKLOG, size));
    thread.lookEveryMs = shared.source.lookEveryMs;
    const source = new BacklogConsumer(name, thread, () => {
      shared.announced = own.announced;
      parts.onClose();
    });
    const own: Shared<BacklogConsumer> = { ...shared, source, close: () => source.close() };
    return new WorkerRing(parts, own);
  }

  /** It is the worker that looks. Until this is called it does as often as the RingBuffer was told to. */
  override lookEvery(ms: number | undefined): this {
    this.#source.assertOpen();
    checkPeriod(ms);
    this.#source.thread.lookEveryMs = ms;
    return this;
  }

  /** Positions and counts of the moment. @throws ClosedError. */
  stats(): WorkerRingStats {
    const source = this.#source;
    source.assertOpen();
    const { delivered, discarded, handlerTime } = source;
    return {
      ...this.#parts.stats(),
      delivered,
      discarded,
      handlerMs: handlerTime.ms,
      backlog: Number(source.producerPosition - source.consumerPosition),
      backlogSize: source.size,
    };
  }

  /**
   * Takes no more from the ring. What was copied is still delivered; behind it loops end, and the WorkerRing is closed.
   *
   * @returns settles when the worker has ended.
   */
  stop(): Promise<void> {
    return this.#source.thread.stop();
  }

  /**
   * Ends loops, polls and the worker, and gives the ring back to its RingBuffer. Copied records that were not read are lost;
   * see {@link stop}. Idempotent.
   */
  close(): void {
    this.#source.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Reads what a worker has copied. When that one has ended and all is read, it is closed, or says what went wrong. */
class BacklogConsumer extends Consumer {
  readonly thread: RingThread;
  readonly #onClose: () => void;
  #threadHasEnded = false;
  #isClosing = false;

  constructor(name: string, thread: RingThread, onClose: () => void) {
    super(name, thread);
    this.thread = thread;
    this.#onClose = onClose;
    void thread.ended.then(() => {
      this.#threadHasEnded = true;
      // Whoever waits looks again, and finds the failure if there is one.
      this.interrupt();
      this.#closeIfRead();
    });
  }

  override claim(user: string): void {
    this.#assertWorks();
    super.claim(user);
  }

  override head(): Head {
    this.#assertWorks();
    return super.head();
  }

  override publishTo(low: number, discarded: number): void {
    super.publishTo(low, discarded);
    this.#closeIfRead();
  }

  override close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    // Publishes, and with that comes here again.
    super.close();
    this.#onClose();
  }

  #closeIfRead(): void {
    if (this.#threadHasEnded && this.thread.failure === undefined && this.#isRead) this.close();
  }

  /** @throws WorkerError when nothing more will come. */
  #assertWorks(): void {
    const { failure } = this.thread;
    if (failure !== undefined && this.#threadHasEnded && this.#isRead) throw failure;
  }

  get #isRead(): boolean {
    return this.producerPosition === this.consumerPosition;
  }
}
