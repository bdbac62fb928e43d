import assert from 'node:assert/strict';
import test from 'node:test';
import { ArgumentError } from '../../errors/index.ts';
import { parseTarget } from './target.ts';

test('targets are a kind and a name; two names alone are a tracepoint', () => {
  const switched = { kind: 'tracepoint', category: 'sched', name: 'sched_switch' };
  assert.deepEqual(parseTarget('tracepoint:sched:sched_switch'), switched);
  assert.deepEqual(parseTarget('sched:sched_switch'), switched);
  assert.deepEqual(parseTarget('tp_btf:sched_switch'), { kind: 'tp_btf', name: 'sched_switch' });
  assert.deepEqual(parseTarget('raw_tracepoint:sys_enter'), { kind: 'raw_tracepoint', name: 'sys_enter' });
});

test('other forms say how it is written, patterns how they are listed', () => {
  for (const text of [
    '',
    'sched',
    'tp_btf:a:b',
    'tracepoint:sched',
    'a:b:c',
    'sched:',
    '..:../x',
    'kprobe:a:b',
  ]) {
    assert.throws(
      () => parseTarget(text),
      { name: 'ArgumentError', remedy: /^Write it as tracepoint:CATEGORY:NAME/ },
      text,
    );
  }
  for (const text of ['sched:*', 'tp_btf:sched_?witch']) {
    assert.throws(
      () => parseTarget(text),
      (error) => error instanceof ArgumentError && error.remedy.endsWith(`ringtail trace -l '${text}'`),
    );
  }
});
