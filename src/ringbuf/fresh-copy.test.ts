import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { freshCopy } from './fresh-copy.ts';

function double(value: number): number {
  return 2 * value;
}

test('a copy does the same and is another function', () => {
  const [a, b] = [freshCopy(double), freshCopy(double)];
  assert.notEqual(a, double);
  assert.notEqual(a, b);
  assert.equal(a(21), 42);
  assert.equal(b(21), 42);
});

test('where generating code is forbidden it is the function itself', () => {
  const module = JSON.stringify(new URL('./fresh-copy.js', import.meta.url).href);
  const script = `
    const { freshCopy } = await import(${module});
    const double = (value) => 2 * value;
    console.log(freshCopy(double) === double);`;
  const args = ['--disallow-code-generation-from-strings', '--input-type=module', '-e', script];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(stdout, 'true\n', stderr);
});
