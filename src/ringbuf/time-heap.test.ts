import assert from 'node:assert/strict';
import test from 'node:test';
import { Fifo } from './fifo.ts';
import { isEarlier, type Timed, TimeHeap } from './time-heap.ts';

const timed = (time: number | bigint, order: number): Timed => ({ time, rounded: Number(time), order });

test('a heap gives back the earliest first, equal times in the order they came', () => {
  const heap = new TimeHeap<Timed>();
  const items = Array.from({ length: 2000 }, (_, order) => timed((order * 7919) % 101, order));
  for (const item of items.slice(0, 1000)) heap.push(item);
  const early = Array.from({ length: 300 }, () => heap.pop()!);
  for (const item of items.slice(1000)) heap.push(item);
  const late = Array.from({ length: 1700 }, () => heap.pop()!);
  const sorted = (some: readonly Timed[]): Timed[] =>
    some.toSorted((a, b) => Number(a.time) - Number(b.time) || a.order - b.order);
  assert.deepEqual(early, sorted(items.slice(0, 1000)).slice(0, 300));
  assert.deepEqual(late, sorted(late));
  assert.equal(new Set([...early, ...late]).size, 2000);
  assert.equal(heap.pop(), undefined);
  assert.equal(heap.first, undefined);
  assert.equal(heap.size, 0);
});

test('a heap compares numbers with bigints', () => {
  const heap = new TimeHeap<Timed>();
  for (const [order, time] of [2n ** 63n, 5, 2n ** 63n - 1n, 6n, -1].entries()) heap.push(timed(time, order));
  const times = Array.from({ length: 5 }, () => heap.pop()!.time);
  assert.deepEqual(times, [-1, 5, 6n, 2n ** 63n - 1n, 2n ** 63n]);
});

test('times that are the same number when rounded are compared exactly', () => {
  const [a, b] = [timed(2n ** 62n, 1), timed(2n ** 62n + 1n, 0)];
  assert.equal(a.rounded, b.rounded);
  assert.deepEqual([isEarlier(a, b), isEarlier(b, a), isEarlier(a, a)], [true, false, false]);
  const heap = new TimeHeap<Timed>();
  for (const item of [b, a]) heap.push(item);
  assert.deepEqual([heap.pop(), heap.pop()], [a, b]);
});

test('a fifo gives back in order, however much went through it', () => {
  const fifo = new Fifo<number>();
  let next = 0;
  for (let n = 0; n < 10_000; n++) {
    fifo.push(n);
    if (n % 3 !== 0) assert.equal(fifo.shift(), next++);
  }
  assert.equal(fifo.size, 10_000 - next);
  assert.equal(fifo.first, next);
  while (fifo.size > 0) assert.equal(fifo.shift(), next++);
  assert.equal(next, 10_000);
  assert.equal(fifo.shift(), undefined);
  assert.equal(fifo.first, undefined);
});
