import assert from 'node:assert/strict';
import test from 'node:test';
import { type RawPositions, type RingState, ringState } from './ring-state.ts';

const RING = { id: 1, name: 'ring', type: 'RINGBUF', size: 4096, flags: 0, time: 0n } as const;

function read(positions: Partial<RawPositions>): RingState {
  const { consumer = 0n } = positions;
  return ringState(RING, { consumer, producer: 0n, consumerAfter: consumer, header: 0, ...positions });
}

test('unread bytes lie between the positions', () => {
  assert.equal(read({ consumer: 2n ** 60n, producer: 2n ** 60n + 24n }).unread, 24);
  assert.equal(read({ consumer: 8n, producer: 8n }).unread, 0);
});

test('positions that cannot be are not believed: nothing is less than empty or more than full', () => {
  assert.equal(read({ consumer: 800n, producer: 8n }).unread, 0);
  assert.equal(read({ consumer: 0n, producer: 2n ** 63n }).unread, 4096);
});

test('the head is busy, discarded or ready', () => {
  const head = (header: number): unknown => read({ producer: 16n, header }).head;
  assert.deepEqual(head((1 << 31) | 5), { state: 'busy', length: 5 });
  assert.deepEqual(head((1 << 30) | 6), { state: 'discarded', length: 6 });
  assert.deepEqual(head(7), { state: 'ready', length: 7 });
});

test('there is no head where nothing is unread, or the consumer moved on', () => {
  assert.equal(read({ header: 7 }).head, undefined);
  assert.equal(read({ producer: 16n, consumerAfter: 16n, header: 7 }).head, undefined);
});

test('what a ring in overwrite mode has overwritten is not unread', () => {
  const state = read({ consumer: 100n, producer: 5000n, overwrite: 904n, header: 7 });
  assert.deepEqual([state.unread, state.head, state.overwritePosition], [4096, undefined, 904n]);
});
