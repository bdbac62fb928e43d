import { BPF_CALL, BPF_JMP, HELPERS, type HelperName, helperId, type Instruction } from '../../asm/index.ts';
import { NotSupportedError } from '../../errors/index.ts';
import { MapFlags, type MapSpec, type ObjectSpec } from '../../spec/index.ts';
import type { KernelFeature, Lacks } from './features.ts';
import { sanitizeBtf } from './sanitize-btf.ts';

/** A feature, what of an object uses it, and the object without. */
interface Fallback {
  readonly feature: KernelFeature;
  readonly isUsed: (spec: ObjectSpec) => boolean;
  /** @throws NotSupportedError where there is no way around. */
  readonly without: (spec: ObjectSpec) => ObjectSpec;
}

/** Helpers that were told apart in 5.5, and the one that read both memories before. */
const OLD_HELPERS: Readonly<Partial<Record<HelperName, HelperName>>> = {
  probe_read_kernel: 'probe_read',
  probe_read_user: 'probe_read',
  probe_read_kernel_str: 'probe_read_str',
  probe_read_user_str: 'probe_read_str',
};

const OLD_IDS: ReadonlyMap<number, number> = new Map(
  HELPERS.flatMap(({ id, name }) => {
    const old = OLD_HELPERS[name];
    return old === undefined ? [] : [[id, helperId(old)] as const];
  }),
);

const FALLBACKS: readonly Fallback[] = [
  {
    feature: 'global_data',
    isUsed: ({ variables = [] }) => variables.length > 0,
    without: ({ name }) => {
      throw new NotSupportedError({
        feature: 'global data',
        since: '5.2',
        message: `object ${name} has global variables, which this kernel does not have`,
        remedy: 'Keep what they hold in maps, or run kernel 5.2 or later.',
      });
    },
  },
  {
    feature: 'prog_name',
    isUsed: () => true,
    without: (spec) => ({
      ...spec,
      maps: spec.maps.map(nameless),
      programs: spec.programs.map((program) => ({ ...program, kernelName: '' })),
    }),
  },
  {
    feature: 'array_mmap',
    isUsed: (spec) => spec.maps.some((map) => isMapped(spec, map)),
    without: (spec) => ({
      ...spec,
      maps: spec.maps.map((map) =>
        isMapped(spec, map) ? { ...map, flags: map.flags! & ~MapFlags.MMAPABLE } : map,
      ),
    }),
  },
  {
    feature: 'probe_read_kernel',
    isUsed: ({ programs }) => programs.some(({ instructions }) => instructions.some(hasOldHelper)),
    without: (spec) => ({
      ...spec,
      programs: spec.programs.map((program) => ({
        ...program,
        instructions: program.instructions.map((instruction) =>
          hasOldHelper(instruction) ? { ...instruction, imm: OLD_IDS.get(instruction.imm)! } : instruction,
        ),
      })),
    }),
  },
  {
    feature: 'btf',
    isUsed: ({ btf }) => btf !== undefined,
    without: ({ btf: _, ...spec }) => spec,
  },
];

/**
 * The object as a kernel takes it that lacks something, as far as there is a way around (libbpf does the same in
 * `bpf_object_load`). Only what the object uses is asked for.
 *
 * @throws NotSupportedError where there is none.
 */
export function withFallbacks(spec: ObjectSpec, lacks: Lacks): ObjectSpec {
  let fitted = spec;
  for (const { feature, isUsed, without } of FALLBACKS) {
    if (isUsed(fitted) && lacks(feature)) fitted = without(fitted);
  }
  return fitted.btf === undefined ? fitted : { ...fitted, btf: sanitizeBtf(fitted.btf, lacks) };
}

function nameless(map: MapSpec): MapSpec {
  return { ...map, kernelName: '', ...(map.inner === undefined ? {} : { inner: nameless(map.inner) }) };
}

/** Global data is mapped by this library for its own sake; of other maps the program's author wants it. */
function isMapped({ variables = [] }: ObjectSpec, { name, flags = 0 }: MapSpec): boolean {
  return (flags & MapFlags.MMAPABLE) !== 0 && variables.some(({ map }) => map === name);
}

function hasOldHelper({ opcode, src, imm }: Instruction): boolean {
  return opcode === (BPF_JMP | BPF_CALL) && src === 0 && OLD_IDS.has(imm);
}
