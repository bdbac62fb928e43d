import assert from 'node:assert/strict';
import test from 'node:test';
import { Command } from 'commander';
import { checkValues, parseDuration, parsePattern, parseSize, parseWhole } from './options.ts';

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

test('an option is not taken for the value of the one before', () => {
  const command = new Command().option('-p, --pin <path...>').option('--web [address]').option('--json');
  const check = (...words: string[]): void => checkValues(command, words);
  for (const option of ['-p', '--pin']) {
    assert.throws(
      () => check(option, '--listen', '0'),
      /option -p, --pin <path...> needs a value, and --listen is none/,
    );
    assert.throws(() => check('--json', option, '--'), /needs a value/);
  }
  check('--pin=--listen', '--web', '--json', '--pin', '-', '--pin', 'a', 'b', '--json', '--pin');
  check('--', '--pin', '--listen');
});
