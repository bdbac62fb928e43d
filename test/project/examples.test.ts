import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

test('the README has examples/bcc/execve.ts as it stands', () => {
  const [, code] = /^\/\/[^\n]*\n(.*)$/s.exec(readFileSync('examples/bcc/execve.ts', 'utf8'))!;
  assert.ok(readFileSync('README.md', 'utf8').includes(`\`\`\`ts\n${code}\`\`\`\n`));
});
