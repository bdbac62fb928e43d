// The printers not by the door of their room, which is also the package's: users have no need of them.
import { asLiteral, NameSpace } from '../btf/name-space.ts';
import { propertyName, TypeScriptPrinter } from '../btf/print-ts.ts';
import { MapType } from './constants.ts';
import { keyForm, type MapForm, valueForm } from './map-forms.ts';
import type { MapSpec, ObjectSpec, TypeRef } from './object.ts';
import { type Layout, layoutOf, type MapLayout, userMaps } from './object-layout.ts';

/** Names that a module has besides those of the object's types. */
const OWN_NAMES = ['BpfMap', 'HasFd', 'LpmKey', 'ObjectDefinition', 'Types', 'definition'];

/** Options of {@link formatModule}. */
export interface FormatModuleOptions {
  /** Where the object is, relative to the module, as in a URL: `./exec.bpf.o`. */
  readonly url: string;
  /** The types that were given to rings, as for {@link setEventTypes}: the module gives them again. */
  readonly types?: Readonly<Record<string, string>>;
}

/**
 * Prints the TypeScript module of an object, whose default export `load()` takes: `Types`, what its rings, maps and
 * variables hold, and their layouts, by which `load()` knows that the object is still the one.
 *
 * The text compiles under every strictness of tsc, and imports nothing at run time. A name that is no identifier is
 * quoted, or as that of a type made one.
 *
 * @throws ObjectFormatError and ArgumentError for a type that has no values.
 */
export function formatModule(spec: ObjectSpec, { url, types = {} }: FormatModuleOptions): string {
  const printer = new ModulePrinter();
  const { rings, maps, variables, programs } = layoutOf(spec);
  const interfaces = printer.types(spec);
  return [
    '// Made by `ringtail types`: make it again when the object changes.\n',
    `import type { ${[...printer.imports].sort().join(', ')} } from 'ringtail';\n\n`,
    ...printer.declarations().map((text) => `${text}\n`),
    interfaces,
    '\nconst definition: ObjectDefinition<Types> = {\n',
    `  url: new URL(${asLiteral(url)}, import.meta.url),\n`,
    Object.keys(types).length === 0
      ? ''
      : block('types', types, (name, text) => `    ${key(name)}: ${asLiteral(text)},\n`),
    block('rings', rings, (name, lines) => entry(name, lines, '    ')),
    block('maps', maps, mapEntry),
    block('variables', variables, (name, lines) => entry(name, lines, '    ')),
    `  programs: [${programs.map(asLiteral).join(', ')}],\n`,
    '};\n\nexport default definition;\n',
  ].join('');
}

class ModulePrinter {
  /** What the module needs of the library so far. */
  readonly imports: Set<string> = new Set(['ObjectDefinition']);
  readonly #space: NameSpace = new NameSpace();
  readonly #printers: Map<TypeRef['btf'], TypeScriptPrinter> = new Map();

  constructor() {
    for (const name of OWN_NAMES) this.#space.claim(name);
  }

  types(spec: ObjectSpec): string {
    const rings = spec.maps.filter(({ type }) => type === 'RINGBUF');
    const maps = userMaps(spec);
    const programs = spec.programs.map(({ name }) => asLiteral(name));
    return [
      '/** What the object holds: events of rings, maps, values of variables, names of programs. */\n',
      'export interface Types {\n',
      record('rings', rings, ({ event }) => (event === undefined ? 'Uint8Array' : this.#type(event))),
      record('maps', maps, (map) => this.#map(map)),
      record('variables', spec.variables ?? [], ({ type }) => this.#type(type)),
      `  programs: ${programs.join(' | ') || 'never'};\n`,
      '}\n',
    ].join('');
  }

  /** Of the types that have names so far. */
  declarations(): string[] {
    return [...this.#printers.values()]
      .map((printer) => printer.declarations())
      .filter((text) => text !== '');
  }

  #map(map: MapSpec): string {
    this.imports.add('BpfMap');
    const type = MapType[map.type];
    const key = this.#form(keyForm(type, map.key, map.keySize));
    const value = this.#form(valueForm(type, map.value, map.valueSize));
    return key === 'Uint8Array' && value === key ? 'BpfMap' : `BpfMap<${key}, ${value}>`;
  }

  #form(form: MapForm): string {
    switch (form.form) {
      case 'typed':
        return this.#type(form.type);
      case 'prefix':
        this.imports.add('LpmKey');
        return 'LpmKey';
      case 'object':
        this.imports.add('HasFd');
        return 'number, HasFd';
      case 'bytes':
        return 'Uint8Array';
    }
  }

  #type({ btf, id }: TypeRef): string {
    let printer = this.#printers.get(btf);
    if (printer === undefined) {
      printer = new TypeScriptPrinter(btf, this.#space);
      this.#printers.set(btf, printer);
    }
    return printer.type(id, '    ');
  }
}

/** A member of `Types` whose members are named after `items`. */
function record<T extends { readonly name: string }>(
  name: string,
  items: readonly T[],
  type: (item: T) => string,
): string {
  const lines = items.map((item) => `    ${propertyName(item.name)}: ${type(item)};\n`);
  return lines.length === 0 ? `  ${name}: {};\n` : `  ${name}: {\n${lines.join('')}  };\n`;
}

/** A member of the definition, with what each of its own members is. */
function block<T>(
  name: string,
  members: Readonly<Record<string, T>>,
  print: (name: string, value: T) => string,
): string {
  const lines = Object.entries(members).map(([member, value]) => print(member, value));
  return lines.length === 0 ? `  ${name}: {},\n` : `  ${name}: {\n${lines.join('')}  },\n`;
}

function mapEntry(name: string, { type, ...parts }: MapLayout): string {
  const entries = Object.entries(parts);
  if (entries.every(([, lines]) => lines.length === 1)) {
    const members = entries.map(([part, [line]]) => `, ${part}: [${asLiteral(line!)}]`);
    return `    ${key(name)}: { type: '${type}'${members.join('')} },\n`;
  }
  const lines = entries.map(([part, lines]) => entry(part, lines, '      '));
  return `    ${key(name)}: {\n      type: '${type}',\n${lines.join('')}    },\n`;
}

/** A layout: on one line where it has one. */
function entry(name: string, lines: Layout, indent: string): string {
  if (lines.length === 1) return `${indent}${key(name)}: [${asLiteral(lines[0]!)}],\n`;
  const text = lines.map((line) => `${indent}  ${asLiteral(line)},\n`).join('');
  return `${indent}${key(name)}: [\n${text}${indent}],\n`;
}

/** A key of an object: `__proto__: x` would set its prototype. */
function key(name: string): string {
  return name === '__proto__' ? "['__proto__']" : propertyName(name);
}
