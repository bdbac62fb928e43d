import { ArgumentError } from '../../errors/index.ts';
import { Attr, errno, failure, NETWORKING, NetlinkFlags, netlink, tryNetlink } from '../../sys/index.ts';
import { type AttachableProgram, attachment, checkNumber } from './create.ts';
import { interfaceIndex } from './interface.ts';
import { BpfLink } from './link.ts';
import type { TcTarget } from './targets.ts';

/** Messages, attributes and handles of rtnetlink (include/uapi/linux/{rtnetlink,pkt_sched,pkt_cls}.h). */
const RTM_NEWQDISC = 36;
const RTM_NEWTFILTER = 44;
const RTM_DELTFILTER = 45;
const TCA_KIND = 1;
const TCA_OPTIONS = 2;
const TCA_BPF_FD = 6;
const TCA_BPF_NAME = 7;
const TCA_BPF_FLAGS = 8;
const TCA_BPF_FLAG_ACT_DIRECT = 1;
const TC_H_CLSACT = 0xffff_fff1;
const CLSACT_HANDLE = 0xffff_0000;
const PARENTS = { ingress: 0xffff_fff2, egress: 0xffff_fff3 } as const;
const ETH_P_ALL = 0x0003;

/**
 * `struct tcmsg`: u8 family and padding, s32 interface, u32 handle, u32 parent, u32 info: of a filter its priority, and
 * its protocol in network byte order.
 */
function message(index: number, handle: number, parent: number, info = 0): Attr {
  return new Attr(20).u32(4, index).u32(8, handle).u32(12, parent).u32(16, info);
}

/**
 * By a filter of the queueing discipline `clsact` [`bpf_tc_attach`], in direct-action mode: what the program returns
 * is what happens to the packet. There is no link object: the filter is removed when the link is closed, and outlives
 * a process that ends without that.
 */
export function attachTc(program: AttachableProgram, options: TcTarget): BpfLink {
  if (!Object.hasOwn(PARENTS, options.direction)) {
    throw new ArgumentError({
      message: `program ${program.name}: direction "${options.direction}"`,
      remedy: 'Give direction as ingress or egress.',
    });
  }
  const index = interfaceIndex(options.interface);
  const priority = checkNumber('priority', options.priority ?? 0, 0, 0xffff);
  const target = `tc/${options.direction}/${options.interface}`;
  const what = attachment(program, target);
  makeClsact(index, what);
  const parent = PARENTS[options.direction];
  const protocol = new Attr(2).bytes;
  new DataView(protocol.buffer).setUint16(0, ETH_P_ALL);
  const info = ((priority << 16) | new Attr(protocol).readU16(0)) >>> 0;
  const [made] = netlink(
    {
      type: RTM_NEWTFILTER,
      flags: NetlinkFlags.CREATE | NetlinkFlags.EXCL | NetlinkFlags.ECHO,
      body: message(index, 0, parent, info).bytes,
      attributes: [
        { type: TCA_KIND, value: 'bpf' },
        {
          type: TCA_OPTIONS,
          value: [
            { type: TCA_BPF_FD, value: program.fd },
            { type: TCA_BPF_NAME, value: program.name },
            { type: TCA_BPF_FLAGS, value: TCA_BPF_FLAG_ACT_DIRECT },
          ],
        },
      ],
    },
    'RTM_NEWTFILTER',
    what,
  );
  // What the kernel chose: the filter's handle, and its priority.
  const filter = message(index, made!.readU32(8), parent, made!.readU32(16)).bytes;
  return new BpfLink(target, { release: () => removeFilter(filter, target) });
}

/** Makes `clsact` unless it is there already. */
function makeClsact(index: number, what: string): void {
  const answer = tryNetlink({
    type: RTM_NEWQDISC,
    flags: NetlinkFlags.CREATE | NetlinkFlags.EXCL,
    body: message(index, CLSACT_HANDLE, TC_H_CLSACT).bytes,
    attributes: [{ type: TCA_KIND, value: 'clsact' }],
  });
  if ('messages' in answer || answer.errno === errno.EEXIST) return;
  throw failure({
    command: 'RTM_NEWQDISC',
    what,
    errno: answer.errno,
    ...NETWORKING,
    remedy:
      answer.errno === errno.ENOENT
        ? 'This kernel lacks clsact: load module sch_ingress, and cls_bpf.'
        : undefined,
  });
}

/** The interface, or its clsact, may be gone by now, and the filter with it. */
function removeFilter(filter: Uint8Array, target: string): void {
  const answer = tryNetlink({
    type: RTM_DELTFILTER,
    flags: 0,
    body: filter,
    attributes: [{ type: TCA_KIND, value: 'bpf' }],
  });
  const gone: readonly number[] = [errno.ENOENT, errno.ENODEV, errno.EINVAL];
  if ('messages' in answer || gone.includes(answer.errno)) return;
  throw failure({ command: 'RTM_DELTFILTER', what: target, errno: answer.errno, ...NETWORKING });
}
