import { type ElfFile, elfFunctions, findFunction } from '../../elf/index.ts';
import { ArgumentError, NotFoundError, nearest } from '../../errors/index.ts';
import { perfProbe } from '../../sys/index.ts';
import { findBinary, openBinary } from './binary.ts';
import { type AttachableProgram, checkNumber } from './create.ts';
import { attachLegacy, useLegacy } from './legacy.ts';
import type { BpfLink } from './link.ts';
import { attachPerf, type PerfOptions } from './perf.ts';
import { parsePlace } from './place.ts';
import type { UprobeTarget } from './targets.ts';

/** A place in a file, and who is watched there. */
export interface UprobePlace {
  /** Path of the file. */
  readonly file: string;
  /** In bytes, in the file. */
  readonly offset: number;
  /** Place in the file of a counter that the kernel keeps above 0 while the probe stands. */
  readonly referenceCounter?: number;
  readonly returns: boolean;
  /** All processes where absent. */
  readonly pid?: number;
}

/** At a function of a program or library [`bpf_program__attach_uprobe_opts`]. */
export function attachUprobe(program: AttachableProgram, options: UprobeTarget): BpfLink {
  const named = splitTarget(program.section.target);
  const binary = options.binary ?? named.binary;
  if (binary === undefined) throw noBinary(program);
  const file = findBinary(binary);
  // An offset without a symbol is one in the file; the section's symbol does not count beside it.
  const symbol = options.symbol ?? (options.offset === undefined ? named.place : undefined);
  const offset = placeIn(file, symbol, options.offset);
  const returns = options.retprobe ?? program.section.attachKind === 'uretprobe';
  const pid = options.pid === undefined ? {} : { pid: checkPid(options.pid) };
  const target = `${returns ? 'uretprobe' : 'uprobe'}/${file}:${symbol ?? hex(offset)}`;
  return attachUprobeAt(program, target, { file, offset, returns, ...pid }, options);
}

/** At a place in a file: by the PMU `uprobe`, or by an event in tracefs. */
export function attachUprobeAt(
  program: AttachableProgram,
  target: string,
  place: UprobePlace,
  options: PerfOptions,
): BpfLink {
  const { file, offset, referenceCounter, returns, pid } = place;
  if (options.mode === 'legacy' || useLegacy('uprobe')) {
    const counter = referenceCounter === undefined ? '' : `(${hex(referenceCounter)})`;
    const probe = { kind: 'uprobe', returns, where: `${file}:${hex(offset)}${counter}`, pid } as const;
    return attachLegacy(program, target, probe, options);
  }
  const event = perfProbe('uprobe', { target: file, offset, referenceCounter, returns, pid });
  return attachPerf(program, target, event, options);
}

/** Parts of a section's target, `BINARY:PLACE`; the place may be absent. */
export function splitTarget(target: string | undefined): { binary?: string; place?: string } {
  if (target === undefined) return {};
  const colon = target.indexOf(':');
  return colon < 0 ? { binary: target } : { binary: target.slice(0, colon), place: target.slice(colon + 1) };
}

export function noBinary(program: AttachableProgram): ArgumentError {
  return new ArgumentError({
    message: `neither the section of program ${program.name} nor its target says which file to probe`,
    remedy: `Name it: SEC("${program.section.attachKind}/PATH:…"), or program.attach({ binary: … }).`,
  });
}

/** @throws ArgumentError. */
export function checkPid(pid: number): number {
  return checkNumber('pid', pid, 0, 0x7fffffff);
}

/** Offset in a file of `malloc`, `malloc+4`, or `0x1234`, plus `more`. */
function placeIn(file: string, symbol: string | undefined, more = 0): number {
  checkNumber('offset', more, 0, Number.MAX_SAFE_INTEGER);
  if (symbol === undefined) {
    if (more > 0) return more;
    throw new ArgumentError({
      message: `nothing says where in ${file} to probe`,
      remedy: 'Give a symbol, or an offset in the file.',
    });
  }
  if (/^(0x[0-9a-f]+|\d+)$/i.test(symbol)) return Number(symbol) + more;
  const place = parsePlace(symbol);
  return functionOffset(openBinary(file), place.symbol) + place.offset + more;
}

/**
 * Offset in the file of the function of that name.
 *
 * @throws NotFoundError with the nearest names; ArgumentError where several functions have it.
 */
export function functionOffset(elf: ElfFile, name: string): number {
  const found = findFunction(elf, name);
  if (found.length > 1) {
    throw new ArgumentError({
      message: `${elf.name} has ${found.length} functions "${name}"`,
      remedy: `Probe one by its offset in the file: ${found.map(({ offset }) => hex(offset)).join(', ')}.`,
    });
  }
  if (found.length === 1) return found[0]!.offset;
  const all = [...elfFunctions(elf)].map((f) => f.name);
  const close = nearest(name, new Set(all));
  const other =
    all.length === 0 ? 'It is stripped: probe by an offset in the file.' : 'It has no name like it.';
  throw new NotFoundError({
    message: `${elf.name} defines no function "${name}"`,
    remedy: close.length > 0 ? `Near it: ${close.join(', ')}.` : other,
  });
}

export function hex(number: number): string {
  return `0x${number.toString(16)}`;
}
