import type { Handler } from '../../ringbuf/index.ts';
import type { Drain } from './work.ts';

/** A ring in one of its forms. */
interface Consumable<E> {
  consume(handler: Handler<E>): number;
}

/**
 * The usual reader: one handler for as long as the ring is open, which adds up `value` of each event. Nothing but
 * the call of `consume` is timed.
 */
export function addUp<E>(ring: Consumable<E>, value: (event: E) => number): Drain {
  let sum = 0;
  const handler = (event: E): void => {
    sum = (sum + value(event)) | 0;
  };
  return () => {
    sum = 0;
    const start = process.cpuUsage();
    const records = ring.consume(handler);
    const { user, system } = process.cpuUsage(start);
    return { records, sum: sum >>> 0, nanoseconds: (user + system) * 1000 };
  };
}
