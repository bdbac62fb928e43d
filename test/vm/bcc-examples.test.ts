/**
 * Examples whose probes the machine of the other tiers may refuse. There is no clang here: a script stands in for it, which
 * hands out what was compiled beforehand from the same text.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test, { after } from 'node:test';
import { runExample } from '../kernel/support/example.ts';

const PID = process.pid;
const folder = mkdtempSync('/tmp/ringtail-examples-');
after(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'removed');

/** A syntax tree without anything, in which no read is to be changed: that has been done. */
const EMPTY = '{"id":"0x1","kind":"TranslationUnitDecl","inner":[]}';

function standInForClang(example: string): string {
  const path = join(folder, example);
  const object = resolve(`dist/test-objects/example-${example}.bpf.o`);
  const script = `#!/bin/sh
[ "$1" = --version ] && echo clang version 14.0.6 && exit
while [ $# -gt 0 ]; do
  [ "$1" = -o ] && exec cp ${object} "$2"
  shift
done
echo '${EMPTY}'
`;
  writeFileSync(path, script, { mode: 0o700 });
  return path;
}

let inode = 0;
const remove = (): void => {
  writeFileSync(file, '');
  inode = statSync(file).ino;
  unlinkSync(file);
};

const EXPECTED: Readonly<Record<string, RegExp>> = {
  kprobe: new RegExp(`^${PID} +${file}$`, 'm'),
  kretprobe: new RegExp(`^${PID} +0 +${file}$`, 'm'),
  kfunc: new RegExp(`^${PID} +0 +${file}$`, 'm'),
  lsm: new RegExp(`^${PID} +\\d+$`, 'm'),
};

for (const [name, expected] of Object.entries(EXPECTED)) {
  test(`examples/bcc/${name}.ts`, async () => {
    process.env['RINGTAIL_CLANG'] = standInForClang(name);
    const output = await runExample(name, remove, expected);
    if (name === 'lsm') assert.match(output, new RegExp(`^${PID} +${inode}$`, 'm'));
  });
}
