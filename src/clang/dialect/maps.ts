/** Methods of BCC's maps, and how many arguments they take: at least and at most. */
export const METHODS: ReadonlyMap<string, readonly [number, number]> = new Map(
  Object.entries({
    lookup: [1, 1],
    lookup_or_try_init: [2, 2],
    lookup_or_init: [2, 2],
    update: [2, 2],
    insert: [2, 2],
    delete: [1, 1],
    increment: [1, 2],
    atomic_increment: [1, 2],
    ringbuf_output: [3, 3],
    ringbuf_reserve: [1, 1],
    ringbuf_submit: [2, 2],
    ringbuf_discard: [2, 2],
    ringbuf_query: [1, 1],
    perf_submit: [3, 3],
    perf_submit_skb: [4, 4],
    perf_read: [1, 1],
    perf_counter_value: [3, 3],
    get_stackid: [2, 2],
    check_current_task: [1, 1],
    redirect_map: [2, 2],
    call: [2, 2],
    push: [2, 2],
    pop: [1, 1],
    peek: [1, 1],
  } satisfies Record<string, readonly [number, number]>),
);

const KEYED = [
  ...['lookup', 'lookup_or_try_init', 'lookup_or_init', 'update', 'insert', 'delete'],
  ...['increment', 'atomic_increment'],
];
const QUEUE = ['push', 'pop', 'peek'];
const REDIRECT = ['redirect_map'];
const RINGBUF = ['ringbuf_output', 'ringbuf_reserve', 'ringbuf_submit', 'ringbuf_discard', 'ringbuf_query'];

/** A macro that declares a map. */
export interface MapMacro {
  /** Which argument is the map's name. */
  readonly name: number;
  readonly methods: readonly string[];
  /** Which argument is a text that stands for a word: a type of map, or a map like those that it holds. */
  readonly quoted?: 'first' | 'inner';
}

const ALL_OF_TABLE = [...KEYED, 'call', 'get_stackid'];

/** Macros that declare maps (iovisor/bcc, docs/reference_guide.md, "Maps"). */
export const MAP_MACROS: ReadonlyMap<string, MapMacro> = new Map(
  Object.entries({
    BPF_RINGBUF_OUTPUT: { name: 0, methods: RINGBUF },
    BPF_PERF_OUTPUT: { name: 0, methods: ['perf_submit', 'perf_submit_skb'] },
    BPF_PERF_ARRAY: { name: 0, methods: ['perf_read', 'perf_counter_value'] },
    BPF_HASH: { name: 0, methods: KEYED },
    BPF_PERCPU_HASH: { name: 0, methods: KEYED },
    BPF_ARRAY: { name: 0, methods: KEYED },
    BPF_PERCPU_ARRAY: { name: 0, methods: KEYED },
    BPF_HISTOGRAM: { name: 0, methods: KEYED },
    BPF_LPM_TRIE: { name: 0, methods: KEYED },
    BPF_STACK_TRACE: { name: 0, methods: ['get_stackid', 'lookup', 'delete'] },
    BPF_QUEUE: { name: 0, methods: QUEUE },
    BPF_STACK: { name: 0, methods: QUEUE },
    BPF_PROG_ARRAY: { name: 0, methods: ['call'] },
    BPF_CGROUP_ARRAY: { name: 0, methods: ['check_current_task'] },
    BPF_DEVMAP: { name: 0, methods: REDIRECT },
    BPF_CPUMAP: { name: 0, methods: REDIRECT },
    BPF_XSKMAP: { name: 0, methods: REDIRECT },
    BPF_ARRAY_OF_MAPS: { name: 0, methods: ['lookup'], quoted: 'inner' },
    BPF_HASH_OF_MAPS: { name: 0, methods: ['lookup'], quoted: 'inner' },
    BPF_TABLE: { name: 3, methods: ALL_OF_TABLE, quoted: 'first' },
    BPF_TABLE_PUBLIC: { name: 3, methods: ALL_OF_TABLE, quoted: 'first' },
    BPF_F_TABLE: { name: 3, methods: ALL_OF_TABLE, quoted: 'first' },
  } satisfies Record<string, MapMacro>),
);

/** The types of map that `BPF_TABLE` knows by their names. */
export const TABLE_TYPES: readonly string[] = [
  'hash',
  'percpu_hash',
  'lru_hash',
  'lru_percpu_hash',
  'array',
  'percpu_array',
  'histogram',
  'lpm_trie',
  'prog',
  'stacktrace',
];

/** What BCC has and this project has not, and what to write in its place. */
export const UNSUPPORTED: ReadonlyMap<string, string> = new Map([
  ['BPF_TABLE_PINNED', 'pin the map by __uint(pinning, LIBBPF_PIN_BY_NAME), in a text with SEC(".maps")'],
  ['BPF_TABLE_SHARED', 'pin the map by __uint(pinning, LIBBPF_PIN_BY_NAME), in a text with SEC(".maps")'],
  [
    'BPF_QUEUESTACK_PINNED',
    'pin the map by __uint(pinning, LIBBPF_PIN_BY_NAME), in a text with SEC(".maps")',
  ],
  [
    'BPF_STACK_TRACE_BUILDID',
    'a map of type BPF_MAP_TYPE_STACK_TRACE with BPF_F_STACK_BUILD_ID, in a text with SEC(".maps")',
  ],
  [
    'BPF_SOCKMAP',
    'a map of type BPF_MAP_TYPE_SOCKMAP in a text with SEC(".maps"), and bpf_sock_map_update()',
  ],
  [
    'BPF_SOCKHASH',
    'a map of type BPF_MAP_TYPE_SOCKHASH in a text with SEC(".maps"), and bpf_sock_hash_update()',
  ],
  [
    'BPF_SK_STORAGE',
    'a map of type BPF_MAP_TYPE_SK_STORAGE in a text with SEC(".maps"), and bpf_sk_storage_get()',
  ],
  [
    'BPF_INODE_STORAGE',
    'a map of type BPF_MAP_TYPE_INODE_STORAGE in a text with SEC(".maps"), and bpf_inode_storage_get()',
  ],
  [
    'BPF_TASK_STORAGE',
    'a map of type BPF_MAP_TYPE_TASK_STORAGE in a text with SEC(".maps"), and bpf_task_storage_get()',
  ],
  [
    'BPF_CGROUP_STORAGE',
    'a map of type BPF_MAP_TYPE_CGROUP_STORAGE in a text with SEC(".maps"), and bpf_get_local_storage()',
  ],
  [
    'BPF_PERCPU_CGROUP_STORAGE',
    'a map of type BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE in a text with SEC(".maps"), and bpf_get_local_storage()',
  ],
  ['bpf_usdt_readarg', 'SEC("usdt/FILE:PROVIDER:NAME") and BPF_USDT(name, arguments…) of <bpf/usdt.bpf.h>'],
  ['bpf_usdt_readarg_p', 'SEC("usdt/FILE:PROVIDER:NAME") and BPF_USDT(name, arguments…) of <bpf/usdt.bpf.h>'],
  ['cursor_advance', 'a pointer into the packet that is compared with data_end, or bpf_skb_load_bytes()'],
  ['bpf_num_cpus', 'a number that user space puts into the text with -D'],
  ['incr_cksum_l3', 'bpf_l3_csum_replace()'],
  ['incr_cksum_l4', 'bpf_l4_csum_replace()'],
]);
