// The C header against the compiler that reads it and the tool that users come from.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { Btf, BtfBuilder, type BtfComposite, type BtfMember, formatC } from '../../src/btf/index.ts';

const VMLINUX = '/sys/kernel/btf/vmlinux';

const vmlinux = Btf.parse(readFileSync(VMLINUX), { name: 'vmlinux' });
const header = formatC(vmlinux);

/** Compiles C behind a header for BPF, any warning an error, and gives what clang writes of its types and relocations. */
function compile(
  t: TestContext,
  header: string,
  source: string,
  ...flags: string[]
): { readonly btf: Btf; readonly ext: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'ringtail-header-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = (name: string) => join(folder, name);
  writeFileSync(path('vmlinux.h'), header);
  writeFileSync(path('program.c'), `#include "vmlinux.h"\n${source}\nint main(void) { return 0; }\n`);
  const command = ['-target', 'bpf', '-g', '-O2', '-Wall', '-Wextra', '-Werror', ...flags];
  execFileSync('clang', [...command, '-c', path('program.c'), '-o', path('program.o')]);
  const sections = [`.BTF=${path('btf')}`, `.BTF.ext=${path('ext')}`];
  execFileSync('llvm-objcopy', [
    ...sections.map((section) => `--dump-section=${section}`),
    path('program.o'),
  ]);
  return { btf: Btf.parse(readFileSync(path('btf')), { name: 'compiled' }), ext: readFileSync(path('ext')) };
}

function variableType(btf: Btf, name: string): number {
  const variable = btf.type(btf.get('var', name));
  assert.ok(variable.kind === 'var');
  return variable.type;
}

/** Structs and unions of which the name is the only one of its name space, as `[id, "struct name"]`. */
function uniqueComposites(btf: Btf): [id: number, name: string][] {
  const found = new Map<string, [number, string]>();
  const twice = new Set<string>();
  for (let id = 1; id <= btf.typeCount; id++) {
    const type = btf.type(id);
    const { kind } = type;
    if (kind !== 'struct' && kind !== 'union' && kind !== 'enum' && kind !== 'enum64' && kind !== 'fwd')
      continue;
    if (type.name === '') continue;
    if (found.has(type.name)) twice.add(type.name);
    found.set(type.name, [id, `${kind} ${type.name}`]);
  }
  return [...found]
    .filter(([name, [, of]]) => !twice.has(name) && /^(struct|union) /.test(of))
    .map(([, x]) => x);
}

/** A line for each member, those of nameless structs and unions included: where it lies and what it is. */
function layoutOf(btf: Btf, id: number): string[] {
  const lines: string[] = [`${btf.sizeof(id)} bytes`];
  collect(id, 0, '');
  return lines;

  function collect(id: number, base: number, path: string): void {
    const type = btf.type(btf.resolve(id));
    assert.ok(type.kind === 'struct' || type.kind === 'union');
    for (const member of type.members) {
      const bitOffset = base + member.bitOffset;
      const inner = btf.type(btf.resolve(member.type));
      const isComposite = inner.kind === 'struct' || inner.kind === 'union';
      if (isComposite && inner.name === '') collect(member.type, bitOffset, `${path}${member.name}.`);
      else if (member.name !== '' && !member.name.startsWith('__padding_')) {
        lines.push(`${path}${member.name} ${bitOffset}:${member.bitSize} ${spelled(btf, member.type)}`);
      }
    }
  }
}

/** What a type is, to the depth at which names stand for types. */
function spelled(btf: Btf, id: number): string {
  const type = btf.type(id);
  switch (type.kind) {
    case 'ptr':
      return `*${spelled(btf, type.type)}`;
    case 'const':
    case 'volatile':
    case 'restrict':
    case 'typedef':
    case 'type_tag':
      // Clang and gcc put qualifiers of arrays at different places; what they qualify is the same.
      return spelled(btf, type.type);
    case 'array':
      return `[${type.count}]${spelled(btf, type.type)}`;
    case 'func_proto':
      return `(${type.params.map((param) => spelled(btf, param.type)).join()}) ${spelled(btf, type.returnType)}`;
    case 'int':
      // Whether plain char is signed is the compiler's choice.
      if (type.name === 'char') return 'char';
      return `${type.bool ? 'bool' : type.signed ? 'signed' : 'unsigned'} ${type.size}`;
    case 'float':
      return `float ${type.size}`;
    case 'enum':
    case 'enum64':
      return `enum ${type.size}`;
    case 'struct':
    case 'union':
      return `${type.kind} ${type.name.replace(/___\d+$/, '')}`;
    case 'fwd':
      return `${type.declares} ${type.name.replace(/___\d+$/, '')}`;
    default:
      return type.kind;
  }
}

test('clang lays out every type of the running kernel as its BTF says', (t) => {
  const composites = uniqueComposites(vmlinux);
  const checks = composites.flatMap(([id, name]) => {
    const { members } = vmlinux.type(id) as BtfComposite;
    const places = members.filter((member: BtfMember) => member.name !== '' && member.bitSize === 0);
    return [
      `_Static_assert(sizeof(${name}) == ${vmlinux.sizeof(id)}, "size of ${name}");`,
      ...places.map(
        (member) =>
          `_Static_assert(__builtin_offsetof(${name}, ${member.name}) == ${member.bitOffset / 8}, "${name}.${member.name}");`,
      ),
    ];
  });
  assert.ok(composites.length > 5000 && checks.length > 30_000, `${checks.length} checks`);
  // What no assertion in C can say: bitfields, the types of members, and that nothing is lost. A part of the types
  // for the rest: clang takes its time over global variables.
  const isSampled = ([id]: [number, string], i: number) =>
    i % 10 === 0 || (vmlinux.type(id) as BtfComposite).members.some((member) => member.bitSize > 0);
  const sample = composites.filter(isSampled);
  const variables = sample.map(([, name], i) => `${name} v${i};`);
  const compiled = compile(t, header, [...checks, ...variables].join('\n')).btf;
  let bitfields = 0;
  for (const [i, [id, name]] of sample.entries()) {
    const expected = layoutOf(vmlinux, id);
    assert.deepEqual(layoutOf(compiled, variableType(compiled, `v${i}`)), expected, name);
    bitfields += expected.filter((line) => /^\S+ \d+:[1-9]/.test(line)).length;
  }
  assert.ok(bitfields > 1000, `${bitfields} bitfields`);
});

/** Types that kernel people know, among them the awkward ones. */
const KNOWN = [
  'struct task_struct',
  'struct sk_buff',
  'struct file',
  'struct inode',
  'struct mm_struct',
  'struct net_device',
  'struct sock',
  'struct bpf_map',
  'struct bpf_ringbuf',
  'struct bpf_prog',
  'struct tcp_sock',
  'struct page',
  'struct cred',
  'struct pt_regs',
  'union bpf_attr',
];

test('a program sees the same types through the header of bpftool', (t) => {
  const theirs = execFileSync('bpftool', ['btf', 'dump', 'file', VMLINUX, 'format', 'c'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  // bpftool 7.1 loses the size of an enum of one byte, of which struct inode has one.
  const known = KNOWN.filter((name) => name !== 'struct inode');
  const program = known.map((name, i) => `${name} v${i};`).join('\n');
  const [ours, expected] = [header, theirs].map((text) => compile(t, text, program).btf) as [Btf, Btf];
  for (const [i, name] of known.entries()) {
    const wanted = layoutOf(expected, variableType(expected, `v${i}`));
    assert.deepEqual(layoutOf(ours, variableType(ours, `v${i}`)), wanted, name);
  }
});

test('a header of a few types holds all that they need, and little else', (t) => {
  for (const name of KNOWN) {
    const [kind, word] = name.split(' ') as ['struct' | 'union', string];
    const id = vmlinux.get(kind, word);
    const pruned = formatC(vmlinux, { roots: [id] });
    assert.ok(pruned.length < header.length / 4, `${name}: ${pruned.length} characters`);
    const { btf } = compile(t, pruned, `${name} v;`);
    assert.deepEqual(layoutOf(btf, variableType(btf, 'v')), layoutOf(vmlinux, id));
  }
});

test('accesses to records are relocated unless the program forbids it', (t) => {
  const program = 'int pid(struct task_struct *task) { return task->pid; }';
  // struct btf_ext_header: core_relo_len is its ninth field.
  const relocations = (flags: string[]) => compile(t, header, program, ...flags).ext.readUInt32LE(28);
  assert.ok(relocations([]) > 0);
  assert.equal(relocations(['-DBPF_NO_PRESERVE_ACCESS_INDEX']), 0);
});

test('small types that C lays out otherwise come back from clang as they were', (t) => {
  const builder = new BtfBuilder();
  const char = builder.int('unsigned char', 1);
  const int = builder.int('int', 4, 'signed');
  const long = builder.int('unsigned long long', 8);
  const wide = builder.int('__int128', 16, 'signed');
  const bytes = (count: number) => builder.add({ kind: 'array', type: char, indexType: int, count });
  const member = (name: string, type: number, bitOffset: number, bitSize = 0): BtfMember => {
    return { name, type, bitOffset, bitSize };
  };
  const cases: [size: number, ...members: BtfMember[]][] = [
    [9, member('a', char, 0), member('b', long, 8)],
    [12, member('a', long, 0), member('b', int, 64)],
    [64, member('a', int, 0), member('b', char, 56 * 8)],
    [4096, member('a', int, 64), member('b', long, 2048 * 8)],
    [8, member('a', int, 3, 5), member('b', int, 8, 24), member('c', int, 33, 31)],
    [8, member('a', long, 0, 40), member('b', int, 40, 3), member('c', char, 56)],
    [9, member('a', long, 0, 40), member('b', long, 40, 30)],
    [5, member('a', int, 1, 31), member('b', char, 32, 1)],
    [12, member('a', char, 0, 1), member('b', int, 32), member('c', char, 64, 8)],
    [16, member('a', wide, 0)],
    [32, member('a', char, 0), member('b', wide, 64)],
    [7, member('a', bytes(3), 0), member('b', int, 24)],
    [40, member('a', bytes(0), 64)],
    [24],
  ];
  const ids = cases.map(([size, ...members], i) =>
    builder.add({ kind: 'struct', name: `s${i}`, size, members }),
  );
  const union = builder.add({
    kind: 'union',
    name: 'u',
    size: 24,
    members: [member('a', int, 0), member('b', long, 0, 7)],
  });
  const odd = builder.add({
    kind: 'union',
    name: 'odd',
    size: 7,
    members: [member('a', int, 0), member('b', bytes(5), 0)],
  });
  const outer = builder.add({
    kind: 'struct',
    name: 'outer',
    size: 56,
    members: [
      member('p', ids[0]!, 0),
      member('q', odd, 72),
      member('r', ids[4]!, 128),
      member('u', union, 192),
    ],
  });
  const all = [...ids, union, odd, outer];
  const btf = Btf.parse(builder.build());
  const names = all.map((id) => `${btf.type(id).kind} ${(btf.type(id) as BtfComposite).name}`);
  const { btf: compiled } = compile(t, formatC(btf), names.map((name, i) => `${name} v${i};`).join('\n'));
  for (const [i, id] of all.entries()) {
    assert.deepEqual(layoutOf(compiled, variableType(compiled, `v${i}`)), layoutOf(btf, id), names[i]);
  }
});
