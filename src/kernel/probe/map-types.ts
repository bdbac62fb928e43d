import { BtfBuilder } from '../../btf/index.ts';
import { BpfSyscallError } from '../../errors/index.ts';
import { MapFlags, MapType, type MapTypeName } from '../../spec/index.ts';
import { btfLoad, closeFd, type MapCreate, mapCreate, native } from '../../sys/index.ts';
import { type Probe, probe } from './probe.ts';

/** First mainline release of each map type. */
const SINCE: Record<MapTypeName, string> = {
  HASH: '3.19',
  ARRAY: '3.19',
  PROG_ARRAY: '4.2',
  PERF_EVENT_ARRAY: '4.3',
  PERCPU_HASH: '4.6',
  PERCPU_ARRAY: '4.6',
  STACK_TRACE: '4.6',
  CGROUP_ARRAY: '4.8',
  LRU_HASH: '4.10',
  LRU_PERCPU_HASH: '4.10',
  LPM_TRIE: '4.11',
  ARRAY_OF_MAPS: '4.12',
  HASH_OF_MAPS: '4.12',
  DEVMAP: '4.14',
  SOCKMAP: '4.14',
  CPUMAP: '4.15',
  XSKMAP: '4.18',
  SOCKHASH: '4.18',
  CGROUP_STORAGE: '4.19',
  REUSEPORT_SOCKARRAY: '4.19',
  PERCPU_CGROUP_STORAGE: '4.20',
  QUEUE: '4.20',
  STACK: '4.20',
  SK_STORAGE: '5.2',
  DEVMAP_HASH: '5.4',
  STRUCT_OPS: '5.6',
  RINGBUF: '5.8',
  INODE_STORAGE: '5.10',
  TASK_STORAGE: '5.11',
  BLOOM_FILTER: '5.16',
  USER_RINGBUF: '6.1',
  CGRP_STORAGE: '6.2',
  ARENA: '6.9',
};

/** The smallest map of most types. */
const PLAIN = { keySize: 4, valueSize: 4, maxEntries: 1 };
const ring = (): Shape => ({ keySize: 0, valueSize: 0, maxEntries: native().pageSize() });
const CGROUP_STORAGE = { keySize: 16, valueSize: 8, maxEntries: 0 };
const LOCAL_STORAGE = { ...PLAIN, maxEntries: 0, flags: MapFlags.NO_PREALLOC };

type Shape = Omit<MapCreate, 'type' | 'name'>;

/** Of the types that need something else. */
const SHAPES: Partial<Record<MapTypeName, () => Shape>> = {
  STACK_TRACE: () => ({ ...PLAIN, valueSize: 8 }),
  LPM_TRIE: () => ({ ...PLAIN, keySize: 8, flags: MapFlags.NO_PREALLOC }),
  CGROUP_STORAGE: () => CGROUP_STORAGE,
  PERCPU_CGROUP_STORAGE: () => CGROUP_STORAGE,
  QUEUE: () => ({ ...PLAIN, keySize: 0 }),
  STACK: () => ({ ...PLAIN, keySize: 0 }),
  BLOOM_FILTER: () => ({ ...PLAIN, keySize: 0 }),
  RINGBUF: ring,
  USER_RINGBUF: ring,
  ARENA: () => ({ keySize: 0, valueSize: 0, maxEntries: 1, flags: MapFlags.MMAPABLE }),
};

/**
 * Whether maps of a type can be created [`libbpf_probe_bpf_map_type`].
 *
 * @example
 * ```ts
 * haveMapType('RINGBUF'); // { available: true, conclusive: true, since: '5.8' }
 * ```
 */
export function haveMapType(type: MapTypeName): Probe {
  return probe(`map type ${type}`, { since: SINCE[type] }, () => {
    const create = (shape: Shape): void => {
      closeFd(mapCreate({ type: MapType[type], name: '', ...shape }));
    };
    switch (type) {
      case 'ARRAY_OF_MAPS':
      case 'HASH_OF_MAPS': {
        const innerFd = mapCreate({ type: MapType.ARRAY, name: '', ...PLAIN });
        return closing(innerFd, () => create({ ...PLAIN, innerFd }));
      }
      case 'SK_STORAGE':
      case 'INODE_STORAGE':
      case 'TASK_STORAGE':
      case 'CGRP_STORAGE': {
        const builder = new BtfBuilder();
        const int = builder.int('int', 4, 'signed');
        const fd = btfLoad(builder.build(), 'BTF of a map');
        return closing(fd, () => create({ ...LOCAL_STORAGE, btf: { fd, key: int, value: int } }));
      }
      case 'STRUCT_OPS':
        // No struct that can be replaced is meant: a kernel that knows the type says so with an errno of its own.
        return expecting('ENOTSUPP', () => create({ ...PLAIN, vmlinuxValueTypeId: 1 }));
      default:
        create(SHAPES[type]?.() ?? PLAIN);
    }
  });
}

function closing(fd: number, use: () => void): void {
  try {
    use();
  } finally {
    closeFd(fd);
  }
}

function expecting(errno: string, attempt: () => void): void {
  try {
    attempt();
  } catch (error) {
    if (!(error instanceof BpfSyscallError && error.errno === errno)) throw error;
  }
}
