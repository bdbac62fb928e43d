import { ArgumentError, NotSupportedError } from '../../errors/index.ts';
import type { Section } from '../../spec/index.ts';
import {
  type AttachHints,
  errno,
  failure,
  type LinkCreate,
  rawTracepointOpen,
  TRACING,
  tryLinkCreate,
} from '../../sys/index.ts';
import { isAtLeast, kernelRelease } from '../machine.ts';
import { FAMILIES } from './families.ts';
import { BpfLink, type LinkableProgram } from './link.ts';

/** A loaded program and where its section says it belongs. */
export interface AttachableProgram extends LinkableProgram {
  readonly section: Section;
}

/**
 * `BPF_LINK_CREATE` for a program.
 *
 * @param target what errors and the link call it: `xdp/eth0`.
 * @throws NotSupportedError on a kernel before the family's first, or `since`; PermissionError, BpfSyscallError.
 */
export function createLink(
  program: AttachableProgram,
  target: string,
  link: Omit<LinkCreate, 'program'>,
  hints: AttachHints & { since?: string } = TRACING,
): BpfLink {
  const fd = tryLinkCreate({ ...link, program: program.fd });
  if (fd >= 0) return BpfLink.of(fd, target);
  throw linkFailure(program, target, -fd, hints);
}

/** Why a link could not be made: a kernel that is too old says EINVAL. */
export function linkFailure(
  program: AttachableProgram,
  target: string,
  code: number,
  hints: AttachHints & { since?: string },
): Error {
  const { attachKind } = program.section;
  const since = hints.since ?? FAMILIES[attachKind].since;
  const what = attachment(program, target);
  const [major, minor] = since.split('.').map(Number) as [number, number];
  if (code === errno.EINVAL && !isAtLeast(kernelRelease(), major, minor)) {
    return new NotSupportedError({
      feature: `${attachKind} links`,
      since,
      message: `${what}: this kernel is ${kernelRelease().text}, and cannot do it before ${since}`,
      remedy: `Run kernel ${since} or later, or leave this program out.`,
    });
  }
  return failure({ command: 'BPF_LINK_CREATE', what, errno: code, ...hints });
}

/** {@link rawTracepointOpen} for a program. */
export function openRawTracepoint(
  program: AttachableProgram,
  target: string,
  name: string | undefined,
  cookie?: bigint,
): BpfLink {
  return BpfLink.of(rawTracepointOpen(program.fd, name, attachment(program, target), cookie), target);
}

/** What a call is about, in words. */
export function attachment(program: LinkableProgram, target: string): string {
  return `program ${program.name} to ${target}`;
}

/** @throws ArgumentError for a section without the target that attaching takes. */
export function targetOf(program: AttachableProgram, field: string, given?: string): string {
  const target = given ?? program.section.target;
  if (target !== undefined) return target;
  throw new ArgumentError({
    message: `neither the section of program ${program.name} nor its target says what to attach to`,
    remedy: `Name it: SEC("${program.section.attachKind}/…"), or program.attach({ ${field}: … }).`,
  });
}

/** @throws ArgumentError unless `value` is a whole number from `low` to `high`. */
export function checkNumber(field: string, value: number, low: number, high: number): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new ArgumentError({
    message: `${field} is ${value}, not a whole number from ${low} to ${high}`,
    remedy: `Give ${field} as one.`,
  });
}
