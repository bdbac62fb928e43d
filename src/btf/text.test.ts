import assert from 'node:assert/strict';
import test from 'node:test';
import { Btf, BtfBuilder, createDecoder, recordMemory } from './index.ts';
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

test('generated code tells a text from all others, while their entries are used anew', () => {
  const b = new BtfBuilder();
  const char = b.int('char', 1, 'char');
  const comm = b.add({ kind: 'array', type: char, indexType: b.int('u32', 4), count: 16 });
  const decoder = createDecoder<string>(Btf.parse(b.build(), { name: 'text' }), comm);
  // Far more texts than there are entries, some often, each with other bytes behind its NUL now and then.
  for (let i = 0; i < 60_000; i++) {
    const text = i % 3 === 0 ? `often${i % 7}` : `t${(i * 7919) % 5000}`;
    put(`${text}\0`, 0, i % 11 === 0 ? 0xff : 0);
    assert.equal(decoder.decode(memory, 0), text);
  }
});

test('a text is kept when it is asked for the second time, and then found and not made again', () => {
  const read = cachedTextReader(16);
  const decode = TextDecoder.prototype.decode;
  let decoded = 0;
  TextDecoder.prototype.decode = function (...args) {
    decoded++;
    return decode.apply(this, args);
  };
  try {
    for (let i = 0; i < 100; i++) {
      put('sshd-é\0', 0, i);
      assert.equal(read(memory, 0), 'sshd-é');
      put(`once-é${i}\0`, 0, i);
      assert.equal(read(memory, 0), `once-é${i}`);
    }
  } finally {
    TextDecoder.prototype.decode = decode;
  }
  assert.ok(decoded < 110, `of 101 texts ${decoded} were made`);
});

test('texts of every length are read, ASCII and others, whole words and parts', () => {
  const read = cachedTextReader(64);
  for (let length = 0; length <= 64; length++) {
    for (const start of ['', 'é']) {
      const text = `${start}${'abcdefghij'.repeat(7)}`.slice(0, Math.max(0, length - start.length));
      put(`${text}\0`, 0, 0xff);
      for (let round = 0; round < 3; round++) assert.equal(read(memory, 0), text);
    }
  }
});

test('invalid UTF-8 becomes U+FFFD and a byte order mark stays', () => {
  memory.bytes.set([0xff, 0x41, 0, 0, 0xef, 0xbb, 0xbf, 0x42, 0]);
  assert.equal(cachedTextReader(4)(memory, 0), '\ufffdA');
  assert.equal(cachedTextReader(5)(memory, 4), '\ufeffB');
});
