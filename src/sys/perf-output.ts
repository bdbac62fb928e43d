import { Attr } from './attr.ts';
import { TRACING } from './bpf-link.ts';
import { failure } from './failure.ts';
import { closeFd } from './fd.ts';
import { native } from './native.ts';

const PERF_TYPE_SOFTWARE = 1;
const PERF_COUNT_SW_BPF_OUTPUT = 10;
const PERF_SAMPLE_TIME = 1 << 2;
const PERF_SAMPLE_RAW = 1 << 10;
const USE_CLOCKID = 1n << 25n;
const CLOCK_MONOTONIC = 1;
const PERF_FLAG_FD_CLOEXEC = 8;
const PERF_EVENT_IOC_ENABLE = 0x2400;

/** `struct perf_event_attr` up to `clockid` (`PERF_ATTR_SIZE_VER3`). */
const ATTR_SIZE = 96;

/**
 * Opens the ring into which `bpf_perf_event_output` writes on one CPU. Samples carry the time (CLOCK_MONOTONIC, as
 * `bpf_ktime_get_ns`) and what the program gave. @returns an fd.
 *
 * @param wakeupEvents samples after which the reader is woken.
 */
export function perfOutputOpen(cpu: number, wakeupEvents: number, what: string): number {
  const attr = new Attr(ATTR_SIZE)
    .u32(0, PERF_TYPE_SOFTWARE)
    .u32(4, ATTR_SIZE)
    .u64(8, PERF_COUNT_SW_BPF_OUTPUT)
    .u64(16, 1)
    .u64(24, PERF_SAMPLE_TIME | PERF_SAMPLE_RAW)
    .u64(40, USE_CLOCKID)
    .u32(48, wakeupEvents)
    .u32(92, CLOCK_MONOTONIC);
  const fd = native().perfEventOpen(attr.bytes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
  if (fd < 0) {
    throw failure({ command: 'perf_event_open', what: `${what} on CPU ${cpu}`, errno: -fd, ...TRACING });
  }
  const result = native().ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
  if (result >= 0) return fd;
  closeFd(fd);
  throw failure({ command: 'PERF_EVENT_IOC_ENABLE', what: `${what} on CPU ${cpu}`, errno: -result });
}
