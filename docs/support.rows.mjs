// The rows of docs/support.md, kept by hand: what is claimed, and the tests that prove it. `npm run docs:support` writes the
// page from them and from the results of a test run.

/**
 * @typedef {[feature: string, ...proof: string[]]} Row
 * A proof is `FILE: NAME OF THE TEST`, the file below test/ and without its ending. A row whose only proof begins with `!`
 * has none, and the rest of it says why.
 */

const TYPES = 'parity/corpus: the kernel gets of types what libbpf gives it';
const MAPS = 'parity/corpus: the kernel gets of elf-maps what libbpf gives it';
const PROGRAMS = 'parity/corpus: the kernel gets of elf-programs what libbpf gives it';
const CORE = 'parity/corpus: every row of the corpus becomes what libbpf makes of it';
const NO_KERNEL = '!not tested: neither kernel offers it';
const LATER = '!not yet: refused with a NotSupportedError';
const network = (name) => `kernel/links-network: ${name}`;
const sockets = (name) => `kernel/links-sockets: ${name}`;
const kinds = (name) => `kernel/maps-kinds: ${name}`;
const others = (name) => `kernel/maps-others: ${name}`;
const iterate = (name) => `kernel/maps-iterate: ${name}`;
const batch = iterate('keys, values and entries of a hash are all that is in it, over many batches');

/** @type {readonly { title: string, rows: readonly Row[] }[]} */
export default [
  {
    title: 'Object files',
    rows: [
      ['subprograms, global functions, callbacks', PROGRAMS],
      ['`.rodata*`, `.data*`, `.bss*` as maps', PROGRAMS],
      ['`.kconfig` externs', PROGRAMS],
      ['`.ksyms`: variables and kfuncs, weak ones too', PROGRAMS],
      ['`.ksyms` of modules: functions', 'vm/modules: a program calls a function of a module'],
      ['`.BTF.ext`: functions and lines', PROGRAMS],
      ['BTF-defined maps, flags, `map_extra`', MAPS],
      [
        'initial values of maps of maps and program arrays',
        MAPS,
        'parity/corpus: programs and maps that an object puts into maps are there',
      ],
      [
        '`?` sections, programs without a target',
        'parity/corpus: programs that do not load by themselves, or attach nowhere, are left out',
      ],
      ['`usdt.bpf.h`', 'parity/corpus: the kernel gets of usdt what libbpf gives it'],
      [
        'both byte orders',
        'parity/elf: sections, symbols and relocations are those that llvm-readelf lists, in both byte orders',
      ],
      [
        'legacy `maps` sections are refused',
        'parity/elf: what libbpf has given up or this version lacks is refused in plain words',
      ],
      ['`struct_ops`', LATER],
    ],
  },
  {
    title: 'CO-RE relocations',
    rows: [
      ...[
        'byte_off',
        'byte_sz',
        'field_exists',
        'signed',
        'lshift_u64',
        'rshift_u64',
        'local_type_id',
        'target_type_id',
        'type_exists',
        'type_size',
        'enumval_exists',
        'enumval_value',
      ].map((kind) => [`\`${kind}\``, CORE]),
      ['`type_matches`', '!by unit tests only (src/spec/core/types.test.ts): clang 14 cannot compile it'],
      [
        'against the types of the running kernel',
        'parity/corpus: real fields of the running kernel, and those of others, become what libbpf makes of them',
      ],
      [
        'what both load is the same in the kernel',
        'parity/corpus: the kernel gets of core-load what libbpf gives it',
      ],
      ['ambiguity', 'parity/core: where libbpf refuses to choose between types, we name them'],
      ['modules', 'parity/core: ringtail check: a folder is a kernel with its modules'],
    ],
  },
  {
    title: 'Loading',
    rows: [
      [
        'global variables, set before and read after',
        'kernel/objects: global variables are read and written while programs run, constants are set at load',
      ],
      [
        'pinning by name',
        'kernel/maps-create: an object shares its pinned maps with the next one, and leaves no pin when it cannot be loaded',
      ],
      [
        'types of keys and values, and their fallback',
        'kernel/maps-create: types that the kernel does not take, or that are too large to load, are left out',
      ],
      ['NUMA node', 'kernel/maps-create: NUMA node and map_extra reach the kernel'],
      [
        "the verifier's words and the line of C",
        'kernel/programs: a rejected program is a VerifierError with the whole log, its reason, and the source line',
      ],
      [
        'a failed load leaves nothing',
        'kernel/programs: a load that fails leaves nothing behind: no file, no map, no program, and the ring free',
      ],
      [
        'programs chosen at load',
        'kernel/load-options: programs are chosen by name when an object is loaded',
      ],
      [
        "the verifier's figures",
        'kernel/load-options: the verifier tells its figures when it is asked to, and nothing when it is not',
      ],
      ['fallback: no names', 'kernel/fallbacks: without names the kernel has none, and everything works'],
      [
        'fallback: `bpf_probe_read_{kernel,user}`',
        'kernel/fallbacks: without the new helpers the old ones read the name of the file',
      ],
      [
        'fallback: no mapped arrays',
        'kernel/fallbacks: without mapped arrays variables are read by system calls',
      ],
      ['fallback: no BTF', 'kernel/fallbacks: without BTF programs have none'],
      [
        'fallback: kinds of BTF',
        'kernel/fallbacks: what stands in for a kind is taken by the kernel, whichever of the kinds are missing',
      ],
      [
        '`BPF_PROG_TEST_RUN`',
        'kernel/programs: a program that is run gives back its value, its context, and refuses to be attached',
        'kernel/test-run: a socket filter is run on a packet, as often as is wanted',
        'kernel/test-run: an XDP program gives back a packet that it made longer',
        'kernel/test-run: a tc program reads its context and gives it back',
        'kernel/test-run: a raw tracepoint program is run on arguments, on the CPU that is asked for',
      ],
      [
        'run-time statistics',
        'kernel/test-run: runs are counted for as long as somebody counts, and all of them',
      ],
    ],
  },
  {
    title: 'Program types',
    rows: [
      [
        '`SOCKET_FILTER` `SK_REUSEPORT` `KPROBE` `TRACEPOINT` `RAW_TRACEPOINT` `TRACING` (tp_btf, iter) `PERF_EVENT` `SYSCALL`',
        TYPES,
      ],
      [
        '`SCHED_CLS` `SCHED_ACT` `XDP` `LWT_IN` `LWT_XMIT` `LWT_SEG6LOCAL` `SK_SKB` `SK_MSG` `SK_LOOKUP` `FLOW_DISSECTOR`',
        TYPES,
      ],
      [
        '`SOCK_OPS` `CGROUP_SKB` `CGROUP_SOCK` `CGROUP_SOCK_ADDR` `CGROUP_SYSCTL` `CGROUP_SOCKOPT` `CGROUP_DEVICE`',
        TYPES,
      ],
      ['`TRACING` (fentry, fexit), `LSM`', 'parity/corpus: the kernel gets of tracing what libbpf gives it'],
    ],
  },
  {
    title: 'Links',
    rows: [
      [
        'tracepoint',
        'kernel/links-tracepoints: a tracepoint program runs where its section says',
        'kernel/links-tracepoints: a tracepoint is attached by ioctl where there are no perf links',
      ],
      ['raw_tracepoint', 'kernel/links-tracepoints: a raw tracepoint is named by its target'],
      ['tp_btf', 'kernel/links-tracepoints: raw tracepoint and BTF tracepoint run'],
      ['kprobe', 'vm/links: kprobe and kretprobe, where their sections say'],
      ['kretprobe', 'vm/links: kprobe and kretprobe, where their sections say'],
      ['kprobe through tracefs', 'vm/links: a kprobe through tracefs leaves nothing there'],
      ['ksyscall', 'vm/links: ksyscall and kretsyscall'],
      ['kretsyscall', 'vm/links: ksyscall and kretsyscall'],
      ['kprobe.multi', NO_KERNEL],
      ['kretprobe.multi', NO_KERNEL],
      ['kprobe.session', NO_KERNEL],
      ['uprobe', 'kernel/links-uprobes: a uprobe is found by what its section says'],
      ['uretprobe', 'kernel/links-uprobes: a uretprobe'],
      ['uprobe.s', 'kernel/links-uprobes: sleepable uprobes'],
      [
        'uprobe through tracefs',
        'kernel/links-uprobes: a uprobe is set through tracefs, and leaves nothing there',
      ],
      ['uprobe.multi', 'kernel/links-uprobes: many places by one link: a pattern, names, offsets'],
      ['uretprobe.multi', 'kernel/links-uprobes: many places by one link: a pattern, names, offsets'],
      ['uprobe.session', 'kernel/links-uprobes: a session runs at entry and at return'],
      [
        'usdt',
        'kernel/links-usdt: a USDT probe runs at each of its places',
        'kernel/links-usdt: a semaphore switches its probe on while it is attached',
      ],
      ['fentry', 'vm/links: fentry and fexit, with and without a cookie'],
      ['fexit', 'vm/links: fentry and fexit, with and without a cookie'],
      ['fmod_ret', NO_KERNEL],
      ['lsm', 'vm/links: lsm, letting everything pass'],
      ['freplace', "vm/links: freplace puts a function in the place of another program's"],
      [
        'iter',
        'kernel/links-iterators: an iterator over tasks finds this process, at once and as a stream',
        'kernel/links-iterators: an iterator over the elements of a map',
      ],
      [
        'iter of one task',
        'kernel/links-iterators: an iterator over one task, and over the threads of one process',
      ],
      ['iter of a cgroup', 'kernel/links-iterators: an iterator over a cgroup and those below it'],
      [
        'perf_event',
        'kernel/links-perf-events: a sampling clock of this process runs the program while it computes',
        'kernel/links-perf-events: each of so many page faults, by ioctl',
      ],
      ['xdp', network('xdp on an interface, by name and by index')],
      ['tcx', network('tcx on both directions'), network('tcx programs run in the order asked for')],
      ['tc', network('classic tc, whose filter is gone once its link is closed')],
      ['netkit', NO_KERNEL],
      ['netfilter', network('netfilter at a hook')],
      ['sk_lookup', network('sk_lookup and the flow dissector in this network namespace')],
      ['flow_dissector', network('sk_lookup and the flow dissector in this network namespace')],
      [
        'cgroup',
        ...['sock_create', 'bind4', 'post_bind4', 'setsockopt'].map(
          (hook) => `kernel/links-cgroup: cgroup/${hook} sees what a process of the cgroup does`,
        ),
      ],
      ['lsm_cgroup', NO_KERNEL],
      ['socket', sockets('a socket filter sees what its socket receives, and may refuse it')],
      ['sk_reuseport', sockets('a program chooses among the sockets of one port')],
      ['sk_msg', sockets('sk_msg and sk_skb on the sockets of a map')],
      ['sk_skb', sockets('sk_msg and sk_skb on the sockets of a map')],
      [
        'update, detach',
        'kernel/links-cgroup: a cgroup link exchanges its program without letting go, and is detached by force',
        network('an xdp link exchanges its program, and is detached by force'),
      ],
      ['pin, info', 'kernel/links-tracepoints: a pinned link outlives its closing, and ends with its pin'],
      ['cookie', 'kernel/links-tracepoints: a tracepoint link carries a cookie and says what it is'],
      [
        'cookie of raw_tracepoint and tp_btf',
        'kernel/links-tracepoints: raw tracepoints and BTF tracepoints carry a cookie',
      ],
      ['none', '!`syscall`, devmap and cpumap programs are run, or put into a map'],
      ...['lwt', 'lirc_mode2', 'struct_ops', 'fsession', 'fsession.multi', 'fentry.multi', 'fexit.multi'].map(
        (kind) => [kind, LATER],
      ),
    ],
  },
  {
    title: 'Map types',
    rows: [
      ['HASH', 'kernel/maps: a hash map of bytes: update, lookup, delete, keys'],
      ['ARRAY', 'kernel/maps: an array has all its keys from the start, and refuses others'],
      [
        'PERCPU_HASH',
        'kernel/maps: a per-CPU map has a value for each possible CPU, of a size that is no multiple of 8 too',
      ],
      ['PERCPU_ARRAY', iterate('per-CPU maps iterate and take batches too')],
      ['LRU_HASH', iterate('an array lists each index; an LRU hash keeps the youngest')],
      [
        'LPM_TRIE',
        kinds('a trie finds the longest prefix'),
        iterate('a trie is listed, drained and written in batches'),
      ],
      [
        'QUEUE',
        kinds('a queue gives back the oldest, a stack the youngest; both say when they are full or empty'),
      ],
      [
        'STACK',
        kinds('a queue gives back the oldest, a stack the youngest; both say when they are full or empty'),
      ],
      ['BLOOM_FILTER', kinds('a Bloom filter is never wrong in saying no')],
      [
        'ARRAY_OF_MAPS',
        kinds('a map of maps takes maps, tells their ids, and opens them with the types of its blueprint'),
      ],
      [
        'HASH_OF_MAPS',
        kinds('a map of maps takes maps, tells their ids, and opens them with the types of its blueprint'),
      ],
      ['PROG_ARRAY', kinds('a program array takes programs, and tail calls go by it')],
      ['STACK_TRACE', kinds('stack() gives the addresses that a program noted')],
      [
        'PERF_EVENT_ARRAY',
        'kernel/perf-buffer: samples come as bytes with their padding, as objects and through a cursor',
        'kernel/perf-buffer: what finds no room is counted by CPU and announced, and no sample is unaccounted for',
      ],
      ['TASK_STORAGE', kinds('task storage is kept by process: a program and user space see the same value')],
      ['CGRP_STORAGE', kinds('cgroup storage is kept by cgroup')],
      ['SOCKMAP', sockets('sk_msg and sk_skb on the sockets of a map')],
      [
        'RINGBUF',
        'kernel/ring-helpers: bpf_ringbuf_reserve with submit delivers, with discard does not, and gives NULL where there is no room',
      ],
      [
        'USER_RINGBUF',
        'kernel/user-ring: a program drains what was submitted, in the order of reserving, without what was discarded',
      ],
      ['LRU_PERCPU_HASH', others('an LRU hash of values for each CPU makes room for new keys')],
      [
        'CGROUP_ARRAY',
        others('an array of cgroups takes their directories, and programs ask who is in them'),
      ],
      ...['DEVMAP', 'DEVMAP_HASH'].map((type) => [
        type,
        others('maps of devices take interfaces, by index and by hash'),
      ]),
      ['CPUMAP', others('a map of processors takes the length of their queues')],
      ['XSKMAP', others('a map of XDP sockets takes these and no others')],
      ...['SOCKHASH', 'REUSEPORT_SOCKARRAY'].map((type) => [
        type,
        others('maps of sockets take those that listen, and tell their cookies'),
      ]),
      ...['CGROUP_STORAGE', 'PERCPU_CGROUP_STORAGE'].map((type) => [
        type,
        'kernel/links-cgroup: storage of a cgroup and a program is told to user space, of all CPUs or each',
      ]),
      ['SK_STORAGE', others('socket storage is kept by socket')],
      ['INODE_STORAGE', 'vm/storage: inode storage is kept by file, however it is opened'],
      ['ARENA', others('an arena is made with its pages')],
      ['STRUCT_OPS', LATER],
    ],
  },
  {
    title: 'Map operations',
    rows: [
      ['typed keys and values', 'kernel/maps: keys and values typed by BTF are objects'],
      [
        'update modes',
        'kernel/maps: update modes: NOEXIST only makes, EXIST only changes, and a full map says ENOSPC or E2BIG',
      ],
      [
        'iteration',
        batch,
        iterate(
          'a loop may delete what it is given; of a hash, others may delete anything and what stays comes once',
        ),
      ],
      ['lookup and delete in one', iterate('lookupAndDelete() takes one key out')],
      [
        'batches, and their fallback',
        iterate('drain() takes everything out, with batch commands and without'),
      ],
      [
        'update in batches',
        iterate('updateBatch() honours its mode and says why it stopped; what came before is set'),
      ],
      ['delete in batches', iterate('deleteBatch() counts what was there, whatever is missing in between')],
      [
        'freeze',
        iterate(
          'a frozen map refuses to be changed, one by one and in batches, and others of its type do not',
        ),
      ],
      ['pin', 'kernel/maps: a pin keeps a map beyond close(), and openPinned() finds what was in it'],
    ],
  },
  {
    title: 'Rings',
    rows: [
      [
        'event types: `__type(value, …)`, inferred, named, declared',
        'parity/elf: the type of events is the one named, or the one of their size, or none with a hint',
        'kernel/types: a ring takes the type that load() is given, by name or declared',
      ],
      [
        '`bpf_ringbuf_output`',
        'kernel/ring-helpers: bpf_ringbuf_output copies a record of a size known at run time, or says EAGAIN and is counted',
      ],
      [
        'dynptr helpers',
        'kernel/ring-helpers: the dynptr helpers reserve a size known at run time, write, submit and discard',
      ],
      [
        '`bpf_ringbuf_query`',
        'kernel/ring-helpers: bpf_ringbuf_query answers each flag, and an unknown one with 0',
      ],
      [
        'consume, poll',
        'kernel/ring-consume: consume() hands over what is there, in order, and gives the room back',
        'kernel/ring-consume: poll() waits for records, and takes those that are there without waiting',
      ],
      [
        'loops, batches',
        'kernel/ring-iterate: a loop gets every record in order, those that come while it waits too',
        'kernel/ring-iterate: batches hold what is there, at most max, and are given back as a whole',
      ],
      [
        'positions beyond 2^32',
        'kernel/ring-positions: positions go on past 2^32: records are delivered around it, and the kernel sees the high word',
      ],
      ['several rings, one wait', 'kernel/ring-group: a group delivers the records of all its rings'],
      [
        'one ring for each CPU, merged by time',
        'kernel/merge: one ring for each CPU, in an array of maps, is read as one stream',
      ],
      [
        'user ring: blocking reserve',
        'kernel/user-ring: a blocking reserve waits for a drain that makes enough room, not for any room',
      ],
      ['overwrite mode (6.19)', NO_KERNEL],
    ],
  },
];
