import assert from 'node:assert/strict';
import test from 'node:test';
import { recordMemory } from './index.ts';
import { cachedTextReader, readText } from './text.ts';

const memory = recordMemory(new ArrayBuffer(256), 0, 256);

/** Puts a text at an offset, with a NUL if given in it and old bytes behind it. */
function put(text: string, offset: number, noise: number): void {
  memory.bytes.fill(noise, offset, offset + 128);
  memory.bytes.set(new TextEncoder().encode(text), offset);
}

test('a cached reader reads what the plain one reads, whatever lies behind the NUL', () => {
  const texts = [
    '',
    'a',
    'ab',
    'abc',
    'abcd',
    'abcde',
    'abcd\u0080',
    'ÿÿ',
    '日本語',
    'x'.repeat(15),
    'x'.repeat(16),
  ];
  for (const length of [1, 3, 4, 7, 8, 15, 16, 17, 64, 65, 100]) {
    const read = cachedTextReader(length);
    for (let round = 0; round < 3; round++) {
      for (const text of texts) {
        for (const offset of [0, 4, 104]) {
          put(`${text}\0`, offset, 0x80 + round);
          const expected = readText(memory.bytes, offset, offset + length);
          assert.equal(read(memory, offset), expected, `${length} bytes of ${text}`);
        }
      }
    }
  }
});

test('texts without a NUL end with their array', () => {
  for (const length of [4, 6, 16, 64, 70]) {
    put('x'.repeat(128), 8, 0);
    assert.equal(cachedTextReader(length)(memory, 8), 'x'.repeat(length));
  }
});

test('a text is told from all others that share its slot', () => {
  const read = cachedTextReader(12);
  // Far more texts than the cache has slots, each read again after others took its place.
  for (let i = 0; i < 20_000; i++) {
    const text = `n${(i * 7919) % 5000}`;
    put(`${text}\0`, 0, i & 0xff);
    assert.equal(read(memory, 0), text);
  }
});

test('a repeated text is the same string, found and not made again', () => {
  const read = cachedTextReader(16);
  const decode = TextDecoder.prototype.decode;
  let decoded = 0;
  TextDecoder.prototype.decode = function (...args) {
    decoded++;
    return decode.apply(this, args);
  };
  try {
    for (let i = 0; i < 100; i++) {
      put('sshd2\0', 0, i);
      assert.equal(read(memory, 0), 'sshd2');
    }
  } finally {
    TextDecoder.prototype.decode = decode;
  }
  assert.equal(decoded, 1);
});

test('invalid UTF-8 becomes U+FFFD and a byte order mark stays', () => {
  memory.bytes.set([0xff, 0x41, 0, 0, 0xef, 0xbb, 0xbf, 0x42, 0]);
  assert.equal(cachedTextReader(4)(memory, 0), '\ufffdA');
  assert.equal(cachedTextReader(5)(memory, 4), '\ufeffB');
});
