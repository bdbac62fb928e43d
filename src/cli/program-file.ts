import { constants } from 'node:os';
import { formatDiagnostic } from '../errors/index.ts';
import { type CompileOptions, loadSpec, type SpecOptions } from '../kernel/index.ts';
import type { ObjectSpec } from '../spec/index.ts';
import { escapeText } from '../text/index.ts';
import { UsageError } from './options.ts';

/**
 * The blueprint in an object file, or in a program in C, of which clang's warnings are printed.
 *
 * @param flags of clang. @throws UsageError for flags where nothing is compiled; what {@link loadSpec} throws.
 */
export function readProgram(
  file: string,
  flags: readonly string[],
  options: SpecOptions = {},
): Promise<ObjectSpec> {
  if (flags.length > 0 && !file.endsWith('.c')) {
    throw new UsageError({
      message: `${file} is compiled already, so there is no use for ${flags.join(' ')}`,
      remedy: 'Flags of clang go with a program in C, whose file name ends in .c.',
    });
  }
  return exitingCleanly(() => loadSpec(file, { ...options, ...compilerOptions(flags) }));
}

/**
 * Does something that keeps temporary files: a signal that would end the process at once ends it by `process.exit`, at
 * which they are removed.
 */
export async function exitingCleanly<T>(work: () => Promise<T>): Promise<T> {
  const exit = (signal: NodeJS.Signals): void => process.exit(128 + constants.signals[signal]);
  for (const signal of ENDING) process.on(signal, exit);
  try {
    return await work();
  } finally {
    for (const signal of ENDING) process.off(signal, exit);
  }
}

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How the command line compiles. */
export function compilerOptions(flags: readonly string[]): CompileOptions {
  return {
    flags,
    onWarning: (warning) => {
      process.stderr.write(`${formatDiagnostic(warning, escapeText)}\n`);
    },
  };
}
