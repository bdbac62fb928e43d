import type { CoreKind, CoreRelocation, Instruction, Poison } from '../../asm/index.ts';
import { slotCount } from '../../asm/index.ts';
import type { Btf } from '../../btf/index.ts';
import { ArgumentError, ObjectFormatError, RelocationError } from '../../errors/index.ts';
import type { ProgramSpec } from '../object.ts';
import type { CoreTargets } from './candidates.ts';
import { patch, poisoned } from './patch.ts';
import { type Resolution, Resolver } from './resolve.ts';

/** What {@link relocate} needs of an object; any {@link ObjectSpec} is one. */
export interface Relocatable {
  readonly name: string;
  /** The types that its relocations refer to. */
  readonly btf?: Btf;
  readonly programs: readonly ProgramSpec[];
}

/** How one relocation of a program came out. */
export interface RelocationResult {
  /** Name of the program. */
  readonly program: string;
  /** Where the instruction begins, in slots of 8 bytes from the start of the program, as the verifier counts. */
  readonly slot: number;
  readonly kind: CoreKind;
  /** Type and field asked for, as `struct task_struct.pid`. */
  readonly wanted: string;
  readonly outcome: RelocationOutcome;
}

export type RelocationOutcome =
  /** The instruction got `value`, 64 bits without sign. `match` is the type of the kernel that had it. */
  | { readonly status: 'resolved'; readonly value: bigint; readonly match: string }
  /** The kernel does not have it, and the program is told so: it asked whether, which id or how large. */
  | { readonly status: 'absent'; readonly value: 0n }
  /** The instruction was poisoned: the kernel does not have it, or has several that disagree. */
  | { readonly status: 'poisoned' | 'ambiguous'; readonly poison: Poison };

/**
 * Adapts the programs of an object to the types of a kernel, as libbpf does (`bpf_object__relocate_core`): a pure function.
 *
 * What cannot be relocated is no error here: such an instruction becomes a call that the verifier refuses if it can be
 * reached; {@link describePoison} then tells what it was. Programs guard it with `bpf_core_field_exists` and its like.
 *
 * @returns the object with relocated programs, and how each relocation came out.
 * @throws RelocationError when the object is damaged: a relocation contradicts the object's own types, or its instruction
 * does not hold what these types say; or when a name or the byte order makes relocation impossible.
 * @example
 * const { spec: adapted, results } = relocate(spec, { vmlinux: vmlinuxBtf() });
 */
export function relocate<S extends Relocatable>(
  spec: S,
  targets: CoreTargets,
): { spec: S; results: RelocationResult[] } {
  const results: RelocationResult[] = [];
  if (!spec.programs.some(hasRelocations)) return { spec, results };
  const resolver = new Resolver(localTypes(spec, targets), targets);
  const programs = spec.programs.map((program) => relocateProgram(program, resolver, results));
  return { spec: { ...spec, programs }, results };
}

function hasRelocations({ instructions }: ProgramSpec): boolean {
  return instructions.some(isPending);
}

function isPending(instruction: Instruction): instruction is Instruction & { relocation: CoreRelocation } {
  return instruction.relocation !== undefined && instruction.poison === undefined;
}

function localTypes({ name, btf, programs }: Relocatable, { vmlinux }: CoreTargets): Btf {
  const details = { program: programs.find(hasRelocations)!.name, wanted: name };
  if (btf === undefined) {
    throw new RelocationError({
      ...details,
      message: `object ${name} has relocations, but not the types that they refer to`,
      remedy: 'Compile it with clang -g, and do not strip its section .BTF.',
    });
  }
  if (btf.littleEndian !== vmlinux.littleEndian) {
    const order = (types: Btf) => (types.littleEndian ? 'little-endian' : 'big-endian');
    throw new RelocationError({
      ...details,
      message: `object ${name} is ${order(btf)}, the kernel of ${vmlinux.name} ${order(vmlinux)}`,
      remedy: `Compile it with -target ${vmlinux.littleEndian ? 'bpfel' : 'bpfeb'}.`,
    });
  }
  return btf;
}

function relocateProgram(program: ProgramSpec, resolver: Resolver, results: RelocationResult[]): ProgramSpec {
  if (!hasRelocations(program)) return program;
  let slot = 0;
  const instructions = program.instructions.flatMap((instruction) => {
    const at = { program: program.name, slot };
    slot += slotCount(instruction);
    if (!isPending(instruction)) return [instruction];
    const { kind } = instruction.relocation;
    const resolution = resolve(resolver, instruction.relocation, at);
    const { outcome, replacement } = apply(instruction, resolution, at);
    results.push({ ...at, kind, wanted: resolution.wanted, outcome });
    return replacement;
  });
  return { ...program, instructions };
}

interface Place {
  readonly program: string;
  readonly slot: number;
}

function resolve(resolver: Resolver, relocation: CoreRelocation, at: Place): Resolution {
  let resolution: Resolution | string;
  try {
    resolution = resolver.resolve(relocation);
  } catch (error) {
    if (error instanceof ArgumentError || error instanceof ObjectFormatError) {
      throw damaged(
        at,
        `type ${relocation.typeId}`,
        relocation.kind,
        `undamaged types: ${error.message}`,
        error,
      );
    }
    throw error;
  }
  if (typeof resolution === 'string')
    throw damaged(at, `type ${relocation.typeId}`, relocation.kind, resolution);
  return resolution;
}

function apply(
  instruction: Instruction,
  { wanted, local, target }: Resolution,
  at: Place,
): { outcome: RelocationOutcome; replacement: Instruction[] } {
  if ('reason' in target) {
    const { reason, candidates, near } = target;
    return fail(target.status === 'missing' ? 'poisoned' : 'ambiguous', { wanted, reason, candidates, near });
  }
  const patched = patch(instruction, local, target.value);
  if ('expected' in patched) throw damaged(at, wanted, instruction.relocation!.kind, patched.expected);
  if ('impossible' in patched) {
    const candidates = target.status === 'resolved' ? [target.match] : [];
    return fail('poisoned', { wanted, reason: patched.impossible, candidates, near: [] });
  }
  const { relocation: _, ...replacement } = patched.instruction;
  const outcome: RelocationOutcome =
    target.status === 'resolved'
      ? { status: 'resolved', value: target.value.value, match: target.match }
      : { status: 'absent', value: 0n };
  return { outcome, replacement: [replacement] };

  function fail(status: 'poisoned' | 'ambiguous', poison: Poison) {
    return { outcome: { status, poison }, replacement: poisoned(instruction, poison) };
  }
}

function damaged(
  { program, slot }: Place,
  wanted: string,
  kind: CoreKind,
  expected: string,
  cause?: unknown,
): RelocationError {
  return new RelocationError({
    program,
    wanted,
    message: `program ${program}: relocation ${kind} of ${wanted} at instruction ${slot}: expected ${expected}`,
    remedy: 'The object is damaged, or was changed after it was compiled; make it again from its source.',
    cause,
  });
}
