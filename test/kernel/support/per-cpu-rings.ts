import { ProgramBuilder, R0, R1, R2, R3, R4, R6, R10 } from '../../../src/asm/index.ts';
import { Btf, BtfBuilder } from '../../../src/btf/index.ts';
import { BpfMap, type BpfObject, type HasFd, load, possibleCpus } from '../../../src/kernel/index.ts';
import type { ProgramSpec, TypeRef } from '../../../src/spec/index.ts';
import { mapOf, types } from './types.ts';

/** What a program writes into the ring of its CPU. */
export interface Stamped {
  readonly time: bigint;
  readonly cpu: number;
  readonly sequence: number;
}

/** `struct stamped { u64 time; u32 cpu, sequence; }` */
export function stampedType(): TypeRef {
  const b = new BtfBuilder();
  const u32 = b.int('u32', 4);
  const u64 = b.int('u64', 8);
  const members = [
    { name: 'time', type: u64, bitOffset: 0, bitSize: 0 },
    { name: 'cpu', type: u32, bitOffset: 64, bitSize: 0 },
    { name: 'sequence', type: u32, bitOffset: 96, bitSize: 0 },
  ];
  const id = b.add({ kind: 'struct', name: 'stamped', size: 16, members });
  return { btf: Btf.parse(b.build(), { name: 'stamped' }), id };
}

/** A socket filter, to be run with `repeat`: one record into the ring of the CPU that it runs on. Returns what the helper did. */
function stamp(): ProgramSpec {
  const record = -16;
  const b = new ProgramBuilder().call('get_smp_processor_id').store('u32', R10, record + 8, R0);
  b.store('u32', R10, -20, 0).loadMap(R1, 'sequence').mov(R2, R10).add(R2, -20).call('map_lookup_elem');
  b.jumpIf(R0, '==', 0, 'out')
    .mov(R1, 1)
    .atomicFetchAdd('u32', R0, 0, R1)
    .store('u32', R10, record + 12, R1);
  b.loadMap(R1, 'rings')
    .mov(R2, R10)
    .add(R2, record + 8)
    .call('map_lookup_elem')
    .jumpIf(R0, '==', 0, 'out');
  b.mov(R6, R0).call('ktime_get_ns').store('u64', R10, record, R0);
  b.mov(R1, R6).mov(R2, R10).add(R2, record).mov(R3, 16).mov(R4, 0).call('ringbuf_output');
  b.label('out').exit();
  return { name: 'stamp', section: 'socket', instructions: b.build() };
}

/** An array of maps with a ring for each CPU, as security agents lay it out. */
export class PerCpuRings {
  readonly object: BpfObject;
  readonly outer: BpfMap<number, number, HasFd>;

  private constructor(object: BpfObject, outer: BpfMap<number, number, HasFd>) {
    this.object = object;
    this.outer = outer;
  }

  static async create(size: number): Promise<PerCpuRings> {
    const { u32 } = types();
    const inner = { name: 'ring', type: 'RINGBUF', maxEntries: size } as const;
    const object = await load({
      name: 'percpu',
      license: 'Dual BSD/GPL',
      maps: [
        { name: 'rings', type: 'ARRAY_OF_MAPS', key: u32, valueSize: 4, maxEntries: possibleCpus(), inner },
        { name: 'sequence', type: 'ARRAY', keySize: 4, valueSize: 4, maxEntries: 1 },
      ],
      programs: [stamp()],
    });
    const outer = mapOf<number, number, HasFd>(object, 'rings');
    for (let cpu = 0; cpu < possibleCpus(); cpu++) {
      const ring = BpfMap.create(inner);
      outer.update(cpu, ring);
      ring.close();
    }
    return new PerCpuRings(object, outer);
  }

  /** Writes records, each into the ring of the CPU that this runs on. */
  stamp(count = 1): void {
    this.object.programs['stamp']!.run({ data: new Uint8Array(64), repeat: count });
  }

  close(): Promise<void> {
    return this.object.close();
  }
}
