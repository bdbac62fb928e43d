import assert from 'node:assert/strict';
import test from 'node:test';
import { parseDiagnostics, ranked, remedyFor } from './diagnostics.ts';

test('of the errors of a stack that is too large the one that says so comes first, and each once', () => {
  const stderr = [
    "exec.c:8:1: error: A call to built-in function 'memset' is not supported.",
    'exec.c:8:1: error: Looks like the BPF stack limit of 512 bytes is exceeded. Please move large variables.',
    'exec.c:8:1: error: Looks like the BPF stack limit of 512 bytes is exceeded. Please move large variables.',
  ].join('\n');
  const errors = ranked(
    parseDiagnostics(
      stderr,
      (file) => file,
      () => '',
    ),
  );
  assert.equal(errors.length, 2);
  assert.match(errors[0]!.problem, /stack limit/);
  assert.match(remedyFor(errors[0]!), /512 bytes of stack/);
});
