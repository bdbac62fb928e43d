import type { Btf, BtfComposite, BtfMember } from '../../btf/index.ts';
import { NotSupportedError } from '../../errors/index.ts';
import { MapType, type MapTypeName } from '../constants.ts';
import type { MapSpec } from '../object.ts';
import type { ObjectFile } from './object-file.ts';

/** A map as the section `.maps` defines it. */
export interface MapDefinition {
  readonly spec: MapSpec;
  /** Place and size of its variable in the section. */
  readonly offset: number;
  readonly size: number;
  /** Offset of its first value in the variable, where it has a list of values. */
  readonly values: number | undefined;
}

const MAP_TYPES: ReadonlyMap<number, MapTypeName> = new Map(
  Object.entries(MapType).map(([name, number]) => [number, name as MapTypeName]),
);
const HOLD_MAPS: ReadonlySet<MapTypeName> = new Set(['ARRAY_OF_MAPS', 'HASH_OF_MAPS']);
const PIN_BY_NAME = 1;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Reads the definitions of the section `.maps` (`bpf_object__init_user_btf_maps`), ordered by place: each global
 * variable is a struct whose members' types say what the map is like.
 *
 * @param btf with the places of variables filled in.
 * @throws ObjectFormatError, NotSupportedError for a type of map that this version does not know.
 */
export function readMapDefinitions(file: ObjectFile, btf: Btf | undefined): MapDefinition[] {
  const section = file.elf.section('.maps');
  if (section === undefined || section.size === 0) return [];
  const id = btf?.find('datasec', '.maps');
  const datasec = btf === undefined || id === undefined ? undefined : btf.type(id);
  if (btf === undefined || datasec?.kind !== 'datasec') {
    throw file.error(section.offset, 'BTF of section ".maps": compile with -g');
  }
  let end = 0;
  return datasec.variables.map(({ type, offset, size }) => {
    const variable = file.types(type, () => btf.type(type));
    if (variable.kind !== 'var' || variable.linkage !== 'global' || variable.name === '') {
      throw file.errorInType(type, 'global variables in section ".maps"');
    }
    if (offset + size > section.size)
      throw file.errorIn(section, offset, `map "${variable.name}" within ${section.size} bytes`);
    if (offset < end) throw file.errorIn(section, offset, `map "${variable.name}" not to overlap another`);
    end = offset + size;
    const reader = new DefinitionReader(file, btf, variable.name);
    return { ...reader.read(variable.type, size), offset, size };
  });
}

/** Reads one struct that defines a map (`parse_btf_map_def`). */
class DefinitionReader {
  readonly #file: ObjectFile;
  readonly #btf: Btf;
  readonly #name: string;
  readonly #isInner: boolean;

  constructor(file: ObjectFile, btf: Btf, name: string, isInner = false) {
    this.#file = file;
    this.#btf = btf;
    this.#name = name;
    this.#isInner = isInner;
  }

  /** @param limit size of the variable that the struct must fit. */
  read(id: number, limit: number): { spec: MapSpec; values: number | undefined } {
    const struct = this.#resolve(id);
    if (struct.kind !== 'struct' || struct.size > limit)
      throw this.#error(id, `a struct of at most ${limit} bytes`);
    const spec: Writable<MapSpec> = { name: this.#name, type: this.#type(id, struct), maxEntries: 0 };
    for (const member of struct.members) this.#member(spec, struct, member);
    const { value } = spec;
    const isRing = spec.type === 'RINGBUF' || spec.type === 'USER_RINGBUF';
    if (isRing) {
      // The kernel takes no value size for rings: the type given is that of their records.
      spec.roundUp = true;
      delete spec.value;
      delete spec.valueSize;
      if (value !== undefined) spec.event = value;
    }
    const values =
      struct.members.at(-1)?.name === 'values' ? struct.members.at(-1)!.bitOffset / 8 : undefined;
    return { spec, values };
  }

  #type(id: number, { members }: BtfComposite): MapTypeName {
    const member = members.find(({ name }) => name === 'type');
    if (member === undefined) throw this.#error(id, 'a type: __uint(type, BPF_MAP_TYPE_…)');
    const number = this.#number(member);
    const name = MAP_TYPES.get(number);
    if (name !== undefined) return name;
    throw new NotSupportedError({
      feature: `map type ${number}`,
      message: `${this.#file.name}: map "${this.#name}" is of type ${number}, which this version does not know`,
      remedy: 'Use a later version of ringtail, or another type.',
    });
  }

  #member(spec: Writable<MapSpec>, struct: BtfComposite, member: BtfMember): void {
    switch (member.name) {
      case 'type':
        return;
      case 'max_entries':
        spec.maxEntries = this.#number(member);
        return;
      case 'map_flags':
        spec.flags = this.#number(member);
        return;
      case 'numa_node':
        spec.numaNode = this.#number(member);
        return;
      case 'map_extra':
        spec.extra = this.#long(member);
        return;
      case 'key_size':
        spec.keySize = this.#size(member, spec.keySize, this.#number(member));
        return;
      case 'value_size':
        spec.valueSize = this.#size(member, spec.valueSize, this.#number(member));
        return;
      case 'key':
        spec.key = { btf: this.#btf, id: this.#pointee(member) };
        spec.keySize = this.#size(member, spec.keySize, this.#sizeOf(spec.key.id));
        return;
      case 'value':
        spec.value = { btf: this.#btf, id: this.#pointee(member) };
        spec.valueSize = this.#size(member, spec.valueSize, this.#sizeOf(spec.value.id));
        return;
      case 'values':
        if (member !== struct.members.at(-1))
          throw this.#error(member.type, '"values" to be the last member');
        spec.valueSize = this.#size(member, spec.valueSize, 4);
        this.#values(spec, member);
        return;
      case 'pinning': {
        const pinning = this.#number(member);
        if (this.#isInner || pinning > PIN_BY_NAME)
          throw this.#error(member.type, 'pinning by name of an outer map');
        if (pinning === PIN_BY_NAME) spec.pinning = 'name';
        return;
      }
      default:
        throw this.#error(member.type, `an attribute that libbpf knows, not "${member.name}"`);
    }
  }

  /** `__array(values, …)`: what the map holds, as an array of pointers of no length. */
  #values(spec: Writable<MapSpec>, member: BtfMember): void {
    const array = this.#file.types(member.type, () => this.#btf.type(member.type));
    if (array.kind !== 'array' || array.count !== 0)
      throw this.#error(member.type, '"values" to be an array without length');
    const pointer = this.#resolve(array.type);
    if (pointer.kind !== 'ptr') throw this.#error(array.type, '"values" to be pointers');
    const kind = this.#resolve(pointer.type).kind;
    if (spec.type === 'PROG_ARRAY' && kind === 'func_proto') return;
    if (!HOLD_MAPS.has(spec.type) || kind !== 'struct' || this.#isInner) {
      throw this.#error(
        pointer.type,
        '"values" to be functions of a prog array, or structs of a map of maps',
      );
    }
    const inner = new DefinitionReader(this.#file, this.#btf, `${this.#name}.inner`, true);
    spec.inner = inner.read(pointer.type, Number.MAX_SAFE_INTEGER).spec;
  }

  /** `__uint(name, N)`: a pointer to an array of N ints. */
  #number(member: BtfMember): number {
    const array = this.#at(this.#pointee(member));
    if (array.kind !== 'array')
      throw this.#error(member.type, `"${member.name}" to be __uint(${member.name}, …)`);
    return array.count;
  }

  /** `__ulong(name, N)`: an enum whose only value is N; or as {@link #number}. */
  #long(member: BtfMember): bigint {
    const type = this.#resolve(member.type);
    if (type.kind !== 'enum' && type.kind !== 'enum64') return BigInt(this.#number(member));
    if (type.values.length !== 1)
      throw this.#error(member.type, `"${member.name}" to be an enum of one value`);
    return BigInt.asUintN(64, BigInt(type.values[0]!.value));
  }

  /** `__type(name, T)`: a pointer to T. */
  #pointee(member: BtfMember): number {
    const pointer = this.#resolve(member.type);
    if (pointer.kind !== 'ptr')
      throw this.#error(member.type, `"${member.name}" to be a pointer, not a ${pointer.kind}`);
    return pointer.type;
  }

  #size(member: BtfMember, known: number | undefined, size: number): number {
    if (known === undefined || known === size) return size;
    throw this.#error(member.type, `"${member.name}" to agree with a size of ${known} bytes, not ${size}`);
  }

  #sizeOf(id: number): number {
    return this.#file.types(id, () => this.#btf.sizeof(id));
  }

  #resolve(id: number): ReturnType<Btf['type']> {
    return this.#file.types(id, () => this.#btf.type(this.#btf.resolve(id)));
  }

  #at(id: number): ReturnType<Btf['type']> {
    return this.#file.types(id, () => this.#btf.type(id));
  }

  #error(id: number, expected: string): Error {
    return this.#file.errorInType(id, `of map "${this.#name}" ${expected}`);
  }
}
