import { Command } from 'commander';
import { compileObject } from '../kernel/index.ts';
import { readInput } from './input.ts';
import { writeOutput } from './output.ts';
import { compilerOptions, exitingCleanly } from './program-file.ts';

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
  const text = readInput(file, 'Name a program in C: ringtail compile exec.bpf.c').toString();
  const object = await exitingCleanly(() => compileObject(text, { name: file, ...compilerOptions(flags) }));
  writeOutput(options.output ?? file.replace(/(\.c)?$/, '.o'), object);
}
