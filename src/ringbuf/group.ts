import { ArgumentError } from '../errors/index.ts';
import { Consumer } from './consumer.ts';
import type { Handler } from './handler.ts';
import { MergedRings, type MergeMember, type MergeOptions } from './merge.ts';
import type { Member, RingReader } from './ring-reader.ts';
import { turnDeadline } from './turn.ts';
import { pollRings, type WaitOptions } from './wait.ts';

/**
 * Several rings read by one wait [`ring_buffer__add`].
 *
 * Each call begins with another ring, so that a busy one cannot starve the others. Records of one ring arrive in
 * their order; between rings there is none: compare time stamps where it matters.
 *
 * @example
 * ```ts
 * const group = new RingBufferGroup().add(execs, onExec).add(exits.cursor, onExit);
 * for (;;) await group.poll();
 * ```
 */
export class RingBufferGroup<E = unknown> {
  readonly #members: Member<E>[] = [];
  #withoutHandler: string | undefined;
  #first = 0;

  /**
   * Adds a ring, in the form wanted, with its handler. The group does not own it.
   *
   * @param handler may be left out where events are read by {@link merged} alone.
   */
  add<T extends E>(ring: RingReader<T>, handler?: Handler<T>): this {
    const member: Member<E> = ring.member(handler ?? (() => {}));
    member.source.assertOpen();
    if (this.#members.some((m) => m.source === member.source)) {
      throw new ArgumentError({
        message: `ring ${member.source.name} is in this group already`,
        remedy: 'Add each ring once, in one form.',
      });
    }
    this.#members.push(member);
    if (handler === undefined) this.#withoutHandler ??= member.source.name;
    return this;
  }

  /** How many rings it has. */
  get size(): number {
    return this.#members.length;
  }

  /** Takes what is there now from all rings [`ring_buffer__consume`]. @returns the number of records. */
  consume(): number {
    const members = this.#claimForHandlers();
    try {
      return this.#drain(members, undefined);
    } finally {
      release(members);
    }
  }

  /**
   * Waits until one of the rings has records, and takes what all of them have [`ring_buffer__poll`].
   *
   * @returns the number of records; 0 after a time-out or when a ring was closed meanwhile.
   * @throws as {@link RingReader.poll}.
   */
  async poll(options: WaitOptions = {}): Promise<number> {
    const members = this.#claimForHandlers();
    try {
      const rings = members.flatMap((m) => m.source.parts);
      return await pollRings(rings, () => this.#drain(members, turnDeadline()), options);
    } finally {
      release(members);
    }
  }

  /**
   * The events of all rings in the order in which they happened, as far as a window of some milliseconds tells. The
   * merge is the only reader of the rings until it is closed; handlers of the group are not called.
   *
   * @throws ArgumentError for a cursor, whose events do not outlive the next one, and for perf buffers, which have an
   *   order; BusyError when one of the rings is being read.
   * @example
   * ```ts
   * const group = new RingBufferGroup<Exec | Exit>().add(execs).add(exits);
   * for await (const event of group.merged({ timestamp: 'time', windowMs: 20 })) console.log(event);
   * ```
   */
  merged(options: MergeOptions<E>): MergedRings<E> {
    const members = this.#members.map(({ source, form }): MergeMember<E> => {
      if (source instanceof Consumer && form.isLasting) {
        return { source, take: (offset, length) => form.take(offset, length) };
      }
      throw new ArgumentError({
        message: `ring ${source.name} cannot be merged: ${form.isLasting ? 'it is a perf buffer' : 'it is read through a cursor'}`,
        remedy: 'Add ring buffers as objects or as bytes.',
      });
    });
    const merge = new MergedRings(members, options);
    this.#claim();
    return merge;
  }

  #drain(members: readonly Member<E>[], deadline: number | undefined): number {
    const { length } = members;
    const start = this.#first++ % length;
    let count = 0;
    for (let i = 0; i < length; i++) {
      const member = members[(start + i) % length]!;
      // A handler may have closed a ring further on.
      if (member.source.closed) continue;
      count += member.drain(deadline);
      if (deadline !== undefined && performance.now() >= deadline) break;
    }
    return count;
  }

  #claimForHandlers(): readonly Member<E>[] {
    if (this.#withoutHandler === undefined) return this.#claim();
    throw new ArgumentError({
      message: `ring ${this.#withoutHandler} of this group has no handler`,
      remedy: 'Give add() one, or read the group by merged().',
    });
  }

  /** All rings or none; those of now, since a handler may add others. */
  #claim(): readonly Member<E>[] {
    if (this.#members.length === 0) {
      throw new ArgumentError({ message: 'the group has no rings', remedy: 'add() a ring first.' });
    }
    const claimed: Member<E>[] = [];
    try {
      for (const member of this.#members) {
        member.source.claim('a RingBufferGroup');
        claimed.push(member);
      }
      return claimed;
    } catch (error) {
      release(claimed);
      throw error;
    }
  }
}

function release(members: readonly Member[]): void {
  for (const member of members) member.source.release();
}
