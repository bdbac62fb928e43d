import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { CompileError, NotFoundError, NotSupportedError } from '../errors/index.ts';
import { compileObject } from './compile.ts';
import type { KernelSource } from './kernel-source.ts';

const directory = mkdtempSync(join(tmpdir(), 'ringtail-'));
const before = process.env['RINGTAIL_CLANG'];
process.env['RINGTAIL_CLANG'] = join(directory, 'clang');
after(() => {
  rmSync(directory, { recursive: true });
  if (before === undefined) delete process.env['RINGTAIL_CLANG'];
  else process.env['RINGTAIL_CLANG'] = before;
});

const never = (): never => assert.fail('this text needs nothing of the kernel');
const kernel: KernelSource = { btf: never, btfHash: never, tracepointFormat: never };

/** Compiles with a clang that answers for its version, and then does something else. */
function compileWith(script: string, version = '17.0.1'): Promise<unknown> {
  const text = `#!/bin/sh\nif [ "$1" = --version ]; then echo "clang version ${version}"; exit; fi\n${script}\n`;
  writeFileSync(join(directory, 'clang'), text, { mode: 0o755 });
  return compileObject('int x;\n\tint y', {
    kernel,
    dialect: 'libbpf',
    name: 'src/a b.c',
    flags: ['-DX=$(touch x)'],
  });
}

test('what clang says comes back with the place in the text, as the user calls it', async () => {
  const script = 'echo \'a_b.c:2:6: error: no $5 [-Wx]\' >&2; echo "b.h:1:1: fatal error: no b" >&2; exit 1';
  await assert.rejects(compileWith(script), (error) => {
    assert.ok(error instanceof CompileError);
    const { file, line, column, problem, sourceLine, errors } = error;
    assert.deepEqual([file, line, column, problem, sourceLine], ['src/a b.c', 2, 6, 'no $5', '\tint y']);
    assert.match(error.message, /^src\/a b\.c:2:6: no \$5 \(and 1 more/);
    assert.deepEqual([errors[1]!.file, errors[1]!.problem], ['b.h', 'no b']);
    assert.match(error.log, /^src\/a b\.c:2:6: error: no \$5\n {6}int y\n {10}\^\nb\.h:1:1: error: no b/);
    return true;
  });
});

test('no clang, an old one, and one that dies are told apart', async () => {
  await assert.rejects(
    compileWith('kill -9 $$'),
    /src\/a b\.c: clang was killed, probably for want of memory/,
  );
  await assert.rejects(
    compileWith('echo "LLVM ERROR: no" >&2; exit 70'),
    /clang failed \(70\): LLVM ERROR: no/,
  );
  const old = /is clang 13\.0\.1, and programs in C need 14 or later/;
  await assert.rejects(compileWith('', '13.0.1'), (error) => {
    return error instanceof NotSupportedError && old.test(error.message);
  });
  rmSync(join(directory, 'clang'));
  await assert.rejects(compileObject('int x;', { kernel, dialect: 'libbpf' }), (error) => {
    return error instanceof NotFoundError && /apt-get install clang.*object file/.test(error.remedy);
  });
});
