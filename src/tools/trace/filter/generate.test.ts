import assert from 'node:assert/strict';
import test from 'node:test';
import { formatInstructions, R0 } from '../../../asm/index.ts';
import { Btf, BtfBuilder } from '../../../btf/index.ts';
import { parseFormat } from '../../../spec/index.ts';
import { TraceBuilder } from '../builder.ts';
import { TraceFields } from '../fields.ts';
import { tracepointFields } from '../tracepoint-fields.ts';
import { compileFilter } from './check.ts';
import { branch, filterMemory } from './generate.ts';

const FORMAT = `name: test
format:
	field:int pid;	offset:8;	size:4;	signed:1;
	field:u64 big;	offset:16;	size:8;	signed:0;
	field:char comm[16];	offset:24;	size:16;	signed:0;
	field:__data_loc char[] path;	offset:40;	size:4;	signed:0;
	field:const char * user;	offset:48;	size:8;	signed:0;
	field:int dfd;	offset:56;	size:8;	signed:0;
	field:umode_t mode;	offset:64;	size:8;	signed:0;
	field:unsigned long addr;	offset:72;	size:8;	signed:0;
`;

/** A kernel whose `umode_t` has 16 bits. */
const types = new BtfBuilder();
types.add({ kind: 'typedef', name: 'umode_t', type: types.int('unsigned short', 2) });
const btf = Btf.parse(types.build());

const source = tracepointFields('syscalls', 'test', parseFormat(FORMAT, 'test'), () => btf);
const fields = new TraceFields(source, []);
const compile = (text: string) => compileFilter(text, (name) => fields.find(name));

/** The code of a program that goes to its last two instructions where the filter does not hold. */
function code(text: string): string[] {
  const b = new TraceBuilder();
  branch(b, compile(text), 'out', false);
  b.mov(R0, 1).exit().label('out').mov(R0, 0).exit();
  return formatInstructions(b.build(), 'llvm').map((line) => line.replace(/^ *\d+:\t?/, '').trim());
}

const END = ['r0 = 1', 'exit', 'r0 = 0', 'exit'];

test('numbers are compared at 64 bits, by the sign of their type', () => {
  assert.deepEqual(code('pid < -1'), [
    'w8 = *(u32 *)(r6 + 8)',
    'r8 <<= 32',
    'r8 s>>= 32',
    'if r8 s>= -1 goto +2',
    ...END,
  ]);
  assert.deepEqual(code('big >= 0x80000000'), [
    'r8 = *(u64 *)(r6 + 16)',
    'r1 = 2147483648 ll',
    'if r8 < r1 goto +2',
    ...END,
  ]);
});

test('a condition jumps past what no longer matters', () => {
  assert.deepEqual(code('big == 1 || big == 2 && big & 4'), [
    'r8 = *(u64 *)(r6 + 16)',
    'if r8 == 1 goto +5',
    'r8 = *(u64 *)(r6 + 16)',
    'if r8 != 2 goto +5',
    'r8 = *(u64 *)(r6 + 16)',
    'r8 &= 4',
    'if r8 == 0 goto +2',
    ...END,
  ]);
});

test('strings are read as far as they are compared, in words', () => {
  assert.deepEqual(code('comm == "0123456789"'), [
    'r3 = r6',
    'r3 += 24',
    'r1 = r7',
    'r2 = 12',
    'call 115',
    'if r0 != 11 goto +8',
    'r1 = *(u64 *)(r7 + 0)',
    `r2 = ${0x3736353433323130n} ll`,
    'if r1 != r2 goto +4',
    'w1 = *(u16 *)(r7 + 8)',
    `if w1 != ${0x3938} goto +2`,
    ...END,
  ]);
  assert.equal(filterMemory(compile('comm == "0123456789" && path =~ "a*"')), 12);
});

test('__data_loc counts from the record, and a system call reads its strings from user memory', () => {
  assert.deepEqual(code('path =~ "*"').slice(0, 5), [
    'w3 = *(u32 *)(r6 + 40)',
    'r3 &= 65535',
    'r3 += r6',
    'r1 = r7',
    'r2 = 1',
  ]);
  assert.deepEqual(code('user != ""').slice(0, 5), [
    'r3 = *(u64 *)(r6 + 48)',
    'r1 = r7',
    'r2 = 2',
    'call 114',
    'if r0 s> 1 goto +1',
  ]);
});

test('of the register that holds an argument of a system call only the part of its C type counts', () => {
  assert.deepEqual(code('dfd == -100').slice(0, 3), ['r8 = *(u64 *)(r6 + 56)', 'r8 <<= 32', 'r8 s>>= 32']);
  assert.deepEqual(code('mode == 0x1ff').slice(0, 2), ['r8 = *(u64 *)(r6 + 64)', 'r8 &= 65535']);
  assert.deepEqual(code('addr == 1').slice(0, 2), ['r8 = *(u64 *)(r6 + 72)', 'if r8 != 1 goto +2']);
});
