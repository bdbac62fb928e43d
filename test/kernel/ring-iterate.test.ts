import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { BusyError, ClosedError, RecordError } from '../../src/errors/index.ts';
import { kernelTest as test } from './support/privileged.ts';
import { delay } from './support/proc.ts';
import { PAGE, Producer, range, sequences, takeAll } from './support/producer.ts';
import type { Sample } from './support/programs.ts';

test('a loop gets every record in order, those that come while it waits too', async () => {
  const producer = await Producer.create();
  producer.sendRange(0, 5);
  const timer = setTimeout(() => producer.sendRange(5, 10), 20);
  const seen: number[] = [];
  for await (const sample of producer.ring) {
    seen.push(sample.sequence);
    if (seen.length === 10) break;
  }
  clearTimeout(timer);
  assert.deepEqual(seen, range(0, 10));
  await producer.close();
});

test('an item is given back when the next one is asked for, not before', async () => {
  const producer = await Producer.create();
  producer.sendRange(0, 3);
  const loop = producer.ring.events();
  for (const published of [0, 16, 32]) {
    await loop.next();
    assert.equal(producer.ring.stats().consumerPosition, BigInt(published));
  }
  const fourth = loop.next();
  assert.equal(producer.ring.stats().consumerPosition, 48n);
  producer.send(3);
  assert.equal((await fourth).value?.sequence, 3);
  await loop.return?.();
  await producer.close();
});

test('a body that throws or breaks leaves its record for the next reader', async () => {
  const producer = await Producer.create();
  producer.sendRange(0, 4);
  const failure = new Error('the body failed');
  await assert.rejects(async () => {
    for await (const { sequence } of producer.ring) if (sequence === 1) throw failure;
  }, failure);
  for await (const { sequence } of producer.ring) {
    assert.equal(sequence, 1);
    break;
  }
  for await (const batch of producer.ring.batches()) {
    assert.deepEqual(sequences(batch), [1, 2, 3]);
    break;
  }
  assert.deepEqual(takeAll(producer.ring), [1, 2, 3]);
  await producer.close();
});

test('discarded records before a break are counted once', async () => {
  const producer = await Producer.create();
  producer.send(0, { discard: true });
  producer.send(1);
  for (let i = 0; i < 3; i++) for await (const _ of producer.ring) break;
  assert.deepEqual(takeAll(producer.ring), [1]);
  assert.equal(producer.ring.stats().discarded, 1);
  await producer.close();
});

test('batches hold what is there, at most max, and are given back as a whole', async () => {
  const producer = await Producer.create(4 * PAGE);
  producer.sendRange(0, 25);
  const loop = producer.ring.batches({ max: 10 });
  const sizes: number[] = [];
  const seen: number[] = [];
  for (let i = 0; i < 3; i++) {
    const { value } = (await loop.next()) as { value: readonly Sample[] };
    assert.equal(producer.ring.stats().consumerPosition, BigInt(16 * seen.length));
    sizes.push(value.length);
    seen.push(...sequences(value));
  }
  assert.deepEqual(sizes, [10, 10, 5]);
  assert.deepEqual(seen, range(0, 25));
  const waiting = loop.next();
  assert.equal(producer.ring.stats().available, 0);
  producer.send(25);
  assert.deepEqual(sequences((await waiting).value), [25]);
  await loop.return?.();
  await producer.close();
});

test('a short record ends the batch before it, then is a RecordError of its own, and no neighbour is lost', async () => {
  const producer = await Producer.create();
  producer.sendRange(0, 3);
  producer.sendBytes(4);
  producer.sendRange(3, 5);
  const batches = producer.ring.batches();
  assert.deepEqual(sequences((await batches.next()).value), [0, 1, 2]);
  await assert.rejects(batches.next(), RecordError);
  assert.deepEqual(await batches.next(), { value: undefined, done: true });
  assert.deepEqual(takeAll(producer.ring), [3, 4]);

  producer.sendBytes(7);
  producer.send(6);
  await assert.rejects(producer.ring.events().next(), RecordError);
  assert.deepEqual(takeAll(producer.ring), [6]);
  await producer.close();
});

test('return() while a next() is pending ends it, and frees the ring', async () => {
  const producer = await Producer.create();
  for (const loop of [producer.ring.events(), producer.ring.batches()]) {
    const pending = loop.next();
    const later = loop.next();
    await delay(5);
    assert.deepEqual(await loop.return?.(), { value: undefined, done: true });
    assert.deepEqual(await pending, { value: undefined, done: true });
    assert.deepEqual(await later, { value: undefined, done: true });
    assert.deepEqual(await loop.next(), { value: undefined, done: true });
  }
  producer.send(1);
  assert.deepEqual(takeAll(producer.ring), [1]);
  await producer.close();
});

test('calls of next() that do not wait for each other are answered in order, each record once', async () => {
  const producer = await Producer.create();
  producer.sendRange(0, 2);
  const loop = producer.ring.events();
  const pending = range(0, 6).map(() => loop.next());
  await delay(5);
  producer.sendRange(2, 6);
  const answers = await Promise.all(pending);
  assert.deepEqual(
    answers.map(({ value }) => value?.sequence),
    range(0, 6),
  );
  await loop.return?.();
  assert.deepEqual(takeAll(producer.ring), [5]);
  await producer.close();
});

test('an abort ends a loop with AbortError; what was not delivered stays', async () => {
  const producer = await Producer.create();
  producer.sendRange(0, 3);
  const controller = new AbortController();
  const seen: number[] = [];
  await assert.rejects(
    async () => {
      for await (const { sequence } of producer.ring.events({ signal: controller.signal })) {
        seen.push(sequence);
        if (sequence === 1) controller.abort();
      }
    },
    { name: 'AbortError' },
  );
  assert.deepEqual(seen, [0, 1]);
  assert.deepEqual(takeAll(producer.ring), [2]);

  const waiting = producer.ring.batches({ signal: AbortSignal.timeout(20) }).next();
  await assert.rejects(waiting, { name: 'AbortError' });
  await assert.rejects(producer.ring.events({ signal: AbortSignal.abort() }).next(), { name: 'AbortError' });
  producer.send(3);
  assert.deepEqual(takeAll(producer.ring), [3]);
  await producer.close();
});

test('close() ends loops that wait and loops in their body; what they had not given back stays in the ring', async () => {
  const producer = await Producer.create();
  const seen: number[] = [];
  const loop = (async () => {
    for await (const { sequence } of producer.ring) {
      seen.push(sequence);
      if (sequence === 1) producer.ring.close();
    }
  })();
  await delay(5);
  producer.sendRange(0, 3);
  await loop;
  assert.deepEqual(seen, [0, 1]);
  const next = producer.reopen();
  const waiting = next.events().next();
  assert.equal((await waiting).value?.sequence, 1);
  const idle = producer.object.close();
  next.close();
  await idle;

  const empty = await Producer.create();
  const pending = empty.ring.events().next();
  empty.ring.close();
  assert.deepEqual(await pending, { value: undefined, done: true });
  await assert.rejects(empty.ring.events().next(), ClosedError);
  await empty.close();
});

test('a second loop is refused while the first is open, and welcome after it', async () => {
  const producer = await Producer.create();
  producer.send(0);
  const first = producer.ring.events();
  await first.next();
  await assert.rejects(producer.ring.events().next(), BusyError);
  assert.throws(() => takeAll(producer.ring), BusyError);
  const unused = producer.ring.events();
  await unused.return?.();
  assert.throws(() => takeAll(producer.ring), BusyError);
  await first.return?.();
  assert.deepEqual(takeAll(producer.ring), [0]);
  await producer.close();
});

test('Readable.from makes a stream of a ring, and destroying it frees the ring', async () => {
  const producer = await Producer.create();
  producer.sendRange(0, 3);
  const stream = Readable.from(producer.ring, { highWaterMark: 1 });
  const seen: number[] = [];
  for await (const { sequence } of stream) {
    seen.push(sequence);
    if (seen.length === 3) break;
  }
  assert.deepEqual(seen, [0, 1, 2]);
  assert.ok(stream.destroyed);
  await delay(0);
  producer.send(3);
  assert.equal(takeAll(producer.ring).at(-1), 3);
  await producer.close();
});

test('loops and stats work through the bytes of a ring too', async () => {
  const producer = await Producer.create();
  producer.send(5, { producer: 4 });
  for await (const bytes of producer.ring.bytes) {
    assert.deepEqual(bytes, new Uint8Array([4, 0, 0, 0, 5, 0, 0, 0]));
    break;
  }
  assert.equal(producer.ring.bytes.bytes, producer.ring.bytes);
  assert.deepEqual(producer.ring.bytes.stats(), producer.ring.stats());
  await producer.close();
});
