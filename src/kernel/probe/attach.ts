import { close, existsSync, readFileSync, statSync } from 'node:fs';
import { ProgramBuilder, R0 } from '../../asm/index.ts';
import { NotSupportedError } from '../../errors/index.ts';
import { AttachType, type AttachTypeName, type ProgramTypeName } from '../../spec/index.ts';
import {
  closeFd,
  kprobeMultiFields,
  linkCreate,
  type PerfEvent,
  PerfType,
  perfEventOpen,
  perfProbe,
  perfSetProgram,
  rawTracepointOpen,
  uprobeMultiFields,
} from '../../sys/index.ts';
import { vmlinuxBtf } from '../machine.ts';
import { tracepointId } from '../tracefs.ts';
import { type ProbeProgram, withProgram } from './load.ts';
import { type Feature, type Probe, probe } from './probe.ts';

const TRACEPOINT = 'sched_process_exec';
/** Called by nobody but tests of BPF itself (net/bpf/test_run.c). */
const FUNCTION = 'bpf_fentry_test1';
/** The security hook that is asked before disk quotas are turned on. */
const HOOK = 'quota_on';
/** `PERF_COUNT_SW_CPU_CLOCK`. */
const CPU_CLOCK = 0;
const SECOND_NS = 1_000_000_000;

/** A way to attach a tracing program, in libbpf's words. */
export type AttachPoint =
  | 'tracepoint'
  | 'raw_tracepoint'
  | 'tp_btf'
  | 'iter'
  | 'perf_event'
  | 'uprobe'
  | 'uprobe_multi'
  | 'kprobe'
  | 'kprobe_multi'
  | 'fentry'
  | 'fexit'
  | 'fmod_ret'
  | 'lsm';

interface Row extends Feature {
  /** Attaches and detaches again. */
  readonly attempt: () => void;
}

/** From those that most kernels have to those that few have. */
// biome-ignore format: one way a line
const ROWS: Readonly<Record<AttachPoint, Row>> = {
  tracepoint: { since: '4.7', config: 'CONFIG_BPF_EVENTS', attempt: tryTracepoint },
  raw_tracepoint: { since: '4.17', config: 'CONFIG_BPF_EVENTS', attempt: tryRawTracepoint },
  tp_btf: { since: '5.5', config: 'CONFIG_DEBUG_INFO_BTF', attempt: () => tryTracing('TRACE_RAW_TP', 'typedef', `btf_trace_${TRACEPOINT}`) },
  iter: { since: '5.8', config: 'CONFIG_DEBUG_INFO_BTF', attempt: tryIterator },
  perf_event: { since: '4.9', config: 'CONFIG_PERF_EVENTS', attempt: tryPerfEvent },
  uprobe: { since: '4.3', config: 'CONFIG_UPROBE_EVENTS', attempt: tryUprobe },
  uprobe_multi: { since: '6.6', config: 'CONFIG_UPROBE_EVENTS', attempt: tryUprobeMulti },
  kprobe: { since: '4.1', config: 'CONFIG_KPROBE_EVENTS', attempt: tryKprobe },
  kprobe_multi: { since: '5.18', config: 'CONFIG_FPROBE', attempt: tryKprobeMulti },
  fentry: { since: '5.5', config: 'CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS', attempt: () => tryTracing('TRACE_FENTRY', 'func', FUNCTION) },
  fexit: { since: '5.5', config: 'CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS', attempt: () => tryTracing('TRACE_FEXIT', 'func', FUNCTION) },
  fmod_ret: { since: '5.7', config: 'CONFIG_SECURITY', attempt: () => tryTracing('MODIFY_RETURN', 'func', `security_${HOOK}`) },
  lsm: { since: '5.7', config: 'CONFIG_BPF_LSM', attempt: tryLsm },
};

/** All ways to attach that can be tried. */
export const ATTACH_POINTS: readonly AttachPoint[] = Object.keys(ROWS) as AttachPoint[];

/**
 * Whether tracing programs can be attached in a way. It is tried, since a kernel may load what it does not attach.
 *
 * Trying changes nothing: a program of two instructions is attached where next to nothing happens, and detached
 * again. Ways that reach into traffic (XDP, tc, cgroups) are not among them for that reason.
 *
 * @example
 * ```ts
 * haveAttach('kprobe'); // { available: false, conclusive: true, since: '4.1', reason: 'this kernel has no kprobe events: …' }
 * ```
 */
export function haveAttach(point: AttachPoint): Probe {
  const row = ROWS[point];
  return probe(`attach ${point}`, row, row.attempt);
}

/** What error messages call the program. */
const WHAT = 'a program that does nothing';

/**
 * Loads a program, lets `attach` make a link (an fd) of it, and ends both. Closing a link may wait for a grace period of the
 * kernel (80 ms for a uprobe), so a thread of libuv does it, and the process does not end before.
 */
function tryLink(
  program: Omit<ProbeProgram, 'instructions'> & { returns?: number },
  attach: (program: number) => number,
): void {
  const instructions = new ProgramBuilder()
    .mov(R0, program.returns ?? 0)
    .exit()
    .build();
  withProgram({ ...program, instructions }, (fd) => close(attach(fd)));
}

/** The answer 0 would take the event away from everybody else who traces that place by perf; 1 lets it pass. */
function tryPerf(type: ProgramTypeName, event: () => PerfEvent): void {
  tryLink({ type, returns: 1 }, (program) => {
    const perf = perfEventOpen(event(), WHAT);
    try {
      perfSetProgram(perf, program, WHAT);
    } catch (error) {
      closeFd(perf);
      throw error;
    }
    return perf;
  });
}

function tryTracing(attachType: AttachTypeName, kind: 'func' | 'typedef', name: string): void {
  const attachBtfId = vmlinuxBtf().get(kind, name);
  tryLink({ type: 'TRACING', attachType: AttachType[attachType], attachBtfId }, (program) =>
    rawTracepointOpen(program, undefined, WHAT),
  );
}

function tryTracepoint(): void {
  const config = tracepointId('sched', TRACEPOINT);
  tryPerf('TRACEPOINT', () => ({ type: PerfType.TRACEPOINT, config }));
}

function tryRawTracepoint(): void {
  tryLink({ type: 'RAW_TRACEPOINT' }, (program) => rawTracepointOpen(program, TRACEPOINT, WHAT));
}

function tryIterator(): void {
  const attachType = AttachType.TRACE_ITER;
  const attachBtfId = vmlinuxBtf().get('func', 'bpf_iter_bpf_map');
  tryLink({ type: 'TRACING', attachType, attachBtfId }, (program) =>
    linkCreate({ program, attachType }, WHAT),
  );
}

function tryPerfEvent(): void {
  tryPerf('PERF_EVENT', () => ({
    type: PerfType.SOFTWARE,
    config: CPU_CLOCK,
    period: SECOND_NS,
    pid: process.pid,
  }));
}

function tryKprobe(): void {
  tryPerf('KPROBE', () => perfProbe('kprobe', { target: FUNCTION, offset: 0 }));
}

function tryKprobeMulti(): void {
  const attachType = AttachType.TRACE_KPROBE_MULTI;
  const fill = kprobeMultiFields({ symbols: [FUNCTION] });
  tryLink({ type: 'KPROBE', attachType }, (program) => linkCreate({ program, attachType, fill }, WHAT));
}

function tryUprobe(): void {
  const { path, offset } = unmappedPlace();
  tryPerf('KPROBE', () => perfProbe('uprobe', { target: path, offset, pid: process.pid }));
}

function tryUprobeMulti(): void {
  const { path, offset } = unmappedPlace();
  const attachType = AttachType.TRACE_UPROBE_MULTI;
  const fill = uprobeMultiFields({ path, offsets: [offset], pid: process.pid });
  tryLink({ type: 'KPROBE', attachType }, (program) => linkCreate({ program, attachType, fill }, WHAT));
}

/**
 * A place in this Node's own executable where there is no instruction to be replaced: its last bytes, the table of sections,
 * are not mapped into memory.
 */
function unmappedPlace(): { path: string; offset: number } {
  const { size } = statSync(process.execPath);
  return { path: process.execPath, offset: (size - 8) & ~7 };
}

/** Programs attach to the hooks of a BPF LSM that is built in but not switched on, and are never called. */
function tryLsm(): void {
  const attachBtfId = vmlinuxBtf().get('func', `bpf_lsm_${HOOK}`);
  tryLink({ type: 'LSM', attachType: AttachType.LSM_MAC, attachBtfId }, (program) =>
    rawTracepointOpen(program, undefined, WHAT),
  );
  const active = activeLsms();
  if (active === undefined || active.includes('bpf')) return;
  throw new NotSupportedError({
    feature: 'BPF LSM',
    message: `LSM programs attach but are not called: "bpf" is not among the active LSMs (${active.join(',')})`,
    remedy: `Boot with lsm=${[...active, 'bpf'].join(',')} on the kernel's command line.`,
  });
}

/** Undefined where securityfs is not mounted. */
function activeLsms(): string[] | undefined {
  const path = '/sys/kernel/security/lsm';
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split(',') : undefined;
}
