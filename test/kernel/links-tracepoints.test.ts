import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readlinkSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArgumentError, BpfLink, BpfSyscallError, ClosedError, NotFoundError } from '../../src/index.ts';
import { findTracefs, isAtLeast, kernelRelease, mountsOf } from '../../src/kernel/index.ts';
import { Counting } from './support/counting.ts';
import { needs } from './support/needs.ts';
import { kernelTest as test } from './support/privileged.ts';

/** A system call of this process that no other code of it makes meanwhile. */
function act(): void {
  readlinkSync('/proc/self/exe');
}

/** Runs of a program for one call of {@link act}, and none once its link is closed. */
async function runsOnce(counting: Counting, link: BpfLink): Promise<void> {
  const before = counting.runs;
  act();
  assert.ok(counting.runs > before, 'it ran for what this process did');
  link.close();
  const after = counting.runs;
  act();
  assert.equal(counting.runs, after, 'it did not run once its link was closed');
  await counting.close();
}

/** tracefs for as long as a test runs, on a machine without. */
function withTracefs(t: { after(done: () => void): void }): void {
  if (findTracefs() !== undefined) return;
  const directory = mkdtempSync(join(tmpdir(), 'ringtail-tracefs-'));
  execFileSync('mount', ['-t', 'tracefs', 'nodev', directory]);
  t.after(() => {
    execFileSync('umount', [directory]);
    rmdirSync(directory);
  });
}

const SYSCALL = 'syscalls/sys_enter_readlink';
const ONLY_ME = { pid: process.pid };

test('a tracepoint program runs where its section says', async (t) => {
  withTracefs(t);
  const counting = await Counting.load(`tracepoint/${SYSCALL}`, ONLY_ME);
  await runsOnce(counting, counting.program.attach());
});

test('a tracepoint is attached by ioctl where there are no perf links', async (t) => {
  withTracefs(t);
  const counting = await Counting.load('tracepoint', ONLY_ME);
  const link = counting.program.attach({ tracepoint: SYSCALL, mode: 'perf' });
  assert.throws(() => link.info(), /no link object/);
  await runsOnce(counting, link);
});

test('a tracepoint link carries a cookie and says what it is', async (t) => {
  withTracefs(t);
  const counting = await Counting.load(`tp/${SYSCALL}`, { ...ONLY_ME, cookie: true });
  const link = counting.program.attach({ cookie: 0xfedc_ba98_7654_3210n });
  const info = link.info();
  assert.ok(info.type === 'PERF_EVENT');
  if (isAtLeast(kernelRelease(), 6, 6)) {
    assert.ok(info.kind === 'TRACEPOINT');
    assert.equal(info.name, 'sys_enter_readlink');
  }
  assert.equal(info.programId, counting.program.info().id);
  act();
  assert.equal(counting.cookie, 0xfedc_ba98_7654_3210n);
  await runsOnce(counting, link);
});

test('raw tracepoint and BTF tracepoint run', async () => {
  const raw = await Counting.load('raw_tp/sys_enter', ONLY_ME);
  await runsOnce(raw, raw.program.attach());
  const typed = await Counting.load('tp_btf/sys_enter', ONLY_ME);
  const link = typed.program.attach();
  const info = link.info();
  assert.ok(info.type === 'RAW_TRACEPOINT' && info.name === 'sys_enter');
  await runsOnce(typed, link);
});

test('a raw tracepoint is named by its target', async () => {
  const counting = await Counting.load('raw_tp', ONLY_ME);
  const link = counting.program.attach({ tracepoint: 'sys_enter' });
  const info = link.info();
  assert.ok(info.type === 'RAW_TRACEPOINT' && info.name === 'sys_enter');
  await runsOnce(counting, link);
});

test('raw tracepoints and BTF tracepoints carry a cookie', needs('raw_tracepoint.cookie'), async () => {
  for (const section of ['raw_tp/sys_enter', 'tp_btf/sys_enter']) {
    const counting = await Counting.load(section, { ...ONLY_ME, cookie: true });
    const link = counting.program.attach({ cookie: 9n });
    act();
    assert.equal(counting.cookie, 9n);
    await runsOnce(counting, link);
  }
});

test('a pinned link outlives its closing, and ends with its pin', async (t) => {
  let bpffs = mountsOf('bpf')[0];
  if (bpffs === undefined) {
    bpffs = mkdtempSync(join(tmpdir(), 'ringtail-bpffs-'));
    execFileSync('mount', ['-t', 'bpf', 'bpf', bpffs]);
    t.after(() => {
      execFileSync('umount', [bpffs!]);
      rmdirSync(bpffs!);
    });
  }
  const pin = join(bpffs, `ringtail-link-${process.pid}`);
  t.after(() => {
    if (existsSync(pin)) spawnSync('rm', [pin]);
  });
  const counting = await Counting.load('tp_btf/sys_enter', ONLY_ME);
  const link = counting.program.attach();
  const { id } = link.info();
  link.pin(pin);
  link.close();
  assert.throws(() => link.fd, ClosedError);
  act();
  const pinned = counting.runs;
  assert.ok(pinned > 0);
  const opened = BpfLink.openPinned(pin);
  assert.equal(opened.info().id, id);
  execFileSync('rm', [pin]);
  await runsOnce(counting, opened);
});

test('what cannot be done with a link is a typed error', async () => {
  const counting = await Counting.load('tp_btf/sys_enter', ONLY_ME);
  const link = counting.program.attach();
  assert.throws(() => link.update(counting.program), BpfSyscallError);
  assert.throws(() => link.detach(), BpfSyscallError);
  link.close();
  link.close();
  assert.throws(() => link.info(), ClosedError);
  await counting.close();
});

test('a target with a field of another family names those that count', async () => {
  const counting = await Counting.load('raw_tp/sys_enter');
  assert.throws(
    () => counting.program.attach({ tracepont: 'sys_enter' } as never),
    (error) => error instanceof ArgumentError && /tracepoint/.test(error.remedy),
  );
  assert.throws(() => counting.program.attach({ interface: 'lo' }), ArgumentError);
  await counting.close();
});

test('a section without target is left out by object.attach, and refused alone', async () => {
  const counting = await Counting.load('raw_tp');
  counting.object.attach();
  assert.equal(counting.object.links.length, 0);
  assert.throws(() => counting.program.attach(), ArgumentError);
  await counting.close();
});

test('a tracepoint that does not exist: the nearest', async (t) => {
  withTracefs(t);
  const counting = await Counting.load('tp/syscalls/sys_enter_readlnk');
  assert.throws(
    () => counting.program.attach(),
    (error) => error instanceof NotFoundError && /sys_enter_readlink/.test(error.remedy),
  );
  await counting.close();
});
