import { ProgramBuilder, R0, R1, R2, R3, R10 } from '../../asm/index.ts';
import { BtfBuilder } from '../../btf/index.ts';
import { MapFlags, MapType } from '../../spec/index.ts';
import { btfLoad, closeFd, mapCreate } from '../../sys/index.ts';
import { ModuleSymbols } from '../module-types.ts';
import { withProgram } from '../probe/load.ts';
import { type Probe, probe } from '../probe/probe.ts';
import { resolveReferences } from '../references.ts';

/** What objects use without saying so, and old kernels do not have; libbpf's words (`enum kern_feature_id`). */
export type KernelFeature =
  | 'prog_name'
  | 'global_data'
  | 'array_mmap'
  | 'probe_read_kernel'
  | 'btf'
  | 'btf_func'
  | 'btf_datasec'
  | 'btf_global_func'
  | 'btf_float'
  | 'btf_decl_tag'
  | 'btf_type_tag'
  | 'btf_enum64'
  | 'btf_qmark_datasec';

/** Whether a kernel is without a feature. */
export type Lacks = (feature: KernelFeature) => boolean;

const NOTHING = new ProgramBuilder().mov(R0, 0).exit().build();
const READING = new ProgramBuilder()
  .mov(R1, R10)
  .add(R1, -8)
  .mov(R2, 8)
  .mov(R3, 0)
  .call('probe_read_kernel')
  .exit()
  .build();

/** First mainline release with each, and what uses it. */
// biome-ignore format: one feature a line
const ROWS: Readonly<Record<KernelFeature, readonly [since: string, attempt: () => void]>> = {
  prog_name: ['4.15', () => withProgram({ type: 'SOCKET_FILTER', name: 'probe', instructions: NOTHING }, () => {})],
  global_data: ['5.2', tryGlobalData],
  array_mmap: ['5.5', () => closeFd(array(MapFlags.MMAPABLE))],
  probe_read_kernel: ['5.5', () => withProgram({ type: 'TRACEPOINT', instructions: READING }, () => {})],
  btf: ['4.18', () => tryBtf(() => {})],
  btf_func: ['5.0', () => tryBtf((b, int) => addFunction(b, int, 'static'))],
  btf_datasec: ['5.2', () => tryBtf((b, int) => addSection(b, int, '.data'))],
  btf_global_func: ['5.6', () => tryBtf((b, int) => addFunction(b, int, 'global'))],
  btf_float: ['5.13', () => tryBtf((b) => b.add({ kind: 'float', name: 'float', size: 4 }))],
  btf_decl_tag: ['5.16', () => tryBtf((b, type) => {
    const tagged = b.add({ kind: 'typedef', name: 'x', type });
    b.add({ kind: 'decl_tag', name: 'tag', type: tagged, component: -1, attribute: false });
  })],
  btf_type_tag: ['5.17', () => tryBtf((b, type) => {
    b.add({ kind: 'ptr', type: b.add({ kind: 'type_tag', name: 'tag', type, attribute: false }) });
  })],
  btf_enum64: ['6.0', () => tryBtf((b) => {
    b.add({ kind: 'enum64', name: 'e', size: 8, signed: false, values: [{ name: 'A', value: 1n }] });
  })],
  btf_qmark_datasec: ['6.9', () => tryBtf((b, int) => addSection(b, int, '?.data'))],
};

/** All features that there is a way around. */
export const KERNEL_FEATURES: readonly KernelFeature[] = Object.keys(ROWS) as KernelFeature[];

/** Whether the running kernel has a feature; it is tried [`feat_supported`]. */
export function haveFeature(feature: KernelFeature): Probe {
  const [since, attempt] = ROWS[feature];
  return probe(`feature ${feature}`, { since }, attempt);
}

/** The running kernel. What a lack of rights hides is taken to be there: loading then says what is wrong. */
export const kernelLacks: Lacks = (feature) => {
  const { available, conclusive } = haveFeature(feature);
  return !available && conclusive;
};

/** @returns an fd. */
function array(flags: number): number {
  return mapCreate({ type: MapType.ARRAY, name: '', keySize: 4, valueSize: 8, maxEntries: 1, flags });
}

function tryGlobalData(): void {
  const fd = array(0);
  try {
    const program = new ProgramBuilder().loadMapValue(R1, 'data').mov(R0, 0).exit().build();
    const instructions = resolveReferences('probe', program, new Map([['data', fd]]), new ModuleSymbols());
    withProgram({ type: 'SOCKET_FILTER', instructions }, () => {});
  } finally {
    closeFd(fd);
  }
}

function tryBtf(add: (builder: BtfBuilder, int: number) => void): void {
  const builder = new BtfBuilder();
  add(builder, builder.int('int', 4, 'signed'));
  closeFd(btfLoad(builder.build(), 'BTF of a probe'));
}

function addFunction(builder: BtfBuilder, returnType: number, linkage: 'static' | 'global'): void {
  const type = builder.add({ kind: 'func_proto', returnType, params: [{ name: 'a', type: returnType }] });
  builder.add({ kind: 'func', name: 'x', type, linkage });
}

function addSection(builder: BtfBuilder, int: number, name: string): void {
  const type = builder.add({ kind: 'var', name: 'x', type: int, linkage: 'static' });
  builder.add({ kind: 'datasec', name, size: 4, variables: [{ type, offset: 0, size: 4 }] });
}
