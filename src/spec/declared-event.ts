import type { Btf } from '../btf/index.ts';
import type { TypeRef } from './object.ts';

/** What the kernel keeps of a map's name. */
const KERNEL_NAME_LENGTH = 15;

/**
 * The type that a ring's definition names for its records, `__type(value, struct event)`, found in the BTF of a
 * loaded program: loaders keep the section `.maps` in it. Of a map of rings the definition of what it holds counts.
 *
 * @param ring the map's name in the kernel, which is the beginning of its name in the source.
 * @returns undefined where no definition has that name and a type, or several differ.
 */
export function declaredEvent(btf: Btf, ring: string): TypeRef | undefined {
  const section = btf.find('datasec', '.maps');
  const datasec = section === undefined ? undefined : btf.type(section);
  if (datasec?.kind !== 'datasec') return undefined;
  const found = new Set<number>();
  for (const { type } of datasec.variables) {
    const variable = btf.type(type);
    if (variable.kind !== 'var' || variable.name.slice(0, KERNEL_NAME_LENGTH) !== ring) continue;
    const value = pointee(btf, variable.type, 'value') ?? innerValue(btf, variable.type);
    if (value !== undefined) found.add(value);
  }
  const [id] = found;
  return found.size === 1 ? { btf, id: id! } : undefined;
}

function innerValue(btf: Btf, map: number): number | undefined {
  const values = memberType(btf, map, 'values');
  const array = values === undefined ? undefined : btf.type(btf.resolve(values));
  if (array?.kind !== 'array') return undefined;
  const pointer = btf.type(btf.resolve(array.type));
  return pointer.kind === 'ptr' ? pointee(btf, pointer.type, 'value') : undefined;
}

/** What a member of a struct points to. */
function pointee(btf: Btf, struct: number, member: string): number | undefined {
  const id = memberType(btf, struct, member);
  const pointer = id === undefined ? undefined : btf.type(btf.resolve(id));
  return pointer?.kind === 'ptr' && pointer.type !== 0 ? pointer.type : undefined;
}

function memberType(btf: Btf, id: number, name: string): number | undefined {
  const struct = btf.type(btf.resolve(id));
  return struct.kind === 'struct' ? struct.members.find((member) => member.name === name)?.type : undefined;
}
