import assert from 'node:assert/strict';
import test from 'node:test';
import { formatBytes, formatCount, formatMs, formatPart } from './format.ts';

test('bytes take five characters at most', () => {
  const texts = {
    0: '0',
    7.4: '7',
    812: '812',
    1000: '0.98K',
    1500: '1.46K',
    65536: '64K',
    999999: '977K',
    1073741824: '1G',
  };
  for (const [bytes, text] of Object.entries(texts)) assert.equal(formatBytes(Number(bytes)), text);
  for (let bytes = 1; bytes < 2 ** 62; bytes *= 1.01)
    assert.ok(formatBytes(bytes).length <= 5, String(bytes));
});

test('counts are decimal', () => {
  const texts = { 0: '0', 999: '999', 1500: '1.5K', 999999: '1M', 2000000: '2M' };
  for (const [count, text] of Object.entries(texts)) assert.equal(formatCount(Number(count)), text);
});

test('times are two units at most', () => {
  const texts = {
    0: '0ms',
    999: '999ms',
    999.6: '1.0s',
    4500: '4.5s',
    59000: '59s',
    200000: '3m20s',
    7500000: '2h5m',
    273600000: '3d4h',
  };
  for (const [ms, text] of Object.entries(texts)) assert.equal(formatMs(Number(ms)), text);
});

test('only nothing is 0 %, only all is 100 %', () => {
  const texts = { 0: '0%', 0.001: '<1%', 0.424: '42%', 0.999: '99%', 1: '100%' };
  for (const [part, text] of Object.entries(texts)) assert.equal(formatPart(Number(part)), text);
});
