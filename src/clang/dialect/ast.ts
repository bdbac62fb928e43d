/** A node of what `clang -ast-dump=json` prints, as far as it is of use here. */
export interface AstNode {
  readonly id: string;
  /** Such as `MemberExpr`; absent for what is not there, as the condition of `for (;;)`. */
  readonly kind?: string;
  readonly name?: string;
  readonly loc?: AstLocation;
  readonly range?: { readonly begin: AstLocation; readonly end: AstLocation };
  readonly type?: { readonly qualType: string; readonly desugaredQualType?: string };
  readonly castKind?: string;
  readonly opcode?: string;
  readonly isArrow?: boolean;
  readonly isBitfield?: boolean;
  readonly storageClass?: string;
  readonly init?: string;
  readonly referencedDecl?: { readonly id: string; readonly kind: string; readonly name?: string };
  readonly referencedMemberDecl?: string;
  readonly inner?: readonly AstNode[];
}

/** A place: either a spot, or for what macros bring where it is written and where the macro is used. */
export interface AstLocation extends AstSpot {
  readonly spellingLoc?: AstSpot;
  readonly expansionLoc?: AstSpot;
}

export interface AstSpot {
  /** Bytes from the start of the file. */
  readonly offset?: number;
  /** Given only where it differs from the place printed before. */
  readonly file?: string;
  /** Bytes of the word at the place. */
  readonly tokLen?: number;
  readonly isMacroArgExpansion?: boolean;
}

/**
 * Tells which places are in one file. Clang names a file only where another than before is meant, so every place has to
 * be asked for once, in the order in which they were printed: {@link AstPlaces.read} does.
 */
export class AstPlaces {
  readonly #file: string;
  readonly #inFile: Set<AstSpot> = new Set();
  #isCurrent = false;

  /** @param file as clang calls it. */
  constructor(root: AstNode, file: string) {
    this.#file = file;
    this.#read(root);
  }

  has(spot: AstSpot): boolean {
    return this.#inFile.has(spot);
  }

  /** No deeper than clang's own parser, which ends at 256 brackets. */
  #read(node: AstNode): void {
    if (node.loc !== undefined) this.#location(node.loc);
    if (node.range !== undefined) {
      this.#location(node.range.begin);
      this.#location(node.range.end);
    }
    if (node.inner !== undefined) for (const child of node.inner) this.#read(child);
  }

  #location(location: AstLocation): void {
    const { spellingLoc, expansionLoc } = location;
    if (spellingLoc !== undefined) this.#spot(spellingLoc);
    if (expansionLoc !== undefined) this.#spot(expansionLoc);
    this.#spot(location);
  }

  #spot(spot: AstSpot): void {
    if (spot.file !== undefined) this.#isCurrent = spot.file === this.#file;
    if (spot.offset !== undefined && this.#isCurrent) this.#inFile.add(spot);
  }
}

/** Calls `visit` for a node and all below it, outer ones first; what it answers `false` to is not entered. */
export function visitTree(node: AstNode, visit: (node: AstNode) => boolean | void): void {
  if (visit(node) === false || node.inner === undefined) return;
  for (const child of node.inner) visitTree(child, visit);
}

/** A type without typedefs. */
export function typeOf(node: AstNode): string {
  return node.type?.desugaredQualType ?? node.type?.qualType ?? '';
}

export function isPointer(type: string): boolean {
  return /\*(?: ?(?:const|volatile|restrict|__restrict))*$/.test(type);
}

/** Whether a type is a pointer to a struct. */
export function pointsToStruct(type: string): boolean {
  return /^(?:(?:const|volatile) )*struct [^*]*\*(?: ?(?:const|volatile))*$/.test(type);
}
