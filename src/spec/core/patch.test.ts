import assert from 'node:assert/strict';
import test from 'node:test';
import { type CoreKind, type Instruction, LD_IMM64, ProgramBuilder, R1, R2, R3 } from '../../asm/index.ts';
import { RelocationError } from '../../errors/index.ts';
import { POISON_HELPER } from './patch.ts';
import { describePoison, reachablePoison } from './poison.ts';
import { local, member, object, one, struct, target, types } from './relocate.test.support.ts';
import { type RelocationOutcome, relocate } from './relocate.ts';

test('instructions: immediates, offsets, widths of accesses, and what cannot be expressed', () => {
  const from = types((b) => {
    const u64 = b.int('u64', 8);
    const s32 = b.int('s32', 4, 'signed');
    const pointer = b.add({ kind: 'ptr', type: 0 });
    const signed = member('v', b.int('u32', 4), 192);
    return {
      s: struct(b, 's', 32, member('u', u64), member('i', s32, 64), member('p', pointer, 128), signed),
    };
  });
  const to = types((b) => {
    const u16 = b.int('u16', 2);
    const s64 = b.int('s64', 8, 'signed');
    const pointer = b.add({ kind: 'ptr', type: 0 });
    b.int('long', 4, 'signed');
    const members = [
      member('u', u16, 64),
      member('i', s64, 128),
      member('v', s64, 192),
      member('p', pointer, 8 * 40_000),
    ];
    return { s: struct(b, 's', 50_000, ...members) };
  });
  const apply = (access: string, instruction: Instruction) => {
    const relocation = { kind: 'byte_off' as const, typeId: from.s, access };
    const { spec, results } = relocate(object(from.btf, { ...instruction, relocation }), { vmlinux: to.btf });
    return { instruction: spec.programs[0]!.instructions[0]!, outcome: results[0]!.outcome };
  };
  const reason = ({ outcome }: { outcome: RelocationOutcome }) =>
    'poison' in outcome ? outcome.poison.reason : '';

  assert.deepEqual(
    apply(
      '0:0',
      one((b) => b.add(R1, 0)),
    ).instruction,
    one((b) => b.add(R1, 8)),
  );
  assert.deepEqual(
    apply(
      '0:0',
      one((b) => b.load('u64', R1, R2, 0)),
    ).instruction,
    one((b) => b.load('u16', R1, R2, 8)),
  );
  assert.deepEqual(
    apply(
      '0:0',
      one((b) => b.store('u64', R1, 0, R3)),
    ).instruction,
    one((b) => b.store('u16', R1, 8, R3)),
  );
  assert.match(
    reason(
      apply(
        '0:1',
        one((b) => b.load('u32', R1, R2, 8)),
      ),
    ),
    /has 8 bytes, not 4/,
  );
  const widened = apply(
    '0:3',
    one((b) => b.load('u32', R1, R2, 24)),
  );
  assert.match(reason(widened), /has 8 bytes, not 4/, 'unsigned to signed');
  assert.match(
    reason(
      apply(
        '0:2',
        one((b) => b.load('u64', R1, R2, 16)),
      ),
    ),
    /40000 does not fit/,
  );
  assert.deepEqual(
    apply(
      '0:2',
      one((b) => b.add(R1, 16)),
    ).instruction,
    one((b) => b.add(R1, 40_000)),
  );

  const damaged = (instruction: Instruction, expected: RegExp) => {
    assert.throws(
      () => apply('0:1', instruction),
      (error) => {
        assert.ok(error instanceof RelocationError);
        assert.match(error.message, expected);
        return true;
      },
    );
  };
  damaged(
    one((b) => b.add(R1, 9)),
    /expected 8 in the instruction, not 9/,
  );
  damaged(
    one((b) => b.add(R1, R2)),
    /not a register/,
  );
  damaged(
    one((b) => b.load('u32', R1, R2, 0)),
    /expected 8 in the instruction, not 0/,
  );
  damaged(
    one((b) => b.exit()),
    /not opcode 0x95/,
  );
  damaged({ ...one((b) => b.loadImm64(R1, 8n)), src: 1 }, /ld_imm64 of a plain number/);
  assert.throws(
    () =>
      apply(
        '0:0',
        one((b) => b.load('u8', R1, R2, 0)),
      ),
    /an access to 8 bytes, not 1/,
  );
});

test('poison takes as many slots as what it replaces, keeps its facts, and tells what was wanted', () => {
  const relocation = { kind: 'byte_off' as const, typeId: local.task, access: '0:5' };
  const source = { file: 'task.bpf.c', line: 7, column: 1, text: '' };
  const load = { ...one((b) => b.loadImm64(R1, 40n)), relocation, symbol: 'start' };
  const { spec } = relocate(object(local.btf, { ...one((b) => b.mov(R1, 0)), source }, load), {
    vmlinux: target.btf,
  });
  const program = spec.programs[0]!;
  assert.deepEqual(
    program.instructions.map(({ opcode, imm, symbol }) => [opcode, imm, symbol]),
    [
      [0xb7, 0, undefined],
      [0x85, POISON_HELPER, 'start'],
      [0x85, POISON_HELPER, undefined],
      [0x95, 0, undefined],
    ],
  );
  assert.ok(!program.instructions.some(({ opcode }) => opcode === LD_IMM64));

  const again = relocate(spec, { vmlinux: target.btf }).spec;
  assert.equal(again, spec, 'what was poisoned stays so');

  const error = describePoison(spec, program, 1, { vmlinux: target.btf });
  assert.ok(error instanceof RelocationError);
  assert.equal(error.code, 'RINGTAIL_RELOCATION');
  assert.equal(error.wanted, 'struct task___mine.gone');
  assert.equal(
    error.message,
    'program program needs struct task___mine.gone (task.bpf.c:7), but struct task has no member "gone"',
  );
  assert.match(error.remedy, /bpf_core_field_exists/);
  const second = describePoison(spec, program, 2, { vmlinux: target.btf });
  assert.match(second!.message, /task\.bpf\.c:7/, 'the line of the last instruction that has one');
  assert.equal(describePoison(spec, program, 0, { vmlinux: target.btf }), undefined);
  assert.equal(describePoison(spec, program, 99, { vmlinux: target.btf }), undefined);
});

test('errors name what is near: members, enumerators, or types where no type has the name', () => {
  const to = types((b) => {
    const u32 = b.int('unsigned int', 4);
    struct(b, 'task', 8, member('pid_', u32), member('gone_', u32, 32));
    struct(b, 'innner', 4);
    return {};
  });
  const failing = (typeId: number, access: string, holds: bigint) => {
    const relocation = { kind: 'byte_off' as const, typeId, access };
    const load = { ...one((b) => b.loadImm64(R1, holds)), relocation };
    const { spec } = relocate(object(local.btf, load), { vmlinux: to.btf });
    return describePoison(spec, spec.programs[0]!, 0, { vmlinux: to.btf })!;
  };
  assert.deepEqual(failing(local.task, '0:5', 40n).near, ['gone_']);
  const missing = failing(local.inner, '0:0', 0n);
  assert.deepEqual(missing.near, ['innner']);
  assert.deepEqual(missing.candidates, []);
  assert.match(missing.remedy, /Near it: innner\./);
});

test('a poisoned instruction behind a check that fails is not reached', () => {
  const facts = (kind: CoreKind) => ({ relocation: { kind, typeId: local.task, access: '0:5' } });
  const [question, jump, access, exit] = new ProgramBuilder()
    .mov(R1, 1)
    .jumpIf(R1, '==', 0, 'out')
    .add(R2, 40)
    .label('out')
    .exit()
    .build() as [Instruction, Instruction, Instruction, Instruction];
  const reached = (...instructions: Instruction[]) => {
    const programs = [{ name: 'program', section: 'socket', instructions }];
    const { spec } = relocate({ name: 'object', btf: local.btf, programs }, { vmlinux: target.btf });
    return reachablePoison(spec.programs[0]!);
  };
  const poisoned = { ...access, ...facts('byte_off') };
  assert.deepEqual(reached({ ...question, ...facts('field_exists') }, jump, poisoned, exit), []);
  assert.deepEqual(reached(question, jump, poisoned, exit), [2]);
});
