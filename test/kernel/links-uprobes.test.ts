import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { ElfFile, findFunction } from '../../src/elf/index.ts';
import {
  ArgumentError,
  type AttachTarget,
  type BpfLink,
  NotFoundError,
  NotSupportedError,
  ObjectFormatError,
  RingtailError,
} from '../../src/index.ts';
import { findTracefs, isAtLeast, kernelRelease } from '../../src/kernel/index.ts';
import { Counting } from './support/counting.ts';
import { needs } from './support/needs.ts';
import { kernelTest as test } from './support/privileged.ts';
import { Probed } from './support/probed.ts';

const probed = new Probed();
after(() => probed[Symbol.dispose]());

const offsetOf = (name: string): number =>
  findFunction(ElfFile.parse(readFileSync(probed.program)), name)[0]!.offset;

/** Attaches, and checks that the program ran `expected` times while the probed one passed 5 times. */
async function runs(section: string, target: AttachTarget | undefined, expected: number): Promise<void> {
  const counting = await Counting.load(section);
  const link = counting.program.attach(target);
  probed.run(5);
  assert.equal(counting.runs, expected);
  link.close();
  probed.run(5);
  assert.equal(counting.runs, expected, 'it did not run once its link was closed');
  await counting.close();
}

test('a uprobe is found by what its section says', () =>
  runs(`uprobe/${probed.program}:rt_first`, undefined, 5));

test('a uretprobe', () => runs(`uretprobe/${probed.program}:rt_first`, undefined, 5));

test('a static function, an offset behind a symbol, an offset in the file', async () => {
  await runs('uprobe', { binary: probed.program, symbol: 'rt_static' }, 5);
  await runs('uprobe', { binary: probed.program, symbol: 'rt_first+0' }, 5);
  await runs('uprobe', { binary: probed.program, offset: offsetOf('rt_second') }, 5);
  await runs(`uprobe/${probed.program}:0x${offsetOf('rt_second').toString(16)}`, undefined, 5);
});

test('retprobe turns an entry section into a return probe', async () => {
  const counting = await Counting.load(`uprobe/${probed.program}:rt_first`);
  using_(counting.program.attach({ retprobe: true }), (link) => {
    const info = link.info();
    assert.ok(info.type === 'PERF_EVENT');
    if (isAtLeast(kernelRelease(), 6, 6)) assert.equal(info.kind, 'URETPROBE');
  });
  await counting.close();
});

/** `using`, which Node 20 does not have. */
function using_(link: BpfLink, use: (link: BpfLink) => void): void {
  try {
    use(link);
  } finally {
    link.close();
  }
}

test('the link of a uprobe tells file, offset and cookie', async () => {
  const counting = await Counting.load(`uprobe/${probed.program}:rt_first`, { cookie: true });
  using_(counting.program.attach({ cookie: 123n }), (link) => {
    probed.run(1);
    assert.equal(counting.cookie, 123n);
    const info = link.info();
    assert.ok(info.type === 'PERF_EVENT');
    if (!isAtLeast(kernelRelease(), 6, 6)) return;
    assert.ok(info.kind === 'UPROBE');
    assert.equal(info.file, probed.program);
    assert.equal(info.offset, offsetOf('rt_first'));
  });
  await counting.close();
});

test('a library is found by its bare name', async (t) => {
  const before = process.env['LD_LIBRARY_PATH'];
  process.env['LD_LIBRARY_PATH'] = probed.directory;
  t.after(() => {
    if (before === undefined) delete process.env['LD_LIBRARY_PATH'];
    else process.env['LD_LIBRARY_PATH'] = before;
  });
  await runs('uprobe/librtprobed.so.1:rt_library', undefined, 5);
});

test('a probe in the C library, of one process', async () => {
  const counting = await Counting.load('uprobe/libc.so.6:getppid', { pid: process.pid });
  using_(counting.program.attach({ pid: 0 }), () => {
    const before = counting.runs;
    void process.ppid;
    assert.equal(counting.runs, before + 1);
  });
  const { runs: last } = counting;
  void process.ppid;
  assert.equal(counting.runs, last);
  await counting.close();
});

test('another process than the one asked for does not count', async () => {
  await runs('uprobe', { binary: probed.program, symbol: 'rt_first', pid: 0 }, 0);
});

test('a uprobe is set by ioctl where there are no perf links, without a cookie', async () => {
  await runs('uprobe', { binary: probed.program, symbol: 'rt_first', mode: 'perf' }, 5);
  const counting = await Counting.load(`uprobe/${probed.program}:rt_first`);
  assert.throws(() => counting.program.attach({ mode: 'perf', cookie: 1n }), NotSupportedError);
  await counting.close();
});

test('a uprobe is set through tracefs, and leaves nothing there', async (t) => {
  let root = findTracefs();
  if (root === undefined) {
    const directory = mkdtempSync(join(tmpdir(), 'ringtail-tracefs-'));
    execFileSync('mount', ['-t', 'tracefs', 'nodev', directory]);
    t.after(() => {
      execFileSync('umount', [directory]);
      rmdirSync(directory);
    });
    root = directory;
  }
  await runs('uprobe', { binary: probed.program, symbol: 'rt_first', mode: 'legacy' }, 5);
  await runs('uretprobe', { binary: probed.program, symbol: 'rt_first', mode: 'legacy' }, 5);
  assert.doesNotMatch(
    readFileSync(`${root}/uprobe_events`, 'utf8'),
    new RegExp(`ringtail/count_${process.pid}_`),
  );
});

test('sleepable uprobes', () => runs(`uprobe.s/${probed.program}:rt_first`, undefined, 5));

test('many places by one link: a pattern, names, offsets', needs('uprobe.multi'), async () => {
  await runs(`uprobe.multi/${probed.program}:rt_*`, undefined, 15);
  await runs(`uretprobe.multi/${probed.program}:rt_*st`, undefined, 5);
  await runs('uprobe.multi.s', { binary: probed.program, symbols: ['rt_first', 'rt_static'] }, 10);
  await runs('uprobe.multi', { binary: probed.program, offsets: [offsetOf('rt_second')] }, 5);
  await runs('uprobe.multi', { binary: probed.program, pattern: 'rt_?????', pid: 0 }, 0);
});

test('many places: a cookie for each, and what the link tells', needs('uprobe.multi'), async () => {
  const counting = await Counting.load('uprobe.multi', { cookie: true });
  const symbols = ['rt_second', 'rt_static'];
  const target = { binary: probed.program, symbols };
  using_(counting.program.attach({ ...target, cookies: [1n, 2n] }), (link) => {
    probed.run(1);
    // rt_static comes after rt_second.
    assert.equal(counting.cookie, 2n);
    const info = link.info();
    assert.ok(info.type === 'UPROBE_MULTI');
    assert.deepEqual([info.file, info.count], [probed.program, 2]);
  });
  assert.throws(() => counting.program.attach({ ...target, cookies: [1n] }), ArgumentError);
  await counting.close();
});

test('a session runs at entry and at return', needs('uprobe.session'), async () => {
  await runs(`uprobe.session/${probed.program}:rt_first`, undefined, 10);
});

test('what is not there: the nearest names', async () => {
  const counting = await Counting.load('uprobe');
  const attach = (target: AttachTarget) => () => counting.program.attach(target);
  const near = (name: RegExp) => (error: unknown) =>
    error instanceof NotFoundError && name.test(error.remedy);
  assert.throws(attach({ binary: probed.program, symbol: 'rt_frist' }), near(/rt_first/));
  assert.throws(attach({ binary: 'libc.so.66', symbol: 'malloc' }), near(/libc\.so\.6/));
  assert.throws(attach({ binary: '/no/such/file', symbol: 'main' }), NotFoundError);
  assert.throws(attach({ binary: '/etc/passwd', symbol: 'main' }), ObjectFormatError);
  assert.throws(attach({ binary: '/etc', symbol: 'main' }), ArgumentError);
  assert.throws(attach({ binary: probed.program }), ArgumentError);
  const lines = { binary: `${probed.program}\n-:x`, offset: 1, mode: 'legacy' } as const;
  assert.throws(attach(lines), RingtailError);
  assert.throws(attach({ symbol: 'main' }), ArgumentError);
  assert.throws(attach({ binary: probed.program, symbol: 'rt_first', pid: -5 }), ArgumentError);
  assert.throws(attach({ binary: probed.program, symbol: 'rt_first', offset: Number.NaN }), ArgumentError);
  await counting.close();
});

test('neither attaching nor failing to leaves a file descriptor', async () => {
  const open = (): string[] => readdirSync('/proc/self/fd');
  const counting = await Counting.load('uprobe');
  const place = { binary: probed.program, symbol: 'rt_first' };
  const before = open().length;
  for (const mode of ['link', 'perf'] as const) counting.program.attach({ ...place, mode }).close();
  assert.throws(() => counting.program.attach({ ...place, mode: 'perf', cookie: 1n }));
  assert.throws(() => counting.program.attach({ ...place, pid: 0x7fff_fffe }));
  assert.equal(open().length, before);
  await counting.close();
});
