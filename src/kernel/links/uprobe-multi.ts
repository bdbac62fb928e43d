import { type ElfFile, elfFunctions } from '../../elf/index.ts';
import { ArgumentError, NotFoundError } from '../../errors/index.ts';
import { uprobeMultiFields } from '../../sys/index.ts';
import { findBinary, openBinary } from './binary.ts';
import { type AttachableProgram, checkNumber, createLink } from './create.ts';
import { checkCookies } from './kprobe-multi.ts';
import type { BpfLink } from './link.ts';
import { matcher } from './place.ts';
import type { UprobeMultiTarget } from './targets.ts';
import { checkPid, functionOffset, noBinary, splitTarget } from './uprobe.ts';

/** At many places of a file by one link (kernel 6.6) [`bpf_program__attach_uprobe_multi`]. */
export function attachUprobeMulti(program: AttachableProgram, options: UprobeMultiTarget): BpfLink {
  const { attachKind, attachType } = program.section;
  const named = splitTarget(program.section.target);
  const binary = options.binary ?? named.binary;
  if (binary === undefined) throw noBinary(program);
  const file = findBinary(binary);
  const pattern = options.pattern ?? (isListed(options) ? undefined : named.place);
  const offsets =
    pattern === undefined ? listed(program, file, options) : matching(openBinary(file), pattern);
  const { cookies } = options;
  checkCookies(program, cookies, offsets.length, 'symbols or offsets');
  const pid = options.pid === undefined ? 0 : checkPid(options.pid) || process.pid;
  const returns = attachKind === 'uretprobe.multi';
  const fill = uprobeMultiFields({ path: file, offsets, returns, cookies, pid });
  const target = `${attachKind}/${file}:${pattern ?? `${offsets.length} places`}`;
  return createLink(program, target, { attachType, fill });
}

function isListed({ symbols, offsets }: UprobeMultiTarget): boolean {
  return symbols !== undefined || offsets !== undefined;
}

function listed(program: AttachableProgram, file: string, { symbols, offsets }: UprobeMultiTarget): number[] {
  const places = (offsets ?? []).map((offset) => checkNumber('offset', offset, 1, Number.MAX_SAFE_INTEGER));
  if (symbols !== undefined && symbols.length > 0) {
    const elf = openBinary(file);
    places.unshift(...symbols.map((name) => functionOffset(elf, name)));
  }
  if (places.length > 0) return places;
  throw new ArgumentError({
    message: `program ${program.name}: nothing says where in ${file} to probe`,
    remedy: 'Give a pattern, symbols, or offsets in the file.',
  });
}

function matching(elf: ElfFile, pattern: string): number[] {
  if (!/[*?]/.test(pattern)) return [functionOffset(elf, pattern)];
  const test = matcher(pattern);
  const found = new Set<number>();
  for (const { name, offset } of elfFunctions(elf)) if (test(name)) found.add(offset);
  if (found.size > 0) return [...found];
  throw new NotFoundError({
    message: `no function of ${elf.name} matches "${pattern}"`,
    remedy: '* stands for any text, ? for one character.',
  });
}
