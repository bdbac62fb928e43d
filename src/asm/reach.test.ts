import assert from 'node:assert/strict';
import test from 'node:test';
import { type Instruction, ProgramBuilder, R0, R1, R2, R3, reachableInstructions } from './index.ts';

/** Indexes of the instructions that are not reached. */
function unreached(build: (builder: ProgramBuilder) => ProgramBuilder): number[] {
  return missing(build(new ProgramBuilder()).build());
}

function missing(code: readonly Instruction[]): number[] {
  const reached = reachableInstructions(code);
  return [...code.keys()].filter((index) => !reached.has(index));
}

test('a jump that a constant decides leaves out the other way, whatever computed the constant', () => {
  const taken = (compute: (b: ProgramBuilder) => ProgramBuilder) => {
    const builder = compute(new ProgramBuilder().mov(R1, 12));
    const code = builder.jumpIf(R1, '==', 3, 'out').mov(R0, 1).label('out').exit().build();
    return missing(code).length === 1;
  };
  assert.ok(taken((b) => b.add(R1, -9)));
  assert.ok(taken((b) => b.rsh(R1, 2)));
  assert.ok(taken((b) => b.and(R1, 7).xor(R1, 7)));
  assert.ok(taken((b) => b.loadImm64(R1, 3n)));
  assert.ok(taken((b) => b.mov(R2, 3).mov(R1, R2)));
  assert.ok(taken((b) => b.mov(R2, 4).mul(R1, R2).sub(R1, 45)));
  assert.ok(!taken((b) => b.load('u64', R1, R2, 0)), 'a load may give anything');
  assert.ok(!taken((b) => b.mov(R1, 3).call('get_prandom_u32')), 'a call clobbers');
  assert.ok(!taken((b) => b.mov(R1, 3).div(R1, R2)), 'an unknown operand');
});

test('conditions compare as the instruction says: signed or not, 32 bits or 64', () => {
  const jump = (build: (b: ProgramBuilder) => ProgramBuilder) =>
    unreached((b) =>
      build(b.mov(R1, -1).loadImm64(R2, 1n << 32n))
        .mov(R0, 1)
        .label('out')
        .exit(),
    ).length === 1;
  assert.ok(jump((b) => b.jumpIf(R1, '>', 5, 'out')));
  assert.ok(!jump((b) => b.jumpIf(R1, 's>', 5, 'out')));
  assert.ok(jump((b) => b.jumpIf(R1, 's<', 0, 'out')));
  assert.ok(jump((b) => b.jumpIf32(R2, '==', 0, 'out')));
  assert.ok(!jump((b) => b.jumpIf(R2, '==', 0, 'out')));
  assert.ok(jump((b) => b.jumpIf(R1, '&', 8, 'out')));
});

test('where ways meet, only what they agree on stays known', () => {
  const diamond = (second: number) =>
    unreached((b) =>
      b
        .mov(R1, 1)
        .jumpIf(R3, '==', 0, 'join')
        .mov(R1, second)
        .label('join')
        .jumpIf(R1, '==', 1, 'out')
        .mov(R0, 1)
        .label('out')
        .exit(),
    );
  assert.deepEqual(diamond(1), [4]);
  assert.deepEqual(diamond(2), []);
});

test('subprograms are reached by calls and addresses only, and loops end', () => {
  const code = new ProgramBuilder()
    .mov(R1, 0)
    .label('again')
    .add(R1, 1)
    .jumpIf(R1, '<', 10, 'again')
    .callFunction('called')
    .exit()
    .function('called')
    .mov(R0, 0)
    .exit()
    .function('not_called')
    .mov(R0, 1)
    .exit()
    .build();
  assert.deepEqual(missing(code), [7, 8]);
});
