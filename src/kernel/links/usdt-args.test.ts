import assert from 'node:assert/strict';
import test from 'node:test';
import { NotSupportedError, ObjectFormatError } from '../../errors/index.ts';
import { encodeUsdtSpec, parseUsdtArgs, USDT_SPEC_SIZE } from './usdt-args.ts';

/** `size from value register`, one an argument; the size negative where signed. */
function read(text: string, arch: string): string[] {
  return parseUsdtArgs(text, arch).map(
    ({ from, value, register, signed, size }) => `${signed ? -size : size} ${from} ${value} ${register}`,
  );
}

test('arguments on x64: registers of every width, memory, constants', () => {
  assert.deepEqual(read('', 'x64'), []);
  assert.deepEqual(read('8@%rax -4@%edi 2@%ax 1@%bl -1@%sil 8@%r8 4@%r15d 1@%r9b', 'x64'), [
    '8 register 0 80',
    '-4 register 0 112',
    '2 register 0 80',
    '1 register 0 40',
    '-1 register 0 104',
    '8 register 0 72',
    '4 register 0 0',
    '1 register 0 64',
  ]);
  assert.deepEqual(read('8@-16(%rbp) 4@(%rsp) 8@0x20(%r10) -4@$-7 8@$0xff', 'x64'), [
    '8 memory -16 32',
    '4 memory 0 152',
    '8 memory 32 56',
    '-4 constant -7 0',
    '8 constant 255 0',
  ]);
});

test('arguments on arm64', () => {
  assert.deepEqual(read('-4@w0 8@x30 8@sp 4@[sp, 16] 8@[x1] -8@[x2,-8] 4@5', 'arm64'), [
    '-4 register 0 0',
    '8 register 0 240',
    '8 register 0 248',
    '4 memory 16 248',
    '8 memory 0 8',
    '-8 memory -8 16',
    '4 constant 5 0',
  ]);
});

test('what cannot be read is not supported, by name; what is no argument is damaged', () => {
  for (const text of [
    '8f@%xmm0',
    '8@name(%rip)',
    '8@%ah',
    '1@-96(%rbp,%rax,8)',
    '3@%rax',
    '8@(%rax',
    '8@%',
    '8@$x',
  ]) {
    assert.throws(
      () => parseUsdtArgs(text, 'x64'),
      (error) => error instanceof NotSupportedError && error.message.includes(text),
      text,
    );
  }
  assert.throws(() => parseUsdtArgs('8@x31', 'arm64'), NotSupportedError);
  assert.throws(() => parseUsdtArgs('8@a0', 'riscv64'), NotSupportedError);
  for (const text of ['nonsense', '8@%rax nonsense', '@%rax', '8@%rax '.repeat(13), 'x'.repeat(100_000)]) {
    assert.throws(() => parseUsdtArgs(text, 'x64'), ObjectFormatError, text.slice(0, 20));
  }
});

test('a spec is laid out as usdt.bpf.h reads it', () => {
  const spec = encodeUsdtSpec(parseUsdtArgs('-4@-8(%rbp) 8@%rax', 'x64'), 0x1234n);
  const view = new DataView(spec.buffer);
  assert.equal(spec.length, USDT_SPEC_SIZE);
  assert.deepEqual(
    [view.getBigInt64(0, true), view.getUint32(8, true), view.getInt16(12, true)],
    [-8n, 2, 32],
  );
  assert.deepEqual([spec[14], spec[15]], [1, 32]);
  assert.deepEqual([view.getUint32(24, true), view.getInt16(28, true), spec[30], spec[31]], [1, 80, 0, 0]);
  assert.deepEqual([view.getBigUint64(192, true), view.getInt16(200, true)], [0x1234n, 2]);
});
