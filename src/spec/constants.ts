/**
 * Numbers of the kernel's BPF user interface (include/uapi/linux/bpf.h), under the kernel's names without their
 * common prefix.
 */

/** `enum bpf_map_type`. */
export const MapType = {
  HASH: 1,
  ARRAY: 2,
  PROG_ARRAY: 3,
  PERF_EVENT_ARRAY: 4,
  PERCPU_HASH: 5,
  PERCPU_ARRAY: 6,
  STACK_TRACE: 7,
  CGROUP_ARRAY: 8,
  LRU_HASH: 9,
  LRU_PERCPU_HASH: 10,
  LPM_TRIE: 11,
  ARRAY_OF_MAPS: 12,
  HASH_OF_MAPS: 13,
  DEVMAP: 14,
  SOCKMAP: 15,
  CPUMAP: 16,
  XSKMAP: 17,
  SOCKHASH: 18,
  CGROUP_STORAGE: 19,
  REUSEPORT_SOCKARRAY: 20,
  PERCPU_CGROUP_STORAGE: 21,
  QUEUE: 22,
  STACK: 23,
  SK_STORAGE: 24,
  DEVMAP_HASH: 25,
  STRUCT_OPS: 26,
  RINGBUF: 27,
  INODE_STORAGE: 28,
  TASK_STORAGE: 29,
  BLOOM_FILTER: 30,
  USER_RINGBUF: 31,
  CGRP_STORAGE: 32,
  ARENA: 33,
} as const;

/** Name of a map type, such as `RINGBUF`. */
export type MapTypeName = keyof typeof MapType;

/** `enum bpf_prog_type`. */
export const ProgramType = {
  SOCKET_FILTER: 1,
  KPROBE: 2,
  SCHED_CLS: 3,
  SCHED_ACT: 4,
  TRACEPOINT: 5,
  XDP: 6,
  PERF_EVENT: 7,
  CGROUP_SKB: 8,
  CGROUP_SOCK: 9,
  LWT_IN: 10,
  LWT_OUT: 11,
  LWT_XMIT: 12,
  SOCK_OPS: 13,
  SK_SKB: 14,
  CGROUP_DEVICE: 15,
  SK_MSG: 16,
  RAW_TRACEPOINT: 17,
  CGROUP_SOCK_ADDR: 18,
  LWT_SEG6LOCAL: 19,
  LIRC_MODE2: 20,
  SK_REUSEPORT: 21,
  FLOW_DISSECTOR: 22,
  CGROUP_SYSCTL: 23,
  RAW_TRACEPOINT_WRITABLE: 24,
  CGROUP_SOCKOPT: 25,
  TRACING: 26,
  STRUCT_OPS: 27,
  EXT: 28,
  LSM: 29,
  SK_LOOKUP: 30,
  SYSCALL: 31,
  NETFILTER: 32,
} as const;

/** Name of a program type, such as `TRACING`. */
export type ProgramTypeName = keyof typeof ProgramType;

/** The members of `enum bpf_attach_type` that this version attaches or probes. */
export const AttachType = {
  CGROUP_INET4_CONNECT: 10,
  CGROUP_GETSOCKOPT: 21,
  TRACE_RAW_TP: 23,
  TRACE_FENTRY: 24,
  TRACE_FEXIT: 25,
  MODIFY_RETURN: 26,
  LSM_MAC: 27,
  TRACE_ITER: 28,
  SK_LOOKUP: 36,
  PERF_EVENT: 41,
  TRACE_KPROBE_MULTI: 42,
  NETFILTER: 45,
  TRACE_UPROBE_MULTI: 48,
} as const;

/** Name of an attach type, such as `TRACE_ITER`. */
export type AttachTypeName = keyof typeof AttachType;

/** Map creation flags. */
export const MapFlags = {
  NO_PREALLOC: 0x1,
  RDONLY: 0x8,
  WRONLY: 0x10,
  RDONLY_PROG: 0x80,
  WRONLY_PROG: 0x100,
  MMAPABLE: 0x400,
  /** Overwrite the oldest records instead of failing; from 6.19. */
  RB_OVERWRITE: 0x80000,
} as const;

/** Flags of submit, discard and output: who is woken. Neither of them means adaptive. */
export const RingFlags = { NO_WAKEUP: 1, FORCE_WAKEUP: 2 } as const;

/** Second argument of `bpf_ringbuf_query`. */
export const RingQuery = { AVAIL_DATA: 0, RING_SIZE: 1, CONS_POS: 2, PROD_POS: 3, OVERWRITE_POS: 4 } as const;
