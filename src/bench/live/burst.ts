import { ProgramBuilder, R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 } from '../../asm/index.ts';
import { type MapSpec, type ProgramSpec, RingFlags, wakeupEvery } from '../../spec/index.ts';

/** Bytes of each record: one 64-bit value. */
const RECORD_SIZE = 8;

/** `BPF_F_CURRENT_CPU` */
const CURRENT_CPU = 0xffff_ffffn;

/** What a program sends, and how. */
export interface Burst {
  /** `perf` is `bpf_perf_event_output`, into a perf buffer in the place of a ring. */
  readonly by: 'reserve' | 'output' | 'perf';
  /** Records of one run of the program. */
  readonly records: number;
  /**
   * `adaptive` is the kernel's own choice: a reader that had caught up is woken. `sampled` wakes with the last record
   * of each burst alone, `never` with none, the object each time that many more are unread. Of a perf buffer the reader says
   * itself when it is woken.
   */
  readonly wakeup: 'adaptive' | 'sampled' | 'never' | { readonly everyBytes: number };
  /** What a record says: 1, or `bpf_ktime_get_ns()`. */
  readonly value: 'one' | 'time';
}

/** Name of the map that records are sent into. */
export const TARGET = 'ring';

/** Two 64-bit counts: records sent, and records for which there was no room. */
export const COUNTS: MapSpec = { name: 'counts', type: 'ARRAY', keySize: 4, valueSize: 16, maxEntries: 1 };
/** Its value before anything is sent, and its only key. */
export const NO_COUNTS: Uint8Array = new Uint8Array(16);
export const COUNTS_KEY: Uint8Array = new Uint8Array(4);
const SENT = 0;
const DROPPED = 8;

/** What a program has counted. */
export interface Counts {
  readonly sent: number;
  readonly dropped: number;
}

/** Reads the value of {@link COUNTS}. */
export function parseCounts(value: Uint8Array): Counts {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const at = (offset: number): number => Number(view.getBigUint64(offset, true));
  return { sent: at(SENT), dropped: at(DROPPED) };
}

/** The packet that a socket filter is run on. */
export const PACKET: Uint8Array = new Uint8Array(64);

/** A socket filter that sends one burst, as the program of the kernel's benchmark does (`progs/ringbuf_bench.c`). */
export function burstProgram({ by, records, wakeup, value }: Burst): ProgramSpec {
  const b = new ProgramBuilder().mov(R9, R1).loadMapValue(R6, COUNTS.name).mov(R7, records);
  b.label('next');
  if (by === 'reserve') {
    b.loadMap(R1, TARGET).mov(R2, RECORD_SIZE).mov(R3, 0).call('ringbuf_reserve');
    b.jumpIf(R0, '==', 0, 'dropped').mov(R8, R0);
  }
  if (value === 'time') b.call('ktime_get_ns');
  else b.mov(R0, 1);
  if (by === 'reserve') b.store('u64', R8, 0, R0);
  else b.store('u64', R10, -8, R0);
  b.mov(R4, 0);
  if (wakeup === 'sampled') {
    b.mov(R4, RingFlags.FORCE_WAKEUP).jumpIf(R7, '==', 1, 'send').mov(R4, RingFlags.NO_WAKEUP);
  } else if (wakeup === 'never') {
    b.mov(R4, RingFlags.NO_WAKEUP);
  } else if (wakeup !== 'adaptive') {
    wakeupEvery(b, TARGET, wakeup.everyBytes).mov(R4, R0);
  }
  b.label('send');
  if (by === 'reserve') b.mov(R1, R8).mov(R2, R4).call('ringbuf_submit');
  else output(b, by).jumpIf(R0, '!=', 0, 'dropped');
  // Counted in memory: of counts in registers the verifier would walk every combination.
  count(b, SENT).jump('done');
  count(b.label('dropped'), DROPPED);
  b.label('done').sub(R7, 1).jumpIf(R7, '!=', 0, 'next').mov(R0, 0).exit();
  return { name: 'burst', section: 'socket', instructions: b.build() };
}

/** A socket filter that sends the record of value 0, which ends a reading. It returns 0 if there was room. */
export function endProgram(by: Burst['by']): ProgramSpec {
  const b = new ProgramBuilder().mov(R9, R1).store('u64', R10, -8, 0).mov(R4, RingFlags.FORCE_WAKEUP);
  return { name: 'end', section: 'socket', instructions: output(b, by).exit().build() };
}

/** Sends the value at the top of the stack; flags for a ring are in R4, the program's context in R9. */
function output(b: ProgramBuilder, by: Burst['by']): ProgramBuilder {
  if (by === 'perf') {
    b.mov(R1, R9).loadMap(R2, TARGET).loadImm64(R3, CURRENT_CPU);
    return b.mov(R4, R10).add(R4, -8).mov(R5, RECORD_SIZE).call('perf_event_output');
  }
  return b.loadMap(R1, TARGET).mov(R2, R10).add(R2, -8).mov(R3, RECORD_SIZE).call('ringbuf_output');
}

function count(b: ProgramBuilder, offset: number): ProgramBuilder {
  return b.load('u64', R0, R6, offset).add(R0, 1).store('u64', R6, offset, R0);
}
