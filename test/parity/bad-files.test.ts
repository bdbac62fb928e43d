// What users hand to the commands by mistake: one line of cause, one of remedy, no stack trace, and no success.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test, { before } from 'node:test';
import { RINGTAIL, ringtail } from '../kernel/support/cli.ts';
import { CORPUS, compile, temporaryDirectory } from './support/corpus.ts';

const folder = temporaryDirectory('bad-files');
const path = (name: string): string => join(folder, name);

const HEADERS = '#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n';
/** Files by name, with what `inspect`, `types` and `check` say of each, and of what `vmlinux` does. */
const FILES: readonly (readonly [name: string, object: RegExp, types?: RegExp])[] = [
  ['text.o', /expected the ELF magic number/, /expected the BTF magic number/],
  ['empty.o', /at byte 0: expected an ELF header/, /at byte 0: expected a BTF header/],
  ['truncated.o', /expected section header/, /expected section header/],
  ['host.o', /expected machine 247 \(BPF\).*-target bpf/, /expected a section \.BTF/],
  ['host-32.o', /expected class 2 \(64-bit\)/, /expected class 2 \(64-bit\)/],
  ['legacy.o', /legacy section "maps"/],
  ['struct_ops.o', /struct_ops are not supported yet/],
  ['missing.o', /missing\.o.*ENOENT/, /missing\.o.*ENOENT/],
  ['.', /EISDIR/, /EISDIR/],
];

before(() => {
  const sound = compile(join(CORPUS, 'tiny.bpf.c'), path('sound.o'));
  compile(join(CORPUS, 'tiny.bpf.c'), path('big-endian.o'), 'bpfeb');
  writeFileSync(path('text.o'), 'int main(void) { return 0; }\n');
  writeFileSync(path('empty.o'), '');
  writeFileSync(path('truncated.o'), readFileSync(sound).subarray(0, 3000));
  writeFileSync(path('host.c'), 'int x;\n');
  for (const [name, flags] of [
    ['host.o', ['-m64']],
    ['host-32.o', ['-target', 'i386']],
  ] as const) {
    execFileSync('clang', [...flags, '-c', path('host.c'), '-o', path(name)]);
  }
  for (const [name, section] of [
    ['legacy', 'maps'],
    ['struct_ops', '.struct_ops'],
  ]) {
    writeFileSync(path(`${name}.c`), `${HEADERS}struct { int a; } x SEC("${section}") = { 1 };\n`);
    compile(path(`${name}.c`), path(`${name}.o`));
  }
});

function refuses(args: readonly string[], cause: RegExp): void {
  const { status, stdout, stderr } = ringtail(...args);
  const what = `ringtail ${args.join(' ')}: ${stderr}`;
  assert.notEqual(status, 0, what);
  assert.equal(stdout, '', what);
  const lines = stderr.trimEnd().split('\n');
  assert.equal(lines.length, 2, what);
  assert.match(lines[0]!, /^ringtail: /);
  assert.match(lines[0]!, cause);
  assert.match(lines[1]!, /^[A-Z].*[^ ]$/);
}

for (const [name, object, types] of FILES) {
  test(`${name} is refused by inspect, types and check, and by vmlinux unless it has types`, () => {
    refuses(['inspect', path(name)], object);
    refuses(['types', path(name)], object);
    refuses(['types', path(name), '-o', path('module.ts')], object);
    assert.ok(!existsSync(path('module.ts')));
    refuses(['check', path(name), '--btf', '/sys/kernel/btf/vmlinux'], object);
    if (types !== undefined) return refuses(['vmlinux', path(name)], types);
    const { status, stdout } = ringtail('vmlinux', path(name));
    assert.equal(status, 0);
    assert.match(stdout, /^#define __VMLINUX_H__$/m);
  });
}

test('an object of the other byte order does not relocate on this machine', () => {
  refuses(['inspect', path('big-endian.o')], /is big-endian, the kernel of vmlinux little-endian/);
  refuses(
    ['check', path('big-endian.o'), '--btf', '/sys/kernel/btf/vmlinux'],
    /is big-endian, the kernel of .* little-endian/,
  );
});

test('text that is no C is shown where clang trips over it, and not all of it', () => {
  writeFileSync(path('long.c'), `int x = ${'1 + '.repeat(100_000)}y;\n`);
  const { status, stderr } = ringtail('compile', path('long.c'), '-o', path('long.o'));
  assert.equal(status, 1);
  const [cause, line, caret] = stderr.split('\n');
  assert.match(cause!, /long\.c:1:400009: use of undeclared identifier 'y'$/);
  assert.match(line!, /^ {2}….{60}y;$/);
  assert.equal(caret!.length, line!.indexOf('y') + 1);
  for (const command of ['compile', 'run']) {
    writeFileSync(path('object.c'), readFileSync(path('sound.o')));
    const refused = ringtail(command, path('object.c'));
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /object\.c:1:\d+: a byte 0.*\n.*\n {2} *\^\nGive a program in C/);
  }
});

test('what stands among the flags and is none is refused', () => {
  const source = join(CORPUS, 'tiny.bpf.c');
  refuses(['compile', source, '-o', path('x.o'), '--', source], /tiny\.bpf\.c" is no flag of clang/);
  refuses(['compile', source, '-o', path('x.o'), '--', '-I'], /-I of clang is the last/);
  refuses(['inspect', source, '--', '-DA', 'b.c'], /"b\.c" is no flag of clang/);
  refuses(['compile', source, '--', '-Werror=nope', '-mcpu=nope'], /unknown target CPU/);
});

test('check takes a program in C too', () => {
  const { status, stdout } = ringtail(
    'check',
    join(CORPUS, 'exec.bpf.c'),
    '--btf',
    '/sys/kernel/btf/vmlinux',
  );
  assert.equal(status, 0);
  assert.match(stdout, /\/sys\/kernel\/btf\/vmlinux .* relocates$/m);
});

for (const args of [['--help'], ['helpers'], ['vmlinux', '--type', 'pid_t'], ['inspect', path('sound.o')]]) {
  test(`ringtail ${args[0]} tells that its output cannot be written`, () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [RINGTAIL, ...args], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    assert.equal(status, 1);
    assert.match(stderr, /^ringtail: the output cannot be written: ENOSPC.*\nMake room where it goes.*\n$/);
  });
}

test('a signal while clang runs leaves no temporary file behind', () => {
  const clang = path('interrupting-clang');
  const answer = 'if [ "$1" = --version ]; then echo "clang version 14.0.0"; exit; fi';
  writeFileSync(clang, `#!/bin/sh\n${answer}\nkill -$SIGNAL $PPID\nexec sleep 1\n`, {
    mode: 0o755,
  });
  const folder = path('temporary');
  mkdirSync(folder);
  for (const [SIGNAL, code] of [
    ['INT', 130],
    ['TERM', 143],
  ] as const) {
    for (const command of ['compile', 'inspect']) {
      const { status } = spawnSync(process.execPath, [RINGTAIL, command, join(CORPUS, 'tiny.bpf.c')], {
        env: { ...process.env, TMPDIR: folder, RINGTAIL_CLANG: clang, SIGNAL },
      });
      assert.equal(status, code);
      assert.deepEqual(readdirSync(folder), []);
    }
  }
});
