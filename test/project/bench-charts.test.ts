import assert from 'node:assert/strict';
import test from 'node:test';
import { scaleFor } from '../../bench/charts/scale.ts';

test('values near each other are on a linear axis from zero, with few round ticks', () => {
  const { ticks, place } = scaleFor([40, 97]);
  assert.deepEqual(ticks, [0, 20, 40, 60, 80, 100]);
  assert.equal(place(50), 0.5);
  for (const most of [0.3, 1, 1.01, 7, 19, 1234]) {
    const { length } = scaleFor([most]).ticks;
    assert.ok(length >= 4 && length <= 10, `${length} ticks for ${most}`);
  }
});

test('values far from each other are on a logarithmic axis of whole powers of ten', () => {
  const { ticks, place } = scaleFor([4, 2800]);
  assert.deepEqual(ticks, [1, 10, 100, 1000, 10_000]);
  assert.equal(place(100), 0.5);
});

test('zero is on a linear axis', () => {
  assert.deepEqual(scaleFor([0]).ticks.slice(0, 1), [0]);
  assert.ok(Number.isFinite(scaleFor([0]).place(0)));
  assert.equal(scaleFor([0, 1000]).place(0), 0);
});
