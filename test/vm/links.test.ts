/**
 * Links that the machine of the other tiers may refuse. Run on another kernel: `npm run test:vm`.
 */
import assert from 'node:assert/strict';
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { ArgumentError, type AttachTarget, BpfSyscallError, NotFoundError } from '../../src/index.ts';
import { findTracefs } from '../../src/kernel/index.ts';
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

test('what fentry and lsm programs are for must exist: the nearest', async () => {
  const near = (name: RegExp) => (error: unknown) =>
    error instanceof NotFoundError && name.test(error.remedy);
  await assert.rejects(Counting.load('fentry/do_unlinkta'), near(/do_unlinkat/));
  await assert.rejects(Counting.load('lsm/path_unlnk'), near(/path_unlink/));
  await assert.rejects(Counting.load('fentry'), ArgumentError);
});
