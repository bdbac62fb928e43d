import {
  type CoreRelocation,
  type Poison,
  reachableInstructions,
  type SourceLine,
  slotCount,
} from '../../asm/index.ts';
import type { Btf } from '../../btf/index.ts';
import { nearest, RelocationError } from '../../errors/index.ts';
import type { ProgramSpec } from '../object.ts';
import type { CoreTargets } from './candidates.ts';
import { essentialName, isEnum, nameOf } from './names.ts';

const GUARD =
  'Guard it with bpf_core_field_exists(), bpf_core_type_exists() or bpf_core_enum_value_exists(), or compile for this kernel.';

/**
 * The error behind the verifier's words `invalid func unknown#195896080`: the program can reach an instruction whose
 * relocation failed. Where no type has the name that was asked for, it looks at all names of the kernel for similar ones,
 * which takes some 50 ms.
 *
 * @param spec the object as {@link relocate} returned it, and `program` one of its programs.
 * @param slot the number that the verifier's log gives the instruction: slots of 8 bytes before it.
 * @returns undefined if the instruction there was not poisoned.
 */
export function describePoison(
  spec: { readonly btf?: Btf },
  program: ProgramSpec,
  slot: number,
  targets: CoreTargets,
): RelocationError | undefined {
  let at = 0;
  let source: SourceLine | undefined;
  for (const instruction of program.instructions) {
    source = instruction.source ?? source;
    if (at === slot) {
      const { poison, relocation } = instruction;
      if (poison === undefined || relocation === undefined) return undefined;
      const { wanted, reason, candidates } = poison;
      const near = spec.btf === undefined ? poison.near : namesNear(spec.btf, relocation, poison, targets);
      const line = source === undefined ? `instruction ${slot}` : `${source.file}:${source.line}`;
      return new RelocationError({
        program: program.name,
        wanted,
        candidates,
        near,
        message: `program ${program.name} needs ${wanted} (${line}), but ${reason}`,
        remedy: near.length > 0 ? `Near it: ${near.join(', ')}. ${GUARD}` : GUARD,
      });
    }
    at += slotCount(instruction);
  }
  return undefined;
}

/**
 * Slots of the poisoned instructions that a program can reach, as far as constants decide: it is not guarded against their
 * failure. The verifier, which knows more, may find that it cannot reach some of them.
 */
export function reachablePoison({ instructions }: ProgramSpec): number[] {
  const reachable = reachableInstructions(instructions);
  const slots: number[] = [];
  let at = 0;
  for (const [index, instruction] of instructions.entries()) {
    if (instruction.poison !== undefined && reachable.has(index)) slots.push(at);
    at += slotCount(instruction);
  }
  return slots;
}

/** Searches for types by kind and name, whose results are kept. */
const searches = new WeakMap<Btf, Map<string, readonly string[]>>();

/** Names like that of the missing member or enumerator, or of the type where no type has its name. */
function namesNear(
  local: Btf,
  { typeId }: CoreRelocation,
  { candidates, near }: Poison,
  { vmlinux }: CoreTargets,
): readonly string[] {
  if (candidates.length > 0) return near;
  const type = local.type(typeId);
  const name = essentialName(nameOf(type));
  const kinds = isEnum(type) ? (['enum', 'enum64'] as const) : ([type.kind] as const);
  const known = searches.get(vmlinux) ?? new Map<string, readonly string[]>();
  searches.set(vmlinux, known);
  const key = `${kinds[0]} ${name}`;
  const found = known.get(key) ?? nearest(name, new Set(kinds.flatMap((kind) => [...vmlinux.names(kind)])));
  known.set(key, found);
  return found;
}
