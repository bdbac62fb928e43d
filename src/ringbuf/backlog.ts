/**
 * The memory by which a worker thread hands records to the thread that reads them: a ring as the kernel's, one
 * producer (the worker) and one consumer, with the positions of the kernel's ring, whose records it holds byte by byte.
 *
 * ```
 *  offset 0     control words (i32): state, whether the worker waits for room, how often it looks
 *  64           u64 position up to which records were copied      (apart: a cache line of its own for each thread)
 *  128          u64 position up to which records were read
 *  192          data           size bytes
 *  192 + size   overhang       as much as the largest record: one that begins before the end is never split
 * ```
 */
import { type RecordMemory, recordMemory } from '../btf/index.ts';
import { ArgumentError } from '../errors/index.ts';
import type { PositionWord } from './order.ts';
import { positionView, positionWord, type RingMemory } from './pages.ts';

const COPIED = 64;
const READ = 128;
const DATA = 192;

/** Index of the worker's {@link ThreadState} in the control words. */
export const STATE = 0;
/** Index of the word that is 1 while the worker waits for room. */
export const WANTS_ROOM = 1;
/** Index of the milliseconds after which the worker looks at the ring though nothing woke it; 0 for never. */
export const LOOK_EVERY = 2;

/** Life of the worker: it goes on while `running`, and is asked to end by `stopping`. */
export const ThreadState = { starting: 0, running: 1, stopping: 2, ended: 3 } as const;

/** Largest backlog in bytes: with its overhang it stays below the 4 GiB of a typed array. */
const LARGEST_BACKLOG = 2 ** 30;

/** A backlog, as both threads see it. */
export interface Backlog extends RingMemory {
  readonly buffer: SharedArrayBuffer;
  readonly control: Int32Array;
  /** The producer's position, for storing it. */
  readonly copied: PositionWord;
}

/**
 * Makes an empty backlog.
 *
 * @param size bytes: a power of two, no less than the ring's size.
 * @param position where reading starts.
 * @throws ArgumentError for another size.
 */
export function createBacklog(ring: { name: string; size: number }, size: number, position: bigint): Backlog {
  const refuse = (remedy: string, cause?: unknown): ArgumentError =>
    new ArgumentError({ message: `ring ${ring.name}: no backlog of ${size} bytes`, remedy, cause });
  const isPower = Number.isInteger(size) && size > 0 && Number.isInteger(Math.log2(size));
  if (!isPower || size < ring.size || size > LARGEST_BACKLOG) {
    throw refuse(`Give a power of two from ${ring.size}, the size of the ring, to ${LARGEST_BACKLOG}.`);
  }
  let buffer: SharedArrayBuffer;
  try {
    buffer = new SharedArrayBuffer(DATA + size + ring.size);
  } catch (error) {
    throw refuse('This process has no memory for it: give fewer.', error);
  }
  const backlog = openBacklog(buffer, size);
  backlog.producer.whole[0] = position;
  backlog.consumer.whole[0] = position;
  return backlog;
}

/** The backlog in a buffer, which another thread has made. */
export function openBacklog(buffer: SharedArrayBuffer, size: number): Backlog {
  const data: RecordMemory = recordMemory(buffer, DATA, buffer.byteLength - DATA);
  return {
    buffer,
    size,
    data,
    control: new Int32Array(buffer, 0, 3),
    producer: positionView(buffer, COPIED),
    copied: positionWord(buffer, COPIED),
    consumer: positionView(buffer, READ),
    published: positionWord(buffer, READ),
  };
}
