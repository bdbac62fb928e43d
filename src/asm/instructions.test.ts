import assert from 'node:assert/strict';
import test from 'node:test';
import {
  encodeInstructions,
  formatInstruction,
  type Instruction,
  ProgramBuilder,
  parseInstructions,
  R0,
  R1,
  R2,
  R3,
  R6,
  R9,
  R10,
} from './index.ts';
import { allOpcodes } from './isa.ts';

type Case = [bytes: string, bpftool: string, llvm: string, build: (b: ProgramBuilder) => ProgramBuilder];

/**
 * Every method of the builder, its bytes worked out by hand from RFC 9669 (and, for acquire, release, may_goto and
 * address spaces, which are younger, from `linux/bpf.h` and `linux/filter.h` of Linux 6.18), and its two printed
 * forms. Jumps go over one instruction.
 */
const CASES: readonly Case[] = [
  // 3.2 Moves and 64-bit constants
  ['bf21000000000000', 'r1 = r2', 'r1 = r2', (b) => b.mov(R1, R2)],
  ['b7010000fbffffff', 'r1 = -5', 'r1 = -5', (b) => b.mov(R1, -5)],
  ['bc21000000000000', 'w1 = w2', 'w1 = w2', (b) => b.mov32(R1, R2)],
  ['b4010000ffffffff', 'w1 = -1', 'w1 = -1', (b) => b.mov32(R1, 0xffffffff)],
  ['bf21080000000000', 'r1 = (s8)r2', 'r1 = (s8)r2', (b) => b.movsx('s8', R1, R2)],
  ['bf21100000000000', 'r1 = (s16)r2', 'r1 = (s16)r2', (b) => b.movsx('s16', R1, R2)],
  ['bf21200000000000', 'r1 = (s32)r2', 'r1 = (s32)r2', (b) => b.movsx('s32', R1, R2)],
  ['bc21080000000000', 'w1 = (s8)w2', 'w1 = (s8)w2', (b) => b.movsx32('s8', R1, R2)],
  ['bc21100000000000', 'w1 = (s16)w2', 'w1 = (s16)w2', (b) => b.movsx32('s16', R1, R2)],
  [
    '18010000887766550000000044332211',
    'r1 = 0x1122334455667788',
    'r1 = 1234605616436508552 ll',
    (b) => b.loadImm64(R1, 0x1122334455667788n),
  ],
  ['18010000ffffffff00000000ffffffff', 'r1 = 0xffffffffffffffff', 'r1 = -1 ll', (b) => b.loadImm64(R1, -1n)],
  ['18110000000000000000000000000000', 'r1 = map[events]', 'r1 = 0 ll', (b) => b.loadMap(R1, 'events')],
  [
    '18210000000000000000000010000000',
    'r1 = map[.bss][0]+16',
    'r1 = 68719476736 ll',
    (b) => b.loadMapValue(R1, '.bss', 16),
  ],
  [
    '18310000000000000000000000000000',
    'r1 = ksym[runqueues]',
    'r1 = 0 ll',
    (b) => b.loadKsym(R1, 'runqueues'),
  ],
  ['18410000000000000000000000000000', 'r1 = subprog[+0]#f', 'r1 = 0 ll', (b) => b.loadFunction(R1, 'f')],
  [
    'bf21010000000100',
    'r1 = addr_space_cast(r2, 1, 0)',
    'r1 = addr_space_cast(r2, 1, 0)',
    (b) => b.addrSpaceCast(R1, R2, 1, 0),
  ],
  // 4.1 Arithmetic
  ['0f21000000000000', 'r1 += r2', 'r1 += r2', (b) => b.add(R1, R2)],
  ['07010000f8ffffff', 'r1 += -8', 'r1 += -8', (b) => b.add(R1, -8)],
  ['0c21000000000000', 'w1 += w2', 'w1 += w2', (b) => b.add32(R1, R2)],
  ['0401000005000000', 'w1 += 5', 'w1 += 5', (b) => b.add32(R1, 5)],
  ['1f21000000000000', 'r1 -= r2', 'r1 -= r2', (b) => b.sub(R1, R2)],
  ['1701000005000000', 'r1 -= 5', 'r1 -= 5', (b) => b.sub(R1, 5)],
  ['1c21000000000000', 'w1 -= w2', 'w1 -= w2', (b) => b.sub32(R1, R2)],
  ['1401000005000000', 'w1 -= 5', 'w1 -= 5', (b) => b.sub32(R1, 5)],
  ['2f21000000000000', 'r1 *= r2', 'r1 *= r2', (b) => b.mul(R1, R2)],
  ['2701000005000000', 'r1 *= 5', 'r1 *= 5', (b) => b.mul(R1, 5)],
  ['2c21000000000000', 'w1 *= w2', 'w1 *= w2', (b) => b.mul32(R1, R2)],
  ['2401000005000000', 'w1 *= 5', 'w1 *= 5', (b) => b.mul32(R1, 5)],
  ['3f21000000000000', 'r1 /= r2', 'r1 /= r2', (b) => b.div(R1, R2)],
  ['3701000005000000', 'r1 /= 5', 'r1 /= 5', (b) => b.div(R1, 5)],
  ['3c21000000000000', 'w1 /= w2', 'w1 /= w2', (b) => b.div32(R1, R2)],
  ['3401000005000000', 'w1 /= 5', 'w1 /= 5', (b) => b.div32(R1, 5)],
  ['3f21010000000000', 'r1 s/= r2', 'r1 s/= r2', (b) => b.sdiv(R1, R2)],
  ['37010100fbffffff', 'r1 s/= -5', 'r1 s/= -5', (b) => b.sdiv(R1, -5)],
  ['3c21010000000000', 'w1 s/= w2', 'w1 s/= w2', (b) => b.sdiv32(R1, R2)],
  ['34010100fbffffff', 'w1 s/= -5', 'w1 s/= -5', (b) => b.sdiv32(R1, -5)],
  ['4f21000000000000', 'r1 |= r2', 'r1 |= r2', (b) => b.or(R1, R2)],
  ['4701000005000000', 'r1 |= 5', 'r1 |= 5', (b) => b.or(R1, 5)],
  ['4c21000000000000', 'w1 |= w2', 'w1 |= w2', (b) => b.or32(R1, R2)],
  ['4401000005000000', 'w1 |= 5', 'w1 |= 5', (b) => b.or32(R1, 5)],
  ['5f21000000000000', 'r1 &= r2', 'r1 &= r2', (b) => b.and(R1, R2)],
  ['5701000005000000', 'r1 &= 5', 'r1 &= 5', (b) => b.and(R1, 5)],
  ['5c21000000000000', 'w1 &= w2', 'w1 &= w2', (b) => b.and32(R1, R2)],
  ['5401000005000000', 'w1 &= 5', 'w1 &= 5', (b) => b.and32(R1, 5)],
  ['6f21000000000000', 'r1 <<= r2', 'r1 <<= r2', (b) => b.lsh(R1, R2)],
  ['670100003f000000', 'r1 <<= 63', 'r1 <<= 63', (b) => b.lsh(R1, 63)],
  ['6c21000000000000', 'w1 <<= w2', 'w1 <<= w2', (b) => b.lsh32(R1, R2)],
  ['640100001f000000', 'w1 <<= 31', 'w1 <<= 31', (b) => b.lsh32(R1, 31)],
  ['7f21000000000000', 'r1 >>= r2', 'r1 >>= r2', (b) => b.rsh(R1, R2)],
  ['7701000020000000', 'r1 >>= 32', 'r1 >>= 32', (b) => b.rsh(R1, 32)],
  ['7c21000000000000', 'w1 >>= w2', 'w1 >>= w2', (b) => b.rsh32(R1, R2)],
  ['7401000005000000', 'w1 >>= 5', 'w1 >>= 5', (b) => b.rsh32(R1, 5)],
  ['8701000000000000', 'r1 = -r1', 'r1 = -r1', (b) => b.neg(R1)],
  ['8401000000000000', 'w1 = -w1', 'w1 = -w1', (b) => b.neg32(R1)],
  ['9f21000000000000', 'r1 %= r2', 'r1 %= r2', (b) => b.mod(R1, R2)],
  ['9701000005000000', 'r1 %= 5', 'r1 %= 5', (b) => b.mod(R1, 5)],
  ['9c21000000000000', 'w1 %= w2', 'w1 %= w2', (b) => b.mod32(R1, R2)],
  ['9401000005000000', 'w1 %= 5', 'w1 %= 5', (b) => b.mod32(R1, 5)],
  ['9f21010000000000', 'r1 s%= r2', 'r1 s%= r2', (b) => b.smod(R1, R2)],
  ['9701010005000000', 'r1 s%= 5', 'r1 s%= 5', (b) => b.smod(R1, 5)],
  ['9c21010000000000', 'w1 s%= w2', 'w1 s%= w2', (b) => b.smod32(R1, R2)],
  ['9401010005000000', 'w1 s%= 5', 'w1 s%= 5', (b) => b.smod32(R1, 5)],
  ['af21000000000000', 'r1 ^= r2', 'r1 ^= r2', (b) => b.xor(R1, R2)],
  ['a701000005000000', 'r1 ^= 5', 'r1 ^= 5', (b) => b.xor(R1, 5)],
  ['ac21000000000000', 'w1 ^= w2', 'w1 ^= w2', (b) => b.xor32(R1, R2)],
  ['a401000005000000', 'w1 ^= 5', 'w1 ^= 5', (b) => b.xor32(R1, 5)],
  ['cf21000000000000', 'r1 s>>= r2', 'r1 s>>= r2', (b) => b.arsh(R1, R2)],
  ['c701000005000000', 'r1 s>>= 5', 'r1 s>>= 5', (b) => b.arsh(R1, 5)],
  ['cc21000000000000', 'w1 s>>= w2', 'w1 s>>= w2', (b) => b.arsh32(R1, R2)],
  ['c401000005000000', 'w1 s>>= 5', 'w1 s>>= 5', (b) => b.arsh32(R1, 5)],
  // 4.2 Byte order
  ['d401000010000000', 'r1 = le16 r1', 'r1 = le16 r1', (b) => b.le16(R1)],
  ['d401000020000000', 'r1 = le32 r1', 'r1 = le32 r1', (b) => b.le32(R1)],
  ['d401000040000000', 'r1 = le64 r1', 'r1 = le64 r1', (b) => b.le64(R1)],
  ['dc01000010000000', 'r1 = be16 r1', 'r1 = be16 r1', (b) => b.be16(R1)],
  ['dc01000020000000', 'r1 = be32 r1', 'r1 = be32 r1', (b) => b.be32(R1)],
  ['dc01000040000000', 'r1 = be64 r1', 'r1 = be64 r1', (b) => b.be64(R1)],
  ['d701000010000000', 'r1 = bswap16 r1', 'r1 = bswap16 r1', (b) => b.bswap16(R1)],
  ['d701000020000000', 'r1 = bswap32 r1', 'r1 = bswap32 r1', (b) => b.bswap32(R1)],
  ['d701000040000000', 'r1 = bswap64 r1', 'r1 = bswap64 r1', (b) => b.bswap64(R1)],
  // 4.3 Jumps
  ['0500010000000000', 'goto pc+1', 'goto +1', (b) => b.jump('end')],
  ['1d21010000000000', 'if r1 == r2 goto pc+1', 'if r1 == r2 goto +1', (b) => b.jumpIf(R1, '==', R2, 'end')],
  ['1501010008000000', 'if r1 == 0x8 goto pc+1', 'if r1 == 8 goto +1', (b) => b.jumpIf(R1, '==', 8, 'end')],
  [
    '1e21010000000000',
    'if w1 == w2 goto pc+1',
    'if w1 == w2 goto +1',
    (b) => b.jumpIf32(R1, '==', R2, 'end'),
  ],
  [
    '16010100ffffffff',
    'if w1 == 0xffffffff goto pc+1',
    'if w1 == -1 goto +1',
    (b) => b.jumpIf32(R1, '==', 0xffffffff, 'end'),
  ],
  ['2d21010000000000', 'if r1 > r2 goto pc+1', 'if r1 > r2 goto +1', (b) => b.jumpIf(R1, '>', R2, 'end')],
  ['2501010008000000', 'if r1 > 0x8 goto pc+1', 'if r1 > 8 goto +1', (b) => b.jumpIf(R1, '>', 8, 'end')],
  ['2e21010000000000', 'if w1 > w2 goto pc+1', 'if w1 > w2 goto +1', (b) => b.jumpIf32(R1, '>', R2, 'end')],
  ['2601010008000000', 'if w1 > 0x8 goto pc+1', 'if w1 > 8 goto +1', (b) => b.jumpIf32(R1, '>', 8, 'end')],
  ['3d21010000000000', 'if r1 >= r2 goto pc+1', 'if r1 >= r2 goto +1', (b) => b.jumpIf(R1, '>=', R2, 'end')],
  ['3501010008000000', 'if r1 >= 0x8 goto pc+1', 'if r1 >= 8 goto +1', (b) => b.jumpIf(R1, '>=', 8, 'end')],
  [
    '3e21010000000000',
    'if w1 >= w2 goto pc+1',
    'if w1 >= w2 goto +1',
    (b) => b.jumpIf32(R1, '>=', R2, 'end'),
  ],
  ['3601010008000000', 'if w1 >= 0x8 goto pc+1', 'if w1 >= 8 goto +1', (b) => b.jumpIf32(R1, '>=', 8, 'end')],
  ['4d21010000000000', 'if r1 & r2 goto pc+1', 'if r1 & r2 goto +1', (b) => b.jumpIf(R1, '&', R2, 'end')],
  ['4501010008000000', 'if r1 & 0x8 goto pc+1', 'if r1 & 8 goto +1', (b) => b.jumpIf(R1, '&', 8, 'end')],
  ['4e21010000000000', 'if w1 & w2 goto pc+1', 'if w1 & w2 goto +1', (b) => b.jumpIf32(R1, '&', R2, 'end')],
  ['4601010008000000', 'if w1 & 0x8 goto pc+1', 'if w1 & 8 goto +1', (b) => b.jumpIf32(R1, '&', 8, 'end')],
  ['5d21010000000000', 'if r1 != r2 goto pc+1', 'if r1 != r2 goto +1', (b) => b.jumpIf(R1, '!=', R2, 'end')],
  ['5501010008000000', 'if r1 != 0x8 goto pc+1', 'if r1 != 8 goto +1', (b) => b.jumpIf(R1, '!=', 8, 'end')],
  [
    '5e21010000000000',
    'if w1 != w2 goto pc+1',
    'if w1 != w2 goto +1',
    (b) => b.jumpIf32(R1, '!=', R2, 'end'),
  ],
  ['5601010008000000', 'if w1 != 0x8 goto pc+1', 'if w1 != 8 goto +1', (b) => b.jumpIf32(R1, '!=', 8, 'end')],
  ['6d21010000000000', 'if r1 s> r2 goto pc+1', 'if r1 s> r2 goto +1', (b) => b.jumpIf(R1, 's>', R2, 'end')],
  [
    '65010100ffffffff',
    'if r1 s> 0xffffffff goto pc+1',
    'if r1 s> -1 goto +1',
    (b) => b.jumpIf(R1, 's>', -1, 'end'),
  ],
  [
    '6e21010000000000',
    'if w1 s> w2 goto pc+1',
    'if w1 s> w2 goto +1',
    (b) => b.jumpIf32(R1, 's>', R2, 'end'),
  ],
  ['6601010008000000', 'if w1 s> 0x8 goto pc+1', 'if w1 s> 8 goto +1', (b) => b.jumpIf32(R1, 's>', 8, 'end')],
  [
    '7d21010000000000',
    'if r1 s>= r2 goto pc+1',
    'if r1 s>= r2 goto +1',
    (b) => b.jumpIf(R1, 's>=', R2, 'end'),
  ],
  [
    '7501010008000000',
    'if r1 s>= 0x8 goto pc+1',
    'if r1 s>= 8 goto +1',
    (b) => b.jumpIf(R1, 's>=', 8, 'end'),
  ],
  [
    '7e21010000000000',
    'if w1 s>= w2 goto pc+1',
    'if w1 s>= w2 goto +1',
    (b) => b.jumpIf32(R1, 's>=', R2, 'end'),
  ],
  [
    '7601010008000000',
    'if w1 s>= 0x8 goto pc+1',
    'if w1 s>= 8 goto +1',
    (b) => b.jumpIf32(R1, 's>=', 8, 'end'),
  ],
  ['ad21010000000000', 'if r1 < r2 goto pc+1', 'if r1 < r2 goto +1', (b) => b.jumpIf(R1, '<', R2, 'end')],
  ['a501010008000000', 'if r1 < 0x8 goto pc+1', 'if r1 < 8 goto +1', (b) => b.jumpIf(R1, '<', 8, 'end')],
  ['ae21010000000000', 'if w1 < w2 goto pc+1', 'if w1 < w2 goto +1', (b) => b.jumpIf32(R1, '<', R2, 'end')],
  ['a601010008000000', 'if w1 < 0x8 goto pc+1', 'if w1 < 8 goto +1', (b) => b.jumpIf32(R1, '<', 8, 'end')],
  ['bd21010000000000', 'if r1 <= r2 goto pc+1', 'if r1 <= r2 goto +1', (b) => b.jumpIf(R1, '<=', R2, 'end')],
  ['b501010008000000', 'if r1 <= 0x8 goto pc+1', 'if r1 <= 8 goto +1', (b) => b.jumpIf(R1, '<=', 8, 'end')],
  [
    'be21010000000000',
    'if w1 <= w2 goto pc+1',
    'if w1 <= w2 goto +1',
    (b) => b.jumpIf32(R1, '<=', R2, 'end'),
  ],
  ['b601010008000000', 'if w1 <= 0x8 goto pc+1', 'if w1 <= 8 goto +1', (b) => b.jumpIf32(R1, '<=', 8, 'end')],
  ['cd21010000000000', 'if r1 s< r2 goto pc+1', 'if r1 s< r2 goto +1', (b) => b.jumpIf(R1, 's<', R2, 'end')],
  ['c501010008000000', 'if r1 s< 0x8 goto pc+1', 'if r1 s< 8 goto +1', (b) => b.jumpIf(R1, 's<', 8, 'end')],
  [
    'ce21010000000000',
    'if w1 s< w2 goto pc+1',
    'if w1 s< w2 goto +1',
    (b) => b.jumpIf32(R1, 's<', R2, 'end'),
  ],
  ['c601010008000000', 'if w1 s< 0x8 goto pc+1', 'if w1 s< 8 goto +1', (b) => b.jumpIf32(R1, 's<', 8, 'end')],
  [
    'dd21010000000000',
    'if r1 s<= r2 goto pc+1',
    'if r1 s<= r2 goto +1',
    (b) => b.jumpIf(R1, 's<=', R2, 'end'),
  ],
  [
    'd501010008000000',
    'if r1 s<= 0x8 goto pc+1',
    'if r1 s<= 8 goto +1',
    (b) => b.jumpIf(R1, 's<=', 8, 'end'),
  ],
  [
    'de21010000000000',
    'if w1 s<= w2 goto pc+1',
    'if w1 s<= w2 goto +1',
    (b) => b.jumpIf32(R1, 's<=', R2, 'end'),
  ],
  [
    'd601010008000000',
    'if w1 s<= 0x8 goto pc+1',
    'if w1 s<= 8 goto +1',
    (b) => b.jumpIf32(R1, 's<=', 8, 'end'),
  ],
  ['e500010000000000', 'may_goto pc+1', 'may_goto +1', (b) => b.mayGoto('end')],
  ['8500000082000000', 'call bpf_ringbuf_output#130', 'call 130', (b) => b.call('ringbuf_output')],
  ['85000000f4010000', 'call unknown#500', 'call 500', (b) => b.call(500)],
  ['85100000ffffffff', 'call pc-1#f', 'call -1', (b) => b.callFunction('f')],
  ['8520000000000000', 'call bpf_rdonly_cast#0', 'call 0', (b) => b.callKfunc('bpf_rdonly_cast')],
  ['9500000000000000', 'exit', 'exit', (b) => b.exit()],
  // 5 Memory
  ['7161080000000000', 'r1 = *(u8 *)(r6 +8)', 'w1 = *(u8 *)(r6 + 8)', (b) => b.load('u8', R1, R6, 8)],
  ['6961f8ff00000000', 'r1 = *(u16 *)(r6 -8)', 'w1 = *(u16 *)(r6 - 8)', (b) => b.load('u16', R1, R6, -8)],
  ['6161000000000000', 'r1 = *(u32 *)(r6 +0)', 'w1 = *(u32 *)(r6 + 0)', (b) => b.load('u32', R1, R6, 0)],
  [
    '7961008000000000',
    'r1 = *(u64 *)(r6 -32768)',
    'r1 = *(u64 *)(r6 - 32768)',
    (b) => b.load('u64', R1, R6, -32768),
  ],
  ['9161080000000000', 'r1 = *(s8 *)(r6 +8)', 'r1 = *(s8 *)(r6 + 8)', (b) => b.load('s8', R1, R6, 8)],
  ['8961080000000000', 'r1 = *(s16 *)(r6 +8)', 'r1 = *(s16 *)(r6 + 8)', (b) => b.load('s16', R1, R6, 8)],
  ['8161080000000000', 'r1 = *(s32 *)(r6 +8)', 'r1 = *(s32 *)(r6 + 8)', (b) => b.load('s32', R1, R6, 8)],
  ['731affff00000000', '*(u8 *)(r10 -1) = r1', '*(u8 *)(r10 - 1) = w1', (b) => b.store('u8', R10, -1, R1)],
  ['6b1afeff00000000', '*(u16 *)(r10 -2) = r1', '*(u16 *)(r10 - 2) = w1', (b) => b.store('u16', R10, -2, R1)],
  ['631afcff00000000', '*(u32 *)(r10 -4) = r1', '*(u32 *)(r10 - 4) = w1', (b) => b.store('u32', R10, -4, R1)],
  ['7b1af8ff00000000', '*(u64 *)(r10 -8) = r1', '*(u64 *)(r10 - 8) = r1', (b) => b.store('u64', R10, -8, R1)],
  ['720affffff000000', '*(u8 *)(r10 -1) = 255', '*(u8 *)(r10 - 1) = 255', (b) => b.store('u8', R10, -1, 255)],
  ['6a0afeff05000000', '*(u16 *)(r10 -2) = 5', '*(u16 *)(r10 - 2) = 5', (b) => b.store('u16', R10, -2, 5)],
  ['620afcffffffffff', '*(u32 *)(r10 -4) = -1', '*(u32 *)(r10 - 4) = -1', (b) => b.store('u32', R10, -4, -1)],
  ['7a0af8fffbffffff', '*(u64 *)(r10 -8) = -5', '*(u64 *)(r10 - 8) = -5', (b) => b.store('u64', R10, -8, -5)],
  // 5.3 Atomics
  [
    'c321040000000000',
    'lock *(u32 *)(r1 +4) += r2',
    'lock *(u32 *)(r1 + 4) += w2',
    (b) => b.atomicAdd('u32', R1, 4, R2),
  ],
  [
    'db21080000000000',
    'lock *(u64 *)(r1 +8) += r2',
    'lock *(u64 *)(r1 + 8) += r2',
    (b) => b.atomicAdd('u64', R1, 8, R2),
  ],
  [
    'db21080050000000',
    'lock *(u64 *)(r1 +8) &= r2',
    'lock *(u64 *)(r1 + 8) &= r2',
    (b) => b.atomicAnd('u64', R1, 8, R2),
  ],
  [
    'db21080040000000',
    'lock *(u64 *)(r1 +8) |= r2',
    'lock *(u64 *)(r1 + 8) |= r2',
    (b) => b.atomicOr('u64', R1, 8, R2),
  ],
  [
    'db210800a0000000',
    'lock *(u64 *)(r1 +8) ^= r2',
    'lock *(u64 *)(r1 + 8) ^= r2',
    (b) => b.atomicXor('u64', R1, 8, R2),
  ],
  [
    'c321040001000000',
    'r2 = atomic_fetch_add((u32 *)(r1 +4), r2)',
    'w2 = atomic_fetch_add((u32 *)(r1 + 4), w2)',
    (b) => b.atomicFetchAdd('u32', R1, 4, R2),
  ],
  [
    'db21080001000000',
    'r2 = atomic64_fetch_add((u64 *)(r1 +8), r2)',
    'r2 = atomic_fetch_add((u64 *)(r1 + 8), r2)',
    (b) => b.atomicFetchAdd('u64', R1, 8, R2),
  ],
  [
    'db21080051000000',
    'r2 = atomic64_fetch_and((u64 *)(r1 +8), r2)',
    'r2 = atomic_fetch_and((u64 *)(r1 + 8), r2)',
    (b) => b.atomicFetchAnd('u64', R1, 8, R2),
  ],
  [
    'db21080041000000',
    'r2 = atomic64_fetch_or((u64 *)(r1 +8), r2)',
    'r2 = atomic_fetch_or((u64 *)(r1 + 8), r2)',
    (b) => b.atomicFetchOr('u64', R1, 8, R2),
  ],
  [
    'db210800a1000000',
    'r2 = atomic64_fetch_xor((u64 *)(r1 +8), r2)',
    'r2 = atomic_fetch_xor((u64 *)(r1 + 8), r2)',
    (b) => b.atomicFetchXor('u64', R1, 8, R2),
  ],
  [
    'c3210400e1000000',
    'r2 = atomic_xchg((u32 *)(r1 +4), r2)',
    'w2 = xchg32_32(r1 + 4, w2)',
    (b) => b.atomicXchg('u32', R1, 4, R2),
  ],
  [
    'db210800e1000000',
    'r2 = atomic64_xchg((u64 *)(r1 +8), r2)',
    'r2 = xchg_64(r1 + 8, r2)',
    (b) => b.atomicXchg('u64', R1, 8, R2),
  ],
  [
    'c3210400f1000000',
    'r0 = atomic_cmpxchg((u32 *)(r1 +4), r0, r2)',
    'w0 = cmpxchg32_32(r1 + 4, w0, w2)',
    (b) => b.atomicCmpxchg('u32', R1, 4, R2),
  ],
  [
    'db210800f1000000',
    'r0 = atomic64_cmpxchg((u64 *)(r1 +8), r0, r2)',
    'r0 = cmpxchg_64(r1 + 8, r0, r2)',
    (b) => b.atomicCmpxchg('u64', R1, 8, R2),
  ],
  [
    'd310000000010000',
    'r0 = load_acquire((u8 *)(r1 +0))',
    'w0 = load_acquire((u8 *)(r1 + 0))',
    (b) => b.loadAcquire('u8', R0, R1, 0),
  ],
  [
    'db10f8ff00010000',
    'r0 = load_acquire((u64 *)(r1 -8))',
    'r0 = load_acquire((u64 *)(r1 - 8))',
    (b) => b.loadAcquire('u64', R0, R1, -8),
  ],
  [
    'cb21000010010000',
    'store_release((u16 *)(r1 +0), r2)',
    'store_release((u16 *)(r1 + 0), w2)',
    (b) => b.storeRelease('u16', R1, 0, R2),
  ],
  // 5.5 Legacy packet access
  ['300000000c000000', 'r0 = *(u8 *)skb[12]', 'r0 = *(u8 *)skb[12]', (b) => b.loadAbs('u8', 12)],
  ['280000000c000000', 'r0 = *(u16 *)skb[12]', 'r0 = *(u16 *)skb[12]', (b) => b.loadAbs('u16', 12)],
  ['20000000fcffffff', 'r0 = *(u32 *)skb[-4]', 'r0 = *(u32 *)skb[-4]', (b) => b.loadAbs('u32', -4)],
  ['5030000000000000', 'r0 = *(u8 *)skb[r3 + 0]', 'r0 = *(u8 *)skb[r3]', (b) => b.loadInd('u8', R3, 0)],
  [
    '4830000002000000',
    'r0 = *(u16 *)skb[r3 + 2]',
    'r0 = *(u16 *)skb[r3 + 2]',
    (b) => b.loadInd('u16', R3, 2),
  ],
  ['4090000000000000', 'r0 = *(u32 *)skb[r9 + 0]', 'r0 = *(u32 *)skb[r9]', (b) => b.loadInd('u32', R9, 0)],
];

/** The one instruction that `build` appends, followed by one more before the label `end`. */
function instructionOf(build: Case[3]): Instruction {
  return build(new ProgramBuilder()).mov(R0, 0).label('end').exit().build()[0]!;
}

for (const [hex, bpftool, llvm, build] of CASES) {
  test(`encodes, decodes and prints ${bpftool}`, () => {
    const instruction = instructionOf(build);
    const bytes = encodeInstructions([instruction]);
    assert.equal(Buffer.from(bytes).toString('hex'), hex);
    assert.equal(formatInstruction(instruction), `(${hex.slice(0, 2)}) ${bpftool}`);
    assert.equal(formatInstruction(instruction, 'llvm'), llvm);
    const { reference: _, ...numbers } = instruction;
    assert.deepEqual(parseInstructions(bytes), [numbers]);
  });
}

test('the cases cover every opcode a program may bring', () => {
  const covered = new Set(CASES.map(([hex]) => Number.parseInt(hex.slice(0, 2), 16)));
  const missing = allOpcodes().filter((opcode) => !covered.has(opcode));
  // gotol appears only when a jump is far (see the builder's tests); gotox and nospec are read, never built.
  assert.deepEqual(missing, [0x06, 0x0d, 0xc2]);
});

test('the cases cover every method of the builder', () => {
  const text = CASES.map(([, , , build]) => String(build)).join();
  const methods = [ProgramBuilder.prototype, Object.getPrototypeOf(ProgramBuilder.prototype)].flatMap((p) =>
    Object.getOwnPropertyNames(p),
  );
  assert.ok(methods.length > 70);
  const structure = ['constructor', 'build', 'function', 'label', 'emit'];
  const missing = methods.filter((name) => !structure.includes(name) && !text.includes(`.${name}(`));
  assert.deepEqual(missing, []);
});

test('prints what only the kernel writes, and what the builder does not', () => {
  const of = (hex: string) => formatInstruction(parseInstructions(Buffer.from(hex, 'hex'))[0]!);
  assert.equal(of('06000000a0860100'), '(06) gotol pc+100000');
  assert.equal(of('0d01000000000000'), '(0d) gotox r1');
  assert.equal(of('c200000000000000'), '(c2) nospec');
  assert.equal(of('bf21ffff00000000'), '(bf) r1 = &(void __percpu *)(r2)');
  assert.equal(of('bfb1000000000000'), '(bf) r1 = r11');
  assert.equal(of('8510050002000000'), '(85) call pc+5');
  assert.equal(of('8520000010000000'), '(85) call kernel-function#16');
  assert.equal(of('18110000070000000000000000000000'), '(18) r1 = map[id:7]');
  assert.equal(of('18210000070000000000000010000000'), '(18) r1 = map[id:7][0]+16');
  assert.equal(of('18310000070000000000000010000000'), '(18) r1 = 0x1000000007');
  assert.equal(of('18410000fdffffff0000000000000000'), '(18) r1 = subprog[-3]');
  assert.equal(of('18510000030000000000000000000000'), '(18) r1 = 0x3');
  assert.equal(of('18610000030000000000000008000000'), '(18) r1 = map[idx:3]+8');
});

test('an instruction that does not exist prints as bpftool and llvm-objdump print it', () => {
  const bogus = { opcode: 0x8d, dst: 0, src: 0, offset: 0, imm: 0 };
  assert.equal(formatInstruction(bogus), 'BUG_8d');
  assert.equal(formatInstruction(bogus, 'llvm'), '<unknown>');
  assert.equal(formatInstruction({ ...bogus, opcode: 0xdb, imm: 7 }), 'BUG_db');
});
