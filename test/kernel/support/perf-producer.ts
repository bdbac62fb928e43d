import { ProgramBuilder, R0, R1, R2, R3, R4, R5, R6, R7, R8, R10 } from '../../../src/asm/index.ts';
import { type BpfObject, load } from '../../../src/kernel/index.ts';
import { PerfBuffer, type PerfBufferOptions } from '../../../src/ringbuf/index.ts';
import type { ProgramSpec } from '../../../src/spec/index.ts';

/** Bytes of the largest sample that the program sends. */
export const LARGEST = 512;

/** `BPF_F_CURRENT_CPU` */
const CURRENT_CPU = 0xffff_ffffn;

/** Value of the map `state`: the next sequence number, bytes of a sample, and what the last call said. */
const STATE = { sequence: 0, size: 8, result: 16, length: 24 + LARGEST } as const;

/** A socket filter, to be run with `repeat`: sends one sample that begins with a sequence number of 64 bits. */
function send(): ProgramSpec {
  const b = new ProgramBuilder().mov(R6, R1);
  b.store('u32', R10, -4, 0).loadMap(R1, 'state').mov(R2, R10).add(R2, -4).call('map_lookup_elem');
  b.jumpIf(R0, '==', 0, 'out').mov(R7, R0);
  b.load('u64', R1, R7, STATE.sequence)
    .store('u64', R7, 24, R1)
    .add(R1, 1)
    .store('u64', R7, STATE.sequence, R1);
  b.load('u32', R8, R7, STATE.size).jumpIf(R8, '>', LARGEST, 'out').jumpIf(R8, '==', 0, 'out');
  b.mov(R1, R6).loadMap(R2, 'samples').loadImm64(R3, CURRENT_CPU).mov(R4, R7).add(R4, 24).mov(R5, R8);
  b.call('perf_event_output').store('u64', R7, STATE.result, R0);
  b.label('out').mov(R0, 0).exit();
  return { name: 'send', section: 'socket', instructions: b.build() };
}

/** A perf buffer, and a program that writes to it when told to. */
export class PerfProducer {
  readonly object: BpfObject;

  private constructor(object: BpfObject) {
    this.object = object;
  }

  static async create(): Promise<PerfProducer> {
    return new PerfProducer(
      await load({
        name: 'perf',
        license: 'Dual BSD/GPL',
        maps: [
          { name: 'samples', type: 'PERF_EVENT_ARRAY', keySize: 4, valueSize: 4, maxEntries: 0 },
          { name: 'state', type: 'ARRAY', keySize: 4, valueSize: STATE.length, maxEntries: 1 },
        ],
        programs: [send()],
      }),
    );
  }

  get fd(): number {
    return this.object.maps['samples']!.fd;
  }

  open<E = Uint8Array>(options: PerfBufferOptions<E> = {}): PerfBuffer<E> {
    return PerfBuffer.open(this.fd, options);
  }

  /** Sends samples numbered from `first`, on whatever CPU this is. @returns what the last call said. */
  send(first: number, count = 1, size = 8): number {
    const state = new DataView(new ArrayBuffer(STATE.length));
    state.setBigUint64(STATE.sequence, BigInt(first), true);
    state.setUint32(STATE.size, size, true);
    const map = this.object.maps['state']!;
    map.update(new Uint8Array(4), new Uint8Array(state.buffer));
    this.object.programs['send']!.run({ data: new Uint8Array(64), repeat: count });
    const after = map.lookup(new Uint8Array(4))!;
    return Number(new DataView(after.buffer).getBigInt64(STATE.result, true));
  }

  close(): Promise<void> {
    return this.object.close();
  }
}
