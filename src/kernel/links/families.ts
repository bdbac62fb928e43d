import type { AttachKind } from '../../spec/index.ts';
import type { AttachTargets } from './targets.ts';

/** How programs of one kind of section are attached. */
export interface Family<K extends AttachKind = AttachKind> {
  /** Whether this version attaches them. */
  readonly supported: boolean;
  /** First kernel that attaches them in this way (or an older one that it is replaced by). */
  readonly since: string;
  /** The fields of its target. */
  readonly fields: readonly Field<K>[];
  /** Those that a target must have, whatever the section says. */
  readonly required?: readonly Field<K>[];
  /** Whether the section can say all that attaching takes, so that `object.attach()` does it. */
  readonly automatic?: true;
}

type Field<K extends AttachKind> = K extends keyof AttachTargets ? keyof AttachTargets[K] : never;

const NONE = { supported: false, fields: [] } as const;
const UPROBE = ['binary', 'symbol', 'offset', 'pid', 'retprobe', 'cookie', 'mode'] as const;
const UPROBE_MULTI = ['binary', 'pattern', 'symbols', 'offsets', 'cookies', 'pid'] as const;
const KPROBE = ['symbol', 'offset', 'address', 'retprobe', 'cookie', 'mode'] as const;
const KPROBE_MULTI = ['pattern', 'symbols', 'cookies'] as const;
const KSYSCALL = ['syscall', 'retprobe', 'cookie', 'mode'] as const;

/**
 * Every kind of section that libbpf knows, and what becomes of it here: the rows of the support table. `since` is
 * the release of include/uapi/linux/bpf.h that brought the attach type or link type.
 */
export const FAMILIES: { readonly [K in AttachKind]: Family<K> } = {
  tracepoint: { supported: true, since: '4.7', fields: ['tracepoint', 'cookie', 'mode'], automatic: true },
  raw_tracepoint: { supported: true, since: '4.17', fields: ['tracepoint', 'cookie'], automatic: true },
  tp_btf: { supported: true, since: '5.5', fields: ['cookie'], automatic: true },
  fentry: { supported: true, since: '5.5', fields: ['cookie'], automatic: true },
  fexit: { supported: true, since: '5.5', fields: ['cookie'], automatic: true },
  fmod_ret: { supported: true, since: '5.7', fields: ['cookie'], automatic: true },
  lsm: { supported: true, since: '5.7', fields: ['cookie'], automatic: true },
  freplace: { supported: true, since: '5.6', fields: ['program', 'function', 'cookie'], automatic: true },
  kprobe: { supported: true, since: '4.1', fields: KPROBE, automatic: true },
  kretprobe: { supported: true, since: '4.1', fields: KPROBE, automatic: true },
  ksyscall: { supported: true, since: '4.17', fields: KSYSCALL, automatic: true },
  kretsyscall: { supported: true, since: '4.17', fields: KSYSCALL, automatic: true },
  'kprobe.multi': { supported: true, since: '5.18', fields: KPROBE_MULTI, automatic: true },
  'kretprobe.multi': { supported: true, since: '5.18', fields: KPROBE_MULTI, automatic: true },
  'kprobe.session': { supported: true, since: '6.10', fields: KPROBE_MULTI, automatic: true },
  uprobe: { supported: true, since: '4.3', fields: UPROBE, automatic: true },
  uretprobe: { supported: true, since: '4.3', fields: UPROBE, automatic: true },
  'uprobe.multi': { supported: true, since: '6.6', fields: UPROBE_MULTI, automatic: true },
  'uretprobe.multi': { supported: true, since: '6.6', fields: UPROBE_MULTI, automatic: true },
  'uprobe.session': { supported: true, since: '6.13', fields: UPROBE_MULTI, automatic: true },
  usdt: {
    supported: true,
    since: '4.20',
    fields: ['binary', 'provider', 'name', 'pid', 'cookie'],
    automatic: true,
  },
  iter: { supported: true, since: '5.8', fields: ['map', 'task', 'cgroup', 'order'], automatic: true },
  perf_event: {
    supported: true,
    since: '4.9',
    fields: ['event', 'frequency', 'period', 'pid', 'cpu', 'cookie', 'mode'],
    required: ['event'],
  },
  xdp: { supported: true, since: '5.9', fields: ['interface', 'mode'], required: ['interface'] },
  tcx: {
    supported: true,
    since: '6.6',
    fields: ['interface', 'direction', 'before', 'after'],
    required: ['interface'],
  },
  tc: {
    supported: true,
    since: '4.5',
    fields: ['interface', 'direction', 'priority'],
    required: ['interface', 'direction'],
  },
  netkit: {
    supported: true,
    since: '6.7',
    fields: ['interface', 'before', 'after'],
    required: ['interface'],
  },
  cgroup: { supported: true, since: '5.7', fields: ['cgroup'], required: ['cgroup'] },
  sk_lookup: { supported: true, since: '5.9', fields: ['netns'] },
  flow_dissector: { supported: true, since: '5.7', fields: ['netns'] },
  netfilter: {
    supported: true,
    since: '6.4',
    fields: ['family', 'hook', 'priority', 'defragment'],
    required: ['family', 'hook', 'priority'],
  },
  socket: { supported: true, since: '3.19', fields: ['socket'], required: ['socket'] },
  sk_reuseport: { supported: true, since: '4.19', fields: ['socket'], required: ['socket'] },
  sk_msg: { supported: true, since: '4.17', fields: ['map'], required: ['map'] },
  sk_skb: { supported: true, since: '4.14', fields: ['map'], required: ['map'] },
  none: { ...NONE, since: '5.14' },
  lwt: { ...NONE, since: '4.10' },
  lirc_mode2: { ...NONE, since: '4.18' },
  struct_ops: { ...NONE, since: '5.6' },
  fsession: { ...NONE, since: '7.0' },
  'fsession.multi': { ...NONE, since: '7.1' },
  'fentry.multi': { ...NONE, since: '7.1' },
  'fexit.multi': { ...NONE, since: '7.1' },
};
