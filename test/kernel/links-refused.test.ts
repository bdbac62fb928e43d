import assert from 'node:assert/strict';
import { unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ArgumentError,
  attach,
  NotFoundError,
  NotSupportedError,
  PermissionError,
  RingtailError,
} from '../../src/index.ts';
import { FAMILIES } from '../../src/kernel/index.ts';
import { type AttachKind, parseSection } from '../../src/spec/index.ts';
import { SECTIONS } from '../../src/spec/sections.table.ts';
import { Counting } from './support/counting.ts';
import { kernelTest as test } from './support/privileged.ts';

const FILE = join(tmpdir(), `ringtail-links-${process.pid}`);

/** A kernel may leave a family out, or refuse it by policy. Then the error says that, and not that rights are missing. */
async function runsOrIsRefused(section: string): Promise<void> {
  let counting: Counting | undefined;
  try {
    counting = await Counting.load(section, { pid: process.pid });
    const link = counting.program.attach();
    writeFileSync(FILE, '');
    unlinkSync(FILE);
    assert.equal(counting.runs, 1);
    link.close();
  } catch (error) {
    assert.ok(error instanceof PermissionError || error instanceof NotSupportedError, `${section}: ${error}`);
    if (error instanceof PermissionError) assert.match(error.message, /policy of this kernel/);
    assert.notEqual(error.remedy, '');
  } finally {
    await counting?.close();
  }
}

for (const section of [
  'kprobe/do_unlinkat',
  'kretprobe/do_unlinkat',
  'ksyscall/unlink',
  'fentry/do_unlinkat',
  'fexit/do_unlinkat',
  'lsm/path_unlink',
]) {
  test(`${section} runs, or is refused with a word why`, () => runsOrIsRefused(section));
}

test('programs that are run, and families not supported yet, say so', () => {
  const kinds = Object.values(SECTIONS).map(([, kind]) => kind);
  const unsupported = kinds.filter((kind) => !FAMILIES[kind].supported && kind !== 'struct_ops');
  assert.ok(unsupported.includes('none') && unsupported.includes('lwt'));
  for (const kind of new Set(unsupported)) {
    const section = { programType: 'XDP', attachKind: kind, attachType: 0, flags: 0 } as const;
    const expected = kind === 'none' ? ArgumentError : NotSupportedError;
    assert.throws(() => attach({ name: 'p', fd: 0, section }), expected, kind);
  }
  assert.throws(() => parseSection('struct_ops/x'), NotSupportedError);
});

test('each family of sections that is supported has fields, and attaches only with a target', () => {
  for (const [kind, family] of Object.entries(FAMILIES) as [AttachKind, { supported: boolean }][]) {
    if (!family.supported) continue;
    const section = { programType: 'XDP', attachKind: kind, attachType: 0, flags: 0 } as const;
    assert.throws(
      () => attach({ name: 'p', fd: -1, section }, { nonsense: 1 } as never),
      ArgumentError,
      kind,
    );
    assert.throws(() => attach({ name: 'p', fd: -1, section }), RingtailError, kind);
  }
});

test('an freplace program needs the program it is for when it is loaded', async () => {
  await assert.rejects(Counting.load('freplace/main'), ArgumentError);
});

test('a tracing target that no kernel has', async () => {
  await assert.rejects(Counting.load('fentry/no_such_function_at_all'), NotFoundError);
  await assert.rejects(Counting.load('fentry/no_such_module:vfs_open'), NotFoundError);
  await assert.rejects(Counting.load('tp_btf/sched_proces_exec'), (error) => {
    assert.ok(error instanceof NotFoundError);
    assert.match(error.remedy, /sched_process_exec/);
    return true;
  });
});
