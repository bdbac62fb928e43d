import { type CoreRelocation, type Poison, slotCount } from '../../asm/index.ts';
import type { Btf } from '../../btf/index.ts';
import { nearest, RelocationError } from '../../errors/index.ts';
import type { ProgramSpec } from '../object.ts';
import type { CoreTargets } from './candidates.ts';
import { essentialName, isEnum, nameOf } from './names.ts';

/**
 * The error behind the verifier's words `invalid func unknown#195896080`: the program can reach an instruction whose
 * relocation failed.
 *
 * @param slot the number that the verifier's log gives the instruction, in slots of 8 bytes.
 * @returns undefined if the instruction there was not poisoned.
 */
export function describePoison(
  spec: { readonly btf?: Btf },
  program: ProgramSpec,
  slot: number,
  targets: CoreTargets,
): RelocationError | undefined {
  let at = 0;
  for (const instruction of program.instructions) {
    if (at === slot && instruction.poison !== undefined) {
      const { poison, relocation, source } = instruction;
      const near =
        spec.btf === undefined ? poison.near : nearestNames(spec.btf, relocation!, poison, targets);
      const line = source === undefined ? '' : ` (${source.file}:${source.line})`;
      return new RelocationError({
        program: program.name,
        wanted: poison.wanted,
        candidates: poison.candidates,
        message: `program ${program.name} needs ${poison.wanted}${line}, but ${poison.reason}`,
        remedy: [
          near.length > 0 ? `Near it: ${near.join(', ')}.` : '',
          'Guard the access with bpf_core_field_exists(), bpf_core_type_exists() or bpf_core_enum_value_exists().',
        ].join(' '),
      });
    }
    at += slotCount(instruction);
  }
  return undefined;
}

/**
 * Names like the one that is missing: of members or enumerators, or of types where no type has the name. Looks at all
 * names of the kernel in that case, which takes some 50 ms.
 */
export function nearestNames(
  local: Btf,
  { typeId }: CoreRelocation,
  { candidates, near }: Poison,
  { vmlinux }: CoreTargets,
): readonly string[] {
  if (candidates.length > 0) return near;
  const type = local.type(typeId);
  const kinds = isEnum(type) ? (['enum', 'enum64'] as const) : ([type.kind] as const);
  const names = new Set(kinds.flatMap((kind) => [...vmlinux.names(kind)]));
  return nearest(essentialName(nameOf(type)), names);
}
