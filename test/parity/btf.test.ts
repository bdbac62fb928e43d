// BTF against the tools that others trust: what bpftool reads, what clang writes, what gcc lays out.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { encodeType } from '../../src/btf/encode-type.ts';
import { Btf, type BtfType, createDecoder, createEncoder, recordMemory } from '../../src/btf/index.ts';
import { HEADER_SIZE } from '../../src/btf/wire.ts';
import { nearAim } from '../kernel/support/aim.ts';

const VMLINUX = '/sys/kernel/btf/vmlinux';

/** A type as `bpftool btf dump … format raw` prints it. */
function raw(btf: Btf, id: number, type: BtfType): string {
  const named = (name: string) => `'${name === '' ? '(anon)' : name}'`;
  const sign = (type: { signed: boolean }) => `encoding=${type.signed ? 'SIGNED' : 'UNSIGNED'}`;
  const head = (rest: string) =>
    `[${id}] ${type.kind.toUpperCase()} ${named('name' in type ? type.name : '')} ${rest}`;
  const lines = (first: string, rest: readonly string[]) =>
    [head(first), ...rest.map((l) => `\t${l}`)].join('\n');
  switch (type.kind) {
    case 'void':
      throw new Error('void is not printed');
    case 'int': {
      const encoding = type.signed ? 'SIGNED' : type.char ? 'CHAR' : type.bool ? 'BOOL' : '(none)';
      return head(
        `size=${type.size} bits_offset=${type.bitOffset} nr_bits=${type.bits} encoding=${encoding}`,
      );
    }
    case 'ptr':
    case 'typedef':
    case 'volatile':
    case 'const':
    case 'restrict':
    case 'type_tag':
      return head(`type_id=${type.type}`);
    case 'array':
      return head(`type_id=${type.type} index_type_id=${type.indexType} nr_elems=${type.count}`);
    case 'struct':
    case 'union':
      return lines(
        `size=${type.size} vlen=${type.members.length}`,
        type.members.map(({ name, type, bitOffset, bitSize }) => {
          const width = bitSize > 0 ? ` bitfield_size=${bitSize}` : '';
          return `${named(name)} type_id=${type} bits_offset=${bitOffset}${width}`;
        }),
      );
    case 'enum':
    case 'enum64': {
      const suffix = type.kind === 'enum' ? '' : type.signed ? 'LL' : 'ULL';
      const values = type.values.map(({ name, value }) => `${named(name)} val=${value}${suffix}`);
      return lines(`${sign(type)} size=${type.size} vlen=${values.length}`, values);
    }
    case 'fwd':
      return head(`fwd_kind=${type.declares}`);
    case 'func':
      return head(`type_id=${type.type} linkage=${type.linkage}`);
    case 'func_proto':
      return lines(
        `ret_type_id=${type.returnType} vlen=${type.params.length}`,
        type.params.map((param) => `${named(param.name)} type_id=${param.type}`),
      );
    case 'var':
      return head(`type_id=${type.type}, linkage=${type.linkage}`);
    case 'datasec':
      return lines(
        `size=${type.size} vlen=${type.variables.length}`,
        type.variables.map(({ type, offset, size }) => {
          const variable = btf.type(type);
          assert.equal(variable.kind, 'var');
          return `type_id=${type} offset=${offset} size=${size} (VAR ${named('name' in variable ? variable.name : '')})`;
        }),
      );
    case 'float':
      return head(`size=${type.size}`);
    case 'decl_tag':
      return head(`type_id=${type.type} component_idx=${type.component}`);
  }
}

function assertLikeBpftool(btf: Btf, file: string): void {
  const dump = execFileSync('bpftool', ['btf', 'dump', 'file', file, 'format', 'raw'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const expected = dump.trimEnd().split(/\n(?=\[)/);
  assert.equal(btf.typeCount, expected.length);
  for (const [i, text] of expected.entries()) assert.equal(raw(btf, i + 1, btf.type(i + 1)), text);
}

test('every type of the running kernel reads as bpftool reads it', () => {
  const btf = Btf.parse(readFileSync(VMLINUX), { name: 'vmlinux' });
  assertLikeBpftool(btf, VMLINUX);
});

test('every type of the running kernel encodes to the bytes it was read from', () => {
  const bytes = readFileSync(VMLINUX);
  const btf = Btf.parse(bytes, { name: 'vmlinux' });
  const [typesLength, stringsOffset, stringsLength] = [12, 16, 20].map((at) => bytes.readUInt32LE(at)) as [
    number,
    number,
    number,
  ];
  const offsets = new Map<string, number>();
  for (let at = 0; at < stringsLength; ) {
    const text = btf.string(at);
    if (!offsets.has(text)) offsets.set(text, at);
    at += Buffer.byteLength(text) + 1;
  }
  assert.ok(stringsOffset >= typesLength);
  let at = HEADER_SIZE;
  for (let id = 1; id <= btf.typeCount; id++) {
    const type = btf.type(id);
    assert.ok(type.kind !== 'void');
    assert.equal(btf.position(id), at);
    const encoded = encodeType(type, (name) => offsets.get(name)!, true);
    if (bytes.compare(encoded, 0, encoded.length, at, at + encoded.length) !== 0) {
      assert.deepEqual(encoded, new Uint8Array(bytes.subarray(at, at + encoded.length)), raw(btf, id, type));
    }
    at += encoded.length;
  }
  assert.equal(at, HEADER_SIZE + typesLength);
});

test('vmlinux opens, and struct task_struct is found, in about 60 ms and 40 MB', (t) => {
  // The work waits for nothing, so on an idle machine its CPU time is its time; other processes do not distort it.
  // Loading the parser's own modules counts; those of decoders and encoders take no part in it.
  const parser = new URL('../../src/btf/btf.js', import.meta.url).href;
  const script = `
    import { readFileSync } from 'node:fs';
    const before = process.memoryUsage().rss;
    const started = process.cpuUsage();
    const { Btf } = await import(${JSON.stringify(parser)});
    const btf = Btf.parse(readFileSync(${JSON.stringify(VMLINUX)}), { name: 'vmlinux' });
    const id = btf.get('struct', 'task_struct');
    const { user, system } = process.cpuUsage(started);
    const ms = (user + system) / 1000;
    console.log(JSON.stringify({ ms, bytes: process.memoryUsage().rss - before, size: btf.sizeof(id) }));`;
  const runs = Array.from({ length: 5 }, () => {
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
      encoding: 'utf8',
    });
    return JSON.parse(output) as { ms: number; bytes: number; size: number };
  });
  const median = (values: number[]) => values.sort((a, b) => a - b)[2]!;
  assert.ok(runs.every((run) => run.size > 1000));
  nearAim(t, 'time of the CPU', median(runs.map(({ ms }) => ms)), 60, 'ms');
  nearAim(t, 'memory', median(runs.map(({ bytes }) => bytes)) / 1e6, 40, 'MB');
});

const TYPES = `
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;
enum color { RED, GREEN = 5, BLUE = 70000 };
struct point { short x; short y; };
struct bits {
  u32 a : 3;
  int b : 7;
  u32 : 5;
  u32 c : 30;
  u64 d : 40;
  s64 e : 33;
  _Bool f : 1;
  enum color g : 20;
  u8 h;
};
struct __attribute__((packed)) packed {
  u8 tag;
  u64 wide;
  u16 narrow;
  int deep;
  u64 low : 12;
  s64 high : 50;
  struct point at;
};
union number {
  s64 whole;
  u32 half[2];
  struct { u16 first; short second; };
  double real;
};
struct event {
  s64 negative;
  u64 huge;
  u8 small;
  signed char minus;
  _Bool yes;
  _Bool no;
  enum color color;
  char comm[16];
  u8 mac[6];
  u16 port;
  int grid[2][3];
  struct point points[3];
  char names[2][8];
  union number number;
  union { u32 id; u8 id_bytes[4]; };
  struct { u16 inner; const volatile u32 *pointer; };
  struct bits bits;
  struct packed packed;
  float ratio;
  __int128 enormous;
};
`;

/** What the C program writes into its event, and the decoder must read. */
const EXPECTED = {
  negative: -(2n ** 40n) - 7n,
  huge: 2n ** 64n - 2n,
  small: 200,
  minus: -100,
  yes: true,
  no: false,
  color: 70_000,
  comm: 'naïve',
  mac: Uint8Array.of(1, 2, 3, 4, 5, 255),
  port: 65_535,
  grid: [
    [1, -2, 3],
    [-4, 5, -6],
  ],
  points: [
    { x: -1, y: 2 },
    { x: 3, y: -4 },
    { x: -5, y: 6 },
  ],
  names: ['12345678', 'b'],
  number: {
    whole: 0x4009_21fb_5444_2d18n,
    half: [0x5444_2d18, 0x4009_21fb],
    first: 0x2d18,
    second: 0x5444,
    real: Math.PI,
  },
  id: 0x0403_0201,
  id_bytes: Uint8Array.of(1, 2, 3, 4),
  inner: 7,
  pointer: 0xffff_8880_1234_5678n,
  bits: { a: 5, b: -33, c: 2 ** 29 + 1, d: 2n ** 39n + 3n, e: -(2n ** 32n), f: true, g: 70_000, h: 9 },
  packed: {
    tag: 1,
    wide: 2n ** 63n,
    narrow: 2,
    deep: -3,
    low: 0xabc,
    high: -(2n ** 49n) + 1n,
    at: { x: 8, y: -9 },
  },
  ratio: 0.25,
  enormous: -(2n ** 100n),
};

const NATIVE = `
#include <stddef.h>
#include <stdio.h>
#include <string.h>
${TYPES}
#define SIZE(type) printf("size %s %zu\\n", #type, sizeof(type))
#define OFFSET(type, field) printf("offset %s %s %zu\\n", #type, #field, offsetof(type, field))
int main(void)
{
  static struct event e;
  e.negative = -(1LL << 40) - 7;
  e.huge = -2;
  e.small = 200;
  e.minus = -100;
  e.yes = 1;
  e.color = BLUE;
  memcpy(e.comm, "na\\xc3\\xafve\\0behind", 14);
  memcpy(e.mac, "\\1\\2\\3\\4\\5\\xff", 6);
  e.port = 65535;
  memcpy(e.grid, (int[6]){ 1, -2, 3, -4, 5, -6 }, sizeof(e.grid));
  memcpy(e.points, (short[6]){ -1, 2, 3, -4, -5, 6 }, sizeof(e.points));
  memcpy(e.names, "12345678b", 10);
  e.number.real = 3.141592653589793;
  e.id = 0x04030201;
  e.inner = 7;
  e.pointer = (void *)0xffff888012345678ULL;
  e.bits = (struct bits){ .a = 5, .b = -33, .c = (1 << 29) + 1, .d = (1ULL << 39) + 3, .e = -(1LL << 32), .f = 1, .g = BLUE, .h = 9 };
  e.packed = (struct packed){ 1, 1ULL << 63, 2, -3, 0xabc, -(1LL << 49) + 1, { 8, -9 } };
  e.ratio = 0.25;
  e.enormous = -((__int128)1 << 100);

  SIZE(struct event); SIZE(struct bits); SIZE(struct packed); SIZE(union number); SIZE(struct point);
  OFFSET(struct event, negative); OFFSET(struct event, huge); OFFSET(struct event, small);
  OFFSET(struct event, minus); OFFSET(struct event, yes); OFFSET(struct event, color);
  OFFSET(struct event, comm); OFFSET(struct event, mac); OFFSET(struct event, port);
  OFFSET(struct event, grid); OFFSET(struct event, points); OFFSET(struct event, names);
  OFFSET(struct event, number.second); OFFSET(struct event, id_bytes); OFFSET(struct event, inner);
  OFFSET(struct event, pointer); OFFSET(struct event, bits.h); OFFSET(struct event, packed.wide);
  OFFSET(struct event, packed.at.y); OFFSET(struct event, ratio); OFFSET(struct event, enormous);
  OFFSET(struct bits, h); OFFSET(struct packed, at);
  printf("bytes ");
  for (size_t i = 0; i < sizeof(e); i++)
    printf("%02x", ((unsigned char *)&e)[i]);
  printf("\\n");
  return 0;
}
`;

test('what clang describes lies where gcc puts it, and decodes to what a program wrote', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ringtail-btf-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = (name: string) => join(folder, name);
  writeFileSync(path('bpf.c'), `${TYPES}\nstruct event event;\nint id(struct event *e) { return e->id; }\n`);
  writeFileSync(path('native.c'), NATIVE);
  for (const [triple, name] of [
    ['bpfel', 'little.o'],
    ['bpfeb', 'big.o'],
  ] as const) {
    execFileSync('clang', ['-g', '-O2', '-target', triple, '-c', path('bpf.c'), '-o', path(name)]);
    assertLikeBpftool(btfOf(path(name)), path(name));
  }
  execFileSync('gcc', ['-w', path('native.c'), '-o', path('native')]);
  const lines = execFileSync(path('native'), { encoding: 'utf8' }).trim().split('\n');

  const btf = btfOf(path('little.o'));
  const composite = (words: string): number => {
    const [kind, name] = words.split(' ') as ['struct' | 'union', string];
    return btf.get(kind, name);
  };
  let checked = 0;
  for (const line of lines) {
    const size = /^size (.+) (\d+)$/.exec(line);
    const offset = /^offset (\w+ \w+) (\S+) (\d+)$/.exec(line);
    if (size !== null) {
      assert.equal(btf.sizeof(composite(size[1]!)), Number(size[2]), line);
      checked++;
    } else if (offset !== null) {
      assert.equal(btf.member(composite(offset[1]!), offset[2]!).bitOffset, Number(offset[3]) * 8, line);
      checked++;
    }
  }
  assert.equal(checked, lines.length - 1);
  assert.equal(btf.alignof(composite('struct packed')), 1);
  assert.equal(btf.alignof(composite('struct bits')), 8);

  const bytes = Uint8Array.from(Buffer.from(lines.at(-1)!.slice('bytes '.length), 'hex'));
  const event = composite('struct event');
  const decoder = createDecoder<typeof EXPECTED>(btf, event);
  const memory = recordMemory(bytes.buffer, 0, bytes.length);
  assert.deepEqual(decoder.decode(memory, 0), EXPECTED);
  const encoded = createEncoder<typeof EXPECTED>(btf, event)(EXPECTED);
  assert.deepEqual(
    decoder.decode(recordMemory(encoded.buffer as ArrayBuffer, 0, encoded.length), 0),
    EXPECTED,
  );
});

/** The BTF of an object file. */
function btfOf(file: string): Btf {
  execFileSync('llvm-objcopy', ['--dump-section', `.BTF=${file}.btf`, file]);
  return Btf.parse(readFileSync(`${file}.btf`), { name: file });
}
