import type { LinkableProgram } from './link.ts';

/** What every tracing family takes. */
interface Cookie {
  /** What `bpf_get_attach_cookie` returns in the program (kernel 5.15; tracing programs 5.18, raw tracepoints 6.10). */
  readonly cookie?: bigint;
}

/**
 * How a perf event gets its program [`enum probe_attach_mode`]: `link` by a link object (kernel 5.15), `perf` by the
 * event's ioctl, `legacy` by an event made in tracefs before. Absent: the first of them that works.
 */
export type ProbeMode = 'link' | 'perf' | 'legacy';

/** Of `tracepoint` programs. */
export interface TracepointTarget extends Cookie {
  /** `sched/sched_process_exec`; that of the section where absent. */
  readonly tracepoint?: string;
  readonly mode?: Exclude<ProbeMode, 'legacy'>;
}

/** Of `raw_tracepoint` programs. */
export interface RawTracepointTarget extends Cookie {
  /** `sched_process_exec`; that of the section where absent. */
  readonly tracepoint?: string;
}

/** Of `tp_btf`, `fentry`, `fexit`, `fmod_ret` and `lsm` programs, whose target was chosen when they were loaded. */
export interface TracingTarget extends Cookie {}

/** Of `freplace` programs. Without options: what it was loaded for. */
export interface FreplaceTarget extends Cookie {
  /** Another program than the one it was loaded for, with a function of the same type. */
  readonly program?: LinkableProgram;
  /** Name of that function. */
  readonly function?: string;
}

/** Of `kprobe` and `kretprobe` programs. */
export interface KprobeTarget extends Cookie {
  /** Function of the kernel, with an offset in bytes if wanted: `do_unlinkat+0x10`. That of the section where absent. */
  readonly symbol?: string;
  /** Bytes behind the symbol; not for return probes. */
  readonly offset?: number;
  /** Instead of a symbol: an address in the kernel. */
  readonly address?: bigint;
  /** At return instead of entry; what the section says where absent. */
  readonly retprobe?: boolean;
  readonly mode?: ProbeMode;
}

/** Of `ksyscall` and `kretsyscall` programs. */
export interface KsyscallTarget extends Cookie {
  /** `openat`; that of the section where absent. */
  readonly syscall?: string;
  readonly retprobe?: boolean;
  readonly mode?: ProbeMode;
}

/** Of `kprobe.multi`, `kretprobe.multi` and `kprobe.session` programs. */
export interface KprobeMultiTarget {
  /** Functions whose names match, with `*` and `?`: `tcp_*`. What the section says where this and `symbols` are absent. */
  readonly pattern?: string;
  readonly symbols?: readonly string[];
  /** One for each of `symbols`. */
  readonly cookies?: readonly bigint[];
}

/** Which file a probe is in. */
interface Binary {
  /**
   * Path of an executable or library. A bare name is looked for in `PATH`, or, a library's, where the loader looks:
   * `bash`, `libc.so.6`. To probe in a container, go through a process of it: `/proc/PID/root/usr/bin/…`.
   */
  readonly binary?: string;
  /** Only when this process passes; 0 is this one. Every process where absent. */
  readonly pid?: number;
}

/** Of `uprobe` and `uretprobe` programs. What is absent is taken from the section, `uprobe/BINARY:SYMBOL+OFFSET`. */
export interface UprobeTarget extends Binary, Cookie {
  /** Function, exported or not, `malloc`; with a version or an offset if wanted, `pthread_create@GLIBC_2.34+4`. */
  readonly symbol?: string;
  /** Bytes behind the symbol; without one, in the file. */
  readonly offset?: number;
  /** At return instead of entry; what the section says where absent. */
  readonly retprobe?: boolean;
  readonly mode?: ProbeMode;
}

/** Of `uprobe.multi`, `uretprobe.multi` and `uprobe.session` programs: one link for many places of a file. */
export interface UprobeMultiTarget extends Binary {
  /** Functions whose names match, with `*` and `?`. What the section says where all of these are absent. */
  readonly pattern?: string;
  readonly symbols?: readonly string[];
  /** Places in the file, in bytes. */
  readonly offsets?: readonly number[];
  /** One for each of `symbols` or `offsets`. */
  readonly cookies?: readonly bigint[];
}

/** Of `usdt` programs. What is absent is taken from the section, `usdt/BINARY:PROVIDER:NAME`. */
export interface UsdtTarget extends Binary, Cookie {
  readonly provider?: string;
  readonly name?: string;
}

/** Of `iter` programs: what to go over. Everything there is where absent, or for map elements an error. */
export interface IteratorTarget {
  /** `bpf_map_elem`, `sockmap`, `bpf_sk_storage_map`: the map. */
  readonly map?: { readonly fd: number };
  /** `task`, `task_file`, `task_vma`: one thread, one process, or the process of a pidfd (kernel 6.1). */
  readonly task?: { readonly tid: number } | { readonly pid: number } | { readonly pidfd: number };
  /** `cgroup`, `css_task`: path of a cgroup's directory. */
  readonly cgroup?: string;
  /** With `cgroup`: it alone, it and those below before or after their parents, or its ancestors (kernel 6.1). */
  readonly order?: 'self_only' | 'descendants_pre' | 'descendants_post' | 'ancestors_up' | 'children';
}

/** Of `perf_event` programs: one of frequency and period, on each CPU that is online unless one is named. */
export interface PerfEventTarget extends Cookie {
  readonly event: PerfEventName;
  /** Samples in a second. */
  readonly frequency?: number;
  /** One sample in so many events; of clocks, nanoseconds. */
  readonly period?: number;
  /** A process; 0 is this one. Every process where absent. */
  readonly pid?: number;
  readonly cpu?: number;
  readonly mode?: Exclude<ProbeMode, 'legacy'>;
}

/** Name of a hardware or software event, as `perf list` prints it. */
export type PerfEventName =
  | 'cpu-cycles'
  | 'instructions'
  | 'cache-references'
  | 'cache-misses'
  | 'branch-instructions'
  | 'branch-misses'
  | 'bus-cycles'
  | 'ref-cycles'
  | 'cpu-clock'
  | 'task-clock'
  | 'page-faults'
  | 'context-switches'
  | 'cpu-migrations'
  | 'minor-faults'
  | 'major-faults'
  | 'alignment-faults'
  | 'emulation-faults';

/** A network interface: its name, or its index. */
interface Interface {
  readonly interface: string | number;
}

/** Of `xdp` programs. */
export interface XdpTarget extends Interface {
  /** In the driver, on any interface behind the driver (`generic`), or on the card. What the kernel chooses where absent. */
  readonly mode?: 'driver' | 'generic' | 'hardware';
}

/** Place among the programs that are there already. Last where both are absent. */
interface Order {
  readonly before?: { readonly fd: number };
  readonly after?: { readonly fd: number };
}

/** Of `tcx` programs (kernel 6.6). */
export interface TcxTarget extends Interface, Order {
  /** What the section says where absent. */
  readonly direction?: 'ingress' | 'egress';
}

/** Of `tc` programs: a filter of the queueing discipline `clsact`, which is made if it is not there, and left. */
export interface TcTarget extends Interface {
  readonly direction: 'ingress' | 'egress';
  /** Lower numbers run first; the kernel chooses one where absent. */
  readonly priority?: number;
}

/** Of `netkit` programs (kernel 6.7); `interface` is the primary device. */
export interface NetkitTarget extends Interface, Order {}

/** Of programs that take part in a cgroup and those below it. */
export interface CgroupTarget {
  /** Path of the cgroup's directory, in the unified hierarchy. */
  readonly cgroup: string;
}

/** Of `sk_lookup` and `flow_dissector` programs. */
export interface NetnsTarget {
  /** Path of a network namespace: `/run/netns/blue`; that of this process where absent. */
  readonly netns?: string;
}

/** Of `netfilter` programs (kernel 6.4). */
export interface NetfilterTarget {
  readonly family: 'ipv4' | 'ipv6';
  readonly hook: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';
  /** Lower numbers run first; no two programs of a hook may have the same. Neither the lowest nor the highest possible. */
  readonly priority: number;
  /** Fragments are put together before. */
  readonly defragment?: boolean;
}

/** Of `socket` and `sk_reuseport` programs. */
export interface SocketTarget {
  /** fd of the socket. It must stay open until the link is closed; closing it ends the attachment too. */
  readonly socket: number;
}

/** Of `sk_msg` and `sk_skb` programs. */
export interface SockmapTarget {
  /** A `SOCKMAP` or `SOCKHASH`. */
  readonly map: { readonly fd: number };
}

/** What `program.attach()` takes, by the kind of the program's section. */
export interface AttachTargets {
  readonly tracepoint: TracepointTarget;
  readonly raw_tracepoint: RawTracepointTarget;
  readonly tp_btf: TracingTarget;
  readonly fentry: TracingTarget;
  readonly fexit: TracingTarget;
  readonly fmod_ret: TracingTarget;
  readonly lsm: TracingTarget;
  readonly freplace: FreplaceTarget;
  readonly kprobe: KprobeTarget;
  readonly kretprobe: KprobeTarget;
  readonly ksyscall: KsyscallTarget;
  readonly kretsyscall: KsyscallTarget;
  readonly 'kprobe.multi': KprobeMultiTarget;
  readonly 'kretprobe.multi': KprobeMultiTarget;
  readonly 'kprobe.session': KprobeMultiTarget;
  readonly uprobe: UprobeTarget;
  readonly uretprobe: UprobeTarget;
  readonly 'uprobe.multi': UprobeMultiTarget;
  readonly 'uretprobe.multi': UprobeMultiTarget;
  readonly 'uprobe.session': UprobeMultiTarget;
  readonly usdt: UsdtTarget;
  readonly iter: IteratorTarget;
  readonly perf_event: PerfEventTarget;
  readonly xdp: XdpTarget;
  readonly tcx: TcxTarget;
  readonly tc: TcTarget;
  readonly netkit: NetkitTarget;
  readonly cgroup: CgroupTarget;
  readonly sk_lookup: NetnsTarget;
  readonly flow_dissector: NetnsTarget;
  readonly netfilter: NetfilterTarget;
  readonly socket: SocketTarget;
  readonly sk_reuseport: SocketTarget;
  readonly sk_msg: SockmapTarget;
  readonly sk_skb: SockmapTarget;
}

/** Where to attach a program, and how; which fields count depends on the program's section. */
export type AttachTarget = AttachTargets[keyof AttachTargets];
