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

/** The part of a file that is the program's own. */
export interface OwnText {
  /** As clang calls the file. */
  readonly file: string;
  /** What the file begins with. */
  readonly head: string;
  /** What follows. */
  readonly text: string;
  /** Where in `text` the program's own begins, in UTF-16 units. */
  readonly start: number;
}

/**
 * Tells where places are in the program's own text. Clang names a file only where another than before is meant, so all
 * places are looked at once, in the order in which they were printed.
 */
export class AstPlaces {
  readonly #own: OwnText;
  /** Of each byte of the file its place in UTF-16 units; undefined where that is the same. */
  readonly #indices: Uint32Array | undefined;
  readonly #inFile: Set<AstSpot> = new Set();
  #isCurrent = false;

  constructor(root: AstNode, own: OwnText) {
    this.#own = own;
    this.#indices = byteIndices(own.head + own.text);
    this.#read(root);
  }

  /** Where a place is in the text, in UTF-16 units; undefined for one outside of the program's own. */
  indexOf(spot: AstSpot | undefined): number | undefined {
    if (spot?.offset === undefined || !this.#inFile.has(spot)) return undefined;
    const index = (this.#indices?.[spot.offset] ?? spot.offset) - this.#own.head.length;
    return index < this.#own.start ? undefined : index;
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
    if (spot.file !== undefined) this.#isCurrent = spot.file === this.#own.file;
    if (spot.offset !== undefined && this.#isCurrent) this.#inFile.add(spot);
  }
}

function byteIndices(text: string): Uint32Array | undefined {
  const size = Buffer.byteLength(text);
  if (size === text.length) return undefined;
  const indices = new Uint32Array(size + 1);
  let at = 0;
  let index = 0;
  for (const character of text) {
    indices.fill(index, at, at + Buffer.byteLength(character));
    at += Buffer.byteLength(character);
    index += character.length;
  }
  return indices.fill(index, at);
}

/** Calls `visit` for a node and all below it, outer ones first. @param visit answers whether to go below the node. */
export function visitTree(node: AstNode, visit: (node: AstNode) => boolean): void {
  if (!visit(node) || node.inner === undefined) return;
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
