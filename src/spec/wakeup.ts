import { type ProgramBuilder, R0, R1, R2 } from '../asm/index.ts';
import { ArgumentError } from '../errors/index.ts';
import { RingFlags, RingQuery } from './constants.ts';

/**
 * Appends the choice of a ring's wake-ups by unread bytes: `BPF_RB_FORCE_WAKEUP` each time that another `bytes` are unread, else
 * `BPF_RB_NO_WAKEUP`, left in `R0` for the flags of `ringbuf_submit` or `ringbuf_output`. Like any call it overwrites `R1` to `R5`.
 * In C it is `ringtail_wakeup_every()` of `<ringtail/wakeup.h>`, where its details are.
 *
 * Reserved records are unread too: after a reserve its own record counts, with its header of 8 bytes. The reader looks for
 * what is left over by its own timer (`ring.lookEvery(ms)`).
 *
 * @param ring name of the map.
 * @param bytes eight records at least, and half of the ring at most: what comes until the reader runs needs the rest.
 * @throws ArgumentError unless `bytes` is a whole number from 1 to 2^31 − 1.
 *
 * @example
 * ```ts
 * b.mov(R6, R0);                        // the record that was reserved, filled
 * wakeupEvery(b, 'events', 64 * 1024).mov(R1, R6).mov(R2, R0).call('ringbuf_submit');
 * ```
 */
export function wakeupEvery(b: ProgramBuilder, ring: string, bytes: number): ProgramBuilder {
  if (!(Number.isInteger(bytes) && bytes > 0 && bytes < 2 ** 31)) {
    throw new ArgumentError({
      message: `ring ${ring}: wakeupEvery ${bytes} bytes`,
      remedy: 'Give it a whole number of bytes above 0, half of the ring at most.',
    });
  }
  b.loadMap(R1, ring).mov(R2, RingQuery.AVAIL_DATA).call('ringbuf_query');
  // Without a jump, so that no label is used up: a difference below 0 has its highest bit set.
  return b
    .mov(R1, R0)
    .mod(R1, bytes)
    .sub(R1, Math.floor(bytes / 8) + 8)
    .mov(R2, bytes - 1)
    .sub(R2, R0)
    .and(R1, R2)
    .rsh(R1, 63)
    .mov(R0, R1)
    .add(R0, RingFlags.NO_WAKEUP);
}
