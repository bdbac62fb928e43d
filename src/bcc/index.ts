/** Room `bcc`, and what users import as `ringtail/bcc`: BCC's names over the other rooms. */
export {
  CompileError,
  NotFoundError,
  RingtailError,
  VerifierError,
} from '../errors/index.ts';
export { HeldRecord } from '../ringbuf/index.ts';
export {
  BPF,
  type KprobePlace,
  type PerfEventPlace,
  type UprobePlace,
} from './bpf.ts';
export type { SymbolOptions } from './kernel-symbols.ts';
export type { BpfOptions, BpfSource } from './source.ts';
export {
  type AnyTable,
  HashTable,
  type HistogramOptions,
  PerCpuTable,
  type PerfBufferOptions,
  PerfTable,
  QueueTable,
  type RingCallback,
  RingTable,
  StackTable,
} from './tables/index.ts';
