// Makes object files for tests, with BTF, from a few words.
import { encodeInstructions, type Instruction } from '../../asm/index.ts';
import { type BtfBuilder, BtfBuilder as Builder } from '../../btf/index.ts';
import { SectionFlags, SectionType } from '../../elf/index.ts';
import {
  Bytes,
  type NewSection,
  type NewSymbol,
  rel,
  symtabIndex,
  writeElf,
} from '../../elf/write-elf.test.support.ts';

/** A function: its code, and the symbol to which each of its instructions is relocated. */
export interface NewFunction {
  readonly name: string;
  readonly section: string;
  readonly code: readonly Instruction[];
  /** Index of an instruction → name of a symbol. */
  readonly relocations?: Readonly<Record<number, string>>;
  readonly binding?: number;
}

/** What an object is made of; functions of one section lie one after another. */
export interface NewObject {
  readonly littleEndian?: boolean;
  readonly functions?: readonly NewFunction[];
  readonly sections?: readonly NewSection[];
  readonly symbols?: readonly NewSymbol[];
  /** Relocations of other sections: name of section → offset → name of symbol. */
  readonly relocations?: Readonly<Record<string, Readonly<Record<number, string>>>>;
  readonly btf?: (builder: BtfBuilder) => void;
}

const slots = (code: readonly Instruction[]): number => encodeInstructions(code).length;

/** Writes the file. */
export function makeObject(object: NewObject): Uint8Array {
  const { littleEndian = true, functions = [], relocations = {} } = object;
  const symbols: NewSymbol[] = [...(object.symbols ?? [])];
  const code = new Map<string, { bytes: number[]; relocations: [number, string][] }>();
  for (const { name, section, code: instructions, relocations = {}, binding = 1 } of functions) {
    const into = code.get(section) ?? { bytes: [], relocations: [] };
    code.set(section, into);
    const start = into.bytes.length;
    symbols.push({ name, section, value: start, size: slots(instructions), type: 2, binding });
    for (const [index, symbol] of Object.entries(relocations)) {
      into.relocations.push([start + slots(instructions.slice(0, Number(index))), symbol]);
    }
    into.bytes.push(...encodeInstructions(instructions, { littleEndian }));
  }
  const sections: NewSection[] = [...code].map(([name, { bytes }]) => ({
    name,
    flags: SectionFlags.ALLOC | SectionFlags.EXECINSTR,
    data: Uint8Array.from(bytes),
  }));
  sections.push(...(object.sections ?? []));
  if (object.btf !== undefined) {
    const builder = new Builder({ littleEndian });
    object.btf(builder);
    sections.push({ name: '.BTF', data: builder.build() });
  }
  const changes: [string, [number, string][]][] = [
    ...[...code].map(([name, { relocations }]): [string, [number, string][]] => [name, relocations]),
    ...Object.entries(relocations).map(([name, byOffset]): [string, [number, string][]] => [
      name,
      Object.entries(byOffset).map(([offset, symbol]) => [Number(offset), symbol]),
    ]),
  ];
  const used = changes.filter(([, entries]) => entries.length > 0);
  const count = sections.length + used.length;
  const indexOf = (name: string): number => sections.findIndex((section) => section.name === name) + 1;
  const symbolAt = new Map(symbols.map(({ name }, index) => [name, index + 1]));
  const tables = used.map(([name, entries]) => ({
    name: `.rel${name}`,
    type: SectionType.REL,
    info: indexOf(name),
    link: symtabIndex(count),
    entrySize: 16,
    data: rel(
      littleEndian,
      entries.map(([offset, symbol]) => [offset, symbolAt.get(symbol) ?? 0] as const),
    ),
  }));
  return writeElf({ littleEndian, sections: [...sections, ...tables], symbols });
}

/** A member of a definition of a map: `__uint(name, value)`, or `__type(name, type)` with `{ type }`. */
export type Attribute = number | { readonly type: number };

/** Adds a definition of a map to a BTF, in libbpf's form. @returns id of its variable. */
export function defineMap(
  b: BtfBuilder,
  name: string,
  attributes: Readonly<Record<string, Attribute>>,
): number {
  const int = b.int('int', 4, 'signed');
  const members = Object.entries(attributes).map(([name, value], index) => {
    const pointee =
      typeof value === 'number'
        ? b.add({ kind: 'array', type: int, indexType: int, count: value })
        : value.type;
    return { name, type: b.add({ kind: 'ptr', type: pointee }), bitOffset: index * 64, bitSize: 0 };
  });
  const type = b.add({ kind: 'struct', name: '', size: members.length * 8, members });
  return b.add({ kind: 'var', name, type, linkage: 'global' });
}

/** Adds the section `.maps` with some maps, as compilers leave it: without size and places. */
export function mapsSection(
  b: BtfBuilder,
  maps: Readonly<Record<string, Readonly<Record<string, Attribute>>>>,
): void {
  const variables = Object.entries(maps).map(([name, attributes]) => ({
    type: defineMap(b, name, attributes),
    offset: 0,
    size: Object.keys(attributes).length * 8,
  }));
  b.add({ kind: 'datasec', name: '.maps', size: 0, variables });
}

/** Records of `.BTF.ext`: words of each, by section; `strings` are offsets in the BTF. */
export function btfExt(
  littleEndian: boolean,
  parts: readonly { readonly sectionName: number; readonly records: readonly (readonly number[])[] }[],
): Uint8Array {
  const words: number[] = [];
  const header: number[] = [];
  for (const { sectionName, records } of parts) {
    const start = words.length * 4;
    if (records.length > 0)
      words.push(records[0]!.length * 4, sectionName, records.length, ...records.flat());
    header.push(start, words.length * 4 - start);
  }
  const bytes = new Bytes(littleEndian, 8 + (header.length + words.length) * 4);
  bytes
    .u16(0, 0xeb9f)
    .u8(2, 1)
    .u32(4, 8 + header.length * 4);
  for (const [i, word] of [...header, ...words].entries()) bytes.u32(8 + i * 4, word);
  return bytes.bytes;
}
