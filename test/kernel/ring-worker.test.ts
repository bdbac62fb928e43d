import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { ArgumentError, BusyError, ClosedError, WorkerError } from '../../src/errors/index.ts';
import { RingBufferGroup, type WorkerRing } from '../../src/ringbuf/index.ts';
import { RingFlags } from '../../src/spec/index.ts';
import { Mapping } from '../../src/sys/index.ts';
import { type Body, Child, startWorker } from './support/child.ts';
import { type Flooded, Flooder } from './support/flooder.ts';
import { Holder } from './support/holder.ts';
import { kernelTest as test } from './support/privileged.ts';
import { delay, leastCost, until } from './support/proc.ts';
import { PAGE, Producer, range } from './support/producer.ts';
import type { Sample } from './support/programs.ts';

const RING = 256 * PAGE;

/** Keeps this thread from doing anything else. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** A handler that insists on each number once, in order. */
function inOrder(): { next: number; handler: (sample: Readonly<Sample>) => void } {
  const check = {
    next: 0,
    handler: ({ sequence }: Readonly<Sample>): void => {
      if (sequence !== check.next) assert.fail(`record ${sequence} where ${check.next} was due`);
      check.next++;
    },
  };
  return check;
}

/** Reads until all that a flood sent was seen. */
async function readAll(
  ring: Pick<WorkerRing<Sample>, 'cursor'>,
  flooder: Flooder,
  order: ReturnType<typeof inOrder>,
): Promise<Flooded> {
  let flooded: Flooded | undefined;
  void flooder.ended().then((result) => {
    flooded = result;
  });
  while (flooded === undefined || order.next < flooded.sent) {
    await ring.cursor.poll(order.handler, { timeoutMs: 5 });
  }
  assert.equal(order.next, flooded.sent);
  return flooded;
}

test('while the main thread is blocked for 2 s a worker loses nothing of what drops without one', async (t) => {
  const dropped: Record<string, number> = {};
  for (const mode of ['plain', 'in a worker']) {
    await using producer = await Producer.create(RING);
    const ring = mode === 'plain' ? producer.ring : producer.ring.inWorker();
    const flooder = Flooder.start(producer.ring.mapId, { cpu: 0, total: 400_000, pauseMs: 10 });
    await flooder.began();
    block(2000);
    const order = inOrder();
    dropped[mode] = (await readAll(ring, flooder, order)).dropped;
    if (mode !== 'plain') ring.close();
  }
  t.diagnostic(`dropped: ${JSON.stringify(dropped)}`);
  assert.equal(dropped['in a worker'], 0);
  assert.ok(dropped['plain']! > 0);
});

test('a flood is read through a worker nearly as fast as without one', async (t) => {
  const rates: Record<string, number> = {};
  for (const mode of ['plain', 'in a worker']) {
    await using producer = await Producer.create(16 * RING);
    const ring = mode === 'plain' ? producer.ring : producer.ring.inWorker();
    const flooder = Flooder.start(producer.ring.mapId, { cpu: 0 });
    await flooder.began();
    const order = inOrder();
    const started = performance.now();
    while (performance.now() < started + 1000) await ring.cursor.poll(order.handler);
    rates[mode] = order.next / (performance.now() - started) / 1000;
    ring.close();
    await flooder.child.kill();
  }
  t.diagnostic(`million records per second: ${JSON.stringify(rates)}`);
  // Two threads share what CPUs the flood leaves.
  assert.ok(rates['in a worker']! > rates['plain']! / 5);
});

test('a worker ring is read in all the ways of a ring', async () => {
  await using producer = await Producer.create();
  using ring = producer.ring.inWorker();
  const seen: number[] = [];
  const note = ({ sequence }: Sample): void => void seen.push(sequence);

  producer.sendRange(0, 10);
  for await (const { sequence } of ring) if (seen.push(sequence) === 2) break;
  // The record of the body that broke the loop comes again.
  for await (const batch of ring.batches({ max: 3 })) {
    batch.forEach(note);
    if (seen.at(-1)! >= 3) break;
  }
  assert.deepEqual(seen, [0, 1, 1, 2, 3]);
  assert.equal(
    await ring.cursor.poll((sample) => {
      note(sample);
      return false;
    }),
    1,
  );
  assert.equal(
    ring.held.consume((record) => note(record.decode()), { max: 1 }),
    1,
  );
  assert.equal(
    ring.bytes.consume((bytes) => void seen.push(bytes[4]!), { max: 1 }),
    1,
  );
  const group = new RingBufferGroup().add(ring, note);
  while (seen.at(-1) !== 9) await group.poll();
  assert.deepEqual(seen.slice(5), range(1, 10));

  const events = ring.events();
  const waiting = events.next();
  await delay(20);
  producer.send(10, { discard: true });
  producer.send(11);
  assert.equal((await waiting).value.sequence, 11);
  await events.return!();
  assert.equal(await ring.poll(note), 1);
  await assert.rejects(ring.poll(note, { signal: AbortSignal.timeout(20) }), { name: 'AbortError' });
  assert.equal(await ring.poll(note, { timeoutMs: 5 }), 0);
  const { discarded, backlog, backlogSize, available } = ring.stats();
  assert.deepEqual({ discarded, backlog, available }, { discarded: 1, backlog: 0, available: 0 });
  assert.equal(backlogSize, 64 * 1024 * 1024);
});

test('a full backlog holds no more than it may: the kernel drops, counts it, and the rest comes in order', async () => {
  await using producer = await Producer.create(4 * PAGE);
  using ring = producer.ring.inWorker({ backlog: 8 * PAGE });
  let sent = 0;
  // The worker needs its time to make room: drops are only final when both are full.
  const isFull = (): boolean => {
    while (producer.send(sent) === 0) sent++;
    const { backlog, available } = ring.stats();
    return backlog >= 8 * PAGE - 16 && available >= 4 * PAGE - 16;
  };
  await until('both to be full', isFull);
  assert.notEqual(producer.send(0), 0);
  assert.ok(ring.stats().dropped! > 0n);
  assert.equal(ring.stats().backlog, 8 * PAGE);
  const order = inOrder();
  const started = performance.now();
  ring.consume(order.handler);
  await until('the worker to go on', () => ring.stats().available === 0);
  // Woken, not by its longest wait.
  assert.ok(performance.now() - started < 900);
  while (order.next < sent) await ring.poll(order.handler);
  // Now there is room again.
  producer.sendRange(sent, sent + 10);
  while (order.next < sent + 10) await ring.poll(order.handler);
  assert.equal(ring.stats().delivered, sent + 10);
});

test('stop() and then close() lose nothing: what was copied is read, the RingBuffer has the rest', async () => {
  await using producer = await Producer.create(RING);
  const flooder = Flooder.start(producer.ring.mapId, { cpu: 0, total: 200_000, pauseMs: 1 });
  await flooder.began();
  const order = inOrder();
  for (let round = 0; round < 3; round++) {
    const ring = producer.ring.inWorker();
    while (order.next < 50_000 * (round + 1)) await ring.cursor.poll(order.handler);
    const stopped = ring.stop();
    for await (const sample of ring) order.handler(sample);
    await stopped;
    assert.throws(() => ring.stats(), ClosedError);
  }
  await readAll(producer.ring, flooder, order);
});

test('stop() leaves what was copied to a handler, too, and closes behind it', async () => {
  await using producer = await Producer.create();
  const ring = producer.ring.inWorker();
  producer.sendRange(0, 5);
  await until('them to be copied', () => ring.stats().backlog === 5 * 16);
  await ring.stop();
  producer.sendRange(5, 10);
  const order = inOrder();
  assert.equal(ring.consume(order.handler), 5);
  assert.throws(() => ring.stats(), ClosedError);
  assert.equal(producer.ring.consume(order.handler), 5);
  assert.equal(producer.ring.stats().available, 0);
});

test('one reader at a time; closing either ring closes the worker; sizes are checked', async () => {
  const producer = await Producer.create(4 * PAGE);
  for (const backlog of [PAGE, 5 * PAGE, 0, -1, 1.5, Number.NaN, 2 ** 31]) {
    assert.throws(() => producer.ring.inWorker({ backlog }), ArgumentError, String(backlog));
  }
  const ring = producer.ring.inWorker();
  assert.throws(() => producer.ring.consume(() => {}), BusyError);
  assert.throws(() => producer.ring.inWorker(), BusyError);
  assert.equal(producer.ring.stats().available, 0);
  ring.close();
  ring.close();
  assert.throws(() => ring.consume(() => {}), ClosedError);
  producer.send(0);
  assert.equal(
    producer.ring.consume(() => {}),
    1,
  );

  // Closed before its thread has begun.
  producer.ring.inWorker().close();
  const second = producer.ring.inWorker();
  const waiting = second.poll(() => {});
  producer.ring.close();
  assert.equal(await waiting, 0);
  assert.throws(() => second.stats(), ClosedError);
  await producer.close();
});

test('a failure of the worker is told once what it had copied is read', async () => {
  await using producer = await Producer.create(4 * PAGE);
  using ring = producer.ring.inWorker();
  producer.send(0);
  await until('the record to be copied', () => ring.stats().backlog > 0);
  // A second reader, which there must not be.
  const fd = producer.object.maps['ring']!.fd;
  const intruder = new Mapping(fd, { offset: 0, length: PAGE, writable: true, what: 'its consumer page' });
  new BigUint64Array(intruder.buffer)[0] = 8n;
  producer.send(1, { flags: RingFlags.FORCE_WAKEUP });
  await until('the worker to notice', () => {
    try {
      ring.consume(() => {});
      return false;
    } catch (error) {
      assert.ok(error instanceof WorkerError);
      assert.match(error.message, /ring ring.*cannot be right/);
      return true;
    }
  });
  assert.equal(ring.stats().delivered, 1);
  await assert.rejects(
    ring.poll(() => {}),
    WorkerError,
  );
  await assert.rejects(ring.events().next(), WorkerError);
  intruder.close();
});

test('a record held open: the worker neither spins nor overtakes it', async () => {
  await using producer = await Producer.create(16 * PAGE);
  using ring = producer.ring.inWorker();
  const holder = await Holder.start(producer, 0);
  producer.sendRange(1, 10);
  const cpu = process.cpuUsage();
  const order = inOrder();
  assert.equal(await ring.poll(order.handler, { timeoutMs: 500 }), 0);
  assert.notEqual(ring.stats().stalledSince, undefined);
  const { user, system } = process.cpuUsage(cpu);
  assert.ok(user + system < 150_000, `${user + system} µs of 0.5 s while the head was stalled`);
  await holder.release();
  while (order.next < 10) await ring.poll(order.handler);
  await holder.end();
});

test('an idle worker costs a wake-up a second, and files are closed after it', async () => {
  await using producer = await Producer.create();
  const files = readdirSync('/proc/self/fd').length;
  const child = Child.start(
    async ({ ringbuf, sys }, id: number) => {
      const ring = ringbuf.RingBuffer.open(sys.openById('MAP', id)).inWorker();
      await ring.poll(() => console.log('began'));
      await ring.poll(() => {});
    },
    [closed(producer)],
  );
  producer.send(0);
  assert.equal(await child.line(), 'began');
  const { ticks, switches } = await leastCost(child.pid, 2000);
  assert.ok(ticks <= 1 && switches <= 10, `${ticks} ticks and ${switches} switches in 2 s`);
  await child.kill();
  const ring = producer.reopen();
  for (let i = 0; i < 5; i++) {
    const worker = ring.inWorker();
    await worker.poll(() => {}, { timeoutMs: 1 });
    worker.close();
    await worker.stop();
  }
  ring.close();
  assert.ok(readdirSync('/proc/self/fd').length <= files + 1, 'files of workers stayed open');
});

/** Closes the ring, for another process to read. */
function closed(producer: Producer): number {
  const { mapId } = producer.ring;
  producer.ring.close();
  return mapId;
}

test('the bundle that users import finds its worker', async () => {
  await using producer = await Producer.create();
  const id = closed(producer);
  producer.send(0);
  const script = `
    import { RingBuffer } from ${JSON.stringify(new URL('../../lib/index.js', import.meta.url).href)};
    const ring = RingBuffer.takeOverId(${id});
    await ring.inWorker().poll(({ length }) => console.log(length, 'bytes'));
    ring.close();`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  assert.deepEqual({ stdout, stderr }, { stdout: '8 bytes\n', stderr: '' });
});

/** Ends of a process whose worker is at work. */
const ENDS: Record<string, Body<[id: number]>> = {
  'process.exit() in a handler': async ({ ringbuf, sys }, id) => {
    const ring = ringbuf.RingBuffer.open(sys.openById('MAP', id)).inWorker();
    let count = 0;
    for (;;) {
      await ring.poll(() => {
        if (++count === 10_000) process.exit(0);
      });
    }
  },
  'a natural end, the ring left open': async ({ ringbuf, sys }, id) => {
    const ring = ringbuf.RingBuffer.open(sys.openById('MAP', id)).inWorker();
    for (let polls = 0; polls < 20; polls++) await ring.poll(() => {});
  },
  "a natural end, the ring unref'd and waiting": async ({ ringbuf, sys }, id) => {
    const ring = ringbuf.RingBuffer.open(sys.openById('MAP', id)).inWorker().unref();
    for (let polls = 0; polls < 20; polls++) await ring.poll(() => {});
    void ring.poll(() => {});
  },
  'a natural end after close()': async ({ ringbuf, sys }, id) => {
    const ring = ringbuf.RingBuffer.open(sys.openById('MAP', id));
    const worker = ring.inWorker();
    for (let polls = 0; polls < 20; polls++) await worker.poll(() => {});
    const last = worker.poll(() => {});
    ring.close();
    await last;
  },
  'an end as soon as it has begun': ({ ringbuf, sys }, id) => {
    ringbuf.RingBuffer.open(sys.openById('MAP', id)).inWorker();
  },
};

test('under a flood processes end well, at once, however they do', async () => {
  await using producer = await Producer.create(64 * PAGE);
  const id = closed(producer);
  const flooder = Flooder.start(id, { cpu: 0 });
  await flooder.began();
  for (const [how, body] of Object.entries(ENDS)) {
    const started = performance.now();
    await Child.start(body, [id]).success();
    assert.ok(performance.now() - started < 5000, how);
  }
  await flooder.child.kill();
});

test('terminate() ends a thread whose ring is in a worker of its own, under a flood', async () => {
  await using producer = await Producer.create(64 * PAGE);
  const id = closed(producer);
  const flooder = Flooder.start(id, { cpu: 0 });
  await flooder.began();
  for (let i = 0; i < 3; i++) {
    const worker = startWorker(
      async ({ ringbuf, sys, workers }, id: number) => {
        const ring = ringbuf.RingBuffer.open(sys.openById('MAP', id)).inWorker();
        await ring.poll(() => {});
        workers.parentPort!.postMessage('record');
        for (;;) await ring.poll(() => {});
      },
      [id],
    );
    assert.deepEqual(await once(worker, 'message'), ['record']);
    await delay(10 * i);
    const started = performance.now();
    await worker.terminate();
    assert.ok(performance.now() - started < 3000);
  }
  await flooder.child.kill();
});
