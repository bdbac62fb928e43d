import assert from 'node:assert/strict';
import type { RingBuffer } from '../../src/ringbuf/index.ts';
import { RingFlags } from '../../src/spec/index.ts';
import { Watch } from '../../src/sys/index.ts';
import { Child } from './support/child.ts';
import { Holder } from './support/holder.ts';
import { kernelTest as test } from './support/privileged.ts';
import { delay, leastCost, until, untilIdle } from './support/proc.ts';
import { allPrograms, PAGE, Producer, range, takeAll } from './support/producer.ts';
import type { Sample } from './support/programs.ts';

test('waiting costs nothing while nothing happens: no time, and no switch to the process', async () => {
  for (const way of ['poll', 'events', 'group']) {
    const child = Child.start(
      async ({ producer, ringbuf }, how: string) => {
        const { ring } = await producer.Producer.create();
        const { ring: other } = await producer.Producer.create();
        if (how === 'poll') void ring.poll(() => {});
        else if (how === 'events') void ring.events().next();
        else
          void new ringbuf.RingBufferGroup()
            .add(ring, () => {})
            .add(other, () => {})
            .poll();
        console.log('waiting');
      },
      [way],
    );
    await child.line();
    await untilIdle(child.pid);
    assert.deepEqual(await leastCost(child.pid, 1000), { ticks: 0, switches: 0 }, way);
    await child.kill();
  }
});

test('a record held open stops neither other producers nor the clock, and all arrive in order once it is committed', async () => {
  const producer = await Producer.create(16 * PAGE);
  const holder = await Holder.start(producer, 0);
  producer.sendRange(1, 100);
  assert.deepEqual(takeAll(producer.ring), []);
  const { stalledSince, available } = producer.ring.stats();
  assert.ok(stalledSince !== undefined && Math.abs(Date.now() - stalledSince) < 1000);
  assert.equal(available, 100 * 16);

  const seen: number[] = [];
  const waiting = producer.ring.poll(({ sequence }) => void seen.push(sequence));
  const cpu = process.cpuUsage();
  await delay(1000);
  const { user, system } = process.cpuUsage(cpu);
  // Spinning would use all of it.
  assert.ok(user + system < 150_000, `${user + system} µs of 1 s while the head was stalled`);
  assert.equal(seen.length, 0);
  assert.equal(producer.ring.stats().stalledSince, stalledSince);
  await holder.release();
  await waiting;
  seen.push(...takeAll(producer.ring));
  assert.deepEqual(seen, range(0, 100));
  assert.equal(producer.ring.stats().stalledSince, undefined);
  await holder.end();
  await producer.close();
});

test('loops and batches wait for a record held open, and can be aborted and closed meanwhile', async () => {
  const producer = await Producer.create(16 * PAGE);
  const holder = await Holder.start(producer, 1);
  producer.send(2);
  await assert.rejects(producer.ring.events({ signal: AbortSignal.timeout(50) }).next(), {
    name: 'AbortError',
  });
  assert.equal(await producer.ring.poll(() => assert.fail('delivered'), { timeoutMs: 50 }), 0);
  const batch = producer.ring.batches().next();
  await delay(20);
  await holder.release();
  assert.equal((await batch).value[0].sequence, 1);
  await holder.end();
  await producer.close();
});

test('discarded records are skipped and counted, and leave their room', async () => {
  const producer = await Producer.create();
  producer.send(0, { discard: true });
  producer.send(1);
  producer.send(2, { discard: true });
  assert.deepEqual(takeAll(producer.ring), [1]);
  assert.equal(producer.ring.stats().discarded, 2);
  assert.equal(producer.ring.stats().available, 0);
  await producer.close();
});

const WAYS = {
  poll: (ring) => ring.poll(() => {}),
  events: (ring) => ring.events().next(),
  batches: (ring) => ring.batches().next(),
} satisfies Record<string, (ring: RingBuffer<Sample>) => Promise<unknown>>;

for (const [name, wait] of Object.entries(WAYS)) {
  test(`a reader passes discarded records without spinning or filling the ring (${name})`, async () => {
    const producer = await Producer.create();
    const waiting = wait(producer.ring);
    // Several times what the ring has room for.
    for (let i = 0; i < 1000; i++) {
      while (producer.send(9, { discard: true }) < 0) await delay(1);
    }
    await until('them to be passed', () => producer.ring.stats().available === 0);
    assert.equal(producer.ring.stats().discarded, 1000);
    const before = process.cpuUsage();
    await delay(200);
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 50_000, `${user + system} µs of 200 ms`);
    producer.send(3);
    await waiting;
    await producer.close();
  });
}

test('a ring that nobody waits for may be readable without the waiter of another one spinning', async () => {
  const [unwanted, wanted] = [await Producer.create(), await Producer.create()];
  // Waited for once, so that it is in the epoll set.
  assert.equal(await unwanted.ring.poll(() => {}, { timeoutMs: 5 }), 0);
  const waiting = wanted.ring.poll(() => {});
  unwanted.send(0);
  await delay(20);
  const before = process.cpuUsage();
  await delay(300);
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 50_000, `${user + system} µs of 300 ms`);
  wanted.send(0);
  assert.equal(await waiting, 1);
  assert.equal(await unwanted.ring.poll(() => {}), 1);
  unwanted.send(1);
  assert.equal(await unwanted.ring.poll(() => {}), 1);
  for (const producer of [unwanted, wanted]) await producer.close();
});

test('a poll ends in time although discarded records keep coming', async () => {
  const producer = await Producer.create();
  const timer = setInterval(() => producer.send(0, { discard: true, flags: RingFlags.FORCE_WAKEUP }), 1);
  const started = performance.now();
  assert.equal(await producer.ring.poll(() => assert.fail('delivered'), { timeoutMs: 100 }), 0);
  assert.ok(performance.now() - started < 1000);
  clearInterval(timer);
  await producer.close();
});

/** Whether the kernel announces what is sent, as level-triggered epoll tells it, on a ring nobody else waits for. */
async function assertAnnounced(
  expected: boolean,
  what: string,
  producer: Producer,
  send: () => void,
): Promise<void> {
  let woken = false;
  const watch = new Watch(producer.object.maps['ring']!.fd, () => true);
  watch.wait(() => {
    woken = true;
  });
  await delay(5);
  assert.equal(woken, false, 'announced before anything was sent');
  send();
  if (expected) await until(`a wake-up: ${what}`, () => woken);
  else await delay(20);
  watch.close();
  assert.equal(woken, expected, what);
}

/** Flags of a record in this order: who is woken. */
const { NO_WAKEUP, FORCE_WAKEUP } = RingFlags;

for (const by of ['reserve', 'output', 'dynptr']) {
  test(`${by}: adaptive wakes whom has caught up, NO_WAKEUP nobody, FORCE_WAKEUP everybody, and FORCE beats NO`, async () => {
    const producer = await Producer.create(PAGE, allPrograms());
    const send = (flags: number) => () => assert.equal(producer.send(0, { by, flags }), 0);
    producer.ring.close();
    const take = (): void => {
      const ring = producer.reopen();
      takeAll(ring);
      ring.close();
    };
    await assertAnnounced(true, 'adaptive, caught up', producer, send(0));
    take();
    await assertAnnounced(false, 'NO_WAKEUP, caught up', producer, send(NO_WAKEUP));
    take();
    await assertAnnounced(true, 'FORCE_WAKEUP, caught up', producer, send(FORCE_WAKEUP));
    take();
    await assertAnnounced(true, 'FORCE beats NO', producer, send(NO_WAKEUP | FORCE_WAKEUP));
    take();
    await producer.close();
  });
}

test('a waiting poll: NO_WAKEUP leaves it waiting, the next announced record brings both; a fresh poll sees it at once', async () => {
  const producer = await Producer.create();
  const seen: number[] = [];
  const handler = ({ sequence }: { sequence: number }): void => void seen.push(sequence);
  const waiting = producer.ring.poll(handler);
  await delay(10);
  producer.send(0, { flags: NO_WAKEUP });
  await delay(50);
  assert.equal(seen.length, 0);
  // Not caught up: adaptive says nothing either.
  producer.send(1);
  await delay(50);
  assert.equal(seen.length, 0);
  producer.send(2, { flags: FORCE_WAKEUP });
  await waiting;
  assert.deepEqual(seen, [0, 1, 2]);
  producer.send(3, { flags: NO_WAKEUP });
  assert.equal(await producer.ring.poll(handler, { timeoutMs: 1000 }), 1);
  await producer.close();
});
