import { NotSupportedError } from '../../errors/index.ts';
import { AttachType } from '../../spec/index.ts';
import {
  closeFd,
  errno,
  LINK_FIELDS,
  type PerfEvent,
  perfEventOpen,
  perfSetProgram,
  TRACING,
  tryLinkCreate,
} from '../../sys/index.ts';
import { type AttachableProgram, attachment, linkFailure } from './create.ts';
import { BpfLink } from './link.ts';
import type { ProbeMode } from './targets.ts';

/** Of attaching to a perf event. */
export interface PerfOptions {
  readonly cookie?: bigint;
  readonly mode?: ProbeMode;
}

/**
 * Opens a perf event and lets the program run at it [`bpf_program__attach_perf_event_opts`]: by a link object, or,
 * before kernel 5.15, by the event's ioctl.
 *
 * @throws NotSupportedError for a cookie before 5.15; PermissionError, BpfSyscallError.
 */
export function attachPerf(
  program: AttachableProgram,
  target: string,
  event: PerfEvent,
  options: PerfOptions,
): BpfLink {
  const perf = perfEventOpen(event, attachment(program, target));
  let link: number | undefined;
  try {
    link = setProgram(program, target, perf, options);
  } finally {
    // A link keeps the event alive by itself.
    if (link !== perf) closeFd(perf);
  }
  return link === perf ? new BpfLink(target, { release: () => closeFd(perf) }) : BpfLink.of(link, target);
}

/** @returns the link's fd, or that of the event where there is no link. */
function setProgram(
  program: AttachableProgram,
  target: string,
  perf: number,
  { cookie, mode }: PerfOptions,
): number {
  if (mode !== 'perf') {
    const link = tryLinkCreate({
      program: program.fd,
      target: perf,
      attachType: AttachType.PERF_EVENT,
      fill: (attr) => attr.u64(LINK_FIELDS, cookie ?? 0n),
    });
    if (link >= 0) return link;
    // EINVAL is also what kernels without such links say; where it has another cause, the ioctl meets it too.
    if (link !== -errno.EINVAL || mode === 'link') {
      throw linkFailure(program, target, -link, { ...TRACING, since: '5.15' });
    }
  }
  if (cookie !== undefined) {
    throw new NotSupportedError({
      feature: 'attach cookies',
      since: '5.15',
      message: `${attachment(program, target)}: without a link object there is no cookie`,
      remedy: 'Leave out the cookie, or run kernel 5.15 or later (and no mode: "perf").',
    });
  }
  perfSetProgram(perf, program.fd, attachment(program, target));
  return perf;
}
