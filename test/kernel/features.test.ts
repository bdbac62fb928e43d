import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { HELPERS, type HelperName } from '../../src/asm/index.ts';
import {
  ATTACH_POINTS,
  haveAttach,
  haveHelper,
  haveMapType,
  haveProgramType,
} from '../../src/kernel/index.ts';
import { MapType, type MapTypeName, ProgramType, type ProgramTypeName } from '../../src/spec/index.ts';
import { kernelTest as test } from './support/privileged.ts';

const PROGRAM_TYPES = Object.keys(ProgramType) as ProgramTypeName[];
const MAP_TYPES = Object.keys(MapType) as MapTypeName[];

interface BpftoolFeatures {
  readonly program_types: Record<string, boolean>;
  readonly map_types: Record<string, boolean>;
  readonly helpers: Record<string, string[]>;
}

let features: BpftoolFeatures | undefined;

/** What bpftool finds out about this kernel. */
function bpftool(): BpftoolFeatures {
  features ??= JSON.parse(
    spawnSync('bpftool', ['-j', 'feature', 'probe', 'kernel'], { encoding: 'utf8', maxBuffer: 1 << 26 })
      .stdout,
  ) as BpftoolFeatures;
  return features;
}

// The first test: what is asked once is not tried again.
test('probing leaves no fd, program, map or link behind', async () => {
  const before = left();
  for (const point of ATTACH_POINTS) haveAttach(point);
  for (const type of PROGRAM_TYPES) haveProgramType(type);
  for (const type of MAP_TYPES) haveMapType(type);
  for (const { name } of HELPERS.slice(0, 20)) haveHelper('SCHED_CLS', name);
  // Links are closed by a thread, and the kernel frees a uprobe's program some grace periods later.
  const deadline = performance.now() + 5000;
  while (!isDeepStrictEqual(left(), before) && performance.now() < deadline) await setTimeout(20);
  assert.deepEqual(left(), before);
});

function fdCount(): number {
  return readdirSync('/proc/self/fd').length;
}

/** fds of this process, and what the kernel holds under the name of the probes. */
function left(): { fds: number; objects: string[] } {
  const script = 'bpftool prog; bpftool map; bpftool link';
  const { stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
  return {
    fds: fdCount(),
    objects: stdout.split('\n').filter((line) => / name probe /.test(line)),
  };
}

test('bpftool agrees about every program type that it knows', () => {
  let compared = 0;
  for (const type of PROGRAM_TYPES) {
    const theirs = bpftool().program_types[`have_${type.toLowerCase()}_prog_type`];
    const { available, conclusive, reason } = haveProgramType(type);
    assert.ok(conclusive, `${type}: ${reason}`);
    // It tries TRACING by fentry, which a kernel may refuse while it takes BTF tracepoints.
    if (theirs === undefined || type === 'TRACING') continue;
    assert.equal(available, theirs, `${type}: ${reason}`);
    compared++;
  }
  assert.ok(compared >= 30, `compared ${compared} types only`);
});

test('TRACING programs are there where a BTF tracepoint attaches', () => {
  assert.equal(haveProgramType('TRACING').available, haveAttach('tp_btf').available);
});

test('bpftool agrees about every map type that it knows', () => {
  let compared = 0;
  for (const type of MAP_TYPES) {
    const theirs = bpftool().map_types[`have_${type.toLowerCase()}_map_type`];
    const { available, conclusive, reason } = haveMapType(type);
    assert.ok(conclusive, `${type}: ${reason}`);
    if (theirs === undefined) continue;
    assert.equal(available, theirs, `${type}: ${reason}`);
    compared++;
  }
  assert.ok(compared >= 30, `compared ${compared} types only`);
});

/** From the `…_func_proto` functions of the kernel: net/core/filter.c, kernel/trace/bpf_trace.c, kernel/bpf/syscall.c. */
const KNOWN: readonly [ProgramTypeName, HelperName, boolean][] = [
  ['SOCKET_FILTER', 'map_lookup_elem', true],
  ['SOCKET_FILTER', 'skb_load_bytes', true],
  ['SOCKET_FILTER', 'skb_store_bytes', false],
  ['SOCKET_FILTER', 'xdp_adjust_head', false],
  ['SOCKET_FILTER', 'get_stackid', false],
  ['SCHED_CLS', 'skb_store_bytes', true],
  ['SCHED_CLS', 'xdp_adjust_head', false],
  ['XDP', 'xdp_adjust_head', true],
  ['XDP', 'skb_load_bytes', false],
  ['XDP', 'ringbuf_output', true],
  ['TRACEPOINT', 'get_stackid', true],
  ['TRACEPOINT', 'ringbuf_reserve', true],
  ['TRACEPOINT', 'd_path', false],
  ['TRACEPOINT', 'skb_load_bytes', false],
  ['RAW_TRACEPOINT', 'ringbuf_query', true],
  ['RAW_TRACEPOINT', 'perf_prog_read_value', false],
  ['PERF_EVENT', 'perf_prog_read_value', true],
  ['TRACING', 'd_path', true],
  ['TRACING', 'seq_printf', false],
  ['KPROBE', 'get_func_ip', true],
  ['SYSCALL', 'sys_bpf', true],
  ['SYSCALL', 'skb_load_bytes', false],
  ['XDP', 'sys_bpf', false],
];

test('each type has the helpers that the kernel gives it, and no others', () => {
  for (const [type, helper, expected] of KNOWN) {
    const { available, conclusive, reason } = haveHelper(type, helper);
    assert.deepEqual(
      { available, conclusive },
      { available: expected, conclusive: true },
      `${type} ${helper}: ${reason}`,
    );
  }
});

test('what programs may call is known by bpftool too', () => {
  // The other way round nothing follows: up to 7.1 bpftool does not understand the refusals of a 6.18 kernel.
  for (const type of ['SOCKET_FILTER', 'XDP', 'TRACEPOINT', 'SYSCALL'] as const) {
    const theirs = new Set(bpftool().helpers[`${type.toLowerCase()}_available_helpers`]);
    const newest = HELPERS.findLast((helper) => theirs.has(`bpf_${helper.name}`))!.id;
    const ours = HELPERS.filter(({ id, name }) => id <= newest && haveHelper(type, name).available);
    assert.ok(ours.length > 30, `${type} has ${ours.length} helpers only`);
    assert.deepEqual(
      ours.map((helper) => `bpf_${helper.name}`).filter((name) => !theirs.has(name)),
      // It leaves out those that write to the kernel's log when they are probed.
      ours.map((helper) => `bpf_${helper.name}`).filter((name) => LOGGING.has(name)),
    );
  }
});

const LOGGING = new Set(['bpf_trace_printk', 'bpf_trace_vprintk', 'bpf_probe_write_user']);

test('what LSM, EXT and STRUCT_OPS programs may call is not claimed to be known', () => {
  for (const type of ['LSM', 'EXT', 'STRUCT_OPS'] as const) {
    const { available, conclusive } = haveHelper(type, 'ktime_get_ns');
    assert.deepEqual(
      { available, conclusive },
      { available: false, conclusive: !haveProgramType(type).available },
    );
  }
});
