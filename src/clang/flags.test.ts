import assert from 'node:assert/strict';
import test from 'node:test';
import { ArgumentError } from '../errors/index.ts';
import { absoluteFolders, checkFlags, includeFolders } from './flags.ts';

test('what is no flag of clang is refused', () => {
  for (const [flags, cause] of [
    [['other.c'], /"other\.c" is no flag/],
    [['-DX', 'other.c'], /"other\.c" is no flag/],
    [['-O3', '-'], /"-" is no flag/],
    [[''], /"" is no flag/],
    [['-o', 'x.o'], /-o of clang has no use/],
    [['-DX', '-I'], /-I of clang is the last/],
    [['-I', '-I', '-D'], /-D of clang is the last/],
  ] as const) {
    assert.throws(
      () => checkFlags(flags),
      (error) => error instanceof ArgumentError && cause.test(error.message),
      flags.join(' '),
    );
  }
});

test('flags and their values pass', () => {
  checkFlags([]);
  checkFlags(['-DX=1', '-I', 'headers', '-Iother', '-include', 'own.c', '-D', 'Y', '-mllvm', '-x', '-Wall']);
});

test('folders are relative to the process, wherever clang runs', () => {
  const here = process.cwd();
  const flags = ['-Ia', '-I', 'b', '-include', 'c.h', '-isystem/d', '-DX=e'];
  assert.deepEqual(absoluteFolders(flags), [
    `-I${here}/a`,
    '-I',
    `${here}/b`,
    '-include',
    `${here}/c.h`,
    '-isystem/d',
    '-DX=e',
  ]);
  assert.deepEqual(includeFolders(flags), [`${here}/a`, `${here}/b`, '/d']);
});
