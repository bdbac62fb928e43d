import type { Btf } from '../../btf/index.ts';
import { SHN_UNDEF, SymbolBinding, SymbolType } from '../../elf/index.ts';
import type { ObjectFile } from './object-file.ts';

/** A name that the kernel defines and the object refers to (`struct extern_desc`). */
export type Extern = KconfigExtern | KernelExtern;

/** An option of the kernel's configuration: a place in the map `.kconfig`. */
export interface KconfigExtern {
  readonly kind: 'kconfig';
  readonly name: string;
  readonly weak: boolean;
  /** Id of its `VAR`. */
  readonly id: number;
  /** Bytes from the start of the map's value. */
  readonly offset: number;
  readonly size: number;
}

/** A variable or function of the kernel. */
export interface KernelExtern {
  readonly kind: 'ksym' | 'kfunc';
  readonly name: string;
  readonly weak: boolean;
  /** Id of its `VAR` or `FUNC`. */
  readonly id: number;
  /** Type of the variable without qualifiers, or prototype of the function; 0 for a variable declared as `void`. */
  readonly type: number;
}

/**
 * Finds the externs of an object, by index of their symbol (`bpf_object__collect_externs`).
 *
 * @throws ObjectFormatError for one whose type or section is not known.
 */
export function collectExterns(file: ObjectFile): Map<number, Extern> {
  const externs = new Map<number, Extern>();
  const options: { symbol: number; align: number; extern: KconfigExtern }[] = [];
  const homes = file.btf === undefined ? new Map<number, string>() : homesOf(file, file.btf);
  for (const [index, symbol] of file.symbols.entries()) {
    const { name, section, binding, type } = symbol;
    if (section !== SHN_UNDEF || binding === SymbolBinding.LOCAL || type !== SymbolType.NOTYPE || name === '')
      continue;
    const weak = binding === SymbolBinding.WEAK;
    const { btf } = file;
    const id = btf === undefined ? undefined : declarationOf(btf, name);
    if (btf === undefined || id === undefined) {
      throw file.error(
        0,
        `BTF of extern "${name}": compile with -g, and give its declaration __ksym or __kconfig`,
      );
    }
    const declared = btf.type(id);
    const home = homes.get(id);
    if (declared.kind === 'func' && home === '.ksyms') {
      externs.set(index, { kind: 'kfunc', name, weak, id, type: declared.type });
    } else if (declared.kind === 'var' && home === '.ksyms') {
      const resolved = file.types(id, () => btf.resolve(declared.type));
      externs.set(index, { kind: 'ksym', name, weak, id, type: resolved });
    } else if (declared.kind === 'var' && home === '.kconfig') {
      const size = file.types(id, () => btf.sizeof(declared.type));
      const align = file.types(id, () => btf.alignof(declared.type));
      options.push({ symbol: index, align, extern: { kind: 'kconfig', name, weak, id, offset: 0, size } });
    } else {
      throw file.errorInType(id, `extern "${name}" in section .ksyms or .kconfig`);
    }
  }
  return placeOptions(options, externs);
}

/** Lays options out as libbpf does: the widest alignment first, then by size and name (`cmp_externs`). */
function placeOptions(
  options: { symbol: number; align: number; extern: KconfigExtern }[],
  externs: Map<number, Extern>,
): Map<number, Extern> {
  options.sort(
    (a, b) => b.align - a.align || a.extern.size - b.extern.size || (a.extern.name < b.extern.name ? -1 : 1),
  );
  let end = 0;
  for (const { symbol, align, extern } of options) {
    const offset = Math.ceil(end / align) * align;
    externs.set(symbol, { ...extern, offset });
    end = offset + extern.size;
  }
  return externs;
}

/** The first variable or function of that name, if it is an extern one (`find_extern_btf_id`). */
function declarationOf(btf: Btf, name: string): number | undefined {
  for (const id of btf.findAll('any', name)) {
    const type = btf.type(id);
    if (type.kind === 'var' || type.kind === 'func') return type.linkage === 'extern' ? id : undefined;
  }
  return undefined;
}

/** Name of the section that each extern is declared for. */
function homesOf(file: ObjectFile, btf: Btf): Map<number, string> {
  const homes = new Map<number, string>();
  for (const name of ['.kconfig', '.ksyms']) {
    const id = btf.find('datasec', name);
    const section = id === undefined ? undefined : file.types(id, () => btf.type(id));
    if (section?.kind !== 'datasec') continue;
    for (const { type } of section.variables) homes.set(type, name);
  }
  return homes;
}
