import { encodeInstructions, type Instruction, ProgramBuilder, R0, R1, R2, R6, R7 } from '../asm/index.ts';
import { ArgumentError } from '../errors/index.ts';
import { MapType, ProgramType, RingQuery } from '../spec/index.ts';
import { closeFd, errno, failure, mapInfo, programTestRun, tryProgramLoad } from '../sys/index.ts';

/** What `bpf_ringbuf_query` says about a ring, in bytes. */
export interface RingPositions {
  /** Bytes between the two positions: unread records, those still in writing and discarded ones included, with headers. */
  readonly available: bigint;
  /** Size of the data area. */
  readonly size: bigint;
  readonly consumerPosition: bigint;
  readonly producerPosition: bigint;
}

const FLAGS = [RingQuery.AVAIL_DATA, RingQuery.RING_SIZE, RingQuery.CONS_POS, RingQuery.PROD_POS];
const RESULT_SIZE = 8 * FLAGS.length;
/** test_run wants at least an Ethernet header; the results lie behind it, aligned. */
const PACKET_START = 16;

/**
 * Asks the kernel's own `bpf_ringbuf_query` for the positions of a ring, by loading a small program and running it
 * once with `BPF_PROG_TEST_RUN`. Unlike reading the mapped pages this works with a read-only fd.
 *
 * @param fd of a ring buffer map, of this process or another's.
 * @throws ArgumentError for any other map, a user ring buffer included; PermissionError, BpfSyscallError.
 */
export function queryRing(fd: number): RingPositions {
  const { type, name } = mapInfo(fd, `fd ${fd}`);
  if (type !== MapType.RINGBUF) {
    throw new ArgumentError({
      message: `map ${name} is of type ${type}; bpf_ringbuf_query asks BPF_MAP_TYPE_RINGBUF (${MapType.RINGBUF}) only`,
      remedy: 'Name a ring that the kernel writes and user space reads.',
    });
  }
  const result = queryBySyscallProgram(fd) ?? queryByPacketProgram(fd);
  return {
    available: result[0]!,
    size: result[1]!,
    consumerPosition: result[2]!,
    producerPosition: result[3]!,
  };
}

/** A `syscall` program (5.14) writes the four values to its context. @returns undefined where there is no such type. */
export function queryBySyscallProgram(fd: number): BigUint64Array | undefined {
  const program = load(ProgramType.SYSCALL, SLEEPABLE, (b) => b.mov(R6, R1), 0, fd);
  if (program === -errno.EINVAL) return undefined;
  const result = new BigUint64Array(FLAGS.length);
  run(program, { ctx: new Uint8Array(result.buffer) });
  return result;
}

/** A traffic classifier, never attached, writes the four values to the packet that it is run on (5.8). */
export function queryByPacketProgram(fd: number): BigUint64Array {
  const prologue = (b: ProgramBuilder): ProgramBuilder =>
    b
      .load('u32', R6, R1, SK_BUFF_DATA)
      .load('u32', R7, R1, SK_BUFF_DATA_END)
      .mov(R2, R6)
      .add(R2, PACKET_START + RESULT_SIZE)
      .jumpIf(R2, '>', R7, 'short');
  const program = load(ProgramType.SCHED_CLS, 0, prologue, PACKET_START, fd);
  const packet = new Uint8Array(PACKET_START + RESULT_SIZE);
  const out = new Uint8Array(packet.length);
  run(program, { dataIn: packet, dataOut: out });
  return new BigUint64Array(out.buffer, PACKET_START, FLAGS.length);
}

const SLEEPABLE = 1 << 4;
/** Offsets in `struct __sk_buff`. */
const SK_BUFF_DATA = 76;
const SK_BUFF_DATA_END = 80;

/** @param prologue leaves in r6 the address to which `offset` is added. @returns an fd, or -EINVAL. */
function load(
  type: number,
  flags: number,
  prologue: (b: ProgramBuilder) => ProgramBuilder,
  offset: number,
  ring: number,
): number {
  const b = prologue(new ProgramBuilder());
  for (const [i, flag] of FLAGS.entries()) {
    b.loadMap(R1, 'ring')
      .mov(R2, flag)
      .call('ringbuf_query')
      .store('u64', R6, offset + 8 * i, R0);
  }
  b.label('short').mov(R0, 0).exit();
  const instructions = encodeInstructions(b.build().map((i) => withMap(i, ring)));
  const fd = tryProgramLoad({ type, name: 'ring_query', instructions, license: 'Dual BSD/GPL', flags });
  if (fd < 0 && fd !== -errno.EINVAL) {
    throw failure({ command: 'BPF_PROG_LOAD', what: 'the ring query program', errno: -fd });
  }
  return fd;
}

function withMap(instruction: Instruction, fd: number): Instruction {
  return instruction.reference?.kind === 'map' ? { ...instruction, imm64: BigInt(fd) } : instruction;
}

function run(program: number, buffers: Parameters<typeof programTestRun>[2]): void {
  if (program < 0)
    throw failure({ command: 'BPF_PROG_LOAD', what: 'the ring query program', errno: -program });
  try {
    programTestRun(program, 'the ring query program', buffers);
  } finally {
    closeFd(program);
  }
}
