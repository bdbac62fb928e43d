import type { Btf, BtfComposite, BtfEnum, BtfEnum64, BtfType } from '../../btf/index.ts';
import { ObjectFormatError } from '../../errors/index.ts';
import { enumerators, essentialName, isComposite, nameOf, namesMatch, sameKind } from './names.ts';

/** Deepest nesting that is followed; libbpf stops at 32 pointers and 32 structs or signatures. */
const MAX_DEPTH = 64;

/** Bounds the work of all comparisons of one object: damaged types could ask for more than a lifetime of it. */
export interface Budget {
  /** Pairs of types that may still be compared. */
  left: number;
}

/** Compares types of an object with types of a kernel by the three rules of CO-RE (relo_core.c). */
export class TypeComparison {
  readonly #local: Btf;
  readonly #target: Btf;
  readonly #budget: Budget;

  constructor(local: Btf, target: Btf, budget: Budget) {
    this.#local = local;
    this.#target = target;
    this.#budget = budget;
  }

  /**
   * Whether a field of one type may stand for a field of the other: any two structs or unions, any two pointers,
   * ints of all widths, enums of the same name, arrays of such elements.
   *
   * Source: `bpf_core_fields_are_compat`.
   */
  fieldsAreCompatible(localId: number, targetId: number, depth = 0): boolean {
    const [local, target] = this.#pair(localId, targetId, depth);
    if (isComposite(local) && isComposite(target)) return true;
    if (!sameKind(local, target)) return false;
    switch (local.kind) {
      case 'ptr':
      case 'float':
        return true;
      case 'fwd':
      case 'enum':
      case 'enum64':
        return nameOf(local) === '' || nameOf(target) === '' || namesMatch(nameOf(local), nameOf(target));
      case 'int':
        return startsAtBit0(local, target);
      case 'array':
        return this.fieldsAreCompatible(local.type, elementOf(target), depth + 1);
      default:
        return false;
    }
  }

  /**
   * Whether types whose names match are of one make, whatever they contain: kinds agree behind pointers, in arrays
   * and signatures.
   *
   * Source: `bpf_core_types_are_compat`.
   */
  typesAreCompatible(localId: number, targetId: number, depth = 0): boolean {
    const [local, target] = this.#pair(localId, targetId, depth);
    if (!sameKind(local, target)) return false;
    const next = (a: number, b: number) => this.typesAreCompatible(a, b, depth + 1);
    switch (local.kind) {
      case 'void':
      case 'struct':
      case 'union':
      case 'enum':
      case 'enum64':
      case 'fwd':
        return true;
      case 'int':
        return startsAtBit0(local, target);
      case 'ptr':
      case 'array':
        return next(local.type, elementOf(target));
      case 'func_proto':
        return sameSignature(local, target, next);
      default:
        return false;
    }
  }

  /**
   * Whether the target has all that the local type has, member by member and enumerator by enumerator; behind a pointer
   * structs match by name.
   *
   * Source: `bpf_core_types_match`.
   */
  typesMatch(localId: number, targetId: number, behindPointer = false, depth = 0): boolean {
    const [local, target] = this.#pair(localId, targetId, depth);
    if (!namesMatch(nameOf(local), nameOf(target))) return false;
    const next = (a: number, b: number, pointed = behindPointer) => this.typesMatch(a, b, pointed, depth + 1);
    if (behindPointer && (isComposite(local) || local.kind === 'fwd')) return sameDeclaration(local, target);
    if (!sameKind(local, target)) return false;
    switch (local.kind) {
      case 'void':
        return true;
      case 'fwd':
        return sameDeclaration(local, target);
      case 'enum':
      case 'enum64':
        return enumsMatch(local, target as BtfEnum | BtfEnum64);
      case 'struct':
      case 'union':
        return compositesMatch(local, target as BtfComposite, next);
      case 'int':
        return target.kind === 'int' && local.size === target.size && local.signed === target.signed;
      case 'ptr':
        return next(local.type, elementOf(target), true);
      case 'array':
        return target.kind === 'array' && local.count === target.count && next(local.type, target.type);
      case 'func_proto':
        return sameSignature(local, target, next);
      default:
        return false;
    }
  }

  /** The types behind typedefs and qualifiers. @throws ObjectFormatError when there is no end to comparing. */
  #pair(localId: number, targetId: number, depth: number): [BtfType, BtfType] {
    if (depth > MAX_DEPTH || this.#budget.left-- <= 0) {
      throw new ObjectFormatError({
        what: `${this.#local.name}: type ${localId}`,
        offset: localId === 0 ? 0 : this.#local.position(localId),
        expected: `a type that can be compared with those of ${this.#target.name} in bounded time`,
      });
    }
    return [
      this.#local.type(this.#local.resolve(localId)),
      this.#target.type(this.#target.resolve(targetId)),
    ];
  }
}

type Compare = (local: number, target: number) => boolean;

/** Compilers no longer write ints that begin inside their storage; libbpf refuses them too. */
function startsAtBit0(local: BtfType, target: BtfType): boolean {
  return local.kind === 'int' && target.kind === 'int' && local.bitOffset === 0 && target.bitOffset === 0;
}

/** What the pointer points to or the array consists of; void for other kinds, which were ruled out before. */
function elementOf(type: BtfType): number {
  return type.kind === 'ptr' || type.kind === 'array' ? type.type : 0;
}

function sameSignature(local: BtfType, target: BtfType, compare: Compare): boolean {
  if (local.kind !== 'func_proto' || target.kind !== 'func_proto') return false;
  return (
    local.params.length === target.params.length &&
    local.params.every(({ type }, i) => compare(type, target.params[i]!.type)) &&
    compare(local.returnType, target.returnType)
  );
}

/** Structs and unions that nobody looks into: a declaration is as good as a definition. */
function sameDeclaration(local: BtfType, target: BtfType): boolean {
  const declared = (type: BtfType) => (type.kind === 'fwd' ? type.declares : type.kind);
  return declared(local) === declared(target);
}

function enumsMatch(local: BtfEnum | BtfEnum64, target: BtfEnum | BtfEnum64): boolean {
  if (local.size !== target.size || local.values.length > target.values.length) return false;
  const names = new Set(enumerators(target).map(({ name }) => essentialName(name)));
  return enumerators(local).every(({ name }) => names.has(essentialName(name)));
}

function compositesMatch(local: BtfComposite, target: BtfComposite, compare: Compare): boolean {
  if (local.members.length > target.members.length) return false;
  // Anonymous members share the empty name, and each may match any.
  const byName = new Map<string, number[]>();
  for (const { name, type } of target.members) {
    const key = essentialName(name);
    const types = byName.get(key);
    if (types === undefined) byName.set(key, [type]);
    else types.push(type);
  }
  return local.members.every(({ name, type }) =>
    (byName.get(essentialName(name)) ?? []).some((candidate) => compare(type, candidate)),
  );
}
