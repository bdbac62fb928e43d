import {
  type Instruction,
  ProgramBuilder,
  R0,
  R1,
  R2,
  R3,
  R4,
  R5,
  R6,
  R7,
  R8,
  R9,
  R10,
} from '../../../src/asm/index.ts';
import { Btf, BtfBuilder } from '../../../src/btf/index.ts';
import type { ObjectSpec, ProgramSpec, TypeRef } from '../../../src/spec/index.ts';

/** What a record begins with; the programs here know nothing else. */
export interface Sample {
  readonly producer: number;
  readonly sequence: number;
}

/** `struct sample { u32 producer, sequence; }` */
export function sampleType(): TypeRef {
  const b = new BtfBuilder();
  const u32 = b.int('u32', 4);
  const members = ['producer', 'sequence'].map((name, i) => ({
    name,
    type: u32,
    bitOffset: 32 * i,
    bitSize: 0,
  }));
  const id = b.add({ kind: 'struct', name: 'sample', size: 8, members });
  return { btf: Btf.parse(b.build(), { name: 'sample' }), id };
}

/**
 * Context of the `syscall` programs:
 *
 * ```c
 * struct { u32 producer, sequence; u64 flags; u32 size, discard; s64 result; };
 * ```
 */
export const CONTEXT = { sample: 0, flags: 8, size: 16, discard: 20, result: 24, length: 32 } as const;

/** Bytes that `output` can send. */
export const PAYLOAD_SIZE = 4096;

/** `bpf_ringbuf_output` of the first `size` bytes of the map `payload`, behind which the sample is written. */
export function output(): ProgramSpec {
  const b = new ProgramBuilder().mov(R6, R1);
  element(b, 'payload');
  b.mov(R7, R0).load('u64', R1, R6, CONTEXT.sample).store('u64', R7, 0, R1);
  b.load('u32', R3, R6, CONTEXT.size).jumpIf(R3, '>', PAYLOAD_SIZE, 'out');
  b.loadMap(R1, 'ring').mov(R2, R7).load('u64', R4, R6, CONTEXT.flags).call('ringbuf_output');
  b.store('u64', R6, CONTEXT.result, R0).jumpIf(R0, '==', 0, 'out');
  countDrop(b);
  return syscall('output', b);
}

/** `bpf_ringbuf_reserve` of `size` bytes (8 or more), then submit or discard. */
export function reserve(size = 8, name = 'reserve'): ProgramSpec {
  const b = new ProgramBuilder().mov(R6, R1);
  b.loadMap(R1, 'ring').mov(R2, size).mov(R3, 0).call('ringbuf_reserve').jumpIf(R0, '==', 0, 'full');
  b.load('u64', R1, R6, CONTEXT.sample).store('u64', R0, 0, R1);
  b.mov(R1, R0).load('u64', R2, R6, CONTEXT.flags).load('u32', R3, R6, CONTEXT.discard);
  b.jumpIf(R3, '!=', 0, 'discard').call('ringbuf_submit').jump('out');
  b.label('discard').call('ringbuf_discard').jump('out');
  // By way of a register: before 6.3 constants cannot be stored to a context.
  b.label('full').mov(R0, -1).store('u64', R6, CONTEXT.result, R0);
  countDrop(b);
  return syscall(name, b);
}

/** `bpf_ringbuf_reserve_dynptr` of `size` bytes, `bpf_dynptr_write`, then submit or discard (kernel 5.19). */
export function dynptr(): ProgramSpec {
  const pointer = -16;
  const b = new ProgramBuilder().mov(R6, R1);
  b.loadMap(R1, 'ring').load('u32', R2, R6, CONTEXT.size).mov(R3, 0).mov(R4, R10).add(R4, pointer);
  b.call('ringbuf_reserve_dynptr').store('u64', R6, CONTEXT.result, R0);
  b.load('u64', R1, R6, CONTEXT.sample).store('u64', R10, -24, R1);
  b.mov(R1, R10).add(R1, pointer).mov(R2, 0).mov(R3, R10).add(R3, -24).mov(R4, 8).mov(R5, 0);
  b.call('dynptr_write').mov(R7, R0);
  b.mov(R1, R10).add(R1, pointer).load('u64', R2, R6, CONTEXT.flags).load('u32', R3, R6, CONTEXT.discard);
  b.jumpIf(R3, '!=', 0, 'discard').call('ringbuf_submit_dynptr').jump('ended');
  b.label('discard').call('ringbuf_discard_dynptr');
  b.label('ended').load('u64', R1, R6, CONTEXT.result).jumpIf(R1, '==', 0, 'written').jump('out');
  b.label('written').store('u64', R6, CONTEXT.result, R7).label('out').mov(R0, 0).exit();
  return { name: 'dynptr', section: 'syscall', instructions: b.build() };
}

/** `bpf_ringbuf_query(ring, flags)`. */
export function query(): ProgramSpec {
  const b = new ProgramBuilder().mov(R6, R1).load('u64', R2, R6, CONTEXT.flags);
  b.loadMap(R1, 'ring').call('ringbuf_query').store('u64', R6, CONTEXT.result, R0).mov(R0, 0).exit();
  return { name: 'query', section: 'syscall', instructions: b.build() };
}

/** Offsets in the value of the map `hold`. */
export const HOLD = { held: 0, release: 4 } as const;

/**
 * Reserves a record and holds it open, from `hold.held = 1` until somebody sets `hold.release`; then submits. Burns
 * a CPU meanwhile, for some seconds at most.
 */
export function hold(): ProgramSpec {
  const loops = 1 << 23;
  const b = new ProgramBuilder().mov(R6, R1);
  element(b, 'hold');
  b.mov(R8, R0).loadMap(R1, 'ring').mov(R2, 8).mov(R3, 0).call('ringbuf_reserve').jumpIf(R0, '==', 0, 'out');
  b.mov(R7, R0).load('u64', R1, R6, CONTEXT.sample).store('u64', R7, 0, R1).store('u32', R8, HOLD.held, 1);
  b.mov(R1, 100).loadFunction(R2, 'outer').mov(R3, R10).mov(R4, 0).call('loop');
  b.mov(R1, R7).load('u64', R2, R6, CONTEXT.flags).call('ringbuf_submit').label('out').mov(R0, 0).exit();
  b.function('outer').mov(R1, loops).loadFunction(R2, 'inner').mov(R3, R10).mov(R4, 0).call('loop');
  // The inner loop ends early when it is told to; so does the outer one then.
  b.mov(R1, R0).mov(R0, 1).jumpIf(R1, '<', loops, 'end').mov(R0, 0).label('end').exit();
  b.function('inner');
  element(b, 'hold');
  b.load('u32', R0, R0, HOLD.release).jumpIf(R0, '==', 0, 'out').mov(R0, 1).label('out').exit();
  return { name: 'hold', section: 'syscall', instructions: b.build() };
}

/** Records that one run of `flood` tries to send. */
export const FLOOD_BURST = 16;

/** Value of the map `flood`: whom the records are from, the next sequence number, and how many found no room. */
export const FLOOD = { producer: 0, sequence: 4, dropped: 8, length: 16 } as const;

/**
 * A socket filter, to be run with `repeat`: sends {@link FLOOD_BURST} samples. A number is used up only by a record
 * that found room, so the reader must see them all.
 */
export function flood(flags = 0): ProgramSpec {
  const b = new ProgramBuilder();
  element(b, 'flood');
  b.mov(R6, R0).mov(R8, FLOOD_BURST).load('u32', R9, R6, FLOOD.producer);
  b.label('next')
    .loadMap(R1, 'ring')
    .mov(R2, 8)
    .mov(R3, 0)
    .call('ringbuf_reserve')
    .jumpIf(R0, '==', 0, 'full');
  b.load('u32', R7, R6, FLOOD.sequence).store('u32', R0, 0, R9).store('u32', R0, 4, R7);
  b.add(R7, 1).store('u32', R6, FLOOD.sequence, R7).mov(R1, R0).mov(R2, flags).call('ringbuf_submit');
  b.sub(R8, 1).jumpIf(R8, '!=', 0, 'next').jump('out');
  b.label('full').load('u64', R7, R6, FLOOD.dropped).add(R7, 1).store('u64', R6, FLOOD.dropped, R7);
  b.label('out').mov(R0, 0).exit();
  return { name: 'flood', section: 'socket', instructions: b.build() };
}

/** The program {@link flood} alone, with a ring of 16 MiB that is woken for nothing. */
export function floodSpec(): ObjectSpec {
  return {
    name: 'flood',
    license: 'Dual BSD/GPL',
    maps: [
      { name: 'ring', type: 'RINGBUF', maxEntries: 1 << 24 },
      { name: 'flood', type: 'ARRAY', keySize: 4, valueSize: FLOOD.length, maxEntries: 1 },
    ],
    // BPF_RB_NO_WAKEUP
    programs: [flood(1)],
  };
}

/** Counts in the map `hits` how often it runs in a process. */
export function countRuns(pid: number): Instruction[] {
  const b = new ProgramBuilder().call('get_current_pid_tgid').rsh(R0, 32).jumpIf32(R0, '!=', pid, 'out');
  element(b, 'hits');
  return b.mov(R1, 1).atomicAdd('u64', R0, 0, R1).label('out').mov(R0, 0).exit().build();
}

function syscall(name: string, b: ProgramBuilder): ProgramSpec {
  return { name, section: 'syscall', instructions: b.label('out').mov(R0, 0).exit().build() };
}

/** r0 = &map[0], or out. */
function element(b: ProgramBuilder, map: string): void {
  b.store('u32', R10, -4, 0).loadMap(R1, map).mov(R2, R10).add(R2, -4).call('map_lookup_elem');
  b.jumpIf(R0, '==', 0, 'out');
}

function countDrop(b: ProgramBuilder): void {
  element(b, 'dropped');
  b.load('u64', R1, R0, 0).add(R1, 1).store('u64', R0, 0, R1);
}
