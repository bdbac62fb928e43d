import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { ArgumentError } from '../errors/index.ts';
import { compileObject } from '../kernel/index.ts';
import { writeOutput } from './output.ts';
import { compilerOptions } from './program-file.ts';

/** `ringtail compile` */
export function compileCommand(): Command {
  return new Command('compile')
    .description("compile a program in C against this kernel's types, with no headers installed")
    .argument('<file>', 'program in C (.bpf.c)')
    .argument('[flags...]', 'of clang, behind --: -- -DLIMIT=4')
    .option('-o, --output <file>', 'object file; beside the program unless told (exec.bpf.c: exec.bpf.o)')
    .action(run);
}

async function run(file: string, flags: readonly string[], options: { output?: string }): Promise<void> {
  const object = await compileObject(read(file), { name: file, ...compilerOptions(flags) });
  writeOutput(options.output ?? file.replace(/(\.c)?$/, '.o'), object);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ArgumentError({
      message: `${file} cannot be read: ${(cause as NodeJS.ErrnoException).code}`,
      remedy: 'Name a program in C: ringtail compile exec.bpf.c',
      cause,
    });
  }
}
