import assert from 'node:assert/strict';
import test from 'node:test';
import { adviseSize } from './advise.ts';

const KIB = 1024;
const idle = { size: 64 * KIB, inPeakPerSecond: 0, unreadMax: 0, drops: undefined };

test('a ring that is large enough stays as it is, and is never made smaller', () => {
  assert.deepEqual(adviseSize(idle), { holdsMs: undefined, suggestedSize: 64 * KIB });
  assert.deepEqual(adviseSize({ ...idle, inPeakPerSecond: 32 * KIB }), {
    holdsMs: 2000,
    suggestedSize: 64 * KIB,
  });
});

test('a second of the peak rate has room, in a power of two', () => {
  const busy = { ...idle, inPeakPerSecond: 300 * KIB };
  assert.equal(adviseSize(busy).suggestedSize, 512 * KIB);
  assert.equal(Math.round(adviseSize(busy).holdsMs!), 213);
  assert.equal(adviseSize(busy, 100).suggestedSize, 64 * KIB);
});

test('twice what was unread at most has room', () => {
  assert.equal(adviseSize({ ...idle, unreadMax: 40 * KIB }).suggestedSize, 128 * KIB);
});

test('a ring that drops is doubled, up to the largest there is', () => {
  assert.equal(adviseSize({ ...idle, drops: 0n }).suggestedSize, 64 * KIB);
  assert.equal(adviseSize({ ...idle, drops: 1n }).suggestedSize, 128 * KIB);
  assert.equal(adviseSize({ ...idle, size: 2 ** 30, drops: 1n }).suggestedSize, 2 ** 30);
});
