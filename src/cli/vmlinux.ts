import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Command } from 'commander';
import { Btf, type BtfKindName, formatC, formatTypeScript } from '../btf/index.ts';
import { ArgumentError, NotFoundError, NotSupportedError, nearest } from '../errors/index.ts';
// Not by the door of the room, behind which the system calls are: this command needs none and should start at once.
import { vmlinuxBtf } from '../kernel/machine.ts';
import { printText } from './print.ts';

interface Options {
  ts?: boolean;
  type?: string[];
  output?: string;
}

/** `ringtail vmlinux` */
export function vmlinuxCommand(): Command {
  return new Command('vmlinux')
    .description("print the kernel's types as a C header, or as TypeScript declarations")
    .argument('[file]', 'BTF to print instead of that of the running kernel')
    .option('--ts', 'TypeScript: the values that decoders make')
    .option('--type <name...>', 'only these types, and those that they need')
    .option('-o, --output <file>', 'write to this file')
    .action(run);
}

async function run(file: string | undefined, { ts, type, output }: Options): Promise<void> {
  // Each function runs for milliseconds: to compile it with all that it calls in one costs more than that saves.
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=0');
  const btf = file === undefined ? vmlinuxBtf() : readBtf(file);
  const options = type === undefined ? {} : { roots: type.flatMap((name) => findTypes(btf, name)) };
  const text = ts ? formatTypeScript(btf, options) : formatC(btf, options);
  if (output === undefined) await printText(text);
  else writeFileSync(output, text);
}

/** Where the kernel shows the BTF of its modules, which is split off its own. */
const KERNEL_BTF = '/sys/kernel/btf';

function readBtf(file: string): Btf {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new ArgumentError({
      message: `cannot read ${file}: ${(cause as Error).message}`,
      remedy: `Give a file of BTF, such as those in ${KERNEL_BTF}.`,
      cause,
    });
  }
  if (bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46) {
    throw new NotSupportedError({
      feature: 'BTF in an ELF file',
      message: `${file} is an ELF file`,
      remedy: `Take its BTF out first: llvm-objcopy --dump-section .BTF=types.btf ${file}`,
    });
  }
  const path = resolve(file);
  const isModule = dirname(path) === KERNEL_BTF && path !== `${KERNEL_BTF}/vmlinux`;
  return Btf.parse(bytes, { name: file, ...(isModule ? { base: vmlinuxBtf() } : {}) });
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
