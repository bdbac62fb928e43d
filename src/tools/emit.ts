import { type ProgramBuilder, R0, R1, R2, R10, type Register } from '../asm/index.ts';
import type { MapSpec } from '../spec/index.ts';

/** R0 = address of `map[index]`, or a jump to `out`. `slot` is where on the stack 4 bytes are free. Uses R0–R5. */
export function loadElement(b: ProgramBuilder, map: string, index: Register | number, slot: number): void {
  b.store('u32', R10, slot, index).loadMap(R1, map).mov(R2, R10).add(R2, slot).call('map_lookup_elem');
  b.jumpIf(R0, '==', 0, 'out');
}

/** `map[index] += 1`, for a {@link perCpuArray} of u64: no other program runs on this CPU meanwhile. Uses R0–R5. */
export function countAt(b: ProgramBuilder, map: string, index: Register | number, slot: number): void {
  loadElement(b, map, index, slot);
  b.load('u64', R1, R0, 0).add(R1, 1).store('u64', R0, 0, R1);
}

/** Blueprint of an array with a value for each CPU. */
export function perCpuArray(name: string, valueSize: number, maxEntries = 1): MapSpec {
  return { name, type: 'PERCPU_ARRAY', keySize: 4, valueSize, maxEntries };
}
