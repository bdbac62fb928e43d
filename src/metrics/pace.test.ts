import assert from 'node:assert/strict';
import test from 'node:test';
import { Pace } from './pace.ts';

test('what costs more is done less often, within bounds, and one slow run changes nothing', (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const pace = new Pace(100, 1000, 0.01);
  const run = (...costs: number[]): number => {
    for (const cost of costs)
      pace.run(() => {
        now += cost;
      });
    return pace.gapMs;
  };
  assert.equal(pace.gapMs, 100);
  assert.equal(run(50, 0.5), 100, 'a slow start');
  assert.equal(run(0.5, 0.5, 0.5), 100);
  assert.equal(run(3, 3, 4), 300);
  assert.equal(run(50), 300);
  assert.equal(run(50, 50), 1000);
});
