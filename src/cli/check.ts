import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import type { RelocationError } from '../errors/index.ts';
import { moduleBtf } from '../kernel/index.ts';
import {
  type CoreTargets,
  describePoison,
  type ObjectSpec,
  type RelocationResult,
  reachablePoison,
  relocate,
} from '../spec/index.ts';
import { type Column, escapeText, headerLine, jsonLine, rowLine } from '../text/index.ts';
import { readBtfFile } from './btf-file.ts';
import { readProgram } from './program-file.ts';

/** `ringtail check` */
export function checkCommand(): Command {
  return new Command('check')
    .description(
      "tell which CO-RE relocations of an object resolve against other kernels' BTF, without these kernels",
    )
    .argument('<file>', 'object file (.bpf.o), or program in C (.bpf.c)')
    .argument('[flags...]', 'of clang, behind --: -- -DLIMIT=4')
    .requiredOption(
      '--btf <files...>',
      'BTF of the kernels: raw, in an ELF file, or a folder with vmlinux and modules as /sys/kernel/btf',
    )
    .option('--json', 'a line of JSON for each kernel')
    .addHelpText('after', NOTES)
    .action(run);
}

const NOTES = `
absent:    the kernel lacks it, and the program is told so: it asked whether, how large, which id
unreached: the kernel lacks it, and the program is guarded against that
failed:    the kernel lacks it, and the program needs it

A program that relocates may still be refused by the verifier of that kernel.`;

/** How an object fared against the types of one kernel. */
interface Verdict {
  readonly btf: string;
  readonly relocations: readonly Judged[];
  /** By what was asked for. */
  readonly failures: ReadonlyMap<string, RelocationError>;
}

/** A relocation, in the words of the columns. */
interface Judged extends RelocationResult {
  readonly result: 'resolved' | 'absent' | 'unreached' | 'failed';
}

async function run(
  file: string,
  flags: readonly string[],
  options: { btf: string[]; json?: boolean },
): Promise<void> {
  const spec = await readProgram(file, flags);
  const verdicts = options.btf.map((path) => judge(spec, path));
  if (options.json) for (const verdict of verdicts) console.log(jsonLine(plain(verdict)));
  else print(verdicts);
  if (verdicts.some(({ failures }) => failures.size > 0)) process.exitCode = 1;
}

function judge(spec: ObjectSpec, path: string): Verdict {
  const targets = readTargets(path);
  const { spec: relocated, results } = relocate(spec, targets);
  const reached = new Set<string>();
  const failures = new Map<string, RelocationError>();
  for (const program of relocated.programs) {
    for (const slot of reachablePoison(program)) {
      reached.add(`${program.name} ${slot}`);
      const error = describePoison(relocated, program, slot, targets)!;
      if (!failures.has(error.wanted)) failures.set(error.wanted, error);
    }
  }
  const relocations = results.map((relocation) => {
    const { program, slot, outcome } = relocation;
    const failed = reached.has(`${program} ${slot}`) ? 'failed' : 'unreached';
    return { ...relocation, result: 'poison' in outcome ? failed : outcome.status } as const;
  });
  return { btf: path, relocations, failures };
}

function print(verdicts: readonly Verdict[]): void {
  const columns = columnsFor(verdicts);
  console.log(headerLine(columns));
  for (const verdict of verdicts) console.log(rowLine(columns, verdict));
  for (const { btf, failures } of verdicts) {
    if (failures.size > 0) console.log(`\n${escapeText(btf)}`);
    for (const { message, near } of failures.values()) {
      console.log(`  ${escapeText(near.length > 0 ? `${message}; near it: ${near.join(', ')}` : message)}`);
    }
  }
}

function columnsFor(verdicts: readonly Verdict[]): Column<Verdict>[] {
  const count = (result: Judged['result']): Column<Verdict> => ({
    header: result.toUpperCase(),
    width: result.length,
    align: 'right',
    value: ({ relocations }) => String(relocations.filter((r) => r.result === result).length),
  });
  const width = Math.max(3, ...verdicts.map(({ btf }) => btf.length));
  return [
    { header: 'BTF', width, value: ({ btf }) => btf },
    count('resolved'),
    count('absent'),
    count('unreached'),
    count('failed'),
    { header: 'RESULT', width: 0, value: ({ failures }) => (failures.size === 0 ? 'relocates' : 'fails') },
  ];
}

/** For `--json`: values are 64 bits without sign, slots count from the start of the program. */
function plain({ btf, relocations, failures }: Verdict): object {
  return {
    btf,
    relocates: failures.size === 0,
    relocations: relocations.map(({ outcome, ...relocation }) => {
      if (outcome.status === 'resolved') return { ...relocation, value: outcome.value, match: outcome.match };
      if (outcome.status === 'absent') return { ...relocation, value: outcome.value };
      const { reason, candidates } = outcome.poison;
      const near = failures.get(relocation.wanted)?.near ?? outcome.poison.near;
      return { ...relocation, reason, candidates, near };
    }),
  };
}

function readTargets(path: string): CoreTargets {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (!isFolder) return { vmlinux: readBtfFile(path) };
  const vmlinux = readBtfFile(join(path, 'vmlinux'));
  return { vmlinux, modules: moduleBtf(vmlinux, path) };
}
