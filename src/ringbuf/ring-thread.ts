import type { Worker } from 'node:worker_threads';
import { WorkerError } from '../errors/index.ts';
import { closeFd, eventFdOpen, eventFdSignal, Watch } from '../sys/index.ts';
import { type Backlog, createBacklog, LOOK_EVERY, STATE, ThreadState, WANTS_ROOM } from './backlog.ts';
import { fence, loadAcquire } from './order.ts';
import type { KernelPages, RingPages } from './pages.ts';
import type { RingTask } from './ring-worker.ts';

const { starting, running, stopping, ended } = ThreadState;

/** Beside the bundle as beside the modules. */
const ENTRY = new URL('./ring-worker.js', import.meta.url);

/** How long an end may take before it is given up waiting for: the worker looks after each step of microseconds. */
const END_MS = 5000;

/**
 * The threads of this one that have not ended. Reached from here, what they work on stays mapped; and when the process
 * exits, which waits for them, they are told.
 */
const threads = new Set<RingThread>();
const endAll = (): void => {
  for (const thread of threads) thread.requestEnd();
};

/** A worker thread that pumps a ring of the kernel's into a backlog, as the pages of whoever reads that. */
export class RingThread implements RingPages {
  readonly ring: Backlog;
  /** What the worker reads: as long as this is reachable, it stays mapped. */
  readonly source: KernelPages;
  /** Settles when the worker has ended for whatever reason. */
  readonly ended: Promise<void>;
  /** Why it ended, if it was not told to. */
  failure: WorkerError | undefined;
  readonly #name: string;
  readonly #worker: Worker;
  readonly #wakesReader: number;
  readonly #wakesWorker: number;
  #hasExited = false;
  #isClosed = false;

  /**
   * @param source stays mapped, and its fd open, until {@link close}.
   * @throws ArgumentError for a backlog of another size; BpfSyscallError.
   */
  constructor(name: string, source: KernelPages, backlogSize: number) {
    this.#name = name;
    this.source = source;
    const { size, consumer } = source.ring;
    this.ring = createBacklog({ name, size }, backlogSize, Atomics.load(consumer.whole, 0));
    this.#wakesReader = eventFdOpen(`the worker of ring ${name}`);
    try {
      this.#wakesWorker = eventFdOpen(`the worker of ring ${name}`);
    } catch (error) {
      closeFd(this.#wakesReader);
      throw error;
    }
    const task: RingTask = {
      name,
      fd: source.fd,
      size,
      regions: source.regions,
      backlog: { buffer: this.ring.buffer, size: backlogSize },
      wakesReader: this.#wakesReader,
      wakesWorker: this.#wakesWorker,
    };
    // Nothing of the user's is to run there: no loaders, no options of the command line.
    // Not imported: few programs have a ring read this way.
    const threading = process.getBuiltinModule('node:worker_threads');
    this.#worker = new threading.Worker(ENTRY, {
      workerData: task,
      execArgv: [],
      env: threading.SHARE_ENV,
      name: `ring ${name}`,
    });
    // What waits for records keeps the process, as with any ring; not the thread.
    this.#worker.unref();
    if (threads.size === 0) process.on('exit', endAll);
    threads.add(this);
    this.#worker.once('error', (error) => this.#fail(error));
    this.ended = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        if (this.#state === running) this.#fail(new Error(`it exited with code ${code}`));
        Atomics.store(this.ring.control, STATE, ended);
        threads.delete(this);
        if (threads.size === 0) process.off('exit', endAll);
        this.#hasExited = true;
        this.#closeFds();
        resolve();
      });
    });
  }

  /** Wakes the worker where it waits for room and half of the backlog is free. */
  onPublish(): void {
    const { control, producer, consumer, size } = this.ring;
    // Either the worker sees the position that was just stored, or we see that it waits.
    fence();
    if (Atomics.load(control, WANTS_ROOM) === 0) return;
    const unread = (loadAcquire(producer.low, 0) - loadAcquire(consumer.low, 0)) >>> 0;
    if (unread > size / 2 || Atomics.exchange(control, WANTS_ROOM, 0) === 0) return;
    if (this.#state === running) eventFdSignal(this.#wakesWorker);
  }

  watch(readable: () => boolean): Watch {
    return new Watch(this.#wakesReader, readable, { byWakeups: true });
  }

  /** How often the worker looks at the ring though nothing woke it, in milliseconds; from its next wait on. */
  set lookEveryMs(ms: number | undefined) {
    Atomics.store(this.ring.control, LOOK_EVERY, ms ?? 0);
    if (this.#state === running) eventFdSignal(this.#wakesWorker);
  }

  /** Tells the worker to end, unless it has. Its thread does not go on with the ring longer than one step. */
  requestEnd(): void {
    const { control } = this.ring;
    // A thread that has not begun never will.
    Atomics.compareExchange(control, STATE, starting, ended);
    if (Atomics.compareExchange(control, STATE, running, stopping) !== running) return;
    eventFdSignal(this.#wakesWorker);
  }

  /** {@link requestEnd}, keeping the process until it has. */
  async stop(): Promise<void> {
    this.requestEnd();
    this.#worker.ref();
    await this.ended;
  }

  /** Ends the worker: when this returns it has left the ring alone. */
  close(): void {
    this.requestEnd();
    Atomics.wait(this.ring.control, STATE, stopping, END_MS);
    this.#isClosed = true;
    this.#closeFds();
  }

  /** Once both sides are done with them. */
  #closeFds(): void {
    if (!this.#hasExited || !this.#isClosed) return;
    closeFd(this.#wakesReader);
    closeFd(this.#wakesWorker);
  }

  get #state(): number {
    return Atomics.load(this.ring.control, STATE);
  }

  #fail(cause: Error): void {
    this.failure ??= new WorkerError({
      message: `the worker thread of ring ${this.#name} has failed: ${cause.message}`,
      remedy: 'remedy' in cause ? String(cause.remedy) : 'Close it, and read the ring without a worker.',
      cause,
    });
  }
}
