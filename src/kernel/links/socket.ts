import {
  errno,
  NETWORKING,
  programAttach,
  programDetach,
  setSocketProgram,
  tryLinkCreate,
} from '../../sys/index.ts';
import { type AttachableProgram, attachment, checkNumber, linkFailure } from './create.ts';
import { BpfLink } from './link.ts';
import type { SocketTarget, SockmapTarget } from './targets.ts';

/** On what a socket receives, or, `sk_reuseport`, which socket of a group receives it (socket(7)). */
export function attachSocket(program: AttachableProgram, options: SocketTarget): BpfLink {
  const socket = checkNumber('socket', options.socket, 0, 0x7fffffff);
  const { attachKind } = program.section;
  const [attach, detach] =
    attachKind === 'sk_reuseport'
      ? (['ATTACH_REUSEPORT_EBPF', 'DETACH_REUSEPORT_BPF'] as const)
      : (['ATTACH_BPF', 'DETACH_FILTER'] as const);
  const target = `${attachKind} on fd ${socket}`;
  setSocketProgram(socket, attach, program.fd, attachment(program, target));
  return new BpfLink(target, { release: () => setSocketProgram(socket, detach, 0, target) });
}

/** On what passes the sockets of a map [`bpf_program__attach_sockmap`]: by a link, or without one before kernel 6.10. */
export function attachSockmap(program: AttachableProgram, { map }: SockmapTarget): BpfLink {
  const { attachKind, attachType } = program.section;
  const target = `${attachKind} on a map`;
  const fd = tryLinkCreate({ program: program.fd, target: map.fd, attachType });
  if (fd >= 0) return BpfLink.of(fd, target);
  if (fd !== -errno.EINVAL) throw linkFailure(program, target, -fd, NETWORKING);
  const place = { program: program.fd, target: map.fd, attachType };
  programAttach(place, attachment(program, target));
  return new BpfLink(target, { release: () => programDetach(place, target) });
}
