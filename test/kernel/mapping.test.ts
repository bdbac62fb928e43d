import assert from 'node:assert/strict';
import { closeSync } from 'node:fs';
import { BpfSyscallError, PermissionError } from '../../src/errors/index.ts';
import { BpfMap } from '../../src/kernel/index.ts';
import { MapFlags } from '../../src/spec/index.ts';
import { Mapping, openById } from '../../src/sys/index.ts';
import { Child } from './support/child.ts';
import { kernelTest as test } from './support/privileged.ts';
import { bpfFiles, ringMappings } from './support/proc.ts';
import { PAGE, Producer, takeAll } from './support/producer.ts';

/** What the kernel says to a mapping of a ring of one page. */
function mapped(type: 'RINGBUF' | 'USER_RINGBUF', offset: number, length: number, writable: boolean): string {
  const map = BpfMap.create({ name: 'mapped', type, maxEntries: PAGE });
  try {
    new Mapping(map.fd, { offset, length, writable, what: 'ring mapped' }).close();
    return 'mapped';
  } catch (error) {
    assert.ok(error instanceof BpfSyscallError || error instanceof PermissionError, String(error));
    assert.match(error.message, /ring mapped/);
    assert.notEqual(error.remedy, '');
    return error.errno;
  } finally {
    map.close();
  }
}

test('of a ring only the consumer page may be mapped writable, and nothing beyond its end', () => {
  assert.equal(mapped('RINGBUF', 0, PAGE, true), 'mapped');
  assert.equal(mapped('RINGBUF', 0, PAGE, false), 'mapped');
  assert.equal(mapped('RINGBUF', PAGE, 3 * PAGE, false), 'mapped');
  assert.equal(mapped('RINGBUF', 0, 4 * PAGE, false), 'mapped');
  assert.equal(mapped('RINGBUF', PAGE, PAGE, true), 'EPERM', 'the producer page');
  assert.equal(mapped('RINGBUF', 2 * PAGE, 2 * PAGE, true), 'EPERM', 'the data');
  assert.equal(mapped('RINGBUF', 0, 2 * PAGE, true), 'EPERM', 'the producer page behind the consumer page');
  assert.equal(mapped('RINGBUF', PAGE, 4 * PAGE, false), 'EINVAL', 'beyond the end');
  assert.equal(mapped('RINGBUF', 4 * PAGE, PAGE, false), 'EINVAL', 'behind the end');
});

test('of a user ring it is the other way round', () => {
  assert.equal(mapped('USER_RINGBUF', 0, PAGE, false), 'mapped');
  assert.equal(mapped('USER_RINGBUF', PAGE, 3 * PAGE, true), 'mapped');
  assert.equal(mapped('USER_RINGBUF', 0, PAGE, true), 'EPERM');
});

test('an fd that is read-only cannot be mapped', () => {
  const map = BpfMap.create({ name: 'mapped', type: 'RINGBUF', maxEntries: PAGE });
  const fd = openById('MAP', map.info().id, MapFlags.RDONLY);
  for (const writable of [true, false]) {
    assert.throws(
      () => new Mapping(fd, { offset: 0, length: PAGE, writable, what: 'ring' }),
      (error) =>
        (error instanceof BpfSyscallError || error instanceof PermissionError) &&
        error.remedy.includes('open it read-write'),
    );
  }
  closeSync(fd);
  map.close();
  assert.deepEqual(bpfFiles(), []);
});

test('a view that outlives its mapping reads zeros', async () => {
  const producer = await Producer.create();
  producer.send(0x01020304, { producer: 1 });
  const { fd } = producer.object.maps['ring']!;
  const mapping = new Mapping(fd, { offset: PAGE, length: 3 * PAGE, writable: false, what: 'ring' });
  const words = new Uint32Array(mapping.buffer, PAGE + 8, 2);
  assert.deepEqual([...words], [1, 0x01020304]);
  mapping.close();
  mapping.close();
  assert.deepEqual([...words], [0, 0]);
  await producer.close();
});

test('a cursor kept beyond its handler and its ring does no harm', async () => {
  const producer = await Producer.create();
  producer.send(5);
  let kept: { readonly sequence: number } | undefined;
  producer.ring.cursor.consume((sample) => {
    kept = sample;
    assert.equal(sample.sequence, 5);
  });
  await producer.close();
  assert.equal(kept!.sequence, 0);
});

test('a mapping nobody can reach any more is given back, closed or not', async () => {
  const child = Child.start(
    async ({ kernel, sys, fs }) => {
      const map = kernel.BpfMap.create({ name: 'mapped', type: 'RINGBUF', maxEntries: 65536 });
      const count = (): number => fs.readFileSync('/proc/self/maps', 'utf8').split('\n').length;
      const collect = async (): Promise<void> => {
        for (let i = 0; i < 10; i++) {
          (globalThis as unknown as { gc(): void }).gc();
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      };
      // The first ones bring code and heap into being.
      for (let round = 0; round < 2; round++) {
        const before = count();
        for (let i = 0; i < 100; i++) {
          const mapping = new sys.Mapping(map.fd, { offset: 0, length: 4096, writable: true, what: 'ring' });
          if (i % 2 === 0) mapping.close();
        }
        const during = count() - before;
        await collect();
        if (round === 1) console.log(JSON.stringify({ during, after: count() - before }));
      }
    },
    [],
    { node: ['--expose-gc'] },
  );
  const { during, after } = JSON.parse(await child.line()) as { during: number; after: number };
  assert.ok(during >= 50, `${during} mappings appeared`);
  assert.ok(after <= 5, `${after} of ${during} mappings stayed`);
  await child.success();
});

test('rings opened and closed many times leave neither mappings nor files', async () => {
  const producer = await Producer.create();
  producer.ring.close();
  for (let i = 0; i < 200; i++) {
    const ring = producer.reopen();
    producer.send(i);
    assert.deepEqual(takeAll(ring), [i]);
    await ring.poll(() => {}, { timeoutMs: 0 });
    ring.close();
  }
  assert.equal(ringMappings(), 0);
  await producer.close();
  assert.deepEqual(bpfFiles(), []);
});
