import assert from 'node:assert/strict';
import test from 'node:test';
import { spread } from './statistics.ts';

test('the median is in the middle, or between the two in the middle', () => {
  assert.deepEqual(spread([30, 1, 2]), { median: 2, least: 1, most: 30, rounds: 3 });
  assert.deepEqual(spread([10, 9, 100, 11]), { median: 10.5, least: 9, most: 100, rounds: 4 });
  assert.throws(() => spread([]), /no values/);
});
