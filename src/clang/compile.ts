import { basename, dirname, resolve } from 'node:path';
import { CompileError, type Diagnostic } from '../errors/index.ts';
import { type ObjectSpec, parseObject } from '../spec/index.ts';
import { rewriteReads } from './dialect/kernel-reads.ts';
import { isBccDialect, rewriteDialect } from './dialect/rewrite.ts';
import { type Clang, requireClang } from './find.ts';
import { checkFlags, includeFolders } from './flags.ts';
import type { KernelSource } from './kernel-source.ts';
import { LONGEST_TEXT } from './lexical.ts';
import { ownHeaders } from './own-headers.ts';
import { type Sources, scanSources } from './sources.ts';
import { vmlinuxHeader } from './vmlinux.ts';
import { perform, performSync, type Work } from './work.ts';
import { type Unit, Workspace } from './workspace.ts';

/** In which words a program in C is written: libbpf's, or those of BCC. */
export type Dialect = 'libbpf' | 'bcc';

/** Options of {@link compileC}. */
export interface CompileOptions {
  /** Whose types `vmlinux.h` has. */
  readonly kernel: KernelSource;
  /** What errors and debug information call the text, `program.c` unless told. `#include "…"` looks beside that path. */
  readonly name?: string;
  /** Further arguments of clang, such as `-DLIMIT=4` or `-I/opt/include`; never seen by a shell. */
  readonly flags?: readonly string[];
  /** What the text is written in: unless told, BCC's dialect if it has neither `SEC(…)` nor headers of libbpf. */
  readonly dialect?: Dialect | 'auto';
  /** Is told each of clang's warnings. */
  readonly onWarning?: (warning: Diagnostic) => void;
}

/**
 * Compiles a program in C with the installed clang, and reads what comes out.
 *
 * `#include "vmlinux.h"` and `<bpf/…>` need no files: the first is made from the kernel's types, the others are this
 * project's own where libbpf's are not installed. A name that the text defines itself is the text's.
 *
 * @throws CompileError with the place in the text; ArgumentError for flags that ask for something else; NotFoundError
 *   where there is no clang; NotSupportedError where it is too old or the kernel shows no types; ObjectFormatError for a program that is compiled but is none for BPF.
 */
export async function compileC(text: string, options: CompileOptions): Promise<ObjectSpec> {
  const bytes = await compileObject(text, options);
  return parseObject(bytes, { name: basename(options.name ?? DEFAULT_NAME) });
}

/** As {@link compileC}, at once: nothing else happens in the process meanwhile. */
export function compileSync(text: string, options: CompileOptions): ObjectSpec {
  const program = prepare(text, options);
  const bytes = performSync(build(program, performSync(requireClang())));
  return parseObject(bytes, { name: basename(options.name ?? DEFAULT_NAME) });
}

const DEFAULT_NAME = 'program.c';

/** As {@link compileC}, but the bytes of the object file (`.bpf.o`), with BTF and DWARF. */
export async function compileObject(text: string, options: CompileOptions): Promise<Uint8Array> {
  const finding = perform(requireClang());
  // The headers are made while clang is being asked for its version; should both fail, the first to be told is this.
  finding.catch(() => {});
  const program = prepare(text, options);
  return perform(build(program, await finding));
}

/** What compiling takes besides clang. */
interface Program {
  readonly unit: Unit;
  readonly sources: Sources;
  readonly kernel: KernelSource;
  /** Whether there may be pointers to memory that the program may not read as it stands. */
  readonly mayReadKernel: boolean;
  readonly onWarning: ((warning: Diagnostic) => void) | undefined;
}

function prepare(text: string, options: CompileOptions): Program {
  const { kernel, name = DEFAULT_NAME, flags = [], dialect = 'auto', onWarning } = options;
  checkFlags(flags);
  checkText(text, name);
  const isBcc = dialect === 'bcc' || (dialect === 'auto' && isBccDialect(text));
  const rewritten = isBcc ? rewriteDialect(text, name, kernel) : undefined;
  const code = rewritten?.code ?? { before: '', text };
  const scanned = scanSources(
    code.before + code.text,
    resolve(dirname(name)),
    includeFolders(flags),
    ownHeaders(),
  );
  const sources = { ...scanned, ordinary: new Set([...scanned.ordinary, ...(rewritten?.maps ?? [])]) };
  const headers = sources.needsTypes ? typeHeaders(sources, kernel) : new Map<string, string>();
  const unit = { name, text, code, flags, headers, overrides: overridesFor(sources) };
  return { unit, sources, kernel, mayReadKernel: rewritten?.mayReadKernel === true, onWarning };
}

/** @throws CompileError for what is no text, an object file say, and for more of it than can be compiled. */
function checkText(text: string, name: string): void {
  const nul = text.indexOf('\0');
  if (nul >= 0) {
    throw new CompileError({
      file: name,
      text,
      offset: nul,
      problem: 'a byte 0, which no text in C has',
      hint: 'Give a program in C. An object file is compiled already, and is loaded as it is.',
    });
  }
  if (text.length <= LONGEST_TEXT) return;
  throw new CompileError({
    file: name,
    text,
    offset: LONGEST_TEXT,
    problem: `a text of ${text.length} characters, and programs have ${LONGEST_TEXT} at most`,
    hint: 'Include "vmlinux.h" instead of pasting it; or compile it by hand, and load the object file.',
  });
}

function* build(program: Program, clang: Clang): Work<Uint8Array> {
  const workspace = new Workspace(program.unit, clang);
  const withTypes = <T>(work: () => Work<T>): Work<T> => retry(work, workspace, program);
  try {
    if (program.mayReadKernel) {
      yield* rewriteReads(workspace, (args) => withTypes(() => workspace.run(args)));
    }
    const { object, diagnostics } = yield* withTypes(() => workspace.compile());
    for (const diagnostic of diagnostics) program.onWarning?.(diagnostic);
    return object;
  } finally {
    workspace[Symbol.dispose]();
  }
}

/** Runs clang; where the text needs types without having their names in it, again with more of them, then with all. */
function* retry<T>(work: () => Work<T>, workspace: Workspace, { sources, kernel }: Program): Work<T> {
  let { words } = sources;
  for (const whole of [false, true]) {
    try {
      return yield* work();
    } catch (error) {
      const missing = sources.needsTypes && error instanceof CompileError ? missingTypes(error, sources) : [];
      if (missing.length === 0) throw error;
      words = new Set([...words, ...missing]);
      workspace.replaceHeader('vmlinux.h', vmlinuxHeader({ ...sources, words }, kernel, { whole }));
    }
  }
  return yield* work();
}

/** Names in errors that are not in the text: those that a macro pasted, and types behind a call. */
function missingTypes({ errors }: CompileError, { words, preludeWords }: Sources): string[] {
  return errors.flatMap(({ problem }) => {
    if (!/incomplete|unknown type|undeclared|no member/.test(problem)) return [];
    const quoted = [...problem.matchAll(/'([^']*)'/g)].flatMap(
      ([, text]) => text!.match(/[A-Za-z_]\w*/g) ?? [],
    );
    return quoted.filter((name) => !words.has(name) && !preludeWords.has(name) && !C_WORDS.has(name));
  });
}

const C_WORDS: ReadonlySet<string> = new Set(['struct', 'union', 'enum', 'const', 'volatile', 'void']);

/** `vmlinux.h`, and in place of each header of the kernel one that is the same without relocations. */
function typeHeaders(sources: Sources, kernel: KernelSource): Map<string, string> {
  const headers = new Map([['vmlinux.h', vmlinuxHeader(sources, kernel, { whole: false })]]);
  for (const name of sources.kernelHeaders) headers.set(name, KERNEL_HEADER);
  return headers;
}

/** Records that a program shares with user space are laid out the same on every kernel. */
const KERNEL_HEADER = `#ifndef __VMLINUX_H__
#define BPF_NO_PRESERVE_ACCESS_INDEX
#include "vmlinux.h"
#undef BPF_NO_PRESERVE_ACCESS_INDEX
#endif
`;

/** Where a text declares helpers itself, those of the header get other names. */
function overridesFor({ helpers }: Sources): Map<string, string> {
  if (helpers.size === 0) return new Map();
  const names = [...helpers];
  const text = [
    ...names.map((name) => `#define ${name} ___header_${name}`),
    '#include_next <bpf/bpf_helpers.h>',
    ...names.map((name) => `#undef ${name}`),
  ];
  return new Map([['bpf/bpf_helpers.h', `${text.join('\n')}\n`]]);
}
