import type { CoreKind } from '../../asm/index.ts';
import type { Btf, BtfMember, BtfType } from '../../btf/index.ts';
import { nearest } from '../../errors/index.ts';
import { type Access, type EnumeratorAccess, enumeratorAccess, type FieldAccess } from './access.ts';
import { type Budget, TypeComparison } from './compare-types.ts';
import { enumerators, essentialName, isComposite, isEnum, typeInWords } from './names.ts';
import { Way } from './way.ts';

/** Why a type of the kernel does not have what was asked for. */
export interface Mismatch {
  /** Without a full stop. */
  readonly reason: string;
  /** Names like the one that is missing. */
  readonly near: readonly string[];
}

/**
 * Finds what `local` means in a type of the kernel (`bpf_core_spec_match`).
 *
 * @throws ObjectFormatError, ArgumentError when types on the way are damaged.
 */
export function matchAccess(
  kind: CoreKind,
  local: Access,
  btf: Btf,
  root: number,
  budget: Budget,
): Access | Mismatch {
  const types = new TypeComparison(local.btf, btf, budget);
  switch (local.form) {
    case 'field':
      return matchField(local, btf, root, types);
    case 'enumerator':
      return matchEnumerator(local, btf, root);
    case 'type': {
      const fits =
        kind === 'type_matches'
          ? types.typesMatch(local.root, root)
          : types.typesAreCompatible(local.root, root);
      return fits ? { form: 'type', btf, root } : mismatch(`${typeInWords(btf, root)} is of another make`);
    }
  }
}

function matchEnumerator(local: EnumeratorAccess, btf: Btf, root: number): EnumeratorAccess | Mismatch {
  const type = btf.type(btf.resolve(root));
  if (!isEnum(type)) return mismatch(`${typeInWords(btf, root)} is no enum`);
  const wanted = essentialName(local.name);
  const all = enumerators(type);
  const found = all.find(({ name }) => essentialName(name) === wanted);
  if (found !== undefined) return enumeratorAccess(btf, root, found);
  const names = all.map(({ name }) => name);
  return mismatch(`${typeInWords(btf, root)} has no enumerator "${wanted}"`, nearest(wanted, names));
}

function matchField(
  local: FieldAccess,
  btf: Btf,
  root: number,
  types: TypeComparison,
): FieldAccess | Mismatch {
  const way = new Way(btf, root);
  for (const [i, step] of local.steps.entries()) {
    if (step.kind === 'element') {
      if (i > 0) {
        const array = way.type;
        if (array.kind !== 'array')
          return mismatch(`in ${typeInWords(btf, root)} it is a ${array.kind}, no array`);
        if (!way.holds(step.index)) {
          return mismatch(`in ${typeInWords(btf, root)} the array has ${array.count} elements`);
        }
        way.skip(0, array.type);
      }
      if (!way.element(step.index)) return mismatch(`in ${typeInWords(btf, root)} it is too far away`);
      continue;
    }
    const place = findMember(btf, way.type, step.name);
    if (place === undefined) {
      const names = memberNames(btf, way.type);
      return mismatch(`${typeInWords(btf, root)} has no member "${step.name}"`, nearest(step.name, names));
    }
    const { member, bitOffset, last } = place;
    if (!types.fieldsAreCompatible(step.type, member.type)) {
      const [found, asked] = [
        typeInWords(btf, btf.resolve(member.type)),
        typeInWords(local.btf, local.btf.resolve(step.type)),
      ];
      return mismatch(`member "${step.name}" of ${typeInWords(btf, root)} is of type ${found}, not ${asked}`);
    }
    way.skip(bitOffset, member.type);
    way.steps.push({ kind: 'member', name: step.name, type: member.type, bitSize: member.bitSize, last });
  }
  return way.access();
}

/** A member with a name, perhaps inside anonymous structs and unions. */
interface Place {
  readonly member: BtfMember;
  /** Bits from the start of the struct that was asked. */
  readonly bitOffset: number;
  /** It is the last member of the struct that it is directly in. */
  readonly last: boolean;
}

/** Searches in order, anonymous structs and unions where they stand; each type once, so it ends. */
function findMember(
  btf: Btf,
  type: BtfType,
  name: string,
  base = 0,
  seen: Set<BtfType> = new Set(),
): Place | undefined {
  if (!isComposite(type) || seen.has(type)) return undefined;
  seen.add(type);
  for (let i = 0; i < type.members.length; i++) {
    const member = type.members[i]!;
    const bitOffset = base + member.bitOffset;
    if (member.name === name) return { member, bitOffset, last: i === type.members.length - 1 };
    if (member.name !== '') continue;
    const found = findMember(btf, btf.type(btf.resolve(member.type)), name, bitOffset, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Names that {@link findMember} could find. */
function memberNames(btf: Btf, type: BtfType, seen: Set<BtfType> = new Set()): string[] {
  if (!isComposite(type) || seen.has(type)) return [];
  seen.add(type);
  return type.members.flatMap(({ name, type }) =>
    name === '' ? memberNames(btf, btf.type(btf.resolve(type)), seen) : [name],
  );
}

function mismatch(reason: string, near: readonly string[] = []): Mismatch {
  return { reason, near };
}
