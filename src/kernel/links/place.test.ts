import assert from 'node:assert/strict';
import test from 'node:test';
import { matcher, parsePlace } from './place.ts';

test('a place is a symbol and an offset', () => {
  assert.deepEqual(parsePlace('do_unlinkat'), { symbol: 'do_unlinkat', offset: 0 });
  assert.deepEqual(parsePlace('do_unlinkat+0x1F'), { symbol: 'do_unlinkat', offset: 31 });
  assert.deepEqual(parsePlace('operator+@V_1+8'), { symbol: 'operator+@V_1', offset: 8 });
  assert.deepEqual(parsePlace('operator+'), { symbol: 'operator+', offset: 0 });
});

test('a pattern matches whole names', () => {
  const yes = [
    'tcp_*:tcp_',
    'tcp_*:tcp_v4_rcv',
    '*:',
    '*_rcv:tcp_v4_rcv',
    't?p*4*v:tcp_v4_rcv',
    '**a**:bab',
    'a*b*c:aXbXbc',
  ];
  const no = ['tcp_*:xtcp_', 'tcp:tcp_', '?:', 'a?:a', '*a:ab', 'a*b:acbc', ':a'];
  for (const [list, expected] of [
    [yes, true],
    [no, false],
  ] as const) {
    for (const pair of list) {
      const [pattern, name] = pair.split(':') as [string, string];
      assert.equal(matcher(pattern)(name), expected, pair);
    }
  }
});

test('a hostile pattern does not take for ever', () => {
  const started = performance.now();
  assert.equal(matcher(`${'a*'.repeat(500)}b`)('a'.repeat(2000)), false);
  assert.ok(performance.now() - started < 1000);
});
