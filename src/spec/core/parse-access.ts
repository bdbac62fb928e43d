import type { CoreRelocation } from '../../asm/index.ts';
import type { Btf } from '../../btf/index.ts';
import { type Access, type EnumeratorAccess, enumeratorAccess, type FieldAccess, FORMS } from './access.ts';
import { enumerators, isComposite, isEnum, typeInWords } from './names.ts';
import { Way } from './way.ts';

/** `BPF_CORE_SPEC_MAX_LEN`. */
export const MAX_STEPS = 64;
/**
 * Finds what a relocation means in the object's own types (`bpf_core_parse_spec`).
 *
 * @returns what was expected instead, when the object contradicts itself.
 * @throws ObjectFormatError, ArgumentError when the types on the way are damaged.
 */
export function parseAccess(btf: Btf, { kind, typeId, access }: CoreRelocation): Access | string {
  if (typeId > btf.typeCount) return `a type id of at most ${btf.typeCount}, not ${typeId}`;
  const form = FORMS[kind];
  const indexes = access.split(':');
  if (!indexes.every((text) => /^\d{1,9}$/.test(text)) || indexes.length > MAX_STEPS) {
    return `1 to ${MAX_STEPS} indexes as "0:1:2", not ${JSON.stringify(access.slice(0, 200))}`;
  }
  const [first, ...rest] = indexes.map(Number) as [number, ...number[]];
  if (form === 'field') return parseField(btf, typeId, first, rest);
  if (rest.length > 0) return `a single index, not "${access}"`;
  if (form === 'enumerator') return findEnumerator(btf, typeId, first);
  return first === 0 ? { form, btf, root: typeId } : `index 0 for a whole type, not ${first}`;
}

function findEnumerator(btf: Btf, root: number, index: number): EnumeratorAccess | string {
  const type = btf.type(btf.resolve(root));
  if (!isEnum(type)) return `an enum, not ${typeInWords(btf, root)}`;
  const enumerator = enumerators(type)[index];
  if (enumerator === undefined) return `one of ${type.values.length} enumerators, not number ${index}`;
  return enumeratorAccess(btf, root, enumerator);
}

function parseField(btf: Btf, root: number, first: number, rest: readonly number[]): FieldAccess | string {
  const way = new Way(btf, root);
  if (!way.element(first)) return 'a field within 512 MiB';
  for (const index of rest) {
    const type = way.type;
    if (isComposite(type)) {
      const member = type.members[index];
      if (member === undefined) return `one of ${type.members.length} members, not number ${index}`;
      way.skip(member.bitOffset, member.type);
      if (member.name === '') continue;
      const last = index === type.members.length - 1;
      way.steps.push({ kind: 'member', name: member.name, type: member.type, bitSize: member.bitSize, last });
    } else if (type.kind === 'array') {
      if (!way.holds(index)) return `one of ${type.count} elements, not number ${index}`;
      way.skip(0, type.type);
      if (!way.element(index)) return 'a field within 512 MiB';
    } else {
      return `a struct, union or array to take number ${index} of, not a ${type.kind}`;
    }
  }
  return way.access();
}
