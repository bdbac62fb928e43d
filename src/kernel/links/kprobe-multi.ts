import { ArgumentError, NotFoundError } from '../../errors/index.ts';
import { kprobeMultiFields } from '../../sys/index.ts';
import { readTracefs } from '../tracefs.ts';
import { type AttachableProgram, createLink, targetOf } from './create.ts';
import type { BpfLink } from './link.ts';
import { matcher } from './place.ts';
import type { KprobeMultiTarget } from './targets.ts';

/** At many functions of the kernel by one link (fprobe) [`bpf_program__attach_kprobe_multi_opts`]. */
export function attachKprobeMulti(program: AttachableProgram, options: KprobeMultiTarget): BpfLink {
  const { attachKind, attachType } = program.section;
  const symbols = options.symbols ?? matching(targetOf(program, 'pattern', options.pattern));
  const { cookies } = options;
  checkCookies(program, cookies, symbols.length, 'symbols');
  const target = `${attachKind}/${options.pattern ?? program.section.target ?? symbols.join(',')}`;
  const fill = kprobeMultiFields({ symbols, returns: attachKind === 'kretprobe.multi', cookies });
  return createLink(program, target, { attachType, fill });
}

/** @throws ArgumentError unless there is one cookie for each place, of places that are listed. */
export function checkCookies(
  program: AttachableProgram,
  cookies: readonly bigint[] | undefined,
  count: number,
  field: string,
): void {
  if (cookies === undefined || cookies.length === count) return;
  throw new ArgumentError({
    message: `program ${program.name}: ${cookies.length} cookies for ${count} ${field}`,
    remedy: `List ${field}, and give one cookie for each.`,
  });
}

/** Functions that can be traced, by `available_filter_functions` of tracefs; those of modules too. */
function matching(pattern: string): string[] {
  if (!/[*?]/.test(pattern)) return [pattern];
  const test = matcher(pattern);
  const names = readTracefs('available_filter_functions')
    .split('\n')
    .map((line) => line.split(/\s/, 1)[0]!);
  const found = [...new Set(names.filter((name) => name !== '' && test(name)))];
  if (found.length > 0) return found;
  throw new NotFoundError({
    message: `no function of this kernel matches "${pattern}"`,
    remedy: `See available_filter_functions in tracefs; * stands for any text, ? for one character.`,
  });
}
