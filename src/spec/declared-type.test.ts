import assert from 'node:assert/strict';
import test from 'node:test';
import { Btf, BtfBuilder, createDecoder, recordMemory } from '../btf/index.ts';
import { declaredType } from './declared-type.ts';

test('a declaration is laid out as C does', () => {
  const { btf, id } = declaredType(
    'struct { u8 a; __u64 b; char name[5]; unsigned short s; int m[2][3]; void *p; unsigned long long big; };',
    undefined,
  );
  const places = ['a', 'b', 'name', 's', 'm', 'p', 'big'].map((name) => btf.member(id, name).bitOffset / 8);
  assert.deepEqual(places, [0, 8, 16, 22, 24, 48, 56]);
  assert.equal(btf.sizeof(id), 64);
});

test('a declared type decodes', () => {
  const { btf, id } = declaredType('struct { u32 pid; char comm[16]; bool ok; s64 delta; }', undefined);
  const bytes = new Uint8Array(btf.sizeof(id));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 42, true);
  bytes.set(new TextEncoder().encode('sh'), 4);
  bytes[20] = 1;
  view.setBigInt64(24, -5n, true);
  const value = createDecoder(btf, id).decode(recordMemory(bytes.buffer, 0, bytes.length), 0);
  assert.deepEqual(value, { pid: 42, comm: 'sh', ok: true, delta: -5n });
});

test('a name is looked up, and nearest names are told', () => {
  const builder = new BtfBuilder();
  const int = builder.int('int', 4, 'signed');
  const id = builder.add({
    kind: 'struct',
    name: 'event',
    size: 4,
    members: [{ name: 'x', type: int, bitOffset: 0, bitSize: 0 }],
  });
  const btf = Btf.parse(builder.build());
  assert.equal(declaredType('struct event', btf).id, id);
  assert.throws(() => declaredType('struct evnt', btf), { name: 'NotFoundError' });
  assert.throws(() => declaredType('struct event', undefined), /no types to find it in/);
});

test('what is no declaration is refused with what was expected', () => {
  const bad = [
    '',
    'struct {',
    'struct { }',
    'struct { u32 }',
    'struct { u33 x; }',
    'struct { struct { u8 a; } b; }',
    'struct { u32 a[-1]; }',
    'struct { u32 a[9999999]; }',
    'u32 a; u8 b',
  ];
  for (const text of bad) assert.throws(() => declaredType(text, undefined), { name: 'ArgumentError' }, text);
});
