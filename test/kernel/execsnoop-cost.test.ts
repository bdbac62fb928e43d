import assert from 'node:assert/strict';
import { nearAim } from './support/aim.ts';
import { Running } from './support/cli.ts';
import './support/plain-start.ts';
import { kernelTest as test } from './support/privileged.ts';
import { leastCost, residentKb } from './support/proc.ts';

test('it starts fast, stays small, and costs nothing while nothing happens', async (t) => {
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    const tracer = new Running('execsnoop', '-P', '1');
    await tracer.ready();
    times.push(performance.now() - start);
    if (i === 4) {
      nearAim(t, 'resident', residentKb(tracer.pid) / 1000, 80, 'MB');
      assert.equal((await leastCost(tracer.pid, 1000)).ticks, 0, 'CPU ticks in an idle second');
    }
    await tracer.interrupt();
  }
  // Other work on the machine only adds to it.
  nearAim(t, 'header, at best', Math.min(...times), 250, 'ms');
});
