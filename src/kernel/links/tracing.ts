import { LINK_FIELDS } from '../../sys/index.ts';
import { programFunction } from '../attach-target.ts';
import { type AttachableProgram, createLink, openRawTracepoint } from './create.ts';
import type { BpfLink } from './link.ts';
import type { FreplaceTarget, TracingTarget } from './targets.ts';

/**
 * Where the program was loaded for [`bpf_program__attach_trace`]. Links with a cookie are made by `BPF_LINK_CREATE`
 * (kernel 5.18), others in the way that all kernels know.
 */
export function attachTracing(program: AttachableProgram, { cookie }: TracingTarget): BpfLink {
  const { attachKind, attachType, target = '' } = program.section;
  const name = `${attachKind}/${target}`;
  // lsm has no BPF_LINK_CREATE before 6.0, and no cookies without it.
  if (cookie === undefined) return openRawTracepoint(program, name, undefined);
  return createLink(program, name, { attachType, fill: (attr) => attr.u64(LINK_FIELDS + 8, cookie) });
}

/** In the place of a function of another program [`bpf_program__attach_freplace`]. */
export function attachFreplace(program: AttachableProgram, options: FreplaceTarget): BpfLink {
  const name = options.function ?? program.section.target ?? '';
  const target = `freplace/${name}`;
  if (options.program === undefined) return attachTracing(program, options);
  const id = programFunction(options.program, name);
  return createLink(program, target, {
    attachType: program.section.attachType,
    target: options.program.fd,
    fill: (attr) => attr.u32(LINK_FIELDS, id).u64(LINK_FIELDS + 8, options.cookie ?? 0n),
  });
}
