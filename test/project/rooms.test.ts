import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';

/** Checks a source tree made of some files. */
function check(files: Record<string, string>): { status: number | null; output: string } {
  const root = mkdtempSync(join(tmpdir(), 'ringtail-rooms-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    const { status, stderr } = spawnSync(process.execPath, ['scripts/check-rooms.mjs', root], {
      encoding: 'utf8',
    });
    return { status, output: stderr };
  } finally {
    rmSync(root, { recursive: true });
  }
}

const errors = { 'errors/a.ts': 'export const a = 1;' };

test('a room may import the rooms above it', () => {
  const files = { ...errors, 'asm/b.ts': "import { a } from '../errors/a.ts'; export const b = a;" };
  assert.deepEqual(check(files), { status: 0, output: '' });
});

test('an import of a room below is refused, of types and by re-export and import() too', () => {
  const lines = [
    "import { b } from '../asm/b.ts';",
    "import type { B } from '../asm/b.ts';",
    "export { b } from '../asm/b.ts';",
    "export * from '../asm/b.ts';",
    "const b = await import('../asm/b.ts');",
  ];
  for (const line of lines) {
    const { status, output } = check({ 'errors/a.ts': line, 'asm/b.ts': 'export const b = 1;' });
    assert.equal(status, 1, line);
    assert.match(output, /errors\/a\.ts: room "errors" imports "asm", which is below it/, line);
  }
});

test('a pure room may not import Node or a package', () => {
  for (const target of ['node:fs', 'koffi']) {
    const { status, output } = check({ 'btf/a.ts': `import '${target}';` });
    assert.equal(status, 1);
    assert.match(output, /pure room "btf" imports/);
  }
});

test('an unknown room, and a tree without files, are refused', () => {
  assert.match(
    check({ ...errors, 'utils/x.ts': "import '../errors/a.ts';" }).output,
    /"utils" is not a room/,
  );
  assert.match(check({ 'errors/readme.md': '' }).output, /saw no files/);
});
