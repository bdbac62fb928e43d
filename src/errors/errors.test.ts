import assert from 'node:assert/strict';
import test from 'node:test';
import {
  ArgumentError,
  BpfSyscallError,
  CompileError,
  formatDiagnostic,
  nearest,
  ObjectFormatError,
  RingtailError,
} from './index.ts';

test('an error carries code, remedy and the name of its class', () => {
  const error = new ArgumentError({ message: 'size 5', remedy: 'Use 4096.' });
  assert.equal(error.code, 'RINGTAIL_ARGUMENT');
  assert.equal(error.remedy, 'Use 4096.');
  assert.equal(error.name, 'ArgumentError');
  assert.ok(error.stack?.startsWith('ArgumentError: size 5') || error.stack?.includes('size 5'));
});

test('instanceof tells classes apart and includes the bases', () => {
  const error = new ObjectFormatError({ what: 'BTF', offset: 7, expected: 'a magic number' });
  assert.ok(error instanceof RingtailError);
  assert.ok(error instanceof ObjectFormatError);
  assert.ok(error instanceof Error);
  assert.ok(!(error instanceof BpfSyscallError));
  assert.ok(!(new Error('plain') instanceof RingtailError));
});

test('instanceof holds for an error of another installed copy of the package', async () => {
  const here = new URL('./index.js', import.meta.url);
  const copy = (await import(new URL('./usage.js?copy', here).href)) as {
    ArgumentError: typeof ArgumentError;
  };
  const foreign = new copy.ArgumentError({ message: 'm', remedy: 'r' });
  assert.notEqual(copy.ArgumentError, ArgumentError);
  assert.ok(foreign instanceof ArgumentError);
  assert.ok(foreign instanceof RingtailError);
});

test('nearest names come best first and stay empty when nothing is close', () => {
  const names = ['sched_process_exec', 'sched_process_exit', 'sched_switch', 'sys_enter'];
  assert.deepEqual(nearest('sched_proces_exec', names)[0], 'sched_process_exec');
  assert.deepEqual(nearest('switch', names), ['sched_switch']);
  assert.deepEqual(nearest('zzzzzzzz', names), []);
});

test('a compile error knows line and column of its place, and the line itself', () => {
  const text = 'pid == 1\n  && uid = 2';
  const error = new CompileError({ file: 'filter', text, offset: 18, problem: 'a problem', hint: 'a hint' });
  assert.ok(error instanceof RingtailError);
  assert.equal(error.message, 'filter:2:10: a problem');
  assert.deepEqual([error.line, error.column, error.sourceLine], [2, 10, '  && uid = 2']);
  assert.deepEqual([error.hint, error.remedy], ['a hint', 'a hint']);
});

test('of a long line only what is around the place is shown, and a caret under it', () => {
  const text = `${'a\t'.repeat(1000)}!${'b'.repeat(1000)}`;
  const error = new CompileError({ file: 'f.c', text, offset: 2000, problem: 'p', hint: 'h' });
  const [cause, line, caret] = formatDiagnostic(error, (shown) => shown.replaceAll('a', 'xyz')).split('\n');
  assert.equal(cause, 'f.c:1:2001: error: p');
  assert.equal(line, `  …${'xyz    '.repeat(30)}!${'b'.repeat(59)}…`);
  assert.equal(caret!.length, line!.indexOf('!') + 1);
});

test('a place without a line of text is named without one', () => {
  const error = new CompileError({ file: 'f.c', text: '', offset: 0, problem: 'p', hint: 'h' });
  assert.equal(error.log, 'f.c:1:1: error: p');
});
