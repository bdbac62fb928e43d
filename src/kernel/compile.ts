import type { CompileOptions as ClangOptions, KernelSource } from '../clang/index.ts';
import type { ObjectSpec } from '../spec/index.ts';
import { vmlinuxBtf } from './machine.ts';
import { readTracepointFormat } from './tracefs.ts';

let hash: string | undefined;

/** The kernel that runs. */
export const runningKernel: KernelSource = {
  btf: vmlinuxBtf,
  btfHash: () => {
    // Loaded here: the module takes a tenth of what importing the library takes, and little else needs it.
    hash ??= process
      .getBuiltinModule('node:crypto')
      .createHash('sha256')
      .update(vmlinuxBtf().bytes)
      .digest('hex');
    return hash;
  },
  tracepointFormat: readTracepointFormat,
};

/** Options of {@link compileC}. */
export interface CompileOptions extends Omit<ClangOptions, 'kernel'> {
  /** Whose types `vmlinux.h` has: the running kernel unless told. */
  readonly kernel?: KernelSource;
}

/**
 * Compiles a program in C with the installed clang (14 or later; `RINGTAIL_CLANG` names another), against the types of
 * the running kernel.
 *
 * `#include "vmlinux.h"` and `<bpf/bpf_helpers.h>` need no files: the first is made from the kernel's BTF, the others
 * are this project's own where libbpf's are not installed. A name that the text defines itself is the text's.
 *
 * @throws CompileError with the place in the text; NotFoundError where there is no clang; NotSupportedError where it is
 *   too old or the kernel shows no types; ObjectFormatError for a program that is compiled but is none for BPF.
 * @example
 * ```ts
 * const object = await load(await compileC(text, { name: 'exec.c', flags: ['-DLIMIT=4'] }));
 * ```
 */
export async function compileC(text: string, options: CompileOptions = {}): Promise<ObjectSpec> {
  return (await clang()).compileC(text, { kernel: runningKernel, ...options });
}

/** As {@link compileC}, but the bytes of the object file (`.bpf.o`). */
export async function compileObject(text: string, options: CompileOptions = {}): Promise<Uint8Array> {
  return (await clang()).compileObject(text, { kernel: runningKernel, ...options });
}

/** The compiler's room, loaded at the first call: a tenth of the library, which programs that load object files do without. */
function clang(): Promise<typeof import('../clang/index.ts')> {
  return import('../clang/index.ts');
}
