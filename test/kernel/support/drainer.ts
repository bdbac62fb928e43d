import { ProgramBuilder, R0, R1, R2, R3, R4, R5, R6, R10 } from '../../../src/asm/index.ts';
import { type BpfObject, load } from '../../../src/kernel/index.ts';
import { UserRingBuffer, type UserRingBufferOptions } from '../../../src/ringbuf/index.ts';
import type { ProgramSpec } from '../../../src/spec/index.ts';

/** Context of the program: `struct { u64 flags; s64 result; }`. */
const CONTEXT = { flags: 0, result: 8, length: 16 };

/** Bytes of a record that the program shows. */
const SHOWN = 8;

/**
 * Drains the user ring, and sends each record's first 8 bytes to the ring `seen`; of shorter records zeros. Ends early,
 * after a record, while the map `limit` holds 1.
 */
function drain(): ProgramSpec {
  const b = new ProgramBuilder().mov(R6, R1);
  b.loadMap(R1, 'commands').loadFunction(R2, 'on_record').mov(R3, 0).load('u64', R4, R6, CONTEXT.flags);
  b.call('user_ringbuf_drain').store('u64', R6, CONTEXT.result, R0).mov(R0, 0).exit();
  b.function('on_record').mov(R3, R1).store('u64', R10, -SHOWN, 0);
  b.mov(R1, R10).add(R1, -SHOWN).mov(R2, SHOWN).mov(R4, 0).mov(R5, 0).call('dynptr_read');
  b.loadMap(R1, 'seen').mov(R2, R10).add(R2, -SHOWN).mov(R3, SHOWN).mov(R4, 0).call('ringbuf_output');
  b.store('u32', R10, -4, 0).loadMap(R1, 'limit').mov(R2, R10).add(R2, -4).call('map_lookup_elem');
  b.jumpIf(R0, '==', 0, 'more').load('u32', R0, R0, 0).jumpIf(R0, '==', 0, 'more').mov(R0, 1).exit();
  b.label('more').mov(R0, 0).exit();
  return { name: 'drain', section: 'syscall', instructions: b.build() };
}

/** A user ring, and a program that takes its records when told to. */
export class Drainer {
  readonly object: BpfObject;

  private constructor(object: BpfObject) {
    this.object = object;
  }

  static async create(size = 4096): Promise<Drainer> {
    return new Drainer(
      await load({
        name: 'drainer',
        license: 'Dual BSD/GPL',
        maps: [
          { name: 'commands', type: 'USER_RINGBUF', maxEntries: size },
          { name: 'seen', type: 'RINGBUF', maxEntries: 1 << 20 },
          { name: 'limit', type: 'ARRAY', keySize: 4, valueSize: 4, maxEntries: 1 },
        ],
        programs: [drain()],
      }),
    );
  }

  get fd(): number {
    return this.object.maps['commands']!.fd;
  }

  open<E = Uint8Array>(options: UserRingBufferOptions<E> = {}): UserRingBuffer<E> {
    return UserRingBuffer.open(this.fd, options);
  }

  /** Runs the program once. @returns what `bpf_user_ringbuf_drain` said, and the records that it saw. */
  drain(options: { flags?: number; one?: boolean } = {}): { result: number; seen: bigint[] } {
    this.object.maps['limit']!.update(new Uint8Array(4), Uint8Array.of(options.one ? 1 : 0, 0, 0, 0));
    const context = new DataView(new ArrayBuffer(CONTEXT.length));
    context.setBigUint64(CONTEXT.flags, BigInt(options.flags ?? 0), true);
    this.object.programs['drain']!.run({ ctx: new Uint8Array(context.buffer) });
    const seen: bigint[] = [];
    this.object.rings['seen']!.bytes.consume(
      (bytes) => void seen.push(new DataView(bytes.buffer).getBigUint64(0, true)),
    );
    return { result: Number(context.getBigInt64(CONTEXT.result, true)), seen };
  }

  close(): Promise<void> {
    return this.object.close();
  }
}
