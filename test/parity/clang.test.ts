import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { CORPUS, temporaryDirectory } from './support/corpus.ts';

const directory = temporaryDirectory('clang');
const script = fileURLToPath(new URL('support/compile-corpus.js', import.meta.url));
const programs = readdirSync(CORPUS).filter((name) => name.endsWith('.bpf.c'));
const MACHINE = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
const HEADERS = ['bpf', 'linux', 'asm', 'asm-generic', `${MACHINE}/asm`].map(
  (name) => `/usr/include/${name}`,
);

type Instructions = Record<string, Record<string, string[]>>;

function compileAll(files: readonly string[], hidden: boolean): Instructions {
  const present = HEADERS.filter((folder) => existsSync(folder));
  const mounts = hidden ? present.map((folder) => `mount -t tmpfs none ${folder} &&`) : [];
  // Mounts of a namespace of its own: nobody else sees them, and they end with it.
  const command = `${mounts.join(' ')} exec "$@"`;
  const args = ['-m', 'sh', '-c', command, 'sh', process.execPath, script, CORPUS, ...files];
  const env = { ...process.env, XDG_CACHE_HOME: directory };
  return JSON.parse(execFileSync('unshare', args, { encoding: 'utf8', env, maxBuffer: 2 ** 27 }));
}

test('without headers of libbpf and the kernel the corpus compiles to the same instructions', () => {
  assert.ok(programs.length >= 10);
  const own = compileAll(programs, true);
  assert.deepEqual(Object.keys(own), programs);
  if (!existsSync('/usr/include/bpf/bpf_helpers.h')) return;
  const theirs = compileAll(programs, false);
  for (const program of programs) {
    // It is the header itself that has the code there: the kernel tier runs it.
    if (program === 'usdt.bpf.c') continue;
    assert.deepEqual(own[program], theirs[program], program);
  }
});

test('helpers have the ids and C types that libbpf declares', (t) => {
  const installed = '/usr/include/bpf/bpf_helper_defs.h';
  if (!existsSync(installed)) return t.skip('libbpf-dev is not installed');
  const declared = (path: string): Map<string, string> => {
    const text = readFileSync(path, 'utf8');
    const found = text.matchAll(/^static (.*?)\(\*(bpf_\w+)\)\((.*)\) = \(void \*\) ?(\d+);$/gm);
    return new Map(
      [...found].map(([, result, name, args, id]) => [name!, `${result!.trim()} (${args}) ${id}`]),
    );
  };
  const ours = declared(join(import.meta.dirname, '../../../include/bpf/bpf_helper_defs.h'));
  const theirs = declared(installed);
  assert.ok(theirs.size > 150);
  for (const [name, declaration] of theirs) assert.equal(ours.get(name), declaration, name);
});
