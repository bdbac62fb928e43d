import assert from 'node:assert/strict';
import {
  type Burst,
  burstProgram,
  COUNTS,
  COUNTS_KEY,
  endProgram,
  NO_COUNTS,
  PACKET,
  parseCounts,
  TARGET,
} from '../../src/bench/live/burst.ts';
import { load } from '../../src/kernel/index.ts';
import { kernelTest as test } from './support/privileged.ts';

/** What records of 8 bytes, with a header of 8 each, find room in a ring of one page: all but one, or it would look empty. */
const ROOM = 4096 / 16 - 1;

const FORMS: readonly Pick<Burst, 'by' | 'wakeup' | 'value'>[] = [
  { by: 'reserve', wakeup: 'adaptive', value: 'one' },
  { by: 'reserve', wakeup: 'sampled', value: 'time' },
  { by: 'output', wakeup: 'sampled', value: 'one' },
  { by: 'output', wakeup: 'adaptive', value: 'time' },
];

for (const form of FORMS) {
  test(`the benchmark's program sends by ${form.by}, ${form.wakeup}, ${form.value}, and counts drops`, async () => {
    await using object = await load({
      name: 'burst',
      license: 'Dual BSD/GPL',
      maps: [{ name: TARGET, type: 'RINGBUF', maxEntries: 4096 }, COUNTS],
      programs: [burstProgram({ ...form, records: 100 }), endProgram(form.by)],
    });
    const counts = object.maps[COUNTS.name]!;
    counts.update(COUNTS_KEY, NO_COUNTS);
    const before = process.hrtime.bigint();
    for (let i = 0; i < 3; i++) object.programs['burst']!.run({ data: PACKET });
    const after = process.hrtime.bigint();
    assert.deepEqual(parseCounts(counts.lookup(COUNTS_KEY)!), { sent: ROOM, dropped: 300 - ROOM });
    const end = object.programs['end']!;
    assert.notEqual(end.run({ data: PACKET }).returnValue, 0, 'no room for the end either');

    const values: bigint[] = [];
    const take = (): number =>
      object.rings[TARGET]!.bytes.consume((bytes) => void values.push(new BigUint64Array(bytes.buffer)[0]!));
    assert.equal(take(), ROOM);
    assert.equal(end.run({ data: PACKET }).returnValue, 0);
    assert.equal(take(), 1);
    assert.equal(values.pop(), 0n);
    const isRight = (value: bigint, i: number): boolean =>
      form.value === 'one' ? value === 1n : value >= (values[i - 1] ?? before) && value <= after;
    assert.ok(values.every(isRight), 'ones, or times that do not go back');
  });
}
