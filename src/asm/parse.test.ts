import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { ArgumentError, ObjectFormatError } from '../errors/index.ts';
import {
  BPF_CMPXCHG,
  BPF_LOAD_ACQ,
  encodeInstructions,
  formatInstructions,
  type Instruction,
  LD_IMM64,
  parseInstructions,
} from './index.ts';
import { allOpcodes, formOf } from './isa.ts';
import { expectationOf } from './validate.ts';

const register = fc.nat(10);
const offset = fc.oneof(fc.constantFrom(0, 1, 8, 16, 32, -1), fc.integer({ min: -0x8000, max: 0x7fff }));
const imm = fc.oneof(
  fc.constantFrom(0, 1, 16, 32, 64, 0x50, 0xa1, BPF_CMPXCHG, BPF_LOAD_ACQ),
  fc.integer({ min: -0x80000000, max: 0x7fffffff }),
);

/** Any instruction that a program may hold: random fields, cleared where the opcode has no use for them. */
const anyInstruction: fc.Arbitrary<Instruction> = fc
  .record({ opcode: fc.constantFrom(...allOpcodes()), dst: register, src: register, offset, imm, high: imm })
  .map(({ high, ...slot }) => {
    const instruction = clearedUntilValid(slot);
    if (instruction.opcode !== LD_IMM64) return instruction;
    return { ...instruction, imm64: (BigInt(high >>> 0) << 32n) | BigInt(instruction.imm >>> 0) };
  });

function clearedUntilValid(slot: Instruction): Instruction {
  const fields = ['offset', 'src', 'dst', 'imm'] as const;
  for (let cleared = 0; cleared < 16; cleared++) {
    const zeros = fields.filter((_, bit) => (cleared >> bit) & 1).map((field) => [field, 0]);
    const candidate = { ...slot, ...Object.fromEntries(zeros) };
    if (expectationOf(candidate) === undefined) return candidate;
  }
  // Left are swaps and the narrow atomics, to which an imm of 0 means nothing.
  const imm = formOf(slot.opcode)?.kind === 'swap' ? 32 : BPF_LOAD_ACQ;
  return { ...slot, src: 0, offset: 0, imm };
}

for (const littleEndian of [true, false]) {
  const order = littleEndian ? 'little' : 'big';
  test(`any program comes back from its bytes, ${order} endian`, () => {
    fc.assert(
      fc.property(fc.array(anyInstruction), (instructions) => {
        const bytes = encodeInstructions(instructions, { littleEndian });
        assert.deepEqual(parseInstructions(bytes, { littleEndian }), instructions);
      }),
      { numRuns: 500 },
    );
  });
}

test('hostile bytes either come back byte for byte and print, or are a typed error', () => {
  const almost = fc.tuple(fc.constantFrom(...allOpcodes()), fc.uint8Array({ minLength: 7, maxLength: 7 }));
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.array(almost, { maxLength: 4 }).map((slots) => Uint8Array.from(slots.flatMap(([o, r]) => [o, ...r]))),
  );
  fc.assert(
    fc.property(bytes, (input) => {
      let instructions: Instruction[];
      try {
        instructions = parseInstructions(input);
      } catch (error) {
        assert.ok(error instanceof ObjectFormatError);
        assert.ok(error.offset <= input.length);
        return;
      }
      assert.deepEqual(encodeInstructions(instructions), input);
      assert.doesNotMatch(formatInstructions(instructions).join('\n'), /BUG|undefined|NaN/);
    }),
    { numRuns: 2000 },
  );
});

const MOV = 'b700000000000000';
const rejected: readonly (readonly [string, string, number, RegExp])[] = [
  ['half a slot', `${MOV}95000000`, 8, /8 bytes of an instruction/],
  ['an ld_imm64 without its second half', `${MOV}1801000000000000`, 16, /second half/],
  ['an ld_imm64 cut within its second half', '180100000000000000000000', 8, /second half/],
  ['a second half with an opcode', `1801000000000000${MOV}`, 8, /only imm/],
  ['a second half with a register', '18010000000000000001000000000000', 8, /only imm/],
  ['a second half with an offset', '18010000000000000000010000000000', 8, /only imm/],
  ['an unknown opcode', `${MOV}ff00000000000000`, 8, /opcode, not 0xff/],
  ['a register r12', 'bf0c000000000000', 0, /not r12/],
  ['an unknown pseudo source', '18710000000000000000000000000000', 0, /pseudo source/],
  ['an unknown kind of call', '8530000000000000', 0, /kind of call/],
  ['an unknown atomic operation', 'db21000007000000', 0, /atomic operation on u64, not 0x7/],
  ['an atomic operation on a byte', 'd321000000000000', 0, /atomic operation on u8/],
  ['a swap of 8 bits', 'dc01000008000000', 0, /16, 32 or 64/],
  ['a sign-extending move of 32 to 32 bits', 'bc21200000000000', 0, /variant/],
  ['a signed addition', '0701010005000000', 0, /variant/],
  ['an immediate beside a source register', '0f21000005000000', 0, /imm to be 0/],
  ['an exit with a register', '9501000000000000', 0, /dst to be 0/],
  ['a may_goto with a source', 'e510010000000000', 0, /src to be 0/],
];
for (const [what, hex, at, message] of rejected) {
  test(`rejects ${what}`, () => {
    const bytes = Buffer.from(hex, 'hex');
    assert.throws(
      () => parseInstructions(bytes),
      (error) => {
        assert.ok(error instanceof ObjectFormatError);
        assert.equal(error.offset, at);
        assert.match(error.message, message);
        return true;
      },
    );
  });
}

test('reads from the middle of a buffer', () => {
  const bytes = Buffer.from(`ffff${MOV}`, 'hex').subarray(2);
  assert.equal(parseInstructions(bytes)[0]!.opcode, 0xb7);
});

test('big endian reverses the fields and swaps the registers', () => {
  const load = { opcode: 0x79, dst: 1, src: 6, offset: 8, imm: 0 };
  const bytes = encodeInstructions([load], { littleEndian: false });
  assert.equal(Buffer.from(bytes).toString('hex'), '7916000800000000');
});

test('a field that does not fit is an error, never cut off', () => {
  const good = { opcode: 0xb7, dst: 1, src: 0, offset: 0, imm: 0 };
  const bad: Partial<Instruction>[] = [
    { opcode: 256 },
    { dst: 16 },
    { src: -1 },
    { offset: 0x8000 },
    { imm: 0x80000000 },
    { imm: 1.5 },
    { imm64: 1n },
    { opcode: LD_IMM64 },
    { opcode: LD_IMM64, imm64: -1n },
    { opcode: LD_IMM64, imm64: 1n << 64n },
  ];
  for (const change of bad) {
    assert.throws(() => encodeInstructions([good, { ...good, ...change }]), ArgumentError);
  }
});
