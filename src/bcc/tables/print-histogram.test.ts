import assert from 'node:assert/strict';
import test from 'node:test';
import { AddressTable } from '../address-table.ts';
import { histogramText } from './print-histogram.ts';
import { zeroOf } from './zero.ts';

test('slots are drawn by powers of 2 and one by one', () => {
  const counts: [number, bigint][] = [
    [1, 2n],
    [3, 4n],
  ];
  assert.deepEqual(histogramText('log2', 'usecs', counts, {}).split('\n').slice(1), [
    '         0 -> 1          : 2        |********************                    |',
    '         2 -> 3          : 0        |                                        |',
    '         4 -> 7          : 4        |****************************************|',
  ]);
  assert.deepEqual(
    histogramText('linear', 'usecs', counts, {})
      .split('\n')
      .slice(1)
      .map((line) => line.slice(0, 28).trim()),
    ['1               : 2', '2               : 0', '3               : 4'],
  );
  assert.throws(() => histogramText('log2', 'x', [[65, 1n]], {}), {
    name: 'ArgumentError',
    message: /slot 65/,
  });
});

test('keys of two fields make a section for each value of the first', () => {
  const counts: [{ disk: string; slot: number }, bigint][] = [
    [{ disk: 'b', slot: 1 }, 1n],
    [{ disk: 'a', slot: 1 }, 1n],
    [{ disk: 'A', slot: 1 }, 1n],
    [{ disk: 'c', slot: 1 }, 0n],
  ];
  const text = histogramText('log2', 'x', counts, {
    sectionHeader: 'disk',
    bucketFn: (disk: string) => disk.toLowerCase(),
    sectionPrintFn: (disk) => `<${disk}>`,
    bucketSortFn: (disks) => disks.sort(),
  });
  assert.deepEqual(
    text.split('\n').filter((line) => line.startsWith('disk')),
    ['disk = <a>', 'disk = <b>'],
  );
  assert.match(text, /0 -> 1 +: 2 /);
  assert.throws(() => histogramText('log2', 'x', [['text', 1n]], {}), { name: 'ArgumentError' });
});

test('zeroOf keeps the shape', () => {
  assert.deepEqual(zeroOf({ a: 1, b: [2n, true], c: 'x', d: { e: new Uint8Array([1, 2]) } }), {
    a: 0,
    b: [0n, false],
    c: '',
    d: { e: new Uint8Array(2) },
  });
});

test('an address is in what begins before it', () => {
  const table = new AddressTable<string>();
  table.add(20n, 'b');
  table.add(10n, 'a');
  assert.equal(table.find(9n), undefined);
  assert.deepEqual(table.find(19n), { value: 'a', offset: 9n });
  assert.deepEqual(table.find(20n), { value: 'b', offset: 0n });
  assert.deepEqual(table.find(99n), { value: 'b', offset: 79n });
});
