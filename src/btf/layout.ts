import { ArgumentError, NotFoundError, nearest, ObjectFormatError } from '../errors/index.ts';
import type { BtfComposite, BtfType, TypeSource } from './types.ts';

/** Longest chain of typedefs and deepest nesting that is followed: the kernel's `MAX_RESOLVE_DEPTH`. */
export const MAX_DEPTH = 32;
const MAX_SIZE = 0xffff_ffff;

/** Where a member lies. */
export interface MemberPlace {
  /** Id of the member's type. */
  readonly type: number;
  /** Bits from the start of the struct that was asked, counted as in {@link BtfMember.bitOffset}. */
  readonly bitOffset: number;
  /** Width of a bitfield in bits; 0 when the member is none. */
  readonly bitSize: number;
}

/** What a type is called in errors: `struct "task_struct"`, `ptr`. */
export function describe(type: BtfType): string {
  return 'name' in type && type.name !== '' ? `${type.kind} ${JSON.stringify(type.name)}` : type.kind;
}

/** An error about the record of type `id`, or about the whole BTF for void, which has none. */
export function malformed(types: TypeSource, id: number, expected: string): ObjectFormatError {
  const offset = id === 0 ? 0 : types.position(id);
  return new ObjectFormatError({ what: `${types.name}: type ${id}`, offset, expected });
}

/** See {@link Btf.resolve}. */
export function resolveType(types: TypeSource, id: number): number {
  let at = id;
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    const type = types.type(at);
    switch (type.kind) {
      case 'typedef':
      case 'volatile':
      case 'const':
      case 'restrict':
      case 'type_tag':
        at = type.type;
        break;
      default:
        return at;
    }
  }
  throw malformed(types, id, `at most ${MAX_DEPTH} typedefs and qualifiers in a row`);
}

/**
 * See {@link Btf.sizeof}.
 *
 * @param within the array or struct of which the type is a part: that it has no size is then the fault of the BTF.
 */
export function sizeOf(types: TypeSource, id: number, within?: number): number {
  let count = 1;
  let at = id;
  let owner = within;
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    at = resolveType(types, at);
    const type = types.type(at);
    switch (type.kind) {
      case 'array':
        owner = at;
        count *= type.count;
        at = type.type;
        break;
      case 'var':
        at = type.type;
        break;
      case 'ptr':
        return checked(count * types.pointerSize);
      case 'int':
      case 'struct':
      case 'union':
      case 'enum':
      case 'enum64':
      case 'datasec':
      case 'float':
        return checked(count * type.size);
      default:
        throw noSize(types, type, at, owner);
    }
    checked(count);
  }
  throw malformed(types, id, `arrays of at most ${MAX_DEPTH} dimensions`);

  function checked(size: number): number {
    if (size > MAX_SIZE) throw malformed(types, id, 'a type smaller than 4 GiB');
    return size;
  }
}

/**
 * See {@link Btf.alignof}.
 *
 * @param known alignments found so far, by id of struct or union.
 * @param within as with {@link sizeOf}.
 */
export function alignOf(
  types: TypeSource,
  id: number,
  known: Map<number, number>,
  within?: number,
  depth = 0,
): number {
  if (depth > MAX_DEPTH) throw malformed(types, id, `types nested at most ${MAX_DEPTH} deep`);
  const at = resolveType(types, id);
  const type = types.type(at);
  switch (type.kind) {
    case 'ptr':
      return types.pointerSize;
    case 'int':
    case 'enum':
    case 'enum64':
    case 'float':
      return Math.min(types.pointerSize, type.size);
    case 'array':
      return alignOf(types, type.type, known, at, depth + 1);
    case 'var':
      return alignOf(types, type.type, known, within, depth + 1);
    case 'struct':
    case 'union': {
      let alignment = known.get(at);
      if (alignment === undefined) {
        alignment = compositeAlign(types, at, type, known, depth);
        known.set(at, alignment);
      }
      return alignment;
    }
    default:
      throw noSize(types, type, at, within);
  }
}

/** The widest alignment of the members, or 1 when a member or the size shows that the struct is packed. */
function compositeAlign(
  types: TypeSource,
  id: number,
  { members, size }: BtfComposite,
  known: Map<number, number>,
  depth: number,
): number {
  let widest = 1;
  for (const member of members) {
    const alignment = alignOf(types, member.type, known, id, depth + 1);
    if (member.bitSize === 0 && member.bitOffset % (8 * alignment) !== 0) return 1;
    widest = Math.max(widest, alignment);
  }
  return size % widest === 0 ? widest : 1;
}

/** See {@link Btf.member}. */
export function findMember(types: TypeSource, id: number, path: string): MemberPlace {
  let place: MemberPlace = { type: id, bitOffset: 0, bitSize: 0 };
  for (const name of path.split('.')) {
    const struct = types.type(resolveType(types, place.type));
    if (struct.kind !== 'struct' && struct.kind !== 'union') {
      throw new ArgumentError({
        message: `${types.name}: no member "${name}" in ${describe(struct)}`,
        remedy: 'Ask for members of a struct or union only.',
      });
    }
    const found = memberNamed(types, struct, name);
    if (found === undefined) {
      const close = nearest(
        name,
        struct.members.map((m) => m.name).filter((n) => n !== ''),
      );
      throw new NotFoundError({
        message: `${types.name}: ${describe(struct)} has no member "${name}"`,
        remedy:
          close.length > 0 ? `Near it: ${close.join(', ')}.` : 'Look at its members for the right name.',
      });
    }
    place = { ...found, bitOffset: place.bitOffset + found.bitOffset };
  }
  return place;
}

/** Searches a struct and, level by level, the anonymous ones in it; each type once, so the search ends. */
function memberNamed(types: TypeSource, struct: BtfComposite, name: string): MemberPlace | undefined {
  const seen = new Set<BtfComposite>([struct]);
  let level = [{ struct, bitOffset: 0 }];
  while (level.length > 0) {
    const next: typeof level = [];
    for (const { struct, bitOffset } of level) {
      for (const member of struct.members) {
        const place = { type: member.type, bitOffset: bitOffset + member.bitOffset, bitSize: member.bitSize };
        if (member.name === name && name !== '') return place;
        if (member.name !== '') continue;
        const inner = types.type(resolveType(types, member.type));
        if ((inner.kind !== 'struct' && inner.kind !== 'union') || seen.has(inner)) continue;
        seen.add(inner);
        next.push({ struct: inner, bitOffset: place.bitOffset });
      }
    }
    level = next;
  }
  return undefined;
}

function noSize(
  types: TypeSource,
  type: BtfType,
  id: number,
  within: number | undefined,
): ArgumentError | ObjectFormatError {
  if (within !== undefined) {
    return malformed(types, within, `parts that have a size, unlike type ${id} (${describe(type)})`);
  }
  return new ArgumentError({
    message: `${types.name}: type ${id} (${describe(type)}) has no size`,
    remedy: 'Ask for a type that values have: an int, pointer, array, struct, union, enum or float.',
  });
}
