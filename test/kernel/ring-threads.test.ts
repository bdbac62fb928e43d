import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { type Body, Child, startWorker } from './support/child.ts';
import { Flooder } from './support/flooder.ts';
import { kernelTest as test } from './support/privileged.ts';
import { delay } from './support/proc.ts';
import { PAGE, Producer } from './support/producer.ts';

/** Polls a ring for ever, and tells of the first record and of the thread's readiness. */
const pollForEver: Body<[id: number]> = async ({ ringbuf, sys, workers }, id) => {
  const ring = ringbuf.RingBuffer.open(sys.openById('MAP', id));
  workers.parentPort!.postMessage('ready');
  await ring.poll(() => {});
  workers.parentPort!.postMessage('record');
  for (;;) await ring.poll(() => {});
};

async function workerWith(body: Body<[id: number]>, producer: Producer): Promise<Worker> {
  producer.ring.close();
  const worker = startWorker(body, [producer.object.maps['ring']!.info().id]);
  assert.deepEqual(await once(worker, 'message'), ['ready']);
  return worker;
}

async function terminates(worker: Worker): Promise<void> {
  const started = performance.now();
  await worker.terminate();
  const took = performance.now() - started;
  assert.ok(took < 2000, `terminate() took ${took} ms`);
}

test('a ring is polled in a worker thread, in loops too', async () => {
  const producer = await Producer.create();
  const worker = await workerWith(async ({ ringbuf, sys, workers }, id) => {
    const ring = ringbuf.RingBuffer.open(sys.openById('MAP', id));
    workers.parentPort!.postMessage('ready');
    const seen: number[] = [];
    for await (const bytes of ring) {
      seen.push(bytes[4]!);
      if (seen.length === 3) break;
    }
    ring.close();
    workers.parentPort!.postMessage(seen);
  }, producer);
  for (let i = 0; i < 3; i++) {
    await delay(20);
    producer.send(i);
  }
  assert.deepEqual(await once(worker, 'message'), [[0, 1, 2]]);
  assert.deepEqual(await once(worker, 'exit'), [0]);
  await producer.close();
});

test('a worker that closes its ring leaves no file behind', async () => {
  const producer = await Producer.create();
  const files = readdirSync('/proc/self/fd').length;
  for (let i = 0; i < 5; i++) {
    const worker = await workerWith(async ({ ringbuf, sys, workers }, id) => {
      // Node warns of fds that are closed behind its back.
      process.on('warning', (warning) => {
        throw warning;
      });
      const fd = sys.openById('MAP', id);
      workers.parentPort!.postMessage('ready');
      // The waiter is made anew for the second ring.
      for (let round = 0; round < 2; round++) {
        const ring = ringbuf.RingBuffer.open(fd);
        if (round === 0) await ring.poll(() => {}, { timeoutMs: 5 });
        else void ring.poll(() => {});
        ring.close();
      }
      sys.closeFd(fd);
    }, producer);
    assert.deepEqual(await once(worker, 'exit'), [0]);
  }
  assert.ok(readdirSync('/proc/self/fd').length <= files + 2, 'files of workers stayed open');
  await producer.close();
});

test('terminate() ends a worker that waits for a ring, within 2 s', async () => {
  const producer = await Producer.create();
  const worker = await workerWith(pollForEver, producer);
  await delay(50);
  await terminates(worker);
  await producer.close();
});

test('terminate() ends a worker under a flood, within 2 s and without harm', async () => {
  const producer = await Producer.create(64 * PAGE);
  const flooder = Flooder.start(producer.ring.mapId, { cpu: 0 });
  await flooder.began();
  for (let i = 0; i < 5; i++) {
    const worker = await workerWith(pollForEver, producer);
    assert.deepEqual(await once(worker, 'message'), ['record']);
    await delay(10 * i);
    await terminates(worker);
  }
  await flooder.child.kill();
  await producer.close();
});

for (const [how, end] of [
  [
    'on its own',
    ({ ringbuf, sys, workers }, id) => {
      const ring = ringbuf.RingBuffer.open(sys.openById('MAP', id));
      workers.parentPort!.postMessage('ready');
      void ring.poll(() => {}, { timeoutMs: 30 });
    },
  ],
  [
    'by process.exit()',
    ({ ringbuf, sys, workers }, id) => {
      const ring = ringbuf.RingBuffer.open(sys.openById('MAP', id));
      void ring.poll(() => {});
      workers.parentPort!.postMessage('ready');
      setTimeout(() => process.exit(0), 30);
    },
  ],
] satisfies [string, Body<[id: number]>][]) {
  test(`a worker ends ${how} with a wait pending`, async () => {
    const producer = await Producer.create();
    const worker = await workerWith(end, producer);
    const started = performance.now();
    assert.deepEqual(await once(worker, 'exit'), [0]);
    assert.ok(performance.now() - started < 2000);
    await producer.close();
  });
}

/** Ends of the main thread while records keep coming. */
const ENDS: Record<string, Body<[id: number]>> = {
  'process.exit() in a handler': async ({ ringbuf, sys }, id) => {
    const ring = ringbuf.RingBuffer.open(sys.openById('MAP', id));
    let count = 0;
    for (;;) {
      await ring.poll(() => {
        if (++count === 1000) process.exit(0);
      });
    }
  },
  'process.exit() from a timer while polling': async ({ ringbuf, sys }, id) => {
    const ring = ringbuf.RingBuffer.open(sys.openById('MAP', id));
    setTimeout(() => process.exit(0), 20);
    for (;;) await ring.poll(() => {});
  },
  "a natural end, the ring unref'd and armed": async ({ ringbuf, sys }, id) => {
    const ring = ringbuf.RingBuffer.open(sys.openById('MAP', id)).unref();
    let polls = 0;
    while (polls++ < 20) await ring.poll(() => {});
    void ring.poll(() => {});
  },
  'a natural end after break': async ({ ringbuf, sys }, id) => {
    const ring = ringbuf.RingBuffer.open(sys.openById('MAP', id));
    let count = 0;
    for await (const _ of ring) if (++count === 1000) break;
  },
  'a natural end after close()': async ({ ringbuf, sys }, id) => {
    const ring = ringbuf.RingBuffer.open(sys.openById('MAP', id));
    for (let polls = 0; polls < 20; polls++) await ring.poll(() => {});
    const last = ring.poll(() => {});
    ring.close();
    await last;
  },
};

/** Five ends, twenty processes in all. */
const TIMES = 4;

for (const [how, body] of Object.entries(ENDS)) {
  test(`under a flood a process ends well ${TIMES} times: ${how}`, async () => {
    const producer = await Producer.create(64 * PAGE);
    const { mapId } = producer.ring;
    producer.ring.close();
    const flooder = Flooder.start(mapId, { cpu: 0 });
    await flooder.began();
    for (let i = 0; i < TIMES; i++) await Child.start(body, [mapId]).success();
    await flooder.child.kill();
    await producer.close();
  });
}

test('process.exit() of the main thread ends a worker that waits, too', async () => {
  const producer = await Producer.create();
  const { mapId } = producer.ring;
  producer.ring.close();
  const child = Child.start(
    async ({ workers }, id: number, lib: string) => {
      const source = `const { ringbuf, sys } = await import(${JSON.stringify(lib)});
        const { parentPort } = await import('node:worker_threads');
        void ringbuf.RingBuffer.open(sys.openById('MAP', ${id})).poll(() => {});
        parentPort.postMessage('ready');`;
      const worker = new workers.Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
      worker.once('message', () => setTimeout(() => process.exit(0), 30));
    },
    [mapId, new URL('./support/lib.js', import.meta.url).href],
  );
  const started = performance.now();
  await child.success();
  assert.ok(performance.now() - started < 5000);
  await producer.close();
});
