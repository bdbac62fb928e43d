import assert from 'node:assert/strict';
import test from 'node:test';
import { escapeText } from './escape.ts';
import { jsonLine } from './json.ts';
import { parseDuration, parsePattern, parseSize, parseWhole } from './options.ts';
import { headerLine, rowLine } from './table.ts';

test('durations have units, seconds without one, and an end', () => {
  const good = { '10': 10_000, '0.5': 500, '500ms': 500, '10s': 10_000, '5m': 300_000, '1h': 3_600_000 };
  for (const [text, ms] of Object.entries(good)) assert.equal(parseDuration(text), ms);
  for (const text of ['', 'abc', '0', '-1', '1d', '1 s', '1e3', '999h']) {
    assert.throws(() => parseDuration(text), /Give a time/, text);
  }
});

test('sizes are bytes, with binary units', () => {
  const good = { '4096': 4096, '256K': 262_144, '1m': 1_048_576, '1MiB': 1_048_576, '2G': 2 ** 31 };
  for (const [text, bytes] of Object.entries(good)) assert.equal(parseSize(text), bytes);
  for (const text of ['', 'x', '1.5M', '-4', '4T']) assert.throws(() => parseSize(text), /Give a size/, text);
});

test('whole numbers have bounds', () => {
  assert.equal(parseWhole(1, 9)('9'), 9);
  for (const text of ['0', '10', '1.5', '0x1', ' 1'])
    assert.throws(() => parseWhole(1, 9)(text), /from 1 to 9/);
});

test('patterns are regular expressions', () => {
  assert.ok(parsePattern('^a+$').test('aaa'));
  assert.throws(() => parsePattern('('), /Not a regular expression/);
});

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

test('rows are aligned, escaped, and never cut', () => {
  const columns = [
    { header: 'PID', width: 5, value: (row: { pid: number }) => String(row.pid) },
    { header: 'N', width: 3, align: 'right' as const, value: () => '\x1b' },
  ];
  assert.equal(headerLine(columns), 'PID     N');
  assert.equal(rowLine(columns, { pid: 1234567 }), '1234567 \\x1b');
});
