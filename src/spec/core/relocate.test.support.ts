// Types of an object and of a kernel, and questions about them.
import assert from 'node:assert/strict';
import { type CoreKind, type Instruction, ProgramBuilder, R1 } from '../../asm/index.ts';
import { Btf, BtfBuilder, type BtfMember } from '../../btf/index.ts';
import type { ProgramSpec } from '../object.ts';
import { POISON_HELPER } from './patch.ts';
import { type RelocationOutcome, relocate } from './relocate.ts';

/** Types made by `fill`, which gives their ids names. */
export function types<Ids>(
  fill: (builder: BtfBuilder) => Ids,
  options: { name?: string; base?: Btf; littleEndian?: boolean } = {},
): Ids & { btf: Btf } {
  const { name = 'vmlinux', ...rest } = options;
  const builder = new BtfBuilder(rest);
  const ids = fill(builder);
  const base = options.base === undefined ? {} : { base: options.base };
  return { ...ids, btf: Btf.parse(builder.build(), { name, ...base }) };
}

/** A member of a struct or union. */
export function member(name: string, type: number, bitOffset: number = 0, bitSize: number = 0): BtfMember {
  return { name, type, bitOffset, bitSize };
}

/** Adds a struct. @returns its id. */
export function struct(builder: BtfBuilder, name: string, size: number, ...members: BtfMember[]): number {
  return builder.add({ kind: 'struct', name, size, members });
}

/** An object of one program, `instructions` and then exit. */
export function object(
  btf: Btf,
  ...instructions: Instruction[]
): { name: string; btf: Btf; programs: ProgramSpec[] } {
  const exit = new ProgramBuilder().exit().build();
  const program: ProgramSpec = {
    name: 'program',
    section: 'socket',
    instructions: [...instructions, ...exit],
  };
  return { name: 'object', btf, programs: [program] };
}

/** The first instruction of what `build` makes. */
export function one(build: (builder: ProgramBuilder) => ProgramBuilder): Instruction {
  return build(new ProgramBuilder()).build()[0]!;
}

/** A relocation, and the types that answer it. */
export interface Question {
  readonly local: Btf;
  readonly target: Btf;
  readonly modules?: Btf[];
  readonly kind: CoreKind;
  readonly type: number;
  readonly access: string;
  /** The answer for the object's own types; it is in the instruction. */
  readonly holds?: bigint;
}

/** Asks by an `ld_imm64`, which takes any value. */
export function ask({
  local,
  target,
  modules = [],
  kind,
  type,
  access,
  holds = 0n,
}: Question): RelocationOutcome {
  const load = { ...one((b) => b.loadImm64(R1, holds)), relocation: { kind, typeId: type, access } };
  const { spec, results } = relocate(object(local, load), { vmlinux: target, modules });
  const [result] = results;
  const patched = spec.programs[0]!.instructions[0]!;
  assert.equal(results.length, 1);
  if ('poison' in result!.outcome) {
    assert.equal(patched.imm, POISON_HELPER);
    assert.equal(patched.poison, result!.outcome.poison);
  } else {
    assert.equal(patched.imm64, result!.outcome.value);
    assert.equal(patched.relocation, undefined);
  }
  return result!.outcome;
}

/** The value of a relocation that must resolve. */
export function resolved(question: Question): bigint {
  const outcome = ask(question);
  assert.equal(outcome.status, 'resolved', JSON.stringify('poison' in outcome ? outcome.poison : {}));
  return (outcome as { value: bigint }).value;
}

type Made<Names extends string> = Readonly<Record<Names, number>> & { readonly btf: Btf };

/** Types of an object. */
export const local: Made<'int' | 'u32' | 'u64' | 'inner' | 'task' | 'tail' | 'color' | 'wide'> = types(
  (b) => {
    const int = b.int('int', 4, 'signed');
    const u32 = b.int('unsigned int', 4);
    const u64 = b.int('unsigned long', 8);
    const inner = struct(b, 'inner', 4, member('x', u32));
    const task = struct(
      b,
      'task___mine',
      48,
      member('pid', int),
      member('state', u64, 64),
      member('comm', b.add({ kind: 'array', type: u32, indexType: u32, count: 4 }), 128),
      member('inner', inner, 256),
      member('bits', u32, 288, 5),
      member('gone', u32, 320),
    );
    const flex = b.add({ kind: 'array', type: u32, indexType: u32, count: 0 });
    const tail = struct(b, 'tail', 4, member('count', u32), member('data', flex, 32));
    const color = b.add({
      kind: 'enum',
      name: 'color',
      size: 4,
      signed: false,
      values: [
        { name: 'RED', value: 1 },
        { name: 'GONE', value: 2 },
      ],
    });
    const wide = b.add({
      kind: 'enum64',
      name: 'wide',
      size: 8,
      signed: false,
      values: [{ name: 'TOP', value: 5n }],
    });
    return { int, u32, u64, inner, task, tail, color, wide };
  },
);

/** Those of a kernel on which they are different. */
export const target: Made<'task' | 'tail'> = types((b) => {
  const pad = b.int('pad', 1);
  const u32 = b.int('unsigned int', 4);
  const s64 = b.int('long', 8, 'signed');
  const u16 = b.int('unsigned short', 2);
  const inner = struct(b, 'inner', 8, member('pad', u32), member('x', u32, 32));
  const anonymous = b.add({
    kind: 'union',
    name: '',
    size: 8,
    members: [member('other', u32), member('state', u16)],
  });
  const task = struct(
    b,
    'task',
    64,
    member('pad', pad),
    member('', anonymous, 64),
    member('pid', s64, 128),
    member('comm', b.add({ kind: 'array', type: u32, indexType: u32, count: 3 }), 192),
    member('inner', inner, 288),
    member('bits', u32, 352 + 9, 7),
  );
  const flex = b.add({ kind: 'array', type: u32, indexType: u32, count: 0 });
  const tail = struct(b, 'tail', 16, member('count', u32), member('data', flex, 128));
  b.add({ kind: 'enum64', name: 'color', size: 8, signed: true, values: [{ name: 'RED___2', value: -7n }] });
  b.add({ kind: 'enum', name: 'wide', size: 4, signed: true, values: [{ name: 'TOP', value: -1 }] });
  return { task, tail };
});

/** The types that most relocations are about. */
export const question: Pick<Question, 'local' | 'target'> = { local: local.btf, target: target.btf };
