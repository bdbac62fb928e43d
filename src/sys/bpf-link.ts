import { Attr } from './attr.ts';
import { bpf } from './call.ts';
import { failure } from './failure.ts';
import { native } from './native.ts';

const TRACING = { needs: ['CAP_BPF + CAP_PERFMON', 'CAP_SYS_ADMIN'] };

/**
 * `BPF_RAW_TRACEPOINT_OPEN`: attaches a raw tracepoint program by the tracepoint's name, or, without a name, a
 * TRACING or LSM program to what it was loaded for. @returns the link's fd.
 */
export function rawTracepointOpen(program: number, name: string | undefined, what: string): number {
  const attr = new Attr(16).u32(8, program);
  if (name !== undefined) attr.string(0, name);
  return bpf('RAW_TRACEPOINT_OPEN', attr, what, TRACING);
}

/** `BPF_LINK_CREATE`. @returns the link's fd. */
export function linkCreate(program: number, target: number, attachType: number, what: string): number {
  const attr = new Attr(48).u32(0, program).u32(4, target).u32(8, attachType);
  return bpf('LINK_CREATE', attr, what, TRACING);
}

/** `BPF_ITER_CREATE`: one run of an iterator. @returns an fd to read its output from. */
export function iteratorCreate(link: number, what: string): number {
  return bpf('ITER_CREATE', new Attr(8).u32(0, link), what);
}

const PERF_TYPE_TRACEPOINT = 2;
const PERF_FLAG_FD_CLOEXEC = 8;
const PERF_EVENT_IOC_ENABLE = 0x2400;
const PERF_EVENT_IOC_SET_BPF = 0x4004_2408;

/** Opens the perf event of a tracepoint, for all processes, on CPU 0 (which CPU does not matter to BPF). */
export function perfTracepointOpen(id: number, what: string): number {
  // struct perf_event_attr, first published size: type, size, config, sample_period, ..., wakeup_events
  const attr = new Attr(64).u32(0, PERF_TYPE_TRACEPOINT).u32(4, 64).u64(8, id).u64(16, 1).u32(48, 1);
  const fd = native().perfEventOpen(attr.bytes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
  if (fd < 0)
    throw failure({ command: 'perf_event_open', what, errno: -fd, needs: ['CAP_PERFMON', 'CAP_SYS_ADMIN'] });
  return fd;
}

/** Lets `program` run at each occurrence of the perf event, until the event's fd is closed. */
export function perfSetProgram(perf: number, program: number, what: string): void {
  for (const [name, request, argument] of [
    ['PERF_EVENT_IOC_SET_BPF', PERF_EVENT_IOC_SET_BPF, program],
    ['PERF_EVENT_IOC_ENABLE', PERF_EVENT_IOC_ENABLE, 0],
  ] as const) {
    const result = native().ioctl(perf, request, argument);
    if (result < 0) throw failure({ command: name, what, errno: -result, ...TRACING });
  }
}
