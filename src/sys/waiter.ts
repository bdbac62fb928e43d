/**
 * The one waiter of the process (of the thread, in workers).
 *
 * ```
 *  ring fd ─┐
 *  ring fd ─┼─▶ epoll fd (ours, level-triggered, never closed) ─▶ one wait on it ─▶ setImmediate ─▶ wake
 *  ring fd ─┘
 * ```
 *
 * A user's fd never reaches libuv; the fd that does is opened once and lives as long as the process, since a
 * second poll handle on a reused fd number would abort it. (In workers, where there is no handle, it lives as long as somebody
 * may wait.) Level-triggered waiting needs no fence between
 * publishing a consumer position and looking at the producer's again: the kernel looks for itself, at each wait.
 *
 * What poll(2) says is not always what is waited for: see {@link WatchOptions.byWakeups}.
 *
 * Invariant: the wait is armed only while somebody waits, so an idle process can end, and no fd that is
 * readable but unwanted stays in the epoll set, so nothing spins.
 */
import { failure } from './failure.ts';
import { EPOLL_EVENT_SIZE, native } from './native.ts';
import { type EpollWait, PollHandleWait, SlicedWait } from './waits.ts';

const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;
const EPOLLIN = 0x1;
const EPOLLOUT = 0x4;
const EPOLLET = 0x8000_0000;
/** Wake-ups taken in one go; more than that are taken in the next turn. */
const TAKEN = 16;

class Waiter {
  readonly #epoll: number;
  readonly #wait: EpollWait;
  readonly #watches = new Set<Watch>();
  readonly #taken = new Uint8Array(EPOLL_EVENT_SIZE * TAKEN);
  #lookBehind: NodeJS.Immediate | undefined;

  constructor() {
    const epoll = native().epollCreate();
    if (epoll < 0) throw failure({ command: 'epoll_create1', what: 'the waiter', errno: -epoll });
    this.#epoll = epoll;
    // Not imported: not all who import the library wait.
    const { isMainThread } = process.getBuiltinModule('node:worker_threads');
    this.#wait = isMainThread
      ? new PollHandleWait(epoll, () => this.#dispatch())
      : new SlicedWait(epoll, () => this.#dispatch());
  }

  add(watch: Watch): void {
    this.#control(EPOLL_CTL_ADD, watch.fd, 0);
    this.#watches.add(watch);
  }

  /** Must come before the fd is closed: a mapping keeps the file alive, and its events would keep coming. */
  remove(watch: Watch): void {
    if (!this.#watches.delete(watch)) return;
    this.#control(EPOLL_CTL_DEL, watch.fd, 0);
    this.update();
    if (this.#watches.size === 0 && this.#wait.close()) shared = undefined;
  }

  arm(watch: Watch): void {
    if (watch.armed) return;
    this.#control(EPOLL_CTL_MOD, watch.fd, watch.byWakeups ? EPOLLIN | EPOLLOUT | EPOLLET : EPOLLIN);
    watch.armed = true;
    if (watch.byWakeups) this.#lookAgain();
  }

  /** Brings the wait into line with who waits now. */
  update(): void {
    let waiting = false;
    let ref = false;
    let byWakeups = false;
    for (const watch of this.#watches) {
      if (!watch.waiting) continue;
      waiting = true;
      ref ||= watch.keepsAlive;
      byWakeups ||= watch.byWakeups;
    }
    if (waiting) {
      this.#wait.setRef(ref);
      if (this.#wait.start() && byWakeups) this.#lookAgain();
    } else {
      this.#wait.stop();
    }
  }

  /** Listening to a perf event swallows its wake-up, and libuv begins to listen late in this turn: so look behind it. */
  #lookAgain(): void {
    this.#lookBehind ??= setImmediate(() => {
      this.#lookBehind = undefined;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    // Wake-ups are taken before looking: one that comes after the look is still there for the next wait.
    for (const watch of this.#watches) {
      if (!watch.armed || !watch.byWakeups) continue;
      native().epollTake(this.#epoll, this.#taken);
      break;
    }
    for (const watch of this.#watches) {
      if (!watch.armed || !watch.readable()) continue;
      if (watch.waiting) {
        watch.wake();
      } else {
        // Readable and nobody asked: out of the set, or the wait would return at once for ever.
        this.#control(EPOLL_CTL_MOD, watch.fd, 0);
        watch.armed = false;
      }
    }
    this.update();
  }

  #control(operation: number, fd: number, events: number): void {
    const event = new Uint8Array(EPOLL_EVENT_SIZE);
    new Uint32Array(event.buffer, 0, 1)[0] = events;
    const result = native().epollControl(this.#epoll, operation, fd, event);
    if (result < 0) throw failure({ command: 'epoll_ctl', what: `fd ${fd}`, errno: -result });
  }
}

let shared: Waiter | undefined;

/** What a {@link Watch} waits by. */
export interface WatchOptions {
  /**
   * Waits by the fd's wake-ups instead of what poll(2) says. For a user ring, which is writable while it has any
   * room at all, and for perf events, which say readable once for each wake-up, to whoever asks first.
   */
  readonly byWakeups?: boolean;
}

/**
 * Waits for one fd that answers poll(2). The fd stays the caller's; call `close()` before closing it.
 */
export class Watch {
  readonly fd: number;
  /**
   * Looks, without a system call, whether what is waited for is there. Must agree with what poll(2) would say, unless
   * the watch is by wake-ups.
   */
  readonly readable: () => boolean;
  readonly byWakeups: boolean;
  /** For the waiter: whether the epoll set listens to this fd. */
  armed = false;
  #wake: (() => void) | undefined;
  #ref = true;
  readonly #waiter: Waiter;

  constructor(fd: number, readable: () => boolean, { byWakeups = false }: WatchOptions = {}) {
    this.fd = fd;
    this.readable = readable;
    this.byWakeups = byWakeups;
    shared ??= new Waiter();
    this.#waiter = shared;
    this.#waiter.add(this);
  }

  get waiting(): boolean {
    return this.#wake !== undefined;
  }

  get keepsAlive(): boolean {
    return this.#ref;
  }

  /** Calls `wake` once, as soon as the fd is readable. One wait at a time. `wake` must not throw. */
  wait(wake: () => void): void {
    this.#wake = wake;
    this.#waiter.arm(this);
    this.#waiter.update();
  }

  /** Ends a wait without waking. */
  cancel(): void {
    if (this.#wake === undefined) return;
    this.#wake = undefined;
    this.#waiter.update();
  }

  /** For the waiter. */
  wake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** Whether a wait of this fd keeps the process alive (it does unless told otherwise). */
  setRef(ref: boolean): void {
    this.#ref = ref;
    this.#waiter.update();
  }

  close(): void {
    this.#wake = undefined;
    this.#waiter.remove(this);
  }
}
