import { ArgumentError, formatDiagnostic } from '../errors/index.ts';
import { type CompileOptions, loadSpec, type SpecOptions } from '../kernel/index.ts';
import type { ObjectSpec } from '../spec/index.ts';
import { escapeText } from '../text/index.ts';

/**
 * The blueprint in an object file, or in a program in C, of which clang's warnings are printed.
 *
 * @param flags of clang. @throws ArgumentError for flags where nothing is compiled; what {@link loadSpec} throws.
 */
export function readProgram(
  file: string,
  flags: readonly string[],
  options: SpecOptions = {},
): Promise<ObjectSpec> {
  if (flags.length > 0 && !file.endsWith('.c')) {
    throw new ArgumentError({
      message: `${file} is compiled already, so there is no use for ${flags.join(' ')}`,
      remedy: 'Flags of clang go with a program in C, whose file name ends in .c.',
    });
  }
  return loadSpec(file, { ...options, ...compilerOptions(flags) });
}

/** How the command line compiles. */
export function compilerOptions(flags: readonly string[]): CompileOptions {
  return {
    flags,
    onWarning: (warning) => {
      const lines = formatDiagnostic(warning).split('\n');
      process.stderr.write(`${lines.map(escapeText).join('\n')}\n`);
    },
  };
}
