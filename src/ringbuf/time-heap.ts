/** What a {@link TimeHeap} sorts. */
export interface Timed {
  readonly time: number | bigint;
  /** The same as a number, rounded: comparing bigints takes many times as long. */
  readonly rounded: number;
  /** Decides between equal times. */
  readonly order: number;
}

/** A binary heap: gives back the earliest of what was put in. */
export class TimeHeap<T extends Timed> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!isBefore(item, items[parent]!)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  pop(): T | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && isBefore(items[child + 1]!, items[child]!)) child++;
      if (!isBefore(items[child]!, last)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
    return first;
  }

  clear(): void {
    this.#items.length = 0;
  }
}

/** Whether `a` happened before `b`. */
export function isEarlier(a: Timed, b: Timed): boolean {
  return a.rounded === b.rounded ? a.time < b.time : a.rounded < b.rounded;
}

function isBefore(a: Timed, b: Timed): boolean {
  if (a.rounded !== b.rounded) return a.rounded < b.rounded;
  return a.time === b.time ? a.order < b.order : a.time < b.time;
}
