import { setFlagsFromString } from 'node:v8';
import { Command } from 'commander';
import { type Btf, type BtfKindName, formatC, formatTypeScript } from '../btf/index.ts';
import { NotFoundError, nearest } from '../errors/index.ts';
// Not by the door of the room, behind which the system calls are: this command needs none and should start at once.
import { vmlinuxBtf } from '../kernel/machine.ts';
import { readBtfFile } from './btf-file.ts';
import { writeOutput } from './output.ts';

interface Options {
  ts?: boolean;
  type?: string[];
  output?: string;
}

/** `ringtail vmlinux` */
export function vmlinuxCommand(): Command {
  return new Command('vmlinux')
    .description("print the kernel's types as a C header, or as TypeScript declarations")
    .argument('[file]', "types to print instead of the running kernel's: raw BTF, or an ELF file with it")
    .option('--ts', 'TypeScript: the values that decoders make')
    .option('--type <name...>', 'only these types, and those that they need')
    .option('-o, --output <file>', 'write to this file')
    .action(run);
}

function run(file: string | undefined, { ts, type, output }: Options): void {
  // Each function runs for milliseconds: to compile it with all that it calls in one costs more than that saves.
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=0');
  const btf = file === undefined ? vmlinuxBtf() : readBtfFile(file);
  const options = type === undefined ? {} : { roots: type.flatMap((name) => findTypes(btf, name)) };
  const text = ts ? formatTypeScript(btf, options) : formatC(btf, options);
  if (output === undefined) process.stdout.write(text);
  else writeOutput(output, text);
}

const KINDS: readonly BtfKindName[] = ['struct', 'union', 'enum', 'enum64', 'typedef', 'fwd'];

/** Ids of the types of a name: `task_struct`, or `struct task_struct` for that kind alone. */
function findTypes(btf: Btf, asked: string): number[] {
  const [, tag, name] = /^(?:(struct|union|enum)\s+)?(.*)$/s.exec(asked) as unknown as [
    string,
    string?,
    string?,
  ];
  const kinds = tag === undefined ? KINDS : KINDS.filter((kind) => kind.startsWith(tag));
  const ids = kinds.flatMap((kind) => [...btf.findAll(kind, name ?? '')]);
  if (ids.length > 0) return ids;
  const close = nearest(name ?? '', new Set(kinds.flatMap((kind) => [...btf.names(kind)])));
  throw new NotFoundError({
    message: `${btf.name} has no type "${asked}"`,
    remedy: close.length > 0 ? `Near it: ${close.join(', ')}.` : 'No type has a name like it.',
  });
}
