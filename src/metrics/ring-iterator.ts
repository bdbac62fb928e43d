import { R0, R1, R2, R6, R7, R8 } from '../asm/index.ts';
import type { Btf } from '../btf/index.ts';
import { NotFoundError } from '../errors/index.ts';
import { vmlinuxBtf } from '../kernel/index.ts';
import { type RingState, ringState, ringType } from '../ringbuf/index.ts';
import { MapType } from '../spec/index.ts';
import { RecordIterator, RecordProgram } from './iterator.ts';

/** What the program writes for each ring. */
const RECORD = `struct {
  u64 time;
  u32 id; u32 type; u32 flags; u32 size;
  char name[16];
  u64 consumer; u64 producer; u64 pending; u64 overwrite;
  s32 header; u32 page_offset;
  u64 consumer_after;
}`;

interface Record {
  readonly time: bigint;
  readonly id: number;
  readonly type: number;
  readonly flags: number;
  readonly size: number;
  readonly name: string;
  readonly consumer: bigint;
  readonly producer: bigint;
  readonly pending: bigint;
  readonly overwrite: bigint;
  readonly header: number;
  readonly consumer_after: bigint;
}

/** Has a kernel program look at all rings of the machine, inner maps of maps of maps included, in one go. */
export class RingIterator {
  readonly #iterator: RecordIterator<Record>;
  readonly #hasPending: boolean;
  readonly #hasOverwrite: boolean;

  private constructor(iterator: RecordIterator<Record>, btf: Btf) {
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
    return this.#iterator.read().map((record) => this.#state(record));
  }

  close(): Promise<void> {
    return this.#iterator.close();
  }

  #state(record: Record): RingState {
    const { id, name, size, flags, time, consumer, producer, header } = record;
    return ringState(
      { id, name, type: ringType(record.type)!, size, flags, time },
      {
        consumer,
        producer,
        pending: this.#hasPending ? record.pending : undefined,
        overwrite: this.#hasOverwrite ? record.overwrite : undefined,
        header,
        consumerAfter: record.consumer_after,
      },
    );
  }
}

/**
 * For each map that is a ring. `struct bpf_map` is read directly, what lies behind it by probe reads: the verifier knows
 * the iterator's object as a `struct bpf_map`, not as the `struct bpf_ringbuf_map` around it.
 */
function ringProgram(btf: Btf): RecordProgram {
  const map = (member: string): number => btf.offsetOf('bpf_map', member);
  const ring = (member: string): number => btf.offsetOf('bpf_ringbuf', member);
  const b = new RecordProgram(btf, 'rings', RECORD);
  // context: struct bpf_iter_meta *meta, struct bpf_map *map; at the end map is null
  b.load('u64', R7, R6, 8).jumpIf(R7, '==', 0, 'out');
  b.load('u32', R1, R7, map('map_type')).jumpIf(R1, '==', MapType.RINGBUF, 'ring');
  b.jumpIf(R1, '!=', MapType.USER_RINGBUF, 'out').label('ring').set('type', R1);
  b.load('u32', R1, R7, map('id')).set('id', R1).load('u32', R1, R7, map('map_flags')).set('flags', R1);
  b.load('u32', R1, R7, map('max_entries')).set('size', R1).take('name', R7, map('name'));
  // By way of a field that is written again below.
  b.copy('time', R7, btf.offsetOf('bpf_ringbuf_map', 'rb')).get(R8, 'time');
  // The consumer's position first: the producer's, read later, is not behind it.
  b.copy('consumer', R8, ring('consumer_pos')).copy('producer', R8, ring('producer_pos'));
  for (const field of ['pending', 'overwrite']) {
    const offset = findOffset(btf, 'bpf_ringbuf', `${field}_pos`);
    if (offset === undefined) b.set(field, 0);
    else b.copy(field, R8, offset);
  }
  b.call('ktime_get_ns').set('time', R0).set('header', 0).set('page_offset', 0).set('consumer_after', 0);
  b.get(R1, 'consumer').get(R2, 'producer').jumpIf(R1, '==', R2, 'empty');
  b.get(R2, 'size').sub(R2, 1).and(R1, R2).add(R1, R8).mov(R7, R1).copy('header', R7, ring('data'));
  b.copy('consumer_after', R8, ring('consumer_pos')).label('empty');
  return b.write();
}

/** Offset in bytes of a member; undefined where this kernel's struct has no such member. */
function findOffset(btf: Btf, struct: string, member: string): number | undefined {
  try {
    return btf.offsetOf(struct, member);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
