import { Command } from 'commander';
import { findHelper, formatHelpers, HELPERS, type Helper } from '../asm/index.ts';
import { jsonLine } from '../text/index.ts';
import { printLines } from './print.ts';

/** `ringtail helpers` */
export function helpersCommand(): Command {
  return new Command('helpers')
    .description('the functions that the kernel offers to BPF programs: id, name, first kernel, what it does')
    .argument('[name]', 'only this helper; else those whose name contains it')
    .option('--json', 'a line of JSON for each helper')
    .action((name: string | undefined, { json }: { json?: boolean }) => {
      const helpers = name === undefined ? HELPERS : selectHelpers(name);
      printLines(json ? helpers.map((helper) => jsonLine(helper)) : formatHelpers(helpers));
    });
}

/**
 * The helper of this name (with or without `bpf_`) or id, else all whose name contains it.
 *
 * @throws NotFoundError with the nearest names.
 */
export function selectHelpers(name: string): readonly Helper[] {
  const part = name.replace(/^bpf_/, '');
  const similar = HELPERS.filter((helper) => helper.name.includes(part));
  const isExact = similar.length === 0 || similar.some((helper) => helper.name === part);
  return isExact ? [findHelper(name)] : similar;
}
