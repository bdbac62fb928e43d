import type { TypeRef } from '../../spec/index.ts';
import { structOf } from './work.ts';

/** `struct sample { u32 value, cpu; }`: the smallest records there are. */
export interface Sample {
  readonly value: number;
  readonly cpu: number;
}

export const sampleType: TypeRef = structOf('sample', (b) => {
  const u32 = b.int('u32', 4);
  return [
    { name: 'value', type: u32, size: 4 },
    { name: 'cpu', type: u32, size: 4 },
  ];
});

/** `count` samples. */
export function samples(count: number): Sample[] {
  return Array.from({ length: count }, (_, i) => ({ value: i * 7, cpu: i % 8 }));
}
