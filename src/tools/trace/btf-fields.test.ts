import assert from 'node:assert/strict';
import test from 'node:test';
import { formatInstructions, R0, R8 } from '../../asm/index.ts';
import { Btf, BtfBuilder } from '../../btf/index.ts';
import { btfFields, btfTracepoints } from './btf-fields.ts';
import { TraceBuilder } from './builder.ts';
import type { Declared } from './field.ts';

/**
 * ```c
 * struct node { struct node *next; int id : 24; unsigned flags : 5; signed low : 3; char name[16]; const char *label; u8 addr[6];
 *               const unsigned char *raw; const char __user *from; struct { long inner; }; bool on; u8 *bytes; };
 * typedef void (*btf_trace_tested)(void *, struct node *, short);
 * int __traceiter_tested(void *__data, struct node *node, short number);
 * ```
 */
function kernel(named: boolean): Btf {
  const b = new BtfBuilder();
  const ptr = (type: number): number => b.add({ kind: 'ptr', type });
  const member = (name: string, type: number, bitOffset: number, bitSize = 0) => ({
    name,
    type,
    bitOffset,
    bitSize,
  });
  const int = b.int('int', 4, 'signed');
  const unsigned = b.int('unsigned int', 4);
  const long = b.int('long', 8, 'signed');
  const short = b.int('short', 2, 'signed');
  const char = b.int('char', 1);
  const uchar = b.int('unsigned char', 1);
  const bool = b.int('bool', 1, 'bool');
  const u8 = b.add({ kind: 'typedef', name: 'u8', type: uchar });
  const constChar = b.add({ kind: 'const', type: char });
  const constUchar = b.add({ kind: 'const', type: uchar });
  const user = b.add({ kind: 'type_tag', name: 'user', type: constChar, attribute: false });
  const array = (type: number, count: number): number =>
    b.add({ kind: 'array', type, indexType: unsigned, count });
  const inner = b.add({ kind: 'struct', name: '', size: 8, members: [member('inner', long, 0)] });
  const [name16, addr6, toChar, toUchar, toUser, toBytes] = [
    array(char, 16),
    array(u8, 6),
    ptr(constChar),
    ptr(constUchar),
    ptr(user),
    ptr(u8),
  ];
  const node = b.nextId + 1;
  const toNode = ptr(node);
  b.add({
    kind: 'struct',
    name: 'node',
    size: 88,
    members: [
      member('next', toNode, 0),
      member('id', int, 64, 24),
      member('flags', unsigned, 88, 5),
      member('low', int, 93, 3),
      member('name', name16, 96),
      member('label', toChar, 256),
      member('addr', addr6, 320),
      member('raw', toUchar, 384),
      member('from', toUser, 448),
      member('', inner, 512),
      member('on', bool, 576),
      member('bytes', toBytes, 640),
    ],
  });
  const param = (name: string, type: number) => ({ name, type });
  const proto = (names: string[]): number =>
    b.add({
      kind: 'func_proto',
      returnType: 0,
      params: [param(names[0]!, ptr(0)), param(names[1]!, toNode), param(names[2]!, short)],
    });
  b.add({ kind: 'typedef', name: 'btf_trace_tested', type: ptr(proto(['', '', ''])) });
  if (named) {
    b.add({
      kind: 'func',
      name: '__traceiter_tested',
      type: proto(['__data', 'node', 'number']),
      linkage: 'static',
    });
  }
  return Btf.parse(b.build(), { name: 'vmlinux' });
}

const btf = kernel(true);

function code(field: Declared | undefined): string[] {
  assert.ok(field?.kind === 'int' || field?.kind === 'text');
  const b = new TraceBuilder();
  if (field.kind === 'int') field.load(b, R8);
  else field.address(b, R8);
  return formatInstructions(b.mov(R0, 0).exit().build(), 'llvm')
    .map((line) => line.replace(/^ *\d+:\t?/, '').trim())
    .slice(0, -2);
}

test('arguments have the names of the function that calls the programs, or numbers', () => {
  assert.deepEqual(btfTracepoints(btf), ['tested']);
  const names = (btf: Btf) =>
    btfFields(btf, 'tested', true).declared.map(({ name, type }) => `${type} ${name}`);
  assert.deepEqual(names(btf), ['struct node * node', 'short number']);
  assert.deepEqual(names(kernel(false)), ['struct node * arg0', 'short arg1']);
  assert.throws(() => btfFields(btf, 'testd', true), { name: 'NotFoundError', remedy: /tested/ });
});

test('a path knows what it ends at', () => {
  const { find } = btfFields(btf, 'tested', true);
  const kinds = Object.fromEntries(
    [
      'node',
      'number',
      'node.id',
      'node.name',
      'node.next.label',
      'node.addr',
      'node.raw',
      'node.from',
      'node.inner',
      'node.on',
      'node.bytes',
    ].map((path) => {
      const field = find(path)!;
      const detail = field.kind === 'int' ? field.shownAs : field.kind === 'text' ? field.memory : '';
      return [path, `${field.kind} ${detail} ${field.type}`];
    }),
  );
  assert.deepEqual(kinds, {
    node: 'int pointer struct node *',
    number: 'int number short',
    'node.id': 'int number int',
    'node.name': 'text kernel char[16]',
    'node.next.label': 'text kernel const char *',
    'node.addr': 'array  u8[6]',
    'node.raw': 'text kernel const unsigned char *',
    'node.from': 'text user const char *',
    'node.inner': 'int number long',
    'node.on': 'int bool bool',
    'node.bytes': 'int pointer u8 *',
  });
  assert.equal(find('other'), undefined);
  assert.throws(() => find('node.nxt'), { name: 'NotFoundError', remedy: /next/ });
  assert.throws(() => find('number.x'), { name: 'ArgumentError', message: /number is no pointer/ });
  assert.throws(() => find('node.id.x'), { name: 'ArgumentError' });
});

test('tp_btf follows pointers by plain loads, and leaves at NULL', () => {
  const { find } = btfFields(btf, 'tested', true);
  assert.deepEqual(code(find('node.next.next.inner')), [
    'r8 = *(u64 *)(r6 + 0)',
    'if r8 == 0 goto +6',
    'r8 = *(u64 *)(r8 + 0)',
    'if r8 == 0 goto +4',
    'r8 = *(u64 *)(r8 + 0)',
    'if r8 == 0 goto +2',
    'r8 = *(u64 *)(r8 + 64)',
    'goto +1',
    'r8 = 0',
  ]);
  assert.deepEqual(code(find('node.next.name')), [
    'r8 = *(u64 *)(r6 + 0)',
    'if r8 == 0 goto +3',
    'r8 = *(u64 *)(r8 + 0)',
    'if r8 == 0 goto +1',
    'r8 += 12',
  ]);
  assert.deepEqual(code(find('number')), ['r8 = *(u64 *)(r6 + 8)', 'r8 <<= 48', 'r8 s>>= 48']);
});

test('a bitfield is cut out of the smallest word around it', () => {
  const { find } = btfFields(btf, 'tested', true);
  const cut = (path: string) => code(find(path)).filter((line) => /\(r8|<<|>>/.test(line));
  assert.deepEqual(cut('node.id'), ['w8 = *(u32 *)(r8 + 8)', 'r8 <<= 40', 'r8 s>>= 40']);
  assert.deepEqual(cut('node.flags'), ['w8 = *(u8 *)(r8 + 11)', 'r8 <<= 59', 'r8 >>= 59']);
  assert.deepEqual(cut('node.low'), ['w8 = *(u8 *)(r8 + 11)', 'r8 <<= 56', 'r8 s>>= 61']);
});

test('raw_tracepoint reads memory by helper, as tp_btf does the pointers that it shows', () => {
  const raw = btfFields(btf, 'tested', false);
  const calls = (field: Declared | undefined) => code(field).filter((line) => line === 'call 113').length;
  assert.equal(calls(raw.find('node.next.inner')), 2);
  assert.equal(calls(raw.find('number')), 0);
  assert.equal(calls(btfFields(btf, 'tested', true).find('node.next.next')), 1);
  assert.equal(calls(btfFields(btf, 'tested', true).find('node.next.label')), 1);
});
