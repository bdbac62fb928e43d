import { readFileSync } from 'node:fs';
import { NotSupportedError } from '../errors/index.ts';
import { Attr } from './attr.ts';
import { TRACING } from './bpf-link.ts';
import { failure } from './failure.ts';
import { native } from './native.ts';

/** `enum perf_type_id`: kinds of events that have a number of their own; others are looked up by {@link perfType}. */
export const PerfType = { HARDWARE: 0, SOFTWARE: 1, TRACEPOINT: 2 } as const;

/** An event to open. */
export interface PerfEvent {
  /** PerfType, or what {@link perfType} found. */
  readonly type: number;
  readonly config: bigint | number;
  /** Address, or a text that is passed by address. */
  readonly config1?: bigint | string;
  readonly config2?: bigint;
  /** One sample each `period` events, or `frequency` times a second. One each event without either. */
  readonly period?: bigint | number;
  readonly frequency?: number;
  /** A process (0: this one); -1 or absent: all. */
  readonly pid?: number;
  /** A CPU; -1: whichever the process runs on. */
  readonly cpu?: number;
}

const PERF_FLAG_FD_CLOEXEC = 8;
const FREQUENCY = 1 << 10;

/**
 * `struct perf_event_attr` up to `config2` (`PERF_ATTR_SIZE_VER1`):
 *
 * ```
 *  0 u32 type, size        24 u64 sample_type       48 u32 wakeup_events, bp_type
 *  8 u64 config            32 u64 read_format       56 u64 config1
 * 16 u64 sample_period     40 u64 flags             64 u64 config2
 * ```
 */
const ATTR_SIZE = 72;

/** perf_event_open(2). @returns the event's fd; it counts already. */
export function perfEventOpen(event: PerfEvent, what: string): number {
  const attr = new Attr(ATTR_SIZE)
    .u32(0, event.type)
    .u32(4, ATTR_SIZE)
    .u64(8, event.config)
    .u64(16, event.frequency ?? event.period ?? 1)
    .u64(40, event.frequency === undefined ? 0 : FREQUENCY)
    .u32(48, 1)
    .u64(64, event.config2 ?? 0);
  if (typeof event.config1 === 'string') attr.string(56, event.config1);
  else attr.u64(56, event.config1 ?? 0);
  const { pid = -1 } = event;
  // Of all processes an event is one CPU's; for tracepoints and probes it does not matter to BPF which.
  const cpu = event.cpu ?? (pid < 0 ? 0 : -1);
  const fd = native().perfEventOpen(attr.bytes, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
  if (fd < 0) throw failure({ command: 'perf_event_open', what, errno: -fd, ...TRACING });
  return fd;
}

/** Where a probe is: a function of the kernel and an offset in it, an address, or a path and an offset in the file. */
export interface PerfPlace {
  readonly target: string | bigint;
  readonly offset: number;
  readonly returns?: boolean | undefined;
  /** uprobe: place in the file of a counter that is kept above 0 while the probe stands. */
  readonly referenceCounter?: number | undefined;
  readonly pid?: number | undefined;
}

/**
 * The event of a probe [libbpf's `perf_event_open_probe`].
 *
 * @throws NotSupportedError where this kernel was built without such probes.
 */
export function perfProbe(kind: 'kprobe' | 'uprobe', place: PerfPlace): PerfEvent {
  const type = perfType(kind);
  if (type === undefined) throw noProbes(kind);
  const returns = place.returns ? 1n << BigInt(perfConfigBit(kind, 'retprobe') ?? 0) : 0n;
  const counter = BigInt(place.referenceCounter ?? 0) << BigInt(perfConfigBit(kind, 'ref_ctr_offset') ?? 32);
  const isAddress = typeof place.target === 'bigint';
  return {
    type,
    config: returns | counter,
    config1: isAddress ? 0n : place.target,
    config2: isAddress ? place.target : BigInt(place.offset),
    ...(place.pid === undefined ? {} : { pid: place.pid }),
  };
}

const DEVICES = '/sys/bus/event_source/devices';

/** The error for a kernel that has no such probes at all. */
export function noProbes(kind: 'kprobe' | 'uprobe'): NotSupportedError {
  return new NotSupportedError({
    feature: kind,
    message: `this kernel has no ${kind} events: there is no ${DEVICES}/${kind}`,
    remedy: `Run a kernel with CONFIG_${kind.toUpperCase()}_EVENTS=y, or attach to a tracepoint.`,
  });
}

/**
 * Number of a kind of events that the kernel numbers at boot: `kprobe`, `uprobe`.
 *
 * @returns undefined where this kernel has none of that name.
 */
export function perfType(name: string): number | undefined {
  return readPmu(`${name}/type`, Number);
}

/** First bit of a field of such an event's `config`, as `retprobe` of `kprobe`. */
export function perfConfigBit(name: string, field: string): number | undefined {
  return readPmu(`${name}/format/${field}`, (text) => Number(/^config:(\d+)/.exec(text)?.[1] ?? Number.NaN));
}

function readPmu(path: string, parse: (text: string) => number): number | undefined {
  try {
    const number = parse(readFileSync(`${DEVICES}/${path}`, 'utf8'));
    return Number.isNaN(number) ? undefined : number;
  } catch {
    // Absent, or sysfs is: either way it cannot be used.
    return undefined;
  }
}

const PERF_EVENT_IOC_SET_BPF = 0x4004_2408;

/** Lets `program` run at each occurrence of the perf event, until the event's fd is closed. */
export function perfSetProgram(perf: number, program: number, what: string): void {
  const result = native().ioctl(perf, PERF_EVENT_IOC_SET_BPF, program);
  if (result < 0) throw failure({ command: 'PERF_EVENT_IOC_SET_BPF', what, errno: -result, ...TRACING });
}
