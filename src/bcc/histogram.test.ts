import assert from 'node:assert/strict';
import test from 'node:test';
import { histogramLines } from './histogram.ts';

test('a histogram is drawn from its first row to its last, with stars in proportion', () => {
  const rows = [
    { low: -(1n << 63n), high: -1n, count: 0n },
    { low: 0n, high: 1n, count: 3n },
    { low: 2n, high: 3n, count: 0n },
    { low: 4n, high: 7n, count: 9n },
    { low: 8n, high: 15n, count: 0n },
  ];
  assert.deepEqual(histogramLines('bytes', rows), [
    '     bytes               : count    distribution',
    '         0 -> 1          : 3        |*************                           |',
    '         2 -> 3          : 0        |                                        |',
    '         4 -> 7          : 9        |****************************************|',
  ]);
  assert.deepEqual(histogramLines('bytes', rows.slice(0, 1)), []);
});

test('rows below 0 and of 64 bits fit', () => {
  const lines = histogramLines('ret', [
    { low: -(1n << 63n), high: -1n, count: 1n << 40n },
    { low: 1n << 63n, high: (1n << 64n) - 1n, count: 1n },
  ]);
  assert.match(lines[1]!, /^ +< 0 +: 1099511627776 \|\*{40}\|$/);
  assert.match(lines[2]!, /^ 9223372036854775808 -> 18446744073709551615 : 1 +\| {40}\|$/);
  assert.equal(new Set(lines.slice(1).map((line) => line.length)).size, 1);
});
