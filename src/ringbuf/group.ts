import { ArgumentError } from '../errors/index.ts';
import type { Handler } from './form.ts';
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
export class RingBufferGroup {
  readonly #members: Member[] = [];
  #first = 0;

  /** Adds a ring, in the form wanted, with its handler. The group does not own it. */
  add<E>(ring: RingReader<E>, handler: Handler<E>): this {
    const member = ring.member(handler);
    member.source.assertOpen();
    if (this.#members.some((m) => m.source === member.source)) {
      throw new ArgumentError({
        message: `ring ${member.source.name} is in this group already`,
        remedy: 'Add each ring once, in one form.',
      });
    }
    this.#members.push(member);
    return this;
  }

  /** Takes what is there now from all rings [`ring_buffer__consume`]. @returns the number of records. */
  consume(): number {
    const members = this.#claim();
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
    const members = this.#claim();
    try {
      const rings = members.flatMap((m) => m.source.parts);
      return await pollRings(rings, () => this.#drain(members, turnDeadline()), options);
    } finally {
      release(members);
    }
  }

  #drain(members: readonly Member[], deadline: number | undefined): number {
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

  /** All rings or none; those of now, since a handler may add others. */
  #claim(): readonly Member[] {
    if (this.#members.length === 0) {
      throw new ArgumentError({ message: 'the group has no rings', remedy: 'add() a ring first.' });
    }
    const claimed: Member[] = [];
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
