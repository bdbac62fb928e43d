import assert from 'node:assert/strict';
import test from 'node:test';
import { NotFoundError } from '../errors/index.ts';
import { findHelper, formatHelpers, HELPERS, helperId, helperName } from './index.ts';

test('the table is complete: ids from 1 without gaps, each with a release and one short line', () => {
  assert.equal(HELPERS.length, 211);
  for (const [index, { id, since, summary }] of HELPERS.entries()) {
    assert.equal(id, index + 1);
    assert.match(since, /^[3-6]\.\d+$/);
    assert.ok(summary.length > 10 && summary.length <= 110, summary);
  }
});

test('releases never run backwards as ids grow', () => {
  const order = (since: string) => Number(since.split('.')[0]) * 100 + Number(since.split('.')[1]);
  for (const [index, helper] of HELPERS.entries()) {
    const before = HELPERS[index - 1];
    if (before !== undefined) assert.ok(order(helper.since) >= order(before.since), helper.name);
  }
});

test('ids and names of the ring buffer helpers', () => {
  assert.equal(helperId('ringbuf_output'), 130);
  assert.equal(helperId('ringbuf_query'), 134);
  assert.equal(helperId('user_ringbuf_drain'), 209);
  assert.equal(helperName(198), 'ringbuf_reserve_dynptr');
  assert.equal(helperName(0), undefined);
  assert.equal(helperName(212), undefined);
});

test('a helper is found by name, by the name C uses, and by id', () => {
  const expected = { id: 130, name: 'ringbuf_output', since: '5.8' };
  for (const word of ['ringbuf_output', 'bpf_ringbuf_output', '130']) {
    const { summary: _, ...found } = findHelper(word);
    assert.deepEqual(found, expected);
  }
  assert.throws(() => findHelper('bpf_ringbuf_outptu'), {
    name: NotFoundError.name,
    message: 'there is no BPF helper "bpf_ringbuf_outptu"',
    remedy: /ringbuf_output/,
  });
  assert.throws(() => findHelper('999'), NotFoundError);
});

test('helpers print as a table', () => {
  assert.deepEqual(formatHelpers([findHelper('loop'), findHelper('map_lookup_elem')]), [
    ' 181  loop             5.17  call a function a number of times, or until it returns 1',
    '   1  map_lookup_elem  3.19  pointer to the value of a key in a map, or NULL',
  ]);
});
