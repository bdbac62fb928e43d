import { ArgumentError, BpfSyscallError, NotSupportedError } from '../errors/index.ts';
import type { ProgramTypeName, Section } from '../spec/index.ts';
import { programTestRun, type TestRun } from '../sys/index.ts';

/** What a program is run on. */
export interface RunInput {
  /** The packet, from its Ethernet header on: network programs need 14 bytes or more. */
  readonly data?: Uint8Array;
  /**
   * The context (`struct __sk_buff`, `struct xdp_md`, arguments of a raw tracepoint as 64-bit words, what a `syscall`
   * program takes). Where the kernel gives it back, it is written in place.
   */
  readonly ctx?: Uint8Array;
  /** Times that a network program is run; default 1. */
  readonly repeat?: number;
  /** CPU that a raw tracepoint program is run on; default the current one. */
  readonly cpu?: number;
}

/** What came of running a program. */
export interface RunResult {
  /** 32 bits, unsigned. */
  readonly returnValue: number;
  /** The packet as the program left it; empty without one. */
  readonly data: Uint8Array;
  /** Of one run, on average; 0 where the kernel does not measure. */
  readonly durationNs: number;
}

/** `BPF_F_TEST_RUN_ON_CPU`. */
const RUN_ON_CPU = 1;

/** The kernel takes no packet larger than this. */
const LARGEST_PACKET = 64 * 1024;

/** An Ethernet header. */
const SMALLEST_PACKET = 14;

interface Runnable {
  /** It is run on a packet. */
  readonly packet?: true;
  /** The context is copied back to a buffer of its own (`ctx_out`). */
  readonly ctxOut?: true;
  readonly repeat?: true;
  readonly onCpu?: true;
}

const PACKET: Runnable = { packet: true, ctxOut: true, repeat: true };

/** Types of programs that have `test_run` in `struct bpf_prog_ops`. */
const RUNNABLE: Partial<Record<ProgramTypeName, Runnable>> = {
  SOCKET_FILTER: PACKET,
  SCHED_CLS: PACKET,
  SCHED_ACT: PACKET,
  CGROUP_SKB: PACKET,
  LWT_IN: PACKET,
  LWT_OUT: PACKET,
  LWT_XMIT: PACKET,
  LWT_SEG6LOCAL: PACKET,
  XDP: PACKET,
  FLOW_DISSECTOR: { packet: true, repeat: true },
  NETFILTER: { packet: true, repeat: true },
  SK_LOOKUP: { ctxOut: true, repeat: true },
  RAW_TRACEPOINT: { onCpu: true },
  RAW_TRACEPOINT_WRITABLE: { onCpu: true },
  TRACING: {},
  SYSCALL: {},
};

/**
 * Runs a program by `BPF_PROG_TEST_RUN` [`bpf_prog_test_run_opts`].
 *
 * @throws NotSupportedError for types that can only be attached; ArgumentError for a packet that is too short, or an
 *   option that the type does not take; BpfSyscallError, PermissionError.
 */
export function testRun(
  program: { readonly name: string; readonly section: Section; readonly fd: number },
  input: RunInput,
): RunResult {
  const { data, ctx, repeat, cpu } = input;
  const { programType } = program.section;
  const runnable = RUNNABLE[programType];
  if (runnable === undefined) throw notRunnable(program.name, programType);
  check(program.name, programType, input);
  // Programs may make a packet longer.
  const dataOut = data === undefined ? undefined : new Uint8Array(data.length + LARGEST_PACKET);
  const run: TestRun = {
    dataIn: data,
    dataOut,
    ctx,
    ctxOut: runnable.ctxOut === true ? ctx : undefined,
    repeat,
    ...(cpu === undefined ? {} : { flags: RUN_ON_CPU, cpu }),
  };
  try {
    const result = programTestRun(program.fd, `program ${program.name}`, run);
    const { returnValue, durationNs, dataSize } = result;
    return { returnValue, durationNs, data: dataOut?.slice(0, dataSize) ?? new Uint8Array() };
  } catch (error) {
    if (error instanceof BpfSyscallError && error.errno === 'ENOTSUPP') {
      throw notRunnable(program.name, programType, error);
    }
    throw error;
  }
}

/** The kernel says EINVAL to all of these. */
function check(name: string, type: ProgramTypeName, { data, repeat, cpu }: RunInput): void {
  const takes = RUNNABLE[type]!;
  const size = data?.length ?? 0;
  const rows: readonly (readonly [isWrong: boolean, what: string, remedy: string])[] = [
    [
      takes.packet === true && size < SMALLEST_PACKET,
      `is run on a packet, and was given ${size} bytes`,
      `Give data: ${SMALLEST_PACKET} bytes of Ethernet header or more.`,
    ],
    [takes.packet !== true && data !== undefined, 'takes no packet', 'Give it a ctx instead of data.'],
    [takes.repeat !== true && repeat !== undefined, 'cannot be repeated', 'Call run() several times.'],
    [
      takes.onCpu !== true && cpu !== undefined,
      'runs on the current CPU only',
      'Leave out cpu: raw tracepoint programs take it.',
    ],
  ];
  const wrong = rows.find(([isWrong]) => isWrong);
  if (wrong === undefined) return;
  throw new ArgumentError({ message: `program ${name} (${type}) ${wrong[1]}`, remedy: wrong[2] });
}

function notRunnable(name: string, type: ProgramTypeName, cause?: BpfSyscallError): NotSupportedError {
  return new NotSupportedError({
    feature: `running programs of type ${type}`,
    message: `program ${name}: the kernel runs programs of type ${type} only where they are attached`,
    remedy: `Attach it. These can be run: ${Object.keys(RUNNABLE).join(', ')}.`,
    cause,
  });
}
