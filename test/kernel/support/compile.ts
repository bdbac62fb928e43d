import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CORPUS, compile as compileC } from '../../parity/support/corpus.ts';

let directory: string | undefined;

/**
 * Compiles a file of test/corpus.
 *
 * @param flags more for clang, such as `-Dname=other`.
 * @returns path of the object.
 */
export function compile(name: string, ...flags: string[]): string {
  directory ??= temporary();
  const object = name.replace(/\.c$/, `${flags.join('').replace(/\W/g, '')}.o`);
  return compileC(join(CORPUS, name), join(directory, object), 'bpfel', flags);
}

function temporary(): string {
  const made = mkdtempSync(join(tmpdir(), 'ringtail-objects-'));
  process.once('exit', () => rmSync(made, { recursive: true }));
  return made;
}
