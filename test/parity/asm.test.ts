// Compares room `asm` with those whose forms it claims: LLVM 14 (llvm-mc, llvm-objdump), bpftool, and the
// disassembler in the kernel itself, which prints into the verifier's log.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  BPF_FETCH,
  BPF_LOAD_ACQ,
  encodeInstructions,
  formatInstruction,
  formatInstructions,
  type Instruction,
  LD_IMM64,
  ProgramBuilder,
  parseInstructions,
  R0,
  R1,
  R2,
  R3,
  R10,
} from '../../src/asm/index.ts';
import { allOpcodes, formOf } from '../../src/asm/isa.ts';
import { expectationOf } from '../../src/asm/validate.ts';

const dir = mkdtempSync(join(tmpdir(), 'ringtail-asm-'));
after(() => rmSync(dir, { recursive: true }));

/** Every opcode with operands at the edges of their ranges, as far as the combination exists. */
function edgeInstructions(): Instruction[] {
  const found: Instruction[] = [];
  const imms = [0, 1, -1, 16, 32, 64, 0x50, 0xa0, 0xa1, 0xe1, 0xf1, 0x7fffffff, -0x80000000];
  for (const opcode of allOpcodes()) {
    for (const [dst, src] of [
      [0, 0],
      [1, 2],
      [9, 10],
      [10, 0],
      [0, 7],
    ] as const) {
      for (const offset of [0, 1, -8, 0x7fff, -0x8000]) {
        for (const imm of imms) {
          const slot = { opcode, dst, src, offset, imm };
          if (expectationOf(slot) !== undefined) continue;
          const imm64 = BigInt.asUintN(64, BigInt(imm));
          found.push(opcode === LD_IMM64 ? { ...slot, imm64 } : slot);
        }
      }
    }
  }
  return found;
}

/** LLVM 14 knows what clang 14 emits: not v4, nor three things that clang never emitted in its time. */
function isKnownToLlvm14({ opcode, offset, src, imm }: Instruction): boolean {
  const form = formOf(opcode)!;
  switch (form.kind) {
    case 'alu':
      return offset === 0 && form.symbol !== '%=';
    case 'jumpIf':
      return form.condition !== '&';
    case 'store':
      return form.operand === 'reg';
    case 'swap':
      return form.to !== 'bswap';
    case 'load':
      return form.width.startsWith('u');
    case 'loadInd':
      return imm === 0;
    case 'ldImm64':
      return src === 0;
    case 'atomic':
      return imm < BPF_LOAD_ACQ;
    default:
      return !['gotol', 'gotox', 'mayGoto', 'nospec'].includes(form.kind);
  }
}

/** Its assembler cannot read back atomics that return the old value, nor does the text show a call's kind. */
function isReadByLlvm14({ opcode, src, offset, imm }: Instruction): boolean {
  const { kind } = formOf(opcode)!;
  if (kind === 'atomic') return (imm & BPF_FETCH) === 0;
  return kind !== 'call' || (src === 0 && offset === 0);
}

function assemble(name: string, text: string, triple = 'bpfel'): string {
  const [source, object] = [join(dir, `${name}.s`), join(dir, `${name}.o`)];
  writeFileSync(source, text);
  execFileSync('llvm-mc', [
    `-triple=${triple}`,
    '-mcpu=v3',
    '-mattr=+alu32',
    '-filetype=obj',
    '-o',
    object,
    source,
  ]);
  return object;
}

/** Instructions as assembler data, so that the assembler's own view of them does not matter. */
function asData(instructions: readonly Instruction[]): string {
  return `.byte ${encodeInstructions(instructions).join(',')}\n`;
}

test('llvm-objdump prints every instruction it knows as we do', () => {
  const instructions = edgeInstructions().filter(isKnownToLlvm14);
  assert.ok(instructions.length > 1000);
  const object = assemble('print', `.text\nmain:\n${asData(instructions)}`);
  const options = ['-d', '--mattr=+alu32', '--no-show-raw-insn', '--no-print-imm-hex'];
  const dump = execFileSync('llvm-objdump', [...options, object], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const lines = dump.split('\n').filter((line) => /^ *\d+:\t/.test(line));
  assert.deepEqual(
    lines.map((line) => line.replace(/ <\S*>$/, '')),
    formatInstructions(instructions, 'llvm'),
  );
});

test("LLVM's assembler makes our bytes of our text", () => {
  const instructions = edgeInstructions().filter((i) => isKnownToLlvm14(i) && isReadByLlvm14(i));
  const text = instructions.map((i) => `${formatInstruction(i, 'llvm')}\n`).join('');
  for (const littleEndian of [true, false]) {
    const object = assemble('bytes', text, littleEndian ? 'bpfel' : 'bpfeb');
    const raw = join(dir, 'bytes.bin');
    execFileSync('llvm-objcopy', ['-O', 'binary', '--only-section=.text', object, raw]);
    assert.deepEqual(new Uint8Array(readFileSync(raw)), encodeInstructions(instructions, { littleEndian }));
  }
});

/** Reason to skip what loads programs; on a machine that should be able to, it fails instead. */
function skipWithoutKernel(major: number, minor: number): string | false {
  const [hasMajor = 0, hasMinor = 0] = release().split('.').map(Number);
  if (hasMajor < major || (hasMajor === major && hasMinor < minor)) return `needs Linux ${major}.${minor}`;
  return process.getuid?.() === 0 || process.env['CI'] === 'true' ? false : 'needs root';
}

/** Runs a script where a BPF file system is mounted that nobody else sees and that ends with the script. */
function inPrivateBpffs(script: string): string {
  return execFileSync('unshare', ['-m', 'sh', '-ec', `mount -t bpf bpf /sys/fs/bpf\n${script}`], {
    encoding: 'utf8',
    cwd: dir,
    maxBuffer: 1 << 26,
  });
}

const LICENSE = '.section license,"aw",@progbits\n.asciz "Dual BSD/GPL"\n';

test('the kernel accepts the newest instructions and prints them as we do', {
  skip: skipWithoutKernel(6, 15),
}, () => {
  const b = new ProgramBuilder();
  b.mov(R0, 7).mov(R1, -3).sdiv(R0, R1).sdiv32(R0, -2).smod(R0, 3).smod32(R0, R1);
  b.movsx('s8', R2, R1)
    .movsx('s16', R2, R1)
    .movsx('s32', R2, R1)
    .movsx32('s8', R2, R1)
    .movsx32('s16', R2, R1);
  b.bswap16(R2).bswap32(R2).bswap64(R2).le16(R2).be64(R2);
  b.store('u64', R10, -8, 5).load('s8', R1, R10, -8).load('s16', R1, R10, -8).load('s32', R1, R10, -8);
  for (const width of ['u8', 'u16', 'u32', 'u64'] as const) {
    b.loadAcquire(width, R3, R10, -8).storeRelease(width, R10, -8, R3);
  }
  b.mov(R1, 1).mov(R3, 2);
  for (const width of ['u32', 'u64'] as const) {
    b.atomicAdd(width, R10, -8, R1).atomicAnd(width, R10, -8, R1).atomicOr(width, R10, -8, R1);
    b.atomicXor(width, R10, -8, R1).atomicFetchAdd(width, R10, -8, R1).atomicFetchAnd(width, R10, -8, R1);
    b.atomicFetchOr(width, R10, -8, R1).atomicFetchXor(width, R10, -8, R1).atomicXchg(width, R10, -8, R1);
    b.atomicCmpxchg(width, R10, -8, R1);
  }
  b.label('loop').mayGoto('done').jump('loop').label('done');
  b.call('get_prandom_u32').loadImm64(R3, 0x1122334455667788n);
  b.jumpIf(R0, '&', R3, 'far').jumpIf32(R0, 's>', -2, 'far').jumpIf(R0, '>', -2, 'far');
  b.emit({ opcode: 0x06, dst: 0, src: 0, offset: 0, imm: 1 }).label('far').mov32(R0, 0xffffffff);
  const instructions = b.mov(R0, 0).exit().build();

  const program = `.section socket,"ax",@progbits\n.globl main\n.type main,@function\nmain:\n${asData(instructions)}`;
  assemble('newest', `${program}.size main, .-main\n${LICENSE}`);
  const log = inPrivateBpffs('bpftool -d prog load newest.o /sys/fs/bpf/newest 2>&1');
  const printed = new Map<string, string>();
  // Either a line of the walk, `3: (b7) r0 = 0   ; R0=0`, or one of the table of live registers.
  for (const [, slot, text] of log.matchAll(
    /^ *(?:\d+ +)?(\d+): (?:[.\d]{10} )?(\([\da-f]{2}\) .*?)(?: +;.*)?$/gm,
  )) {
    printed.set(slot!, text!);
  }
  for (const line of formatInstructions(instructions)) {
    const [, slot, text] = /^ *(\d+): (.*)$/.exec(line)!;
    assert.equal(printed.get(slot!), text);
  }
});

test("the helper table agrees with this machine's header and kernel", () => {
  const script = fileURLToPath(new URL('../../../scripts/generate-helpers.mjs', import.meta.url));
  assert.match(execFileSync(process.execPath, [script, '--check'], { encoding: 'utf8' }), /of 211 agree/);
});

const C_PROGRAM = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, int); __type(value, long); __uint(max_entries, 8); } counts SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } events SEC(".maps");
long before, total, after[3];
static int step(unsigned index, void *context) { __sync_fetch_and_add(&total, index); return 0; }
static __attribute__((noinline)) long deep(struct __sk_buff *skb, unsigned long x) {
  volatile unsigned long y = x * 3;
  return y / (skb->len | 1) + (unsigned)y % 7;
}
SEC("socket") int main_program(struct __sk_buff *skb) {
  int key = bpf_get_prandom_u32() & 7;
  long *value = bpf_map_lookup_elem(&counts, &key), one = 1;
  if (value) __sync_fetch_and_add(value, 1); else bpf_map_update_elem(&counts, &key, &one, BPF_ANY);
  bpf_loop(3, step, 0, 0);
  long *record = bpf_ringbuf_reserve(&events, 8, 0);
  if (record) { *record = __builtin_bswap64(deep(skb, key)); bpf_ringbuf_submit(record, 0); }
  after[1] = total - before;
  return after[1] > 5 ? -1 : (int)skb->len >> 2;
}
char LICENSE[] SEC("license") = "Dual BSD/GPL";
`;

test('bpftool prog dump xlated prints a loaded program as we do', { skip: skipWithoutKernel(5, 17) }, () => {
  writeFileSync(join(dir, 'program.c'), C_PROGRAM);
  const flags = [
    '-target',
    'bpf',
    '-mcpu=v3',
    '-O2',
    '-g',
    `-I/usr/include/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`,
  ];
  execFileSync('clang', [...flags, '-c', 'program.c', '-o', 'program.o'], { cwd: dir });
  const dump = inPrivateBpffs(`
    bpftool prog load program.o /sys/fs/bpf/program
    bpftool prog dump xlated pinned /sys/fs/bpf/program file xlated.bin
    bpftool prog dump xlated pinned /sys/fs/bpf/program`);
  const lines = dump.split('\n').filter((line) => /^ *\d+: \(/.test(line));
  const instructions = parseInstructions(readFileSync(join(dir, 'xlated.bin')));
  assert.deepEqual(formatInstructions(instructions).map(withoutNames), lines.map(withoutNames));
  for (const form of [
    /map\[id:\d+\]$/,
    /map\[id:\d+\]\[0\]\+\d+/,
    /subprog\[\+\d+\]/,
    /call pc\+\d+/,
    /call \w+#/,
    /w\d/,
  ]) {
    assert.ok(
      lines.some((line) => form.test(withoutNames(line))),
      `the program should show ${form}`,
    );
  }
});

/** The kernel has replaced helper ids by addresses, to which only bpftool has names (from kallsyms). */
function withoutNames(line: string): string {
  return line.replace(/ call \w+#(-?\d+)$/, ' call helper#$1').replace(/(call pc\S\d+)#.*/, '$1');
}
