import { eventFdOpen, eventFdSignal } from './event-fd.ts';
import { failure } from './failure.ts';
import { closeFd } from './fd.ts';
import { EPOLL_EVENT_SIZE, native } from './native.ts';
import type { PollHandle } from './poll-handle.ts';

/** Tells once, from a turn of the event loop of its own, that the epoll fd is readable. */
export interface EpollWait {
  /** Starts waiting; does nothing when started already. @returns whether it was not. */
  start(): boolean;
  /** Gives up waiting; may be spurious. */
  stop(): void;
  /** Whether waiting keeps the process alive. */
  setRef(ref: boolean): void;
  /** Nobody can wait any more. @returns whether the epoll fd will be closed now, so that the next one needs another. */
  close(): boolean;
}

/**
 * Waits by a libuv poll handle: no thread, no timer, nothing while idle. For the main thread.
 */
export class PollHandleWait implements EpollWait {
  readonly #handle: PollHandle;
  readonly #dispatch: () => void;
  #state: 'stopped' | 'started' | 'dispatching' | 'closed' = 'stopped';

  constructor(epoll: number, dispatch: () => void) {
    this.#dispatch = dispatch;
    this.#handle = native().poll(epoll, this.#readable);
    this.#handle.stop();
    // Still armed at exit, the handle may abort the process.
    process.on('exit', () => {
      this.#state = 'closed';
      this.#handle.close();
    });
  }

  start(): boolean {
    if (this.#state !== 'stopped') return false;
    this.#state = 'started';
    this.#handle.start({ readable: true }, this.#readable);
    return true;
  }

  stop(): void {
    if (this.#state !== 'started') return;
    this.#state = 'stopped';
    this.#handle.stop();
  }

  setRef(ref: boolean): void {
    if (this.#state === 'closed') return;
    if (ref) this.#handle.ref();
    else this.#handle.unref();
  }

  /** A second handle on a reused fd number would abort the process: this one stays. */
  close(): boolean {
    return false;
  }

  /** Runs inside libuv's callback, where an exception vanishes and promises may not run: it only schedules. */
  readonly #readable = (): void => {
    if (this.#state !== 'started') return;
    this.#handle.stop();
    this.#state = 'dispatching';
    setImmediate(() => {
      if (this.#state !== 'dispatching') return;
      this.#state = 'stopped';
      this.#dispatch();
    });
  };
}

/** A slice bounds how long a pending wait can delay the end of a worker. */
const SLICE_MS = 500;
const EPOLL_CTL_ADD = 1;
const EPOLLIN = 1;

/**
 * Waits by `epoll_wait` in one of libuv's threads, in slices, with an eventfd to cut a slice short. For worker
 * threads, where a poll handle would abort the process at `terminate()` under load. A started wait keeps the
 * worker alive whatever its ref state: the pending call does.
 */
export class SlicedWait implements EpollWait {
  readonly #epoll: number;
  readonly #eventfd: number;
  readonly #dispatch: () => void;
  // A field: the thread writes here until the call is done.
  readonly #events = new Uint8Array(EPOLL_EVENT_SIZE * 16);
  #wanted = false;
  #pending = false;
  #interrupted = false;
  #closed = false;

  constructor(epoll: number, dispatch: () => void) {
    this.#epoll = epoll;
    this.#dispatch = dispatch;
    this.#eventfd = eventFdOpen('the waiter');
    const event = new Uint8Array(EPOLL_EVENT_SIZE);
    new Uint32Array(event.buffer, 0, 1)[0] = EPOLLIN;
    const result = native().epollControl(epoll, EPOLL_CTL_ADD, this.#eventfd, event);
    if (result < 0) throw failure({ command: 'epoll_ctl', what: 'the eventfd', errno: -result });
    process.on('exit', this.#interrupt);
  }

  start(): boolean {
    const isNew = !this.#wanted;
    this.#wanted = true;
    if (this.#pending || this.#interrupted) return isNew;
    this.#pending = true;
    native().epollWaitAsync(this.#epoll, this.#events, SLICE_MS, () => {
      this.#pending = false;
      if (this.#closed) this.#free();
      else if (this.#wanted) this.#dispatch();
    });
    return isNew;
  }

  stop(): void {
    this.#wanted = false;
  }

  setRef(): void {}

  /** Also cuts a pending slice short, so that it does not keep the worker. */
  close(): boolean {
    process.off('exit', this.#interrupt);
    this.#interrupt();
    this.#closed = true;
    if (!this.#pending) this.#free();
    return true;
  }

  /** Leaves the eventfd readable for good: no slice can block any more. */
  readonly #interrupt = (): void => {
    this.#wanted = false;
    this.#interrupted = true;
    eventFdSignal(this.#eventfd);
  };

  /** Only while no thread waits: the fd numbers may be others' in a moment. */
  #free(): void {
    closeFd(this.#epoll);
    closeFd(this.#eventfd);
  }
}
