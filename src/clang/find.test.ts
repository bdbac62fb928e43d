import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, beforeEach } from 'node:test';
import { findClang, parseClangVersion } from './find.ts';

const directory = mkdtempSync(join(tmpdir(), 'ringtail-'));
const before = process.env['RINGTAIL_CLANG'];
beforeEach(() => {
  process.env['RINGTAIL_CLANG'] = join(directory, 'clang');
});
after(() => {
  rmSync(directory, { recursive: true });
  if (before === undefined) delete process.env['RINGTAIL_CLANG'];
  else process.env['RINGTAIL_CLANG'] = before;
});

function install(script: string): void {
  writeFileSync(join(directory, 'clang'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

test('the version is read from what distributions print', () => {
  assert.equal(parseClangVersion('Debian clang version 14.0.6\nTarget: x86_64-pc-linux-gnu\n'), '14.0.6');
  assert.equal(parseClangVersion('clang version 20.1.0 (https://example.org 1a2b)'), '20.1.0');
  assert.equal(parseClangVersion('Apple clang version 15.0.0 (clang-1500.1)'), '15.0.0');
  assert.equal(parseClangVersion('gcc (Debian 12.2.0) 12.2.0'), undefined);
});

test('RINGTAIL_CLANG names the clang that is taken', async () => {
  install('echo "clang version 17.0.1"');
  assert.deepEqual(await findClang(), { command: join(directory, 'clang'), version: '17.0.1', major: 17 });
});

test('what is not there, fails, or is something else, is no clang', async () => {
  install('echo gcc 12');
  assert.equal(await findClang(), undefined);
  install('echo "clang version 17.0.1"; exit 1');
  assert.equal(await findClang(), undefined);
  process.env['RINGTAIL_CLANG'] = join(directory, 'nothing');
  assert.equal(await findClang(), undefined);
});
