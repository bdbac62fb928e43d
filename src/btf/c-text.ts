import { ObjectFormatError } from '../errors/index.ts';
import { CLayout, memberWidth } from './c-layout.ts';
import { CNames, type TakenNames } from './c-names.ts';
import { enumMode, enumValue, floatName, intName, namedPadding, padding } from './c-words.ts';
import {
  ARRAY,
  CONST,
  ENUM,
  ENUM64,
  FLOAT,
  FUNC_PROTO,
  FWD,
  INT,
  PTR,
  RESTRICT,
  STRUCT,
  TYPE_TAG,
  TYPEDEF,
  type TypeRecords,
  UNION,
  VOID,
  VOLATILE,
} from './records.ts';
import { INT_SIGNED } from './wire.ts';

/** Longest chain of references that is followed. The kernel allows 32, but does not count those behind a pointer. */
export const MAX_CHAIN = 256;

/** Most characters; the C header of a kernel has three million. */
const MAX_LENGTH = 2 ** 26;

/** Qualifiers that may be given twice are kept as bits: that of the kind. */
const QUALIFIERS: readonly (readonly [kind: number, word: string])[] = [
  [CONST, 'const '],
  [VOLATILE, 'volatile '],
  [RESTRICT, 'restrict '],
];

/** The C of single types, whatever order they are printed in. */
export class CText {
  readonly #records: TypeRecords;
  readonly #names: CNames;
  readonly #layout: CLayout;
  readonly #onMention: (id: number) => void;
  /** By id what stands before and after the name that is declared, where that is the same everywhere. */
  readonly #before: string[];
  readonly #after: string[];
  readonly #printedEnums: Set<number> = new Set();
  /** Number of types so far that were printed where they are used, for lack of a name. */
  #inlined = 0;
  /** Characters put together so far, those of an inner text counted again in the outer. */
  #length = 0;

  /** @param onMention is told of each struct, union and forward that is referred to by its name. */
  constructor(records: TypeRecords, onMention: (id: number) => void, taken: TakenNames = {}) {
    const length = records.kinds.length;
    this.#records = records;
    this.#names = new CNames(records, taken);
    this.#layout = new CLayout(records);
    this.#onMention = onMention;
    this.#before = new Array<string>(length);
    this.#after = new Array<string>(length);
  }

  /** What refers to a type by its name: `struct file`, `u32`. */
  reference(id: number): string {
    this.#before[id] ??= `${this.#makeReference(id)} `;
    return this.#before[id].trimEnd();
  }

  /** The definition of a struct, union, enum or typedef, without the semicolon. */
  definition(id: number): string {
    switch (this.#records.kinds[id]) {
      case TYPEDEF:
        return `typedef ${this.#declaration(this.#records.target(id), this.reference(id), '')}`;
      case ENUM:
      case ENUM64:
        return this.#enum(id, '');
      default:
        return this.#composite(id, this.reference(id), '');
    }
  }

  /** Whether the constants of an enum are printed. */
  hasEnum(id: number): boolean {
    return this.#printedEnums.has(id);
  }

  /*
   * C writes a type around the name that it declares: `int (*name[4])(void)` is an array of pointers to functions.
   * What stands before the name is put together from the far end of the chain of types, what stands after it from the
   * near end.
   */

  #declaration(id: number, name: string, indent: string): string {
    const before = this.#textBefore(id, indent);
    return `${name === '' ? before.trimEnd() : before}${name}${this.#textAfter(id, indent)}`;
  }

  #textBefore(id: number, indent: string, depth = 0): string {
    const known = this.#before[id];
    if (known !== undefined) return known;
    const inlined = this.#inlined;
    const text = this.#counted(this.#makeBefore(id, 0, indent, depth));
    if (inlined === this.#inlined) this.#before[id] = text;
    return text;
  }

  /** @param qualifiers those of {@link QUALIFIERS} that apply to the type. */
  #makeBefore(id: number, qualifiers: number, indent: string, depth: number): string {
    const records = this.#records;
    if (depth > MAX_CHAIN) throw records.malformed(id, `at most ${MAX_CHAIN} pointers and arrays in a chain`);
    const kind = records.kinds[id]!;
    switch (kind) {
      case PTR: {
        const target = records.target(id);
        const star = this.#bindsTighter(target) ? '(*' : '*';
        return `${this.#textBefore(target, indent, depth + 1)}${star}${words(qualifiers)}`;
      }
      case VOLATILE:
      case CONST:
      case RESTRICT:
        return this.#makeBefore(records.target(id), qualifiers | (1 << kind), indent, depth + 1);
      case TYPE_TAG: {
        const before = this.#makeBefore(records.target(id), qualifiers, indent, depth + 1);
        // With the flag it is the text of a whole attribute, which could be any C.
        if (records.flag(id)) return before;
        return `${before}__attribute__((btf_type_tag("${this.#names.identifier(records.nameOffset(id))}"))) `;
      }
      case ARRAY:
        return this.#makeBefore(records.words[records.data(id)]!, qualifiers, indent, depth + 1);
      case FUNC_PROTO:
        return this.#textBefore(records.target(id), indent, depth + 1);
      default:
        return `${words(qualifiers)}${this.#base(id, indent)}`;
    }
  }

  #textAfter(id: number, indent: string): string {
    const known = this.#after[id];
    if (known !== undefined) return known;
    const inlined = this.#inlined;
    const text = this.#counted(this.#makeAfter(id, indent));
    if (inlined === this.#inlined) this.#after[id] = text;
    return text;
  }

  #makeAfter(id: number, indent: string): string {
    const records = this.#records;
    let text = '';
    for (let at = id; ; ) {
      switch (records.kinds[at]) {
        case PTR:
          at = records.target(at);
          if (this.#bindsTighter(at)) text += ')';
          break;
        case VOLATILE:
        case CONST:
        case RESTRICT:
        case TYPE_TAG:
          at = records.target(at);
          break;
        case ARRAY:
          text += `[${records.words[records.data(at) + 2]}]`;
          at = records.words[records.data(at)]!;
          break;
        case FUNC_PROTO:
          text += `(${this.#parameters(at, indent)})`;
          at = records.target(at);
          break;
        default:
          return text;
      }
    }
  }

  /** Whether a pointer to the type needs parentheses. */
  #bindsTighter(id: number): boolean {
    const { kinds } = this.#records;
    let at = id;
    while (
      kinds[at] === CONST ||
      kinds[at] === VOLATILE ||
      kinds[at] === RESTRICT ||
      kinds[at] === TYPE_TAG
    ) {
      at = this.#records.target(at);
    }
    return kinds[at] === ARRAY || kinds[at] === FUNC_PROTO;
  }

  #parameters(id: number, indent: string): string {
    const records = this.#records;
    const texts: string[] = [];
    for (let i = 0, at = records.data(id); i < records.vlen(id); i++, at += 2) {
      const type = records.words[at + 1]!;
      // `...` alone, which C does not have, stands for parameters that were not declared.
      if (type === VOID) texts.push(i > 0 ? '...' : 'void');
      else texts.push(this.#declaration(type, this.#names.identifier(records.words[at]!), indent));
    }
    return this.#counted(texts.length === 0 ? 'void' : texts.join(', '));
  }

  /** What a declaration begins with, behind its qualifiers; a space at its end. */
  #base(id: number, indent: string): string {
    const isNamed = this.#records.nameOffset(id) !== 0;
    switch (this.#records.kinds[id]) {
      case STRUCT:
      case UNION:
        if (!isNamed) return `${this.#composite(id, this.#tag(id), indent)} `;
        this.#onMention(id);
        break;
      case FWD:
        this.#onMention(id);
        break;
      case ENUM:
      case ENUM64:
        // Constants can be declared once; elsewhere an integer does.
        if (!isNamed && !this.#printedEnums.has(id)) return `${this.#enum(id, indent)} `;
    }
    this.#before[id] ??= `${this.#makeReference(id)} `;
    return this.#before[id];
  }

  #makeReference(id: number): string {
    const records = this.#records;
    const name = records.nameOffset(id);
    switch (records.kinds[id]) {
      case VOID:
        return 'void';
      case INT:
        this.#layout.measure(id);
        return intName(records.size(id), records.words[records.data(id)]! >>> 24, records.btf.string(name));
      case FLOAT:
        this.#layout.measure(id);
        return floatName(records.size(id));
      case STRUCT:
      case UNION:
        return `${this.#tag(id)} ${this.#names.definedTag(name, this.#tag(id))}`;
      case FWD:
        return `${this.#tag(id)} ${this.#names.declaredTag(name, this.#tag(id))}`;
      case ENUM:
      case ENUM64:
        this.#layout.measure(id);
        if (name === 0) return intName(records.size(id), records.flag(id) ? INT_SIGNED : 0, '');
        if (records.vlen(id) === 0) return `enum ${this.#names.declaredTag(name, 'enum')}`;
        return `enum ${this.#names.definedTag(name, 'enum')}`;
      case TYPEDEF:
        return this.#names.ordinary(name);
      default:
        throw records.malformed(id, 'a type that a declaration can have');
    }
  }

  #tag(id: number): 'struct' | 'union' {
    const kind = this.#records.kinds[id];
    return kind === UNION || (kind === FWD && this.#records.flag(id)) ? 'union' : 'struct';
  }

  /** `enum color { … }`; only its name when it has no constants. */
  #enum(id: number, indent: string): string {
    const records = this.#records;
    const isNamed = records.nameOffset(id) !== 0;
    const count = records.vlen(id);
    if (isNamed && count === 0) return this.reference(id);
    this.#layout.measure(id);
    if (!isNamed) this.#inlined++;
    this.#printedEnums.add(id);
    const is64 = records.kinds[id] === ENUM64;
    const signed = records.flag(id);
    const lines = [isNamed ? `${this.reference(id)} {\n` : 'enum {\n'];
    let natural = 4;
    for (let i = 0, at = records.data(id); i < count; i++, at += is64 ? 3 : 2) {
      const low = records.words[at + 1]!;
      const high = is64 ? records.words[at + 2]! | 0 : signed ? (low | 0) >> 31 : 0;
      if (high !== 0 && (!signed || high !== (low | 0) >> 31)) natural = 8;
      lines.push(
        `${indent}\t${this.#names.ordinary(records.words[at]!)} = ${enumValue(low, high, signed)},\n`,
      );
    }
    const size = records.size(id);
    lines.push(size === natural ? `${indent}}` : `${indent}}${enumMode(size)}`);
    return this.#counted(lines.join(''));
  }

  /** `struct file { … }` */
  #composite(id: number, head: string, indent: string): string {
    if (this.#records.nameOffset(id) === 0) this.#inlined++;
    this.#layout.measure(id);
    const members = this.#members(id, `${indent}\t`);
    const end = this.#layout.isPacked(id) ? '} __attribute__((packed))' : '}';
    if (members === '') return `${head} {${end}`;
    return this.#counted(`${head} {\n${members}${indent}${end}`);
  }

  /** A line for each member and for what fills a gap. */
  #members(id: number, indent: string): string {
    const records = this.#records;
    const { words } = records;
    const flag = records.flag(id);
    const count = records.vlen(id);
    const gaps = this.#layout.gaps(id);
    const pieces: string[] = [];
    for (let i = 0, at = records.data(id); i < count; i++, at += 3) {
      const gap = gaps?.get(i);
      if (gap !== undefined) pieces.push(padding(gap.from, gap.to, indent));
      const name = words[at]!;
      const type = words[at + 1]!;
      const width = memberWidth(words[at + 2]!, flag);
      const end = width === 0 ? ';\n' : `: ${width};\n`;
      if (name !== 0) {
        const before = this.#before[type] ?? this.#textBefore(type, indent);
        const after = this.#after[type] ?? this.#textAfter(type, indent);
        pieces.push(indent, before, this.#names.identifier(name), after, end);
        continue;
      }
      // Without a name it brings the members of a struct or union, or is there to fill a gap.
      const inner = records.composite(type);
      if (inner !== undefined) pieces.push(indent, this.#composite(inner, this.#tag(inner), indent), end);
    }
    const gap = gaps?.get(count);
    if (gap !== undefined) {
      // Unnamed bitfields let neither a union nor a struct without members grow.
      const isNamed = records.kinds[id] === UNION || pieces.length === 0;
      pieces.push(
        isNamed ? namedPadding(0, records.size(id) * 8, indent) : padding(gap.from, gap.to, indent),
      );
    }
    return pieces.join('');
  }

  #counted(text: string): string {
    this.#length += text.length;
    if (this.#length > MAX_LENGTH) {
      const expected = `types that make a header of at most ${MAX_LENGTH} characters`;
      throw new ObjectFormatError({ what: this.#records.btf.name, offset: 0, expected });
    }
    return text;
  }
}

function words(qualifiers: number): string {
  if (qualifiers === 0) return '';
  return QUALIFIERS.map(([kind, word]) => ((qualifiers & (1 << kind)) === 0 ? '' : word)).join('');
}
