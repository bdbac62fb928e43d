import { Btf, BtfBuilder, HOST_LITTLE_ENDIAN } from '../btf/index.ts';
import { ArgumentError, NotFoundError } from '../errors/index.ts';
import type { ObjectSpec, TypeRef } from './object.ts';

/** Integers by their names in C and in the kernel: size in bytes, and what makes them special. */
const INTEGERS: Record<string, readonly [size: number, encoding?: 'signed' | 'char' | 'bool']> = {
  char: [1, 'char'],
  bool: [1, 'bool'],
  _Bool: [1, 'bool'],
  'signed char': [1, 'signed'],
  'unsigned char': [1],
  short: [2, 'signed'],
  'unsigned short': [2],
  int: [4, 'signed'],
  unsigned: [4],
  'unsigned int': [4],
  long: [8, 'signed'],
  'unsigned long': [8],
  'long long': [8, 'signed'],
  'unsigned long long': [8],
  pid_t: [4, 'signed'],
  uid_t: [4],
  gid_t: [4],
  size_t: [8],
};
for (const bits of [8, 16, 32, 64]) {
  for (const name of [`u${bits}`, `__u${bits}`, `uint${bits}_t`]) INTEGERS[name] = [bits / 8];
  for (const name of [`s${bits}`, `__s${bits}`, `int${bits}_t`]) INTEGERS[name] = [bits / 8, 'signed'];
}

const LARGEST_ARRAY = 1 << 20;

/**
 * A type from its C name or declaration: `struct event` as the object's BTF has it, or `struct { u32 pid; char comm[16]; }` for
 * an object whose BTF has lost it. Declarations hold integers, pointers and arrays of them, laid out as C does.
 *
 * @param btf where names are looked up.
 * @throws ArgumentError for what is neither; NotFoundError for a name that `btf` does not have.
 */
export function declaredType(text: string, btf: Btf | undefined): TypeRef {
  const named = /^\s*(?:(struct|union|enum)\s+)?(\w+)\s*$/.exec(text);
  if (named !== null) {
    if (btf === undefined) throw wrong(text, 'the object has no types to find it in: declare it whole');
    const kind = named[1] as 'struct' | 'union' | 'enum' | undefined;
    return { btf, id: btf.get(kind ?? 'typedef', named[2]!) };
  }
  const body = /^\s*struct\s*\{([^{}]*)\}\s*;?\s*$/.exec(text)?.[1];
  if (body === undefined)
    throw wrong(text, 'a name such as "struct event", or "struct { u32 pid; char comm[16]; }"');
  return declare(text, body);
}

/**
 * The object with other types for the events of some of its rings and perf buffers.
 *
 * @param types by name of the ring, as {@link declaredType} takes them.
 * @throws NotFoundError for a ring or type that the object does not have; ArgumentError for what is no type.
 */
export function setEventTypes(spec: ObjectSpec, types: Readonly<Record<string, string>>): ObjectSpec {
  const names = spec.maps
    .filter(({ type }) => type === 'RINGBUF' || type === 'PERF_EVENT_ARRAY')
    .map(({ name }) => name);
  const missing = Object.keys(types).find((name) => !names.includes(name));
  if (missing !== undefined) {
    throw new NotFoundError({
      message: `object ${spec.name} has no ring "${missing}"`,
      remedy: `It has: ${names.join(', ') || 'none'}.`,
    });
  }
  const maps = spec.maps.map((map) =>
    Object.hasOwn(types, map.name) ? { ...map, event: declaredType(types[map.name]!, spec.btf) } : map,
  );
  return { ...spec, maps };
}

function declare(text: string, body: string): TypeRef {
  const builder = new BtfBuilder({ littleEndian: HOST_LITTLE_ENDIAN });
  const index = builder.int('unsigned int', 4);
  const ids = new Map<string, number>();
  const members: { name: string; type: number; bitOffset: number; bitSize: number }[] = [];
  let end = 0;
  let alignment = 1;
  for (const declaration of body.split(';')) {
    if (declaration.trim() === '') continue;
    const [, type, stars, name, dimensions] =
      /^\s*(\w+(?:\s+\w+)*?)\s*(\**)\s*(\b\w+)\s*((?:\[\s*\w+\s*\]\s*)*)$/.exec(declaration) ?? [];
    const integer =
      stars === '' ? INTEGERS[(type ?? '').replace(/\s+/g, ' ').replace(/ int$/, '') || ''] : undefined;
    if (name === undefined || (stars === '' && integer === undefined)) {
      throw wrong(text, `a member such as "u32 pid" instead of "${declaration.trim()}"`);
    }
    const size = integer?.[0] ?? 8;
    const key = integer === undefined ? '*' : type!;
    let id = ids.get(key);
    if (id === undefined) {
      id =
        integer === undefined ? builder.add({ kind: 'ptr', type: 0 }) : builder.int(type!, size, integer[1]);
      ids.set(key, id);
    }
    let length = size;
    for (const [, count] of [...dimensions!.matchAll(/\[\s*(\w+)\s*\]/g)].reverse()) {
      const elements = Number(count);
      if (!Number.isInteger(elements) || length * elements > LARGEST_ARRAY) {
        throw wrong(text, `at most ${LARGEST_ARRAY} bytes in "${declaration.trim()}"`);
      }
      id = builder.add({ kind: 'array', type: id, indexType: index, count: elements });
      length *= elements;
    }
    const offset = Math.ceil(end / size) * size;
    members.push({ name, type: id, bitOffset: offset * 8, bitSize: 0 });
    end = offset + length;
    alignment = Math.max(alignment, size);
  }
  if (members.length === 0) throw wrong(text, 'at least one member');
  const size = Math.ceil(end / alignment) * alignment;
  const id = builder.add({ kind: 'struct', name: '', size, members });
  return { btf: Btf.parse(builder.build(), { name: 'declaration' }), id };
}

function wrong(text: string, expected: string): ArgumentError {
  return new ArgumentError({
    message: `type "${text}": expected ${expected}`,
    remedy: 'Write it as in C: struct { u32 pid; char comm[16]; }',
  });
}
