import { errno } from './errno.ts';
import { failure } from './failure.ts';
import { native } from './native.ts';

const POLLIN = 1;
/** Words of a `struct pollfd`: the fd; `events` and `revents`, two bytes each. */
const WORDS = 2;
/** Where `revents` are in words of two bytes. */
const REVENTS = 3;

/**
 * Waits by poll(2) for fds to become readable, blocking its thread: for threads that have nothing else to do. Unlike
 * epoll, each wait looks at each fd anew.
 */
export class BlockingPoll {
  readonly #fds: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #results: Int16Array;

  constructor(fds: readonly number[]) {
    this.#fds = new Int32Array(fds.length * WORDS);
    this.#bytes = new Uint8Array(this.#fds.buffer);
    this.#results = new Int16Array(this.#fds.buffer);
    for (const [i, fd] of fds.entries()) {
      this.#fds[i * WORDS] = fd;
      this.#results[i * 2 * WORDS + 2] = POLLIN;
    }
  }

  /**
   * @param count of the first so many fds.
   * @returns whether one is readable; false after the time-out, or when a signal came.
   * @throws BpfSyscallError.
   */
  wait(count: number, timeoutMs: number): boolean {
    const result = native().pollFds(this.#bytes, count, timeoutMs);
    if (result < 0 && result !== -errno.EINTR)
      throw failure({ command: 'poll', what: 'its fds', errno: -result });
    return result > 0;
  }

  /** Whether the last wait, which must have been for this fd too, found it readable. */
  isReadable(index: number): boolean {
    return this.#results[index * 2 * WORDS + REVENTS] !== 0;
  }
}
