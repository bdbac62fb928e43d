// CO-RE against libbpf: what both refuse, and `ringtail check`. What both relocate alike is in corpus.test.ts.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { Btf, BtfBuilder } from '../../src/btf/index.ts';
import { type ObjectSpec, parseObject, relocate } from '../../src/spec/index.ts';
import { nearAim } from '../kernel/support/aim.ts';
import {
  CORPUS,
  compile as compileC,
  compileReference,
  temporaryDirectory,
  typesOf,
} from './support/corpus.ts';

const VMLINUX = '/sys/kernel/btf/vmlinux';
const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = temporaryDirectory('core');
const reference = compileReference('relocate', join(folder, 'relocate'));

/** Compiles a file of the corpus. @returns the path of the object. */
function compile(name: string, target: 'bpfel' | 'bpfeb' = 'bpfel'): string {
  return compileC(join(CORPUS, `${name}.c`), join(folder, `${target}-${name}.o`), target);
}

function parse(path: string): ObjectSpec {
  return parseObject(readFileSync(path), { name: basename(path) });
}

test('where libbpf refuses to choose between types, we name them', () => {
  const kernel = compile('core-kernel');
  const object = compile('core-ambiguous.bpf');
  const { status, stderr } = spawnSync(reference, [object, kernel], { encoding: 'utf8' });
  assert.notEqual(status, 0);
  assert.match(stderr, /field offset ambiguity/);
  const { results } = relocate(parse(object), { vmlinux: typesOf(kernel) });
  assert.deepEqual(
    results.map(({ outcome }) => outcome.status),
    ['ambiguous'],
  );
});

test('a big-endian object is relocated against big-endian types as a little-endian one against its own', () => {
  const outcomes = (order: 'bpfel' | 'bpfeb') => {
    const { results } = relocate(parse(compile('core-rows.bpf', order)), {
      vmlinux: typesOf(compile('core-kernel', order)),
    });
    // Where bits lie in their bytes, and so what must be loaded, is the only thing that may differ.
    return results
      .filter(({ wanted }) => !wanted.startsWith('struct bits'))
      .map(({ outcome, ...rest }) => ({
        ...rest,
        status: outcome.status,
        value: 'value' in outcome && outcome.value,
      }));
  };
  assert.deepEqual(outcomes('bpfeb'), outcomes('bpfel'));
});

test('relocating a hundred fields costs little, finding their types among all of the kernel included', (t) => {
  const spec = parse(compile('core-vmlinux.bpf'));
  // Of the process's own time, and the best of three, so that a busy machine does not count.
  const costs = Array.from({ length: 3 }, () => {
    const targets = { vmlinux: Btf.parse(readFileSync(VMLINUX), { name: 'vmlinux' }) };
    const before = process.cpuUsage();
    assert.ok(relocate(spec, targets).results.length > 100);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  nearAim(t, 'time of the CPU', Math.min(...costs), 150, 'ms');
});

/** Runs the command line. */
function ringtail(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [`${root}bin/ringtail.js`, ...args], { encoding: 'utf8' });
}

test('ringtail check: a row for each kernel, failures by name, exit code 1 if any', () => {
  const kernel = compile('core-kernel');
  const rows = compile('core-rows.bpf');
  const tracer = compile('core-vmlinux.bpf');

  const good = ringtail('check', tracer, '--btf', VMLINUX, '/sys/kernel/btf');
  assert.equal(good.status, 0, good.stderr);
  assert.match(good.stdout, /^BTF +RESOLVED +ABSENT UNREACHED FAILED RESULT\n/);
  assert.equal(good.stdout.match(/ 0 relocates$/gm)?.length, 2);
  assert.doesNotMatch(good.stdout, /verif/);

  const bad = ringtail('check', rows, '--btf', kernel, VMLINUX);
  assert.equal(bad.status, 1);
  assert.equal(bad.stdout.match(/ fails$/gm)?.length, 2);
  assert.match(bad.stdout, /program missing needs struct sample\.few\[5\] \(.*core-rows\.bpf\.c:\d+\), but /);
  assert.match(bad.stdout, /the kernel has no struct bits; near it: /);
});

test('ringtail check --json: a line for each kernel with every relocation', () => {
  const { stdout } = ringtail('check', compile('core-rows.bpf'), '--json', '--btf', compile('core-kernel'));
  const { relocates, relocations } = JSON.parse(stdout) as {
    relocates: boolean;
    relocations: { wanted: string; kind: string; result: string; value?: number; reason?: string }[];
  };
  const find = (kind: string, wanted: string) =>
    relocations.find((r) => r.kind === kind && r.wanted === wanted);
  assert.equal(relocates, false);
  assert.ok(relocations.length > 150);
  assert.equal(find('byte_off', 'struct sample.moved_2')?.value, 8);
  assert.equal(find('field_exists', 'struct sample.missing')?.result, 'absent');
  assert.equal(find('enumval_value', 'enum color::GONE')?.reason, 'enum color has no enumerator "GONE"');
});

test('ringtail check: a folder is a kernel with its modules', () => {
  const kernel = typesOf(compile('core-kernel'));
  const builder = new BtfBuilder({ base: kernel });
  const int = builder.int('int', 4, 'signed');
  const members = [{ name: 'field', type: int, bitOffset: 96, bitSize: 0 }];
  builder.add({ kind: 'struct', name: 'missing_struct', size: 16, members });
  const path = join(folder, 'kernel');
  mkdirSync(path);
  writeFileSync(join(path, 'vmlinux'), kernel.bytes);
  writeFileSync(join(path, 'module'), builder.build());

  const { stdout } = ringtail('check', compile('core-rows.bpf'), '--json', '--btf', path);
  const { relocations } = JSON.parse(stdout) as {
    relocations: { wanted: string; kind: string; value: number; match: string }[];
  };
  const field = relocations.find((r) => r.kind === 'byte_off' && r.wanted === 'struct missing_struct.field');
  assert.equal(field?.value, 12);
  assert.match(field?.match, /^struct missing_struct \[module \d+\]$/);
});

test('ringtail check: bad input is one line of cause and one of remedy', () => {
  const rows = compile('core-rows.bpf');
  const text = join(folder, 'text');
  writeFileSync(text, 'no BTF');
  const fails = (...args: string[]) => {
    const { status, stdout, stderr } = ringtail('check', ...args);
    assert.ok(status !== 0, args.join(' '));
    assert.equal(stdout, '');
    assert.equal(stderr.trimEnd().split('\n').length, 2, stderr);
    return stderr;
  };
  assert.match(fails(rows), /--btf/);
  assert.match(fails(rows, '--btf', '/does/not/exist'), /\/does\/not\/exist cannot be read/);
  assert.match(fails('/does/not/exist', '--btf', VMLINUX), /cannot be read/);
  assert.match(fails(rows, '--btf', text), /BTF header/);
  assert.match(fails(text, '--btf', VMLINUX), /at byte/);
  assert.match(fails(rows, '--btf', compile('core-kernel', 'bpfeb')), /is little-endian/);
});
