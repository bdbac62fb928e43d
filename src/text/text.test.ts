import assert from 'node:assert/strict';
import test from 'node:test';
import { cell, escapeText, headerLine, jsonLine, rowLine } from './index.ts';

test('what could move the cursor or turn the text is escaped, the rest is left alone', () => {
  assert.equal(
    escapeText('\x1b[2J\r\n\x7f\x9b\u202e\u2066\u2028'),
    '\\x1b[2J\\x0d\\x0a\\x7f\\x9b\\u202e\\u2066\\u2028',
  );
  assert.equal(escapeText('Grüße, 世界 🙂 \\x1b'), 'Grüße, 世界 🙂 \\x1b');
});

test('JSON keeps every digit of a 64-bit integer, leaves out what is undefined, and shows bytes in hexadecimal', () => {
  const value = {
    big: 2n ** 64n - 1n,
    gone: undefined,
    list: [1n, null],
    bytes: new Uint8Array([1, 255]),
    text: '"\n',
  };
  assert.equal(
    jsonLine(value),
    '{"big":18446744073709551615,"list":[1,null],"bytes":"01ff","text":"\\"\\n"}',
  );
  assert.deepEqual(JSON.parse(jsonLine({ a: { b: new Date(0), c: true } })), {
    a: { b: '1970-01-01T00:00:00.000Z', c: true },
  });
});

test('a cell holds texts as they are, bytes in hexadecimal, and the rest as JSON', () => {
  assert.deepEqual(['a "b"', new Uint8Array([1, 255]), 2n ** 63n, { a: [1] }, undefined].map(cell), [
    'a "b"',
    '01ff',
    '9223372036854775808',
    '{"a":[1]}',
    'null',
  ]);
});

test('rows are aligned, escaped, and never cut', () => {
  const columns = [
    { header: 'PID', width: 5, value: (row: { pid: number }) => String(row.pid) },
    { header: 'N', width: 3, align: 'right' as const, value: () => '\x1b' },
  ];
  assert.equal(headerLine(columns), 'PID     N');
  assert.equal(rowLine(columns, { pid: 1234567 }), '1234567 \\x1b');
});
