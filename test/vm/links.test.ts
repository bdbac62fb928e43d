/**
 * Links that the machine of the other tiers may refuse. Run on another kernel: `npm run test:vm`.
 */
import assert from 'node:assert/strict';
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { ProgramBuilder, R0 } from '../../src/asm/index.ts';
import { Btf, BtfBuilder } from '../../src/btf/index.ts';
import {
  ArgumentError,
  type AttachTarget,
  BpfSyscallError,
  load,
  NotFoundError,
  NotSupportedError,
  type ObjectSpec,
} from '../../src/index.ts';
import { findTracefs, isAtLeast, kernelRelease } from '../../src/kernel/index.ts';
import { Counting } from '../kernel/support/counting.ts';

const FILE = '/tmp/ringtail-links';

/** Opens and removes a file: `do_unlinkat` in the kernel, for this process. */
function act(): void {
  writeFileSync(FILE, '');
  unlinkSync(FILE);
}

/** Checks that a program runs for what this process does, `expected` times, and no more once its link is closed. */
async function runs(section: string, target?: AttachTarget, expected = 1): Promise<void> {
  const counting = await Counting.load(section, { pid: process.pid });
  const link = counting.program.attach(target);
  act();
  assert.equal(counting.runs, expected, section);
  link.close();
  act();
  assert.equal(counting.runs, expected, 'it did not run once its link was closed');
  await counting.close();
}

test('kprobe and kretprobe, where their sections say', async () => {
  await runs('kprobe/do_unlinkat');
  await runs('kretprobe/do_unlinkat');
  await runs('kprobe', { symbol: 'do_unlinkat', retprobe: true });
  await runs('kprobe', { symbol: 'do_unlinkat', mode: 'perf' });
});

test('a kprobe by an address, and behind a symbol', async () => {
  const [, address] = /^(\S+) [tT] do_unlinkat$/m.exec(readFileSync('/proc/kallsyms', 'latin1'))!;
  await runs('kprobe', { address: BigInt(`0x${address}`) });
  await runs('kprobe/do_unlinkat+0x0');
  const counting = await Counting.load('kretprobe/do_unlinkat+0x5');
  assert.throws(() => counting.program.attach(), ArgumentError);
  await counting.close();
});

test('a kprobe through tracefs leaves nothing there', async () => {
  await runs('kprobe', { symbol: 'do_unlinkat', mode: 'legacy' });
  await runs('kretprobe', { symbol: 'do_unlinkat', mode: 'legacy' });
  assert.doesNotMatch(readFileSync(`${findTracefs()}/kprobe_events`, 'utf8'), /ringtail/);
});

test('the link of a kprobe carries a cookie', async () => {
  const counting = await Counting.load('kprobe/do_unlinkat', { pid: process.pid, cookie: true });
  const link = counting.program.attach({ cookie: 77n });
  assert.equal(link.info().type, 'PERF_EVENT');
  act();
  assert.equal(counting.cookie, 77n);
  link.close();
  await counting.close();
});

test('ksyscall and kretsyscall', async () => {
  await runs('ksyscall/unlink');
  await runs('kretsyscall', { syscall: 'unlink' });
});

test('a function that is not there: the nearest', async () => {
  const counting = await Counting.load('kprobe/do_unlinkta');
  assert.throws(
    () => counting.program.attach(),
    (error) => error instanceof NotFoundError && /do_unlinkat/.test(error.remedy),
  );
  await counting.close();
});

test('kprobe.multi on a kernel without fprobe is a typed error', async () => {
  const counting = await Counting.load('kprobe.multi/do_unlinkat').catch((error: unknown) => error);
  if (counting instanceof Counting) {
    assert.throws(() => counting.program.attach(), BpfSyscallError);
    await counting.close();
  } else {
    assert.ok(counting instanceof BpfSyscallError);
  }
});

test('fentry and fexit, with and without a cookie', async () => {
  await runs('fentry/do_unlinkat');
  await runs('fexit/do_unlinkat');
  const counting = await Counting.load('fentry/do_unlinkat', { pid: process.pid, cookie: true });
  const link = counting.program.attach({ cookie: 5n });
  const info = link.info();
  assert.ok(info.type === 'TRACING' && info.attachType === 24);
  act();
  assert.equal(counting.cookie, 5n);
  link.close();
  await counting.close();
});

test('lsm, letting everything pass', async () => {
  await runs('lsm/path_unlink');
  await runs('lsm.s/inode_unlink');
});

/** A filter whose global function `verdict` gives what it answers; or one in its place. */
function answering(section: string, verdict: number): ObjectSpec {
  const builder = new BtfBuilder();
  const int = builder.int('int', 4, 'signed');
  const members = [{ name: 'len', type: builder.int('unsigned int', 4), bitOffset: 0, bitSize: 0 }];
  const context = builder.add({
    kind: 'ptr',
    type: builder.add({ kind: 'struct', name: '__sk_buff', size: 4, members }),
  });
  const params = [{ name: 'skb', type: context }];
  const type = builder.add({ kind: 'func_proto', returnType: int, params });
  const code = new ProgramBuilder();
  if (section === 'tc') code.function('entry').callFunction('verdict').exit();
  code.function('verdict').mov(R0, verdict).exit();
  const instructions = code.build().map((instruction) => {
    const { symbol } = instruction;
    if (symbol === undefined) return instruction;
    return { ...instruction, func: builder.add({ kind: 'func', name: symbol, type, linkage: 'global' }) };
  });
  return {
    name: section,
    license: 'Dual BSD/GPL',
    maps: [],
    programs: [{ name: 'answer', section, instructions }],
    btf: Btf.parse(builder.build()),
  };
}

test("freplace puts a function in the place of another program's", async () => {
  const target = await load(answering('tc', 3));
  const program = target.programs['answer']!;
  const run = (): number => program.run({ data: new Uint8Array(64) }).returnValue;
  const replacement = await load(answering('freplace/verdict', 42), {
    programs: { answer: { attachTo: { program } } },
  });
  assert.equal(run(), 3);
  const link = replacement.programs['answer']!.attach();
  const info = link.info();
  assert.ok(info.type === 'TRACING' && info.targetObjectId === program.info().id);
  assert.equal(run(), 42);
  link.close();
  assert.equal(run(), 3);

  const other = await load(answering('tc', 4));
  const elsewhere = replacement.programs['answer']!.attach({
    program: other.programs['answer']!,
    function: 'verdict',
  });
  assert.equal(other.programs['answer']!.run({ data: new Uint8Array(64) }).returnValue, 42);
  elsewhere.close();
  const wrong = { answer: { attachTo: { program, function: 'verdit' } } };
  await assert.rejects(load(answering('freplace', 1), { programs: wrong }), /no func "verdit"/);
  await assert.rejects(
    load(answering('freplace', 1), { programs: { anser: { attachTo: { program } } } }),
    NotFoundError,
  );
  for (const object of [replacement, target, other]) await object.close();
});

test('what is of a later kernel says so', async () => {
  if (isAtLeast(kernelRelease(), 6, 4)) return;
  const later = (since: string) => (error: unknown) =>
    error instanceof NotSupportedError && error.since === since;
  const tcx = await Counting.load('tcx/ingress', { returns: -1 });
  assert.throws(() => tcx.program.attach({ interface: 'lo' }), later('6.6'));
  await tcx.close();
  const multi = await Counting.load(`uprobe.multi//bin/busybox`);
  assert.throws(() => multi.program.attach({ offsets: [4096] }), later('6.6'));
  await multi.close();
});

test('what fentry and lsm programs are for must exist: the nearest', async () => {
  const near = (name: RegExp) => (error: unknown) =>
    error instanceof NotFoundError && name.test(error.remedy);
  await assert.rejects(Counting.load('fentry/do_unlinkta'), near(/do_unlinkat/));
  await assert.rejects(Counting.load('lsm/path_unlnk'), near(/path_unlink/));
  await assert.rejects(Counting.load('fentry'), ArgumentError);
});
