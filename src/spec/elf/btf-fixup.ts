import { Btf, type BtfDatasec } from '../../btf/index.ts';
import { BtfPatch } from '../../btf/patch.ts';
import { type ElfSymbol, SymbolBinding, SymbolType, SymbolVisibility } from '../../elf/index.ts';
import type { Extern } from './externs.ts';
import type { ObjectFile } from './object-file.ts';

/** What libbpf calls the variable that stands for functions in `.ksyms`, where the kernel takes variables only. */
const DUMMY = 'dummy_ksym';

/**
 * Completes the types of an object as the kernel wants them; ids stay.
 *
 * Compilers leave the sizes of sections and the places of global variables 0, declare externs as what the kernel does
 * not take, and do not know of hidden visibility (libbpf: `btf_fixup_datasec`, `bpf_object__collect_externs`,
 * `bpf_object__load_btf`).
 *
 * @throws ObjectFormatError when a section or symbol that the types speak of does not exist.
 */
export function fixBtf(file: ObjectFile, btf: Btf, externs: Iterable<Extern>): Btf {
  const patch = new BtfPatch(btf);
  const byId = new Map([...externs].map((extern) => [extern.id, extern]));
  const globals = globalSymbols(file);
  for (const name of new Set(btf.names('datasec'))) {
    for (const id of btf.findAll('datasec', name)) {
      const section = btf.type(id) as BtfDatasec;
      if (name === '.ksyms') fixKsyms(file, btf, patch, id, section, byId);
      else if (name === '.kconfig') fixKconfig(file, patch, id, section, byId);
      else fixData(file, btf, patch, id, section, globals);
    }
  }
  hideFunctions(file, btf, patch);
  return Btf.parse(patch.build(), { name: btf.name });
}

/** Sections in the file: size and places from the ELF tables; hidden variables are static. */
function fixData(
  file: ObjectFile,
  btf: Btf,
  patch: BtfPatch,
  id: number,
  section: BtfDatasec,
  globals: ReadonlyMap<string, ElfSymbol>,
): void {
  const { name, size, variables } = section;
  const inFile = file.elf.section(name);
  if (size === 0 && (inFile === undefined || inFile.size === 0)) {
    throw file.errorInType(id, `no section "${name}", which the file does not have`);
  }
  const placed = variables.map((variable) => {
    const type = file.types(id, () => btf.type(variable.type));
    if (type.kind !== 'var') throw file.errorInType(id, `variables in section "${name}", not a ${type.kind}`);
    if (type.linkage !== 'global') return variable;
    const symbol = globals.get(type.name);
    if (symbol === undefined) throw file.errorInType(id, `variable "${type.name}" to be among the symbols`);
    if (size === 0 && symbol.value > inFile!.size) {
      throw file.errorInType(id, `variable "${type.name}" within the ${inFile!.size} bytes of "${name}"`);
    }
    if (isHidden(symbol.visibility)) patch.setLinkage(variable.type, 'static');
    return size === 0 ? { ...variable, offset: symbol.value } : variable;
  });
  patch.setDatasec(id, size === 0 ? inFile!.size : size, placed);
}

function fixKconfig(
  file: ObjectFile,
  patch: BtfPatch,
  id: number,
  section: BtfDatasec,
  externs: ReadonlyMap<number, Extern>,
): void {
  let size = 0;
  const placed = section.variables.map((variable) => {
    const extern = externs.get(variable.type);
    if (extern?.kind !== 'kconfig') throw file.errorInType(id, 'each option in .kconfig to be a symbol');
    patch.setLinkage(variable.type, 'global');
    size = Math.max(size, extern.offset + extern.size);
    return { ...variable, offset: extern.offset };
  });
  patch.setDatasec(id, size, placed);
}

/** The kernel takes global variables only: each extern becomes an int, functions share one that stands for them. */
function fixKsyms(
  file: ObjectFile,
  btf: Btf,
  patch: BtfPatch,
  id: number,
  section: BtfDatasec,
  externs: ReadonlyMap<number, Extern>,
): void {
  const int = firstInt32(btf);
  const functions = section.variables.filter(({ type }) => externs.get(type)?.kind === 'kfunc');
  const dummy = functions.length === 0 ? undefined : patch.addVariable(DUMMY, int);
  const placed = section.variables.map(({ type }, index) => {
    const extern = externs.get(type);
    if (extern === undefined || extern.kind === 'kconfig') {
      throw file.errorInType(id, 'each name in .ksyms to be a symbol');
    }
    patch.setLinkage(type, 'global');
    if (extern.kind === 'ksym') {
      patch.setType(type, int);
      return { type, offset: index * 4, size: 4 };
    }
    nameParameters(file, btf, patch, extern.type, dummy!.name);
    return { type: dummy!.id, offset: index * 4, size: 4 };
  });
  patch.setDatasec(id, section.variables.length * 4, placed);
}

/** Global functions must name their parameters. */
function nameParameters(file: ObjectFile, btf: Btf, patch: BtfPatch, prototype: number, name: number): void {
  const type = file.types(prototype, () => btf.type(prototype));
  if (type.kind !== 'func_proto') throw file.errorInType(prototype, `a func_proto, not a ${type.kind}`);
  for (const [index, param] of type.params.entries()) {
    if (param.type !== 0 && param.name === '') patch.setParameterName(prototype, index, name);
  }
}

/** The verifier looks at static functions at each call, as `visibility("hidden")` asks for. */
function hideFunctions(file: ObjectFile, btf: Btf, patch: BtfPatch): void {
  const text = file.elf.section('.text')?.index;
  for (const { name, type, binding, visibility, section } of file.symbols) {
    if (type !== SymbolType.FUNC || binding === SymbolBinding.LOCAL || section !== text) continue;
    const id = isHidden(visibility) ? btf.find('func', name) : undefined;
    if (id !== undefined) patch.setLinkage(id, 'static');
  }
}

function isHidden(visibility: number): boolean {
  return visibility === SymbolVisibility.HIDDEN || visibility === SymbolVisibility.INTERNAL;
}

function globalSymbols(file: ObjectFile): Map<string, ElfSymbol> {
  return new Map(
    file.symbols
      .filter(({ type, binding }) => type === SymbolType.OBJECT && binding !== SymbolBinding.LOCAL)
      .map((symbol) => [symbol.name, symbol]),
  );
}

/** 0, `void`, where there is none: the kernel then refuses the BTF. */
function firstInt32(btf: Btf): number {
  for (let id = 1; id <= btf.typeCount; id++) {
    const type = btf.type(id);
    if (type.kind === 'int' && type.bits === 32) return id;
  }
  return 0;
}
