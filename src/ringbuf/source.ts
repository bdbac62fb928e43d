import type { RecordMemory } from '../btf/index.ts';
import { BusyError, ClosedError } from '../errors/index.ts';
import type { Watch } from '../sys/index.ts';
import type { Handler, Take } from './handler.ts';
import { HandlerTime } from './handler-time.ts';

/** State of the oldest unread record: none, committed (or discarded), or still being written. */
export type Head = 'empty' | 'ready' | 'busy';

/**
 * Hands the records that are there to `handler`, in order, and publishes the position past them: every
 * {@link LAST_CHUNK} records, and at the end whatever happens. A record whose handler throws is consumed.
 *
 * @param max most records to hand over.
 * @param deadline stops soon after this time and until then takes records that come in meanwhile; without it only
 *   those already there at the call are taken.
 * @returns the number of records handed over.
 */
export type Drain<E> = (handler: Handler<E>, max: number, deadline?: number) => number;

/** Records between two looks at the clock: few at first, and after a poll that used up its time, in case the handler is slow. */
export const FIRST_CHUNK = 4;
/**
 * Most records delivered before their position is published. Draining 8-byte records takes a tenth longer with 32, and
 * with 512 or 2048 a twentieth less, for which a program that finds the ring full would wait that much longer.
 */
export const LAST_CHUNK = 128;

/** Something whose waits can be ended. */
export interface Interruptible {
  readonly closed: boolean;
  /** Called to end all waits for it. */
  readonly waits: Set<() => void>;
  /** Whether a wait keeps the process alive. */
  readonly watch: { readonly keepsAlive: boolean };
}

/** Something that is waited for: one ring of the kernel's. */
export interface Waitable extends Interruptible {
  /** Wakes when there may be a record. */
  readonly watch: Watch;
  /** Milliseconds after which a wait looks again, though nothing woke it; undefined for never. */
  lookEveryMs: number | undefined;
  head(): Head;
}

/**
 * The one reader of a ring, or of several that are read as one.
 *
 * Two positions: up to the one records were handed out, up to the other the kernel may overwrite them. They differ
 * only while somebody looks at the records between them.
 */
export abstract class RecordSource {
  readonly name: string;
  /** The waits for this source. */
  readonly waits: Set<() => void> = new Set();
  /** Records handed out. */
  delivered = 0;
  /** What whoever got them did with them, in time. */
  readonly handlerTime: HandlerTime = new HandlerTime();
  #user: string | undefined;

  constructor(name: string) {
    this.name = name;
  }

  abstract get closed(): boolean;
  /** Where records lie. */
  abstract get memory(): RecordMemory;
  /** The rings to wait for. */
  abstract get parts(): readonly Waitable[];
  /** Place and length of the record that {@link next} found. */
  abstract get offset(): number;
  abstract get length(): number;

  /** Makes what reads in one form. */
  abstract drainer<E>(take: Take<E>): Drain<E>;
  /** Finds the next committed record and moves past it, publishing nothing. @returns false if none is there. */
  abstract next(): boolean;
  /** Takes back the record that the last {@link next} found; nothing, if that one threw. */
  abstract putBack(): void;
  /** Gives the kernel the room of everything that was read. */
  abstract publish(): void;
  /** Forgets what was read and not published: it is delivered again. */
  abstract rewind(): void;

  /** Runs `work` as the only reader. @throws BusyError when somebody reads already, ClosedError after close. */
  exclusively<T>(user: string, work: () => T): T {
    this.claim(user);
    try {
      return work();
    } finally {
      this.release();
    }
  }

  /** Becomes the only reader until {@link release}. @throws BusyError, ClosedError. */
  claim(user: string): void {
    this.assertOpen();
    if (this.#user !== undefined) {
      throw new BusyError({
        message: `ring ${this.name} is being read by ${this.#user}; ${user} would take its records`,
        remedy: 'Let one reader have the ring: end the loop or await the call first.',
      });
    }
    this.#user = user;
  }

  release(): void {
    this.#user = undefined;
  }

  /** @throws ClosedError after close. */
  assertOpen(): void {
    if (this.closed) throw new ClosedError(`ring ${this.name}`);
  }

  /** Ends all waits. */
  interrupt(): void {
    for (const end of [...this.waits]) end();
  }
}
