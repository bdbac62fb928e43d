import assert from 'node:assert/strict';
import { Mapping } from '../../src/sys/index.ts';
import { Child } from './support/child.ts';
import { Flooder } from './support/flooder.ts';
import { kernelTest as test } from './support/privileged.ts';
import { PAGE, Producer } from './support/producer.ts';

/**
 * The consumer reads positions and headers by plain loads where the processor's loads are acquire loads (order.ts).
 * That V8 neither moves such a load out of a loop nor merges two of them is today's behaviour and no promise.
 */

/** Spins until a word is no longer `old`. @returns the new value, or `old` after `limit` turns. */
function spin(words: Int32Array, old: number, limit: number): number {
  for (let i = 0; i < limit; i++) {
    const now = words[0]!;
    if (now !== old) return now;
  }
  return old;
}

/** Two loads of one word with nothing in between: how often they differ. */
function differing(words: Int32Array, times: number): number {
  let count = 0;
  for (let i = 0; i < times; i++) {
    const first = words[0]!;
    const second = words[0]!;
    if (first !== second) count++;
  }
  return count;
}

test('V8 neither hoists nor merges plain loads of a mapped position', async (t) => {
  const producer = await Producer.create(64 * PAGE);
  const { fd } = producer.object.maps['ring']!;
  const mapping = new Mapping(fd, { offset: PAGE, length: PAGE, writable: false, what: 'the producer page' });
  const position = new Int32Array(mapping.buffer, 0, 1);

  // Hot on a position that stands still, so that it is optimized before anything moves.
  for (let i = 0; i < 50; i++) assert.equal(spin(position, position[0]!, 100_000), position[0]);
  assert.equal(differing(position, 1_000_000), 0);

  const flooder = Flooder.start(producer.ring.mapId, { cpu: 0 });
  await flooder.began();
  let changes = 0;
  let differences = 0;
  for (
    const end = performance.now() + 20_000;
    performance.now() < end && (changes < 50 || differences < 5);
  ) {
    producer.ring.cursor.consume(() => {});
    const old = position[0]!;
    if (spin(position, old, 1_000_000) !== old) changes++;
    differences += differing(position, 20_000);
  }
  await flooder.child.kill();
  t.diagnostic(`${changes} changes seen by spinning, ${differences} between two loads`);
  assert.ok(changes >= 50, `${changes} changes seen by spinning: the load was moved out of the loop`);
  assert.ok(differences >= 5, `${differences} differences between two loads: they were made one`);
  mapping.close();
  await producer.close();
});

test('a loop that spins in consume() sees what another process sends', async () => {
  const producer = await Producer.create();
  for (let i = 0; i < 100_000; i++) producer.ring.cursor.consume(() => {});
  const child = Child.start(
    ({ kernel, programs, sys }, id: number) => {
      const fd = sys.openById('MAP', id);
      const dropped = kernel.BpfMap.create({
        name: 'dropped',
        type: 'PERCPU_ARRAY',
        keySize: 4,
        valueSize: 8,
        maxEntries: 1,
      });
      const program = kernel.BpfProgram.load(programs.reserve(), {
        license: 'Dual BSD/GPL',
        mapFds: new Map([
          ['ring', fd],
          ['dropped', dropped.fd],
        ]),
      });
      for (let i = 0; i < 100; i++) program.run({ ctx: new Uint8Array(programs.CONTEXT.length) });
      console.log('sent');
    },
    [producer.ring.mapId],
  );
  let count = 0;
  const end = performance.now() + 20_000;
  while (count < 100 && performance.now() < end) count += producer.ring.cursor.consume(() => {});
  assert.equal(count, 100);
  await child.success();
  await producer.close();
});
