import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { ArgumentError, NotFoundError } from '../../src/index.ts';
import { Counting } from './support/counting.ts';
import { kernelTest as test } from './support/privileged.ts';

/** Keeps this thread busy until a condition holds, or for so long. @returns whether it came to hold. */
function burn(ms: number, until: () => boolean = () => false): boolean {
  const end = performance.now() + ms;
  while (performance.now() < end) if (until()) return true;
  return false;
}

test('a sampling clock of this process runs the program while it computes', async () => {
  const counting = await Counting.load('perf_event', { pid: process.pid, cookie: true });
  const link = counting.program.attach({ event: 'cpu-clock', period: 1_000_000, pid: 0, cookie: 3n });
  assert.equal(link.parts.length, 1);
  assert.ok(burn(10_000, () => counting.runs >= 10));
  assert.equal(counting.cookie, 3n);
  const info = link.info();
  assert.equal(info.type, 'PERF_EVENT');
  link.close();
  const last = counting.runs;
  burn(20);
  assert.equal(counting.runs, last);
  await counting.close();
});

test('a frequency on every CPU that is online', async () => {
  const counting = await Counting.load('perf_event', { pid: process.pid });
  const link = counting.program.attach({ event: 'cpu-clock', frequency: 999 });
  const online =
    readFileSync('/proc/cpuinfo', 'utf8').match(/^processor/gm)?.length ?? availableParallelism();
  assert.equal(link.parts.length, online);
  assert.ok(burn(10_000, () => counting.runs >= 10));
  link.close();
  await counting.close();
});

test('each of so many page faults, by ioctl', async () => {
  const counting = await Counting.load('perf_event', { pid: process.pid });
  const link = counting.program.attach({ event: 'page-faults', period: 1, pid: 0, mode: 'perf' });
  const before = counting.runs;
  Buffer.alloc(4 << 20, 1);
  assert.ok(counting.runs > before);
  link.close();
  await counting.close();
});

test('how often must be said once, and of an event that exists', async () => {
  const counting = await Counting.load('perf_event');
  const { program } = counting;
  assert.throws(() => program.attach({ event: 'cpu-clock' }), ArgumentError);
  assert.throws(() => program.attach({ event: 'cpu-clock', period: 1, frequency: 1 }), ArgumentError);
  assert.throws(() => program.attach({ event: 'cpu-clock', period: 0 }), ArgumentError);
  assert.throws(
    () => program.attach({ event: 'cpu-clok' as 'cpu-clock', period: 1 }),
    (error) => error instanceof NotFoundError && /cpu-clock/.test(error.remedy),
  );
  assert.throws(() => program.attach({ event: 'cpu-clock', period: 1, cpu: 4096 }));
  await counting.close();
});
