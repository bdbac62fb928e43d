import assert from 'node:assert/strict';
import test from 'node:test';
import { ArgumentError, NotFoundError } from '../errors/index.ts';
import {
  encodeInstructions,
  formatInstructions,
  type HelperName,
  ProgramBuilder,
  R0,
  R1,
  R2,
  R6,
  R10,
  REGISTERS,
} from './index.ts';

test('labels reach back and forth, and count the two slots of ld_imm64', () => {
  const lines = formatInstructions(
    new ProgramBuilder()
      .label('again')
      .loadImm64(R1, 1n)
      .jumpIf(R1, '==', 0, 'out')
      .loadImm64(R2, 2n)
      .jump('again')
      .label('out')
      .mov(R0, 0)
      .exit()
      .build(),
  );
  assert.deepEqual(lines, [
    '   0: (18) r1 = 0x1',
    '   2: (15) if r1 == 0x0 goto pc+3',
    '   3: (18) r2 = 0x2',
    '   5: (05) goto pc-6',
    '   6: (b7) r0 = 0',
    '   7: (95) exit',
  ]);
});

test('functions keep labels to themselves and find each other', () => {
  const instructions = new ProgramBuilder()
    .callFunction('double')
    .jump('end')
    .label('end')
    .exit()
    .function('double')
    .loadFunction(R6, 'double')
    .jump('end')
    .label('end')
    .exit()
    .build();
  assert.deepEqual(formatInstructions(instructions), [
    '   0: (85) call pc+2#double',
    '   1: (05) goto pc+0',
    '   2: (95) exit',
    'double:',
    '   3: (18) r6 = subprog[-1]#double',
    '   5: (05) goto pc+0',
    '   6: (95) exit',
  ]);
  assert.equal(instructions[3]!.imm64, 0xffffffffn, 'the high half of a distance is not used');
  assert.deepEqual(instructions[0]!.reference, { kind: 'function', name: 'double' });
});

test('a program may begin with a named function', () => {
  const instructions = new ProgramBuilder().function('main').exit().build();
  assert.equal(instructions.length, 1);
  assert.equal(instructions[0]!.symbol, 'main');
});

test('a call of a function that is elsewhere is left to the linker', () => {
  const [call] = new ProgramBuilder().callFunction('elsewhere').exit().build();
  assert.equal(call!.imm, -1);
});

test('source lines print once, where they change', () => {
  const source = { file: 'a.c', line: 3, column: 1, text: 'return 0;' };
  const mov = { opcode: 0xb7, dst: 0, src: 0, offset: 0, imm: 0, source };
  const lines = formatInstructions(new ProgramBuilder().emit(mov).emit(mov).exit().build(), 'llvm');
  assert.deepEqual(lines, ['; return 0;', '       0:\tr0 = 0', '       1:\tr0 = 0', '       2:\texit']);
});

/** A program whose first instruction jumps over `count` others. */
function far(count: number): ProgramBuilder {
  const b = new ProgramBuilder().jump('end');
  for (let i = 0; i < count; i++) b.mov(R0, 0);
  return b.label('end').exit();
}

test('a jump becomes gotol exactly when 16 bits do not reach', () => {
  assert.equal(formatInstructions(far(0x7fff).build())[0], '   0: (05) goto pc+32767');
  assert.equal(formatInstructions(far(0x8000).build())[0], '   0: (06) gotol pc+32768');
  const back = far(0x7fff).label('x').jump('end').exit().build();
  assert.equal(back.at(-2)!.opcode, 0x05);
});

test('a conditional jump that does not reach says how to write it', () => {
  const b = new ProgramBuilder().jumpIf(R0, '==', 0, 'end');
  for (let i = 0; i < 0x8000; i++) b.mov(R0, 0);
  assert.throws(() => b.label('end').exit().build(), {
    name: 'ArgumentError',
    message: /"end" is 32768 slots away/,
    remedy: /opposite condition/,
  });
});

test('labels and functions that cannot be resolved are errors with a remedy', () => {
  const b = () => new ProgramBuilder();
  assert.throws(() => b().jump('otu').label('out').exit().build(), {
    name: 'ArgumentError',
    message: /"otu" is not defined in the program/,
    remedy: /Did you mean out\?/,
  });
  assert.throws(() => b().label('a').exit().function('f').jump('a').build(), {
    message: /not defined in function "f"/,
  });
  assert.throws(() => b().label('a').mov(R0, 0).label('a'), { message: /"a" is defined twice/ });
  assert.throws(() => b().exit().function('f').exit().function('f'), { message: /"f" is defined twice/ });
  assert.throws(() => b().jump('a').label('a').build(), { message: /after the last instruction/ });
  assert.throws(() => b().build(), { message: /the program has no instructions/ });
  assert.throws(() => b().exit().function('f').build(), { message: /"f" has no instructions/ });
});

test('immediates are taken where they mean what they say, else refused', () => {
  const b = new ProgramBuilder();
  const refused: (() => unknown)[] = [
    () => b.mov(R0, 0x80000000),
    () => b.add(R0, 1.5),
    () => b.jumpIf(R0, '>', 0xffffffff, 'x'),
    () => b.mov32(R0, 0x100000000),
    () => b.mov32(R0, -0x80000001),
    () => b.jumpIf32(R0, '>', 0x100000000, 'x'),
    () => b.store('u8', R10, -1, 256),
    () => b.store('u8', R10, -1, -129),
    () => b.store('u64', R10, -8, 0x80000000),
    () => b.lsh(R0, 64),
    () => b.rsh32(R0, 32),
    () => b.arsh(R0, -1),
    () => b.div(R0, 0),
    () => b.smod32(R0, 0),
    () => b.load('u8', R0, R1, 0x8000),
    () => b.store('u8', R10, -0x8001, R1),
    () => b.atomicAdd('u64', R1, 0x8000, R2),
    () => b.loadAcquire('u64', R1, R2, 0x8000),
    () => b.loadMapValue(R1, '.bss', -1),
    () => b.loadImm64(R1, 1n << 64n),
    () => b.addrSpaceCast(R1, R2, 0x10000, 0),
    () => b.call(2 ** 31),
  ];
  for (const call of refused) assert.throws(call, ArgumentError, String(call));

  const taken = new ProgramBuilder()
    .mov32(R0, 0xffffffff)
    .jumpIf32(R0, '<=', 0x80000000, 'end')
    .store('u32', R10, -4, 0xffffffff)
    .store('u8', R10, -5, -128)
    .label('end')
    .exit()
    .build();
  assert.deepEqual(
    taken.map((i) => i.imm),
    [-1, -0x80000000, -1, -128, 0],
  );
  assert.equal(encodeInstructions(taken).length, 40);
});

test('a helper is called by its name, and a wrong one lists the nearest', () => {
  assert.throws(() => new ProgramBuilder().call('ringbuf_ouput' as HelperName), {
    name: NotFoundError.name,
    remedy: /ringbuf_output/,
  });
});

test('registers are numbered, and numbers are not registers', () => {
  assert.deepEqual(
    REGISTERS.map((r) => r.register),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
  // @ts-expect-error: a number is an immediate, where the types are heeded and where not.
  const unheeded = new ProgramBuilder().mov(6, 1).exit().build();
  assert.throws(() => encodeInstructions(unheeded), ArgumentError);
});
