import assert from 'node:assert/strict';
import test from 'node:test';
import { type CoreKind, R1 } from '../../asm/index.ts';
import type { Btf } from '../../btf/index.ts';
import { RingtailError } from '../../errors/index.ts';
import { ask, local, member, object, one, struct, target, types } from './relocate.test.support.ts';
import { relocate } from './relocate.ts';

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
