import { createEncoder } from '../btf/index.ts';
import { ArgumentError, NotFoundError, nearest } from '../errors/index.ts';
import type { MapSpec, ObjectSpec } from './object.ts';

/**
 * The object with other values of global variables: what a C program declares as `const volatile` is set this way,
 * before the verifier sees it [`skeleton->rodata->x = …`].
 *
 * @param values by name of variable, in the shapes that the encoder of its type takes.
 * @throws NotFoundError for a name that the object does not have; ArgumentError for a value that does not fit its type,
 * and for options of the kernel (`.kconfig`).
 * @example
 * ```ts
 * const object = await load(withVariables(parseObject(bytes, { name: 'exec.bpf.o' }), { target_pid: 42 }));
 * ```
 */
export function withVariables(spec: ObjectSpec, values: Readonly<Record<string, unknown>>): ObjectSpec {
  const variables = new Map((spec.variables ?? []).map((variable) => [variable.name, variable]));
  const changed = new Map<string, Uint8Array>();
  for (const [name, value] of Object.entries(values)) {
    const variable = variables.get(name);
    if (variable === undefined) {
      throw new NotFoundError({
        message: `object ${spec.name} has no variable "${name}"`,
        remedy: `Near it: ${nearest(name, variables.keys()).join(', ') || 'none'}.`,
      });
    }
    const { map, offset, size, type } = variable;
    if (map === '.kconfig') {
      throw new ArgumentError({
        message: `variable ${name} of object ${spec.name} is an option of the kernel`,
        remedy: 'The kernel alone decides its value.',
      });
    }
    const contents = changed.get(map) ?? contentsOf(spec, map);
    contents.set(createEncoder<unknown>(type.btf, type.id)(value).subarray(0, size), offset);
    changed.set(map, contents);
  }
  const maps = spec.maps.map((map): MapSpec => {
    const contents = changed.get(map.name);
    return contents === undefined ? map : { ...map, contents };
  });
  return { ...spec, maps };
}

/** A copy of what a map holds at first; `.bss` is all zeros. */
function contentsOf({ maps }: ObjectSpec, name: string): Uint8Array {
  const map = maps.find((map) => map.name === name)!;
  return map.contents === undefined ? new Uint8Array(map.valueSize ?? 0) : new Uint8Array(map.contents);
}
