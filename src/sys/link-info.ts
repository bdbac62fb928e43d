import { Attr, cString } from './attr.ts';
import { bpf } from './call.ts';

/** `enum bpf_link_type`, by number. */
const LINK_TYPES = [
  'UNSPEC',
  'RAW_TRACEPOINT',
  'TRACING',
  'CGROUP',
  'ITER',
  'NETNS',
  'XDP',
  'PERF_EVENT',
  'KPROBE_MULTI',
  'STRUCT_OPS',
  'NETFILTER',
  'TCX',
  'UPROBE_MULTI',
  'NETKIT',
  'SOCKMAP',
] as const;

/** `enum bpf_perf_event_type`, by number. */
const PERF_KINDS = ['UNSPEC', 'UPROBE', 'URETPROBE', 'KPROBE', 'KRETPROBE', 'TRACEPOINT', 'EVENT'] as const;

interface Common {
  readonly id: number;
  readonly programId: number;
}

/** On what a perf event link stands; kernels before 6.6 tell nothing (`UNSPEC`). */
export type PerfLinkInfo =
  | { readonly kind: 'UNSPEC' }
  | {
      readonly kind: 'UPROBE' | 'URETPROBE';
      readonly file: string;
      /** In the file. */
      readonly offset: number;
      readonly cookie: bigint;
    }
  | {
      readonly kind: 'KPROBE' | 'KRETPROBE';
      readonly symbol: string;
      readonly offset: number;
      /** 0 where the kernel hides its addresses from this process. */
      readonly address: bigint;
      /** Occurrences at which the program was left out. */
      readonly missed: bigint;
      readonly cookie: bigint;
    }
  | { readonly kind: 'TRACEPOINT'; readonly name: string; readonly cookie: bigint }
  | {
      readonly kind: 'EVENT';
      /** PerfType. */
      readonly eventType: number;
      readonly config: bigint;
      readonly cookie: bigint;
    };

/**
 * What the kernel tells about a link (`struct bpf_link_info`), by `type`. Fields that the running kernel does not
 * know yet are 0.
 */
export type LinkInfo = Common &
  (
    | { readonly type: 'RAW_TRACEPOINT'; readonly name: string; readonly cookie: bigint }
    | {
        readonly type: 'TRACING';
        readonly attachType: number;
        /** Id of the program that it is attached to, or of the BTF object of a module. */
        readonly targetObjectId: number;
        readonly targetBtfId: number;
        readonly cookie: bigint;
      }
    | { readonly type: 'CGROUP'; readonly cgroupId: bigint; readonly attachType: number }
    | {
        readonly type: 'ITER';
        /** What it goes over: `task`, `bpf_map_elem`. */
        readonly name: string;
        /** Iterators over a map's elements: that map. */
        readonly mapId: number;
      }
    | { readonly type: 'NETNS'; readonly netnsInode: number; readonly attachType: number }
    | { readonly type: 'XDP'; readonly interfaceIndex: number }
    | ({ readonly type: 'PERF_EVENT' } & PerfLinkInfo)
    | {
        readonly type: 'KPROBE_MULTI';
        readonly count: number;
        readonly flags: number;
        readonly missed: bigint;
      }
    | { readonly type: 'STRUCT_OPS'; readonly mapId: number }
    | {
        readonly type: 'NETFILTER';
        readonly protocolFamily: number;
        readonly hook: number;
        readonly priority: number;
        readonly flags: number;
      }
    | { readonly type: 'TCX' | 'NETKIT'; readonly interfaceIndex: number; readonly attachType: number }
    | {
        readonly type: 'UPROBE_MULTI';
        readonly file: string;
        readonly count: number;
        readonly flags: number;
        readonly pid: number;
      }
    | { readonly type: 'SOCKMAP'; readonly mapId: number; readonly attachType: number }
    /** A type that this version does not know. */
    | { readonly type: 'UNSPEC'; readonly typeNumber: number }
  );

const INFO_SIZE = 80;
/** Room for a path or name. */
const TEXT_SIZE = 4096;

/**
 * `BPF_OBJ_GET_INFO_BY_FD` of a link.
 *
 * The texts in it are written to buffers of ours, at places that depend on the type: so it is asked twice.
 */
export function linkInfo(fd: number, what: string): LinkInfo {
  const ask = (info: Attr): Attr => {
    bpf('OBJ_GET_INFO_BY_FD', new Attr(16).u32(0, fd).u32(4, INFO_SIZE).pointer(8, info.bytes), what);
    return info;
  };
  const first = ask(new Attr(INFO_SIZE));
  const text = new Uint8Array(TEXT_SIZE);
  const place = textPlace(first);
  if (place === undefined) return decode(first, '');
  const second = new Attr(INFO_SIZE).pointer(place.pointer, text).u32(place.size, TEXT_SIZE);
  return decode(ask(second), cString(text, 0, TEXT_SIZE));
}

/** Where the kernel looks for the address of a buffer for text, and for its size. */
function textPlace(info: Attr): { pointer: number; size: number } | undefined {
  switch (LINK_TYPES[info.readU32(0)]) {
    case 'RAW_TRACEPOINT':
    case 'ITER':
      return { pointer: 16, size: 24 };
    case 'UPROBE_MULTI':
      return { pointer: 16, size: 48 };
    case 'PERF_EVENT':
      return ['UNSPEC', 'EVENT'].includes(PERF_KINDS[info.readU32(16)] ?? 'UNSPEC')
        ? undefined
        : { pointer: 24, size: 32 };
    default:
      return undefined;
  }
}

function decode(info: Attr, text: string): LinkInfo {
  const u32 = (offset: number): number => info.readU32(offset);
  const u64 = (offset: number): bigint => info.readU64(offset);
  const common = { id: u32(4), programId: u32(8) };
  const type = LINK_TYPES[u32(0)] ?? 'UNSPEC';
  switch (type) {
    case 'RAW_TRACEPOINT':
      return { ...common, type, name: text, cookie: u64(32) };
    case 'TRACING':
      return {
        ...common,
        type,
        attachType: u32(16),
        targetObjectId: u32(20),
        targetBtfId: u32(24),
        cookie: u64(32),
      };
    case 'CGROUP':
      return { ...common, type, cgroupId: u64(16), attachType: u32(24) };
    case 'ITER':
      return { ...common, type, name: text, mapId: u32(28) };
    case 'NETNS':
      return { ...common, type, netnsInode: u32(16), attachType: u32(20) };
    case 'XDP':
      return { ...common, type, interfaceIndex: u32(16) };
    case 'PERF_EVENT':
      return { ...common, type, ...decodePerf(info, text) };
    case 'KPROBE_MULTI':
      return { ...common, type, count: u32(24), flags: u32(28), missed: u64(32) };
    case 'STRUCT_OPS':
      return { ...common, type, mapId: u32(16) };
    case 'NETFILTER':
      return {
        ...common,
        type,
        protocolFamily: u32(16),
        hook: u32(20),
        priority: u32(24) | 0,
        flags: u32(28),
      };
    case 'TCX':
    case 'NETKIT':
      return { ...common, type, interfaceIndex: u32(16), attachType: u32(20) };
    case 'UPROBE_MULTI':
      return { ...common, type, file: text, count: u32(52), flags: u32(56), pid: u32(60) };
    case 'SOCKMAP':
      return { ...common, type, mapId: u32(16), attachType: u32(20) };
    case 'UNSPEC':
      return { ...common, type, typeNumber: u32(0) };
  }
}

function decodePerf(info: Attr, text: string): PerfLinkInfo {
  const kind = PERF_KINDS[info.readU32(16)] ?? 'UNSPEC';
  switch (kind) {
    case 'UPROBE':
    case 'URETPROBE':
      return { kind, file: text, offset: info.readU32(36), cookie: info.readU64(40) };
    case 'KPROBE':
    case 'KRETPROBE':
      return {
        kind,
        symbol: text,
        offset: info.readU32(36),
        address: info.readU64(40),
        missed: info.readU64(48),
        cookie: info.readU64(56),
      };
    case 'TRACEPOINT':
      return { kind, name: text, cookie: info.readU64(40) };
    case 'EVENT':
      return { kind, config: info.readU64(24), eventType: info.readU32(32), cookie: info.readU64(40) };
    case 'UNSPEC':
      return { kind };
  }
}
