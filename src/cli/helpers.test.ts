import assert from 'node:assert/strict';
import test from 'node:test';
import { NotFoundError } from '../errors/index.ts';
import { selectHelpers } from './helpers.ts';

function names(name: string): string[] {
  return selectHelpers(name).map((helper) => helper.name);
}

test('a whole name, with or without bpf_, or an id, selects one helper', () => {
  assert.deepEqual(names('ringbuf_reserve'), ['ringbuf_reserve']);
  assert.deepEqual(names('bpf_ringbuf_reserve'), ['ringbuf_reserve']);
  assert.deepEqual(names('131'), ['ringbuf_reserve']);
});

test('a part of names selects all that contain it', () => {
  assert.deepEqual(names('ringbuf_reserve_'), ['ringbuf_reserve_dynptr']);
  assert.deepEqual(names('ringbuf_sub'), ['ringbuf_submit', 'ringbuf_submit_dynptr']);
});

test('an unknown name is answered with the nearest', () => {
  assert.throws(
    () => names('ringbuf_reserv_e'),
    (error) => error instanceof NotFoundError && /ringbuf_reserve/.test(error.remedy),
  );
});
