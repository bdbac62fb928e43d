import { createEncoder } from '../btf/index.ts';
import { ArgumentError, NotFoundError, nearest } from '../errors/index.ts';
import type { MapSpec, ObjectSpec, VariableSpec } from './object.ts';

/**
 * The object with other first values for some of its global variables: the one moment at which constants
 * (`const volatile`, in `.rodata`) can be set [`skel->rodata->x = …`].
 *
 * @param values by name of the variable, as its type's decoder would give them.
 * @throws NotFoundError for a variable that the object does not have; ArgumentError for a value that does not fit its
 *   type, or a variable of the kernel's (`.kconfig`).
 */
export function setVariables(spec: ObjectSpec, values: Readonly<Record<string, unknown>>): ObjectSpec {
  const variables = spec.variables ?? [];
  const contents = new Map<string, Uint8Array>();
  for (const [name, value] of Object.entries(values)) {
    const variable = variables.find((v) => v.name === name);
    if (variable === undefined) {
      const near = nearest(
        name,
        variables.map((v) => v.name),
      );
      throw new NotFoundError({
        message: `object ${spec.name} has no variable "${name}"`,
        remedy: `It has: ${(near.length > 0 ? near : variables.map((v) => v.name)).join(', ') || 'none'}.`,
      });
    }
    if (variable.map === '.kconfig') {
      throw new ArgumentError({
        message: `variable ${name} of object ${spec.name} is an option of the kernel`,
        remedy: 'Leave it out: its value is read from the kernel.',
      });
    }
    const map = spec.maps.find((m) => m.name === variable.map)!;
    const bytes = contents.get(map.name) ?? startOf(map);
    bytes.set(variableEncoder(variable)(value), variable.offset);
    contents.set(map.name, bytes);
  }
  const maps = spec.maps.map((map) =>
    contents.has(map.name) ? { ...map, contents: contents.get(map.name)! } : map,
  );
  return { ...spec, maps };
}

/** Makes an encoder for a variable, which never writes behind it. */
export function variableEncoder<T>({ name, size, type }: VariableSpec): (value: T) => Uint8Array {
  const encode = createEncoder<T>(type.btf, type.id, { name: `variable ${name}` });
  return (value) => {
    const bytes = encode(value);
    if (bytes.length <= size) return bytes;
    throw new ArgumentError({
      message: `variable ${name} has ${size} bytes, and the value takes ${bytes.length}`,
      remedy: 'Give the array at its end no more elements than the program does.',
    });
  };
}

function startOf({ contents, valueSize = 0 }: MapSpec): Uint8Array {
  const bytes = new Uint8Array(valueSize);
  if (contents !== undefined) bytes.set(contents);
  return bytes;
}
