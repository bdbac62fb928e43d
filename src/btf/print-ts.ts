import { ArgumentError } from '../errors/index.ts';
import type { Btf } from './btf.ts';
import { describe, MAX_DEPTH, malformed, resolveType } from './layout.ts';
import { asIdentifier, asLiteral, NameSpace } from './name-space.ts';
import { byteForm } from './shape.ts';
import type { BtfComposite, BtfMember, BtfType } from './types.ts';

/** Most members that are looked at; a kernel has a hundred thousand. */
const MAX_MEMBERS = 1 << 20;

/** Names that a declaration of a type cannot have, or that others here are written with. */
const RESERVED: ReadonlySet<string> = new Set(
  `any as async await bigint boolean break case catch class const continue debugger declare default delete do else enum
  export extends false finally for function get if implements import in instanceof interface is keyof let module
  namespace never new null number object of package private protected public readonly require return set static
  string super switch symbol this throw true try type typeof undefined unique unknown using var void while with yield
  globalThis infer intrinsic Uint8Array`.split(/\s+/),
);

/** Options of {@link formatTypeScript}. */
export interface FormatTypeScriptOptions {
  /** Ids of the types to print, with those that they contain; every struct and union of the BTF unless told. */
  readonly roots?: Iterable<number>;
}

/**
 * Prints types as TypeScript declarations: what {@link createDecoder} makes of their values (its table says what becomes
 * of what), 64-bit integers as `bigint`. Structs and unions become interfaces, other types with a name type aliases.
 *
 * A name that is taken gets `___2` at its end; a type's name that is no identifier of TypeScript is made one, a
 * property's is quoted.
 *
 * @throws ArgumentError when there is no type of a root's id, or its values have no type in TypeScript.
 * @throws ObjectFormatError when nameless types are nested more than 32 deep or a member's values have no type, and
 * when there are more than a million members.
 *
 * @example
 * formatTypeScript(btf, { roots: [btf.get('struct', 'event')] });
 * // export interface event {
 * //   pid: number;
 * //   comm: string;
 * // }
 */
export function formatTypeScript(btf: Btf, options: FormatTypeScriptOptions = {}): string {
  const printer = new TypeScriptPrinter(btf);
  for (const id of options.roots ?? composites(btf)) printer.add(id);
  return printer.declarations();
}

function* composites(btf: Btf): Generator<number, void, undefined> {
  for (let id = 1; id <= btf.typeCount; id++) {
    const type = btf.type(id);
    if (isComposite(type) && type.name !== '') yield id;
  }
}

/** Prints types of one BTF as TypeScript, with declarations of what they name: see {@link formatTypeScript}. */
export class TypeScriptPrinter {
  readonly #btf: Btf;
  readonly #space: NameSpace;
  readonly #names: Map<number, string> = new Map();
  /** Ids that have a name and are yet to be declared. */
  readonly #pending: number[] = [];
  #count = 0;

  /** @param space the names that declarations cannot have any more. */
  constructor(btf: Btf, space: NameSpace = new NameSpace()) {
    this.#btf = btf;
    this.#space = space;
  }

  /** Makes sure that a type is declared. @throws ArgumentError for a type without a name. */
  add(id: number): void {
    const type = this.#btf.type(id);
    switch (type.kind) {
      case 'struct':
      case 'union':
      case 'enum':
      case 'enum64':
      case 'typedef':
        if (type.name === '') break;
        this.#reference(id, type.name);
        return;
    }
    throw new ArgumentError({
      message: `${this.#btf.name}: no TypeScript for type ${id} (${describe(type)})`,
      remedy: 'Ask for a struct, union, enum or typedef that has a name.',
    });
  }

  /** The type of the values that a decoder makes, and sees to it that what it names is declared. */
  type(id: number, indent: string): string {
    return this.#type(id, indent, 0);
  }

  /** What was asked for so far, and all that it needs. */
  declarations(): string {
    const parts: string[] = [];
    // Declaring one may make others pending.
    for (const id of this.#pending) parts.push(this.#declaration(id));
    return parts.join('\n');
  }

  /** The name of a type in TypeScript, which makes sure that it is declared. */
  #reference(id: number, name: string): string {
    let known = this.#names.get(id);
    if (known === undefined) {
      const word = asIdentifier(name);
      known = this.#space.claim(RESERVED.has(word) ? `${word}_` : word);
      this.#names.set(id, known);
      this.#pending.push(id);
    }
    return known;
  }

  #declaration(id: number): string {
    const name = this.#names.get(id);
    const type = this.#btf.type(id);
    const inner = resolveType(this.#btf, id);
    if (isComposite(this.#btf.type(inner)) && (inner === id || this.#isNameless(inner))) {
      return `export interface ${name} ${this.#body(inner, '', 0)}\n`;
    }
    return `export type ${name} = ${this.#type(type.kind === 'typedef' ? type.type : id, '', 0)};\n`;
  }

  /** @param depth of nameless types around this one. */
  #type(id: number, indent: string, depth: number): string {
    if (depth > MAX_DEPTH) throw malformed(this.#btf, id, `types nested at most ${MAX_DEPTH} deep`);
    let at = id;
    for (let steps = 0; steps <= MAX_DEPTH; steps++) {
      const type = this.#btf.type(at);
      switch (type.kind) {
        case 'const':
        case 'volatile':
        case 'restrict':
        case 'type_tag':
        case 'var':
          at = type.type;
          break;
        case 'typedef': {
          const inner = resolveType(this.#btf, at);
          // A nameless struct goes by the name of its typedef.
          if (this.#isNameless(inner)) return this.#reference(at, type.name);
          at = type.type;
          break;
        }
        case 'struct':
        case 'union':
          return type.name === '' ? this.#body(at, indent, depth + 1) : this.#reference(at, type.name);
        case 'int':
          return type.bool ? 'boolean' : wholeNumber(type.bits);
        case 'enum':
        case 'enum64':
          return wholeNumber(type.size * 8);
        case 'ptr':
          return wholeNumber(this.#btf.pointerSize * 8);
        case 'float':
          return type.size === 4 || type.size === 8 ? 'number' : 'Uint8Array';
        case 'array': {
          const form = byteForm(this.#btf, type.type);
          if (form !== undefined) return form === 'text' ? 'string' : 'Uint8Array';
          return `${this.#type(type.type, indent, depth + 1)}[]`;
        }
        default:
          throw malformed(this.#btf, id, `a type with values, not ${describe(type)}`);
      }
    }
    throw malformed(this.#btf, id, `at most ${MAX_DEPTH} typedefs and qualifiers in a row`);
  }

  /** `{ … }` with a line for each member. */
  #body(id: number, indent: string, depth: number): string {
    const lines = this.#members(id, `${indent}  `, depth, new Set());
    return lines.length === 0 ? '{}' : `{\n${lines.join('')}${indent}}`;
  }

  /** @param taken names of members so far; the first of a name stands, as in a decoder. */
  #members(id: number, indent: string, depth: number, taken: Set<string>): string[] {
    const type = this.#btf.type(id);
    if (!isComposite(type)) return [];
    return type.members.flatMap((member) => {
      if (++this.#count > MAX_MEMBERS)
        throw malformed(this.#btf, id, `at most ${MAX_MEMBERS} members in all`);
      if (member.name === '') {
        return this.#members(resolveType(this.#btf, member.type), indent, depth + 1, taken);
      }
      if (taken.has(member.name)) return [];
      taken.add(member.name);
      return [`${indent}${propertyName(member.name)}: ${this.#memberType(member, indent, depth)};\n`];
    });
  }

  #isNameless(id: number): boolean {
    const type = this.#btf.type(id);
    return isComposite(type) && type.name === '';
  }

  #memberType({ type, bitSize }: BtfMember, indent: string, depth: number): string {
    if (bitSize === 0) return this.#type(type, indent, depth);
    const inner = this.#btf.type(resolveType(this.#btf, type));
    return inner.kind === 'int' && inner.bool ? 'boolean' : wholeNumber(bitSize);
  }
}

/** A property's name, quoted unless it is an identifier. */
export function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : asLiteral(name);
}

function isComposite(type: BtfType): type is BtfComposite {
  return type.kind === 'struct' || type.kind === 'union';
}

function wholeNumber(bits: number): string {
  return bits <= 32 ? 'number' : 'bigint';
}
