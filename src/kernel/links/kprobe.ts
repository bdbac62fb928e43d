import { readFileSync } from 'node:fs';
import { ArgumentError, BpfSyscallError, NotFoundError, nearest } from '../../errors/index.ts';
import { perfProbe } from '../../sys/index.ts';
import { isAtLeast, kernelRelease } from '../machine.ts';
import { type AttachableProgram, checkNumber, targetOf } from './create.ts';
import { attachLegacy, useLegacy } from './legacy.ts';
import type { BpfLink } from './link.ts';
import { attachPerf } from './perf.ts';
import { parsePlace } from './place.ts';
import type { KprobeTarget, KsyscallTarget } from './targets.ts';

/**
 * At a function of the kernel [`bpf_program__attach_kprobe_opts`], by the PMU `kprobe`, or by an event in tracefs.
 */
export function attachKprobe(program: AttachableProgram, options: KprobeTarget): BpfLink {
  const { address } = options;
  const returns = options.retprobe ?? program.section.attachKind.startsWith('kret');
  const place = address === undefined ? placeOf(program, options) : { symbol: '', offset: 0 };
  if (returns && place.offset !== 0) {
    throw new ArgumentError({
      message: `program ${program.name}: a return probe at ${place.symbol}+${place.offset}`,
      remedy: 'Return probes belong to a whole function: leave out the offset.',
    });
  }
  const where = address === undefined ? withOffset(place) : `0x${address.toString(16)}`;
  const target = `${returns ? 'kretprobe' : 'kprobe'}/${where}`;
  if (options.mode === 'legacy' || useLegacy('kprobe')) {
    return attachLegacy(program, target, { kind: 'kprobe', returns, where }, options);
  }
  const event = perfProbe('kprobe', { target: address ?? place.symbol, offset: place.offset, returns });
  try {
    return attachPerf(program, target, event, options);
  } catch (error) {
    const isMissing = error instanceof BpfSyscallError && MISSING.has(error.errno);
    throw isMissing && address === undefined ? noFunction(place.symbol, error) : error;
  }
}

/** What kernels say of a symbol that is not there, or there more than once (EADDRNOTAVAIL, from 6.6). */
const MISSING: ReadonlySet<string> = new Set(['ENOENT', 'EADDRNOTAVAIL']);

function noFunction(symbol: string, cause: BpfSyscallError): NotFoundError {
  const near = nearest(symbol, kernelFunctions());
  return new NotFoundError({
    message: `this kernel has no function "${symbol}" that can be probed, or several (${cause.errno})`,
    remedy: `Near it: ${near.join(', ') || 'none'}; see /proc/kallsyms. Inlined functions cannot be probed.`,
    cause,
  });
}

/** Names of all functions of the kernel, without those that the compiler made (`.cold`, `.part.0`). */
export function* kernelFunctions(): Generator<string> {
  for (const [, name] of readFileSync('/proc/kallsyms', 'latin1').matchAll(/^\S+ [tTwW] ([^.\s]+)$/gm)) {
    yield name!;
  }
}

/** At the kernel's function for a system call [`bpf_program__attach_ksyscall`]. */
export function attachKsyscall(program: AttachableProgram, options: KsyscallTarget): BpfLink {
  const { syscall, ...rest } = options;
  const name = targetOf(program, 'syscall', syscall);
  const retprobe = options.retprobe ?? program.section.attachKind === 'kretsyscall';
  return attachKprobe(program, { ...rest, symbol: `${syscallPrefix()}${name}`, retprobe });
}

/** What a processor's system calls begin with (`SYSCALL_WRAPPER`). */
export function syscallPrefix(): string {
  if (process.arch === 'x64') return '__x64_sys_';
  if (process.arch === 'arm64') return '__arm64_sys_';
  if (process.arch === 'riscv64' && isAtLeast(kernelRelease(), 6, 6)) return '__riscv_sys_';
  return '__se_sys_';
}

function placeOf(program: AttachableProgram, options: KprobeTarget): { symbol: string; offset: number } {
  const place = parsePlace(targetOf(program, 'symbol', options.symbol));
  const offset = checkNumber('offset', options.offset ?? place.offset, 0, 0x7fffffff);
  return { symbol: place.symbol, offset };
}

function withOffset({ symbol, offset }: { symbol: string; offset: number }): string {
  return offset === 0 ? symbol : `${symbol}+0x${offset.toString(16)}`;
}
