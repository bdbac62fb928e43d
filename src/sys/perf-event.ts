import { closeSync, readFileSync } from 'node:fs';
import { NotSupportedError } from '../errors/index.ts';
import { Attr } from './attr.ts';
import { failure, TRACING_CAPABILITIES } from './failure.ts';
import { native } from './native.ts';

const PERF_TYPE_SOFTWARE = 1;
const PERF_TYPE_TRACEPOINT = 2;
const PERF_COUNT_SW_CPU_CLOCK = 0;
const PERF_FLAG_FD_CLOEXEC = 8;
const PERF_EVENT_IOC_ENABLE = 0x2400;
const PERF_EVENT_IOC_SET_BPF = 0x4004_2408;

/**
 * `struct perf_event_attr` in its second published size (`PERF_ATTR_SIZE_VER1`): type, size, config, sample_period, …,
 * wakeup_events at 48, config1 at 56, config2 at 64.
 */
const ATTR_SIZE = 72;

function eventAttr(type: number, config: number): Attr {
  return new Attr(ATTR_SIZE).u32(0, type).u32(4, ATTR_SIZE).u64(8, config).u64(16, 1).u32(48, 1);
}

/** @param pid only this process; -1 for all, then on CPU 0 (which CPU does not matter to BPF). */
function open(attr: Attr, pid: number, what: string): number {
  const fd = native().perfEventOpen(attr.bytes, pid, pid < 0 ? 0 : -1, -1, PERF_FLAG_FD_CLOEXEC);
  if (fd >= 0) return fd;
  throw failure({ command: 'perf_event_open', what, errno: -fd, needs: ['CAP_PERFMON', 'CAP_SYS_ADMIN'] });
}

/** Opens the perf event of a tracepoint, for all processes. @returns an fd. */
export function perfTracepointOpen(id: number, what: string): number {
  return open(eventAttr(PERF_TYPE_TRACEPOINT, id), -1, what);
}

/**
 * Opens a probe at a kernel function or at a place in a file [`perf_event_open_probe`]. @returns an fd.
 *
 * @param at function and offset in it, or path and offset in the file.
 * @throws NotSupportedError where this kernel was built without such probes.
 */
export function perfProbeOpen(
  kind: 'kprobe' | 'uprobe',
  at: { target: string; offset: number; pid: number },
  what: string,
): number {
  const attr = eventAttr(probeType(kind), 0).string(56, at.target).u64(64, at.offset);
  return open(attr, at.pid, what);
}

function probeType(kind: 'kprobe' | 'uprobe'): number {
  const path = `/sys/bus/event_source/devices/${kind}/type`;
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new NotSupportedError({
      feature: kind,
      message: `this kernel has no ${kind} events: there is no ${path}`,
      remedy: `Run a kernel with CONFIG_${kind.toUpperCase()}_EVENTS=y, or attach to a tracepoint.`,
      cause,
    });
  }
}

/** Opens a software clock that ticks while `pid` runs. @returns an fd. */
export function perfClockOpen(periodNs: number, pid: number, what: string): number {
  return open(eventAttr(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK).u64(16, periodNs), pid, what);
}

/**
 * Lets `program` run at each occurrence of a perf event, until the event's fd is closed.
 *
 * @param perf an fd that this function takes over: when it throws, the fd is closed. @returns the same fd.
 */
export function perfSetProgram(perf: number, program: number, what: string): number {
  for (const [name, request, argument] of [
    ['PERF_EVENT_IOC_SET_BPF', PERF_EVENT_IOC_SET_BPF, program],
    ['PERF_EVENT_IOC_ENABLE', PERF_EVENT_IOC_ENABLE, 0],
  ] as const) {
    const result = native().ioctl(perf, request, argument);
    if (result >= 0) continue;
    closeSync(perf);
    throw failure({ command: name, what, errno: -result, needs: TRACING_CAPABILITIES });
  }
  return perf;
}
