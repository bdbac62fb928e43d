import assert from 'node:assert/strict';
import { ArgumentError, BusyError, ClosedError } from '../../src/errors/index.ts';
import { RingBufferGroup } from '../../src/ringbuf/index.ts';
import { needs } from './support/needs.ts';
import { kernelTest as test } from './support/privileged.ts';
import { delay } from './support/proc.ts';
import { PAGE, Producer, range, takeAll } from './support/producer.ts';

interface Grouped {
  readonly producers: readonly Producer[];
  readonly seen: readonly number[][];
  readonly group: RingBufferGroup;
  close(): Promise<void>;
}

async function grouped(count: number): Promise<Grouped> {
  const producers = await Promise.all(range(0, count).map(() => Producer.create()));
  const seen: number[][] = producers.map(() => []);
  const group = new RingBufferGroup();
  for (const [i, producer] of producers.entries()) {
    group.add(producer.ring.cursor, ({ sequence }) => void seen[i]!.push(sequence));
  }
  const close = async (): Promise<void> => {
    for (const producer of producers) await producer.close();
  };
  return { producers, seen, group, close };
}

test('a group delivers the records of all its rings', async () => {
  const { producers, seen, group, close } = await grouped(3);
  producers[0]!.sendRange(0, 3);
  producers[2]!.sendRange(0, 2);
  assert.equal(group.consume(), 5);
  const waiting = group.poll();
  setTimeout(() => producers[1]!.send(0), 10);
  assert.equal(await waiting, 1);
  assert.deepEqual(seen, [[0, 1, 2], [0], [0, 1]]);
  assert.equal(await group.poll({ timeoutMs: 10 }), 0);
  await assert.rejects(group.poll({ signal: AbortSignal.timeout(10) }), { name: 'AbortError' });
  await close();
});

test('a busy ring does not starve the others', needs('clock'), async () => {
  const producers = await Promise.all(range(0, 3).map(() => Producer.create(16 * PAGE)));
  const seen: number[][] = [[], []];
  // A handler that makes work for its own ring: without end, if it were served until it is empty.
  const [busy, ...quiet] = producers;
  const endless = new RingBufferGroup().add(busy!.ring, ({ sequence }) => {
    busy!.send(sequence + 1);
  });
  for (const [i, producer] of quiet.entries()) {
    endless.add(producer.ring.cursor, ({ sequence }) => void seen[i]!.push(sequence));
  }
  busy!.send(0);
  for (const producer of quiet) producer.sendRange(0, 50);
  for (let polls = 0; polls < 3; polls++) await endless.poll();
  assert.deepEqual(seen, [range(0, 50), range(0, 50)]);
  assert.ok(busy!.ring.stats().delivered > 0);
  for (const producer of producers) await producer.close();
});

test('a group reads all its rings or none: one that is being read is a BusyError, and the others stay free', async () => {
  const { producers, group, close } = await grouped(2);
  const reader = producers[1]!.ring.events();
  producers[1]!.send(0);
  await reader.next();
  assert.throws(() => group.consume(), BusyError);
  await assert.rejects(group.poll(), BusyError);
  producers[0]!.send(0);
  assert.deepEqual(takeAll(producers[0]!.ring), [0]);
  await reader.return?.();
  const waiting = group.poll();
  assert.throws(() => takeAll(producers[0]!.ring), BusyError);
  await assert.rejects(group.poll(), BusyError);
  assert.equal(await waiting, 1);
  await close();
});

test('a ring added while a poll is pending is neither read nor released by that poll', async () => {
  const { producers, seen, group, close } = await grouped(1);
  const other = await Producer.create();
  other.send(7);
  const reader = other.ring.events();
  await reader.next();
  const waiting = group.poll();
  group.add(other.ring, () => assert.fail('it has a reader'));
  producers[0]!.send(0);
  assert.equal(await waiting, 1);
  assert.deepEqual(seen, [[0]]);
  assert.throws(() => takeAll(other.ring), BusyError);
  await reader.return?.();
  await other.close();
  await close();
});

test('closing a ring ends the poll of its group with 0; the next one says which ring is closed', async () => {
  const { producers, group, close } = await grouped(2);
  const waiting = group.poll();
  await delay(5);
  producers[1]!.ring.close();
  assert.equal(await waiting, 0);
  await assert.rejects(group.poll(), ClosedError);
  producers[0]!.send(3);
  assert.deepEqual(takeAll(producers[0]!.ring), [3]);
  await close();
});

test('a handler may close another ring of the group', async () => {
  const producers = [await Producer.create(), await Producer.create()];
  const seen: number[] = [];
  const group = new RingBufferGroup();
  for (const [i, producer] of producers.entries()) {
    producer.send(i);
    group.add(producer.ring, ({ sequence }) => {
      seen.push(sequence);
      producers[1 - i]!.ring.close();
    });
  }
  assert.equal(group.consume(), 1);
  assert.equal(seen.length, 1);
  for (const producer of producers) await producer.close();
});

test('an empty group, a ring twice and a closed ring are refused', async () => {
  const producer = await Producer.create();
  assert.throws(() => new RingBufferGroup().consume(), ArgumentError);
  await assert.rejects(new RingBufferGroup().poll(), ArgumentError);
  const group = new RingBufferGroup().add(producer.ring, () => {});
  assert.throws(() => group.add(producer.ring.bytes, () => {}), ArgumentError);
  producer.ring.close();
  assert.throws(() => new RingBufferGroup().add(producer.ring, () => {}), ClosedError);
  await producer.close();
});
