import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { ArgumentError, CompileError, type Diagnostic } from '../errors/index.ts';
import { parseDiagnostics, ranked, remedyFor } from './diagnostics.ts';
import type { Clang } from './find.ts';
import { absoluteFolders } from './flags.ts';
import { ownHeaders } from './own-headers.ts';
import type { Outcome, Work } from './work.ts';

/** How long clang may take; with a whole vmlinux.h it takes half a second. */
const PATIENCE_MS = 60_000;

/** What clang gets in place of a text: line by line the same, but perhaps in other words. */
export interface Code {
  /** Stands before the first line. */
  readonly before: string;
  readonly text: string;
  /** Where in the user's text a place of `text` comes from, both in UTF-16 units; absent where only lines are known. */
  readonly sourceOffset?: (offset: number) => number;
}

/** A text to be compiled. */
export interface Unit {
  /** What the user calls it: a path, beside which `#include "…"` looks. */
  readonly name: string;
  /** As the user wrote it. */
  readonly text: string;
  /** What clang gets; the text itself unless told. */
  readonly code?: Code;
  /** Further arguments of clang. */
  readonly flags: readonly string[];
  /** Headers by name: what `#include` finds where neither the user nor the system has them. */
  readonly headers: ReadonlyMap<string, string>;
  /** Headers by name that are found before those of the system, and may include these by `#include_next`. */
  readonly overrides: ReadonlyMap<string, string>;
}

/** What a run of clang has left. */
export interface Output {
  readonly stdout: string;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * A private folder that clang works in, removed at the end, at the latest when the process exits:
 *
 * ```
 * exec.c             the user's text. Clang runs here, and looks here for the lines that it writes into BTF.
 * code/exec.c        what it compiles, which claims to be exec.c
 * headers/vmlinux.h  searched last of all
 * first/bpf/…        searched before the system's
 * ```
 */
export class Workspace implements Disposable {
  readonly #folder: string = temporaryFolder();
  readonly #unit: Unit;
  readonly #clang: Clang;
  /** What clang calls the text. */
  readonly #file: string;
  #code: Code;

  constructor(unit: Unit, clang: Clang) {
    this.#unit = unit;
    this.#clang = clang;
    this.#file = basename(unit.name)
      .replace(/[^\w.-]/g, '_')
      .replace(/^(?=-|\.|$)/, '_');
    this.#code = unit.code ?? { before: '', text: unit.text };
    try {
      this.#write(this.#file, unit.text);
      this.#writeCode();
      for (const [name, text] of unit.headers) this.#write(`headers/${name}`, text);
      for (const [name, text] of unit.overrides) this.#write(`first/${name}`, text);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    removeFolder(this.#folder);
  }

  /** What clang is given now. */
  get code(): Code {
    return this.#code;
  }

  /** Path of the file that clang is given. */
  get codePath(): string {
    return join(this.#folder, 'code', this.#file);
  }

  /** What is at the beginning of that file, before the code's text: in the end a line that names the user's. */
  get codeHead(): string {
    return `${this.#code.before}#line 1 "${this.#file}"\n`;
  }

  /** Puts other code in place of what clang is given. */
  replaceCode(code: Code): void {
    this.#code = code;
    this.#writeCode();
  }

  #writeCode(): void {
    this.#write(`code/${this.#file}`, this.codeHead + this.#code.text);
  }

  /** Puts another text in place of a header. */
  replaceHeader(name: string, text: string): void {
    this.#write(`headers/${name}`, text);
  }

  /** The object file that the text compiles to. @throws CompileError; see {@link run}. ArgumentError for flags that ask for something else. */
  *compile(): Work<{ object: Uint8Array; diagnostics: readonly Diagnostic[] }> {
    const path = join(this.#folder, 'object');
    const { diagnostics } = yield* this.run(['-O2', '-g', '-c', '-o', path]);
    const object = existsSync(path) ? readFileSync(path) : new Uint8Array();
    if (Buffer.from(object.subarray(0, 4)).toString('latin1') === '\x7fELF') return { object, diagnostics };
    throw new ArgumentError({
      message: `clang made no object file of ${this.#unit.name} with the flags ${this.#unit.flags.join(' ')}`,
      remedy: 'Leave out flags that ask for something else, such as -E, -S, -emit-llvm and -fsyntax-only.',
    });
  }

  /**
   * Runs clang on the text.
   *
   * @throws CompileError with all of clang's errors; also where clang was killed or took too long.
   */
  *run(args: readonly string[]): Work<Output> {
    const { failure, stdout, stderr } = yield {
      file: this.#clang.command,
      args: [...this.#arguments(), ...args],
      timeoutMs: PATIENCE_MS,
      cwd: this.#folder,
      env: englishEnv(),
    };
    const diagnostics = parseDiagnostics(
      stderr,
      (file) => this.#nameOf(file),
      (file) => this.#textOf(file),
    ).map((diagnostic) => this.#inSource(diagnostic));
    if (failure === undefined) return { stdout, diagnostics };
    const [first, ...others] = ranked(diagnostics.filter(({ severity }) => severity === 'error'));
    if (first !== undefined) {
      throw new CompileError({ errors: [first, ...others], hint: remedyFor(first) });
    }
    throw this.#crashed(failure, stderr);
  }

  #arguments(): string[] {
    const { name, flags } = this.#unit;
    const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
    return [
      ...['-target', 'bpf', '-mcpu=v3', `-D__TARGET_ARCH_${process.arch === 'arm64' ? 'arm64' : 'x86'}`],
      ...['-Wall', '-Werror=implicit-function-declaration', '-Wno-unused-function'],
      ...['-fno-color-diagnostics', '-fno-caret-diagnostics'],
      // No path of this machine gets into the object.
      `-fdebug-prefix-map=${process.cwd()}/=`,
      `-fdebug-prefix-map=${this.#folder}=`,
      `-fdebug-prefix-map=${ownHeaders()}/=`,
      ...['-iquote', resolve(dirname(name))],
      ...['-I', join(this.#folder, 'first')],
      ...absoluteFolders(flags),
      // Where Debian has <asm/…>, which headers of the kernel include.
      ...['-idirafter', `/usr/include/${machine}-linux-gnu`],
      ...['-idirafter', join(this.#folder, 'headers'), '-idirafter', ownHeaders()],
      // Whatever it is called: texts come out of files of any name.
      ...['-x', 'c', this.codePath],
    ];
  }

  #nameOf(file: string): string {
    if (file === '' || file === this.#file) return this.#unit.name;
    for (const folder of ['headers', 'first']) {
      const path = join(this.#folder, folder);
      if (file.startsWith(`${path}/`)) return file.slice(path.length + 1);
    }
    const path = relative(process.cwd(), file);
    return path.startsWith('..') ? file : path;
  }

  #textOf(file: string): string | undefined {
    if (file === this.#file) return this.#code.sourceOffset ? this.#code.text : this.#unit.text;
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return undefined; // such as <built-in>
    }
  }

  /** Shows what clang says of its code in the text of the user. */
  #inSource(diagnostic: Diagnostic): Diagnostic {
    const { text, name } = this.#unit;
    if (this.#code.text === text || diagnostic.file !== name || diagnostic.line === 0) return diagnostic;
    const { line } = diagnostic;
    const sourceLine = (text.split('\n')[line - 1] ?? '').replace(/\r$/, '');
    const { sourceOffset } = this.#code;
    if (sourceOffset === undefined)
      return { ...diagnostic, sourceLine, column: sourceLine.search(/\S|$/) + 1 };
    const offset = sourceOffset(lineStart(this.#code.text, line) + diagnostic.column - 1);
    const column = Math.min(Math.max(0, offset - lineStart(text, line)), sourceLine.length) + 1;
    return { ...diagnostic, sourceLine, column };
  }

  #crashed({ timedOut, signal, code }: Failure, stderr: string): CompileError {
    const last = stderr.trim().split('\n').at(-1) ?? '';
    const [problem, hint] = timedOut
      ? [
          `clang was stopped after ${PATIENCE_MS / 1000} seconds`,
          'Make the text smaller, or compile it by hand.',
        ]
      : /Killed|Cannot allocate|out of memory|bad_alloc/i.test(stderr) || signal === 'SIGKILL'
        ? ['clang was killed, probably for want of memory', 'Give it more: it takes some 150 MB.']
        : [
            `clang failed (${signal ?? code}): ${last}`,
            'Compile the text by hand to see all that clang says.',
          ];
    const place = { severity: 'error', file: this.#unit.name, line: 0, column: 0, sourceLine: '' } as const;
    return new CompileError({ errors: [{ ...place, problem }], hint });
  }

  #write(name: string, text: string): void {
    const path = join(this.#folder, name);
    temporary(() => {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    });
  }
}

/** Folders in use. A process that is to exit while clang runs removes them. */
const folders = new Set<string>();

function temporaryFolder(): string {
  const folder = temporary(() => mkdtempSync(join(tmpdir(), 'ringtail-')));
  if (folders.size === 0) process.once('exit', removeFolders);
  folders.add(folder);
  return folder;
}

function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
  if (folders.size === 0) process.off('exit', removeFolders);
}

function removeFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

/** Does something in the folder for temporary files. @throws ArgumentError where that is missing, full, or another's. */
function temporary<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new ArgumentError({
      message: `files for clang cannot be written in ${tmpdir()}: ${(cause as NodeJS.ErrnoException).code}`,
      remedy: 'Set TMPDIR to a folder that exists, may be written, and has room.',
      cause,
    });
  }
}

/** Where a line begins, in UTF-16 units. @param line counted from 1. */
function lineStart(text: string, line: number): number {
  let start = 0;
  for (let i = 1; i < line; i++) {
    const end = text.indexOf('\n', start);
    if (end < 0) return text.length;
    start = end + 1;
  }
  return start;
}

type Failure = NonNullable<Outcome['failure']>;

/** Diagnostics are read by their English words; and paths that a compiler takes from the environment are not meant. */
function englishEnv(): NodeJS.ProcessEnv {
  const { CPATH: _, C_INCLUDE_PATH: __, ...rest } = process.env;
  return { ...rest, LC_ALL: 'C' };
}
