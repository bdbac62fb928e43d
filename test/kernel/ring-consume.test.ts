import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { ArgumentError, BusyError, ClosedError, RecordError } from '../../src/errors/index.ts';
import type { RingBuffer, RingDropped } from '../../src/ringbuf/index.ts';
import { FIRST_CHUNK, LAST_CHUNK } from '../../src/ringbuf/source.ts';
import { nextTurn } from '../../src/ringbuf/turn.ts';
import { kernelTest as test } from './support/privileged.ts';
import { delay } from './support/proc.ts';
import { PAGE, Producer, range, sequences, takeAll } from './support/producer.ts';
import type { Sample } from './support/programs.ts';

test('consume() hands over what is there, in order, and gives the room back', async () => {
  const producer = await Producer.create();
  producer.sendRange(0, 10);
  const seen: Sample[] = [];
  assert.equal(
    producer.ring.consume((sample) => void seen.push(sample)),
    10,
  );
  assert.deepEqual(sequences(seen), range(0, 10));
  assert.equal(producer.ring.stats().available, 0);
  assert.equal(producer.ring.stats().delivered, 10);
  assert.equal(
    producer.ring.consume(() => assert.fail('nothing is left')),
    0,
  );
  await producer.close();
});

test('consume() takes at most max records, and leaves the others', async () => {
  const producer = await Producer.create();
  producer.sendRange(0, 10);
  const seen: number[] = [];
  assert.equal(
    producer.ring.consume((sample) => void seen.push(sample.sequence), { max: 3 }),
    3,
  );
  assert.deepEqual(seen, [0, 1, 2]);
  assert.equal(producer.ring.stats().available, 7 * 16);
  assert.deepEqual(takeAll(producer.ring), range(3, 10));
  for (const max of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => producer.ring.consume(() => {}, { max }), ArgumentError);
  }
  await producer.close();
});

test('consume() takes what was reserved when it was called, not what comes in meanwhile', async () => {
  const producer = await Producer.create();
  producer.send(0);
  const count = producer.ring.consume((sample) => {
    producer.send(sample.sequence + 1);
  });
  assert.equal(count, 1);
  assert.deepEqual(takeAll(producer.ring), [1]);
  await producer.close();
});

test('a handler that returns false stops after its record', async () => {
  const producer = await Producer.create();
  producer.sendRange(0, 10);
  assert.equal(
    producer.ring.consume(({ sequence }) => (sequence === 4 ? false : undefined)),
    5,
  );
  assert.deepEqual(takeAll(producer.ring), range(5, 10));
  await producer.close();
});

test('a handler that throws consumes its record and ends the call; the next call goes on behind it', async () => {
  const producer = await Producer.create(4 * PAGE);
  producer.sendRange(0, 300);
  const failure = new Error('the handler failed');
  // The first, one within the first records, and one far behind a published position.
  for (const bad of [0, 3, 200]) {
    const seen: number[] = [];
    const handler = ({ sequence }: Sample): void => {
      seen.push(sequence);
      if (sequence === bad) throw failure;
    };
    assert.throws(() => producer.ring.consume(handler), failure);
    assert.equal(seen.at(-1), bad);
    const { consumerPosition, delivered } = producer.ring.stats();
    assert.equal(consumerPosition, BigInt(16 * (bad + 1)));
    assert.equal(delivered, bad + 1);
  }
  assert.deepEqual(takeAll(producer.ring), range(201, 300));
  await producer.close();
});

test('a promise from a handler is refused: by the type checker, and at run time with its record consumed', async () => {
  const producer = await Producer.create();
  producer.sendRange(0, 3);
  assert.throws(
    // @ts-expect-error nobody would await the promise
    () => producer.ring.consume(async () => {}),
    (error) => error instanceof ArgumentError && error.remedy.includes('for await'),
  );
  await assert.rejects(
    // @ts-expect-error nobody would await the promise
    producer.ring.poll(() => Promise.resolve()),
    ArgumentError,
  );
  assert.deepEqual(takeAll(producer.ring), [2]);
  await producer.close();
});

test('who reads a ring that is being read gets a BusyError, and the reader notices nothing', async () => {
  const { producer, ring } = await withRing(5);
  const seen: number[] = [];
  ring.consume(({ sequence }) => {
    seen.push(sequence);
    assert.throws(() => ring.consume(() => {}), BusyError);
    assert.throws(() => ring.bytes.consume(() => {}), BusyError);
    assert.throws(() => ring.cursor.consume(() => {}), BusyError);
  });
  assert.deepEqual(seen, range(0, 5));
  const poll = ring.poll(() => {});
  assert.throws(() => ring.consume(() => {}), BusyError);
  await assert.rejects(
    ring.poll(() => {}),
    BusyError,
  );
  await assert.rejects(ring.events().next(), BusyError);
  producer.send(5);
  assert.equal(await poll, 1);
  await producer.close();
});

test('poll() waits for records, and takes those that are there without waiting', async () => {
  const { producer, ring } = await withRing(3);
  const seen: number[] = [];
  const handler = (sample: Sample): void => void seen.push(sample.sequence);
  assert.equal(await ring.poll(handler), 3);
  const waiting = ring.poll(handler);
  setTimeout(() => producer.send(3), 20);
  assert.equal(await waiting, 1);
  assert.deepEqual(seen, range(0, 4));
  await producer.close();
});

test('a handler that becomes slow gets few records at a time again', async () => {
  const producer = await Producer.create(4 * PAGE);
  producer.sendRange(0, 500);
  let slowMs = 0;
  const handler = (): void => {
    for (const end = performance.now() + slowMs; performance.now() < end; );
  };
  for (let taken = 0; taken < 500; ) taken += await producer.ring.poll(handler);
  producer.sendRange(500, 1000);
  slowMs = 2;
  const first = await producer.ring.poll(handler);
  assert.ok(first <= LAST_CHUNK, `${first} records in one poll`);
  // Those take more than the few milliseconds of a poll.
  assert.equal(await producer.ring.poll(handler), FIRST_CHUNK);
  assert.equal(await producer.ring.poll(handler), FIRST_CHUNK);
  slowMs = 0;
  for (let taken = first + 2 * FIRST_CHUNK; taken < 500; ) taken += await producer.ring.poll(handler);
  assert.equal(producer.ring.stats().delivered, 1000);
  await producer.close();
});

test('poll() ends with 0 after its time, and refuses a time that is none', async () => {
  const { producer, ring } = await withRing(0);
  const started = performance.now();
  assert.equal(await ring.poll(() => {}, { timeoutMs: 50 }), 0);
  assert.ok(performance.now() - started >= 48);
  assert.equal(await ring.poll(() => {}, { timeoutMs: 0 }), 0);
  for (const timeoutMs of [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
    await assert.rejects(
      ring.poll(() => {}, { timeoutMs }),
      ArgumentError,
    );
  }
  producer.send(0);
  assert.equal(await ring.poll(() => {}, { timeoutMs: 0 }), 1);
  await producer.close();
});

test('an abort rejects poll() with AbortError, before and while it waits, and the ring stays usable', async () => {
  const { producer, ring } = await withRing(1);
  const aborted = { name: 'AbortError' };
  await assert.rejects(
    ring.poll(() => assert.fail('delivered'), { signal: AbortSignal.abort() }),
    aborted,
  );
  assert.deepEqual(takeAll(ring), [0]);
  const reason = new Error('enough');
  const controller = new AbortController();
  const waiting = ring.poll(() => {}, { signal: controller.signal });
  setImmediate(() => controller.abort(reason));
  await assert.rejects(waiting, { ...aborted, cause: reason });
  producer.send(1);
  assert.equal(await ring.poll(() => {}, { signal: new AbortController().signal }), 1);
  await producer.close();
});

test('close() ends a pending poll() with 0; every call after it throws ClosedError', async () => {
  const { producer, ring } = await withRing(0);
  const waiting = ring.poll(() => {});
  await delay(5);
  ring.close();
  ring.close();
  assert.equal(await waiting, 0);
  const closed = (error: unknown): boolean => error instanceof ClosedError && error.remedy !== '';
  assert.throws(() => ring.consume(() => {}), closed);
  assert.throws(() => ring.bytes.consume(() => {}), closed);
  assert.throws(() => ring.cursor.consume(() => {}), closed);
  await assert.rejects(
    ring.poll(() => {}),
    closed,
  );
  await assert.rejects(ring.events().next(), closed);
  await assert.rejects(ring.batches().next(), closed);
  await assert.rejects(ring[Symbol.asyncIterator]().next(), closed);
  for (const use of ['stats', 'query', 'ref', 'unref'] as const) assert.throws(() => ring[use](), closed);
  await producer.close();
});

test('a handler may close its ring: it gets nothing more, and what it had is not delivered again', async () => {
  const { producer, ring } = await withRing(50);
  const count = ring.consume(({ sequence }) => {
    if (sequence === 9) ring.close();
  });
  assert.equal(count, 10);
  assert.throws(() => ring.stats(), ClosedError);
  const next = producer.reopen();
  assert.deepEqual(takeAll(next), range(10, 50));
  next.close();
  await producer.close();
});

test('a record shorter than its type is a RecordError, is consumed, and takes no neighbour with it', async () => {
  const { producer, ring } = await withRing(2);
  producer.sendBytes(4);
  producer.send(2);
  const seen: number[] = [];
  for (const form of [ring, ring.cursor]) {
    const handler = ({ sequence }: Readonly<Sample>): void => void seen.push(sequence);
    assert.throws(
      () => form.consume(handler),
      (error) =>
        error instanceof RecordError &&
        / [04] bytes is shorter .* 8 bytes/.test(error.message) &&
        error.remedy !== '',
    );
    assert.equal(form.consume(handler), 1);
    producer.sendRange(0, 2);
    producer.sendBytes(0);
    producer.send(2);
  }
  assert.deepEqual(seen, [0, 1, 2, 0, 1, 2]);
  assert.deepEqual(
    takeBytes(ring).map((bytes) => bytes.length),
    [8, 8, 0, 8],
  );
  await producer.close();
});

test('bytes are copies that stay as they are; the cursor is one object that moves', async () => {
  const { producer, ring } = await withRing(0);
  producer.send(1, { producer: 7 });
  const [copy] = takeBytes(ring);
  // Enough to overwrite the whole ring.
  for (let i = 0; i < 600; i++) {
    producer.send(i + 100);
    takeAll(ring);
  }
  assert.deepEqual(copy, new Uint8Array([7, 0, 0, 0, 1, 0, 0, 0]));

  producer.sendRange(0, 3, { producer: 9 });
  const cursors = new Set<unknown>();
  const seen: unknown[] = [];
  ring.cursor.consume((sample) => {
    cursors.add(sample);
    seen.push([sample.producer, sample.sequence]);
  });
  assert.equal(cursors.size, 1);
  assert.deepEqual(seen, [
    [9, 0],
    [9, 1],
    [9, 2],
  ]);
  await producer.close();
});

test('dropped records are counted where the program counts them, and announced once', async () => {
  const { producer, ring } = await withRing(0);
  const messages: RingDropped[] = [];
  const listen = (message: unknown): void => void messages.push(message as RingDropped);
  subscribe('ringtail:ring.dropped', listen);
  try {
    const room = PAGE / 16 - 1;
    producer.sendRange(0, room);
    for (let i = 0; i < 7; i++) assert.equal(producer.send(1000), -1);
    assert.equal(ring.stats().dropped, 7n);
    assert.equal(takeAll(ring).length, room);
    assert.deepEqual(messages, [{ ring: 'ring', dropped: 7n, total: 7n }]);
    takeAll(ring);
    assert.equal(messages.length, 1);

    // A loop that never catches up says so too.
    const loop = ring.events();
    producer.sendRange(0, room);
    for (let i = 0; i < 3; i++) {
      await loop.next();
      // A timer may come in the same turn, where the machine is slow.
      await nextTurn();
      while (producer.send(5) === 0);
    }
    await loop.next();
    assert.equal(
      messages.reduce((sum, { dropped }) => sum + dropped, 0n),
      ring.stats().dropped,
    );
    await loop.return?.();
  } finally {
    unsubscribe('ringtail:ring.dropped', listen);
  }
  await producer.close();
});

async function withRing(records: number): Promise<{ producer: Producer; ring: RingBuffer<Sample> }> {
  const producer = await Producer.create();
  producer.sendRange(0, records);
  return { producer, ring: producer.ring };
}

function takeBytes(ring: RingBuffer<unknown>): Uint8Array[] {
  const taken: Uint8Array[] = [];
  ring.bytes.consume((bytes) => void taken.push(bytes));
  return taken;
}
