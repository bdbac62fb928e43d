import { readdirSync } from 'node:fs';
import { ArgumentError, NotFoundError, nearest } from '../../errors/index.ts';
import { AttachType } from '../../spec/index.ts';
import { type Attr, LINK_FIELDS, NETWORKING, native } from '../../sys/index.ts';
import { type AttachableProgram, checkNumber, createLink } from './create.ts';
import type { BpfLink } from './link.ts';
import type { NetkitTarget, TcxTarget, XdpTarget } from './targets.ts';

/** XDP_FLAGS_*_MODE (include/uapi/linux/if_link.h). */
const XDP_MODES = { generic: 2, driver: 4, hardware: 8 } as const;

/** On the packets that an interface receives, before anything else [`bpf_program__attach_xdp`]. */
export function attachXdp(program: AttachableProgram, { interface: on, mode }: XdpTarget): BpfLink {
  const flags = mode === undefined ? 0 : XDP_MODES[mode];
  const link = { attachType: AttachType.XDP, target: interfaceIndex(on), flags };
  return createLink(program, `xdp/${on}`, link, {
    ...NETWORKING,
    remedy:
      mode === undefined || mode === 'generic'
        ? undefined
        : 'Leave out the mode: not every driver and card can do it.',
  });
}

/** On the packets that pass the traffic control of an interface, by a link [`bpf_program__attach_tcx`]. */
export function attachTcx(program: AttachableProgram, options: TcxTarget): BpfLink {
  const fromSection = program.section.attachType === AttachType.TCX_EGRESS ? 'egress' : 'ingress';
  const direction = options.direction ?? fromSection;
  const attachType = direction === 'egress' ? AttachType.TCX_EGRESS : AttachType.TCX_INGRESS;
  const target = `tcx/${direction}/${options.interface}`;
  const link = { attachType, target: interfaceIndex(options.interface), ...order(options) };
  return createLink(program, target, link, NETWORKING);
}

/** On the packets of a netkit pair [`bpf_program__attach_netkit`]. */
export function attachNetkit(program: AttachableProgram, options: NetkitTarget): BpfLink {
  const { attachType } = program.section;
  const target = `netkit/${options.interface}`;
  const link = { attachType, target: interfaceIndex(options.interface), ...order(options) };
  return createLink(program, target, link, NETWORKING);
}

const BPF_F_BEFORE = 1 << 3;
const BPF_F_AFTER = 1 << 4;
const BPF_F_LINK = 1 << 13;

/** Flags and fields that say where among other links a new one goes. */
function order({ before, after }: Pick<TcxTarget, 'before' | 'after'>): {
  flags: number;
  fill: (attr: Attr) => void;
} {
  if (before !== undefined && after !== undefined) {
    throw new ArgumentError({
      message: 'a program cannot be both before one link and after another',
      remedy: 'Give before, after, or none of them.',
    });
  }
  const other = before ?? after;
  const place = (before === undefined ? 0 : BPF_F_BEFORE) | (after === undefined ? 0 : BPF_F_AFTER);
  return {
    flags: other === undefined ? 0 : place | BPF_F_LINK,
    fill: (attr) => attr.u32(LINK_FIELDS, other?.fd ?? 0),
  };
}

/**
 * Index of an interface, in the network namespace of this process.
 *
 * @throws NotFoundError with the nearest names; ArgumentError for an index that cannot be.
 */
export function interfaceIndex(name: string | number): number {
  if (typeof name !== 'string') return checkNumber('interface', name, 1, 0x7fffffff);
  const index = native().interfaceIndex(name);
  if (index > 0) return index;
  const all = interfaces();
  const close = nearest(name, all);
  throw new NotFoundError({
    message: `there is no network interface "${name}"`,
    remedy: `There is: ${(close.length > 0 ? close : all).join(', ') || 'none'}.`,
  });
}

function interfaces(): string[] {
  try {
    return readdirSync('/sys/class/net');
  } catch {
    // Without sysfs there is nothing to suggest.
    return [];
  }
}
