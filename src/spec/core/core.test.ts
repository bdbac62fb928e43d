import assert from 'node:assert/strict';
import test from 'node:test';
import { type CoreKind, type Instruction, LD_IMM64, ProgramBuilder, R1, R2, R3 } from '../../asm/index.ts';
import { Btf, BtfBuilder, type BtfMember } from '../../btf/index.ts';
import { RelocationError, RingtailError } from '../../errors/index.ts';
import type { ProgramSpec } from '../object.ts';
import { essentialName } from './names.ts';
import { POISON_HELPER } from './patch.ts';
import { describePoison, reachablePoison } from './poison.ts';
import { type RelocationOutcome, relocate } from './relocate.ts';

/** Types made by `fill`, which gives their ids names. */
function types<Ids>(
  fill: (builder: BtfBuilder) => Ids,
  options: { name?: string; base?: Btf; littleEndian?: boolean } = {},
): Ids & { btf: Btf } {
  const { name = 'vmlinux', ...rest } = options;
  const builder = new BtfBuilder(rest);
  const ids = fill(builder);
  const base = options.base === undefined ? {} : { base: options.base };
  return { ...ids, btf: Btf.parse(builder.build(), { name, ...base }) };
}

const member = (name: string, type: number, bitOffset = 0, bitSize = 0): BtfMember => {
  return { name, type, bitOffset, bitSize };
};

const struct = (builder: BtfBuilder, name: string, size: number, ...members: BtfMember[]) =>
  builder.add({ kind: 'struct', name, size, members });

/** An object of one program, `instructions` and then exit. */
function object(btf: Btf, ...instructions: Instruction[]) {
  const exit = new ProgramBuilder().exit().build();
  const program: ProgramSpec = {
    name: 'program',
    section: 'socket',
    instructions: [...instructions, ...exit],
  };
  return { name: 'object', btf, programs: [program] };
}

const one = (build: (builder: ProgramBuilder) => ProgramBuilder): Instruction =>
  build(new ProgramBuilder()).build()[0]!;

interface Question {
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
function ask({ local, target, modules = [], kind, type, access, holds = 0n }: Question): RelocationOutcome {
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
function resolved(question: Question): bigint {
  const outcome = ask(question);
  assert.equal(outcome.status, 'resolved', JSON.stringify('poison' in outcome ? outcome.poison : {}));
  return (outcome as { value: bigint }).value;
}

const local = types((b) => {
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
});

const target = types((b) => {
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

const question = { local: local.btf, target: target.btf };

test('fields: offset, size, existence, sign and shifts of the target', () => {
  const field = { ...question, type: local.task };
  assert.equal(resolved({ ...field, kind: 'byte_off', access: '0:0' }), 16n);
  assert.equal(
    resolved({ ...field, kind: 'byte_off', access: '0:1', holds: 8n }),
    8n,
    'in an anonymous union',
  );
  assert.equal(resolved({ ...field, kind: 'byte_off', access: '0:3:0', holds: 32n }), 40n);
  assert.equal(resolved({ ...field, kind: 'byte_off', access: '2:0', holds: 96n }), 144n, 'element 2');
  assert.equal(resolved({ ...field, kind: 'byte_off', access: '0:2:2', holds: 24n }), 32n);
  assert.equal(resolved({ ...field, kind: 'byte_sz', access: '0:0', holds: 4n }), 8n);
  assert.equal(resolved({ ...field, kind: 'byte_sz', access: '0:2', holds: 16n }), 12n);
  assert.equal(resolved({ ...field, kind: 'byte_sz', access: '0:2:1', holds: 4n }), 4n);
  assert.equal(resolved({ ...field, kind: 'field_exists', access: '0:0', holds: 1n }), 1n);
  assert.deepEqual(ask({ ...field, kind: 'field_exists', access: '0:5', holds: 1n }), {
    status: 'absent',
    value: 0n,
  });
  assert.equal(resolved({ ...field, kind: 'signed', access: '0:1' }), 0n);
  assert.equal(resolved({ ...field, kind: 'signed', access: '0:0', holds: 1n }), 1n);
  assert.equal(resolved({ ...field, kind: 'lshift_u64', access: '0:0', holds: 32n }), 0n);
  assert.equal(resolved({ ...field, kind: 'rshift_u64', access: '0:0', holds: 32n }), 0n);
});

test('an element of an array at a part of a byte, which only damage makes, is where its byte is', () => {
  const from = types((b) => {
    const u32 = b.int('unsigned int', 4);
    const list = b.add({ kind: 'array', type: u32, indexType: u32, count: 4 });
    return { list: struct(b, 'list', 20, member('items', list, 3)) };
  });
  const question = { local: from.btf, target: from.btf, type: from.list, access: '0:0:1' };
  assert.equal(resolved({ ...question, kind: 'byte_off', holds: 4n }), 4n);
});

test('a flexible array has any element, an array in the middle only its own', () => {
  assert.equal(
    resolved({ ...question, kind: 'byte_off', type: local.tail, access: '0:1:9', holds: 40n }),
    52n,
  );
  const outcome = ask({ ...question, kind: 'byte_off', type: local.task, access: '0:2:3', holds: 28n });
  assert.equal(outcome.status, 'poisoned');
  assert.match('poison' in outcome ? outcome.poison.reason : '', /has 3 elements/);
});

test('only an array without elements at the end of its struct is flexible', () => {
  const make = (count: number, last: boolean) =>
    types((b) => {
      const u32 = b.int('unsigned int', 4);
      const array = b.add({ kind: 'array', type: u32, indexType: u32, count });
      const after = last ? [] : [member('after', u32, 96)];
      return { s: struct(b, 's', 16, member('data', array), ...after) };
    });
  const from = make(9, false);
  const status = (to: { btf: Btf }) =>
    ask({ local: from.btf, target: to.btf, kind: 'byte_off', type: from.s, access: '0:0:5', holds: 20n })
      .status;
  assert.equal(status(make(0, true)), 'resolved');
  assert.equal(status(make(0, false)), 'poisoned');
  assert.equal(status(make(3, true)), 'poisoned');
});

test('the essential name ends at the last ___ between other characters', () => {
  const names = {
    task: 'task',
    task___a: 'task',
    a___b___c: 'a___b',
    ___a: '___a',
    a____b: 'a____b',
    a___: 'a___',
  };
  for (const [name, essential] of Object.entries(names)) assert.equal(essentialName(name), essential);
});

test('bitfields: the smallest aligned load that has all bits, and the shifts that leave only them', () => {
  const layout = (littleEndian: boolean, bitOffset: number, bitSize: number) =>
    types(
      (b) => {
        const u32 = b.int('unsigned int', 4);
        return { bits: struct(b, 'bits', 16, member('f', u32, bitOffset, bitSize)), int: u32 };
      },
      { littleEndian },
    );
  // Bytes from a load, shifted left and right as 64 bits, must leave the field's bits.
  for (const littleEndian of [true, false]) {
    for (const [bitOffset, bitSize] of [
      [0, 1],
      [9, 7],
      [31, 1],
      [30, 8],
      [37, 27],
      [64, 32],
      [1, 63],
    ] as const) {
      const from = layout(littleEndian, 3, 5);
      const to = layout(littleEndian, bitOffset, bitSize);
      const answer = (kind: CoreKind, holds = 0n) =>
        Number(resolved({ local: from.btf, target: to.btf, kind, type: from.bits, access: '0:0', holds }));
      const offset = answer('byte_off');
      const size = answer('byte_sz');
      const left = BigInt(answer('lshift_u64'));
      const right = BigInt(answer('rshift_u64', 59n));
      const value = (1n << BigInt(bitSize)) - 1n;
      const bytes = writeBits(16, bitOffset, bitSize, littleEndian);
      let loaded = 0n;
      for (let i = 0; i < size; i++) {
        loaded |= BigInt(bytes[offset + i]!) << BigInt(8 * (littleEndian ? i : size - 1 - i));
      }
      const where = `${bitSize} bits at ${bitOffset}, ${littleEndian ? 'little' : 'big'}-endian`;
      assert.equal(BigInt.asUintN(64, loaded << left) >> right, value, where);
      assert.equal(offset % size, 0, where);
    }
  }
});

/** Bytes in which only the bits of one field are set; big-endian numbers them from the top of each byte. */
function writeBits(length: number, bitOffset: number, bitSize: number, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let bit = bitOffset; bit < bitOffset + bitSize; bit++) {
    bytes[bit >> 3]! |= littleEndian ? 1 << (bit & 7) : 0x80 >> (bit & 7);
  }
  return bytes;
}

test('a bitfield that no load of 8 bytes has is poisoned', () => {
  const make = (bitOffset: number) =>
    types((b) => ({ bits: struct(b, 'bits', 32, member('f', b.int('u64', 8), bitOffset, 63)) }));
  const from = make(0);
  const outcome = ask({
    local: from.btf,
    target: make(2).btf,
    kind: 'byte_off',
    type: from.bits,
    access: '0:0',
  });
  assert.equal(outcome.status, 'poisoned');
  assert.match('poison' in outcome ? outcome.poison.reason : '', /cannot be read with one load/);
});

test('types: ids, existence, size; what is absent is answered by 0', () => {
  const type = { ...question, type: local.task, access: '0' };
  assert.equal(resolved({ ...type, kind: 'local_type_id', holds: 999n }), BigInt(local.task));
  assert.equal(resolved({ ...type, kind: 'target_type_id', holds: 999n }), BigInt(target.task));
  assert.equal(resolved({ ...type, kind: 'type_exists', holds: 1n }), 1n);
  assert.equal(resolved({ ...type, kind: 'type_size', holds: 48n }), 64n);
  const empty = types((b) => ({ int: b.int('int', 4) }));
  const holds = { target_type_id: 0n, type_exists: 1n, type_size: 48n, type_matches: 1n };
  for (const [kind, value] of Object.entries(holds) as [CoreKind, bigint][]) {
    const absent = ask({ ...type, target: empty.btf, kind, holds: value });
    assert.deepEqual(absent, { status: 'absent', value: 0n }, kind);
  }
});

test('enumerators: existence and value, 32 and 64 bits, flavours in their names', () => {
  const red = { ...question, type: local.color, access: '0' };
  assert.equal(resolved({ ...red, kind: 'enumval_exists', holds: 1n }), 1n);
  assert.equal(resolved({ ...red, kind: 'enumval_value', holds: 1n }), BigInt.asUintN(64, -7n));
  assert.equal(
    resolved({ ...question, type: local.wide, access: '0', kind: 'enumval_value', holds: 5n }),
    BigInt.asUintN(64, -1n),
  );
  const all = types((b) => ({
    all: b.add({
      kind: 'enum',
      name: 'color',
      size: 4,
      signed: false,
      values: [{ name: 'RED', value: 0xffffffff }],
    }),
  }));
  assert.equal(
    resolved({ ...red, target: all.btf, kind: 'enumval_value', holds: 1n }),
    BigInt.asUintN(64, -1n),
    'old compilers do not record the sign, so 32 bits are extended as libbpf does',
  );
  const gone = { ...red, access: '1' };
  assert.deepEqual(ask({ ...gone, kind: 'enumval_exists', holds: 1n }), { status: 'absent', value: 0n });
  const outcome = ask({ ...gone, kind: 'enumval_value', holds: 2n });
  assert.equal('poison' in outcome && outcome.poison.wanted, 'enum color::GONE');
});

test('type_matches demands every member, of the same type, and looks behind pointers by name only', () => {
  const make = (size: number, fields: readonly string[], behind = 'node', inside = 0) =>
    types((b) => {
      const int = b.int('int', size, 'signed');
      const node = struct(b, behind, inside, ...(inside === 0 ? [] : [member('inside', int)]));
      const pointer = b.add({ kind: 'ptr', type: node });
      const members = fields.map((name, i) => member(name, name === 'next' ? pointer : int, i * 64));
      return { s: struct(b, 's', 8 * fields.length, ...members) };
    });
  const from = make(4, ['a', 'next'], 'node', 4);
  const matches = (to: { btf: Btf }) =>
    ask({ local: from.btf, target: to.btf, kind: 'type_matches', type: from.s, access: '0', holds: 1n })
      .status;
  assert.equal(matches(make(4, ['next', 'b', 'a'])), 'resolved');
  assert.equal(matches(make(8, ['a', 'next'])), 'absent', 'int of another size');
  assert.equal(matches(make(4, ['a'])), 'absent', 'a member is missing');
  assert.equal(matches(make(4, ['a', 'next'], 'other')), 'absent', 'a pointer to something else');
});

test('signatures are compared by number of parameters and kind', () => {
  const make = (count: number, kind: 'int' | 'ptr') =>
    types((b) => {
      const int = b.int('int', 4, 'signed');
      const type = kind === 'int' ? int : b.add({ kind: 'ptr', type: 0 });
      const params = Array.from({ length: count }, () => ({ name: '', type }));
      const proto = b.add({ kind: 'func_proto', returnType: int, params });
      const pointer = b.add({ kind: 'ptr', type: proto });
      return { callback: b.add({ kind: 'typedef', name: 'callback_t', type: pointer }) };
    });
  const from = make(2, 'int');
  const exists = (to: { btf: Btf }) =>
    ask({ local: from.btf, target: to.btf, kind: 'type_exists', type: from.callback, access: '0', holds: 1n })
      .status;
  assert.equal(exists(make(2, 'int')), 'resolved');
  assert.equal(exists(make(3, 'int')), 'absent');
  assert.equal(exists(make(2, 'ptr')), 'absent');
});

test('flavours that agree are one type, and others are out once they lack a field', () => {
  const flavored = (second: number) =>
    types((b) => {
      const u32 = b.int('unsigned int', 4);
      return {
        first: struct(b, 'task', 16, member('pid', u32, 64)),
        second: struct(b, 'task___2', 16, member('pid', u32, second), member('gone', u32, 96)),
      };
    });
  const agreeing = flavored(64);
  const question = { local: local.btf, kind: 'byte_off', type: local.task } as const;
  assert.equal(resolved({ ...question, target: agreeing.btf, access: '0:0' }), 8n);
  const outcome = ask({ ...question, target: flavored(32).btf, access: '0:0' });
  assert.equal(outcome.status, 'ambiguous');
  assert.deepEqual('poison' in outcome && outcome.poison.candidates, [
    'struct task [vmlinux 2]',
    'struct task___2 [vmlinux 3]',
  ]);

  const exists = {
    ...question,
    kind: 'field_exists',
    target: flavored(32).btf,
    access: '0:0',
    holds: 1n,
  } as const;
  assert.equal(ask(exists).status, 'ambiguous', 'the offset must agree even where only existence is asked');

  const load = (access: string, holds: bigint) => ({
    ...one((b) => b.loadImm64(R1, holds)),
    relocation: { kind: 'byte_off' as const, typeId: local.task, access },
  });
  const spec = object(local.btf, load('0:5', 40n), load('0:0', 0n));
  const { results } = relocate(spec, { vmlinux: flavored(32).btf });
  const values = results.map(({ outcome }) => ('value' in outcome ? outcome.value : outcome.status));
  assert.deepEqual(values, [12n, 4n], 'only task___2 has "gone", so it is the type that is meant');
});

test('modules are asked for names that the kernel does not have', () => {
  const module = types((b) => ({ only: struct(b, 'only_here', 24), task: struct(b, 'inner', 99) }), {
    name: 'module',
    base: target.btf,
  });
  const from = types((b) => ({ only: struct(b, 'only_here', 8), inner: struct(b, 'inner', 8) }));
  const question = { local: from.btf, target: target.btf, modules: [module.btf], access: '0' };
  const size = { ...question, kind: 'type_size', holds: 8n } as const;
  assert.equal(resolved({ ...size, type: from.only }), 24n);
  assert.equal(resolved({ ...size, type: from.inner }), 8n, "the kernel's own comes first");
  const id = { ...question, type: from.only, kind: 'target_type_id' } as const;
  assert.equal(resolved(id), BigInt(module.only));
});

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

test('an object without relocations needs no types and stays as it is', () => {
  const spec = { name: 'plain', programs: [] };
  assert.equal(relocate(spec, { vmlinux: target.btf }).spec, spec);
});

test('relocating does not change the object, and what was relocated stays so', () => {
  const relocation = { kind: 'byte_off' as const, typeId: local.task, access: '0:0' };
  const spec = object(local.btf, { ...one((b) => b.add(R1, 0)), relocation });
  const before = structuredClone(spec.programs);
  const { spec: first } = relocate(spec, { vmlinux: target.btf });
  assert.deepEqual(spec.programs, before);
  assert.equal(relocate(first, { vmlinux: target.btf }).spec, first);
});

test('objects without types, of the other byte order, or with unnamed types say so', () => {
  const relocation = { kind: 'type_exists' as const, typeId: 1, access: '0' };
  const load = { ...one((b) => b.loadImm64(R1, 1n)), relocation };
  const { btf: _, ...stripped } = object(local.btf, load);
  assert.throws(() => relocate(stripped, { vmlinux: target.btf }), /not the types that they refer to/);
  const big = types((b) => ({ s: struct(b, 's', 4) }), { littleEndian: false });
  assert.throws(() => relocate(object(big.btf, load), { vmlinux: target.btf }), /is big-endian/);
  const unnamed = types((b) => ({ s: struct(b, '', 4) }));
  const { results } = relocate(object(unnamed.btf, load), { vmlinux: target.btf });
  const [outcome] = results.map(({ outcome }) => outcome);
  assert.match('poison' in outcome! ? outcome.poison.reason : '', /without a name/);
});

test('hostile relocations and types end in an error, soon', () => {
  const rejected = (btf: Btf, kind: CoreKind, typeId: number, access: string) => {
    const load = { ...one((b) => b.loadImm64(R1, 1n)), relocation: { kind, typeId, access } };
    assert.throws(
      () => relocate(object(btf, load), { vmlinux: btf }),
      (error) => error instanceof RingtailError && error.code === 'RINGTAIL_RELOCATION',
      `${kind} ${typeId} ${access.slice(0, 20)}`,
    );
  };
  for (const access of [
    '',
    ':',
    '0:',
    ':0',
    '-1',
    '0x1',
    ' 0',
    '0:99',
    '9999999999',
    '0:0:0',
    `${'0:'.repeat(64)}0`,
  ]) {
    rejected(local.btf, 'byte_off', local.task, access);
  }
  rejected(local.btf, 'byte_off', local.task, '999999999');
  rejected(local.btf, 'byte_off', 1e9, '0:0');
  rejected(local.btf, 'byte_off', 0, '0');
  rejected(local.btf, 'type_exists', local.task, '1');
  rejected(local.btf, 'type_exists', local.task, '0:0');
  rejected(local.btf, 'enumval_value', local.color, '2');
  rejected(local.btf, 'enumval_value', local.task, '0');
  rejected(local.btf, 'signed', local.task, '0:2:1');

  // Ids of members that do not exist, typedefs in a circle, pointers and signatures without end.
  const { loop, pointers, callback } = types((b) => {
    const loop = b.nextId;
    b.add({ kind: 'typedef', name: 'loop', type: loop });
    const pointers = b.nextId;
    b.add({ kind: 'typedef', name: 'pointers', type: pointers + 1 });
    b.add({ kind: 'ptr', type: pointers });
    const callback = b.nextId;
    b.add({ kind: 'typedef', name: 'callback', type: callback + 1 });
    b.add({
      kind: 'func_proto',
      returnType: callback,
      params: Array.from({ length: 50 }, () => ({ name: '', type: callback })),
    });
    return { loop, pointers, callback };
  });
  const circles = types((b) => {
    b.add({ kind: 'typedef', name: 'loop', type: loop });
    b.add({ kind: 'typedef', name: 'pointers', type: pointers + 1 });
    b.add({ kind: 'ptr', type: pointers });
    b.add({ kind: 'typedef', name: 'callback', type: callback + 1 });
    const params = Array.from({ length: 50 }, () => ({ name: '', type: callback }));
    b.add({ kind: 'func_proto', returnType: callback, params });
    return {};
  }).btf;
  for (const type of [loop, pointers, callback]) {
    rejected(circles, 'type_exists', type, '0');
    rejected(circles, 'type_matches', type, '0');
  }
});

test('anonymous members in a long row are followed as deep as libbpf goes', () => {
  const nested = (levels: number) =>
    types((b) => {
      let inner = struct(b, '', 4, member('x', b.int('unsigned int', 4)));
      for (let i = 1; i < levels; i++) inner = struct(b, '', 4, member('', inner));
      return { top: struct(b, 'top', 4, member('', inner)) };
    }).btf;
  const from = types((b) => ({ top: struct(b, 'top', 4, member('x', b.int('unsigned int', 4))) }));
  const question = {
    local: from.btf,
    type: from.top,
    access: '0:0',
    kind: 'field_exists',
    holds: 1n,
  } as const;
  assert.equal(ask({ ...question, target: nested(60) }).status, 'resolved');
  assert.equal(ask({ ...question, target: nested(50_000) }).status, 'absent');
});

test('anonymous members that double at each level are searched in bounded time', () => {
  const { btf, top } = types((b) => {
    const u32 = b.int('unsigned int', 4);
    let inner = struct(b, '', 4, member('x', u32));
    for (let i = 0; i < 60; i++) inner = struct(b, '', 4, member('', inner), member('', inner));
    return { top: struct(b, 'top', 4, member('', inner)) };
  });
  const from = types((b) => ({ top: struct(b, 'top', 4, member('missing', b.int('unsigned int', 4))) }));
  const question = { local: from.btf, target: btf, type: from.top, access: '0:0', holds: 1n };
  assert.equal(ask({ ...question, kind: 'field_exists' }).status, 'absent');
  const pairs = { local: btf, target: btf, type: top, access: '0', holds: 1n };
  assert.throws(() => ask({ ...pairs, kind: 'type_matches' }), /bounded time/);
});
