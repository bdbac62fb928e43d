import assert from 'node:assert/strict';
import test from 'node:test';
import { type CoreKind, R1 } from '../../asm/index.ts';
import type { Btf } from '../../btf/index.ts';
import {
  ask,
  local,
  member,
  object,
  one,
  question,
  resolved,
  struct,
  target,
  types,
} from './relocate.test.support.ts';
import { relocate } from './relocate.ts';

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
