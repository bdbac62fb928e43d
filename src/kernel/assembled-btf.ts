import { Btf, BtfBuilder, copyType, HOST_LITTLE_ENDIAN } from '../btf/index.ts';
import type { MapSpec, ObjectSpec } from '../spec/index.ts';
import { addFunctions, identifier, startsFunction } from './program-btf.ts';

/** Bytes of a pointer, the only member of a definition. */
const POINTER = 8;

/**
 * The object with types, where its front end brought none: a `FUNC` for each function, and of each ring whose records have a
 * type the definition that clang would have left in `.maps`: `struct { struct event *value; } events`. So whoever meets the
 * ring in the kernel finds what is in it ({@link ringEvent}).
 *
 * The types of keys and values stay where they are.
 */
export function withTypes(spec: ObjectSpec): ObjectSpec {
  if (spec.btf !== undefined || spec.programs.length === 0) return spec;
  const builder = new BtfBuilder({ littleEndian: HOST_LITTLE_ENDIAN });
  const addFunction = addFunctions(builder);
  const programs = spec.programs.map((program) => {
    const instructions = program.instructions.map((instruction, index) =>
      startsFunction(instruction, index)
        ? { ...instruction, func: addFunction(index === 0 ? program.name : instruction.symbol!) }
        : instruction,
    );
    return { ...program, instructions };
  });
  addDefinitions(builder, spec.maps);
  return { ...spec, programs, btf: Btf.parse(builder.build(), { name: spec.name }) };
}

function addDefinitions(builder: BtfBuilder, maps: readonly MapSpec[]): void {
  const variables = maps.flatMap(({ name, type, event }) => {
    if (type !== 'RINGBUF' || event === undefined) return [];
    const value = builder.add({ kind: 'ptr', type: copyType(builder, event.btf, event.id, identifier) });
    const members = [{ name: 'value', type: value, bitOffset: 0, bitSize: 0 }];
    const struct = builder.add({ kind: 'struct', name: '', size: POINTER, members });
    return [builder.add({ kind: 'var', name: identifier(name), type: struct, linkage: 'global' })];
  });
  if (variables.length === 0) return;
  builder.add({
    kind: 'datasec',
    name: '.maps',
    size: variables.length * POINTER,
    variables: variables.map((type, index) => ({ type, offset: index * POINTER, size: POINTER })),
  });
}
