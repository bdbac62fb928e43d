import { ArgumentError } from '../../errors/index.ts';
import { AttachType } from '../../spec/index.ts';
import { type Attr, LINK_FIELDS, NETWORKING } from '../../sys/index.ts';
import { type AttachableProgram, checkNumber, createLink } from './create.ts';
import type { BpfLink } from './link.ts';
import type { NetfilterTarget } from './targets.ts';

/** `NFPROTO_*`, `enum nf_inet_hooks` (include/uapi/linux/netfilter.h). */
const FAMILIES = { ipv4: 2, ipv6: 10 } as const;
const HOOKS = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;
const BPF_F_NETFILTER_IP_DEFRAG = 1;

/** At a hook of netfilter in this network namespace [`bpf_program__attach_netfilter`]. */
export function attachNetfilter(program: AttachableProgram, options: NetfilterTarget): BpfLink {
  const { family, hook } = options;
  if (!Object.hasOwn(FAMILIES, family) || !Object.hasOwn(HOOKS, hook)) {
    throw new ArgumentError({
      message: `program ${program.name}: netfilter has no hook "${hook}" of family "${family}"`,
      remedy: `Families: ${Object.keys(FAMILIES).join(', ')}; hooks: ${Object.keys(HOOKS).join(', ')}.`,
    });
  }
  const priority = checkNumber('priority', options.priority, -0x7fffffff, 0x7ffffffe);
  const link = {
    attachType: AttachType.NETFILTER,
    fill: (attr: Attr) =>
      attr
        .u32(LINK_FIELDS, FAMILIES[family])
        .u32(LINK_FIELDS + 4, HOOKS[hook])
        .u32(LINK_FIELDS + 8, priority)
        .u32(LINK_FIELDS + 12, options.defragment ? BPF_F_NETFILTER_IP_DEFRAG : 0),
  };
  return createLink(program, `netfilter/${family}/${hook}`, link, NETWORKING);
}
