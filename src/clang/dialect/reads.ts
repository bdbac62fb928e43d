import {
  type AstLocation,
  type AstNode,
  AstPlaces,
  type OwnText,
  pointsToStruct,
  typeOf,
  visitTree,
} from './ast.ts';
import type { Edits } from './edits.ts';
import { calleeOf, From, type Provenance, Provenances } from './provenance.ts';
import { type Token, tokenize } from './tokens.ts';

/** A read that has to go through a helper. */
interface Read {
  /** The place that is read. */
  readonly place: AstNode;
  readonly from: 'kernel' | 'user';
}

/**
 * Puts a helper's call around each read of the kernel's or the user's memory that the verifier would refuse: each `->`, `*`
 * and `[]` that yields a value, on its own. What is written to, or of which the address is taken, stays.
 *
 * Source: what BCC's `ProbeVisitor` does (src/cc/frontends/clang/b_frontend_action.cc), by where pointers come from.
 *
 * @param edits of {@link OwnText.text}.
 * @returns whether it could be done: not where a read is spelled in the body of a macro. Macros have to be expanded first.
 */
export function wrapReads(root: AstNode, own: OwnText, edits: Edits): boolean {
  const places = new AstPlaces(root, own);
  const functions = (root.inner ?? []).filter(
    (node) => node.kind === 'FunctionDecl' && isOwn(node.loc, places) && isDefinition(node),
  );
  const bitfields = new Set<string>();
  visitTree(root, (node) => {
    if (node.kind === 'FieldDecl' && node.isBitfield === true) bitfields.add(node.id);
    return node.kind === 'TranslationUnitDecl' || node.kind === 'RecordDecl';
  });
  const wrapper = new Wrapper(own.text, places, bitfields, edits);
  return findReads(functions, bitfields).every((read) => wrapper.wrap(read));
}

function isDefinition(node: AstNode): boolean {
  return (node.inner ?? []).some(({ kind }) => kind === 'CompoundStmt');
}

function isOwn(location: AstLocation | undefined, places: AstPlaces): boolean {
  return places.indexOf(location?.expansionLoc ?? location) !== undefined;
}

/** Outer reads come before those that they consist of. */
function findReads(functions: readonly AstNode[], bitfields: ReadonlySet<string>): Read[] {
  const provenances = new Provenances(functions);
  const reads: Read[] = [];
  const visit = (node: AstNode): boolean => {
    if (node.kind === 'UnaryExprOrTypeTraitExpr') return false; // sizeof
    if (node.kind === 'CallExpr') {
      const callee = calleeOf(node);
      if (callee === '__builtin_preserve_field_info') return false;
      if (callee === '__builtin_preserve_access_index') {
        // What CO-RE relocates is not read here, but what leads to it.
        const inner = skipCasts(node.inner?.[1]);
        for (const child of inner?.inner ?? []) visitTree(child, visit);
        return false;
      }
    }
    if (node.kind !== 'ImplicitCastExpr' || node.castKind !== 'LValueToRValue') return true;
    const place = skipParentheses(node.inner?.[0]);
    if (place === undefined || !/^(?:MemberExpr|UnaryOperator|ArraySubscriptExpr)$/.test(place.kind ?? ''))
      return true;
    const from = helperFor(place, typeOf(node), provenances, bitfields);
    if (from !== undefined) reads.push({ place, from });
    return true;
  };
  for (const node of functions) visitTree(node, visit);
  return reads;
}

function helperFor(
  place: AstNode,
  type: string,
  provenances: Provenances,
  bitfields: ReadonlySet<string>,
): Read['from'] | undefined {
  const from = provenances.ofPlace(place);
  if (from === From.User) return 'user';
  if (from === From.Trusted && isPlainRead(place, type, bitfields)) return undefined;
  return isOurs(from) ? undefined : 'kernel';
}

/** Our own memory and contexts, nothing else. */
function isOurs(from: Provenance): boolean {
  return from !== 0 && (from & (From.Trusted | From.User | From.Kernel)) === 0;
}

/** Whether the verifier takes a read through a pointer that it trusts: a member of a struct, whole, at a fixed place. */
function isPlainRead(place: AstNode, type: string, bitfields: ReadonlySet<string>): boolean {
  if (/^(?:const |volatile )*(?:struct|union) [^*]*$/.test(type)) return false;
  let node: AstNode | undefined = place;
  for (;;) {
    if (node?.kind === 'ParenExpr') node = node.inner?.[0];
    else if (node?.kind === 'MemberExpr') {
      if (bitfields.has(node.referencedMemberDecl ?? '')) return false;
      if (node.isArrow === true) return pointsToStruct(typeOf(node.inner![0]!));
      node = node.inner?.[0];
    } else return false;
  }
}

function skipParentheses(node: AstNode | undefined): AstNode | undefined {
  return node?.kind === 'ParenExpr' ? skipParentheses(node.inner?.[0]) : node;
}

function skipCasts(node: AstNode | undefined): AstNode | undefined {
  return /^(?:ParenExpr|ImplicitCastExpr|CStyleCastExpr)$/.test(node?.kind ?? '')
    ? skipCasts(node!.inner?.[0])
    : node;
}

/** A part of the program's text. */
interface Part {
  readonly start: number;
  readonly end: number;
  /** Where its last word begins. */
  readonly last: number;
}

class Wrapper {
  readonly #places: AstPlaces;
  readonly #bitfields: ReadonlySet<string>;
  readonly #edits: Edits;
  /** The argument of a macro may appear several times in what it expands to. */
  readonly #done: Set<string> = new Set();
  readonly #directives: readonly Token[];

  constructor(text: string, places: AstPlaces, bitfields: ReadonlySet<string>, edits: Edits) {
    this.#places = places;
    this.#bitfields = bitfields;
    this.#edits = edits;
    this.#directives = tokenize(text).filter(({ kind }) => kind === 'directive');
  }

  wrap({ place, from }: Read): boolean {
    const part = this.#partOf(place);
    if (part === undefined) return false;
    const key = `${part.start}-${part.end}`;
    if (this.#done.has(key)) return true;
    this.#done.add(key);
    const suffix = from === 'user' ? '_USER' : '';
    if (!this.#bitfields.has(place.referencedMemberDecl ?? '')) {
      this.#edits.wrap(part.start, part.end, `RT_READ${suffix}(`, ')');
      return true;
    }
    const { base, isArrow } = baseOf(place);
    const pointer = base === undefined ? undefined : this.#partOf(base);
    if (pointer === undefined) return false;
    this.#edits.wrap(part.start, part.end, `RT_READ_BITS${suffix}(${isArrow ? '' : '&'}`, ')');
    this.#edits.replace(pointer.end, part.last, ', ');
    return true;
  }

  #partOf({ range }: AstNode): Part | undefined {
    const [begin, end] = [this.#spotOf(range?.begin), this.#spotOf(range?.end)];
    if (begin === undefined || end === undefined || begin.at > end.at) return undefined;
    return { start: begin.at, end: end.at + end.length, last: end.at };
  }

  /** Where something is written, if that is in the text itself or the argument of a macro there. */
  #spotOf(location: AstLocation | undefined): { at: number; length: number } | undefined {
    const { spellingLoc, expansionLoc } = location ?? {};
    if (expansionLoc !== undefined && expansionLoc.isMacroArgExpansion !== true) return undefined;
    const spot = spellingLoc ?? location;
    const at = this.#places.indexOf(spot);
    if (at === undefined || this.#directives.some(({ start, end }) => at >= start && at < end))
      return undefined;
    return { at, length: spot?.tokLen ?? 0 };
  }
}

/** What a member is written behind. Members without a name, which hold others, are not written at all. */
function baseOf(member: AstNode): { base: AstNode | undefined; isArrow: boolean } {
  let node = member;
  for (;;) {
    const base = node.inner?.[0];
    if (base?.kind !== 'MemberExpr' || base.name !== '') return { base, isArrow: node.isArrow === true };
    node = base;
  }
}
