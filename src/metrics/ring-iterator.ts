import { R0, R1, R2, R3, R6, R7, R8 } from '../asm/index.ts';
import type { Btf } from '../btf/index.ts';
import { vmlinuxBtf } from '../kernel/index.ts';
import { type RingState, ringState, ringType } from '../ringbuf/index.ts';
import { MapType } from '../spec/index.ts';
import { cString } from '../sys/index.ts';
import { HOST_ORDER, RecordIterator, RecordProgram } from './iterator.ts';
import { findOffset, offsetOf } from './offset.ts';

/**
 * What the program writes for each ring:
 *
 * ```c
 * struct {
 *   u64 time; u32 id, type, flags, size; char name[16];
 *   u64 consumer, producer, pending, overwrite, header, consumer_after;
 * };
 * ```
 */
const FIELDS = {
  time: 0,
  id: 8,
  type: 12,
  flags: 16,
  size: 20,
  name: 24,
  consumer: 40,
  producer: 48,
  pending: 56,
  overwrite: 64,
  header: 72,
  consumerAfter: 80,
} as const;
const RECORD_SIZE = 88;
/** Below the record on the stack: the address of `struct bpf_ringbuf`. */
const RING = -8;
const NAME_SIZE = 16;

/** Has a kernel program look at all rings of the machine, inner maps of maps of maps included, in one go. */
export class RingIterator {
  readonly #iterator: RecordIterator;
  readonly #hasPending: boolean;
  readonly #hasOverwrite: boolean;

  private constructor(iterator: RecordIterator, btf: Btf) {
    this.#iterator = iterator;
    this.#hasPending = findOffset(btf, 'bpf_ringbuf', 'pending_pos') !== undefined;
    this.#hasOverwrite = findOffset(btf, 'bpf_ringbuf', 'overwrite_pos') !== undefined;
  }

  /**
   * Loads the program: `iter/bpf_map`, kernel 5.8.
   *
   * @throws NotSupportedError without kernel BTF; PermissionError without CAP_BPF and CAP_PERFMON; BpfSyscallError,
   *   NotFoundError, VerifierError where this kernel cannot.
   */
  static async open(): Promise<RingIterator> {
    const btf = vmlinuxBtf();
    return new RingIterator(await RecordIterator.open('iter/bpf_map', ringProgram(btf)), btf);
  }

  /** Looks at all rings. @returns them by ascending id. */
  read(): RingState[] {
    return this.#iterator.read((records, at) => this.#decode(records, at));
  }

  close(): Promise<void> {
    return this.#iterator.close();
  }

  #decode(records: DataView, at: number): RingState {
    const u32 = (field: number): number => records.getUint32(at + field, HOST_ORDER);
    const u64 = (field: number): bigint => records.getBigUint64(at + field, HOST_ORDER);
    const bytes = new Uint8Array(records.buffer, records.byteOffset + at, RECORD_SIZE);
    return ringState(
      {
        id: u32(FIELDS.id),
        name: cString(bytes, FIELDS.name, NAME_SIZE),
        type: ringType(u32(FIELDS.type))!,
        size: u32(FIELDS.size),
        flags: u32(FIELDS.flags),
        time: u64(FIELDS.time),
      },
      {
        consumer: u64(FIELDS.consumer),
        producer: u64(FIELDS.producer),
        pending: this.#hasPending ? u64(FIELDS.pending) : undefined,
        overwrite: this.#hasOverwrite ? u64(FIELDS.overwrite) : undefined,
        header: records.getInt32(at + FIELDS.header, HOST_ORDER),
        consumerAfter: u64(FIELDS.consumerAfter),
      },
    );
  }
}

/**
 * For each map that is a ring. `struct bpf_map` is read directly, what lies behind it by probe reads: the verifier knows
 * the iterator's object as a `struct bpf_map`, not as the `struct bpf_ringbuf_map` around it.
 */
function ringProgram(btf: Btf): RecordProgram {
  const map = (member: string): number => offsetOf(btf, 'bpf_map', member);
  const ring = (member: string): number => offsetOf(btf, 'bpf_ringbuf', member);
  const b = new RecordProgram(btf, 'rings', RECORD_SIZE);
  // context: struct bpf_iter_meta *meta, struct bpf_map *map; at the end map is null
  b.load('u64', R7, R6, 8).jumpIf(R7, '==', 0, 'out');
  b.load('u32', R1, R7, map('map_type')).jumpIf(R1, '==', MapType.RINGBUF, 'ring');
  b.jumpIf(R1, '!=', MapType.USER_RINGBUF, 'out').label('ring').set('u32', FIELDS.type, R1);
  for (const [field, member] of [
    [FIELDS.id, 'id'],
    [FIELDS.flags, 'map_flags'],
    [FIELDS.size, 'max_entries'],
  ] as const) {
    b.load('u32', R1, R7, map(member)).set('u32', field, R1);
  }
  b.copy(FIELDS.name, NAME_SIZE, R7, map('name'));
  b.copy(RING, 8, R7, offsetOf(btf, 'bpf_ringbuf_map', 'rb')).get('u64', R8, RING);
  // The consumer's position first: the producer's, read later, is not behind it.
  b.copy(FIELDS.consumer, 8, R8, ring('consumer_pos')).copy(FIELDS.producer, 8, R8, ring('producer_pos'));
  for (const [field, member] of [
    [FIELDS.pending, 'pending_pos'],
    [FIELDS.overwrite, 'overwrite_pos'],
  ] as const) {
    const offset = findOffset(btf, 'bpf_ringbuf', member);
    if (offset === undefined) b.set('u64', field, 0);
    else b.copy(field, 8, R8, offset);
  }
  b.call('ktime_get_ns').set('u64', FIELDS.time, R0).set('u64', FIELDS.header, 0);
  b.get('u64', R1, FIELDS.consumer).get('u64', R2, FIELDS.producer).jumpIf(R1, '==', R2, 'empty');
  b.get('u32', R2, FIELDS.size).sub(R2, 1).and(R1, R2).mov(R3, R8).add(R3, R1);
  b.copy(FIELDS.header, 8, R3, ring('data'));
  b.label('empty').copy(FIELDS.consumerAfter, 8, R8, ring('consumer_pos'));
  return b.write();
}
