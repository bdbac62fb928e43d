import { closeSync, openSync } from 'node:fs';
import { ArgumentError } from '../../errors/index.ts';
import { AttachType } from '../../spec/index.ts';
import { NETWORKING } from '../../sys/index.ts';
import { type AttachableProgram, createLink } from './create.ts';
import type { BpfLink } from './link.ts';
import type { CgroupTarget, NetnsTarget } from './targets.ts';

/** What the path of a cgroup is, in words. */
export const CGROUP = 'a directory in the unified cgroup hierarchy (see /proc/mounts, type cgroup2)';

/** On what processes of a cgroup, and of those below it, do [`bpf_program__attach_cgroup`]. */
export function attachCgroup(program: AttachableProgram, { cgroup }: CgroupTarget): BpfLink {
  const { attachType } = program.section;
  return atPath(cgroup, CGROUP, (fd) =>
    createLink(program, `cgroup ${cgroup}`, { attachType, target: fd }, NETWORKING),
  );
}

/** In a network namespace [`bpf_program__attach_netns`]. */
export function attachNetns(program: AttachableProgram, { netns }: NetnsTarget): BpfLink {
  const { attachKind } = program.section;
  // Sections of both kinds name their attach type.
  const attachType = attachKind === 'sk_lookup' ? AttachType.SK_LOOKUP : AttachType.FLOW_DISSECTOR;
  return atPath(netns ?? '/proc/self/ns/net', 'a network namespace, such as /run/netns/NAME', (fd) =>
    createLink(
      program,
      `${attachKind} in ${netns ?? 'this network namespace'}`,
      { attachType, target: fd },
      NETWORKING,
    ),
  );
}

/** Opens a path for as long as it takes to attach to it. @throws ArgumentError where it cannot be opened. */
export function atPath<T>(path: string, expected: string, use: (fd: number) => T): T {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (cause) {
    throw new ArgumentError({
      message: `${path} cannot be opened: ${(cause as NodeJS.ErrnoException).code}`,
      remedy: `Give the path of ${expected}.`,
      cause,
    });
  }
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}
