import { ProgramBuilder, R0, R1, R2, R3, R4, R6, R7, R10 } from '../../asm/index.ts';
import { type BpfObject, load } from '../../kernel/index.ts';
import type { ObjectSpec } from '../../spec/index.ts';

/** Bytes of the header that the kernel puts before each record; see src/ringbuf/layout.ts. */
const HEADER_SIZE = 8;
/** `BPF_RB_NO_WAKEUP`: nobody waits for these records. */
const NO_WAKEUP = 1;
/** `BPF_RB_FORCE_WAKEUP`, for the first record: cilium/ebpf has no call that reads without having waited. */
const FORCE_WAKEUP = 2;
const NO_KEY = new Uint8Array(4);

/** A ring that a program in the kernel fills to the last record that fits. */
export class FilledRing implements AsyncDisposable {
  readonly mapId: number;
  /** Records of a full ring. */
  readonly capacity: number;
  readonly #object: BpfObject;

  private constructor(object: BpfObject, mapId: number, capacity: number) {
    this.#object = object;
    this.mapId = mapId;
    this.capacity = capacity;
  }

  /**
   * Creates the ring and loads the program.
   *
   * @param size bytes.
   * @param records what it is filled with, over and over: a power of two of them, all of one size.
   * @throws PermissionError without the right to load programs.
   */
  static async create(size: number, records: readonly Uint8Array[]): Promise<FilledRing> {
    const recordSize = records[0]!.length;
    const object = await load(fillObject(size, recordSize, records.length));
    // Only the readers read.
    const { mapId } = object.rings['ring'] as { mapId: number };
    (object.rings['ring'] as Disposable)[Symbol.dispose]();
    records.forEach((record, i) => {
      object.maps['records']!.update(new Uint8Array(Uint32Array.of(i).buffer), record);
    });
    // A ring is never full to the last byte: positions that differ by its size would look like an empty one.
    const capacity = Math.floor((size - 1) / (HEADER_SIZE + Math.ceil(recordSize / 8) * 8));
    return new FilledRing(object, mapId, capacity);
  }

  /** Fills the empty ring, beginning with the first record. @throws Error when not all were placed. */
  fill(): void {
    const placed = this.#object.maps['placed']!;
    placed.update(NO_KEY, new Uint8Array(8));
    // A socket filter is run on a packet, which needs at least an Ethernet header.
    this.#object.programs['fill']!.run({ data: new Uint8Array(64), repeat: this.capacity });
    const count = Number(new BigUint64Array(placed.lookup(NO_KEY)!.slice().buffer)[0]!);
    if (count !== this.capacity) {
      throw new Error(`the ring took ${count} of ${this.capacity} records: was it not empty?`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#object.close();
  }
}

/** Each run of its program sends the next of `count` records. */
function fillObject(ringSize: number, recordSize: number, count: number): ObjectSpec {
  const b = new ProgramBuilder();
  b.loadMapValue(R6, 'placed').load('u64', R7, R6, 0);
  b.mov(R1, R7)
    .and(R1, count - 1)
    .store('u32', R10, -4, R1);
  b.loadMap(R1, 'records').mov(R2, R10).add(R2, -4).call('map_lookup_elem').jumpIf(R0, '==', 0, 'out');
  b.mov(R2, R0).loadMap(R1, 'ring').mov(R3, recordSize).mov(R4, NO_WAKEUP);
  b.jumpIf(R7, '!=', 0, 'output').mov(R4, FORCE_WAKEUP).label('output').call('ringbuf_output');
  b.jumpIf(R0, '!=', 0, 'out').add(R7, 1).store('u64', R6, 0, R7);
  b.label('out').mov(R0, 0).exit();
  return {
    name: 'bench',
    license: 'Dual BSD/GPL',
    maps: [
      { name: 'ring', type: 'RINGBUF', maxEntries: ringSize },
      { name: 'records', type: 'ARRAY', keySize: 4, valueSize: recordSize, maxEntries: count },
      { name: 'placed', type: 'ARRAY', keySize: 4, valueSize: 8, maxEntries: 1 },
    ],
    programs: [{ name: 'fill', section: 'socket', instructions: b.build() }],
  };
}
