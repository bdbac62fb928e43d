import type { BpfMap } from '../../kernel/index.ts';
import type { RingBuffer, RingBufferGroup } from '../../ringbuf/index.ts';
import type { MapSpec } from '../../spec/index.ts';
import { HashTable, PerCpuTable } from './hash-table.ts';
import { PerfTable } from './perf-table.ts';
import { QueueTable } from './queue-table.ts';
import { RingTable } from './ring-table.ts';
import { StackTable } from './stack-table.ts';
import { refuseOnOthers, type Table } from './table.ts';

export type { PerfBufferOptions } from './perf-table.ts';
export type { HistogramOptions } from './print-histogram.ts';
export type { RingCallback } from './ring-table.ts';
export { HashTable, PerCpuTable, PerfTable, QueueTable, RingTable, StackTable, type Table };

/**
 * A table of whose kind only the text in C tells: it has the methods of that kind, and whatever else is called says which
 * there are. `new BPF<{ counts: HashTable<number, bigint> }>(…)` is how to say it to TypeScript.
 */
// biome-ignore-start lint/suspicious/noExplicitAny: types of keys, values and events are known to the text in C alone
export type AnyTable = RingTable<any> &
  PerfTable<any> &
  PerCpuTable<any, any> &
  HashTable<any, any> &
  StackTable &
  QueueTable<any>;
// biome-ignore-end lint/suspicious/noExplicitAny: see above

refuseOnOthers([RingTable, PerfTable, PerCpuTable, HashTable, StackTable, QueueTable]);

/** What tables are made of. */
export interface TableParts {
  readonly spec: MapSpec;
  readonly map: BpfMap;
  /** Of ring buffers. */
  readonly ring: RingBuffer<unknown> | undefined;
  readonly rings: RingBufferGroup;
  readonly perfBuffers: RingBufferGroup;
}

/** The table for a map, by its type. */
export function createTable({ spec, map, ring, rings, perfBuffers }: TableParts): Table {
  const { type } = spec;
  const typed = map as BpfMap<unknown, unknown>;
  if (ring !== undefined) return new RingTable(spec, ring, rings);
  if (type === 'PERF_EVENT_ARRAY') return new PerfTable(spec, map, perfBuffers);
  if (type === 'STACK_TRACE') return new StackTable(spec, typed as BpfMap<number, { ip: bigint[] }>);
  if (type === 'QUEUE' || type === 'STACK') return new QueueTable(spec, typed);
  if (/PERCPU_(?:ARRAY|HASH)/.test(type)) {
    return new PerCpuTable(spec, typed.perCpu as unknown as BpfMap<unknown, bigint[]>);
  }
  return new HashTable(spec, typed);
}
