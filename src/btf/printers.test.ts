// What the printers of C and TypeScript make of each kind of type, and of names that are no identifiers.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Btf } from './btf.ts';
import { BtfBuilder } from './builder.ts';
import { formatC } from './print-c.ts';
import { formatTypeScript } from './print-ts.ts';
import { formatType } from './type-name.ts';
import type { BtfMember } from './types.ts';

const member = (name: string, type: number, bitOffset = 0, bitSize = 0): BtfMember => ({
  name,
  type,
  bitOffset,
  bitSize,
});

/** One of each kind, as a compiler would write them. */
function types(): { readonly btf: Btf; readonly node: number; readonly call: number } {
  const b = new BtfBuilder();
  const u32 = b.int('unsigned int', 4);
  const u8 = b.int('unsigned char', 1);
  const char = b.int('char', 1, 'signed');
  const u64 = b.int('long long unsigned int', 8);
  const bool = b.int('_Bool', 1, 'bool');
  const double = b.add({ kind: 'float', name: 'double', size: 8 });
  const comm = b.add({ kind: 'array', type: char, indexType: u32, count: 16 });
  const row = b.add({ kind: 'array', type: u32, indexType: u32, count: 3 });
  const grid = b.add({ kind: 'array', type: row, indexType: u32, count: 2 });
  const flexible = b.add({ kind: 'array', type: u8, indexType: u32, count: 0 });
  const state = b.add({
    kind: 'enum',
    name: 'state',
    size: 4,
    signed: true,
    values: [
      { name: 'OFF', value: 0 },
      { name: 'ON', value: -1 },
    ],
  });
  b.add({
    kind: 'enum64',
    name: 'wide',
    size: 8,
    signed: false,
    values: [{ name: 'HIGH', value: 0x8000_0000_0000_0000n }],
  });
  const pid = b.add({ kind: 'typedef', name: 'pid_t', type: u32 });
  const proto = b.add({
    kind: 'func_proto',
    returnType: u32,
    params: [
      { name: 'a', type: u64 },
      { name: '', type: 0 },
    ],
  });
  const call = b.add({ kind: 'ptr', type: proto });
  const either = b.add({ kind: 'union', name: '', size: 8, members: [member('x', u64), member('y', u32)] });
  const next = b.add({ kind: 'ptr', type: b.nextId + 1 });
  const node = b.add({
    kind: 'struct',
    name: 'node',
    size: 104,
    members: [
      member('next', next),
      member('pid', pid, 64),
      member('a', u32, 96, 3),
      member('b', u32, 99, 5),
      member('', either, 128),
      member('call', call, 192),
      member('comm', comm, 256),
      member('state', state, 384),
      member('ok', bool, 416),
      member('ratio', double, 448),
      member('grid', grid, 512),
      member('tail', flexible, 704),
    ],
  });
  b.add({ kind: 'struct', name: 'packed', size: 5, members: [member('c', u8), member('v', u32, 8)] });
  const later = b.add({ kind: 'fwd', name: 'later', declares: 'struct' });
  const constant = b.add({ kind: 'const', type: b.add({ kind: 'ptr', type: later }) });
  b.add({ kind: 'struct', name: 'user', size: 8, members: [member('l', constant)] });
  return { btf: Btf.parse(b.build()), node, call };
}

test('formatC: each kind as C has it', () => {
  const text = formatC(types().btf);
  for (const part of [
    'enum state {\n\tOFF = 0,\n\tON = -1,\n};',
    'HIGH = 9223372036854775808',
    'typedef unsigned int pid_t;',
    'struct node *next;',
    'unsigned int a: 3;\n\tunsigned int b: 5;',
    'union {\n\t\tlong long unsigned int x;\n\t\tunsigned int y;\n\t};',
    'unsigned int (*call)(long long unsigned int a, ...);',
    'char comm[16];\n\tenum state state;\n\t_Bool ok;',
    'double ratio;\n\tunsigned int grid[2][3];',
    'unsigned char tail[0];',
    'struct packed {\n\tunsigned char c;\n\tunsigned int v;\n} __attribute__((packed));',
    'struct later;',
    'struct later *const l;',
  ]) {
    assert.ok(text.includes(part), `${part}\nis not in\n${text}`);
  }
});

test('formatTypeScript: the values that decoders make', () => {
  const { btf, node } = types();
  assert.equal(
    formatTypeScript(btf, { roots: [node] }).trim(),
    `export interface node {
  next: bigint;
  pid: number;
  a: number;
  b: number;
  x: bigint;
  y: number;
  call: bigint;
  comm: string;
  state: number;
  ok: boolean;
  ratio: number;
  grid: number[][];
  tail: Uint8Array;
}`,
  );
});

test('formatType: the name of a type in C', () => {
  const { btf, node, call } = types();
  assert.equal(formatType(btf, node), 'struct node');
  assert.equal(formatType(btf, call), 'unsigned int (*)(long long unsigned int, ...)');
});

const HOSTILE = [
  'a"b',
  'x; } evil',
  'new\nline',
  '__proto__',
  '-Bool',
  'int',
  'ünïcode',
  '*/',
  '9lives',
  'constructor',
];

test('names that are no identifiers reach neither C nor TypeScript as they are, and stay apart', () => {
  const b = new BtfBuilder();
  const u32 = b.int('unsigned int', 4);
  const members = HOSTILE.map((name, i) => member(name, u32, i * 32));
  for (const name of HOSTILE) b.add({ kind: 'struct', name, size: 4 * members.length, members });
  const btf = Btf.parse(b.build());

  const c = formatC(btf);
  const structs = [...c.matchAll(/^struct ([^\s;]+) \{\n((?:\t.*\n)*)\}/gm)];
  assert.equal(structs.length, HOSTILE.length);
  assert.equal(new Set(structs.map(([, name]) => name)).size, HOSTILE.length);
  for (const [, name, body] of structs) {
    assert.match(name!, /^[A-Za-z_]\w*$/);
    assert.notEqual(name, '_Bool');
    const fields = [...body!.matchAll(/^\tunsigned int ([A-Za-z_]\w*);$/gm)].map(([, field]) => field);
    assert.equal(new Set(fields).size, HOSTILE.length, body);
  }

  const ts = formatTypeScript(btf);
  const interfaces = [...ts.matchAll(/^export interface (\S+) \{\n((?: {2}.*\n)*)\}/gm)];
  assert.equal(new Set(interfaces.map(([, name]) => name)).size, HOSTILE.length);
  for (const [, name, body] of interfaces) {
    assert.match(name!, /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u);
    const fields = [
      ...body!.matchAll(
        /^ {2}(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[\p{ID_Start}_$][\p{ID_Continue}$]*): number;$/gmu,
      ),
    ];
    assert.equal(fields.length, HOSTILE.length, body);
  }
});
