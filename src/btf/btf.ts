import { ArgumentError, NotFoundError, nearest, ObjectFormatError } from '../errors/index.ts';
import { type Header, parseHeader } from './header.ts';
import { alignOf, findMember, type MemberPlace, resolveType, sizeOf } from './layout.ts';
import { NameIndex } from './name-index.ts';
import { readType } from './read-type.ts';
import { StringSection } from './string-section.ts';
import { TypeSection } from './type-section.ts';
import type { BtfKindName, BtfType, TypeSource } from './types.ts';

/** Names by which C compilers call `long`, whose size is that of a pointer (libbpf's `determine_ptr_size`). */
const LONGS = ['long int', 'long', 'long unsigned int', 'unsigned long'];

/** One blob's sections. */
export interface BtfSections {
  readonly types: TypeSection;
  readonly strings: StringSection;
}

/**
 * The types of a kernel, a module or an object file, read from BTF bytes on demand.
 *
 * Parsing checks the header and the bounds of every type record, and decodes none; what is wrong inside a record shows when the
 * record is asked for. The bytes are kept and must not change. Ids of split BTF go on where those of its base end.
 *
 * @example
 * const btf = Btf.parse(readFileSync('/sys/kernel/btf/vmlinux'), { name: 'vmlinux' });
 * const task = btf.get('struct', 'task_struct');
 * btf.sizeof(task);
 * btf.member(task, 'se.vruntime').bitOffset / 8;
 */
export class Btf implements TypeSource {
  readonly name: string;
  readonly littleEndian: boolean;
  /** Number of types, those of the base included, void not: ids run from 1 to this number. */
  readonly typeCount: number;
  /** What this split BTF builds on. */
  readonly base: Btf | undefined;
  /** The blob that it was read from. */
  readonly bytes: Uint8Array;
  readonly #strings: StringSection;
  readonly #section: TypeSection;
  readonly #firstId: number;
  readonly #types: Map<number, BtfType> = new Map();
  readonly #alignments: Map<number, number> = new Map();
  #index: NameIndex | undefined;
  #pointerSize: 4 | 8 | undefined;

  private constructor(bytes: Uint8Array, header: Header, name: string, base: Btf | undefined) {
    this.name = name;
    this.base = base;
    this.bytes = bytes;
    this.littleEndian = header.littleEndian;
    this.#strings = new StringSection(bytes, header, name, base === undefined ? undefined : base.#strings);
    this.#section = new TypeSection(bytes, header, this.#strings.limit, name);
    this.#firstId = base === undefined ? 1 : base.typeCount + 1;
    this.typeCount = this.#firstId - 1 + this.#section.count;
  }

  /**
   * Opens a BTF blob: the content of `/sys/kernel/btf/*` or of an ELF section `.BTF`.
   *
   * @param options.base the BTF on which this one, split off it, builds: vmlinux for a module.
   * @param options.name what errors call this BTF.
   * @throws ObjectFormatError when the bytes are no BTF, are cut off, or do not fit the base.
   */
  static parse(bytes: Uint8Array, options: { base?: Btf; name?: string } = {}): Btf {
    const name = options.name ?? 'BTF';
    const header = parseHeader(bytes, name);
    if (options.base !== undefined && options.base.littleEndian !== header.littleEndian) {
      throw new ObjectFormatError({
        what: name,
        offset: 0,
        expected: `the byte order of its base ${options.base.name}`,
      });
    }
    return new Btf(bytes, header, name, options.base);
  }

  /** Bytes of a pointer: the size of `long` when the BTF has that type, otherwise 8. */
  get pointerSize(): 4 | 8 {
    this.#pointerSize ??= this.base?.pointerSize ?? this.#longSize();
    return this.#pointerSize;
  }

  /**
   * The type of that id, decoded at the first request.
   *
   * @throws ArgumentError when no type has that id. @throws ObjectFormatError when its record is damaged.
   */
  type(id: number): BtfType {
    if (id === 0) return { kind: 'void' };
    if (this.base !== undefined && id < this.#firstId) return this.base.type(id);
    let type = this.#types.get(id);
    if (type === undefined) {
      type = readType(
        this.#section,
        this.#start(id),
        (nameOffset) => this.#strings.name(nameOffset),
        this.typeCount,
        this.name,
      );
      this.#types.set(id, type);
    }
    return type;
  }

  /** Offset in bytes of the type's record within its blob. @throws ArgumentError when no type has that id. */
  position(id: number): number {
    if (this.base !== undefined && id < this.#firstId) return this.base.position(id);
    return this.#section.position(this.#start(id));
  }

  /** Length of the string section, that of the base included: where the strings of BTF split off this one begin. */
  get stringLimit(): number {
    return this.#strings.limit;
  }

  /** @internal The sections from the first base to this one, for code that visits every type. */
  get sections(): readonly BtfSections[] {
    return [...(this.base?.sections ?? []), { types: this.#section, strings: this.#strings }];
  }

  /** The string at an offset into the string section, as `.BTF.ext` refers to them. @throws ObjectFormatError out of range */
  string(offset: number): string {
    return this.#strings.get(offset);
  }

  /** Its own strings with their offsets, in that order. */
  strings(): Generator<[offset: number, text: string], void, undefined> {
    return this.#strings.entries();
  }

  /**
   * Id of the type of that kind and name; where several share it, the lowest. The base is searched first, as
   * `btf__find_by_name_kind` does.
   */
  find(kind: BtfKindName | 'any', name: string): number | undefined {
    for (const id of this.findAll(kind, name)) return id;
    return undefined;
  }

  /** Ids of all types of that kind and name, lowest first. An empty name finds nothing. */
  *findAll(kind: BtfKindName | 'any', name: string): Generator<number, void, undefined> {
    if (name === '' || name.includes('\0')) return;
    if (this.base !== undefined) yield* this.base.findAll(kind, name);
    for (const index of this.#names().find(name)) {
      if (kind === 'any' || this.#section.kind(index) === kind) yield this.#firstId + index;
    }
  }

  /**
   * Ids of all types of that name, or of flavours of it as `name___x`, lowest first; other names that begin so may be among
   * them. Flavours of names longer than 120 bytes are not found.
   */
  *findFlavors(name: string): Generator<number, void, undefined> {
    if (name === '' || name.includes('\0')) return;
    if (this.base !== undefined) yield* this.base.findFlavors(name);
    for (const index of this.#names().findFlavors(name)) yield this.#firstId + index;
  }

  /** As {@link find}. @throws NotFoundError with the nearest names of that kind as remedy. */
  get(kind: BtfKindName | 'any', name: string): number {
    const id = this.find(kind, name);
    if (id !== undefined) return id;
    const close = nearest(name, new Set(this.names(kind)));
    throw new NotFoundError({
      message: `${this.name} has no ${kind === 'any' ? 'type' : kind} "${name}"`,
      remedy: close.length > 0 ? `Near it: ${close.join(', ')}.` : 'Nothing of that kind has a name like it.',
    });
  }

  /** Names of the types of that kind in the order of their ids, one for each type that has a name. */
  *names(kind: BtfKindName | 'any'): Generator<string, void, undefined> {
    if (this.base !== undefined) yield* this.base.names(kind);
    for (let index = 0; index < this.#section.count; index++) {
      const offset = this.#section.nameOffset(index);
      if (offset !== 0 && (kind === 'any' || this.#section.kind(index) === kind))
        yield this.#strings.name(offset);
    }
  }

  /** Id of the type behind typedefs, qualifiers and type tags. @throws ObjectFormatError when they never end. */
  resolve(id: number): number {
    return resolveType(this, id);
  }

  /**
   * Size in bytes of a value of the type (`btf__resolve_size`).
   *
   * @throws ArgumentError when values of the type have no size: void, functions, declarations.
   * @throws ObjectFormatError when it would be 4 GiB or more.
   */
  sizeof(id: number): number {
    return sizeOf(this, id);
  }

  /** Alignment in bytes: 1 for a packed struct (`btf__align_of`). Throws as {@link sizeof} does. */
  alignof(id: number): number {
    return alignOf(this, id, this.#alignments);
  }

  /**
   * Finds a member of a struct or union by name, also inside anonymous structs and unions; dots lead into
   * nested structs.
   *
   * @throws ArgumentError when `id` (or a part of the path) is no struct or union.
   * @throws NotFoundError with the nearest members as remedy.
   */
  member(id: number, path: string): MemberPlace {
    return findMember(this, id, path);
  }

  /**
   * Offset in bytes of a member of the struct of that name: `btf.offsetOf('task_struct', 'tgid')`.
   *
   * @throws NotFoundError where there is no such struct or member, ArgumentError for a bitfield that begins within a byte.
   */
  offsetOf(struct: string, path: string): number {
    const { bitOffset } = this.member(this.get('struct', struct), path);
    if (bitOffset % 8 === 0) return bitOffset / 8;
    throw new ArgumentError({
      message: `${this.name}: ${path} of struct ${struct} begins within a byte`,
      remedy: 'Use member(), which gives its place in bits.',
    });
  }

  #names(): NameIndex {
    this.#index ??= new NameIndex(this.#strings, this.#section);
    return this.#index;
  }

  /** First word of an own type's record. */
  #start(id: number): number {
    const start = this.#section.start(id - this.#firstId);
    if (start !== undefined) return start;
    throw new ArgumentError({
      message: `${this.name} has no type ${id}`,
      remedy: `Ids of types run from 0 (void) to ${this.typeCount}.`,
    });
  }

  #longSize(): 4 | 8 {
    for (const name of LONGS) {
      const id = this.find('int', name);
      const long = id === undefined ? undefined : this.type(id);
      if (long?.kind === 'int' && (long.size === 4 || long.size === 8)) return long.size;
    }
    return 8;
  }
}
