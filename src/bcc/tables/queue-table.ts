import { MapTable } from './table.ts';

/** A table that `BPF_QUEUE` or `BPF_STACK` declares. */
export class QueueTable<V> extends MapTable<unknown, V> {
  /** @param mode `EXIST` drops the oldest value where it is full. @returns false where it is full. */
  push(value: V, mode: 'ANY' | 'EXIST' = 'ANY'): boolean {
    return this.map.push(value, mode);
  }

  /** Takes the next value; undefined where it is empty. */
  pop(): V | undefined {
    return this.map.pop();
  }

  /** The value that {@link pop} would take. */
  peek(): V | undefined {
    return this.map.peek();
  }

  /** Takes all values. */
  *values(): Generator<V> {
    for (let value = this.pop(); value !== undefined; value = this.pop()) yield value;
  }
}
