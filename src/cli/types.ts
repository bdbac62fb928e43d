import { dirname, relative, resolve, sep } from 'node:path';
import { Command } from 'commander';
import { formatModule } from '../spec/index.ts';
import { typeOption } from './options.ts';
import { writeOutput } from './output.ts';
import { printHints } from './print.ts';
import { readProgram } from './program-file.ts';

interface Options {
  readonly type?: Readonly<Record<string, string>>;
  readonly output?: string;
}

/** `ringtail types` */
export function typesCommand(): Command {
  return new Command('types')
    .description(
      'print a TypeScript module from which load() knows the types of all that an object file holds',
    )
    .argument('<file>', 'object file (.bpf.o), or program in C (.bpf.c)')
    .argument('[flags...]', 'of clang, behind --: -- -DLIMIT=4')
    .addOption(typeOption())
    .option('-o, --output <file>', 'write to this file: execsnoop.bpf.ts for execsnoop.bpf.o')
    .addHelpText('after', EXAMPLE)
    .action(run);
}

const EXAMPLE = `
  import { load } from 'ringtail';
  import execsnoop from './execsnoop.bpf.ts';

  const object = await load(execsnoop);
  object.attach();
  for await (const event of object.rings.events) console.log(event.pid);`;

async function run(
  file: string,
  flags: readonly string[],
  { type: types = {}, output }: Options,
): Promise<void> {
  const spec = await readProgram(file, flags, { types });
  printHints(spec.maps.filter(({ type }) => type === 'RINGBUF'));
  const url = relativeUrl(output === undefined ? '.' : dirname(output), file);
  const text = formatModule(spec, { url, types });
  if (output === undefined) process.stdout.write(text);
  else writeOutput(output, text);
}

/** What a module in `folder` writes for `file`. */
function relativeUrl(folder: string, file: string): string {
  const path = relative(resolve(folder), resolve(file)).split(sep).map(encodeURIComponent).join('/');
  return path.startsWith('../') ? path : `./${path}`;
}
