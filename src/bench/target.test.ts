import assert from 'node:assert/strict';
import test from 'node:test';
import { isMet, ratio, target } from './target.ts';

test('a target is met up to its limit, from its limit on, or not measured', () => {
  const met = (bound: 'at most' | 'at least', measured?: number): boolean | undefined =>
    isMet(target('work', bound, 2, '× peer', measured));
  assert.deepEqual([met('at most', 2), met('at most', 2.1)], [true, false]);
  assert.deepEqual([met('at least', 2), met('at least', 1.9)], [true, false]);
  assert.equal(met('at most'), undefined);
});

test('a ratio needs both of its figures', () => {
  assert.equal(ratio(3, 2), 1.5);
  assert.equal(ratio(undefined, 2), undefined);
  assert.equal(ratio(3, undefined), undefined);
});
